"""Worklists: one spreadsheet per commune, which a person reads, fills in and gives back.

Rows to fix are spooled to disk while a list is verified, then sorted by commune outside memory and
written workbook by workbook: three thousand communes need no more memory than one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import duckdb
import pyarrow as pa
import xlsxwriter
from unidecode import unidecode

from vnvaxmatch.errors import OutputError
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.normalize import commune_name

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

_COLUMNS: tuple[tuple[str, str, str, int], ...] = (
    ("row", "Dòng", "Row", 8),
    ("record_id", "Mã hồ sơ", "Record", 14),
    ("full_name", "Họ và tên", "Full name", 28),
    ("date_of_birth", "Ngày sinh", "Date of birth", 14),
    ("sex", "Giới tính", "Sex", 10),
    ("id_number", "Số CCCD/CMND", "ID number", 18),
    ("phone", "Số điện thoại", "Phone", 14),
    ("commune_text", "Xã/Phường (như đã ghi)", "Commune (as recorded)", 24),
    ("site", "Cơ sở tiêm", "Vaccination site", 24),
    ("dose_number", "Mũi số", "Dose", 8),
    ("dose_date", "Ngày tiêm", "Dose date", 12),
    ("outcome", "Kết quả", "Outcome", 20),
    ("wrong", "Trường cần xem lại", "Fields to check", 22),
    ("why", "Lý do", "Reasons", 60),
)
_FILL_IN: tuple[tuple[str, str, int], ...] = (
    ("Họ và tên đúng", "Corrected name", 28),
    ("Ngày sinh đúng", "Corrected date of birth", 16),
    ("Giới tính đúng", "Corrected sex", 14),
    ("Số CCCD/CMND đúng", "Corrected ID number", 20),
    ("Người xác minh", "Verified by", 22),
    ("Ngày xác minh", "Verified on", 14),
    ("Ghi chú", "Notes", 30),
)
_FIELD_COLUMN = {
    "name": "full_name", "birth": "date_of_birth", "sex": "sex", "id_number": "id_number",
}  # fmt: skip
_CELL_LIMIT = 32_767
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

    ``scratch`` is where sorting may spill. ``progress`` is told how many rows were written.
    """
    out.mkdir()
    written: list[Worklist] = []
    for commune, rows in _by_commune(spool, scratch, memory):
        for item in _write_commune(commune, rows, out, lang, rows_per_file):
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


def _write_commune(
    commune: str, rows: Iterator[Row], out: Path, lang: Lang, rows_per_file: int
) -> Iterator[Worklist]:
    title = (
        commune_name(commune) if commune else _say(lang, "Không rõ xã/phường", "Unknown commune")
    )
    stem = f"{commune}-{_slug(title.split(',')[0])}" if commune else UNROUTED
    row = next(rows, None)
    part = 0
    while row is not None:
        part += 1
        file = f"{stem}.xlsx" if part == 1 else f"{stem}-{part}.xlsx"
        with _Sheet(out / file, title, lang) as sheet:
            while row is not None and sheet.count < rows_per_file:
                sheet.add(row)
                row = next(rows, None)
        yield Worklist(commune, title, file, sheet.count)


class _Sheet:
    """One workbook, written row by row without being held in memory."""

    def __init__(self, path: Path, title: str, lang: Lang) -> None:
        self.count = 0
        self._path = path
        self._lang = lang
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                # a cell is text, whatever it looks like: nothing in it can run or link out
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "tmpdir": str(path.parent),
            },
        )
        make = self._book.add_format
        self._text = make({"num_format": "@", "valign": "top"})
        self._wrap = make({"text_wrap": True, "valign": "top"})
        self._wrong = make(
            {"num_format": "@", "bg_color": "#FCE4D6", "font_color": "#9C0006", "valign": "top"}
        )
        self._open = make(
            {"num_format": "@", "bg_color": "#FFFFE0", "border": 1, "border_color": "#BFBFBF"}
        )
        self._sheet = self._book.add_worksheet(_say(lang, "Danh sách", "List"))
        self._head(title, make)

    def _head(self, title: str, make: Callable[[dict[str, Any]], Any]) -> None:
        sheet, lang = self._sheet, self._lang
        heading = make(
            {"bold": True, "bg_color": "#1F4E78", "font_color": "white", "text_wrap": True,
             "valign": "vcenter", "border": 1}
        )  # fmt: skip
        widths = [column[3] for column in _COLUMNS] + [column[2] for column in _FILL_IN]
        for position, width in enumerate(widths):
            sheet.set_column(position, position, width)
        sheet.write_string(
            0, 0,
            _say(lang, "Danh sách thông tin cần rà soát: ", "Records to check: ") + title,
            make({"bold": True, "font_size": 14}),
        )  # fmt: skip
        sheet.write_string(
            1, 0,
            _say(
                lang,
                "Ô màu cam là trường cần xem lại. Ghi giá trị đúng vào các cột màu vàng; "
                "không sửa, không xóa các cột khác.",
                "Orange cells are to be checked. Write what is right into the yellow columns; "
                "leave the others as they are.",
            ),
        )  # fmt: skip
        sheet.set_row(2, 32)
        at = 1 if lang == "vi" else 2
        names = [column[at] for column in _COLUMNS] + [column[at - 1] for column in _FILL_IN]
        for position, name in enumerate(names):
            sheet.write_string(2, position, name, heading)
        sheet.freeze_panes(3, 3)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)

    def add(self, row: Row) -> None:
        """Write one row: what was recorded, what is wrong with it, and room to correct it."""
        line = self.count + 3
        wrong = [field for field in (row["wrong"] or "").split(";") if field]
        marked = {_FIELD_COLUMN[field] for field in wrong}
        cells = {
            **row,
            "outcome": message(f"outcome.{row['outcome']}", lang=self._lang),
            "wrong": ", ".join(message(f"field.{field}", lang=self._lang) for field in wrong),
            "why": "\n".join(
                message(code, lang=self._lang) for code in (row["reasons"] or "").split(";") if code
            ),
        }
        self._sheet.write_number(line, 0, row["row"])
        for position, (name, *_) in enumerate(_COLUMNS[1:], start=1):
            style = self._wrong if name in marked else self._text
            if name in ("why", "wrong"):
                style = self._wrap
            self._sheet.write_string(line, position, _cell(cells[name]), style)
        for position in range(len(_COLUMNS), len(_COLUMNS) + len(_FILL_IN)):
            self._sheet.write_blank(line, position, None, self._open)
        self.count += 1

    def __enter__(self) -> _Sheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._sheet.autofilter(2, 0, self.count + 2, len(_COLUMNS) + len(_FILL_IN) - 1)
            try:
                self._book.close()
            except xlsxwriter.exceptions.FileCreateError as error:
                raise OutputError(f"cannot write the worklist {self._path.name}") from error


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _cell(value: object) -> str:
    """Write a value as a cell may hold it: no control characters, no more than a cell takes."""
    return _CONTROLS.sub("", "" if value is None else str(value))[:_CELL_LIMIT]


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", unidecode(text).lower()))


def _say(lang: Lang, vietnamese: str, english: str) -> str:
    return vietnamese if lang == "vi" else english
