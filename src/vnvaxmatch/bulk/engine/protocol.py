"""What an engine must do: move rows. It knows no rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.blocking import KeyKind

__all__ = [
    "PAIR_SCHEMA",
    "SEARCH_SCHEMA",
    "Asked",
    "Blocks",
    "Engine",
    "Ints",
    "Joined",
    "Searched",
]

Ints: TypeAlias = npt.NDArray[Any]
Joined: TypeAlias = tuple[pa.Table, Ints]
"""The found pairs, sorted by row and entry key, and the rows whose block was skipped."""

PAIR_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("former", pa.bool_()),
    ]
)


SEARCH_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("number", pa.int64()),
        ("former_numbers", pa.list_(pa.int64())),
    ]
)


Blocks: TypeAlias = dict[str, tuple[int, int, int]]
"""For each kind of key: rows that asked by it, entries it led to (each once for a row), and rows
whose block was skipped."""


@attrs.frozen
class Asked:
    """Columns of what other keys than the number are made of (``blocking.search_keys``).

    ``fold`` and ``key`` are empty and ``birth`` and ``sex`` 0 where there is none; ``phones`` are
    each row's phone number in every reading.
    """

    key: pa.StringArray
    fold: pa.StringArray
    birth: Ints
    sex: Ints
    phones: Sequence[tuple[str, ...]]


@attrs.frozen
class Searched:
    """The found pairs, sorted by row; the kinds of key that were skipped for a row; the counts."""

    pairs: pa.Table
    skipped: dict[int, set[KeyKind]]
    blocks: Blocks


class Engine(Protocol):
    """A way to find the entries of a column of numbers, and of keys.

    ``join`` must return each entry of a number once, with ``former`` true where the number is only
    a former one of that entry, sorted by row and entry key; a number held by more people than the
    block caps allow returns none of them and its rows are reported as skipped.
    """

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number; :data:`NO_NUMBER` has none."""
        ...

    def search(self, asked: Asked) -> Searched:
        """Find the entries that share a key with a row.

        Each entry is given once for a row; a block above its cap is left out and reported.
        """
        ...
