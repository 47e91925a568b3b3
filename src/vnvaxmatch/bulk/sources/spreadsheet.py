"""Spreadsheets (XLSX, and the older XLS): cells of any type, read as the text a person sees."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, ZipError

from vnvaxmatch.bulk.columns import Columns, choose, guess
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, text_batch
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["HEADING_ROWS", "open_spreadsheet"]

HEADING_ROWS = 20
"""Titles may stand above the headings: they are looked for in so many rows."""

_LARGEST = 2 << 30
_INFLATION = 150
"""A workbook may unpack to 2 GiB, a part of it to 150 times its size: past that it is a bomb."""


def open_spreadsheet(path: Path, options: Options, *, zipped: bool) -> Source:
    """Open the sheet that has the wanted headings: the named one, or the first that fits."""
    if zipped:
        _refuse_bomb(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
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
    rows = max(reader.total_height - heading_row - 1, 0)
    if rows == 0:
        raise InputError(f"{path}, sheet «{sheet}», has headings but no rows")
    return Source(
        path,
        "spreadsheet",
        columns,
        _batches(_data_rows(reader.iter_rows(), heading_row), columns),
        rows=rows,
        details={"sheet": sheet},
        notes=notes,
    )


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(f"{path} is a damaged zip file; save the list again as XLSX") from error
    names = {part.filename for part in parts}
    if not any(name.startswith(("xl/", "content.xml")) for name in names):
        raise InputError(f"{path} is a zip file but not a spreadsheet; unpack it first")
    size = sum(part.file_size for part in parts)
    if size > _LARGEST or any(
        part.file_size > (64 << 20) and part.file_size > _INFLATION * max(part.compress_size, 1)
        for part in parts
    ):
        raise InputError(
            f"{path} would unpack to {size >> 20} MiB, which no list does: refused as a zip bomb. "
            f"If it is a true list, save it as CSV"
        )


def _find_sheet(
    workbook: CalamineWorkbook, path: Path, options: Options
) -> tuple[str, Columns, int]:
    failure: ColumnError | None = None
    for name in [options.sheet] if options.sheet is not None else workbook.sheet_names:
        try:
            rows = _first(workbook.get_sheet_by_name(name).iter_rows())
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


def find_headings(rows: Sequence[Sequence[str]], options: Options) -> tuple[list[str], int]:
    """Find the row of headings among the first rows: the one with the most known columns."""
    best, score = 0, -1
    for position, row in enumerate(rows):
        try:
            fits = len(guess(row, options.known).found)
        except ColumnError:
            fits = len(options.mandatory)
        fits += sum(heading in row for heading in options.given.values())
        if fits > score:
            best, score = position, fits
    return (list(rows[best]) if rows else []), best


def cell_text(cell: object) -> str:
    """Write a cell as a person reads it: whole numbers without a point, dates as ISO.

    >>> cell_text(79185000456.0), cell_text(dt.datetime(1985, 11, 10))
    ('79185000456', '1985-11-10')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
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
