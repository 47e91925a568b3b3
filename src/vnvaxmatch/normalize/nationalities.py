"""Nationality as recorded: who is not Vietnamese is outside the comparison.

Names are those of the table of countries of birth in identity numbers (``data/country_codes.csv``)
and the usual English and other Vietnamese ones (``data/country_names_en.csv``), codes are ISO
3166-1. An ethnic group (dân tộc: «Kinh», «Hoa») is no nationality.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import attrs

from vnvaxmatch.normalize.folding import (
    MAX_LENGTH,
    fold,
    lazy_pattern,
    legacy_spellings,
    narrow,
    tidy,
)
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["Nationality", "nationality"]

_WORDS_FOR_CODES = {"NA": "Namibia"}
"""Codes that stand for «not available» in lists, and the word that is canonical instead."""


@attrs.frozen
class Nationality:
    """A nationality by its ISO 3166-1 alpha-2 code, which is also the canonical text.

    Only Namibia's canonical text is its name: in a list, «NA» means that nothing is known.

    >>> str(Nationality("VN")), Nationality("VN").vietnamese
    ('VN', True)
    """

    code: str

    def __str__(self) -> str:
        return _WORDS_FOR_CODES.get(self.code, self.code)

    @property
    def vietnamese(self) -> bool:
        """Whether it is the Vietnamese one."""
        return self.code == "VN"


class _Names(NamedTuple):
    codes: dict[str, str]  # alpha-2 and alpha-3, in capitals
    marked: dict[str, str]  # names with their marks
    unmarked: dict[str, str]  # names without


_LABEL = lazy_pattern(r"^(?:quốc tịch|quoc tich|nationality|qt)[\s:.=\-]*(?=\w)", re.IGNORECASE)
_NOT_LETTERS = lazy_pattern(r"[\W\d_]+")
_BREAKS = lazy_pattern(r"[()/;,|]+| [-–] ")
_PARENTHESES = lazy_pattern(r"\s\((.*?)\)(?=[\s/]|$)")
_UNKNOWN = Rejected(Reason.NATIONALITY_UNKNOWN)
_VIETNAMESE = Normalized(Nationality("VN"))
_CANONICAL = {"VN": _VIETNAMESE, "Việt Nam": _VIETNAMESE}


def nationality(text: str) -> Reading[Nationality]:
    """Read a nationality: a country's Vietnamese or English name, or its two or three letters.

    Codes are read in capitals only. Where a Vietnamese name without marks is also the code of
    another country (MY: Malaysia, or «Mỹ»; NGA: «Nga», or Nigeria), the value is doubtful. Text
    that names two countries, and none, is rejected.

    >>> str(nationality("Viet Nam").unwrap()), str(nationality("Hàn Quốc").unwrap())
    ('VN', 'KR')
    >>> nationality("Kinh")
    Rejected(reason=<Reason.NATIONALITY_UNKNOWN: 'nationality_unknown'>)
    """
    if known := _CANONICAL.get(text):
        return known
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    said = tidy(text)
    if not said:
        return BLANK
    said = narrow(unicodedata.normalize("NFC", said)).strip(" .,;:-")
    said = _LABEL().sub("", said)
    code, sure = _find(said)
    if code is None:
        parts = {_find(part.strip()) for part in _BREAKS().split(said) if part.strip()}
        if len(parts) == 1 or len({part[0] for part in parts}) == 1:
            code, sure = parts.pop()
    if code is None:
        return _UNKNOWN
    value = Nationality(code)
    changes = () if str(value) == text else (Change.NATIONALITY_SPELLING,)
    return Normalized(value, changes, () if sure else (Doubt.NATIONALITY_AMBIGUOUS,))


def _find(said: str) -> tuple[str | None, bool]:
    """Look one name or code up: its alpha-2 code, and whether nothing else is meant."""
    names = _names()
    unmarked = names.unmarked.get(_key(fold(said)))
    if (code := names.codes.get(said)) and len(said) == 2:
        return code, unmarked in (None, code)
    if name := names.marked.get(_key(said.lower())):
        return name, code in (None, name)
    if code:
        return code, unmarked in (None, code)
    if unmarked is None:
        return _in_lost_encoding(said), True
    return unmarked, names.codes.get(said.upper(), unmarked) == unmarked


def _in_lost_encoding(said: str) -> str | None:
    """Say VN for «Việt Nam» in a lost encoding: the one name worth knowing so."""
    return "VN" if said.lower() in _legacy() else None


@cache
def _legacy() -> frozenset[str]:
    spelt = ("Việt Nam", "Việt nam", "VIỆT NAM", "việt nam")
    return frozenset().union(*(legacy_spellings(name) for name in spelt))


def _key(name: str) -> str:
    return _NOT_LETTERS().sub("", name)


@cache
def _names() -> _Names:
    names = _Names({}, {}, {})
    for row in rows("country_names_en"):
        for code in (row["iso2"], row["iso3"]):
            if code and code not in _WORDS_FOR_CODES:
                names.codes[code] = row["iso2"]
        for name in f"{row['names_vi']};{row['names_en']}".split(";"):
            _add(names, name, row["iso2"])
    for row in rows("country_codes"):
        whole = row["name_vi"]
        said = ";".join((whole, _PARENTHESES().sub("", whole), *_PARENTHESES().findall(whole)))
        for name in (whole, *re.split("[;,/]", said)):
            _add(names, name, row["iso2"])
    return names


def _add(names: _Names, name: str, code: str) -> None:
    lower = unicodedata.normalize("NFC", name.strip().lower())
    if not lower:
        return
    names.marked.setdefault(_key(lower), code)
    if len(unmarked := _key(fold(lower))) > 1:
        names.unmarked.setdefault(unmarked, code)
