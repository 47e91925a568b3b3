"""The QR code of a certificate: error correction Q, alphanumeric, as the specification says."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from vnvaxmatch.certify.dcc.envelopes import LONGEST, PREFIX
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    import segno
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["QUIET", "qr_modules", "qr_png", "qr_svg"]

QUIET: Final = 4
"""Light modules around the code, without which readers do not find it."""


def _code(text: str) -> segno.QRCode:
    if not text.startswith(PREFIX) or len(text) > LONGEST:
        raise CertifyError("a QR code is made of a certificate's text, as it was issued")
    try:
        return segno.make_qr(text, error="q", mode="alphanumeric", boost_error=False)
    except ValueError as error:
        raise CertifyError("the certificate is too long for a QR code, or is none") from error


def qr_png(text: str, /, *, scale: int = 6) -> bytes:
    """Draw the code as a PNG picture; ``scale`` is the size of a module in pixels."""
    out = BytesIO()
    _code(text).save(out, kind="png", scale=scale, border=QUIET)
    return out.getvalue()


def qr_svg(text: str, /) -> bytes:
    """Draw the code as an SVG picture, of which a page can take any size."""
    out = BytesIO()
    _code(text).save(out, kind="svg", border=QUIET, xmldecl=True, svgns=True, omitsize=True)
    return out.getvalue()


def qr_modules(text: str, /) -> tuple[tuple[bool, ...], ...]:
    """Give the code as rows of modules, true where dark, without the quiet zone."""
    return tuple(tuple(bool(module) for module in row) for row in _code(text).matrix)
