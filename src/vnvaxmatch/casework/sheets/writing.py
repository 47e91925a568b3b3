"""Write one worklist: cells to fill in beside what stands there, and nothing else to touch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, Final

from vnvaxmatch.casework.cases import FIELD_OF, CaseState
from vnvaxmatch.casework.sheets.columns import COLUMNS, MARKS, Cause, Column, Part
from vnvaxmatch.casework.sheets.tokens import Sealing, SheetId, Token
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.messages import messages as all_messages
from vnvaxmatch.normalize import Sex
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

__all__ = ["ABOUT", "KEY_ROW", "identity_text", "write_sheet"]

ABOUT: Final = "vnvaxmatch"
"""The hidden sheet that says which worklist this is, and its first cell."""

_TITLE_ROW, _HOW_ROW, KEY_ROW, _HEADING_ROW = range(4)
"""The hidden row of keys stands above the headings, where sorting leaves it alone."""

_VIETNAM: Final = timezone(timedelta(hours=7))
_MOST_REASONS: Final = 3
_SPARE_ROWS: Final = 20
"""Rows below the last whose cells offer the same choices: nobody needs them, nobody minds."""


def identity_text(sheet: SheetId) -> str:
    """Write which worklist it is, as the hidden sheet keeps it and its seal covers it."""
    told = {
        "ledger": sheet.ledger,
        "sheet": sheet.id,
        "commune": sheet.place.commune,
        "site": sheet.place.site,
        "part": sheet.part,
        "number": sheet.number,
        "at": sheet.at.isoformat(),
    }
    return json.dumps(told, ensure_ascii=True, sort_keys=True)


def write_sheet(
    path: Path,
    cases: Iterable[CaseState],
    *,
    sheet: SheetId,
    title: str,
    sealing: Sealing,
    lang: Lang,
) -> None:
    """Write the workbook; the same cases make the same file."""
    writing = _Writing(path, sheet, title, sealing, lang)
    for case in cases:
        writing.add(case)
    writing.close()


class _Writing:
    def __init__(
        self, path: Path, sheet: SheetId, title: str, sealing: Sealing, lang: Lang
    ) -> None:
        self._path, self._sheet_id, self._sealing, self._lang = path, sheet, sealing, lang
        self._count = 0
        self._book = new_workbook(path, created=sheet.at)
        self._look = Look(self._book)
        self._sheet = self._book.add_worksheet(say(lang, "Danh sách", "List"))
        self._head(title)

    def _head(self, title: str) -> None:
        sheet, lang, look = self._sheet, self._lang, self._look
        issue = say(lang, "lần phát", "issue")
        day = f"{self._sheet_id.at.astimezone(_VIETNAM):%d/%m/%Y}"
        what = say(lang, "Danh sách cần rà soát: ", "Records to correct: ")
        how = say(
            lang,
            "Ghi giá trị đúng vào ô vàng «sửa thành» (ô màu cam là chỗ cần xem lại), chọn lý do. "
            "Đúng rồi thì để trống. Không sửa các cột khác; không thêm dòng.",
            "Write what is right into the yellow cells (orange ones are to be checked) and choose "
            "a cause; leave blank what is right. Change no other columns; add no rows.",
        )
        for position, column in enumerate(COLUMNS):
            sheet.set_column(position, position, column.width)
        sheet.write_string(
            _TITLE_ROW, 0, cell_of(f"{what}{title} ({issue} {self._sheet_id.number}, {day})"),
            look.title,
        )  # fmt: skip
        sheet.write_string(_HOW_ROW, 0, how)
        sheet.set_row(KEY_ROW, None, None, {"hidden": True})
        for position, column in enumerate(COLUMNS):
            sheet.write_string(KEY_ROW, position, column.key)
        sheet.set_row(_HEADING_ROW, 3 * LINE + ABOVE_A_LINE)
        for position, column in enumerate(COLUMNS):
            sheet.write_string(_HEADING_ROW, position, column.heading(lang), look.heading)
        set_up_page(sheet, heading_row=_HEADING_ROW)

    def add(self, case: CaseState) -> None:
        """Write the row of a case."""
        self._count += 1
        line = _HEADING_ROW + self._count
        told = {
            **case.values,
            "row": str(self._count),
            "why": "\n".join(self._why(case)),
            "token": self._sealing.token(Token(self._sheet_id.id, case.case, case.number)),
        }
        wrong = {name for name, field in FIELD_OF.items() if field in case.wrong}
        width = next(column.width for column in COLUMNS if column.key == "why") - 3
        lines = sum(-(-len(text) // width) for text in told["why"].split("\n"))
        self._sheet.set_row(line, LINE * max(lines, 1) + ABOVE_A_LINE)
        for position, column in enumerate(COLUMNS):
            if column.part in (Part.SHOWN, Part.TOKEN):
                text = cell_of(told.get(column.key, ""))
                self._sheet.write_string(line, position, text, self._style(column, wrong))
            else:
                self._sheet.write_blank(line, position, None, self._look.open)

    def _style(self, column: Column, wrong: set[str]) -> Any:
        if column.key == "token":
            return self._look.faint
        if column.key == "why":
            return self._look.wrap
        return self._look.wrong if column.field in wrong else self._look.text

    def _why(self, case: CaseState) -> list[str]:
        """Say what is to be looked at: the fields, then the first reasons."""
        fields = [message(f"field.{field}", lang=self._lang) for field in case.wrong]
        told = [", ".join(fields)] if fields else []
        known = [code for code in case.reasons if code in all_messages()]
        told += [f"- {message(code, lang=self._lang)}" for code in known[:_MOST_REASONS]]
        if not told:
            told = [message(f"state.{case.state}", lang=self._lang)]
        return told

    def close(self) -> None:
        """Write what stands behind the rows: choices, protection, and which worklist it is."""
        last = _HEADING_ROW + max(self._count, 1)
        sheet = self._sheet
        self._about()
        for position, column in enumerate(COLUMNS):
            if source := self._choices(column):
                sheet.data_validation(
                    _HEADING_ROW + 1, position, last + _SPARE_ROWS, position,
                    {"validate": "list", "source": source},
                )  # fmt: skip
        sheet.autofilter(_HEADING_ROW, 0, last, len(COLUMNS) - 1)
        sheet.print_area(0, 0, last, sum(column.printed for column in COLUMNS) - 1)
        sheet.protect(
            "",  # no password: it keeps from slips, and what comes back is checked anyway
            {"autofilter": True, "format_cells": True, "format_columns": True, "format_rows": True},
        )  # fmt: skip
        close_workbook(self._book, self._path)

    def _choices(self, column: Column) -> str | list[str]:
        if column.part is Part.CAUSE:
            return f"={ABOUT}!$B$1:$B${len(Cause)}"
        if column.part is Part.MARK:
            return [MARKS[self._lang]]
        if column.key == "fix.sex":
            return [sex.vietnamese for sex in Sex]
        return []

    def _about(self) -> None:
        about = self._book.add_worksheet(ABOUT)
        text = identity_text(self._sheet_id)
        identity = (ABOUT, text, self._sealing.seal(text))
        causes = [message(f"cause.{cause}", lang=self._lang) for cause in Cause]
        for line in range(max(len(identity), len(causes))):
            if line < len(identity):
                about.write_string(line, 0, identity[line])
            if line < len(causes):
                about.write_string(line, 1, causes[line])
        about.protect()
        about.hide()
