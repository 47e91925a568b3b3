"""What a leaf of the log holds: an event as canonical JSON, its personal values encrypted.

::

    {"at":"2026-05-04T01:02:03.000004Z","data":{...},"index":7,"kind":"received","number":1,
     "stream":"case/17","v":1}

and, where there are personal values, also ``key`` (the number of the data key), ``person`` and
``personal`` (nonce, ciphertext and tag in base64). The leaf covers the ciphertext, so it can be
checked by anyone, and after the key is destroyed.
"""

from __future__ import annotations

from binascii import b2a_base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.canonical import canonical, quoted
from vnvaxmatch.ledger.events import Event
from vnvaxmatch.ledger.keys import pack

__all__ = ["Draft", "Row", "about_personal", "draft", "instant", "is_name", "leaf_bytes", "micros"]

LONGEST_NAME: Final = 200
LONGEST_DATA: Final = 1 << 20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)


class Draft(NamedTuple):
    """An event that may be kept, before it has its place: times in microseconds since 1970."""

    stream: str
    kind: str
    at: int
    data: str
    person: str
    personal: bytes
    label: str | None


class Row(NamedTuple):
    """An event as a store keeps it, but for its hashes.

    ``place`` is its index in the log. ``person`` is empty, ``key`` 0 and ``sealed`` empty where
    nothing is personal.
    """

    place: int
    stream: str
    number: int
    kind: str
    at: int
    data: str
    person: str
    key: int
    sealed: bytes
    label: str | None


def draft(event: Event, /) -> Draft:
    """Put an event into the form that is kept, or say what in it cannot be."""
    stream, kind, label = event.stream, event.kind, event.label
    _check_name("stream", stream)
    if event.person:
        _check_name("person", event.person)
    _check_name("kind", kind)
    if label is not None:
        _check_label(label)
    if type(kind) is not str:
        kind = str.__str__(kind)  # of an enumeration
    data = "{}" if not event.data else canonical(event.data)
    if len(data) > LONGEST_DATA or data[0] != "{":
        raise LedgerError(f"its data are no object, or longer than {LONGEST_DATA} letters")
    personal = pack(event.personal) if event.personal else b""
    if len(personal) > LONGEST_DATA:
        raise LedgerError(f"its personal values are longer than {LONGEST_DATA} bytes")
    person = (event.person or stream) if personal else ""
    return Draft(stream, kind, micros(event.at), data, person, personal, label)


def micros(at: datetime, /) -> int:
    """Give a time as microseconds since 1970.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise LedgerError("its time has no time zone: give one, for example UTC")
    since = at - _EPOCH
    if at.tzinfo is not UTC:
        try:
            _EPOCH + since  # the year must also be one in UTC
        except OverflowError:
            raise LedgerError("its time is no year from 1 to 9999 in UTC") from None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant(at: int, /) -> datetime:
    """Give the time of microseconds since 1970, in UTC."""
    return _EPOCH + at * _MICRO


def leaf_bytes(row: Row, /) -> bytes:
    """Write what the leaf of an event holds."""
    place, stream, number, kind, at, data, person, key, sealed, _ = row
    own = secret = ""
    if key:
        own = f'"key":{key},'
        secret = (
            f'"person":{quoted(person)},'
            f'"personal":"{b2a_base64(sealed, newline=False).decode("ascii")}",'
        )
    return (
        f'{{"at":"{_written(at)}","data":{data},"index":{place},{own}"kind":{quoted(kind)},'
        f'"number":{number},{secret}"stream":{quoted(stream)},"v":1}}'
    ).encode()


def _written(at: int) -> str:
    """Write a time as RFC 3339 does, always with six digits of a second.

    >>> _written(86_400_000_001)
    '1970-01-02T00:00:00.000001Z'
    """
    day, rest = divmod(at, 86_400_000_000)
    seconds, micro = divmod(rest, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(day)}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z"


@lru_cache(maxsize=4096)
def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def about_personal(stream: str, number: int, kind: str, /, *, person: str, key: int) -> bytes:
    """Say what encrypted values are bound to: moved to another event, they cannot be decrypted."""
    return f"[{key},{quoted(kind)},{number},{quoted(person)},{quoted(stream)}]".encode("ascii")


def is_name(name: object, /) -> bool:
    """Tell whether it may be the name of a stream, a person or a kind of event."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST_NAME
        and name.isascii()
        and name.isprintable()
    )


def _check_name(what: str, name: object) -> None:
    if not is_name(name):
        raise LedgerError(f"its {what} is not printable ASCII text of 1 to {LONGEST_NAME} letters")


def _check_label(label: object) -> None:
    if not isinstance(label, str) or len(label) > LONGEST_NAME or not label.isprintable():
        raise LedgerError(f"its label is not a printable text of up to {LONGEST_NAME} letters")
