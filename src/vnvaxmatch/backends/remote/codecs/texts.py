"""Read JSON and XML of strangers: what is not plain and whole is no answer.

Errors are raised outside of ``except``, so that they do not carry the body in their context.
"""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.wire import Response
from vnvaxmatch.errors import ReplyError

__all__ = ["JSON_LIMIT", "check_media", "decode", "dump_json", "read_json"]

JSON_LIMIT: Final = 64 * 1024
"""Bytes of a reply that says true or false: more is something else."""


class _NotPlainError(ValueError):
    """A key twice, or a number that is none."""


def check_media(response: Response, word: str) -> None:
    """Refuse a reply that says itself that it is another kind of content."""
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and not (media.endswith(("/" + word, "+" + word))):
        raise ReplyError(ReplyFault.CONTENT_TYPE)


def decode(body: bytes, *, limit: int) -> str:
    """Decode UTF-8, with or without the mark that some put before it."""
    if len(body) > limit:
        raise ReplyError(ReplyFault.TOO_LARGE)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise ReplyError(ReplyFault.ENCODING)


def read_json(body: bytes, *, limit: int = JSON_LIMIT) -> object:
    """Read JSON in which no key comes twice and every number is one.

    >>> read_json(b'{"a": [true]}')
    {'a': [True]}
    """
    text = decode(body, limit=limit)
    try:
        read: object = json.loads(
            text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite
        )
        return read
    except (ValueError, RecursionError):
        pass
    raise ReplyError(ReplyFault.NOT_JSON)


def dump_json(value: object) -> bytes:
    """Write JSON, as short as it goes and the same every time."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotPlainError
    return found


def _refuse(_constant: str) -> NoReturn:
    raise _NotPlainError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotPlainError
    return number
