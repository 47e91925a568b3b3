"""Sex as recorded: «Nam» (male) and «Nữ» (female), and the codes and damage that stand for them."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import cache

from vnvaxmatch.normalize.folding import (
    MAX_LENGTH,
    fold,
    lazy,
    lazy_pattern,
    legacy_spellings,
    narrow,
    tidy,
)
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["Sex", "sex"]


class Sex(StrEnum):
    """The sex in a record; ``str()`` is the English word.

    >>> str(Sex.FEMALE), Sex.FEMALE.vietnamese
    ('female', 'Nữ')
    """

    MALE = "male"
    FEMALE = "female"

    @property
    def vietnamese(self) -> str:
        """The word on Vietnamese forms."""
        return "Nam" if self is Sex.MALE else "Nữ"


_MALE = (
    "nam", "nam giới", "trai", "con trai", "bé trai", "đàn ông", "ông", "male", "m", "man", "boy",
    "mr",
)  # fmt: skip
_FEMALE = (
    "nữ", "nữ giới", "gái", "con gái", "bé gái", "đàn bà", "phụ nữ", "bà", "female", "f", "woman",
    "girl", "mrs", "ms", "miss",
)  # fmt: skip
_MISSPELT_FEMALE = (
    "nũ", "nư", "nừ", "nứ", "nử", "nự", "nuữ", "nưũ", "nuu", "nuw", "nux", "nuwx", "nuxw", "nwx",
    "nu4", "nu7", "nu47", "nu74", "n\ufffd", "n\ufffd\ufffd", "n\ufffd\ufffd\ufffd",
)  # fmt: skip
"""Slips, Telex and VNI keys, and ữ lost in conversion: none of them can have been «Nam»."""

_LABEL = lazy_pattern(r"^(?:giới tính|giới|gioi tinh|gt|phái|phai|sex|gender)[\s:.=\-]+")
_CODE = lazy(r"([0-9])(?:[.,]0{1,6})?")
_CODED_WORD = lazy_pattern(
    r"(?:\(?([0-9])\s*[.):\-]*\s*)?([^\W0-9_][^0-9]*?)(?:\s*[(\-]?\s*([0-9])\)?)?"
)
_WORDS = lazy_pattern(r"[^\W\d_]+")
_EITHER = frozenset({"0", "n", "n?", "true", "false"})

_CANONICAL = {
    "male": Normalized(Sex.MALE),
    "female": Normalized(Sex.FEMALE),
    "Nam": Normalized(Sex.MALE),
    "Nữ": Normalized(Sex.FEMALE),
}
_SPELT = {s: Normalized(s, (Change.SEX_SPELLING,)) for s in Sex}
_CODED = {s: Normalized(s, (Change.SEX_SPELLING,), (Doubt.SEX_CODED,)) for s in Sex}
_BY_CODE = {"1": Sex.MALE, "2": Sex.FEMALE}
_UNREADABLE = Rejected(Reason.SEX_UNREADABLE)
_AMBIGUOUS = Rejected(Reason.SEX_AMBIGUOUS)


def sex(text: str) -> Reading[Sex]:
    """Read a sex.

    1 and 2 are read as male and female (ISO 5218) with a doubt. Rejected as ambiguous: 0, which is
    female in some exports and unknown in others; N, which begins both words; true and false, whose
    question is not in the cell; and a cell that names both sexes, as an unticked form does. A third
    word («khác», other) cannot be compared and is unreadable here.

    >>> str(sex("NỮ").unwrap()), str(sex("Nöõ").unwrap()), sex("male").changes
    ('female', 'female', ())
    >>> sex("N")
    Rejected(reason=<Reason.SEX_AMBIGUOUS: 'sex_ambiguous'>)
    """
    if known := _CANONICAL.get(text):
        return known
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    said = tidy(text)
    if not said:
        return BLANK
    said = unicodedata.normalize("NFC", narrow(said).lower())
    said = _LABEL().sub("", said).strip(" .,;:-*()[]/") or said
    if found := _spellings().get(said):
        return _SPELT[found]
    if said in _EITHER:
        return _AMBIGUOUS
    if code := _CODE(said):
        if code[1] == "0":
            return _AMBIGUOUS
        return _CODED[_BY_CODE[code[1]]] if code[1] in _BY_CODE else _UNREADABLE
    return _mixed(said)


def _mixed(said: str) -> Reading[Sex]:
    """Read a word with its code beside it («1 - Nam»), or say that both sexes are named."""
    if pair := _CODED_WORD().fullmatch(said):
        found = _spellings().get(pair[2].strip(" .,;:-*()[]/"))
        codes = {_BY_CODE.get(code, found) for code in (pair[1], pair[3]) if code}
        if found and codes <= {found}:
            return _SPELT[found]
        if found:
            return _AMBIGUOUS
    named = {_spellings().get(word) for word in _WORDS().findall(said)} - {None}
    return _AMBIGUOUS if len(named) > 1 else _UNREADABLE


@cache
def _spellings() -> dict[str, Sex]:
    """Map every known spelling, lower case and NFC, to its sex."""
    known: dict[str, Sex] = {}
    for found, words in ((Sex.MALE, _MALE), (Sex.FEMALE, _FEMALE + _MISSPELT_FEMALE)):
        for word in words:
            # «ba» without its mark is also a father
            spellings = {word} if word == "bà" else {word, fold(word)}
            if not word.isascii() and word not in _MISSPELT_FEMALE:
                for cased in (word, word.capitalize(), word.upper()):
                    spellings |= legacy_spellings(cased)
            for spelling in spellings:
                known.setdefault(unicodedata.normalize("NFC", spelling), found)
    return known
