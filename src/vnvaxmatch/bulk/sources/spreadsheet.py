"""Spreadsheets (XLSX, and the older XLS): cells of any type, read as the text a person sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    ZipError,
)

from vnvaxmatch.bulk.columns import Columns, choose
from vnvaxmatch.bulk.sources.headings import HEADING_ROWS, find_headings
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, batch_of
from vnvaxmatch.errors import ColumnError, InputError
from vnvaxmatch.workbooks import cell_text, refuse_bomb, visible_first

__all__ = ["open_spreadsheet"]


def open_spreadsheet(path: Path, options: Options, *, zipped: bool) -> Source:
    """Open the sheet that has the wanted headings: the named one, or the first that fits."""
    if zipped:
        refuse_bomb(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = visible_first(workbook)
    except (CalamineError, ZipError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a spreadsheet that can be read (damaged, locked with a password, or "
            f"another kind of file); save it again as XLSX"
        ) from error
    if options.sheet is not None and options.sheet not in names:
        raise InputError(f"{path} has no sheet «{options.sheet}»; it has: {', '.join(names)}")
    sheet, columns, heading_row = _find_sheet(workbook, path, options)
    others = tuple(name for name in names if name != sheet)
    notes = (f"read sheet «{sheet}», not: {', '.join(others)}",) if others else ()
    reader = workbook.get_sheet_by_name(sheet)
    rows = max(reader.total_height - heading_row, 0)  # the height counts from the row below it
    if rows == 0 and not options.may_be_empty:
        raise InputError(f"{path}, sheet «{sheet}», has headings but no rows")
    return Source(
        path,
        "spreadsheet",
        columns,
        _batches(_data_rows(_rows(reader), heading_row), columns),
        rows=rows,
        details={"sheet": sheet},
        notes=notes,
    )


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    """Give all rows from the first one on, and all columns from the first one on."""
    before = [""] * (sheet.start[1] if sheet.start else 0)
    return (before + row for row in sheet.iter_rows()) if before else iter(sheet.iter_rows())


def _find_sheet(
    workbook: CalamineWorkbook, path: Path, options: Options
) -> tuple[str, Columns, int]:
    failure: ColumnError | None = None
    for name in [options.sheet] if options.sheet is not None else visible_first(workbook):
        try:
            rows = _first(_rows(workbook.get_sheet_by_name(name)))
        except (CalamineError, ZipError, ValueError):
            continue  # a chart or a damaged sheet among good ones
        headings, position = find_headings(rows, options)
        try:
            columns = choose(
                headings, options.known, given=options.given, mandatory=options.mandatory
            )
        except ColumnError as error:
            failure = failure or error
            continue
        return name, columns, position
    if failure is not None:
        raise ColumnError(f"{path}: {failure}")
    raise InputError(f"{path} has no sheet with rows")


def _first(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    return [[cell_text(cell) for cell in row] for row in islice(rows, HEADING_ROWS)]


def _data_rows(rows: Iterable[Sequence[Any]], heading_row: int) -> Iterator[Sequence[Any]]:
    """Give the rows below the headings; blank ones count, save those at the very end."""
    held: list[Sequence[Any]] = []
    for position, row in enumerate(rows):
        if position <= heading_row:
            continue
        if any(cell not in ("", None) for cell in row):
            yield from held
            held.clear()
            yield row
        else:
            held.append(row)


def _batches(rows: Iterator[Sequence[Any]], columns: Columns) -> Iterator[pa.RecordBatch]:
    cells: dict[str, list[str]] = {name: [] for name in columns.found}
    places = [(cells[name], position) for name, position in columns.found.items()]
    for count, row in enumerate(rows, 1):
        width = len(row)
        for column, position in places:
            column.append(cell_text(row[position]) if position < width else "")
        if count % BATCH_ROWS == 0:
            yield batch_of(cells)
            for column, _ in places:
                column.clear()
    if any(cells.values()):
        yield batch_of(cells)
