"""Parquet lists: columns of any plain type, read as the text a person would write."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vnvaxmatch.bulk.columns import choose
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, text_batch
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["as_texts", "open_parquet"]


def open_parquet(path: Path, options: Options) -> Source:
    """Open a Parquet file; nested columns are refused, the rest become text."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is damaged: it starts as Parquet but cannot be read") from error
    headings = file.schema_arrow.names
    try:
        columns = choose(headings, options.known, given=options.given, mandatory=options.mandatory)
    except ColumnError as error:
        raise ColumnError(f"{path}: {error}") from error
    for name, position in columns.found.items():
        heading, kind = headings[position], file.schema_arrow.types[position]
        if headings.count(heading) > 1:
            raise ColumnError(f"{path}: two columns are named «{heading}»; rename one of them")
        if not _is_plain(kind):
            raise InputError(f"{path}: column «{heading}» ({name}) holds {kind}, which is no text")
    if file.metadata.num_rows == 0 and not options.may_be_empty:
        raise InputError(f"{path} has headings but no rows")

    def batches() -> Iterator[pa.RecordBatch]:
        wanted = list(dict.fromkeys(headings[i] for i in columns.found.values()))
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                yield text_batch(
                    {n: as_texts(batch.column(headings[i])) for n, i in columns.found.items()}
                )
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} is damaged: a row group cannot be read") from error

    return Source(path, "parquet", columns, batches(), rows=file.metadata.num_rows)


def _is_plain(kind: pa.DataType) -> bool:
    """Tell whether a column of this type can be written as the text of one cell."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_interval(kind)
        or isinstance(kind, pa.BaseExtensionType)
    )


def as_texts(column: pa.Array) -> pa.Array:
    """Write the cells of a column of any plain type as a person would; a null is an empty cell."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        if column.type.tz is not None:  # the day that a clock of that zone showed
            column = pc.local_timestamp(column)
        column = column.cast(pa.date32(), safe=False)
    if pa.types.is_decimal(column.type):
        return pa.array([_plain_number(cell) for cell in column.to_pylist()], type=pa.string())
    if pa.types.is_floating(column.type):
        column = _of_floats(column.cast(pa.float64()))
    if pa.types.is_null(column.type):
        return pa.repeat(pa.scalar("", pa.string()), len(column))
    if pa.types.is_boolean(column.type):
        column = pc.utf8_upper(column.cast(pa.string()))
    if _is_bytes(column.type):
        column = pa.array(
            [
                None if cell is None else cell.decode("utf-8", "replace")
                for cell in column.to_pylist()
            ],
            type=pa.string(),
        )
    return pc.fill_null(column.cast(pa.string()), "")


def _of_floats(column: pa.Array) -> pa.Array:
    """Write whole numbers without a point; what is no number is blank."""
    numbers = pc.if_else(pc.is_nan(column), None, column)
    short = pc.less(pc.abs(numbers), 1e15)
    whole = pc.if_else(pc.and_(short, pc.equal(pc.floor(numbers), numbers)), numbers, None)
    return pc.coalesce(whole.cast(pa.int64()).cast(pa.string()), numbers.cast(pa.string()))


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    tests = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(test(kind) for test in (*tests, types.is_binary_view))


def _plain_number(cell: Decimal | None) -> str:
    """Write a decimal without zeros behind its point: 79185000456.00 is a number of digits."""
    if cell is None:
        return ""
    text = f"{cell:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
