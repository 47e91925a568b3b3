"""Mojibake: UTF-8 bytes shown as one-byte letters, undone word by word.

Seen as cp1252, Latin-1, cp1254 (Turkish), Latin-2 and MacRoman, sometimes twice over and often in
only some words of a name. A row of bytes that is valid UTF-8 by accident is so rare in real words
that the vocabulary need not be asked; it is asked where a byte was lost on the way.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from vnvaxmatch.normalize.encodings import BYTE_OF, is_known
from vnvaxmatch.normalize.folding import lazy
from vnvaxmatch.normalize.spelling import spell
from vnvaxmatch.normalize.vocabulary import vocabulary

__all__ = ["may_lack_space", "repair_lost_spaces", "repair_word"]

# first bytes of the UTF-8 of Latin letters and of combining marks, as each reading shows them
_LEADS = re.compile(
    "[\u00c3-\u00ca\u00cc\u00cd\u00e1\u0102\u0106\u010c\u0118\u0139\u00ab\u00b7\u0192\u221a\u2206\u2248]"
)
_LATIN_RESULT = lazy("[\\w\u0300-\u036f'’.\\-()]+")
# the signs from U+02C6 on are how cp1252 shows some of the bytes 80-9F
_NOT_LATIN = lazy(
    "[^\u0000-\u024f\u02c6\u02dc\u0300-\u036f\u1e00-\u1eff\u2013-\u203a\u20ac\u2122]",
    anywhere=True,
)
_C1_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_LOST = "\ufffd?"


@cache
def _readings() -> tuple[dict[str, int], ...]:
    western = dict(BYTE_OF)
    turkish = dict(BYTE_OF)
    central = {chr(byte): byte for byte in range(0x80, 0xA0)}
    for byte in range(0xA0, 0x100):
        turkish[bytes((byte,)).decode("cp1254")] = byte
        central[bytes((byte,)).decode("iso8859-2")] = byte
    mac = {bytes((byte,)).decode("mac_roman"): byte for byte in range(0x80, 0x100)}
    ascii_ = {chr(byte): byte for byte in range(0x80)}
    return western, turkish, central | ascii_, mac | ascii_


@lru_cache(maxsize=1 << 13)
def repair_word(word: str) -> str | None:
    """Undo mojibake in one word, at most twice over, or give None.

    >>> repair_word("Nguyá»…n"), repair_word("Háť\\x93ng"), repair_word("Müller")
    ('Nguyễn', 'Hồng', None)
    """
    repaired = _once(word)
    if repaired is None:
        return None
    return _once(repaired) or repaired


def _once(word: str) -> str | None:
    if word.isascii() or not _LEADS.search(word):
        return None
    found = []
    for reading in _readings():
        raw = _bytes(word, reading)
        text = _decode(raw) if raw else None
        if text:
            if is_known(text.lower()):
                return text
            found.append(text)
    return found[0] if found else None


def _bytes(word: str, reading: dict[str, int]) -> bytes | None:
    raw = bytearray()
    for char in word:
        byte = reading.get(char)
        if byte is None:
            if char not in _LOST:
                return None
            byte = 0x3F
        raw.append(byte)
    return bytes(raw)


def _decode(raw: bytes) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _fill_lost(raw, error)
    return text if _is_word(text) else None


def _is_word(text: str) -> bool:
    """Say whether Latin letters came out, or what may be a second round of mojibake."""
    if text.isascii() or _NOT_LATIN(text):
        return False
    return _LATIN_RESULT(text) is not None or _LEADS.search(text) is not None


def _fill_lost(raw: bytes, error: UnicodeDecodeError) -> str | None:
    """Fill in the one byte that cp1252 does not define, if just one of the five makes a name."""
    start = error.start
    lead = raw[start]
    # Đ is C4 90; other two-byte letters with such a byte are capitals with tones, seen in no word
    size = {0xE1: 3, 0xC4: 2}.get(lead, 0)
    if not size:
        return None
    kept = 1
    while kept < size and start + kept < len(raw) and 0x80 <= raw[start + kept] < 0xC0:
        kept += 1
    if kept != size - 1:
        return None
    rest = raw[start + kept :].removeprefix(b"?")
    found = set()
    for byte in _C1_UNDEFINED:
        try:
            text = (raw[: start + kept] + bytes((byte,)) + rest).decode("utf-8")
        except UnicodeDecodeError:
            continue
        spelling = spell(text.lower())
        if spelling and spelling.text in vocabulary().total:
            found.add(text)
    return found.pop() if len(found) == 1 else None


def may_lack_space(word: str) -> bool:
    """Say whether a word may lack the no-break space that :func:`repair_lost_spaces` restores."""
    return word.endswith("Ã") and word[-2:-1].islower()


def repair_lost_spaces(words: list[str], *, sure: bool = False) -> list[str]:
    """Undo ``à`` whose second byte, a no-break space, was taken for a space: TrÃ, HoÃ ng.

    ``sure`` says that the cell holds mojibake, so that HÃ is Hà and not HÃ in capitals.

    >>> repair_lost_spaces(["HoÃ", "ng", "TrÃ", "My"])
    ['Hoàng', 'Trà', 'My']
    """
    if not any(word.endswith("Ã") for word in words):
        return words
    repaired: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not may_lack_space(word) and not (sure and word.endswith("Ã")):
            repaired.append(word)
            continue
        word = word[:-1] + "à"
        after = words[at] if at < len(words) else ""
        if after.islower() and is_known((word + after).lower()):
            word += after
            at += 1
        repaired.append(word if is_known(word.lower()) else words[at - 1])
    return repaired
