"""The pages of minutes, modelled on Decree 30/2020/NĐ-CP, annexes I and III (form 1.9).

A4; 20 mm above and below, 30 mm left, 18 mm right; 13 points. The same minutes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from vnvaxmatch.certify.documents import Font, new_canvas, use_fonts
from vnvaxmatch.certify.minutes.flowables import LEFT, SIZE, TOP_AND_BOTTOM, WIDTH, Place
from vnvaxmatch.certify.minutes.records import Minutes
from vnvaxmatch.certify.minutes.story import HEADED, PLAIN, story
from vnvaxmatch.certify.minutes.tables import head_table
from vnvaxmatch.certify.minutes.twins import short_digest
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
    from reportlab.platypus.doctemplate import LayoutError
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["set_pages"]


def set_pages(minutes: Minutes, /, *, digest: str) -> tuple[bytes, tuple[Place, ...]]:
    """Set minutes as a PDF, and tell where its places to sign at are.

    ``digest`` is that of the twin: it is printed on every page. It is set twice, because how many
    pages there are is known only at the end.
    """
    use_fonts()
    try:
        _, _, pages = _set(minutes, digest, 0)
        data, places, _ = _set(minutes, digest, pages)
    except (LayoutError, ValueError):
        # the cause would hold what was to be set
        raise CertifyError(
            "the minutes cannot be laid out: a text is longer than a page, or no text; shorten it"
        ) from None
    return data, places


def _set(minutes: Minutes, digest: str, pages: int) -> tuple[bytes, tuple[Place, ...], int]:
    out = BytesIO()
    places: list[Place] = []
    foot = _foot(minutes, digest, pages)
    title = f"Biên bản số {minutes.number}"
    document = BaseDocTemplate(
        out, pagesize=A4, title=title, author="vnvaxmatch", creator="vnvaxmatch",
        producer="vnvaxmatch", subject="",
    )  # fmt: skip
    height = head_table(WIDTH).wrap(WIDTH, A4[1])[1]

    def headed(canvas: Canvas, layout: Any) -> None:
        foot(canvas, layout)
        head = head_table(WIDTH)
        head.wrapOn(canvas, WIDTH, A4[1])
        head.drawOn(canvas, LEFT, A4[1] - TOP_AND_BOTTOM - height)

    document.addPageTemplates(
        [
            PageTemplate(PLAIN, [_frame(0)], onPage=foot),
            PageTemplate(HEADED, [_frame(height)], onPage=headed),
        ]
    )

    def canvas(_file: object, **_: object) -> Canvas:
        return new_canvas(out, size=A4, title=title)

    document.build(story(minutes, digest=digest, places=places), canvasmaker=canvas)
    return out.getvalue(), tuple(places), document.page


def _frame(above: float) -> Frame:
    """Give the room for text on a page, below so many points."""
    return Frame(
        LEFT, TOP_AND_BOTTOM, WIDTH, A4[1] - 2 * TOP_AND_BOTTOM - above,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip


def _foot(minutes: Minutes, digest: str, pages: int) -> Callable[[Canvas, Any], None]:
    """Say on every page which minutes it is of, of which data, and which of how many it is."""
    number = " ".join(minutes.number.split())

    def foot(canvas: Canvas, _: Any) -> None:
        page = canvas.getPageNumber()
        canvas.saveState()
        canvas.setLineWidth(0.4)
        canvas.line(LEFT, 14.5 * mm, LEFT + WIDTH, 14.5 * mm)
        canvas.setFont(Font.SERIF.value, 10)
        canvas.drawString(
            LEFT, 10.5 * mm, f"Biên bản số {number}   ·   Mã đối chiếu: {short_digest(digest)}"
        )
        canvas.drawRightString(LEFT + WIDTH, 10.5 * mm, f"Trang {page}/{pages}")
        if page > 1:  # where the decree wants it, from the second page on
            canvas.setFont(Font.SERIF.value, SIZE)
            canvas.drawCentredString(LEFT + WIDTH / 2, A4[1] - 13 * mm, str(page))
        canvas.restoreState()

    return foot
