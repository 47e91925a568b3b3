"""Open a list, whatever it is, as batches of text columns with every row kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pyarrow as pa

from vnvaxmatch.bulk.columns import MANDATORY, Columns

__all__ = ["BATCH_ROWS", "UNREADABLE", "Options", "Source", "batch_of", "text_batch"]

BATCH_ROWS = 262_144
"""Rows a batch: each is joined with the whole registry, so few large ones; 60 MB of texts each."""

UNREADABLE = "unreadable"
"""The extra column that marks rows whose cells cannot be told apart."""


@attrs.frozen
class Options:
    """What a caller may say about a file instead of leaving it to be found out."""

    known: Mapping[str, tuple[str, ...]]
    given: Mapping[str, str] = attrs.Factory(dict)
    mandatory: tuple[str, ...] = MANDATORY
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    may_be_empty: bool = False
    """Whether headings without rows will do: the list has more files."""


@attrs.frozen
class Source:
    """An opened list: a file, or a folder of them.

    ``batches`` yields record batches with one text column per found column, never null, and the
    boolean column :data:`UNREADABLE`. ``rows`` is an estimate for progress. ``notes`` are sentences
    for a person: what was found out, what was left unread.
    """

    path: Path
    format: str
    columns: Columns
    batches: Iterator[pa.RecordBatch]
    rows: int | None = None
    details: Mapping[str, str] = attrs.Factory(dict)
    notes: tuple[str, ...] = ()


def text_batch(
    columns: Mapping[str, pa.Array], unreadable: pa.Array | None = None
) -> pa.RecordBatch:
    """Put text columns and the unreadable mark together."""
    arrays = dict(columns)
    length = len(next(iter(arrays.values())))
    if unreadable is None:
        unreadable = pa.repeat(pa.scalar(False), length)
    return pa.RecordBatch.from_pydict({**arrays, UNREADABLE: unreadable})


def batch_of(cells: dict[str, list[str]], unreadable: list[bool] | None = None) -> pa.RecordBatch:
    """Make a batch of lists of texts; what is no Unicode text (lone surrogates) is replaced."""
    marks = None if unreadable is None else pa.array(unreadable, type=pa.bool_())
    return text_batch({name: _strings(column) for name, column in cells.items()}, marks)


def _strings(column: list[str]) -> pa.Array:
    try:
        return pa.array(column, type=pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        clean = [cell.encode("utf-8", "replace").decode("utf-8") for cell in column]
        return pa.array(clean, type=pa.string())
