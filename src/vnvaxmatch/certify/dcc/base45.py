"""Base45 (RFC 9285): two bytes as three characters that a QR code holds well.

Strict in reading: another character, a length that no bytes give, and a group that stands for more
than it has room for are refused, so that a text has one reading and bytes have one text.
"""

from __future__ import annotations

from typing import Final

from vnvaxmatch.certify.dcc.outcomes import Fault

__all__ = ["decode", "encode"]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE: Final = {char: value for value, char in enumerate(_ALPHABET)}


def encode(data: bytes, /) -> str:
    """Write bytes as base45.

    >>> encode(b"base-45")
    'UJCLQE7W581'
    """
    out = []
    for i in range(0, len(data) - 1, 2):
        rest, low = divmod(data[i] * 256 + data[i + 1], 45)
        high, middle = divmod(rest, 45)
        out.append(_ALPHABET[low] + _ALPHABET[middle] + _ALPHABET[high])
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        out.append(_ALPHABET[low] + _ALPHABET[high])
    return "".join(out)


def decode(text: str, /) -> bytes | Fault:
    """Read base45, or say why it is none.

    >>> decode("UJCLQE7W581")
    b'base-45'
    >>> decode("GGX"), decode(":::A")
    (<Fault.BASE45_RANGE: 'base45_range'>, <Fault.BASE45_LENGTH: 'base45_length'>)
    """
    if len(text) % 3 == 1:
        return Fault.BASE45_LENGTH
    try:
        values = [_VALUE[char] for char in text]
    except KeyError:
        return Fault.BASE45_CHARACTER
    out = bytearray()
    for i in range(0, len(values) - 2, 3):
        pair = values[i] + 45 * values[i + 1] + 2025 * values[i + 2]
        if pair > 0xFFFF:
            return Fault.BASE45_RANGE
        out += pair.to_bytes(2, "big")
    if len(values) % 3:
        last = values[-2] + 45 * values[-1]
        if last > 0xFF:
            return Fault.BASE45_RANGE
        out.append(last)
    return bytes(out)
