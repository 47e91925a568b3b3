"""Read what is in a workbook without being hurt by it."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from vnvaxmatch.errors import InputError, MissingExtraError

try:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum
except ModuleNotFoundError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["cell_text", "refuse_bomb", "visible_first"]

_LARGEST = 2 << 30
_INFLATION = 150
"""A workbook may unpack to 2 GiB, a part of it to 150 times its size: past that it is a bomb."""

_MOST_CELLS = 50_000_000
"""A sheet is held whole while it is read, its blank corners too: this is two gigabytes."""

_FAR_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,})[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*\s)?r\s*=\s*["']([0-9]+)["']""")


def visible_first(workbook: CalamineWorkbook) -> list[str]:
    """Name the sheets: one that people see is read before one that is hidden."""
    sheets = workbook.sheets_metadata
    hidden = {s.name for s in sheets if s.visible is not SheetVisibleEnum.Visible}
    return sorted(workbook.sheet_names, key=hidden.__contains__)


def refuse_bomb(path: Path) -> None:
    """Refuse a workbook that is locked, damaged, or would fill the memory; :class:`InputError`."""
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
