"""What the pages of minutes are set with: styles, lines, places to sign at, even headings."""

from __future__ import annotations

from typing import Final, Literal

import attrs

from vnvaxmatch.certify.documents import Font, escaped
from vnvaxmatch.errors import MissingExtraError

try:
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.platypus import CondPageBreak, Flowable, Paragraph
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = [
    "LEFT",
    "PLACE",
    "SIZE",
    "TOP_AND_BOTTOM",
    "WIDTH",
    "Place",
    "Rule",
    "SigningPlace",
    "balanced",
    "body",
    "part",
    "style",
    "text_width",
]

TOP_AND_BOTTOM: Final = 20 * mm
LEFT: Final = 30 * mm
_RIGHT: Final = 18 * mm
WIDTH: Final = A4[0] - LEFT - _RIGHT
"""How wide the text is, in points."""


PLACE: Final = (66 * mm, 27 * mm)
"""How large a place to sign at is, in points."""

SIZE: Final = 13
"""The size of the text, in points."""

_ALIGNED: Final = {"left": TA_LEFT, "center": TA_CENTER, "justify": TA_JUSTIFY}
_UNITS: Final = frozenset({"XÃ", "PHƯỜNG", "ĐẶC", "TỈNH", "THÀNH"})


@attrs.frozen
class Place:
    """A place to sign at: whose, on which page (from 0), and its box in points."""

    role: str
    page: int
    box: tuple[int, int, int, int]


def style(
    font: Font = Font.SERIF,
    size: float = SIZE,
    *,
    align: Literal["left", "center", "justify"] = "center",
    indent: float = 0,
    after: float = 0,
    before: float = 0,
) -> ParagraphStyle:
    """Make a style; sizes and gaps are in points."""
    return ParagraphStyle(
        "minutes",
        fontName=font.value,
        fontSize=size,
        leading=size * 1.28,
        alignment=_ALIGNED[align],
        firstLineIndent=indent,
        spaceAfter=after,
        spaceBefore=before,
        splitLongWords=1,
        allowWidows=0,
        allowOrphans=0,
    )


def body(text: str, font: Font = Font.SERIF, /) -> Paragraph:
    """Set a paragraph of the text, whose markup is that of paragraphs."""
    return Paragraph(text, style(font, align="justify", indent=10 * mm, after=5))


def part(text: str, /) -> list[Flowable]:
    """Set the heading of a part, with some room below it on the page."""
    how = style(Font.SERIF_BOLD, align="left", indent=10 * mm, after=5, before=3)
    how.keepWithNext = 1
    return [CondPageBreak(30 * mm), Paragraph(text, how)]


class Rule(Flowable):  # type: ignore[misc]
    """A line in the middle, of a width in points."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self._width = width

    def wrap(self, room: float, _: float) -> tuple[float, float]:
        """Take the room there is."""
        self.width = room
        return room, 5.0

    def draw(self) -> None:
        """Draw it, or tell where it stands."""
        start = (self.width - self._width) / 2
        self.canv.setLineWidth(0.7)
        self.canv.line(start, 2.5, start + self._width, 2.5)


class SigningPlace(Flowable):  # type: ignore[misc]
    """An empty place to sign at, which tells where it came to stand."""

    def __init__(self, role: str, places: list[Place]) -> None:
        super().__init__()
        self._role, self._places = role, places

    def wrap(self, room: float, _: float) -> tuple[float, float]:
        """Take the room there is."""
        self.width = room
        return room, PLACE[1]

    def draw(self) -> None:
        """Draw it, or tell where it stands."""
        width, height = PLACE
        x, y = self.canv.absolutePosition((self.width - width) / 2, 0)
        box = (round(x), round(y), round(x + width), round(y + height))
        self._places.append(Place(self._role, self.canv.getPageNumber() - 1, box))


def text_width(text: str, /, *, font: Font, size: float) -> float:
    """Tell how wide a text is in one line, in points."""
    width: float = stringWidth(text, font.value, size)
    return width


def balanced(text: str, /, *, size: float, room: float, font: Font = Font.SERIF_BOLD) -> Paragraph:
    """Set a heading in as few lines as it needs, none much shorter than the others."""
    words = text.split()
    lines = _even(words, room, font, size)
    # best is to break before the unit that the name is of: Ủy ban nhân dân / xã Mẫu
    unit = next((i for i, word in enumerate(words) if i and word in _UNITS), len(words))
    parts = [*_even(words[:unit], room, font, size), *_even(words[unit:], room, font, size)]
    if len(lines) > 1 and len(parts) <= len(lines) + 1:
        lines = parts
    return Paragraph("<br/>".join(map(escaped, lines)), style(font, size))


def _even(words: list[str], room: float, font: Font, size: float) -> list[str]:
    lines = _broken(words, room, font, size)
    narrow = room
    while len(lines) > 1 and narrow > room / 3:
        narrow -= size / 2
        tried = _broken(words, narrow, font, size)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def _broken(words: list[str], room: float, font: Font, size: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, font=font, size=size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
