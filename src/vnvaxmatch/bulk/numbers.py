"""The rule for ID numbers lifted over a column: numbers are unique, so clean ones are not asked.

A clean number (12 digits or 9, not all alike) is its own value, and its doubts follow from its
first digits; the others go through :func:`vnvaxmatch.normalize.id_number`, with the birth and sex
beside them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.bulk.lift import Interner, Memo, distinct_ints
from vnvaxmatch.bulk.own import Own, own_of
from vnvaxmatch.normalize import BirthDate, IdNumber, Sex
from vnvaxmatch.normalize.id_numbers import clean_doubts
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.records import number_gap

__all__ = ["NO_NUMBER", "SEXES", "NumberReader", "are_far", "has_twelve_digits"]

Ints: TypeAlias = npt.NDArray[Any]

NO_NUMBER = -1
"""In a column of number codes: there is none."""

SEXES: tuple[Sex | None, ...] = (None, Sex.MALE, Sex.FEMALE)
"""A column of sexes holds positions in this; 0 is missing."""

_CMND_BASE = IdNumber("000000000").code
_ISSUED_TWICE = "271"
"""The prefix within which a range was issued twice: there the prefix does not tell the doubts."""


class NumberReader:
    """Reads columns of ID numbers, remembering the damaged ones."""

    def __init__(self, owns: Interner[Own]) -> None:
        self._owns = owns
        self._damaged: Memo[tuple[str, int, int], tuple[int, int]] = Memo(self._read)

    def read(self, column: pa.StringArray, *, birth: Ints, sex: Ints) -> tuple[Ints, Ints]:
        """Give number codes (or :data:`NO_NUMBER`), and the numbers of what is true of each.

        ``birth`` holds birth codes or 0, ``sex`` positions in :data:`SEXES`.
        """
        codes = np.full(len(column), NO_NUMBER, dtype=np.int64)
        own = np.zeros(len(column), dtype=np.int64)
        twelve = _digits(column, 12)
        codes[twelve] = column.filter(pa.array(twelve)).cast(pa.int64()).to_numpy()
        twelve &= codes % 111_111_111_111 != 0
        self._doubts_by_prefix(codes, own, twelve, 10**8, "{:04}", _cccd_doubts)
        nine = _digits(column, 9)
        codes[nine] = column.filter(pa.array(nine)).cast(pa.int64()).to_numpy()
        nine &= (codes % 111_111_111 != 0) & (codes // 10**6 != int(_ISSUED_TWICE))
        self._doubts_by_prefix(codes, own, nine, 10**6, "{:03}", _cmnd_doubts)
        codes[nine] += _CMND_BASE
        rows = np.flatnonzero(~(twelve | nine))
        texts = column.take(pa.array(rows)).to_pylist()
        # an empty cell is one, whoever it is of
        said = np.array([text != "" for text in texts], dtype=np.int64)
        keys = zip(
            texts,
            (birth[rows] * said).tolist(),
            (sex[rows] * said).tolist(),
            strict=True,
        )
        read = np.array(self._damaged(list(keys)), dtype=np.int64).reshape(-1, 2)
        codes[rows], own[rows] = read[:, 0], read[:, 1]
        return codes, own

    def _doubts_by_prefix(
        self, codes: Ints, own: Ints, clean: Ints, below: int, form: str, doubts: Any
    ) -> None:
        prefixes, index = distinct_ints(codes[clean] // below)
        owns = [self._owns.number(Own(doubts=doubts(form.format(p)))) for p in prefixes.tolist()]
        own[clean] = np.array(owns, dtype=np.int64)[index]

    def _read(self, key: tuple[str, int, int]) -> tuple[int, int]:
        """Give a number's code, or :data:`NO_NUMBER`, and what is true of it."""
        text, birth, sex = key
        reading = normalize.id_number(
            text, birth=BirthDate.from_code(birth) if birth else None, sex=SEXES[sex]
        )
        own = self._owns.number(own_of(reading, number_gap(reading, child=False)))
        return (reading.value.code if isinstance(reading, Normalized) else NO_NUMBER), own


def has_twelve_digits(numbers: Ints) -> Ints:
    """Tell which numbers of a column are there and have twelve digits."""
    twelve: Ints = (numbers != NO_NUMBER) & (numbers < _CMND_BASE)
    return twelve


def are_far(a: Ints, b: Ints) -> Ints:
    """Tell which pairs have twelve digits on both sides and differ in more than two of them.

    Such numbers are unlike, whichever they are: no comparison need be asked about each.
    """
    off = np.zeros(len(a), dtype=np.int64)
    for power in range(12):
        off += a // 10**power % 10 != b // 10**power % 10
    far: Ints = has_twelve_digits(a) & has_twelve_digits(b) & (off > 2)
    return far


def _digits(column: pa.StringArray, size: int) -> Ints:
    pattern = rf"\A[0-9]{{{size}}}\z"
    mask: Ints = pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False)
    return mask


def _cccd_doubts(prefix: str) -> tuple[Any, ...]:
    return clean_doubts(prefix)


def _cmnd_doubts(prefix: str) -> tuple[Any, ...]:
    reading = normalize.id_number(f"{prefix}000001")
    return reading.doubts if isinstance(reading, Normalized) else ()
