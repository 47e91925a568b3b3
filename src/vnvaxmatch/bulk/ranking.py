"""All pairs of some rows in order: who weighs most in each row, and who comes next."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Ranking", "rank"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]


@attrs.frozen
class Ranking:
    """Places of pairs, by row, the heaviest first; among equals by entry key.

    ``row``, ``place`` and ``total`` are of one length; a row's pairs lie from ``start[row]`` to
    ``start[row + 1]``.
    """

    row: Ints
    place: Ints
    total: Floats
    start: Ints

    def nth(self, number: int) -> tuple[Ints, Floats]:
        """Give for each row the place and weight of its ``number``-th pair: -1 and -inf if none."""
        at = self.start[:-1] + number
        there = at < self.start[1:]
        place = np.full(len(at), -1, dtype=np.int64)
        total = np.full(len(at), -np.inf)
        place[there], total[there] = self.place[at[there]], self.total[at[there]]
        return place, total

    def places(self, row: int) -> list[int]:
        """Give the places of one row's pairs."""
        listed: list[int] = self.place[self.start[row] : self.start[row + 1]].tolist()
        return listed


def rank(row: Ints, entry_key: pa.StringArray, total: Floats, *, rows: int) -> Ranking:
    """Rank the pairs of so many rows; of an entry that a row has twice the first place is kept."""
    crowded = (np.bincount(row, minlength=rows) > 1)[row]
    # most rows have one pair, and nothing to sort
    several = _ranked(np.flatnonzero(crowded), row, entry_key, total)
    order = np.concatenate((np.flatnonzero(~crowded), several))
    order = order[np.argsort(row[order], kind="stable")]
    start = np.searchsorted(row[order], np.arange(rows + 1))
    return Ranking(row[order], order, total[order], start)


def _ranked(place: Ints, row: Ints, entry_key: pa.StringArray, total: Floats) -> Ints:
    """Sort the places of pairs as they rank, each entry once to a row."""
    encoded = entry_key.take(pa.array(place)).dictionary_encode()
    keys = encoded.dictionary
    by_key = np.empty(len(keys), dtype=np.int64)
    by_key[pc.sort_indices(keys).to_numpy()] = np.arange(len(keys))
    entry = by_key[encoded.indices.to_numpy()]
    _, once = np.unique(row[place] * (len(keys) + 1) + entry, return_index=True)
    order: Ints = np.lexsort((entry[once], -total[place][once], row[place][once]))
    return place[once][order]
