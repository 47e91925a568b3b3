"""Worklists: one spreadsheet per commune, which a person reads, fills in and gives back.

Rows to fix are spooled to disk while a list is verified, then sorted by commune outside memory and
written workbook by workbook: three thousand communes need no more memory than one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from unidecode import unidecode

from vnvaxmatch.bulk.worksheets import Worksheet
from vnvaxmatch.errors import OutputError
from vnvaxmatch.messages import Lang
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.workbooks import say

__all__ = ["ROWS_PER_FILE", "SPOOLED", "UNROUTED", "write_worklists"]

ROWS_PER_FILE = 50_000
"""A longer list goes on in a second file: more than this nobody works through in one sheet."""

UNROUTED = "khong-ro-xa"
"""File name of the list of rows whose commune cannot be told."""

SPOOLED = (
    "record_id", "full_name", "date_of_birth", "sex", "id_number", "phone", "commune_text",
    "site", "dose_number", "dose_date",
)  # fmt: skip
"""Texts of the input that a worklist shows, as they came."""

_UNSORTED = "the worklists cannot be sorted; is the disk full? make room or use --no-worklists"


@attrs.frozen
class Worklist:
    """One written file, for the index."""

    commune: str
    name: str
    file: str
    rows: int


def write_worklists(
    spool: Path,
    out: Path,
    *,
    lang: Lang,
    scratch: Path,
    memory: str = "512MB",
    rows_per_file: int = ROWS_PER_FILE,
    progress: Callable[[int], None] | None = None,
) -> list[Worklist]:
    """Write a workbook for every commune in the spooled Parquet file; ``index.csv`` names them.

    Where the spool has a column of suggestions, so have the workbooks.
    ``scratch`` is where sorting may spill. ``progress`` is told how many rows were written.
    """
    out.mkdir()
    written: list[Worklist] = []
    sheet = partial(Worksheet, lang=lang, suggests="suggestions" in pq.read_schema(spool).names)
    for commune, rows in _by_commune(spool, scratch, memory):
        title = _title(commune, lang)
        for item in _write_commune(commune, title, rows, out, sheet, rows_per_file):
            written.append(item)
            if progress is not None:
                progress(item.rows)
    with (out / "index.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["commune", "name", "file", "rows"])
        writer.writerows(attrs.astuple(item) for item in written)
    return written


Row = dict[str, Any]


def _by_commune(spool: Path, scratch: Path, memory: str) -> Iterator[tuple[str, Iterator[Row]]]:
    """Give each commune and its rows, one commune at a time, in order of code and row."""
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(scratch)}) as db:
        try:
            reader = db.sql(
                "SELECT * FROM read_parquet($1) ORDER BY commune NULLS LAST, row",
                params=[str(spool)],
            ).to_arrow_reader(4096)
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.Error as error:
            raise OutputError(_UNSORTED) from error
        rows = _rows(reader)
        row = next(rows, None)
        while row is not None:
            commune, group = row["commune"] or "", _Group(row, rows)
            yield commune, group
            for _ in group:
                pass
            row = group.following


class _Group:
    """The rows of one commune out of a sorted stream."""

    def __init__(self, first: Row, rows: Iterator[Row]) -> None:
        self._row: Row | None = first
        self._commune = first["commune"]
        self._rows = rows
        self.following: Row | None = None

    def __iter__(self) -> _Group:
        return self

    def __next__(self) -> Row:
        row, self._row = self._row, None
        if row is None:
            row = next(self._rows, None)
        if row is None:
            raise StopIteration
        if row["commune"] != self._commune:
            self.following = row
            self._rows = iter(())
            raise StopIteration
        return row


def _rows(reader: pa.RecordBatchReader) -> Iterator[Row]:
    try:
        for batch in reader:
            yield from batch.to_pylist()
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise OutputError(_UNSORTED) from error


def _title(commune: str, lang: Lang) -> str:
    return commune_name(commune) if commune else say(lang, "Không rõ xã/phường", "Unknown commune")


def _write_commune(
    commune: str,
    title: str,
    rows: Iterator[Row],
    out: Path,
    sheet_at: Callable[[Path, str], Worksheet],
    rows_per_file: int,
) -> Iterator[Worklist]:
    stem = f"{commune}-{_slug(title.split(',')[0])}" if commune else UNROUTED
    row = next(rows, None)
    part = 0
    while row is not None:
        part += 1
        file = f"{stem}.xlsx" if part == 1 else f"{stem}-{part}.xlsx"
        with sheet_at(out / file, title) as sheet:
            while row is not None and sheet.count < rows_per_file:
                sheet.add(row)
                row = next(rows, None)
        yield Worklist(commune, title, file, sheet.count)


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", unidecode(text).lower()))
