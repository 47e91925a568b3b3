"""Identity numbers: the 12 digits of today, the 9 digits of the old CMND, passports.

Sources: Circular 59/2021/TT-BCA and Circular 07/2016/TT-BCA for the 12 digits: 3 for the province
or country of birth registration, 1 for sex and century, 2 for the year of birth, 6 random. There is
no check digit, so «well-formed» (:func:`id_number`) and «plausible» (:func:`cross_check`) are two
questions. The tables ``province_codes`` and ``country_codes`` name the places of *numbers*; the
province codes of July 2025 are another table, and 024 stays Bắc Giang here.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TypeAlias

import attrs

from vnvaxmatch.normalize.births import BirthDate
from vnvaxmatch.normalize.digits import is_digits
from vnvaxmatch.normalize.folding import MAX_LENGTH, lazy
from vnvaxmatch.normalize.id_texts import bare_number
from vnvaxmatch.normalize.sexes import Sex
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = ["IdKind", "IdNumber", "clean_doubts", "cross_check", "id_number"]

_NEWEST_BIRTH_YEAR = 2029
"""The last year that a *guessed* number may carry; numbers as written are not held to it."""

_CMND_BASE = 10**12
_PASSPORT_BASE = 2 * 10**12


class IdKind(StrEnum):
    """What kind of paper carries the number."""

    CCCD = "cccd"
    """12 digits: căn cước công dân, số định danh cá nhân; a 12-digit CMND is the same number."""
    CMND = "cmnd"
    """9 digits: the old chứng minh nhân dân. Not unique: 271450001-271500000 was issued twice."""
    PASSPORT = "passport"
    """A letter and 7 digits."""


_SHAPE = lazy("[0-9]{12}|[0-9]{9}|[A-Z][0-9]{7}")


def _check_shape(_number: object, _attribute: object, text: str) -> None:
    if not _SHAPE(text):
        raise ValueError("an identity number is 12 digits, 9 digits, or a letter and 7 digits")


@attrs.frozen
class IdNumber:
    """An identity number in canonical form; ``str()`` is that form, the repr hides it.

    >>> number = IdNumber("001085000123")
    >>> number.kind, number.place_name, number.sex, number.birth_year, number.masked
    (<IdKind.CCCD: 'cccd'>, 'Hà Nội', <Sex.MALE: 'male'>, 1985, '…0123')
    """

    text: str = attrs.field(repr=redact, validator=_check_shape)

    def __str__(self) -> str:
        return self.text

    @property
    def kind(self) -> IdKind:
        """Which of the three kinds this is."""
        match len(self.text):
            case 12:
                return IdKind.CCCD
            case 9:
                return IdKind.CMND
            case _:
                return IdKind.PASSPORT

    @property
    def place(self) -> str | None:
        """The 3-digit code of the province or country of birth registration (12 digits only)."""
        return self.text[:3] if len(self.text) == 12 else None

    @property
    def place_name(self) -> str | None:
        """The province (as it was until 2025) or country, None if the code names none."""
        return _places().get(self.text[:3]) if len(self.text) == 12 else None

    @property
    def abroad(self) -> bool | None:
        """Whether birth was registered abroad (codes 101-295); None for the other kinds."""
        return "101" <= self.text[:3] <= "295" if len(self.text) == 12 else None

    @property
    def sex(self) -> Sex | None:
        """The sex that the fourth digit says (12 digits only): even is male."""
        if len(self.text) != 12:
            return None
        return Sex.FEMALE if int(self.text[3]) % 2 else Sex.MALE

    @property
    def century(self) -> int | None:
        """The first year of the century that the fourth digit says: 1900 to 2300."""
        return 1900 + 100 * (int(self.text[3]) // 2) if len(self.text) == 12 else None

    @property
    def birth_year(self) -> int | None:
        """The year of birth in the number (12 digits only)."""
        century = self.century
        return None if century is None else century + int(self.text[4:6])

    @property
    def masked(self) -> str:
        """The last 4 characters, for people who must tell one record from another."""
        return "…" + self.text[-4:]

    @property
    def code(self) -> int:
        """A number for columns; :meth:`from_code` reverses it. No secret: it holds the number.

        >>> IdNumber("001085000123").code, IdNumber("011234567").code, IdNumber("B1234567").code
        (1085000123, 1000011234567, 2000011234567)
        """
        match self.kind:
            case IdKind.CCCD:
                return int(self.text)
            case IdKind.CMND:
                return _CMND_BASE + int(self.text)
            case IdKind.PASSPORT:
                letter = ord(self.text[0]) - ord("A")
                return _PASSPORT_BASE + letter * 10**7 + int(self.text[1:])

    @classmethod
    def from_code(cls, code: int) -> IdNumber:
        """Give the number that has this ``code``; ValueError if none has.

        >>> str(IdNumber.from_code(1085000123))
        '001085000123'
        """
        if 0 <= code < _CMND_BASE:
            return cls(f"{code:012d}")
        if _CMND_BASE <= code < _CMND_BASE + 10**9:
            return cls(f"{code - _CMND_BASE:09d}")
        if _PASSPORT_BASE <= code < _PASSPORT_BASE + 26 * 10**7:
            letter, rest = divmod(code - _PASSPORT_BASE, 10**7)
            return cls(f"{chr(ord('A') + letter)}{rest:07d}")
        raise ValueError("no identity number has this code")


def id_number(
    text: str, *, birth: BirthDate | None = None, sex: Sex | None = None
) -> Reading[IdNumber]:
    """Read an identity number; birth and sex of the same record help to restore eaten zeros.

    A text of 12 ASCII digits, not all the same, is *clean*: it is its own value, without changes,
    and its doubts are :func:`clean_doubts` of its first 4 digits. Everything else comes from
    repairs, each said. Zeros are restored only where one reading is possible: with ``birth`` and
    ``sex`` that fit the result no doubt stays. What the number says against the record is
    :func:`cross_check`'s to tell, and never changes a number that is complete.

    >>> reading = id_number("CCCD: OO1O85OOO123")
    >>> str(reading.unwrap()), [c.value for c in reading.changes]
    ('001085000123', ['id_number_label', 'id_number_letters'])
    >>> id_number("0912345678").reason.value
    'id_number_phone'
    """
    if len(text) == 12 and is_digits(text) and text != text[0] * 12:
        return Normalized(IdNumber(text), (), clean_doubts(text[:4]))
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    if is_digits(text):
        return _from_digits(text, (), birth, sex)
    if not text or text.isspace():
        return BLANK
    read = bare_number(text)
    if isinstance(read, Reason):
        return Rejected(read)
    bare, changes = read
    if not is_digits(bare):
        doubts = (Doubt.ID_NUMBER_LETTERS_GUESSED,) if bare[0] in "OIL" else ()
        return Normalized(IdNumber(bare), changes, doubts)
    return _from_digits(bare, changes, birth, sex)


@cache
def clean_doubts(prefix4: str) -> tuple[Doubt, ...]:
    """Say what is doubtful about a clean 12-digit number that starts with these 4 digits.

    >>> clean_doubts("0010"), clean_doubts("9996")[0].value
    ((), 'id_number_unknown_place')
    """
    doubts = []
    if prefix4[:3] not in _places():
        doubts.append(Doubt.ID_NUMBER_UNKNOWN_PLACE)
    if prefix4[3] > "5":  # the 2200s and 2300s; the 2100s begin within the life of this table
        doubts.append(Doubt.ID_NUMBER_UNKNOWN_CENTURY)
    return tuple(doubts)


def cross_check(
    number: IdNumber,
    *,
    birth: BirthDate | None = None,
    sex: Sex | None = None,
    place: str | None = None,
) -> tuple[Doubt, ...]:
    """Say where the number contradicts the record it stands in; ``place`` is a 3-digit code.

    This is evidence, not an error: wrongly structured numbers were issued, cancelled and issued
    again. Only 12-digit numbers say anything, and what is not given is not compared.

    >>> [d.value for d in cross_check(IdNumber("001185000123"), sex=Sex.MALE)]
    ['id_number_sex_differs']
    """
    if len(number.text) != 12:
        return ()
    doubts = []
    if sex is not None and number.sex is not sex:
        doubts.append(Doubt.ID_NUMBER_SEX_DIFFERS)
    if birth is not None and number.birth_year != birth.year:
        doubts.append(Doubt.ID_NUMBER_YEAR_DIFFERS)
    if place is not None and number.place != place:
        doubts.append(Doubt.ID_NUMBER_PLACE_DIFFERS)
    return tuple(doubts)


@cache
def _places() -> dict[str, str]:
    names = {row["code3"]: row["name_vi"] for row in rows("country_codes")}
    names.update((row["code3"], row["name"]) for row in rows("province_codes"))
    return names


@cache
def _cmnd_prefixes() -> frozenset[str]:
    return frozenset(row["prefix"] for row in rows("cmnd_prefixes"))


_OLD_MOBILE = lazy("1(?:2[0-9]|6[2-9]|8[268]|99)[0-9]{7}")


@cache
def _landline_codes() -> tuple[str, ...]:
    """Area codes without their zero, as a spreadsheet leaves them."""
    return tuple({row["new"][1:] for row in rows("landline_migration_2017")})


_Guess: TypeAlias = tuple[IdNumber, tuple[Doubt, ...]] | Reason
"""A number with its zeros restored and what is doubtful about it, or why it cannot be."""


def _from_digits(
    digits: str, changes: tuple[Change, ...], birth: BirthDate | None, sex: Sex | None
) -> Reading[IdNumber]:
    """Decide by the number of digits; the changes so far are carried on."""
    size = len(digits)
    if not digits.strip("0") or (size >= 8 and digits == digits[0] * size):
        return Rejected(Reason.ID_NUMBER_PLACEHOLDER)
    guess: _Guess
    match size:
        case 12:
            return Normalized(IdNumber(digits), changes, clean_doubts(digits[:4]))
        case 9:
            return Normalized(IdNumber(digits), changes, _cmnd_doubts(digits))
        case 11 | 10:
            guess = _restore_zeros(digits, birth, sex)
        case 8:
            guess = _restore_cmnd_zero(digits, birth)
        case 13 if digits.startswith("0084"):
            guess = Reason.ID_NUMBER_PHONE
        case _:
            guess = Reason.ID_NUMBER_LENGTH
    if isinstance(guess, Reason):
        return Rejected(guess)
    return Normalized(guess[0], (*changes, Change.ID_NUMBER_ZEROS), guess[1])


def _cmnd_doubts(digits: str) -> tuple[Doubt, ...]:
    if 271450001 <= int(digits) <= 271500000:
        return (Doubt.ID_NUMBER_ISSUED_TWICE,)
    known = digits[:2] in _cmnd_prefixes() or digits[:3] in _cmnd_prefixes()
    return () if known else (Doubt.ID_NUMBER_UNKNOWN_PLACE,)


def _restore_cmnd_zero(digits: str, birth: BirthDate | None) -> _Guess:
    """Read 8 digits as a CMND that lost its zero, unless they are the birth date of the record."""
    if digits[0] == "0":  # a spreadsheet eats every leading zero
        return Reason.ID_NUMBER_LENGTH
    if birth is not None and birth.month and birth.day:
        year, day_month = f"{birth.year:04d}", f"{birth.day:02d}{birth.month:02d}"
        if digits in (day_month + year, year + day_month[2:] + day_month[:2]):
            return Reason.ID_NUMBER_AMBIGUOUS
    restored = "0" + digits
    return IdNumber(restored), (Doubt.ID_NUMBER_ZEROS_GUESSED, *_cmnd_doubts(restored))


def _restore_zeros(digits: str, birth: BirthDate | None, sex: Sex | None) -> _Guess:
    """Read 10 or 11 digits as a 12-digit number that lost its zeros, if nothing else fits.

    11 digits that do not start with 0 lost one zero, whatever the record says: a contradiction is
    a doubt. 10 digits may be many things, so a contradiction refuses them.
    """
    number = IdNumber(digits.zfill(12))
    eaten = digits[0] != "0"
    phone = _looks_like_phone(digits)
    plausible = not clean_doubts(number.text[:4]) and _plausible_year(number)
    conflicts = cross_check(number, birth=birth, sex=sex)
    confirmed = plausible and birth is not None and not conflicts
    if phone and not confirmed:
        possible = plausible and eaten and not conflicts
        return Reason.ID_NUMBER_AMBIGUOUS if possible else Reason.ID_NUMBER_PHONE
    if not plausible:
        return Reason.ID_NUMBER_LENGTH
    if not eaten:  # somebody, not a spreadsheet, dropped a digit: which one is a guess
        if confirmed and not phone and len(digits) == 11:
            return number, (Doubt.ID_NUMBER_ZEROS_GUESSED,)
        return Reason.ID_NUMBER_PHONE if phone else Reason.ID_NUMBER_LENGTH
    if len(digits) == 11:
        return number, (Doubt.ID_NUMBER_ZEROS_GUESSED,) if conflicts else ()
    if conflicts:
        return Reason.ID_NUMBER_AMBIGUOUS
    return number, () if confirmed else (Doubt.ID_NUMBER_ZEROS_GUESSED,)


def _plausible_year(number: IdNumber) -> bool:
    return number.birth_year is not None and number.birth_year <= _NEWEST_BIRTH_YEAR


def _looks_like_phone(digits: str) -> bool:
    """Say whether 10 or 11 digits could be a phone: 09…, 849…, an eaten 0169… or 028…."""
    if len(digits) == 11:
        if digits[0] == "0":
            return bool(_OLD_MOBILE(digits[1:])) or digits[1] == "2"
        return digits.startswith("84") and digits[2] in "35789"
    if digits[0] == "0":
        return digits[1] in "23456789"
    return bool(_OLD_MOBILE(digits)) or digits.startswith(_landline_codes())
