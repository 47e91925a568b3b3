"""The fonts of our documents: embedded, so that a page looks the same wherever it is opened.

They are cut down from Liberation 2.1.5 and renamed, as its licence asks (``fonts/LICENSE``): all
Latin letters with those of Vietnamese and of the ethnic minorities' languages.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import resources
from io import BytesIO
from typing import Final

from vnvaxmatch.errors import MissingExtraError

try:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Font", "use_fonts"]


class Font(StrEnum):
    """A font, by the name under which pages use it."""

    SERIF = "VnvaxSerif-Regular"
    SERIF_BOLD = "VnvaxSerif-Bold"
    SERIF_ITALIC = "VnvaxSerif-Italic"
    SERIF_BOLD_ITALIC = "VnvaxSerif-BoldItalic"
    SANS = "VnvaxSans-Regular"
    SANS_BOLD = "VnvaxSans-Bold"


_FAMILIES: Final = {
    Font.SERIF: (Font.SERIF_BOLD, Font.SERIF_ITALIC, Font.SERIF_BOLD_ITALIC),
    # one who asks for slanted letters without serifs gets upright ones
    Font.SANS: (Font.SANS_BOLD, Font.SANS, Font.SANS_BOLD),
}


def use_fonts() -> None:
    """Make the fonts known to the library that sets pages; a second time does nothing."""
    known = set(pdfmetrics.getRegisteredFontNames())
    folder = resources.files("vnvaxmatch.certify.documents") / "fonts"
    for font in Font:
        if font.value not in known:
            data = (folder / f"{font.value}.ttf").read_bytes()
            pdfmetrics.registerFont(TTFont(font.value, BytesIO(data)))
    for font, (bold, italic, both) in _FAMILIES.items():
        pdfmetrics.registerFontFamily(
            font.value, normal=font.value, bold=bold.value, italic=italic.value,
            boldItalic=both.value,
        )  # fmt: skip
