"""Tidying of short cells before a rule looks at them: the wash that all small kinds share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial
from typing import TypeAlias

from vnvaxmatch.normalize.tables import rows

__all__ = [
    "MAX_LENGTH", "Finder", "fold", "lazy", "lazy_pattern", "legacy_spellings", "narrow", "tidy",
]  # fmt: skip

MAX_LENGTH = 1000
"""Characters above which a cell is not looked at: no field of a record is that long."""

Finder: TypeAlias = Callable[[str], re.Match[str] | None]
"""A search or a full match with a pattern."""

_MARKS: dict[int, str | None] = dict.fromkeys(range(0x0300, 0x0370))
_LOOK_ALIKES: dict[int, str | None] = {ord("đ"): "d", ord("ð"): "d", ord("ɖ"): "d", ord("ƣ"): "u"}
_FOLD = _MARKS | _LOOK_ALIKES
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_QUOTES = "'\"’‘`´“”"
_ENCODINGS = ("tcvn3", "vni", "viscii", "vps")
_MISREAD_AS = ("cp1252", "latin-1", "cp1254", "iso8859-2", "mac_roman")


def lazy(pattern: str, *, anywhere: bool = False) -> Finder:
    """Make a full match (or, ``anywhere``, a search) that compiles its pattern when first used.

    Compiling all patterns for rare spellings would cost every import milliseconds.

    >>> lazy("[0-9]+")("12x"), bool(lazy("[0-9]+", anywhere=True)("12x"))
    (None, True)
    """

    compiled: Finder | None = None

    def find(text: str) -> re.Match[str] | None:
        nonlocal compiled
        if compiled is None:
            made = re.compile(pattern)
            compiled = made.search if anywhere else made.fullmatch
        return compiled(text)

    return find


def lazy_pattern(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[], re.Pattern[str]]:
    """Make a function that compiles a pattern when first called, and gives it every time.

    >>> lazy_pattern("[0-9]+")().sub("#", "10/11")
    '#/#'
    """
    return cache(partial(re.compile, pattern, flags))


_JOINER = "\u034f"
_INVISIBLE = lazy_pattern(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_WIDE = lazy("[！-～]", anywhere=True)


def tidy(text: str) -> str:
    """Drop what a spreadsheet or a web form left around a value.

    Invisible characters go, runs of white space become one space, and the marks that make a cell
    text (``'085``, ``="085"``, quotes) are taken off both ends.

    >>> tidy(" ='10/11/1985' "), tidy("Việt\\xa0 Nam\\ufeff")
    ('10/11/1985', 'Việt Nam')
    """
    if not text.isprintable() or _JOINER in text:  # all invisible signs but this are unprintable
        text = _INVISIBLE().sub("", text)
    text = " ".join(text.split())
    if text[:1] == "=" and text[1:2] in _QUOTES:
        text = text[1:]
    return text.strip(_QUOTES + " ")


def narrow(text: str) -> str:
    """Turn full-width letters, digits and signs into ASCII, and nothing else.

    NFKC would do more than that: it reads ``²`` as the digit two.

    >>> narrow("１０/１１/１９８５ ²")
    '10/11/1985 ²'
    """
    return text.translate(_NARROW) if not text.isascii() and _WIDE(text) else text


def fold(text: str) -> str:
    """Lower the case and strip tone and vowel marks; đ becomes d.

    >>> fold("NGÀY 10 THÁNG 11 NĂM 1985"), fold("Đức")
    ('ngay 10 thang 11 nam 1985', 'duc')
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", text.lower()).translate(_FOLD)


def legacy_spellings(text: str) -> frozenset[str]:
    """Say how a known word looks when its encoding was lost, in lower case.

    Covers TCVN3, VNI, VISCII and VPS bytes shown as Western letters, cp1258 shown as cp1252, and
    UTF-8 read as one of five one-byte encodings. For closed lists of words only: a name needs
    the evidence that :mod:`vnvaxmatch.normalize.names` weighs.

    >>> sorted(legacy_spellings("Nữ"))[-4:]
    ['næ', 'nöõ', 'n÷', 'nýþ']
    """
    found = {unicodedata.normalize("NFC", text).translate(_letters(e)) for e in _ENCODINGS}
    found.add(_as_western(_cp1258(text)))
    raw = unicodedata.normalize("NFC", text).encode()
    for encoding in _MISREAD_AS:
        found.add(raw.decode(encoding, errors="replace"))
        found.add(_as_western(raw))
    return frozenset(tidy(spelling).lower() for spelling in found) - {text.lower()}


@cache
def _letters(encoding: str) -> dict[int, str]:
    return {
        ord(row["unicode"]): _as_western(bytes.fromhex(row["legacy_bytes_hex"]))
        for row in rows(f"encoding_{encoding}")
    }


def _as_western(raw: bytes) -> str:
    """Show bytes as cp1252 does, with the five bytes that it lacks as C1 controls."""
    return "".join(
        chr(byte) if byte in b"\x81\x8d\x8f\x90\x9d" else bytes((byte,)).decode("cp1252")
        for byte in raw
    )


def _cp1258(text: str) -> bytes:
    """Encode as Windows did for Vietnamese: the vowel in one byte, its tone in the next."""
    out = bytearray()
    for char in unicodedata.normalize("NFC", text):
        try:
            out += char.encode("cp1258")
        except UnicodeEncodeError:
            # every Vietnamese letter that cp1258 lacks is one of its letters and a tone mark
            marks = unicodedata.normalize("NFD", char)
            tone = next(m for m in marks[1:] if m in "\u0300\u0301\u0303\u0309\u0323")
            vowel = unicodedata.normalize("NFC", marks.replace(tone, ""))
            out += vowel.encode("cp1258") + tone.encode("cp1258")
    return bytes(out)
