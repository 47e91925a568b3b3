"""Take parts out of parsed JSON, of the kind that the protocol says, or none at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.errors import ReplyError

__all__ = ["Json", "objects", "take", "thing", "word"]

T = TypeVar("T")

Json = Mapping[str, object]
"""An object of JSON."""

_NOTHING: Final = None


def thing(value: object) -> Json:
    """Take an object for one."""
    if not isinstance(value, dict):
        raise ReplyError(ReplyFault.SHAPE)
    return value


def take(holder: Json, key: str, kind: type[T]) -> T | None:
    """Take a part of that very type; None where it is absent or null.

    >>> take({"active": True}, "active", bool), take({}, "active", bool)
    (True, None)
    """
    value = holder.get(key)
    if value is _NOTHING:
        return None
    if type(value) is not kind:
        raise ReplyError(ReplyFault.SHAPE)
    return value


def objects(holder: Json, key: str) -> list[Json]:
    """Take a list of objects, empty where it is absent."""
    return [thing(item) for item in take(holder, key, list) or ()]


def word(holder: Json, key: str, known: frozenset[str]) -> str | None:
    """Take one of the words that are known."""
    given = take(holder, key, str)
    if given is not None and given not in known:
        raise ReplyError(ReplyFault.SHAPE)
    return given
