"""The name rule lifted over the distinct syllables of a column.

A column's names are made of few syllables: each distinct one is judged once by
:func:`vnvaxmatch.normalize.names.syllable`, and names are put together again by column operations.
A name with a token that cannot be judged alone goes through :func:`vnvaxmatch.normalize.name`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.bulk.lift import Interner, Memo, distinct_ints
from vnvaxmatch.normalize.cells import CACHED_UP_TO
from vnvaxmatch.normalize.names import Encoding, PersonName, combine, syllable
from vnvaxmatch.normalize.syllables import Syllable
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
    """Reads columns of names, remembering syllables and damaged names; ``encoding`` is their vote.

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
        # a token of megabytes is read with its name, which is then too long
        self._syllables: Memo[str, Syllable | None] = Memo(
            lambda word: syllable(word) if len(word) <= CACHED_UP_TO else None
        )
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
        """Read the names all of whose tokens are syllables; tell which these are."""
        tokens = pc.split_pattern(names, " ")
        lengths = pc.list_value_length(tokens).to_numpy()
        offsets = tokens.offsets.to_numpy()
        encoded = tokens.flatten().dictionary_encode()
        syllables = self._syllables(encoded.dictionary.to_pylist())
        of = encoded.indices.to_numpy()
        known = np.fromiter((s is not None for s in syllables), np.bool_, len(syllables))
        flags = np.fromiter((s.flags if s else 0 for s in syllables), np.int64, len(syllables))
        short = pc.less_equal(pc.utf8_length(names), CACHED_UP_TO).to_numpy(zero_copy_only=False)
        if not len(names):
            return dict.fromkeys(self._fields, names), np.empty(0, np.int64), short
        starts = offsets[:-1]
        # an empty token, of a cell with odd spaces, is no syllable either
        plain = np.logical_and.reduceat(known[of], starts) & short
        joined = np.bitwise_or.reduceat(flags[of], starts)
        meta = self._combined(joined, lengths)
        parts = {}
        for field in self._fields:
            texts = pa.array([getattr(s, field) if s else "" for s in syllables], pa.string())
            lists = pa.ListArray.from_arrays(tokens.offsets, texts.take(encoded.indices))
            parts[field] = pc.binary_join(lists, " ")
        return parts, meta, plain

    def _combined(self, flags: Ints, counts: Ints) -> Ints:
        """Turn the OR of the flags and the number of tokens into what is true of the name."""
        pairs, index = distinct_ints(flags * 1024 + np.minimum(counts, 1023))
        metas = []
        for pair in pairs.tolist():
            changes, doubts = combine(pair // 1024, pair % 1024)
            metas.append(self._metas.number((None, doubts, changes)))
        return np.array(metas, dtype=np.int64)[index]

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
