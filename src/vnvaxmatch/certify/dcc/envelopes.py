"""The outer envelope of a certificate: ``HC1:``, base45, zlib."""

from __future__ import annotations

import zlib
from typing import Final

from vnvaxmatch.certify.dcc import base45
from vnvaxmatch.certify.dcc.outcomes import Fault

__all__ = ["LONGEST", "MOST_BYTES", "PREFIX", "open_envelope", "wrap"]

PREFIX: Final = "HC1:"
LONGEST: Final = 4_296
"""Characters above which nothing is read: what the largest QR code holds."""
MOST_BYTES: Final = 32_768
"""Bytes up to which a certificate is unpacked; real ones have fewer than 1,500."""


def wrap(cose: bytes, /) -> str:
    """Pack a signed certificate into the text of its QR code."""
    return PREFIX + base45.encode(zlib.compress(cose, 9))


def open_envelope(text: str, /) -> bytes | Fault:
    """Unpack the text of a QR code, or say why it cannot be.

    What would unpack to more than :data:`MOST_BYTES` is given up at that point. One stream of
    zlib, whole and with nothing behind it.

    >>> open_envelope(wrap(b"anything")), open_envelope("HC2:0")
    (b'anything', <Fault.PREFIX_OTHER: 'prefix_other'>)
    """
    if not text.startswith(PREFIX):
        return Fault.PREFIX_OTHER
    if len(text) > LONGEST:
        return Fault.TEXT_TOO_LONG
    packed = base45.decode(text[len(PREFIX) :])
    return packed if isinstance(packed, Fault) else _inflate(packed)


def _inflate(packed: bytes) -> bytes | Fault:
    # the two bytes of a zlib header are a multiple of 31, and name the method in four bits
    if len(packed) < 2 or packed[0] & 15 != 8 or (packed[0] * 256 + packed[1]) % 31:
        return Fault.NOT_COMPRESSED
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, MOST_BYTES + 1)
    except zlib.error:
        return Fault.COMPRESSION_BROKEN
    if len(data) > MOST_BYTES:
        return Fault.COMPRESSION_TOO_LARGE
    if not stream.eof:
        return Fault.COMPRESSION_BROKEN
    return Fault.COMPRESSION_TRAILING if stream.unused_data else data
