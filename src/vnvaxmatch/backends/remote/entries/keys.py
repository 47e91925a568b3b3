"""Keys in JSON, and which texts are keys at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vnvaxmatch.blocking import Key, KeyKind
from vnvaxmatch.normalize import BirthDate, IdNumber

__all__ = ["KEYS_LIMIT", "is_key", "write_keys"]

KEYS_LIMIT: Final = 256
"""So many keys may be asked for at a time; a claim has some ten."""

_BORN: Final = "(?P<born>[0-9]{8}) "
_WORDS: Final = "[a-z]+(?: [a-z]+)*"
_NUMBER: Final = "(?P<number>0|[1-9][0-9]{0,12})"
_FORMS: Final[Mapping[KeyKind, str]] = {
    KeyKind.NUMBER: _NUMBER,
    KeyKind.FORMER_NUMBER: _NUMBER,
    KeyKind.NAME_BIRTH: rf"{_BORN}[^\x00-\x1f]+",
    KeyKind.FOLD_BIRTH: rf"{_BORN}{_WORDS}",
    KeyKind.BIRTH_SEX_GIVEN: rf"{_BORN}(?:male|female) [a-z]+",
    KeyKind.FOLD_YEAR: rf"[0-9]{{4}} {_WORDS}",
    KeyKind.PHONE: r"[^\x00-\x1f]+",
}
_LONGEST: Final = 1_000
_fits: Final = {kind: re.compile(form).fullmatch for kind, form in _FORMS.items()}
_OF_CODE: Final[Mapping[str, Callable[[int], object]]] = {
    "born": BirthDate.from_code,
    "number": IdNumber.from_code,
}


def is_key(key: Key, /) -> bool:
    """Tell whether this could be a key of somebody, as :mod:`vnvaxmatch.blocking` makes them.

    >>> is_key(Key(KeyKind.FOLD_YEAR, "1985 tran thu")), is_key(Key(KeyKind.FOLD_YEAR, "1985"))
    (True, False)
    """
    found = _fits[key.kind](key.value) if len(key.value) <= _LONGEST else None
    if found is None:
        return False
    try:
        for part, code in found.groupdict().items():
            _OF_CODE[part](int(code))
    except ValueError:
        return False
    return True


def write_keys(keys: Iterable[Key], /) -> list[dict[str, str]]:
    """Write keys, each once and in an order of their own, so that the same give the same bytes."""
    distinct = sorted(set(keys), key=lambda key: (key.kind, key.value))
    return [{"kind": key.kind.value, "value": key.value} for key in distinct]
