"""Lines for a terminal, whatever stood in the file they speak of."""

from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: str) -> str:
    """Put a message on one line; signs that would steer the terminal become question marks.

    >>> one_line("no sheet «A\\x1b[2J»;\\n it has: B")
    'no sheet «A?[2J»; it has: B'
    """
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
