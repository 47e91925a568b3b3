"""The machine-readable zone of an identity card: three lines of 30 characters (ICAO 9303-5, TD1).

The Vietnamese card puts the full 12-digit number into the optional field of line 1 and gives that
field a check digit of its own, the fifth. Layout: table ``mrz_td1`` of the project's facts, all
five digits verified on a made-up example.
"""

from __future__ import annotations

import attrs

from vnvaxmatch.normalize.folding import lazy_pattern
from vnvaxmatch.outcome import Reason, redact

__all__ = ["Mrz", "check_digit", "looks_like_mrz", "read_mrz"]

_ALPHABET = lazy_pattern("[A-Z0-9<]*")
_VALUE = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_LAYOUT = lazy_pattern(r"ID?<?VNM")


@attrs.frozen
class Mrz:
    """What identifies the holder in a zone whose check digits agree, as it stands there."""

    number: str = attrs.field(repr=redact)
    birth: str = attrs.field(repr=redact)
    sex: str = attrs.field(repr=redact)
    name: str = attrs.field(repr=redact)


def check_digit(text: str) -> str:
    """Compute the check digit of ICAO 9303-3, 4.9: weights 7, 3, 1, modulo 10.

    Digits count as themselves, A-Z as 10 to 35, the filler ``<`` as 0; any other character raises
    KeyError.

    >>> check_digit("199000017"), check_digit("001199000017<<")
    ('3', '4')
    """
    return str(sum(_VALUE[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)


def looks_like_mrz(text: str) -> bool:
    """Say whether a text is meant as the zone of an identity card, whole or not."""
    flat = "".join(text.split()).upper()
    return "|" not in flat and flat.startswith("I") and ("<" in flat or flat.startswith("IDVNM"))


def read_mrz(text: str) -> Mrz | Reason:
    """Take the zone apart, after its five check digits agree.

    The three lines may be one, and may hold spaces or small letters.

    >>> zone = "IDVNM1990000173001199000017<<49901155F3901153VNM<<<<<<<<<<<6NGUYEN<<THI<HONG"
    >>> read_mrz(zone.ljust(90, "<")).name
    'NGUYEN THI HONG'
    """
    flat = "".join(text.split()).upper()
    if not _ALPHABET().fullmatch(flat):
        return Reason.CARD_UNKNOWN_FORMAT
    if len(flat) != 90:
        return Reason.CARD_TRUNCATED
    if not _LAYOUT().match(flat):
        return Reason.CARD_UNKNOWN_FORMAT
    first, second, third = flat[:30], flat[30:60], flat[60:]
    checked = (
        (first[5:14], first[14]),
        (first[15:29], first[29]),
        (second[:6], second[6]),
        (second[8:14], second[14]),
        (first[5:] + second[:7] + second[8:15] + second[18:29], second[29]),
    )
    if any(check_digit(field) != digit for field, digit in checked):
        return Reason.CARD_CHECK_DIGIT
    return Mrz(
        number=first[15:27].strip("<"),
        birth=second[:6],
        sex=second[7].strip("<"),
        name=" ".join(third.replace("<", " ").split()),
    )
