"""One worklist as a workbook: what was recorded, what is wrong with it, and room to correct it.

The left part prints on A4 and is what a person works with; what else is known of the record stands
to the right of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from vnvaxmatch.messages import Lang, message
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome
from vnvaxmatch.workbooks import (
    ABOVE_A_LINE,
    LINE,
    Look,
    cell_of,
    close_workbook,
    new_workbook,
    say,
    set_up_page,
)

__all__ = ["Worksheet"]


@attrs.frozen
class _Column:
    """A column of the sheet; ``open`` ones are for a person to fill in."""

    name: str
    vi: str
    en: str
    width: int
    kind: Literal["text", "wrap", "open"] = "text"


_PRINTED = (
    _Column("row", "Dòng", "Row", 7),
    _Column("full_name", "Họ và tên", "Full name", 24),
    _Column("date_of_birth", "Ngày sinh", "Date of birth", 12),
    _Column("sex", "Giới tính", "Sex", 8),
    _Column("id_number", "Số CCCD/CMND", "ID number", 15),
    _Column("why", "Lý do", "Reasons", 44, "wrap"),
    _Column("", "Họ và tên đúng", "Corrected name", 24, "open"),
    _Column("", "Ngày sinh đúng", "Corrected date of birth", 12, "open"),
    _Column("", "Giới tính đúng", "Corrected sex", 8, "open"),
    _Column("", "Số CCCD/CMND đúng", "Corrected ID number", 15, "open"),
    _Column("", "Người xác minh", "Verified by", 16, "open"),
    _Column("", "Ngày xác minh", "Verified on", 11, "open"),
    _Column("", "Ghi chú", "Notes", 16, "open"),
)
_BESIDE = (
    _Column("outcome", "Kết quả", "Outcome", 30, "wrap"),
    _Column("wrong", "Trường cần xem lại", "Fields to check", 22, "wrap"),
    _Column("record_id", "Mã hồ sơ", "Record", 16),
    _Column("phone", "Số điện thoại", "Phone", 14),
    _Column("commune_text", "Xã/Phường (như đã ghi)", "Commune (as recorded)", 24),
    _Column("site", "Cơ sở tiêm", "Vaccination site", 24),
    _Column("dose_number", "Mũi số", "Dose", 8),
    _Column("dose_date", "Ngày tiêm", "Dose date", 12),
)
_WITH_SUGGESTIONS = (
    _Column("why", "Lý do", "Reasons", 34, "wrap"),
    _Column("suggested", "Đề nghị sửa", "Suggested correction", 30, "wrap"),
)
"""Stand for the column of reasons where suggestions are told; the page is hardly wider."""

_WRAPPED = ("why", "suggested")
_OF_A_SEARCH = frozenset({Reason.SEVERAL_ENTRIES, Reason.WEIGHT_TOO_LOW, Reason.BLOCK_TOO_LARGE})
"""Reasons that say why nobody was taken though somebody fits."""

_FIELD_COLUMN = {
    "name": "full_name", "birth": "date_of_birth", "sex": "sex", "id_number": "id_number",
}  # fmt: skip
_ABOVE = 3
"""Title, instruction, headings."""


class Worksheet:
    """One workbook, written row by row without being held in memory; a context manager.

    If it ``suggests``, rows have ``suggestions`` and how many people are ``fitting``.
    """

    def __init__(self, path: Path, title: str, *, lang: Lang, suggests: bool = False) -> None:
        self.count = 0
        self._path = path
        self._lang = lang
        self._suggests = suggests
        self._printed = _printed(suggests=suggests)
        self._columns = (*self._printed, *_BESIDE)
        self._widths = {c.name: c.width for c in self._columns if c.name in _WRAPPED}
        self._words = {
            field: say(lang, column.vi, column.en)
            for field, name in _FIELD_COLUMN.items()
            for column in self._columns
            if column.name == name
        }
        self._book = new_workbook(path)
        self._look = Look(self._book)
        self._styles = {
            "text": self._look.text,
            "wrap": self._look.wrap,
            "open": self._look.open,
            "wrong": self._look.wrong,
        }
        self._sheet = self._book.add_worksheet(say(lang, "Danh sách", "List"))
        self._head(title)

    def _head(self, title: str) -> None:
        sheet, lang = self._sheet, self._lang
        for position, column in enumerate(self._columns):
            sheet.set_column(position, position, column.width)
        what = say(lang, "Danh sách thông tin cần rà soát: ", "Records to check: ")
        how = say(
            lang,
            "Ô màu cam là trường cần xem lại. Ghi giá trị đúng vào các cột màu vàng; không sửa, "
            "không xóa các cột khác.",
            "Orange cells are to be checked. Write what is right into the yellow columns; leave "
            "the others as they are.",
        )
        if self._suggests:
            how += say(
                lang,
                " Cột «Đề nghị sửa» lấy từ cơ sở dữ liệu dân cư: đối chiếu giấy tờ trước khi ghi.",
                " What is suggested comes from the population registry: compare it with papers.",
            )
        sheet.write_string(0, 0, what + title, self._look.title)
        sheet.write_string(1, 0, how)
        sheet.set_row(_ABOVE - 1, 2 * LINE + 4)
        for position, column in enumerate(self._columns):
            sheet.write_string(
                _ABOVE - 1, position, say(lang, column.vi, column.en), self._look.heading
            )
        set_up_page(sheet, heading_row=_ABOVE - 1)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write one row of the spool."""
        line = self.count + _ABOVE
        wrong = [field for field in (row["wrong"] or "").split(";") if field]
        marked = {_FIELD_COLUMN[field] for field in wrong}
        lines = {"why": self._why(row), "suggested": self._suggested(row)}
        cells = {
            **row,
            "outcome": message(f"outcome.{row['outcome']}", lang=self._lang),
            "wrong": ", ".join(message(f"field.{field}", lang=self._lang) for field in wrong),
            **{name: "\n".join(told) for name, told in lines.items()},
        }
        # a row that is written and let go has no height of its own: it is counted out
        height = max(
            sum(-(-len(told) // (width - 4)) for told in lines[name])
            for name, width in self._widths.items()
        )
        self._sheet.set_row(line, LINE * max(height, 1) + ABOVE_A_LINE)
        self._sheet.write_number(line, 0, row["row"], self._styles["text"])
        for position, column in enumerate(self._columns[1:], start=1):
            style = self._styles["wrong" if column.name in marked else column.kind]
            if column.kind == "open":
                self._sheet.write_blank(line, position, None, style)
            else:
                self._sheet.write_string(line, position, cell_of(cells[column.name]), style)
        self.count += 1

    def _why(self, row: Mapping[str, Any]) -> list[str]:
        """Give the reasons; that several people fit is said even where no reason may be told."""
        codes = [code for code in (row["reasons"] or "").split(";") if code]
        if row["outcome"] == Outcome.AMBIGUOUS and _OF_A_SEARCH.isdisjoint(codes):
            codes.append(f"outcome.{Outcome.AMBIGUOUS}")
        return [message(code, lang=self._lang) for code in codes]

    def _suggested(self, row: Mapping[str, Any]) -> list[str]:
        """Give a line for every suggestion, in its order, or say how many people may fit."""
        told = []
        for field, value, unsure in json.loads(row.get("suggestions") or "[]"):
            words = say(self._lang, " (chưa chắc chắn)", " (not sure)") if unsure else ""
            told.append(f"{self._words[field]}: {' '.join(value.split())}{words}")
        if row.get("fitting"):
            # those in a group too large to be looked through are not among them
            least = Reason.BLOCK_TOO_LARGE in (row["reasons"] or "").split(";")
            count = (say(self._lang, "ít nhất ", "at least ") if least else "") + str(
                row["fitting"]
            )
            told.append(
                say(self._lang, f"Số người có thể phù hợp: {count}", f"People who may fit: {count}")
            )
        return told

    def __enter__(self) -> Worksheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            last = self.count + _ABOVE - 1
            self._sheet.autofilter(_ABOVE - 1, 0, last, len(self._columns) - 1)
            self._sheet.print_area(0, 0, last, len(self._printed) - 1)
            close_workbook(self._book, self._path)


def _printed(*, suggests: bool) -> tuple[_Column, ...]:
    if not suggests:
        return _PRINTED
    at = next(place for place, column in enumerate(_PRINTED) if column.name == "why")
    return (*_PRINTED[:at], *_WITH_SUGGESTIONS, *_PRINTED[at + 1 :])
