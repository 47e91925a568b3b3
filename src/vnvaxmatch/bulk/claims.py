"""A batch of texts becomes columns of claims: every scalar rule, lifted over distinct values.

What is true of a field for itself (a gap, doubts, changes) is an :class:`Own`, and a column holds
its number; so a million rows share a few hundred of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch import normalize
from vnvaxmatch.bulk.births import BirthReader
from vnvaxmatch.bulk.lift import Interner, Memo, as_day, distinct, distinct_ints, distinct_rows
from vnvaxmatch.bulk.names import NameColumn, NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, NumberReader
from vnvaxmatch.bulk.own import Own, own_of
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.normalize import BirthDate, Encoding, IdNumber, Vintage
from vnvaxmatch.outcome import Doubt, Normalized, Reading, Reason, Rejected
from vnvaxmatch.records import is_child, reading_gap

__all__ = ["ClaimBatch", "ClaimReader", "column_of"]

Ints: TypeAlias = npt.NDArray[Any]

_SEX_CODE = {sex: code for code, sex in enumerate(SEXES)}
_PASSPORTS = IdNumber("A0000000").code


@attrs.frozen
class ClaimBatch:
    """Claims as columns, all of one length.

    ``number`` holds number codes or ``NO_NUMBER``, ``birth`` birth codes or 0, ``sex`` positions in
    ``SEXES``, ``name_key`` is empty at a gap. The rest hold numbers of :class:`Own` things:
    of the fields, and of what the number says against the others (``cross``). ``name_fold``, the
    name without marks, is there where the reader was asked for it.
    """

    texts: pa.RecordBatch
    number: Ints
    name_key: pa.StringArray
    birth: Ints
    sex: Ints
    commune: pa.StringArray
    own: dict[str, Ints]
    name_fold: pa.StringArray | None = None

    def __len__(self) -> int:
        return len(self.number)


class ClaimReader:
    """Reads batch after batch, remembering what it has read.

    ``reference`` is the day two-digit years and ages count from where a row has no dose date.
    ``encoding`` is the vote of the name column, ``vintage`` says of which time bare commune codes
    are; with ``folds`` names are also given without marks.
    """

    def __init__(
        self,
        *,
        reference: date | None = None,
        encoding: Encoding | None = None,
        vintage: Vintage | None = None,
        folds: bool = False,
    ) -> None:
        self.owns: Interner[Own] = Interner()
        self._plain = self.owns.number(Own())  # the first, so 0
        self._reference = reference
        self._vintage = vintage
        fields = ("key", "fold") if folds else ("key",)
        self.names = NameReader(encoding, fields=fields)
        self._folds = folds
        self._births = BirthReader(self.owns)
        self._sexes = Memo(normalize.sex)
        self._numbers = NumberReader(self.owns)
        self._nationalities = Memo(normalize.nationality)
        self._communes: Memo[tuple[str, str, str], tuple[str | None, int]] = Memo(
            self._read_commune
        )
        self._vaccines = Memo(normalize.vaccine)
        self._dose_numbers = Memo(normalize.dose_number)
        self._dose_dates = Memo(normalize.dose_date)

    def read(self, batch: pa.RecordBatch) -> ClaimBatch:
        """Read one batch of texts."""
        rows = batch.num_rows
        dates, date_of = self._dates(batch)
        default = _day_code(self._reference)
        reference = np.where(dates > 0, dates, default)
        birth, birth_own = self.birth(batch, reference)
        sex, sex_own = self.sex(batch)
        names, name_own = self._name(batch)
        number, number_own = self._number(batch, birth, sex, reference)
        commune, commune_own = self.commune(batch)
        own = {
            "name": name_own,
            "birth": birth_own,
            "sex": sex_own,
            "id_number": number_own,
            "nationality": self._nationality(batch),
            "commune": commune_own,
            "cross": self._cross(number, birth, sex),
            "dose": self._dose(batch, dates, date_of, birth),
        }
        assert all(len(column) == rows for column in own.values())
        fold = names.fold if self._folds else None
        return ClaimBatch(batch, number, names.key, birth, sex, commune, own, fold)

    def _name(self, batch: pa.RecordBatch) -> tuple[NameColumn, Ints]:
        read = self.names.read(column_of(batch, "full_name"))
        numbers = np.fromiter(
            (self.owns.number(Own(*meta)) for meta in read.metas), np.int64, len(read.metas)
        )
        return read, numbers[read.meta]

    def birth(self, batch: pa.RecordBatch, reference: Ints) -> tuple[Ints, Ints]:
        """Read the birth dates: their codes (0 at a gap), and what is true of each."""
        return self._births.read(column_of(batch, "date_of_birth"), reference=reference)

    def sex(self, batch: pa.RecordBatch) -> tuple[Ints, Ints]:
        """Read the sexes: positions in ``SEXES``, and what is true of each."""
        values, index = distinct(column_of(batch, "sex"))
        readings = self._sexes(values)
        codes = np.array(
            [_SEX_CODE[r.value if isinstance(r, Normalized) else None] for r in readings],
            dtype=np.int64,
        )
        return codes[index], self._own_of(readings, Reason.SEX_MISSING)[index]

    def _number(
        self, batch: pa.RecordBatch, birth: Ints, sex: Ints, reference: Ints
    ) -> tuple[Ints, Ints]:
        codes, own = self._numbers.read(column_of(batch, "id_number"), birth=birth, sex=sex)
        codes[codes >= _PASSPORTS] = NO_NUMBER
        missing = own == self.owns.number(Own(Reason.ID_NUMBER_MISSING))
        for row in np.flatnonzero(missing & (birth > 0) & (reference > 0)).tolist():
            if is_child(BirthDate.from_code(int(birth[row])), as_day(int(reference[row]))):
                own[row] = self.owns.number(Own(Reason.ID_NUMBER_CHILD))
        return codes, own

    def _cross(self, number: Ints, birth: Ints, sex: Ints) -> Ints:
        """Lift the cross-check over what it depends on: the number's sex and year digits."""
        own = np.full(len(number), self._plain, dtype=np.int64)
        rows = np.flatnonzero((number >= 0) & (number < 10**12))
        if not len(rows):
            return own
        first, index = distinct_rows(number[rows] // 10**6 % 1000, birth[rows] // 10_000, sex[rows])
        doubts = [
            normalize.cross_check(
                IdNumber.from_code(int(number[row])),
                birth=BirthDate.from_code(int(birth[row])) if birth[row] else None,
                sex=SEXES[int(sex[row])],
            )
            for row in rows[first].tolist()
        ]
        numbers = np.fromiter(
            (self.owns.number(Own(doubts=d)) for d in doubts), np.int64, len(first)
        )
        own[rows] = numbers[index]
        return own

    def _nationality(self, batch: pa.RecordBatch) -> Ints:
        values, index = distinct(column_of(batch, "nationality"))
        owns = [
            self._optional(r, foreign=isinstance(r, Normalized) and not r.value.vietnamese)
            for r in self._nationalities(values)
        ]
        return np.array(owns, dtype=np.int64)[index]

    def commune(self, batch: pa.RecordBatch) -> tuple[pa.StringArray, Ints]:
        """Read the communes: their one code of 2025 or null, and what is true of each."""
        parts = [distinct(column_of(batch, name)) for name in ("commune", "district", "province")]
        first, index = distinct_rows(*(places for _, places in parts))
        keys = zip(
            *([values[at] for at in places[first].tolist()] for values, places in parts),
            strict=True,
        )
        read = self._communes(list(keys))
        codes = pa.array([code for code, _ in read], pa.string())
        owns = np.array([own for _, own in read], dtype=np.int64)
        return codes.take(pa.array(index)), owns[index]

    def _read_commune(self, key: tuple[str, str, str]) -> tuple[str | None, int]:
        """Give a commune's one code of 2025, and what is true of it."""
        text, district, province = key
        reading = normalize.commune(
            text, district=district, province=province, vintage=self._vintage
        )
        code = reading.value.code if isinstance(reading, Normalized) else None
        return code, self._optional(reading)

    def _dates(self, batch: pa.RecordBatch) -> tuple[Ints, tuple[list[Reading[date]], Ints]]:
        values, index = distinct(column_of(batch, "dose_date"))
        readings = self._dose_dates(values)
        days = [_day_code(r.value) if isinstance(r, Normalized) else 0 for r in readings]
        return np.array(days, dtype=np.int64)[index], (readings, index)

    def _dose(
        self,
        batch: pa.RecordBatch,
        dates: Ints,
        date_of: tuple[list[Reading[date]], Ints],
        birth: Ints,
    ) -> Ints:
        """Give the codes of the dose, as :attr:`vnvaxmatch.records.Dose.codes` has them."""
        vaccines, vaccine_of = _lifted(self._vaccines, column_of(batch, "vaccine"))
        numbers, number_of = _lifted(self._dose_numbers, column_of(batch, "dose_number"))
        readings, day_of = date_of
        # the day is compared with the birth only where it could come before it
        near = np.where((dates > 0) & (birth // 10_000 >= dates // 10_000), birth, 0)
        near_values, near_of = distinct_ints(near)
        unreadable = batch.column(UNREADABLE).to_numpy(zero_copy_only=False).astype(np.int64)
        first, index = distinct_rows(vaccine_of, number_of, day_of, near_of, unreadable)
        owns = []
        for row in first.tolist():
            parts = (vaccines[vaccine_of[row]], numbers[number_of[row]], readings[day_of[row]])
            codes = _dose_codes(parts, int(near_values[near_of[row]]), self._reference)
            if unreadable[row]:
                codes = (Reason.ROW_UNREADABLE, *codes)
            owns.append(self.owns.number(Own(doubts=codes)))
        return np.array(owns, dtype=np.int64)[index]

    def _own_of(self, readings: Sequence[Reading[Any]], missing: Reason) -> Ints:
        owns = (own_of(reading, reading_gap(reading, missing)) for reading in readings)
        return np.array([self.owns.number(own) for own in owns], dtype=np.int64)

    def _optional(self, reading: Reading[Any], *, foreign: bool = False) -> int:
        rejected = isinstance(reading, Rejected) and not reading.missing
        gap = reading.reason if isinstance(reading, Rejected) and rejected else None
        return self.owns.number(own_of(reading, gap, foreign=foreign))


def column_of(batch: pa.RecordBatch, name: str) -> pa.StringArray:
    """Give a column, or one of empty cells where the file has none."""
    if name in batch.schema.names:
        return batch.column(name)
    return pa.repeat(pa.scalar("", pa.string()), batch.num_rows)


def _lifted(
    memo: Callable[[list[str]], list[Reading[Any]]], column: pa.StringArray
) -> tuple[list[Reading[Any]], Ints]:
    values, index = distinct(column)
    return memo(values), index


def _dose_codes(
    parts: tuple[Reading[Any], ...], birth: int, reference: date | None
) -> tuple[Doubt | Reason, ...]:
    rejected = tuple(r.reason for r in parts if isinstance(r, Rejected) and not r.missing)
    doubts = tuple(d for r in parts if isinstance(r, Normalized) for d in r.doubts)
    day = parts[2]
    judged = (
        normalize.dose_doubts(
            day.value,
            birth=BirthDate.from_code(birth) if birth else None,
            reference_date=reference,
        )
        if isinstance(day, Normalized)
        else ()
    )
    return (*rejected, *doubts, *judged)


def _day_code(day: date | None) -> int:
    return 0 if day is None else day.year * 10_000 + day.month * 100 + day.day
