"""Read what somebody filled in, as strictly as a correction has to be: nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from vnvaxmatch import normalize
from vnvaxmatch.casework.refusals import Refusal
from vnvaxmatch.normalize import BirthDate, IdNumber, Sex
from vnvaxmatch.normalize.births import CAMPAIGN
from vnvaxmatch.outcome import Doubt, Normalized, Reading

__all__ = ["read_values", "same_value", "shows"]

T = TypeVar("T")

_GUESSES: Final = frozenset(
    {
        Doubt.NAME_DAMAGED_LETTER, Doubt.NAME_MAYBE_CP1258, Doubt.NAME_MAYBE_ENCODED,
        Doubt.NAME_DIGITS, Doubt.NAME_NEWBORN, Doubt.NAME_ABBREVIATED,
        Doubt.BIRTH_TIME_ZONE, Doubt.BIRTH_IN_FUTURE, Doubt.SEX_CODED,
        Doubt.ID_NUMBER_ZEROS_GUESSED, Doubt.ID_NUMBER_LETTERS_GUESSED,
        Doubt.DOSE_DATE_GUESSED, Doubt.NATIONALITY_AMBIGUOUS,
        Doubt.PHONE_AMBIGUOUS, Doubt.VACCINE_GUESSED,
    }
)  # fmt: skip
"""Doubts with which a list may be read, and a correction not: whoever wrote it can write it out."""

_SETTLED_BY_YEAR: Final = frozenset(
    {Doubt.BIRTH_SERIAL_GUESSED, Doubt.BIRTH_ZERO_GUESSED, Doubt.BIRTH_CENTURY_GUESSED}
)
"""Guesses of a birth date that the year in the number of the same record settles."""

_HUNDRED: Final = 20
"""Years of age, and below, at which a two-digit year may as well be one of a centenarian."""

_PLAIN: Final[Mapping[str, Callable[[str], Reading[Any]]]] = {
    "full_name": normalize.name,
    "sex": normalize.sex,
    "nationality": normalize.nationality,
    "vaccine": normalize.vaccine,
    "dose_number": normalize.dose_number,
    "dose_date": normalize.dose_date,
    "phone": normalize.phone,
}

_DATES: Final = ("date_of_birth", "dose_date")
_DIGITS: Final = ("id_number", "phone", "dose_number", "lot", "record_id")
_KEPT: Final = ("nationality", "vaccine", "lot", "site")
"""Fields whose own words are kept once they can be read."""


def read_values(
    filled: Mapping[str, str], present: Mapping[str, str]
) -> dict[str, str] | tuple[Refusal, str]:
    """Read what is filled in, beside what stands in the record; give how each is to be written.

    Or why it cannot be taken, and the field. Zeros that a spreadsheet ate come back only where
    birth date and sex confirm the number; a two-digit year, a serial and the like only where one
    reading is possible, or the number confirms it.
    """
    reference = _value(normalize.dose_date(filled.get("dose_date") or present.get("dose_date", "")))
    readings: dict[str, Reading[Any]] = {
        field: _PLAIN[field](text) for field, text in filled.items() if field in _PLAIN
    }
    together = {**present, **filled}
    birth_reading = normalize.birth(together.get("date_of_birth", ""), reference_date=reference)
    birth, sex = _value(birth_reading), _value(normalize.sex(together.get("sex", "")))
    number = normalize.id_number(together.get("id_number", ""), birth=birth, sex=sex)
    if "date_of_birth" in filled:
        readings["date_of_birth"] = birth_reading
    if "id_number" in filled:
        readings["id_number"] = number
    written: dict[str, str] = {}
    for field, text in filled.items():
        reading = readings.get(field)
        if not text.strip("0."):  # what a formula that came to nothing is in an older workbook
            return Refusal.VALUE_UNREADABLE, field
        if reading is None:
            written[field] = text
            continue
        if not isinstance(reading, Normalized):
            return Refusal.VALUE_UNREADABLE, field
        if _is_guess(reading, number, reference):
            return Refusal.VALUE_DOUBTFUL, field
        written[field] = _write(field, reading.value, text)
    return written


def _value(reading: Reading[T]) -> T | None:
    return reading.value if isinstance(reading, Normalized) else None


def _is_guess(reading: Normalized[Any], number: Reading[IdNumber], reference: date | None) -> bool:
    doubts = set(reading.doubts)
    if doubts & _GUESSES:
        return True
    if not doubts & _SETTLED_BY_YEAR:
        return False
    birth = reading.value
    sure = isinstance(number, Normalized) and not set(number.doubts) & _GUESSES
    if sure and isinstance(number, Normalized) and number.value.birth_year is not None:
        return bool(number.value.birth_year != birth.year)
    if doubts & (_SETTLED_BY_YEAR - {Doubt.BIRTH_CENTURY_GUESSED}):
        return True
    return bool(birth.year >= (reference or CAMPAIGN).year - _HUNDRED)


def _write(field: str, value: Any, text: str) -> str:
    if isinstance(value, BirthDate):
        parts = (value.day, value.month)
        return "/".join([*(f"{part:02d}" for part in parts if part), f"{value.year:04d}"])
    if isinstance(value, date):
        return f"{value:%d/%m}/{value.year:04d}"
    if isinstance(value, Sex):
        return value.vietnamese
    return text if field in _KEPT else str(value)


def same_value(field: str, one: str, other: str) -> bool:
    """Tell whether two texts are the same value of a field, and equally sure of it.

    >>> same_value("full_name", "TRẦN THỊ HÒA", "Trần Thị Hoà"), same_value("sex", "Nam", "nữ")
    (True, False)
    """
    if " ".join(one.split()) == " ".join(other.split()):
        return True
    reader: Callable[[str], Reading[Any]] | None = _PLAIN.get(field)
    if field == "date_of_birth":
        reader = normalize.birth
    elif field == "id_number":
        reader = normalize.id_number
    if reader is None:
        return False
    first, second = reader(one), reader(other)
    return (
        isinstance(first, Normalized)
        and isinstance(second, Normalized)
        and first.value == second.value
        and not (set(first.doubts) ^ set(second.doubts)) & (_GUESSES | _SETTLED_BY_YEAR)
    )


def shows(field: str, shown: str, recorded: str) -> bool:
    """Tell whether a cell still shows what was recorded, as a spreadsheet may have rewritten it.

    >>> shows("id_number", "1085000123", "001085000123"), shows("full_name", "An", "Anh")
    (True, False)
    """
    said, was = " ".join(shown.split()), " ".join(recorded.split())
    if said == was:
        return True
    if field in _DIGITS and _bare(said) and _bare(said) == _bare(was):
        return True
    if field in _DATES:
        first, second = (normalize.birth(text) for text in (said, was))
        return (
            isinstance(first, Normalized)
            and isinstance(second, Normalized)
            and first.value == second.value
        )
    return field == "full_name" and same_value(field, said, was)


def _bare(text: str) -> str:
    digits = text.removesuffix(".0").replace(" ", "")
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() else ""
