"""The table of cases on the pages of minutes: a block for each, which stays together if it can.

Each block is a table of its own, so that a thousand cases take no longer than a thousand times one.
The head that all of them have in common is the page's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from vnvaxmatch.certify.documents import Font, escaped
from vnvaxmatch.certify.minutes.records import Confirmed, Correction, MinutesCase
from vnvaxmatch.certify.minutes.words import field_text, moment_text, who_text
from vnvaxmatch.errors import MissingExtraError

try:
    from reportlab.lib.colors import HexColor, black
    from reportlab.lib.enums import TA_CENTER
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Table, TableStyle
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["case_tables", "head_table"]

_HEADS: Final = ("Thông tin", "Đã ghi", "Sửa thành", "Lý do")
_SHARES: Final = (0.17, 0.26, 0.26, 0.31)
_SHADE: Final = HexColor("#eef0f2")
_ABOVE, _BELOW, _SIDE = 2, 3, 4
_LONGEST_CELL: Final = 280
_LONGEST_SHOWN: Final = 160
_LONGEST_TEXT: Final = 2_000
_MOST_TOGETHER: Final = 330
"""How high a block may be, in points, to stand on one page at any cost."""

_CELL: Final = ParagraphStyle(
    "cell", fontName=Font.SERIF.value, fontSize=10.5, leading=12.8, splitLongWords=1
)
_HEAD: Final = ParagraphStyle(
    "head", parent=_CELL, fontName=Font.SERIF_BOLD.value, alignment=TA_CENTER
)
_SMALL: Final = ParagraphStyle("small", parent=_CELL, fontSize=10, leading=12.2)


def head_table(width: float, /) -> Table:
    """Set the head of the table of cases, ``width`` points wide."""
    cells = [Paragraph(head, _HEAD) for head in _HEADS]
    return _table([cells], width, [("GRID", (0, 0), (-1, -1), 0.6, black)])


def case_tables(case: MinutesCase, number: int, /, *, commune: str, width: float) -> list[Table]:
    """Set the block of a case, ``width`` points wide: in one piece, or in several if it is long.

    No piece is longer than a page, nor has the first or the last line of the block alone.
    ``commune`` is the one that the minutes are of: it is not named again and again.
    """
    rows: list[list[Any]] = [
        [Paragraph(_person(case, number), _CELL), "", "", ""],
        *(cells for correction in case.corrections for cells in _cells(correction)),
        [Paragraph(_foot(case, commune), _SMALL), "", "", ""],
    ]
    heights = [_height(row, _widths(width)) for row in rows]
    last = len(rows) - 1
    ends = [last]
    if sum(heights) > _MOST_TOGETHER and last > 2:
        ends = [*range(1, last - 1), last]
    tables, start = [], 0
    for end in ends:
        inner: list[tuple[Any, ...]] = []
        for row in range(start, end + 1):
            here = row - start
            if row in (0, last):
                inner.append(("SPAN", (0, here), (-1, here)))
            else:
                inner.append(("LINEBEFORE", (1, here), (-1, here), 0.4, black))
            if here and row > 0 and case.corrections:
                inner.append(("LINEABOVE", (0, here), (-1, here), 0.4, black))
        if start == 0:
            inner.append(("BACKGROUND", (0, 0), (-1, 0), _SHADE))
        inner.append(("BOX", (0, 0), (-1, -1), 0.6, black))
        tables.append(_table(rows[start : end + 1], width, inner))
        start = end + 1
    return tables


def _table(rows: list[list[Any]], width: float, commands: list[tuple[Any, ...]]) -> Table:
    widths = _widths(width)
    common = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), _ABOVE),
        ("BOTTOMPADDING", (0, 0), (-1, -1), _BELOW),
        ("LEFTPADDING", (0, 0), (-1, -1), _SIDE),
        ("RIGHTPADDING", (0, 0), (-1, -1), _SIDE),
        ("NOSPLIT", (0, 0), (-1, -1)),
    ]
    return Table(
        rows,
        colWidths=widths,
        rowHeights=[_height(row, widths) for row in rows],
        style=TableStyle([*common, *commands]),
    )


def _widths(width: float) -> list[float]:
    return [share * width for share in _SHARES]


def _height(row: list[Any], widths: list[float]) -> float:
    spans = row[1] == ""
    rooms = [sum(widths)] if spans else widths
    cells = row[:1] if spans else row
    heights = (cell.wrap(room - 2 * _SIDE, 1e6)[1] for cell, room in zip(cells, rooms, strict=True))
    height: float = max(heights)
    return height + _ABOVE + _BELOW


def _person(case: MinutesCase, number: int) -> str:
    """Say whose case it is, and of which dose."""
    values = {name: _shown(value) for name, value in case.values.items()}
    told = [f"<b>{number}. {values.get('full_name', '').upper() or '(không có tên)'}</b>"]
    if birth := values.get("date_of_birth"):
        told.append(f"sinh: {birth}")
    if sex := values.get("sex"):
        told.append(f"giới tính: {sex}")
    told.append(f"số định danh/CMND: {values.get('id_number') or '(trống)'}")
    dose = [
        f"{label} {values[name]}"
        for name, label in (
            ("vaccine", "vắc xin"),
            ("dose_number", "mũi"),
            ("dose_date", "ngày tiêm"),
            ("lot", "số lô"),
            ("site", "tại"),
        )
        if name in values
    ]
    if dose:
        told.append(", ".join(dose))
    return f"{'; '.join(told)}. Mã hồ sơ: {escaped(case.case)}."


def _shown(value: str) -> str:
    cut = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    return escaped(cut)


def _cells(one: Correction) -> Iterator[list[Any]]:
    """Give the rows of a correction: one, or several where a text is too long for a page."""
    reason = one.reason or ("Theo danh sách mới hơn" if one.restated else "")
    columns = [
        [field_text(one.field)],
        _pieces(one.before),
        _pieces(one.after),
        _pieces(reason, blank=""),
    ]
    for cells in zip_longest(*columns, fillvalue=""):
        yield [Paragraph(escaped(text) or "", _CELL) for text in cells]


def _pieces(text: str, *, blank: str = "(trống)") -> list[str]:
    if not escaped(text):
        return [blank]
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… (xem đầy đủ trong dữ liệu kèm theo)"
    return textwrap.wrap(text, _LONGEST_CELL, break_on_hyphens=False) or [blank]


def _foot(case: MinutesCase, commune: str) -> str:
    """Say who corrected the case, and who confirmed which side of it."""
    groups: dict[str, list[str]] = {}
    for one in case.corrections:
        groups.setdefault(_by(one, commune), []).append(field_text(one.field).lower())
    told = []
    for who, fields in groups.items():
        which = f" ({escaped(', '.join(fields))})" if len(groups) > 1 else ""
        told.append(f"<i>Người sửa:</i> {who}{which}.")
    if not told:
        told.append("Không phải sửa.")
    for side, confirmed in (("Nhân thân", case.identity), ("Mũi tiêm", case.vaccination)):
        how = "đối chiếu khớp; " if confirmed.comparison else "xác nhận bởi "
        told.append(f"<i>{side}:</i> {how}{_by(confirmed, commune)}.")
    return " ".join(told)


def _by(who: Confirmed | Correction, commune: str) -> str:
    return escaped(f"{who_text(who, commune=commune)}, {moment_text(who.at)}")
