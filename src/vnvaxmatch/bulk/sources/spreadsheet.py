"""Spreadsheets (XLSX, and the older XLS): cells of any type, read as the text a person sees."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetVisibleEnum,
    ZipError,
)

from vnvaxmatch.bulk.columns import Columns, choose
from vnvaxmatch.bulk.sources.headings import HEADING_ROWS, find_headings
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, batch_of
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["open_spreadsheet"]

_LARGEST = 2 << 30
_INFLATION = 150
"""A workbook may unpack to 2 GiB, a part of it to 150 times its size: past that it is a bomb."""

_MOST_CELLS = 50_000_000
"""A sheet is held whole while it is read, its blank corners too: this is two gigabytes."""

_FAR_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,})[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*\s)?r\s*=\s*["']([0-9]+)["']""")


def open_spreadsheet(path: Path, options: Options, *, zipped: bool) -> Source:
    """Open the sheet that has the wanted headings: the named one, or the first that fits."""
    if zipped:
        _refuse_bomb(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = _visible_first(workbook)
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
    if rows == 0:
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


def _visible_first(workbook: CalamineWorkbook) -> list[str]:
    """Name the sheets: one that people see is read before one that is hidden."""
    sheets = workbook.sheets_metadata
    hidden = {s.name for s in sheets if s.visible is not SheetVisibleEnum.Visible}
    return sorted(workbook.sheet_names, key=hidden.__contains__)


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    """Give all rows from the first one on, and all columns from the first one on."""
    before = [""] * (sheet.start[1] if sheet.start else 0)
    return (before + row for row in sheet.iter_rows()) if before else iter(sheet.iter_rows())


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_size(path, archive.infolist())
            for part in archive.infolist():
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    with archive.open(part) as sheet:
                        _refuse_sprawl(path, sheet)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is a damaged zip file; save the list again as XLSX") from error
    except (RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path} is locked with a password; save it without one") from error


def _refuse_size(path: Path, parts: Sequence[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise InputError(f"{path} is a zip file but not a spreadsheet; unpack it first")
    if not any(name.endswith(".xml") for name in names - {"[Content_Types].xml"}):
        raise InputError(f"{path} is a binary workbook (XLSB); save it as XLSX")
    size = sum(part.file_size for part in parts)
    if size > _LARGEST or any(
        part.file_size > (64 << 20) and part.file_size > _INFLATION * max(part.compress_size, 1)
        for part in parts
    ):
        raise InputError(
            f"{path} would unpack to {size >> 20} MiB, which no list does: refused as a zip bomb. "
            f"If it is a true list, save it as CSV"
        )


def _refuse_sprawl(path: Path, sheet: IO[bytes]) -> None:
    """Refuse a sheet with a cell so far out that its blank rectangle fills the memory."""
    far = {b"Z"}
    last_row = 0
    rest = b""
    while chunk := sheet.read(1 << 22):
        text = rest + chunk
        far.update(_FAR_COLUMN.findall(text))
        last_row = max(last_row, *map(int, _ROW.findall(text)), 0)
        rest = text[-128:]
    columns = max(map(_column_number, far))
    if columns * last_row > _MOST_CELLS:
        raise InputError(
            f"{path}: a sheet of {last_row} rows has a cell {columns} columns out, too far to be "
            f"read; delete the stray cell, or save the list as CSV"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - 64
    return number


def _find_sheet(
    workbook: CalamineWorkbook, path: Path, options: Options
) -> tuple[str, Columns, int]:
    failure: ColumnError | None = None
    for name in [options.sheet] if options.sheet is not None else _visible_first(workbook):
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


def cell_text(cell: object) -> str:
    """Write a cell as a person reads it: whole numbers without a point, dates as ISO.

    >>> cell_text(79185000456.0), cell_text(dt.datetime(1985, 11, 10))
    ('79185000456', '1985-11-10')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


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
