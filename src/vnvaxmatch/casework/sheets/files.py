"""Read the file that came back, whatever program saved it: grids of texts, and merged cells."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from vnvaxmatch.errors import InputError, MissingExtraError
from vnvaxmatch.outcome import redact
from vnvaxmatch.workbooks import cell_text, refuse_bomb, visible_first

try:
    from python_calamine import CalamineError, CalamineWorkbook, ZipError
except ModuleNotFoundError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["Grid", "read_grids"]

_LARGEST: Final = 200 << 20
_MOST_CELLS: Final = 5_000_000
_DELIMITERS: Final = (",", ";", "\t", "|")
_AGAIN: Final = "open it in the spreadsheet program and save it as XLSX"
_SPANNED: Final = re.compile(rb'table:number-rows-spanned="(?:[2-9]|[1-9][0-9]+)"')

_FAILED: Final = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\br="(?P<cell>[A-Z]+[0-9]+)")[^>]*?'
    rb'(?:\bt="e"|>\s*<(?:\w+:)?f\b[^<]*(?:/>|</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>)"
    rb'|calcext:value-type="error"'
)
"""A cell with an error, or a formula that no program has computed."""


@attrs.frozen
class Grid:
    """The cells of one sheet as texts, from its first row and column on.

    ``merged`` has the first and last row and column of every merged range.
    """

    name: str
    rows: Sequence[Sequence[str]] = attrs.field(repr=redact)
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_grids(path: Path) -> list[Grid]:
    """Read a workbook (XLSX, XLS, ODS) or CSV; :class:`InputError` where it is none of them."""
    try:
        if not path.is_file():
            raise InputError(f"{path} is no file; name the worklist that came back")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise InputError(f"{path} is larger than any worklist ({_LARGEST >> 20} MiB)")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return list(_of_workbook(path, zipped=content.startswith(b"PK")))
    if not content.strip():
        raise InputError(f"{path} is empty; {_AGAIN}")
    if content.startswith(b"%PDF") or re.match(rb"\s*(?:\xef\xbb\xbf)?<", content):
        raise InputError(f"{path} is no spreadsheet and no CSV; {_AGAIN}")
    return [Grid("", _of_text(path, content))]


def _of_workbook(path: Path, *, zipped: bool) -> Iterator[Grid]:
    if zipped:
        refuse_bomb(path)
        _refuse_unsaid(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for name in visible_first(workbook):
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > _MOST_CELLS:
                raise InputError(
                    f"{path}: a sheet has {sheet.total_height} rows and {sheet.total_width} "
                    "columns, as no worklist has; delete what is stray"
                )
            before = [""] * (sheet.start[1] if sheet.start else 0)
            rows = [
                [*before, *(cell_text(cell) for cell in row)] for row in sheet.iter_rows()
            ]  # from the first row on, blank ones included
            merged = tuple(
                (top, left, bottom, right)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            )
            yield Grid(name, rows, merged)
    except (CalamineError, ZipError, OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: it is damaged, or locked with a password; {_AGAIN}"
        ) from error


def _refuse_unsaid(path: Path) -> None:
    """Refuse cells that would be read as blank and are not: formulas that came to nothing.

    And OpenDocument sheets with cells merged over rows: which rows, nobody can tell afterwards.
    """
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            name = part.filename
            if part.file_size > _LARGEST:
                raise InputError(f"{path} is larger than any worklist ({_LARGEST >> 20} MiB)")
            if name == "content.xml" and _SPANNED.search(archive.read(name)):
                raise InputError(
                    f"{path} has cells that are merged over several rows; unmerge them, fill each "
                    "row in, and save it again"
                )
            if name == "content.xml" or name.startswith("xl/worksheets/"):
                found = _FAILED.search(archive.read(name))
                if found is not None:
                    where = (found["cell"] or b"").decode("ascii", "replace")
                    raise InputError(
                        f"{path} has a formula without a result{where and f' in cell {where}'}; "
                        "write the value itself"
                    )


def _of_text(path: Path, content: bytes) -> list[list[str]]:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} was saved as text without Vietnamese letters; save it as XLSX, or as CSV UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"{path} is no spreadsheet and no CSV; {_AGAIN}")
    best: list[list[str]] = []
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error:
            continue
        if max(map(len, rows), default=0) > max(map(len, best), default=0):
            best = rows
    return best
