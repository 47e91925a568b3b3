"""Pages: a canvas that always gives the same bytes, and columns of text on it."""

from __future__ import annotations

import unicodedata
from typing import BinaryIO, Literal
from xml.sax.saxutils import escape

import attrs

from vnvaxmatch.certify.documents.fonts import Font, use_fonts
from vnvaxmatch.errors import MissingExtraError

try:
    from reportlab.lib.colors import Color, black
    from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Paragraph
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Column", "escaped", "new_canvas", "style"]

_ALIGNED = {"left": TA_LEFT, "center": TA_CENTER, "right": TA_RIGHT}


def new_canvas(
    file: BinaryIO, /, *, size: tuple[float, float], title: str, lang: str = "vi-VN"
) -> Canvas:
    """Begin a document of pages of a size, in points.

    The same content gives the same bytes: no clock and no computer's name is in it. ``title`` is
    shown by viewers, so it names nobody.
    """
    use_fonts()
    canvas = Canvas(file, pagesize=size, invariant=1, pageCompression=1, lang=lang)
    canvas.setTitle(title)
    canvas.setAuthor("vnvaxmatch")
    canvas.setCreator("vnvaxmatch")
    canvas.setProducer("vnvaxmatch")
    canvas.setSubject("")
    return canvas


def escaped(text: str) -> str:
    """Write a text so that none of it is taken for markup, in one Unicode form, on one line.

    >>> escaped("A <b> & c")
    'A &lt;b&gt; &amp; c'
    """
    tidy = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    return escape(" ".join(tidy.split()))


def style(
    font: Font,
    size: float,
    /,
    *,
    leading: float | None = None,
    align: Literal["left", "center", "right"] = "left",
    color: Color = black,
) -> ParagraphStyle:
    """Make a style; ``size`` and ``leading`` are in points, the latter 1.2 sizes by default."""
    return ParagraphStyle(
        f"{font}-{size}",
        fontName=font.value,
        fontSize=size,
        leading=leading or size * 1.2,
        alignment=_ALIGNED[align],
        textColor=color,
        splitLongWords=1,
    )


@attrs.define
class Column:
    """A column of a page that is filled from above; ``y`` is where it is free, in points."""

    canvas: Canvas
    x: float
    y: float
    width: float

    def put(self, text: str, how: ParagraphStyle, /, *, after: float = 0.0) -> None:
        """Set a paragraph, whose text may hold the markup of paragraphs, and leave a gap."""
        paragraph = Paragraph(text, how)
        _, height = paragraph.wrap(self.width, self.y)
        paragraph.drawOn(self.canvas, self.x, self.y - height)
        self.y -= height + after

    def rule(self, *, after: float = 0.0, width: float = 0.5, color: Color = black) -> None:
        """Draw a line across."""
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(width)
        self.canvas.line(self.x, self.y, self.x + self.width, self.y)
        self.y -= after

    def skip(self, height: float, /) -> None:
        """Leave so much free."""
        self.y -= height
