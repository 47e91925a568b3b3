"""The access log: one line of JSON a request, which never holds what was asked about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Final, TextIO

__all__ = ["AccessLog"]

_LONGEST: Final = 200
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DIGITS: Final = re.compile("[0-9]{5,}")
"""No template of a route has a run of digits as long as this; every identity number has."""


class AccessLog:
    """Write who asked by which route, when, and how that went, as JSON lines.

    ``clock`` gives the time with its zone. A line is written and flushed whole, also where several
    threads write. A stream that cannot be written to is no reason not to answer: such lines are
    counted as ``lost``.

    >>> import sys
    >>> noon = datetime(2021, 11, 5, 12, tzinfo=UTC)
    >>> log = AccessLog(sys.stdout, clock=lambda: noon)
    >>> log.write(client="clinic", method="POST", route="/osia/v1/persons/{uin}/verify",
    ...           status=200, seconds=0.0031, size=4)
    ... # doctest: +NORMALIZE_WHITESPACE
    {"time": "2021-11-05T12:00:00.000Z", "client": "clinic", "method": "POST",
     "route": "/osia/v1/persons/{uin}/verify", "status": 200, "ms": 3.1, "bytes": 4}
    """

    def __init__(self, stream: TextIO, /, *, clock: Callable[[], datetime]) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = Lock()
        self.lost = 0

    def write(
        self, *, client: str, method: str, route: str, status: int, seconds: float, size: int
    ) -> None:
        """Write one line. ``route`` is the template of the path, never the path; never raises.

        A method that nobody knows is ``other``, and digits in a row in a route are taken for a
        path that slipped through: both are texts that whoever asks may choose.
        """
        line = json.dumps(  # which escapes all that is not printable ASCII
            {
                "time": _stamp(self._clock()),
                "client": client[:_LONGEST],
                "method": method if method in _METHODS else "other",
                "route": _DIGITS.sub("#", route[:_LONGEST]),
                "status": status,
                "ms": round(1_000 * seconds, 3),
                "bytes": size,
            }
        )
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except (OSError, ValueError):  # a full disk, a broken pipe, a closed stream
            self.lost += 1


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
