"""Parquet lists: columns of any plain type, read as the text a person would write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vnvaxmatch.bulk.columns import choose
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, text_batch
from vnvaxmatch.errors import InputError

__all__ = ["open_parquet"]


def open_parquet(path: Path, options: Options) -> Source:
    """Open a Parquet file; nested columns are refused, the rest become text."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is damaged: it starts as Parquet but cannot be read") from error
    headings = file.schema_arrow.names
    columns = choose(headings, options.known, given=options.given, mandatory=options.mandatory)
    for name, position in columns.found.items():
        if pa.types.is_nested(file.schema_arrow.types[position]):
            raise InputError(f"{path}: column «{headings[position]}» ({name}) is nested, not text")
    if file.metadata.num_rows == 0:
        raise InputError(f"{path} has headings but no rows")

    def batches() -> Iterator[pa.RecordBatch]:
        wanted = list(dict.fromkeys(headings[i] for i in columns.found.values()))
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                yield text_batch(
                    {n: _text(batch.column(headings[i])) for n, i in columns.found.items()}
                )
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} is damaged: a row group cannot be read") from error

    return Source(path, "parquet", columns, batches(), rows=file.metadata.num_rows)


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32(), safe=False)
    if pa.types.is_floating(column.type):
        whole = column.cast(pa.int64(), safe=False)
        as_whole = pc.if_else(
            pc.equal(whole.cast(column.type), column), whole.cast(pa.string()), None
        )
        column = pc.coalesce(as_whole, column.cast(pa.string()))
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = pa.array(
            [
                None if cell is None else cell.decode("utf-8", "replace")
                for cell in column.to_pylist()
            ],
            type=pa.string(),
        )
    return pc.fill_null(column.cast(pa.string()), "")
