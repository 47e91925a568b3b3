"""Write what came of a file, row by row: for whoever filled it in, with nothing personal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vnvaxmatch.casework.cases import FIELD_OF
from vnvaxmatch.casework.sheets.applying import Applied
from vnvaxmatch.casework.sheets.judging import Came, Row
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.workbooks import Look, cell_of, close_workbook, new_workbook, say, set_up_page

__all__ = ["field_words", "reason_words", "write_results"]

_HEADINGS: Final = (
    ("Dòng trong tệp", "Row of the file", 10),
    ("Kết quả", "Came to", 30),
    ("Lý do", "Why", 60),
    ("Trường liên quan", "About", 28),
    ("Đã sửa", "Corrected", 28),
    ("Đã xác nhận", "Confirmed", 18),
    ("Hồ sơ", "Case", 24),
    ("Mã", "Code", 20),
)


def write_results(path: Path, applied: Applied, *, lang: Lang) -> None:
    """Write a workbook with a row for every row that the file had."""
    book = new_workbook(path)
    look = Look(book)
    sheet = book.add_worksheet(say(lang, "Kết quả", "Results"))
    for position, (vietnamese, english, width) in enumerate(_HEADINGS):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, say(lang, vietnamese, english), look.heading)
    set_up_page(sheet, heading_row=0, columns=1)
    for line, row in enumerate(applied.rows, start=1):
        style = look.wrong if row.came in (Came.REFUSED, Came.PARTLY) else look.text
        sheet.write_number(line, 0, row.number, look.text)
        for position, text in enumerate(_cells(row, lang), start=1):
            sheet.write_string(line, position, cell_of(text), style)
    sheet.autofilter(0, 0, max(len(applied.rows), 1), len(_HEADINGS) - 1)
    close_workbook(book, path)


def _cells(row: Row, lang: Lang) -> tuple[str, ...]:
    return (
        message(f"row.{row.came}", lang=lang),
        reason_words(row, lang),
        field_words(row.about, lang),
        field_words(row.fields, lang),
        ", ".join(message(f"side.{side}", lang=lang) for side in row.confirmed),
        row.case,
        row.reason.value if row.reason else row.came.value,
    )


def reason_words(row: Row, lang: Lang) -> str:
    """Say why a row, or a part of it, was not applied."""
    told = [message(f"refusal.{row.reason}", lang=lang)] if row.reason else []
    if row.left:
        sides = ", ".join(message(f"side.{side}", lang=lang) for side in row.left)
        told.append(
            say(
                lang,
                f"Chưa xác nhận ({sides}): người có vai trò đó phải nộp tệp này",
                f"Not confirmed yet ({sides}): somebody in that role has to apply this file",
            )
        )
    return "; ".join(told)


def field_words(fields: tuple[str, ...], lang: Lang) -> str:
    """Name fields of a record."""
    return ", ".join(
        message(f"field.{FIELD_OF[name]}" if name in FIELD_OF else f"column.{name}", lang=lang)
        for name in fields
    )
