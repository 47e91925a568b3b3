"""The list as a spreadsheet: with the cells that spreadsheets make numbers and dates of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType

import pyarrow as pa
import xlsxwriter

__all__ = ["Sheet"]

_AS_NUMBER = {"id_number": {"number_lost_zeros", "number_float"}, "date_of_birth": {"birth_serial"}}
"""Columns whose text is what a spreadsheet made of a number, after these kinds of damage."""

_WHOLE = ("number", "dose_number")
_DATES = {"date_of_birth": 0.5, "dose_date": 0.8}
"""Shares of the cells with a whole date that are true dates."""


class Sheet:
    """A workbook of one sheet that is written from top to bottom, in little memory."""

    def __init__(self, path: Path, headings: Mapping[str, str]) -> None:
        self._book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._book.set_properties({"created": datetime(2022, 12, 31)})  # same seed, same bytes
        self._sheet = self._book.add_worksheet("Danh sách")
        self._date = self._book.add_format({"num_format": "dd/mm/yyyy"})
        self._columns = list(headings)
        self._row = 1
        bold = self._book.add_format({"bold": True})
        for column, heading in enumerate(headings.values()):
            self._sheet.write_string(0, column, heading, bold)

    def write(self, rows: pa.RecordBatch, codes: Sequence[str], *, seed: int, block: int) -> None:
        """Add rows; ``codes`` is what was done to each."""
        dice = Random(f"{seed}/{block}/sheet")
        columns = [column.to_pylist() for column in rows.columns]
        for cells, done in zip(zip(*columns, strict=True), codes, strict=True):
            damage = set(done.split(";"))
            for column, (name, text) in enumerate(zip(self._columns, cells, strict=True)):
                if text:
                    self._cell(column, name, text, damage, dice)
            self._row += 1

    def _cell(self, column: int, name: str, text: str, damage: set[str], dice: Random) -> None:
        row = self._row
        if name in _WHOLE or damage & _AS_NUMBER.get(name, set()):
            self._sheet.write_number(row, column, float(text))
        elif name in _DATES and _is_date(text) and dice.random() < _DATES[name]:
            day = datetime(int(text[6:]), int(text[3:5]), int(text[:2]))
            self._sheet.write_datetime(row, column, day, self._date)
        else:
            self._sheet.write_string(row, column, text)

    def __enter__(self) -> Sheet:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._book.close()


def _is_date(text: str) -> bool:
    """Whether a spreadsheet of the 1900 system takes a text as a date, day first."""
    if len(text) != 10 or text[2] != "/" or text[5] != "/" or text[6:] <= "1900":
        return False
    try:
        datetime(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError:
        return False
    return True
