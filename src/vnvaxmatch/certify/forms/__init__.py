"""Trust."""

__all__: list[str] = []
