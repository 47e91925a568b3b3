"""Write results as they come: Parquet and CSV side by side, and the spool for the worklists."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.worklists import SPOOLED

__all__ = ["ResultsWriter"]

_RUNS_IN_A_SPREADSHEET = r"\A[=+\-@\t\r\n＝＋－＠]"
"""How a cell starts that a spreadsheet would take for a formula; wide signs count in some."""

_UNIQUE = ("row", "record_id", "entry_key")
"""Columns without repeated values: a dictionary would only cost time."""

_SPOOL_SCHEMA = pa.schema(
    [("row", pa.int64()), ("commune", pa.string()), ("outcome", pa.string()),
     ("wrong", pa.string()), ("reasons", pa.string()), *((name, pa.string()) for name in SPOOLED)]
)  # fmt: skip


class ResultsWriter:
    """Writes ``results.parquet``, ``results.csv`` and, if asked, the spool; a context manager."""

    def __init__(self, folder: Path, schema: pa.Schema, *, spool: Path | None) -> None:
        self._csv_file = pa.OSFile(str(folder / "results.csv"), "wb")
        self._csv_file.write(b"\xef\xbb\xbf" + ",".join(schema.names).encode() + b"\n")
        self._parquet = pq.ParquetWriter(
            folder / "results.parquet",
            schema,
            compression="zstd",
            use_dictionary=[name for name in schema.names if name not in _UNIQUE],
        )
        self._spool = pq.ParquetWriter(spool, _SPOOL_SCHEMA) if spool is not None else None

    def write(self, decided: Decided) -> None:
        """Write one batch."""
        self._parquet.write_table(decided.table)
        self._write_csv(decided.table)
        if self._spool is not None:
            self._write_spool(decided)

    def _write_csv(self, table: pa.Table) -> None:
        """Write cells bare where none of a batch needs quotes; no cell starts a formula."""
        for name in ("record_id", "entry_key"):
            if name in table.schema.names:
                at = table.schema.get_field_index(name)
                column = table.column(at)
                runs = pc.fill_null(pc.match_substring_regex(column, _RUNS_IN_A_SPREADSHEET), False)
                if pc.any(runs).as_py():
                    safe = pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)
                    table = table.set_column(at, name, safe)
        bare = pacsv.WriteOptions(include_header=False, quoting_style="none")
        sink = pa.BufferOutputStream()
        try:
            pacsv.write_csv(table, sink, bare)
        except pa.ArrowInvalid:
            sink = pa.BufferOutputStream()
            pacsv.write_csv(table, sink, pacsv.WriteOptions(include_header=False))
        self._csv_file.write(sink.getvalue())

    def _write_spool(self, decided: Decided) -> None:
        assert self._spool is not None
        listed = decided.classes.is_valid()
        table = decided.table.filter(listed)
        texts = decided.texts.filter(listed)
        columns = {
            "row": table.column("row"),
            "commune": table.column("commune"),
            "outcome": table.column("outcome"),
            "wrong": decided.wrong.filter(listed),
            "reasons": table.column("reasons"),
        }
        for name in SPOOLED:
            source = "commune" if name == "commune_text" else name
            columns[name] = (
                texts.column(source)
                if source in texts.schema.names
                else pa.nulls(table.num_rows, pa.string())
            )
        self._spool.write_table(pa.table(columns, schema=_SPOOL_SCHEMA))

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        for file in (self._parquet, self._spool, self._csv_file):
            if file is not None:
                try:
                    file.close()
                except (OSError, pa.ArrowException):
                    if kind is None:
                        raise
