"""Canonical JSON: the same values give the same bytes (RFC 8785, for the values allowed here)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias
from unicodedata import is_normalized, normalize

from vnvaxmatch.errors import LedgerError

__all__ = ["LARGEST", "canonical", "quoted"]

LARGEST: Final = 2**53 - 1
"""The largest integer that every reader of JSON gives back as it was."""

_DEEPEST: Final = 32

_Path: TypeAlias = "tuple[_Path, str | int] | None"


def canonical(value: object, /) -> str:
    """Write a value as canonical JSON: sorted names, no spaces, texts in Unicode form NFC.

    Floats have no place in it, names are ASCII (where the order of RFC 8785 is that of bytes), and
    integers stay within ±(2^53 - 1). Raises :class:`~vnvaxmatch.errors.LedgerError`, which names
    the place and never the value.

    >>> canonical({"to": "mismatched", "fields": ["name"], "attempt": 2})
    '{"attempt":2,"fields":["name"],"to":"mismatched"}'
    """
    return _write(value, None, 0)


def quoted(text: str, /) -> str:
    """Write a text as JSON, as it is.

    >>> quoted('case/"7"')
    '"case/\\\\"7\\\\""'
    """
    return encode_basestring(text)


def _write(value: Any, path: _Path, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value if value.isascii() else _composed(value, path))
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        if -LARGEST <= value <= LARGEST:
            return int.__repr__(value)
        raise LedgerError(f"{_at(path)} is an integer beyond ±(2^53 - 1): write it as text")
    if depth > _DEEPEST:
        raise LedgerError(f"{_at(path)} is nested more than {_DEEPEST} deep: make it flatter")
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str) or not name.isascii():
                raise LedgerError(f"a name in {_at(path)} is not ASCII text: choose another")
        texts = [
            f"{encode_basestring(name)}:{_write(value[name], (path, name), depth + 1)}"
            for name in sorted(value)
        ]
        return f"{{{','.join(texts)}}}"
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return f"[{','.join([_write(v, (path, i), depth + 1) for i, v in enumerate(value)])}]"
    raise LedgerError(
        f"{_at(path)} is of type {type(value).__name__}: only texts, integers, true, false, null, "
        "lists and objects can be kept; write it as text"
    )


def _composed(text: str, path: _Path) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise LedgerError(
            f"{_at(path)} is not Unicode (it has half a character): repair it"
        ) from None
    return text if is_normalized("NFC", text) else normalize("NFC", text)


def _at(path: _Path) -> str:
    """Write where something stands in the data.

    >>> _at(((None, "changes"), 2))
    'data.changes[2]'
    """
    if path is None:
        return "data"
    above, step = path
    return f"{_at(above)}[{step}]" if isinstance(step, int) else f"{_at(above)}.{step}"
