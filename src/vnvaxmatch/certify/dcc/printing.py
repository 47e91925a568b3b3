"""A certificate on paper or on a phone: what its QR code says, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from enum import StrEnum
from io import BytesIO
from typing import Final

import attrs

from vnvaxmatch.certify.dcc.claims import open_claims
from vnvaxmatch.certify.dcc.contents import Contents, contents_of
from vnvaxmatch.certify.dcc.cose import open_signed
from vnvaxmatch.certify.dcc.envelopes import open_envelope
from vnvaxmatch.certify.dcc.outcomes import Fault
from vnvaxmatch.certify.dcc.qr import QUIET, qr_modules
from vnvaxmatch.certify.dcc.schemas import broken_at
from vnvaxmatch.certify.dcc.signers import Kind, SignerCertificate, Signers
from vnvaxmatch.certify.dcc.valuesets import COVID_19, names
from vnvaxmatch.certify.dcc.words import Phrase
from vnvaxmatch.certify.documents import Column, Font, escaped, new_canvas, style
from vnvaxmatch.errors import CertifyError, MissingExtraError
from vnvaxmatch.messages import message

try:
    from reportlab.lib.colors import Color, HexColor, black
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Paper", "print_certificate"]

_QUIET_INK: Final = HexColor("#4a4f57")
_RULE: Final = HexColor("#9aa3ad")
_ACCENT: Final = HexColor("#8c1d18")
_PHONE: Final = (90 * mm, 190 * mm)
_LONGEST: Final = 1000 * mm
_MARGIN: Final = 6 * mm
_HANOI: Final = timezone(timedelta(hours=7))


class Paper(StrEnum):
    """What a certificate is laid out for."""

    A4 = "a4"
    PHONE = "phone"
    """A page as wide as a phone shows at once, 90 millimetres, and 190 or more high."""


def print_certificate(text: str, /, *, signer: SignerCertificate, paper: Paper = Paper.A4) -> bytes:
    """Set a vaccination certificate as a PDF of one page.

    All that stands on it is what the QR code says, so that nobody can believe the paper where the
    code says otherwise. Raises :class:`~vnvaxmatch.errors.CertifyError` unless ``signer`` signed
    the certificate, and for one of a test or a recovery. The same certificate gives the same bytes.
    """
    contents = _contents(text, signer)
    content = _Content(text, contents, signer)
    draw = _a4 if paper is Paper.A4 else _phone
    width, height = A4 if paper is Paper.A4 else _PHONE
    # how much room it takes is told by a first try on a page that is longer than any
    trial = new_canvas(BytesIO(), size=(width, _LONGEST), title="")
    needed = _LONGEST - draw(trial, content, _LONGEST) + _MARGIN
    out = BytesIO()
    if paper is Paper.PHONE:
        height = max(height, needed)
    canvas = new_canvas(out, size=(width, height), title=message(Phrase.TITLE))
    if needed > height:  # only paper has an end: what is longer is set smaller
        shrunk = height / needed
        canvas.translate(width * (1 - shrunk) / 2, 0)
        canvas.scale(shrunk, shrunk)
    draw(canvas, content, max(height, needed))
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@attrs.frozen
class _Content:
    """What is put on a page."""

    text: str = attrs.field(repr=False)
    contents: Contents
    signer: SignerCertificate


def _contents(text: str, signer: SignerCertificate) -> Contents:
    data = open_envelope(text)
    signed = data if isinstance(data, Fault) else open_signed(data)
    if isinstance(signed, Fault) or isinstance(Signers.of([signer]).who(signed), Fault):
        raise CertifyError("this signer did not sign this certificate: it is not printed")
    claims = open_claims(signed.payload)
    if isinstance(claims, Fault) or broken_at(claims.document) is not None:
        raise CertifyError("this is no vaccination certificate: it is not printed")
    contents = contents_of(claims)
    if contents is None or contents.kind is not Kind.VACCINATION:
        raise CertifyError("only certificates of a vaccination are printed")
    return contents


@attrs.frozen
class _Line:
    """A line of the page: what it is called, and what stands there."""

    phrase: Phrase
    value: str = attrs.field(repr=False)
    strong: bool = False


def _person(contents: Contents) -> Iterator[_Line]:
    yield _Line(Phrase.NAME, contents.name.upper(), strong=True)
    yield _Line(Phrase.STANDARD_NAME, contents.standard)
    yield _Line(Phrase.BIRTH, _day(contents.birth))


def _vaccination(contents: Contents) -> Iterator[_Line]:
    entry = contents.entry
    disease = names("disease-agent-targeted").get(entry["tg"], entry["tg"])
    yield _Line(Phrase.DISEASE, disease if entry["tg"] == COVID_19 else entry["tg"])
    yield _Line(Phrase.PROPHYLAXIS, names("vaccine-prophylaxis").get(entry["vp"], entry["vp"]))
    yield _Line(Phrase.PRODUCT, names("vaccine-medicinal-product").get(entry["mp"], entry["mp"]))
    yield _Line(Phrase.MAKER, names("vaccine-mah-manf").get(entry["ma"], entry["ma"]))
    yield _Line(Phrase.DOSE, f"{entry['dn']} / {entry['sd']}", strong=True)
    yield _Line(Phrase.DAY, _day(entry["dt"][:10]), strong=True)
    yield _Line(Phrase.COUNTRY, names("country-2-codes").get(entry["co"], entry["co"]))


def _papers(contents: Contents) -> Iterator[_Line]:
    yield _Line(Phrase.ISSUER, str(contents.entry["is"]))
    yield _Line(Phrase.IDENTIFIER, contents.identifier)
    yield _Line(Phrase.ISSUED, _day(contents.issued.astimezone(_HANOI).date().isoformat()))
    expires = contents.expires.astimezone(_HANOI).date().isoformat()
    yield _Line(Phrase.EXPIRES, _day(expires), strong=True)


def _day(text: str) -> str:
    """Write a day, month or year as people in Vietnam do.

    >>> _day("1985-11-10"), _day("1985-11"), _day("")
    ('10/11/1985', '11/1985', '—')
    """
    return "/".join(reversed(text[:10].split("-"))) if text else "—"


def _a4(canvas: Canvas, content: _Content, top: float) -> float:
    """Draw the page for A4 paper from above, and tell where it ends."""
    contents, width = content.contents, A4[0]
    page = Column(canvas, 22 * mm, top - 18 * mm, width - 44 * mm)
    _heading(page, 12.5)
    page.skip(7 * mm)
    _title(page, 19, 12)
    page.skip(7 * mm)
    side = 78 * mm
    beside = page.y
    _code(canvas, content.text, x=page.x, y=beside - side, side=side)
    right = Column(canvas, page.x + side + 9 * mm, beside - 1 * mm, page.width - side - 9 * mm)
    for line in _person(contents):
        _stacked(right, line, size=13 if line.strong else 12)
    for line in _papers(contents):
        if line.strong:
            _stacked(right, line, size=13)
    page.y = min(beside - side, right.y) - 6 * mm
    _section(page, Phrase.SECTION_VACCINATION)
    for line in _vaccination(contents):
        _row(page, line)
    page.skip(3 * mm)
    _section(page, Phrase.SECTION_CERTIFICATE)
    for line in (*_papers(contents), _Line(Phrase.SIGNER, content.signer.subject)):
        _row(page, line)
    page.skip(4 * mm)
    _note(page, 8.8)
    return page.y


def _phone(canvas: Canvas, content: _Content, top: float) -> float:
    """Draw the page for a phone from above, and tell where it ends."""
    contents, width = content.contents, _PHONE[0]
    page = Column(canvas, _MARGIN, top - _MARGIN, width - 2 * _MARGIN)
    _title(page, 12, 8.6)
    page.skip(2.5 * mm)
    side = page.width
    _code(canvas, content.text, x=page.x, y=page.y - side, side=side)
    page.skip(side + 3 * mm)
    lines = (*_person(contents), *_vaccination(contents), *_papers(contents))
    small = {Phrase.PROPHYLAXIS, Phrase.MAKER, Phrase.COUNTRY}
    for line in lines:
        if line.phrase not in small:
            _row(page, line, size=8.2, label=0.43, gap=1.4)
    page.skip(2 * mm)
    _note(page, 6.2)
    return page.y


def _heading(page: Column, size: float) -> None:
    """Set the national heading (Decree 30/2020/NĐ-CP, annex I)."""
    page.put("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", style(Font.SERIF_BOLD, size, align="center"))
    motto = "Độc lập - Tự do - Hạnh phúc"
    page.put(motto, style(Font.SERIF_BOLD, size + 0.5, align="center"), after=3)
    half = page.canvas.stringWidth(motto, Font.SERIF_BOLD.value, size + 0.5) / 2
    middle = page.x + page.width / 2
    page.canvas.setLineWidth(0.7)
    page.canvas.setStrokeColor(black)
    page.canvas.line(middle - half, page.y, middle + half, page.y)


def _title(page: Column, size: float, small: float) -> None:
    title = style(Font.SERIF_BOLD, size, align="center", color=_ACCENT)
    page.put(escaped(message(Phrase.TITLE)).upper(), title, after=1)
    english = style(Font.SERIF_ITALIC, small, align="center", color=_QUIET_INK)
    page.put(escaped(message(Phrase.TITLE, lang="en")), english)


def _section(page: Column, phrase: Phrase) -> None:
    page.put(_both(phrase, bold=True), style(Font.SERIF_BOLD, 11.5, color=_ACCENT), after=1.5)
    page.rule(after=2.2 * mm, color=_RULE, width=0.6)


def _both(phrase: Phrase, *, bold: bool = False) -> str:
    vietnamese, english = (escaped(message(phrase, lang=lang)) for lang in ("vi", "en"))
    ink = _hex(_QUIET_INK)
    other = f'<font name="{Font.SERIF_ITALIC}" color="{ink}">{english}</font>'
    return f"{vietnamese} / {other}" if bold else f"{vietnamese}<br/>{other}"


def _stacked(page: Column, line: _Line, *, size: float) -> None:
    """Set a line as its name above its value."""
    label = " / ".join(escaped(message(line.phrase, lang=lang)) for lang in ("vi", "en"))
    page.put(label, style(Font.SERIF_ITALIC, 9.2, color=_QUIET_INK), after=0.5)
    font = Font.SERIF_BOLD if line.strong else Font.SERIF
    page.put(escaped(line.value), style(font, size), after=2.6 * mm)


def _row(
    page: Column, line: _Line, *, size: float = 10.5, label: float = 0.36, gap: float = 2.2
) -> None:
    """Set a line as its name beside its value."""
    left = Column(page.canvas, page.x, page.y, page.width * label - 2 * mm)
    left.put(_both(line.phrase), style(Font.SERIF, size * 0.87, leading=size))
    right = Column(page.canvas, page.x + page.width * label, page.y, page.width * (1 - label))
    font = Font.SERIF_BOLD if line.strong else Font.SERIF
    right.put(escaped(line.value), style(font, size))
    page.y = min(left.y, right.y) - gap


def _note(foot: Column, size: float) -> None:
    foot.rule(after=2 * mm, color=_RULE)
    small = style(Font.SERIF, size, color=_QUIET_INK, leading=size * 1.25)
    foot.put(escaped(message(Phrase.NOTE)) + ".", small, after=2)
    slanted = style(Font.SERIF_ITALIC, size, color=_QUIET_INK, leading=size * 1.25)
    foot.put(escaped(message(Phrase.NOTE, lang="en")) + ".", slanted)


def _code(canvas: Canvas, text: str, *, x: float, y: float, side: float) -> None:
    """Draw the QR code as one shape, its quiet zone within the side."""
    modules = qr_modules(text)
    unit = side / (len(modules) + 2 * QUIET)
    shape = canvas.beginPath()
    for row, dark in enumerate(modules):
        up = y + side - (row + 1 + QUIET) * unit
        for start, length in _runs(dark):
            shape.rect(x + (start + QUIET) * unit, up, length * unit, unit)
    canvas.setFillColor(black)
    canvas.drawPath(shape, stroke=0, fill=1)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Tell where dark modules begin and how many they are."""
    start = 0
    while start < len(row):
        end = start + 1
        while end < len(row) and row[end] == row[start]:
            end += 1
        if row[start]:
            yield start, end - start
        start = end


def _hex(color: Color) -> str:
    return f"#{color.hexval()[2:]}"
