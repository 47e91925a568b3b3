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

__all__ = ["SPOOL_SCHEMA", "TOLD_SCHEMA", "ResultsWriter"]

_RUNS_IN_A_SPREADSHEET = r"\A[=+\-@\t\r\n＝＋－＠]"
"""How a cell starts that a spreadsheet would take for a formula; wide signs count in some."""

_JOINED_KEY_RUNS = r"(\A|;)([=+\-@\t\r\n＝＋－＠])"
"""The same among keys joined by ``;``: where that separates cells, each of them may be one."""

_UNIQUE = ("row", "record_id", "entry_key")
"""Columns without repeated values: a dictionary would only cost time."""

SPOOL_SCHEMA = pa.schema(
    [("row", pa.int64()), ("commune", pa.string()), ("outcome", pa.string()),
     ("wrong", pa.string()), ("reasons", pa.string()), *((name, pa.string()) for name in SPOOLED)]
)  # fmt: skip
"""What worklists are made of."""

TOLD_SCHEMA = pa.schema(
    [*SPOOL_SCHEMA, ("suggestions", pa.string()), ("fitting", pa.int64())]
)  # fmt: skip
"""The same where values are told: also what to correct, and how many fit where nobody was taken."""


class ResultsWriter:
    """Writes ``results.parquet``, ``results.csv`` and, if asked, the spool; a context manager.

    ``name`` is what the two files are called where it is not ``results``.
    """

    def __init__(
        self, folder: Path, schema: pa.Schema, *, spool: Path | None, name: str = "results"
    ) -> None:
        self._csv_file = pa.OSFile(str(folder / f"{name}.csv"), "wb")
        self._csv_file.write(b"\xef\xbb\xbf" + ",".join(schema.names).encode() + b"\n")
        self._parquet = pq.ParquetWriter(
            folder / f"{name}.parquet",
            schema,
            compression="zstd",
            use_dictionary=[column for column in schema.names if column not in _UNIQUE],
        )
        self._spool_path = spool
        self._spool: pq.ParquetWriter | None = None

    def write_parquet(self, decided: Decided) -> None:
        """Write one batch to the Parquet file and, if there is one, to the spool."""
        self._parquet.write_table(decided.table)
        if self._spool_path is not None:
            self._write_spool(self._spool_path, decided)

    def write_table(self, table: pa.Table) -> None:
        """Write rows that have no part in a spool."""
        self._parquet.write_table(table)
        self.write_csv(table)

    def write_csv(self, table: pa.Table) -> None:
        """Write one batch to the CSV file, beside the others if another thread does.

        Cells are bare where none of a batch needs quotes; no cell starts a formula.
        """
        for name in ("record_id", "entry_key"):
            if name in table.schema.names:
                at = table.schema.get_field_index(name)
                column = table.column(at)
                runs = pc.fill_null(pc.match_substring_regex(column, _RUNS_IN_A_SPREADSHEET), False)
                if pc.any(runs).as_py():
                    safe = pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)
                    table = table.set_column(at, name, safe)
        if "candidates" in table.schema.names:
            at = table.schema.get_field_index("candidates")
            safe = pc.replace_substring_regex(table.column(at), _JOINED_KEY_RUNS, r"\1'\2")
            table = table.set_column(at, "candidates", safe)
        bare = pacsv.WriteOptions(include_header=False, quoting_style="none")
        sink = pa.BufferOutputStream()
        try:
            pacsv.write_csv(table, sink, bare)
        except pa.ArrowInvalid:
            sink = pa.BufferOutputStream()
            pacsv.write_csv(table, sink, pacsv.WriteOptions(include_header=False))
        self._csv_file.write(sink.getvalue())

    def _write_spool(self, path: Path, decided: Decided) -> None:
        schema = SPOOL_SCHEMA if decided.suggestions is None else TOLD_SCHEMA
        if self._spool is None:
            self._spool = pq.ParquetWriter(path, schema)
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
        if decided.suggestions is not None:
            columns["suggestions"] = decided.suggestions.filter(listed)
            columns["fitting"] = _fitting(table)
        self._spool.write_table(pa.table(columns, schema=schema))

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


def _fitting(table: pa.Table) -> pa.ChunkedArray:
    """Count the candidates of every row; null where there are none."""
    if "candidates" not in table.schema.names:
        return pa.nulls(table.num_rows, pa.int64())
    semicolons = pc.count_substring(table.column("candidates"), ";")
    return pc.add(semicolons, 1).cast(pa.int64())
