"""Worklists of cases: sheets that go out to communes and sites, and come back filled in.

Here, and not with the worklists of :mod:`vnvaxmatch.bulk`: those are printed of results, once;
these are of cases, and every row comes back to one. Needs the extra ``bulk``.
"""

from vnvaxmatch.casework.sheets.applying import Applied, apply_sheet
from vnvaxmatch.casework.sheets.columns import COLUMNS, Cause, Column, Part
from vnvaxmatch.casework.sheets.issuing import LISTED, ROWS_PER_SHEET, Issued, issue_sheets
from vnvaxmatch.casework.sheets.judging import Came, Row
from vnvaxmatch.casework.sheets.reading import Sheet, read_sheet
from vnvaxmatch.casework.sheets.results import write_results
from vnvaxmatch.casework.sheets.tokens import Place, SheetId, Token

__all__ = [
    "COLUMNS",
    "LISTED",
    "ROWS_PER_SHEET",
    "Applied",
    "Came",
    "Cause",
    "Column",
    "Issued",
    "Part",
    "Place",
    "Row",
    "Sheet",
    "SheetId",
    "Token",
    "apply_sheet",
    "issue_sheets",
    "read_sheet",
    "write_results",
]
