"""Write a workbook row by row, in one look, for A4; its cells are text and nothing else."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from vnvaxmatch.errors import MissingExtraError, OutputError
from vnvaxmatch.messages import Lang

try:
    import xlsxwriter
except ModuleNotFoundError as error:
    raise MissingExtraError("bulk") from error

__all__ = [
    "ABOVE_A_LINE",
    "LINE",
    "Look",
    "cell_of",
    "close_workbook",
    "new_workbook",
    "say",
    "set_up_page",
]

LINE: Final = 15
"""Points a line of text takes."""

ABOVE_A_LINE: Final = 2
"""Points that a row is higher than its lines."""

_CELL_LIMIT: Final = 32_767
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HALVES = re.compile("[\ud800-\udfff]")


def new_workbook(path: Path, *, created: datetime | None = None) -> Any:
    """Make a workbook whose rows are written in their order and let go.

    With ``created``, the same cells make the same file.
    """
    book = xlsxwriter.Workbook(
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
    if created is not None:
        book.set_properties({"created": created.replace(tzinfo=None)})
    return book


def close_workbook(book: Any, path: Path) -> None:
    """Write the file; :class:`OutputError` where it cannot be."""
    try:
        book.close()
    except (xlsxwriter.exceptions.FileCreateError, OSError) as error:
        raise OutputError(f"cannot write the worklist {path.name}") from error


class Look:
    """The formats of the cells of one workbook, by what a cell is for."""

    def __init__(self, book: Any) -> None:
        make = book.add_format
        grid = {"border": 1, "border_color": "#BFBFBF", "valign": "top"}
        text = {"num_format": "@", "quote_prefix": True, **grid}
        self.title = make({"bold": True, "font_size": 14})
        self.heading = make(
            {"bold": True, "bg_color": "#1F4E78", "font_color": "white", "text_wrap": True,
             "valign": "vcenter", "border": 1}
        )  # fmt: skip
        self.text = make(text)
        self.wrap = make({"text_wrap": True, **grid})
        self.open = make(
            {"num_format": "@", "bg_color": "#FFFFE0", "text_wrap": True, "locked": False, **grid}
        )
        self.wrong = make({"bg_color": "#FCE4D6", "font_color": "#9C0006", **text})
        self.faint = make({"font_color": "#A6A6A6", "font_size": 8, **text})


def set_up_page(sheet: Any, *, heading_row: int, columns: int = 2) -> None:
    """Make a sheet print on A4 across, and keep its headings (and first columns) in sight."""
    sheet.freeze_panes(heading_row + 1, columns)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(heading_row)
    sheet.set_footer("&C&P / &N")


def cell_of(value: object) -> str:
    """Write a value as a cell may hold it: no control characters, no more than a cell takes.

    >>> cell_of("=1+1"), cell_of(None), cell_of("a\\x00b")
    ('=1+1', '', 'ab')
    """
    text = _CONTROLS.sub("", "" if value is None else str(value))
    return _HALVES.sub("\ufffd", text)[:_CELL_LIMIT]


def say(lang: Lang, vietnamese: str, english: str) -> str:
    """Choose the sentence of the language."""
    return vietnamese if lang == "vi" else english
