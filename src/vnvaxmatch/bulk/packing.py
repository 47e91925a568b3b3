"""Decided rows as one table: how they travel between processes and machines, and lie on disk.

Beside the columns of the results stand, under names that begin with ``_``: the fields to look at
again, the class, suggestions where there are any, what the keys came to (in the first row), and the
texts that worklists are made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.engine import Blocks

__all__ = ["pack", "packed_schema", "unpack"]

_WRONG: Final = "_wrong"
_CLASS: Final = "_class"
_SUGGESTIONS: Final = "_suggestions"
_BLOCKS: Final = "_blocks"
_TEXT: Final = "_text_"


def packed_schema(results: pa.Schema, *, suggests: bool, texts: Sequence[str] = ()) -> pa.Schema:
    """Give the columns of a packed table; ``texts`` names the input columns that go along."""
    beside = [_WRONG, _CLASS, _BLOCKS, *([_SUGGESTIONS] if suggests else [])]
    beside += [f"{_TEXT}{name}" for name in texts]
    return pa.schema([*results, *((name, pa.string()) for name in beside)])


def pack(decided: Decided, *, texts: Sequence[str] = ()) -> pa.Table:
    """Put all that was decided about some rows into one table."""
    table = decided.table
    rows = table.num_rows
    blocks = [json.dumps(decided.blocks)] if decided.blocks and rows else []
    columns: dict[str, pa.Array] = {
        _WRONG: decided.wrong,
        _CLASS: decided.classes,
        _BLOCKS: pa.array(blocks + [None] * (rows - len(blocks)), pa.string()),
    }
    if decided.suggestions is not None:
        columns[_SUGGESTIONS] = decided.suggestions
    held = decided.texts.schema.names
    for name in texts:
        text = decided.texts.column(name) if name in held else pa.nulls(rows, pa.string())
        columns[f"{_TEXT}{name}"] = text
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def unpack(table: pa.Table, texts: pa.RecordBatch | None = None) -> Decided:
    """Take a packed table apart; ``texts`` are given where they did not travel with it."""
    beside = [name for name in table.schema.names if name.startswith("_")]
    columns = {name: table.column(name).combine_chunks() for name in beside}
    if texts is None:
        told = {
            n.removeprefix(_TEXT): column for n, column in columns.items() if n.startswith(_TEXT)
        }
        texts = pa.RecordBatch.from_pydict(told)
    said = columns[_BLOCKS].drop_null().to_pylist()
    return Decided(
        table.drop_columns(beside),
        columns[_WRONG],
        columns[_CLASS],
        texts,
        columns.get(_SUGGESTIONS),
        _together(json.loads(each) for each in said),
    )


def _together(some: Iterable[dict[str, list[int]]]) -> Blocks:
    """Add up what the keys of several batches came to."""
    blocks: Blocks = {}
    for each in some:
        for kind, counts in each.items():
            before = blocks.get(kind, (0, 0, 0))
            asked, found, skipped = (a + b for a, b in zip(before, counts, strict=True))
            blocks[kind] = (asked, found, skipped)
    return blocks
