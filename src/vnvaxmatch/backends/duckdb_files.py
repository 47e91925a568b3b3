"""The DuckDB registry file: its tables, and how it is written from Arrow batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from vnvaxmatch.errors import MissingExtraError, RegistryError

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["ENTRIES", "FORMER_NUMBERS", "GROUP_ROWS", "REJECTED", "sorted_part", "write_registry"]

ENTRIES: Final = pa.schema(
    [
        ("entry", pa.int64()),
        ("entry_key", pa.string()),
        ("number", pa.int64()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("name_given", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("commune", pa.string()),
        ("phone", pa.string()),
    ]
)
"""The table ``entries``, sorted by number, those without one last.

``entry`` is the person's position in the population, from 1; ``number`` is ``IdNumber.code``,
``birth`` is ``BirthDate.code``, ``sex`` is 1 for male and 2 for female, ``commune`` a code of 2025.
``name_text`` is null where it is the key in title case (:func:`~.stored.spelt_apart`),
``name_fold`` is null for a newborn filed under the mother's name: nobody is found by that. Its last
word is ``name_given``, kept apart so that millions of rows can be joined on it as they stand.
"""

FORMER_NUMBERS: Final = pa.schema([("number", pa.int64()), ("entry", pa.int64())])
"""The table ``former_numbers``, sorted by number."""

REJECTED: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
    ]
)
"""The table ``rejected``: what could not be read in the population, in the order of its rows."""

_ORDERS: Final = {
    "entries": ("number", "entry"),
    "former_numbers": ("number", "entry"),
    "rejected": ("row", "field"),
}
GROUP_ROWS: Final = 16_384
"""Rows a row group of a part: of a sorted part so few are read for a range of numbers."""
_PART_ROWS: Final = 262_144


def sorted_part(table: pa.Table, name: str) -> pa.Table:
    """Sort a part of a table of the file as the table is."""
    return table.sort_by([(column, "ascending") for column in _ORDERS[name]])


def write_registry(
    path: str | os.PathLike[str],
    entries: Iterable[pa.RecordBatch],
    /,
    *,
    former: Iterable[pa.RecordBatch] = (),
    rejected: Iterable[pa.RecordBatch] = (),
    meta: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
    memory_limit: int = 1_000_000_000,
    threads: int | None = None,
) -> None:
    """Write a registry file from Arrow batches, aside and whole.

    The batches have the columns of :data:`ENTRIES`, :data:`FORMER_NUMBERS` and :data:`REJECTED`, in
    any order of rows. ``entries`` is read to its end, then ``former``, then ``rejected``, then
    ``meta``: all but the first may be filled meanwhile. Batches are not kept but for a part, and
    DuckDB takes ``memory_limit`` bytes at most: what does not fit goes to the folder of the
    unfinished file. ``progress`` is told how many entries are in. Two entries with one key are an
    error.
    """
    from vnvaxmatch.backends.duckdb_building import Parts, building  # it needs our schemas

    with building(Path(path)) as build:
        staged = build.scratch / "parts"
        staged.mkdir()
        try:
            parts = Parts(
                tuple(_staged(_counted(entries, progress), ENTRIES, staged, "entries")),
                tuple(_staged(former, FORMER_NUMBERS, staged, "former_numbers")),
                tuple(_staged(rejected, REJECTED, staged, "rejected")),
            )
        except UnicodeEncodeError as error:
            raise RegistryError(
                f"cannot write {path}: a text is not Unicode; read the population again"
            ) from error
        build.assemble(parts, meta=meta or {}, memory_limit=memory_limit, threads=threads)


def _counted(
    batches: Iterable[pa.RecordBatch], progress: Callable[[int], None] | None
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done)


def _staged(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path, name: str
) -> Iterator[Path]:
    """Write batches as sorted parts, and give their files."""
    for number, table in enumerate(_gathered(batches, schema)):
        file = folder / f"{name}-{number:05}.parquet"
        part = sorted_part(table, name)
        pq.write_table(part, file, compression="zstd", row_group_size=GROUP_ROWS)
        yield file


def _gathered(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Put batches together until they are as many rows as a part should have."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch.select(schema.names).cast(schema))
        rows += len(batch)
        if rows >= _PART_ROWS:
            yield pa.Table.from_batches(held, schema)
            held, rows = [], 0
    if rows:
        yield pa.Table.from_batches(held, schema)
