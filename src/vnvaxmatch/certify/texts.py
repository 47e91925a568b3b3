"""Times and JSON as they are certified: each is written in one way only."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from vnvaxmatch.errors import CertifyError, LedgerError
from vnvaxmatch.ledger.canonical import canonical

__all__ = ["parse_time", "read_json", "refuse", "time_text", "written"]

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def time_text(at: datetime, /) -> str:
    """Write a time in UTC and whole seconds; one without a time zone is refused.

    >>> time_text(datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC))
    '2026-05-04T01:02:03Z'
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time without a time zone cannot be certified: give it one")
    told = at.astimezone(UTC)
    if told.year < 1970:
        raise CertifyError("a time before 1970 cannot be certified: set the clock")
    return f"{told.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def parse_time(text: object, /) -> datetime:
    """Read a time as :func:`time_text` writes it; ValueError where it is none."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError("not a time")
    return datetime.fromisoformat(text)


def read_json(content: bytes, most: int, what: str, /) -> dict[str, Any]:
    """Parse a JSON object of no more than so many bytes, or raise CertifyError."""
    try:
        if len(content) > most:
            raise ValueError
        told = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (RecursionError, ValueError):
        refuse(what)
    if not isinstance(told, dict):
        refuse(what)
    return told


def refuse(what: str, /) -> NoReturn:
    """Say that this is none of its kind, and nothing of what stands in it."""
    # the cause would hold what stands in it
    raise CertifyError(f"this is not {what}, or it was altered") from None


def written(value: object, /) -> str:
    """Write a value as canonical JSON; :class:`~vnvaxmatch.errors.CertifyError` if it cannot be."""
    try:
        return canonical(value)
    except LedgerError as error:
        raise CertifyError(f"it cannot be written: {error}") from error


def _no_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")
