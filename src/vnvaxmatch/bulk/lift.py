"""Lift a scalar rule over a column: run it once for each distinct value, take back by index."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "Interner",
    "Memo",
    "as_day",
    "distinct",
    "distinct_ints",
    "distinct_rows",
    "figures",
    "texts",
]

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
Codes = npt.NDArray[np.int64]


class Memo(Generic[K, R]):
    """A pure rule that remembers what it has answered, up to ``limit`` distinct values.

    Past the limit it forgets everything and goes on: hostile input costs time, never memory.
    """

    def __init__(self, rule: Callable[[K], R], *, limit: int = 500_000) -> None:
        self._rule = rule
        self._limit = limit
        self._known: dict[K, R] = {}

    def __call__(self, values: Sequence[K]) -> list[R]:
        """Answer for each value in turn."""
        known, rule = self._known, self._rule
        if len(known) + len(values) > self._limit:
            known.clear()
        answers = []
        for value in values:
            try:
                answers.append(known[value])
            except KeyError:
                answer = known[value] = rule(value)
                answers.append(answer)
        return answers


class Interner(Generic[K]):
    """Number distinct things in the order they are first seen, so that columns can hold them."""

    def __init__(self) -> None:
        self.things: list[K] = []
        self._numbers: dict[K, int] = {}

    def number(self, thing: K) -> int:
        """Give the number of a thing, a new one if it was not seen before."""
        known = self._numbers.get(thing)
        if known is None:
            known = self._numbers[thing] = len(self.things)
            self.things.append(thing)
        return known


def texts(column: pa.Array) -> pa.StringArray:
    """Give a text column without nulls: a null is an empty cell."""
    if column.null_count:
        column = pc.fill_null(column, "")
    return column


def distinct(column: pa.Array) -> tuple[list[Any], Codes]:
    """Split a column into its distinct values and each row's index into them."""
    encoded = column.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def distinct_ints(column: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Codes]:
    """Split a column of integers into its distinct values and each row's index into them."""
    encoded = pa.array(column).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy().astype(np.int64)


def distinct_rows(*columns: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], Codes]:
    """Find the distinct combinations of several columns of small non-negative integers.

    Returns the index of one row for each combination, and each row's combination. Columns are
    packed into one 64-bit number; where they would not fit, what is packed so far is renumbered.
    """
    packed = np.zeros(len(columns[0]), dtype=np.int64)
    span = 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if span * width >= 2**62:
            _, packed = distinct_ints(packed)
            span = int(packed.max(initial=0)) + 1
        packed = packed * width + column
        span *= width
    values, codes = distinct_ints(packed)
    first = np.empty(len(values), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first, codes


def figures(column: pa.StringArray, size: int) -> tuple[Codes, npt.NDArray[np.uint8]]:
    """Give the texts of ``size`` bytes, each as a row of bytes: where they are, and the rows.

    A byte for each sign, where the signs are ASCII.
    """
    _, places, letters = column.buffers()
    ends = np.frombuffer(places, np.int32)[column.offset : column.offset + len(column) + 1]
    rows = np.flatnonzero(np.diff(ends) == size)
    if letters is None or not len(rows):
        return rows, np.empty((len(rows), size), np.uint8)
    signs = np.frombuffer(letters, np.uint8)
    return rows, np.lib.stride_tricks.sliding_window_view(signs, size)[ends[rows]]


def as_day(code: int) -> date | None:
    """Turn yyyymmdd back into a day; 0 is None."""
    return date(code // 10_000, code // 100 % 100, code % 100) if code else None
