"""The rule for birth dates lifted over a column: a date that is plainly written is not asked about.

A date as dd/mm/yyyy or yyyy-mm-dd is its own code, and all that can be doubtful about one of our
time is that it is a first of January; the others go through :func:`vnvaxmatch.normalize.birth`.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch import normalize
from vnvaxmatch.bulk.lift import Interner, Memo, as_day, figures
from vnvaxmatch.bulk.own import Own, own_of
from vnvaxmatch.normalize.births import CAMPAIGN, OLDEST
from vnvaxmatch.outcome import Change, Reason, Rejected
from vnvaxmatch.records import reading_gap

__all__ = ["BirthReader"]

Ints: TypeAlias = npt.NDArray[Any]

_DMY: Final = ("/", (2, 5), (6, 3, 0))
_ISO: Final = ("-", (4, 7), (0, 5, 8))
"""Of ten signs: what separates, where it stands, and where year, month and day begin."""

_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *[0] * 87])
"""Days that a month of each number surely has."""


class BirthReader:
    """Reads columns of birth dates, remembering those that are not plainly written."""

    def __init__(self, owns: Interner[Own]) -> None:
        self._owns = owns
        self._known: Memo[str, tuple[int, int, bool]] = Memo(self._read)
        self._by_day: Memo[tuple[str, int], tuple[int, int, bool]] = Memo(
            lambda key: self._read(*key)
        )

    def read(self, column: pa.StringArray, *, reference: Ints) -> tuple[Ints, Ints]:
        """Give the codes of births (0 at a gap), and the numbers of what is true of each.

        ``reference`` holds the day that a row counts from, as yyyymmdd, or 0.
        """
        encoded = column.dictionary_encode()
        values: pa.StringArray = encoded.dictionary
        index = encoded.indices.to_numpy()
        read = self._read_distinct(values)[index]
        codes, own, depends = read[:, 0], read[:, 1], read[:, 2] > 0
        years, now = codes // 10_000, reference // 10_000
        # a birth in living memory before the reference day reads the same whatever that day is
        near = (years >= now) | (years < np.maximum(now, CAMPAIGN.year) - OLDEST + 2)
        rows = np.flatnonzero((depends | ((codes > 0) & near)) & (reference > 0))
        if len(rows):
            texts = values.take(pa.array(index[rows])).to_pylist()
            again = self._by_day(list(zip(texts, reference[rows].tolist(), strict=True)))
            codes[rows], own[rows], _ = np.array(again, dtype=np.int64).T
        return codes, own

    def _read_distinct(self, values: pa.StringArray) -> Ints:
        """Read distinct texts: code, what is true of it, and whether it depends on the day."""
        read = np.zeros((len(values), 3), dtype=np.int64)
        codes = np.zeros(len(values), dtype=np.int64)
        rows, signs = figures(values, 10)
        for layout in (_DMY, _ISO):
            codes[rows] |= _plain_codes(signs, layout)
        plain = np.flatnonzero(codes)
        if len(plain):
            # one of each kind is asked about: a first of January, and any other day
            of_any, of_first = (self._known([text])[0][1] for text in ("10/11/1985", "01/01/1985"))
            read[plain, 0] = codes[plain]
            read[plain, 1] = np.where(codes[plain] % 10_000 == 101, of_first, of_any)
        rest = np.flatnonzero(codes == 0)
        if len(rest):
            read[rest] = self._known(values.take(pa.array(rest)).to_pylist())
        return read

    def _read(self, text: str, day: int = 0) -> tuple[int, int, bool]:
        """Give a birth's code, what is true of it, and whether its century was guessed."""
        reading = normalize.birth(text, reference_date=as_day(day))
        own = self._owns.number(own_of(reading, reading_gap(reading, Reason.BIRTH_MISSING)))
        if isinstance(reading, Rejected):
            return 0, own, False
        return reading.value.code, own, Change.BIRTH_CENTURY in reading.changes


def _plain_codes(signs: Ints, layout: tuple[str, tuple[int, int], tuple[int, int, int]]) -> Ints:
    """Give the codes of texts of ten signs that are dates of our time in a layout, 0 for others."""
    separator, places, (year_at, month_at, day_at) = layout
    apart = (signs[:, places] == ord(separator)).all(axis=1)
    digits = signs - np.uint8(ord("0"))  # what is no digit is far above 9
    figured = (digits <= 9).sum(axis=1) == 8
    parts = digits.astype(np.int64)
    year = parts[:, year_at : year_at + 4] @ (1000, 100, 10, 1)
    month = parts[:, month_at : month_at + 2] @ (10, 1)
    day = parts[:, day_at : day_at + 2] @ (10, 1)
    ours = (year > CAMPAIGN.year - OLDEST) & (year < 2100)
    with_days = (month < 100) & (day > 0)
    with_days[with_days] &= day[with_days] <= _DAYS[month[with_days]]
    codes: Ints = np.where(apart & figured & ours & with_days, year * 10_000 + month * 100 + day, 0)
    return codes
