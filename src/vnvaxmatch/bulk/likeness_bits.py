"""What likenesses weigh, in columns: the parts that one weight is added up from."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.lift import Interner, Memo, distinct, distinct_rows
from vnvaxmatch.compare import Level, Likeness
from vnvaxmatch.model import NEAR_NUMBERS, RAREST, Weigher, code_of
from vnvaxmatch.records import Field

__all__ = ["LikenessBits", "split_names"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]


class LikenessBits:
    """The rules of a :class:`Weigher`, lifted over columns of numbered likenesses.

    What is missing weighs nothing.
    """

    def __init__(self, weigher: Weigher, likenesses: Interner[Likeness]) -> None:
        self._weigher = weigher
        self._likenesses = likenesses
        self._surnames = Memo(weigher.frequencies.surname_bits)
        self._rests = Memo(weigher.frequencies.rest_bits)
        self._births: Memo[tuple[int, int], float] = Memo(self._birth)

    def fixed(self, field: Field, likeness: Ints) -> tuple[Floats, Ints]:
        """Give what likenesses are worth, and whether the rarity of a term is to be added."""
        bits = np.zeros(len(self._likenesses.things))
        by_term = np.zeros(len(bits), dtype=np.bool_)
        for number in np.unique(likeness).tolist():
            thing = self._likenesses.things[number]
            if thing[0] is not Level.MISSING:
                bits[number], by_term[number] = self._weigher.part(field, code_of(thing))
        return bits[likeness], by_term[likeness]

    def births(self, likeness: Ints, births: Ints) -> Floats:
        """Weigh likenesses of births, as :meth:`Weigher.birth` does; ``births`` holds codes."""
        first, index = distinct_rows(likeness, births)
        pairs = zip(likeness[first].tolist(), births[first].tolist(), strict=True)
        bits: Floats = np.array(self._births(list(pairs)), dtype=np.float64)[index]
        return bits

    def near(self, likeness: Ints) -> Ints:
        """Tell which likenesses of numbers are near."""
        codes = [code_of(thing) in NEAR_NUMBERS for thing in self._likenesses.things]
        near: Ints = np.array(codes, dtype=np.bool_)[likeness]
        return near

    def names(self, folds: pa.StringArray) -> Floats:
        """Give the rarity of names without marks, as :meth:`Frequencies.name_bits` does."""
        surnames, rests = split_names(folds)
        bits = _lifted(self._surnames, surnames) + _lifted(self._rests, rests)
        limited: Floats = np.minimum(bits, RAREST)
        limited[pc.equal(folds, "").to_numpy(zero_copy_only=False)] = 0.0
        return limited

    def _birth(self, pair: tuple[int, int]) -> float:
        thing = self._likenesses.things[pair[0]]
        return 0.0 if thing[0] is Level.MISSING else self._weigher.birth(code_of(thing), pair[1])


def split_names(folds: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Split names without marks into the first word and all that follows."""
    words = pc.split_pattern(folds, " ", max_splits=1)
    single = pc.equal(pc.list_value_length(words), 1)
    flat = words.flatten()
    starts = words.offsets.to_numpy()[:-1]
    after = np.minimum(starts + 1, max(len(flat) - 1, 0))
    return flat.take(pa.array(starts)), pc.if_else(single, "", flat.take(pa.array(after)))


def _lifted(memo: Memo[str, float], column: pa.StringArray) -> Floats:
    values, index = distinct(column)
    lifted: Floats = np.array(memo(values), dtype=np.float64)[index]
    return lifted
