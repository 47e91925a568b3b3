"""The number of a certificate: a UVCI (eHealth Network, guidelines on proof of vaccination)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from vnvaxmatch.errors import CertifyError

__all__ = ["checksum_of", "new_uvci"]

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RANDOM_BYTES: Final = 16
_OPAQUE: Final = 25
"""Characters that 128 bits take in base 36."""
_PART: Final = re.compile(r"[A-Z0-9]{1,20}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def new_uvci(*, country: str, code: str, random: Callable[[int], bytes]) -> str:
    """Make a number: who issues, 128 random bits, a checksum. It says nothing of the person.

    ``code`` is the issuing office's, of capitals and digits.

    >>> new_uvci(country="VN", code="00004", random=bytes)
    'URN:UVCI:01:VN:00004/0000000000000000000000000#5'
    """
    if not _COUNTRY.fullmatch(country):
        raise CertifyError("the country of an issuer is two capitals, as VN")
    if not _PART.fullmatch(code):
        raise CertifyError("the code of an issuer is 1 to 20 capitals and digits")
    number, opaque = int.from_bytes(random(_RANDOM_BYTES), "big"), ""
    for _ in range(_OPAQUE):
        number, digit = divmod(number, 36)
        opaque = _DIGITS[digit] + opaque
    body = f"URN:UVCI:01:{country}:{code}/{opaque}"
    return f"{body}#{checksum_of(body)}"


def checksum_of(body: str) -> str | None:
    """Compute the checksum of what stands before ``#``: Luhn modulo 38; None of other letters.

    >>> checksum_of("URN:UVCI:01:FR:4CZ9TQD5838B")
    'I'
    """
    size, total, factor = len(_ALPHABET), 0, 2
    for char in reversed(body):
        value = _ALPHABET.find(char)
        if value < 0:
            return None
        total += sum(divmod(factor * value, size))
        factor = 3 - factor
    return _ALPHABET[-total % size]
