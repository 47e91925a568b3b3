"""Dates of birth, as precise as they were stated and no more.

Old papers often gave the year alone, and lists hold ``1985``, ``00/00/1945`` and full dates side by
side: the precision is part of the value. Nothing is completed, rolled over or swapped in silence,
and lunar dates (âm lịch) are never converted.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache

import attrs

from vnvaxmatch.normalize.dates import (
    FIRST_YEAR,
    LAST_YEAR,
    Fault,
    Parts,
    Step,
    days_in,
    read_date,
)
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = ["CAMPAIGN", "BirthDate", "Precision", "birth"]

CAMPAIGN = date(2021, 12, 31)
"""The last day of the campaign's first year: two-digit years and ages count from it by default."""

OLDEST = 120
"""Years of age above which a birth date is doubtful."""


class Precision(StrEnum):
    """How much of a birth date is known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


def _or_zero(part: int | None) -> int:
    return part or 0


@attrs.frozen(order=True)
class BirthDate:
    """A birth date of known precision; ``str()`` is ISO 8601 cut at it.

    Dates sort by year, month and day, the less precise first. Parts that make no date raise
    ValueError.

    >>> str(BirthDate(1985, 11, 10)), str(BirthDate(1985, 11)), str(BirthDate(1985))
    ('1985-11-10', '1985-11', '1985')
    """

    year: int = attrs.field(repr=redact)
    month: int | None = attrs.field(default=None, repr=redact, order=_or_zero)
    day: int | None = attrs.field(default=None, repr=redact, order=_or_zero)

    def __attrs_post_init__(self) -> None:
        month, day = self.month, self.day
        if month is None:
            fits = day is None
        else:
            fits = 1 <= month <= 12 and (day is None or 1 <= day <= days_in(self.year, month))
        if not (fits and FIRST_YEAR <= self.year <= LAST_YEAR):
            raise ValueError("these parts make no birth date")

    def __str__(self) -> str:
        if self.day is not None:
            return f"{self.year}-{self.month:02d}-{self.day:02d}"
        return f"{self.year}" if self.month is None else f"{self.year}-{self.month:02d}"

    @property
    def precision(self) -> Precision:
        """How much is known."""
        if self.day is not None:
            return Precision.DAY
        return Precision.YEAR if self.month is None else Precision.MONTH

    @property
    def code(self) -> int:
        """The date as one integer, yyyymmdd with 00 for what is absent.

        >>> BirthDate(1985, 11).code
        19851100
        """
        return self.year * 10_000 + (self.month or 0) * 100 + (self.day or 0)

    @classmethod
    def from_code(cls, code: int) -> BirthDate:
        """Make the date of a :attr:`code`; an integer that is none raises ValueError.

        >>> str(BirthDate.from_code(19450000))
        '1945'
        """
        return cls(code // 10_000, code // 100 % 100 or None, code % 100 or None)


_CHANGES = {
    Step.FORMAT: Change.BIRTH_FORMAT,
    Step.WIDTH: Change.BIRTH_WIDTH,
    Step.WORDS: Change.BIRTH_WORDS,
    Step.LETTERS: Change.BIRTH_LETTERS,
    Step.TIME: Change.BIRTH_TIME_DROPPED,
    Step.ZERO_PARTS: Change.BIRTH_ZERO_PARTS,
    Step.ZERO_EATEN: Change.BIRTH_FORMAT,
    Step.SERIAL: Change.BIRTH_SERIAL,
    Step.CENTURY: Change.BIRTH_CENTURY,
    Step.SWAPPED: Change.BIRTH_DAY_MONTH_ORDER,
}
_DOUBTS = {
    Step.SWAPPED: Doubt.BIRTH_SWAPPED,
    Step.SERIAL: Doubt.BIRTH_SERIAL_GUESSED,
    Step.CENTURY: Doubt.BIRTH_CENTURY_GUESSED,
    Step.ZERO_EATEN: Doubt.BIRTH_ZERO_GUESSED,
    Step.TIME_ZONE: Doubt.BIRTH_TIME_ZONE,
}
_REJECTED = {
    Fault.BLANK: BLANK,
    Fault.TOO_LONG: Rejected(Reason.TOO_LONG),
    Fault.UNREADABLE: Rejected(Reason.BIRTH_UNREADABLE),
    Fault.IMPOSSIBLE: Rejected(Reason.BIRTH_IMPOSSIBLE),
    Fault.PLACEHOLDER: Rejected(Reason.BIRTH_PLACEHOLDER),
    Fault.LUNAR: Rejected(Reason.BIRTH_LUNAR),
}


def birth(text: str, *, reference_date: date | None = None) -> Reading[BirthDate]:
    """Read a date of birth.

    The day comes first except in ISO; dd/mm/yyyy, mm/yyyy, yyyy and ISO are no change. A two-digit
    year is the latest that puts the birth not after ``reference_date`` (the day the statement was
    taken down; :data:`CAMPAIGN` if not given) and always a doubt. 02-29 of a common year, day 31 of
    a short month and the like are rejected. A month above 12 beside a day that could be a month is
    read swapped, with a doubt. A future birth is a doubt only if a reference is given.

    >>> str(birth("ngày 10 tháng 11 năm 1985").unwrap()), str(birth("11/1985").unwrap())
    ('1985-11-10', '1985-11')
    >>> reading = birth("11/25/1990")
    >>> str(reading.unwrap()), [str(doubt) for doubt in reading.doubts]
    ('1990-11-25', ['birth_swapped'])
    >>> birth("31/02/1985")
    Rejected(reason=<Reason.BIRTH_IMPOSSIBLE: 'birth_impossible'>)
    """
    parts = read_date(text, pivot=reference_date or CAMPAIGN)
    if isinstance(parts, Fault):
        return _REJECTED[parts]
    year, month, day, steps = parts
    value = BirthDate(year, month or None, day or None)
    changes, doubts = _told(steps) if steps else ((), ())
    return Normalized(value, changes, (*doubts, *_doubts(parts, reference_date)))


@lru_cache(maxsize=1 << 8)
def _told(steps: tuple[Step, ...]) -> tuple[tuple[Change, ...], tuple[Doubt, ...]]:
    """Name the steps after this field: as changes, and as doubts."""
    changes = dict.fromkeys(_CHANGES[step] for step in steps if step in _CHANGES)
    return tuple(changes), tuple(_DOUBTS[step] for step in steps if step in _DOUBTS)


def _doubts(parts: Parts, reference_date: date | None) -> list[Doubt]:
    """Say what is doubtful about the date itself, however it was written."""
    year, month, day, _ = parts
    doubts = []
    if day == 0:
        doubts.append(Doubt.BIRTH_NO_DAY)
    elif day == 1 and month == 1:
        doubts.append(Doubt.BIRTH_DEFAULT_DAY)
    now = reference_date or CAMPAIGN
    if year + OLDEST <= now.year and (year + OLDEST, month or 12, day or 31) < _parts(now):
        doubts.append(Doubt.BIRTH_TOO_OLD)
    in_future = year >= now.year and (year, month or 1, day or 1) > _parts(now)
    if in_future and reference_date is not None:
        doubts.append(Doubt.BIRTH_IN_FUTURE)
    return doubts


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day
