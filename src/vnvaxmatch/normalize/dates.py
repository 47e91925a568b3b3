"""Read a calendar date from a cell, and say what had to be done to read it.

The one parsing core behind :func:`~vnvaxmatch.normalize.births.birth` and
:func:`~vnvaxmatch.normalize.doses.dose_date`. The day comes first, except in ISO; what is absent
stays absent. Date libraries are of no use here: they complete ``1985`` with the day of today, read
ISO dates day first and make ``5/3/60`` a day of 2060.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from vnvaxmatch.normalize.datewords import (
    LABEL,
    LUNAR,
    NOTHING,
    SOLAR,
    TIME,
    late_in_utc,
    spelled_out,
)
from vnvaxmatch.normalize.folding import MAX_LENGTH, fold, lazy, narrow, tidy

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Fault", "Parts", "Step", "days_in", "read_date"]

FIRST_YEAR, LAST_YEAR = 1850, 2200
"""Years outside cannot be in a vaccination record or in a register kept for one."""

SERIAL_EPOCH = date(1899, 12, 30)
"""Day 0 of the 1900 system of spreadsheets, for serials above 60 (its 29 February 1900)."""

SERIALS = range(10_000, 54_789)
"""Serials taken for dates: 18 May 1927 to 31 December 2049, all of five digits."""


class Step(StrEnum):
    """What was done to read a date. Those who read name it after their field."""

    FORMAT = "format"
    WIDTH = "width"
    WORDS = "words"
    LETTERS = "letters"
    TIME = "time"
    TIME_ZONE = "time_zone"
    ZERO_PARTS = "zero_parts"
    ZERO_EATEN = "zero_eaten"
    SERIAL = "serial"
    CENTURY = "century"
    SWAPPED = "swapped"


class Fault(StrEnum):
    """Why there is no date in a text."""

    BLANK = "blank"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    IMPOSSIBLE = "impossible"
    PLACEHOLDER = "placeholder"
    LUNAR = "lunar"


class Parts(NamedTuple):
    """A date as far as it is known: 0 stands for an absent month or day."""

    year: int
    month: int
    day: int
    steps: tuple[Step, ...] = ()


_Split: TypeAlias = tuple[str, str, str, tuple[Step, ...]]
"""Year, month and day as written ("" is absent), and the steps that told them apart."""

_CLEAN_DMY = lazy(r"([0-3][0-9])/([01][0-9])/((?:19|20)[0-9]{2})")
_CLEAN_ISO = lazy(r"((?:18|19|2[01])[0-9]{2})(?:-([01][0-9])(?:-([0-3][0-9]))?)?")
_SETTLED_LAYOUT = lazy(r"[0-9]{2}/[0-9]{2}/[0-9]{4}|[0-9]{2}/[0-9]{4}|[0-9]{4}(?:-[0-9]{2}){0,2}")

_SEP = r"[ /\\.,_\-‐-―−⁄∕]+"
_PLAIN = lazy(r"[0-9](?:[0-9 /\\.,_\-‐-―−⁄∕]*[0-9])?")
_LETTER = lazy("[a-z]", anywhere=True)
_DMY = lazy(rf"([0-9]{{1,2}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{4}}|[0-9]{{2}})")
_YMD = lazy(rf"([0-9]{{4}}){_SEP}([0-9]{{1,2}}){_SEP}([0-9]{{1,2}})")
_MY = lazy(rf"([0-9]{{1,2}}){_SEP}([0-9]{{4}}|[0-9]{{2}})")
_YM = lazy(rf"([0-9]{{4}})(?:[/\-]([0-9]{{1,2}})|{_SEP}([0-9]{{2}}))")
_FLOAT = lazy(r"([0-9]{4,8})[.,]0{1,6}")
_FRACTION = lazy(r"([0-9]{5})[.,][0-9]{1,17}")
_LOOK_ALIKES = lazy(r"[0-9OoОоΟοlIiІі|ı/\\.,_\-‐-―− ]+")
_TO_DIGITS = str.maketrans("OoОоΟοlIiІі|ı", "0000001111111")  # Latin, Cyrillic and Greek
_NO_DIGITS = "x?*_.-0/ "
_UNKNOWN_FIRST = lazy(r"^(?:[x?*_.\-]*\s*/\s*|[x?*_]+[\s\-.]+){1,2}(?=[0-9])", anywhere=True)
_UNKNOWN_LAST = lazy(r"([0-9]{4}(?:[-/.][0-9]{2})?)(?:[-/.](?:[xu?*_]{2}|--)){1,2}")
_NEVER = {
    0: {(0, 0)}, 1: {(1, 1)}, 1753: {(1, 1)}, 1899: {(12, 30), (12, 31)}, 1900: {(1, 0), (0, 1)},
    9999: {(12, 31), (99, 99)},
}  # fmt: skip
"""What software writes for no date at all: in each year, month and day."""


def days_in(year: int, month: int) -> int:
    """Count the days of a month.

    >>> days_in(2000, 2), days_in(1900, 2), days_in(1985, 11)
    (29, 28, 30)
    """
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def read_date(text: str, *, pivot: date) -> Parts | Fault:
    """Read a date; a two-digit year becomes the latest that is not after ``pivot``.

    >>> read_date("5/3/60", pivot=date(2021, 12, 31))
    Parts(year=1960, month=3, day=5, steps=(<Step.FORMAT: 'format'>, <Step.CENTURY: 'century'>))
    >>> read_date("31/02/1985", pivot=date(2021, 12, 31))
    <Fault.IMPOSSIBLE: 'impossible'>
    """
    if clean := _CLEAN_DMY(text):
        day, month, year = int(clean[1]), int(clean[2]), int(clean[3])
        if 0 < month <= 12 and 0 < day <= 28:
            return Parts(year, month, day)
    elif clean := _CLEAN_ISO(text):
        year, month, day = int(clean[1]), int(clean[2] or 1), int(clean[3] or 1)
        if FIRST_YEAR <= year <= LAST_YEAR and 0 < month <= 12 and 0 < day <= 28:
            return Parts(year, month if clean[2] else 0, day if clean[3] else 0)
    return _read_any(text, pivot)


def _read_any(text: str, pivot: date) -> Parts | Fault:
    if len(text) > MAX_LENGTH:
        return Fault.TOO_LONG
    tidied = tidy(text)
    if not tidied:
        return Fault.BLANK
    steps = [Step.FORMAT] if tidied != text else []
    said = narrow(tidied)
    if said != tidied:
        steps.append(Step.WIDTH)
    bare = said.lstrip(" ,;").rstrip(" ,;.")
    split = _plain_split(bare) if _PLAIN(bare) else _split(fold(bare))
    if isinstance(split, Fault):
        return split
    if split[3][:1] != (Step.WORDS,) and not _SETTLED_LAYOUT(said):
        steps.append(Step.FORMAT)
    return _date(split, steps, pivot)


def _plain_split(bare: str) -> _Split | Fault:
    """Take apart what holds no more than figures and separators, as most cells do."""
    return _figures(bare, year_said=False) if bare.strip(_NO_DIGITS) else Fault.PLACEHOLDER


def _split(folded: str) -> _Split | Fault:
    """Take any text apart: labels, time of day and words first, then figures."""
    if not folded.strip(_NO_DIGITS) or NOTHING(folded):
        return Fault.PLACEHOLDER
    steps: list[Step] = []
    bare = folded
    if _LETTER(folded):
        if LUNAR(folded):
            return Fault.LUNAR
        label, solar = LABEL(folded), SOLAR(folded)
        bare = folded[label.end() if label else 0 : solar.start() if solar else None]
    labelled = bare != folded
    if labelled:
        steps.append(Step.WORDS)
    if (time := TIME(bare)) and time.start() > 0:
        bare = bare[: time.start()].rstrip()
        steps.append(Step.TIME)
        if late_in_utc(time):
            steps.append(Step.TIME_ZONE)
    if _LETTER(bare) and (words := spelled_out(bare)):
        return *words, (*dict.fromkeys([Step.WORDS, *steps]),)
    bare, more = _plain_figures(bare)
    figures = _figures(bare, year_said=labelled and len(bare) == 2)
    if isinstance(figures, Fault):
        return figures
    if Step.LETTERS in more and Step.SERIAL in figures[3]:
        return Fault.UNREADABLE  # one guess upon another
    return *figures[:3], (*steps, *more, *figures[3])


def _plain_figures(bare: str) -> tuple[str, list[Step]]:
    """Take off parts marked as unknown (``xx/xx/1945``), turn look-alike letters into digits."""
    steps: list[Step] = []
    if unknown := _UNKNOWN_FIRST(bare):
        bare = bare[unknown.end() :]
        steps.append(Step.ZERO_PARTS)
    elif unknown := _UNKNOWN_LAST(bare):
        bare = unknown[1]
        steps.append(Step.ZERO_PARTS)
    plain = bare.translate(_TO_DIGITS)  # folded text: O and I are small here
    if plain != bare and _LOOK_ALIKES(bare):
        digits = sum(char in "0123456789" for char in bare)
        letters = sum(a != b for a, b in zip(bare, plain, strict=True))
        if digits >= letters or (digits and _is_full_date(plain)):
            bare = plain
            steps.append(Step.LETTERS)
    return bare, steps


def _is_full_date(plain: str) -> bool:
    """Whether figures are a day, a month and a year of four digits that make a date."""
    if m := _DMY(plain):
        return len(m[3]) == 4 and _is_date(int(m[3]), int(m[2]), int(m[1]))
    m = _YMD(plain)
    return m is not None and _is_date(int(m[1]), int(m[2]), int(m[3]))


def _figures(bare: str, *, year_said: bool) -> _Split | Fault:
    """Take a date of figures and separators apart."""
    if bare.isascii() and bare.isdigit():
        return _run(bare, year_said=year_said)
    if m := _DMY(bare):
        if len(m[3]) == 2 and int(m[1]) > 31 and len(m[1]) == 2:
            return m[1], m[2], m[3], ()  # yy-mm-dd: no day is above 31
        return m[3], m[2], m[1], ()
    if m := _YMD(bare):
        return m[1], m[2], m[3], ()
    if m := _FLOAT(bare):
        return _run(m[1], year_said=year_said)
    if m := _YM(bare):
        return m[1], m[2] or m[3], "", ()
    if m := _FRACTION(bare):
        return _serial(m[1], (Step.TIME,))
    if (m := _MY(bare)) and (len(m[2]) == 4 or int(m[2]) > 31):
        return m[2], m[1], "", ()
    return Fault.UNREADABLE


def _run(digits: str, *, year_said: bool) -> _Split | Fault:
    """Take digits without separators apart: a year, a serial, ddmmyyyy or yyyymmdd."""
    match len(digits):
        case 4:
            return digits, "", "", ()
        case 5:
            return _serial(digits, ())
        case 7:
            return _eaten_zero(digits)
        case 8:
            day_first = (digits[4:], digits[2:4], digits[:2], ())
            if FIRST_YEAR <= int(digits[4:]) <= LAST_YEAR or digits[4:] == "9999":
                return day_first
            year_first = (digits[:4], digits[4:6], digits[6:], ())
            return year_first if FIRST_YEAR <= int(digits[:4]) <= LAST_YEAR else day_first
        case 2 if year_said:
            return digits, "", "", ()
    return Fault.UNREADABLE


def _serial(digits: str, steps: tuple[Step, ...]) -> _Split | Fault:
    if int(digits) not in SERIALS:
        return Fault.UNREADABLE
    day = SERIAL_EPOCH + timedelta(days=int(digits))
    return f"{day.year}", f"{day.month}", f"{day.day}", (*steps, Step.SERIAL)


def _eaten_zero(digits: str) -> _Split | Fault:
    """Give back the first zero of ddmmyyyy, unless ddmyyyy reads as well."""
    year = int(digits[3:])
    if _is_date(year, int(digits[2]), int(digits[:2])):
        return Fault.UNREADABLE
    if not _is_date(year, int(digits[1:3]), int(digits[0])):
        return Fault.UNREADABLE
    return digits[3:], digits[1:3], digits[0], (Step.ZERO_EATEN,)


def _is_date(year: int, month: int, day: int) -> bool:
    return FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= days_in(year, month)


def _date(split: _Split, steps: list[Step], pivot: date) -> Parts | Fault:
    """Check that the parts make a date; complete the century, undo a swap."""
    said_year, month, day = split[0], int(split[1] or 0), int(split[2] or 0)
    steps += split[3]
    year = int(said_year)
    first, second = month, day
    if split[2] and (day == 0 or month == 0):
        day = 0
        steps.append(Step.ZERO_PARTS)
    elif split[1] and month == 0:
        steps.append(Step.ZERO_PARTS)
    if month > 12 >= day > 0:
        day, month = month, day
        steps.append(Step.SWAPPED)
    if len(said_year) == 2:
        year += pivot.year // 100 * 100
        if (year, month, day) > (pivot.year, pivot.month if month else 0, pivot.day if day else 0):
            year -= 100
        steps.append(Step.CENTURY)
    never = _NEVER.get(year)
    if never and ((first, second) in never or (second, first) in never):
        return Fault.PLACEHOLDER
    if not FIRST_YEAR <= year <= LAST_YEAR or month > 12:
        return Fault.IMPOSSIBLE
    if day and day > days_in(year, month):
        return Fault.IMPOSSIBLE
    return Parts(year, month, day, (*dict.fromkeys(steps),))
