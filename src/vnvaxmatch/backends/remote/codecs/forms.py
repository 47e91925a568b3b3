"""How names, dates and sexes are written for the other side, and read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize import BirthDate, PersonName, Sex
from vnvaxmatch.normalize.folding import fold

__all__ = [
    "SEX_WORDS",
    "DateForm",
    "NameForm",
    "choice",
    "date_form",
    "name_form",
    "read_birth",
    "sex_words",
    "write_birth",
    "write_name",
]

E = TypeVar("E", bound=StrEnum)


class NameForm(StrEnum):
    """How the other side wants names."""

    CANONICAL = "canonical"
    """«Nguyễn Văn Mẫu»."""
    UPPER = "upper"
    """«NGUYỄN VĂN MẪU»."""
    UNMARKED = "unmarked"
    """«NGUYEN VAN MAU»: only if it needs that, for then nobody compares the marks."""


class DateForm(StrEnum):
    """How the other side wants dates."""

    ISO = "iso"
    """1985-11-10, 1985-11, 1985."""
    BASIC = "basic"
    """19851110, 198511, 1985."""
    SLASH = "slash"
    """10/11/1985, 11/1985, 1985."""


SEX_WORDS: Final[Mapping[str, str]] = {"male": "male", "female": "female"}

_ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_BASIC: Final = re.compile(r"([0-9]{4})(?:([0-9]{2})([0-9]{2})?)?")
_SLASH: Final = re.compile(r"(?:(?:([0-9]{2})/)?([0-9]{2})/)?([0-9]{4})")


def choice(kind: type[E], given: object, *, option: str) -> E:
    """Take a word of an enumeration, or say which there are."""
    if isinstance(given, str) and given in list(kind):
        return kind(given)
    raise InputError(f"{option} cannot be {given!r}: it is one of {', '.join(kind)}")


def name_form(given: str) -> NameForm:
    """Take the option ``names``."""
    return choice(NameForm, given, option="names")


def date_form(given: str) -> DateForm:
    """Take the option ``dates``."""
    return choice(DateForm, given, option="dates")


def sex_words(given: Mapping[str, str]) -> Mapping[str, str]:
    """Check the words for both sexes."""
    words = list(given.values())
    if set(given) != set(SEX_WORDS) or not all(isinstance(w, str) and w for w in words):
        raise InputError("sexes needs a word for each of male and female, and for nothing else")
    if len(set(words)) != len(words):
        raise InputError("sexes needs two different words")
    return {str(sex): given[sex.value] for sex in Sex}


def write_name(person: PersonName, form: NameForm) -> str:
    """Write a name.

    >>> from vnvaxmatch.normalize import name
    >>> write_name(name("Trần Đức Thử").unwrap(), NameForm.UNMARKED)
    'TRAN DUC THU'
    """
    match form:
        case NameForm.CANONICAL:
            return person.text
        case NameForm.UPPER:
            return person.text.upper()
        case NameForm.UNMARKED:
            return fold(person.text).upper()


def write_birth(birth: BirthDate, form: DateForm) -> str:
    """Write a birth date as precisely as it is known.

    >>> write_birth(BirthDate(1985, 11), DateForm.SLASH)
    '11/1985'
    """
    parts = str(birth).split("-")
    match form:
        case DateForm.ISO:
            return str(birth)
        case DateForm.BASIC:
            return "".join(parts)
        case DateForm.SLASH:
            return "/".join(reversed(parts))


def read_birth(text: str, form: DateForm) -> BirthDate | None:
    """Read a birth date that is written exactly so; None if it is not, or is no date.

    >>> str(read_birth("19851110", DateForm.BASIC)), read_birth("19851131", DateForm.BASIC)
    ('1985-11-10', None)
    """
    pattern = {DateForm.ISO: _ISO, DateForm.BASIC: _BASIC, DateForm.SLASH: _SLASH}[form]
    if not (found := pattern.fullmatch(text)):
        return None
    groups = found.groups()
    year, month, day = reversed(groups) if form is DateForm.SLASH else groups
    try:
        return BirthDate(int(year), int(month) if month else None, int(day) if day else None)
    except ValueError:
        return None
