"""CBOR, read strictly: no duplicate names, nothing behind the end, no tags but those named.

What the library does by itself for other tags (patterns, references, numbers of any size) is
switched off: a certificate has no use for it, and a hostile one would.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final, NoReturn

from vnvaxmatch.errors import MissingExtraError

try:
    import cbor2
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["DEEPEST", "Tagged", "UnreadableError", "read", "write"]

DEEPEST: Final = 16
_LARGEST_TAG: Final = 65_535

Tagged = cbor2.CBORTag


class UnreadableError(Exception):
    """Bytes that are no CBOR, or hold what a certificate must not."""


def _refuse(*_: object) -> NoReturn:
    raise UnreadableError


def _text(value: object, _: bool) -> object:
    return value if isinstance(value, str) else _refuse()


_DATES: Final = 0, 1004
"""Tags that say of a text that it is a time (RFC 8949) or a day (RFC 8943): it stays a text."""


def _reading(tags: tuple[int, ...]) -> dict[int, Any]:
    known: dict[int, Any] = dict.fromkeys(range(_LARGEST_TAG + 1), _refuse)
    for tag in _DATES:
        known[tag] = _text
    for tag in tags:
        known[tag] = lambda value, _, tag=tag: Tagged(tag, value)
    return known


_PLAIN: Final = _reading(())
_OUTER: Final = _reading((18, 61))


def read(data: bytes, /, *, outer: bool = False) -> Any:
    """Read one value that fills the bytes; :class:`UnreadableError` where it does not.

    With ``outer`` the tags of a signature (18) and of claims (61) may stand around it.
    """
    file = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            file,
            tag_hook=_refuse,
            semantic_decoders=_OUTER if outer else _PLAIN,
            max_depth=DEEPEST,
            allow_duplicate_keys=False,
        ).decode()
    except Exception as error:  # whatever it is, these bytes cannot be read
        raise UnreadableError from error
    if file.tell() != len(data):
        raise UnreadableError
    return value


def write(value: object, /) -> bytes:
    """Write a value as CBOR, in its order."""
    return cbor2.dumps(value)
