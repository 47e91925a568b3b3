"""Where a server stands between its start and its end."""

from __future__ import annotations

import attrs

__all__ = ["Life"]


@attrs.define
class Life:
    """Whether a server is ready for questions, and how many it works on.

    It stops soon after ``is_stopping`` is set to True, which may be done from any thread.
    ``failure`` is what kept it from starting.
    """

    is_ready: bool = True
    is_stopping: bool = False
    at_once: int = 0
    failure: Exception | None = attrs.field(default=None, repr=False)
