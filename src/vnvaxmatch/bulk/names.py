"""The name rule lifted over the distinct words of a column.

A column's names are made of few words: each distinct one is judged once by
:func:`vnvaxmatch.normalize.syllables.judge`, and names are put together again by column operations.
A name that is more than the sum of its words goes through :func:`vnvaxmatch.normalize.name`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.bulk.lift import Interner, Memo, distinct_rows
from vnvaxmatch.normalize.cells import CACHED_UP_TO, is_sum_of_words
from vnvaxmatch.normalize.names import Encoding, PersonName, combine
from vnvaxmatch.normalize.syllables import Flag, Syllable, judge
from vnvaxmatch.normalize.words import fold_keys
from vnvaxmatch.outcome import Change, Doubt, Normalized, Reading, Reason
from vnvaxmatch.records import name_gap

__all__ = ["NEWBORN_KEY", "NameColumn", "NameMeta", "NameReader"]

Ints: TypeAlias = npt.NDArray[Any]
NEWBORN_KEY = "(cb) "
"""How the key of a newborn's entry under the mother's name begins."""

NameMeta: TypeAlias = tuple[Reason | None, tuple[Doubt, ...], tuple[Change, ...]]


@attrs.frozen
class NameColumn:
    """A column of names: ``text``, ``key`` and ``fold`` are empty where there is a gap.

    ``meta`` holds for each row a position in ``metas``.
    """

    text: pa.StringArray
    key: pa.StringArray
    fold: pa.StringArray
    meta: Ints
    metas: list[NameMeta]


class NameReader:
    """Reads columns of names, remembering words and damaged names; ``encoding`` is their vote.

    ``fields`` names the columns that are wanted: putting one together costs time. A newborn's entry
    under the mother's name is empty too, unless ``newborns`` says that it is to be filed.
    """

    def __init__(
        self,
        encoding: Encoding | None = None,
        *,
        fields: tuple[str, ...] = ("key",),
        newborns: bool = False,
    ) -> None:
        self._fields = fields
        self._newborns = newborns
        self._metas: Interner[NameMeta] = Interner()
        self._words: Memo[str, Syllable | None] = Memo(_judged)
        self._whole: Memo[str, Reading[PersonName]] = Memo(
            lambda text: normalize.name(text, encoding=encoding)
        )

    def read(self, column: pa.StringArray) -> NameColumn:
        """Read one column."""
        encoded = column.dictionary_encode()
        names: pa.StringArray = encoded.dictionary
        parts, meta, plain = self._plain(names)
        rows = np.flatnonzero(~plain)
        if len(rows):
            readings = self._whole(names.take(pa.array(rows)).to_pylist())
            meta[rows] = [self._meta(reading) for reading in readings]
            mask = pa.array(~plain)
            for field in self._fields:
                texts = pa.array([self._part(reading, field) for reading in readings], pa.string())
                parts[field] = pc.replace_with_mask(parts[field], mask, texts)
        index = encoded.indices
        empty = pa.array([], pa.string())
        taken = {field: parts[field].take(index) for field in self._fields}
        return NameColumn(
            text=taken.get("text", empty),
            key=taken.get("key", empty),
            fold=taken.get("fold", empty),
            meta=meta[index.to_numpy()],
            metas=self._metas.things,
        )

    def whole(self, texts: list[str]) -> list[Reading[PersonName]]:
        """Read names one by one, those that were read before from memory."""
        return self._whole(texts)

    def _plain(self, names: pa.StringArray) -> tuple[dict[str, pa.StringArray], Ints, Ints]:
        """Read the names that are the sum of their words; tell which these are."""
        tokens = pc.split_pattern(names, " ")
        encoded = tokens.flatten().dictionary_encode()
        words = self._words(encoded.dictionary.to_pylist())
        of = encoded.indices.to_numpy()
        known = np.fromiter((word is not None for word in words), np.bool_, len(words))
        flags = np.fromiter((word.flags if word else 0 for word in words), np.int64, len(words))
        short = pc.less_equal(pc.utf8_length(names), CACHED_UP_TO).to_numpy(zero_copy_only=False)
        if not len(names):
            return dict.fromkeys(self._fields, names), np.empty(0, np.int64), short
        offsets = tokens.offsets.to_numpy()
        starts = offsets[:-1]
        joined = np.bitwise_or.reduceat(flags[of], starts)
        meta, summed = self._combined(joined, flags[of[starts]] & Flag.FRONT, np.diff(offsets))
        plain = np.logical_and.reduceat(known[of], starts) & short & summed
        parts = {}
        for field in self._fields:
            texts = pa.array([getattr(word, field) if word else "" for word in words], pa.string())
            lists = pa.ListArray.from_arrays(tokens.offsets, texts.take(encoded.indices))
            parts[field] = pc.binary_join(lists, " ")
        return parts, meta, plain

    def _combined(self, flags: Ints, first: Ints, counts: Ints) -> tuple[Ints, Ints]:
        """Tell of each name what is true of it, and whether it is the sum of its words.

        ``flags`` holds the OR of the flags of its words, ``first`` those of the first that matter,
        ``counts`` the number of words.
        """
        kinds, index = distinct_rows(flags, first, np.minimum(counts, 1023))
        metas, summed = [], []
        for at in kinds.tolist():
            changes, doubts = combine(int(flags[at]), int(counts[at]))
            metas.append(self._metas.number((None, doubts, changes)))
            summed.append(is_sum_of_words(int(flags[at]), int(first[at])))
        return np.array(metas, np.int64)[index], np.array(summed, np.bool_)[index]

    def _meta(self, reading: Reading[PersonName]) -> int:
        gap = name_gap(reading)
        if isinstance(reading, Normalized):
            return self._metas.number((gap, reading.doubts, reading.changes))
        return self._metas.number((gap, (), ()))

    def _part(self, reading: Reading[PersonName], field: str) -> str:
        if not isinstance(reading, Normalized) or (reading.value.newborn and not self._newborns):
            return ""
        part: str = getattr(reading.value, field)
        return part


def _judged(word: str) -> Syllable | None:
    """Judge a word by itself, with its fold; None where names are not put together of it.

    A word of megabytes is read with its name, which is then too long; and an empty one, of a cell
    with odd spaces, is no word.
    """
    if not 0 < len(word) <= CACHED_UP_TO:
        return None
    judged = judge(word)
    if judged.fold:
        return judged
    fold = fold_keys(judged.key)
    return attrs.evolve(judged, fold=fold) if fold else None
