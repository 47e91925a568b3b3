"""Compare two birth dates, each as precise as it was stated."""

from __future__ import annotations

from typing import Final

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Reason

__all__ = ["compare_birth_codes", "compare_births"]

_DEFAULT_DAY: Final = (Level.CLOSE, Reason.BIRTH_FIRST_OF_JANUARY)
_YEAR_ONLY: Final = (Level.CLOSE, Reason.BIRTH_YEAR_ONLY)
_MONTH_ONLY: Final = (Level.CLOSE, Reason.BIRTH_MONTH_ONLY)
_SWAPPED: Final = (Level.CLOSE, Reason.BIRTH_DAY_MONTH_SWAPPED)
_DIGIT: Final = (Level.CLOSE, Reason.BIRTH_DIGIT)
_DECADE: Final = (Level.CLOSE, Reason.BIRTH_DECADE)
_YEAR_OFF: Final = (Level.CLOSE, Reason.BIRTH_YEAR_OFF)
_ONE_PART: Final = (Level.CLOSE, Reason.BIRTH_ONE_PART)
_DIFFERS: Final = (Level.DIFFERENT, Reason.BIRTH_DIFFERS)

_NEW_YEAR: Final = 101
"""The first of January, as month and day of a code."""


def compare_births(a: BirthDate, b: BirthDate, /) -> Likeness:
    """Say how alike two birth dates are.

    A less precise date is close to a more precise one that lies in it; so is the first of January,
    which stands for «only the year is known», to any day or month of its year
    (``birth_first_of_january``). Two full dates are close if day and month are swapped, or if one
    part alone differs: the year by one or two (``birth_year_off``) or by ten (``birth_decade``),
    else one digit, else the whole part. Two less precise dates that differ have nothing left in
    common that could make them close.

    >>> compare_births(BirthDate(1985), BirthDate(1985, 11, 10))
    (<Level.CLOSE: 'close'>, <Reason.BIRTH_YEAR_ONLY: 'birth_year_only'>)
    """
    return _compare(
        a.year, (a.month or 0) * 100 + (a.day or 0), b.year, (b.month or 0) * 100 + (b.day or 0)
    )


def compare_birth_codes(a: int, b: int, /) -> Likeness:
    """Compare two birth dates by their ``BirthDate.code``, as compare_births does.

    >>> compare_birth_codes(19850101, 19851110)
    (<Level.CLOSE: 'close'>, <Reason.BIRTH_FIRST_OF_JANUARY: 'birth_first_of_january'>)
    """
    return _compare(*divmod(a, 10_000), *divmod(b, 10_000))


def _compare(year_a: int, rest_a: int, year_b: int, rest_b: int) -> Likeness:
    """Compare years, and months with days as mmdd, with 00 for what is absent."""
    if rest_a == rest_b:
        if year_a == year_b:
            return SAME
        return _compare_years(year_a, year_b) if rest_a % 100 else _DIFFERS
    if year_a != year_b:
        return _DIFFERS
    if not rest_a or not rest_b:
        return _YEAR_ONLY
    (month_a, day_a), (month_b, day_b) = divmod(rest_a, 100), divmod(rest_b, 100)
    if not (day_a and day_b) and month_a == month_b:
        return _MONTH_ONLY
    if rest_a == _NEW_YEAR or rest_b == _NEW_YEAR:
        return _DEFAULT_DAY
    if not (day_a and day_b):
        return _DIFFERS
    if day_a == month_b and month_a == day_b:
        return _SWAPPED
    if month_a != month_b and day_a != day_b:
        return _DIFFERS
    return _DIGIT if _is_one_digit(rest_a, rest_b) else _ONE_PART


def _compare_years(a: int, b: int) -> Likeness:
    apart = abs(a - b)
    if apart < 3:
        return _YEAR_OFF
    if apart == 10:
        return _DECADE
    return _DIGIT if _is_one_digit(a, b) else _ONE_PART


def _is_one_digit(a: int, b: int) -> bool:
    """Tell whether two numbers of at most four digits differ in exactly one of them."""
    return any(
        a // (unit * 10) == b // (unit * 10) and a % unit == b % unit for unit in (1, 10, 100, 1000)
    )
