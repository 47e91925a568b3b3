"""Signatures on paper, scanned: attached with a conversion mark, and never taken for digital ones.

The mark says that the scan was made of paper, who made it, for which office and when, and the
digest of the file. It stands on a page of its own, and as data beside the scan.
"""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import attrs

from vnvaxmatch.certify.documents import Column, Font, escaped, new_canvas, style
from vnvaxmatch.certify.minutes.files import Revision, attach, written
from vnvaxmatch.certify.minutes.outcomes import Scan
from vnvaxmatch.certify.minutes.records import Minutes
from vnvaxmatch.certify.minutes.stamps import Drawing
from vnvaxmatch.certify.minutes.words import moment_text
from vnvaxmatch.certify.texts import parse_time, read_json, time_text
from vnvaxmatch.errors import CertifyError, MissingExtraError
from vnvaxmatch.ledger.canonical import canonical

try:
    from PIL import Image
    from pyhanko.pdf_utils.generic import StreamObject
    from pyhanko.pdf_utils.writer import PageObject
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.lib.utils import ImageReader
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["MOST_SCANS", "add_scan", "mark_of", "new_scan", "read_mark"]

MOST_SCANS: Final = 24
_LARGEST: Final = 10_000_000
_MOST_PIXELS: Final = 60_000_000
_LONGEST_MARK: Final = 10_000
_TYPE: Final = "vnvaxmatch.conversion/1"
_KINDS: Final = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
)
_NAME: Final = re.compile(r"ban-ky-giay-([a-z][a-z0-9_]{0,29})-(\d{1,2})\.(pdf|jpg|png)")


def new_scan(data: bytes, /, *, role: str, number: int, by: str, office: str, at: datetime) -> Scan:
    """Describe a scan: a PDF, JPEG or PNG of no more than 10 MB. Raises CertifyError."""
    kind = next((kind for kind in _KINDS if data.startswith(kind[0])), None)
    if kind is None or len(data) > _LARGEST:
        raise CertifyError("a scan is a PDF, JPEG or PNG of no more than 10 MB: scan it anew")
    _, media, ending = kind
    who, where = (" ".join(text.split()) for text in (by, office))
    if not all(0 < len(text) <= 200 and text.isprintable() for text in (who, where)):
        raise CertifyError(
            "a conversion mark names who made the scan and for which office, each in one line"
        )
    if media != "application/pdf":
        _picture(data)
    return Scan(
        role=role,
        name=f"ban-ky-giay-{role}-{number}.{ending}",
        media=media,
        digest=sha256(data).hexdigest(),
        by=who,
        office=where,
        at=parse_time(time_text(at)),
    )


def mark_of(scan: Scan, /) -> bytes:
    """Write the conversion mark of a scan as canonical JSON."""
    told = attrs.asdict(scan, filter=lambda one, _: one.name != "at")
    return canonical({**told, "at": time_text(scan.at), "type": _TYPE}).encode()


def read_mark(content: bytes, /) -> Scan:
    """Read a conversion mark; :class:`~vnvaxmatch.errors.CertifyError` if it is none."""
    told = read_json(content, _LONGEST_MARK, "a conversion mark")
    try:
        texts = {name: told[name] for name in ("role", "name", "media", "digest", "by", "office")}
        named = _NAME.fullmatch(texts["name"])
        if all(isinstance(text, str) for text in texts.values()) and named is not None:
            scan = Scan(**texts, at=parse_time(told["at"]))
            if named[1] == scan.role and mark_of(scan) == content:
                return scan
    except (KeyError, TypeError, ValueError, AttributeError):
        pass  # the cause would hold what stands in it
    raise CertifyError("this is no conversion mark, or it was altered")


def add_scan(pdf: bytes, minutes: Minutes, scan: Scan, data: bytes, /) -> bytes:
    """Add a scan with its mark, as a page and as attachments. The same gives the same bytes."""
    writer = Revision(BytesIO(pdf))
    attach(writer, scan.name, data, media=scan.media, relation="/Supplement")
    mark = mark_of(scan)
    attach(writer, f"{scan.name}.json", mark, media="application/json", relation="/Data")
    drawing = Drawing(_page(minutes, scan, data))
    drawing.set_writer(writer)  # type: ignore[no-untyped-call]
    content = StreamObject(stream_data=b"q " + drawing.render() + b" Q")
    resources = drawing.resources.as_pdf_object()
    page: Any = PageObject  # it has no types
    insert: Any = writer.insert_page
    insert(page(writer.add_object(content), (0, 0, *A4), resources))
    return written(writer)


def _page(minutes: Minutes, scan: Scan, data: bytes) -> bytes:
    """Draw the page of a scan: its mark, and what it shows."""
    out = BytesIO()
    canvas = new_canvas(out, size=A4, title="")
    page = Column(canvas, 30 * mm, A4[1] - 20 * mm, A4[0] - 48 * mm)
    page.put(
        "BẢN CHUYỂN ĐỔI TỪ VĂN BẢN GIẤY", style(Font.SERIF_BOLD, 13.5, align="center"), after=6
    )
    party = minutes.party(scan.role)
    for label, value in (
        ("Biên bản số", minutes.number),
        ("Bên ký trên giấy", f"{party.title}, {party.body}"),
        ("Cơ quan chuyển đổi", scan.office),
        ("Người chuyển đổi", scan.by),
        ("Thời gian chuyển đổi", moment_text(scan.at)),
        ("Tệp đính kèm", scan.name),
        ("SHA-256 của tệp", f"{scan.digest[:32]} {scan.digest[32:]}"),
    ):
        page.put(f"<i>{label}:</i> {escaped(value)}", style(Font.SERIF, 12), after=2)
    page.put(
        "Bản quét chữ ký trên giấy là chứng cứ loại riêng, không phải là chữ ký số.",
        style(Font.SERIF_ITALIC, 11),
        after=6,
    )
    page.rule(after=4 * mm)
    if scan.media != "application/pdf":
        picture = _picture(data)
        wide, high = picture.getSize()
        room = page.y - 20 * mm
        scale = min(page.width / wide, room / high)
        canvas.drawImage(
            picture, page.x + (page.width - wide * scale) / 2, page.y - high * scale,
            wide * scale, high * scale, mask="auto",
        )  # fmt: skip
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _picture(data: bytes) -> Any:
    """Read a picture whose size is told before it is unpacked."""
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as image:
            wide, high = image.size
        if wide * high > _MOST_PIXELS:
            raise CertifyError("the picture has more than 60 million dots: scan it more coarsely")
        read = ImageReader(BytesIO(data))
        read.getRGBData()
    except CertifyError:
        raise
    except Exception as error:  # hostile pictures end in errors of every kind
        raise CertifyError("the picture cannot be read: scan it anew") from error
    return read
