"""Workbooks that people fill in: written so that nothing in them runs, read whatever came back.

What the lists of :mod:`vnvaxmatch.bulk` and those of :mod:`vnvaxmatch.casework` have in common.
Needs the extra ``bulk``.
"""

from vnvaxmatch.workbooks.reading import cell_text, refuse_bomb, visible_first
from vnvaxmatch.workbooks.writing import (
    ABOVE_A_LINE,
    LINE,
    Look,
    cell_of,
    close_workbook,
    new_workbook,
    say,
    set_up_page,
)

__all__ = [
    "ABOVE_A_LINE",
    "LINE",
    "Look",
    "cell_of",
    "cell_text",
    "close_workbook",
    "new_workbook",
    "refuse_bomb",
    "say",
    "set_up_page",
    "visible_first",
]
