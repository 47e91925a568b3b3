"""Compare two birth dates, each as precise as it was stated."""

from __future__ import annotations

from typing import Final

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Reason

__all__ = ["compare_births"]

_YEAR_ONLY: Final = (Level.CLOSE, Reason.BIRTH_YEAR_ONLY)
_MONTH_ONLY: Final = (Level.CLOSE, Reason.BIRTH_MONTH_ONLY)
_SWAPPED: Final = (Level.CLOSE, Reason.BIRTH_DAY_MONTH_SWAPPED)
_ONE_PART: Final = (Level.CLOSE, Reason.BIRTH_ONE_PART)
_DIGIT: Final = (Level.CLOSE, Reason.BIRTH_DIGIT)
_DIFFERS: Final = (Level.DIFFERENT, Reason.BIRTH_DIFFERS)


def compare_births(a: BirthDate, b: BirthDate, /) -> Likeness:
    """Say how alike two birth dates are.

    A less precise date is close to a more precise one that lies in it; so is the first of January,
    which stands for «only the year is known», to any day of its year. Two full dates are close if
    day and month are swapped, or if only one of day, month and year differs. Two less precise dates
    that differ have nothing left in common that could make them close.

    >>> compare_births(BirthDate(1985), BirthDate(1985, 11, 10))
    (<Level.CLOSE: 'close'>, <Reason.BIRTH_YEAR_ONLY: 'birth_year_only'>)
    """
    if a == b:
        return SAME
    if a.year == b.year and (_only_year(a) or _only_year(b)):
        return _YEAR_ONLY
    if a.day is None or b.day is None:
        inside = (a.year, a.month) == (b.year, b.month)
        return _MONTH_ONLY if inside else _DIFFERS
    if a.year == b.year and a.day == b.month and a.month == b.day:
        return _SWAPPED
    if (a.year != b.year) + (a.month != b.month) + (a.day != b.day) > 1:
        return _DIFFERS
    digits = zip(str(a.code), str(b.code), strict=True)
    return _DIGIT if sum(x != y for x, y in digits) == 1 else _ONE_PART


def _only_year(date: BirthDate) -> bool:
    return date.month is None or (date.month == 1 and date.day == 1)
