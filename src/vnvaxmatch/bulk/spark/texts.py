"""Columns of a Spark table as the texts that a person would write in a list."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

from vnvaxmatch.bulk.columns import Columns
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["texts_of"]


def texts_of(table: DataFrame, columns: Columns, *, row: str | None) -> DataFrame:
    """Select the columns that were found, under their names, and ``row`` where there is one."""
    chosen = []
    kinds = {field.name: field.dataType for field in table.schema.fields}
    for name, place in columns.found.items():
        heading = columns.headings[place]
        if columns.headings.count(heading) > 1:
            raise ColumnError(f"two columns are named «{heading}»; rename one of them")
        kind = kinds[heading]
        if _is_nested(kind):
            raise InputError(
                f"column «{heading}» ({name}) holds {kind.simpleString()[:40]}, which is no text"
            )
        chosen.append(table[_quoted(heading)].alias(name))
    if row is not None:
        # what is no number becomes null, and is refused as that: an error would quote it
        chosen.append(sf.expr(f"try_cast({_quoted(row)} AS BIGINT)").alias("row"))
    if UNREADABLE in table.columns:
        chosen.append(sf.expr(f"try_cast({UNREADABLE} AS BOOLEAN)").alias(UNREADABLE))
    return table.select(*chosen)


def _quoted(heading: str) -> str:
    return "`" + heading.replace("`", "``") + "`"


def _is_nested(kind: DataType) -> bool:
    return isinstance(kind, (ArrayType, MapType, StructType))
