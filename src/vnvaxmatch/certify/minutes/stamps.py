"""What a signature looks like on the page: who, by the certificate, and when. No claim of worth."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any, Final

from vnvaxmatch.certify.documents import Column, Font, escaped, new_canvas, style
from vnvaxmatch.certify.minutes.flowables import PLACE, text_width
from vnvaxmatch.certify.minutes.words import HANOI
from vnvaxmatch.errors import MissingExtraError

try:
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Drawing", "draw_stamp", "stamp_style"]

_INK: Final = HexColor("#1d3a6b")
_SIZES: Final = (10, 9, 8, 7, 6)
_LONGEST: Final = 300


def draw_stamp(name: str, bodies: tuple[str, ...], at: datetime, /) -> bytes:
    """Draw a stamp as a PDF of one page: the names of a certificate, and the time it states."""
    width, height = PLACE
    local = at.astimezone(HANOI)
    out = BytesIO()
    canvas = new_canvas(out, size=PLACE, title="")
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(0.6)
    canvas.rect(1, 1, width - 2, height - 2)
    lines = [
        ("Ký số bởi:", Font.SANS),
        (name[:_LONGEST], Font.SANS_BOLD),
        (", ".join(bodies)[:_LONGEST], Font.SANS),
        (f"Thời gian ký: {local:%H:%M:%S %d/%m/%Y} +07:00", Font.SANS),
    ]
    room = width - 4 * mm
    for size in _SIZES:
        needed = _needed(lines, room, size)
        time_fits = text_width(lines[-1][0], font=Font.SANS, size=size) <= room
        if time_fits and needed <= height - 3 * mm:
            break
    column = Column(canvas, 2 * mm, (height + min(needed, height)) / 2, room)
    for text, font in lines:
        if text:
            column.put(escaped(text), style(font, size, color=_INK))
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _needed(lines: list[tuple[str, Font]], room: float, size: float) -> float:
    trial = Column(new_canvas(BytesIO(), size=PLACE, title=""), 0, 1e4, room)
    for text, font in lines:
        if text:
            trial.put(escaped(text), style(font, size))
    return 1e4 - trial.y


class Drawing(PdfContent):
    """A PDF of one page, to be drawn within another."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self._pdf = pdf

    def render(self) -> bytes:
        """Take the page over, and give what draws it."""
        reader = PdfFileReader(BytesIO(self._pdf))
        form: Any = self._ensure_writer.import_page_as_xobject(reader)
        self.resources.xobject["/Drawing"] = form
        left, low, right, high = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(high - low))
        return b"/Drawing Do"


def stamp_style(stamp: bytes, /) -> StaticStampStyle:
    """Show a drawing as it is."""
    return StaticStampStyle(background=Drawing(stamp), border_width=0)
