"""Letters: one Unicode form, marks in one order, look-alikes read as what they stand for."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from vnvaxmatch.normalize.folding import narrow
from vnvaxmatch.normalize.tables import rows

__all__ = [
    "APOSTROPHES",
    "INVISIBLE",
    "TONES",
    "VOWEL_OF",
    "WITH_TONE",
    "compose",
    "homoglyphs",
    "look_alikes",
]

TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
"""The six tones as combining marks: level, huyền, sắc, hỏi, ngã, nặng."""

WITH_TONE = {
    (vowel, tone): unicodedata.normalize("NFC", vowel + tone)
    for vowel in "aăâeêioôơuưy"
    for tone in TONES
}
"""(vowel, tone) -> the one letter, in lower case."""

VOWEL_OF = {letter: pair for pair, letter in WITH_TONE.items()}
"""The inverse: letter -> (vowel, tone)."""

APOSTROPHES = re.compile("[\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02c8\u2032\uff07`´]")
"""Everything seen in the place of the apostrophe of H' and K'."""

# the joiners U+200C and U+200D are letters' business in some scripts, see cells.py
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u115f\u1160\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)

_MARK = re.compile("[\u0300-\u036f]")
# for few texts, so compiled when first used
_TONE_FIRST = "([aeoAEO])([\u0300\u0301\u0303\u0309])([\u0302\u0306])"
_TWICE = "([\u0300-\u0303\u0306\u0309\u031b\u0323])\\1+"


def compose(text: str) -> tuple[str, str]:
    """Give the NFC form, and the NFC form with the marks of each letter in their right order.

    Unicode keeps the order of marks that sit at the same place, so ``e`` + tilde + circumflex
    never becomes ``ễ`` by itself.

    >>> compose("Nguye\\u0303\\u0302n")[1]
    'Nguyễn'
    """
    if text.isascii():
        return text, text
    nfc = unicodedata.normalize("NFC", text)
    if not _MARK.search(nfc):
        return nfc, nfc
    apart = re.sub(_TWICE, r"\1", unicodedata.normalize("NFD", nfc))
    return nfc, unicodedata.normalize("NFC", re.sub(_TONE_FIRST, r"\1\3\2", apart))


@cache
def _letter_maps() -> tuple[dict[int, str], dict[int, str]]:
    latin: dict[int, str] = {}
    other: dict[int, str] = {}
    for row in rows("confusable_letters"):
        bad, good = row["bad"], row["good"]
        if len(bad) == 1 and good.isalpha() and bad.isalpha():
            (latin if ord(bad) < 0x370 else other)[ord(bad)] = good
    return latin, other


def look_alikes(text: str) -> str:
    """Read the Latin letters that stand for đ and ư (``Ð Ɖ ƣ``) and full-width forms.

    >>> look_alikes("Ðặng"), look_alikes("Hƣơng"), look_alikes("Ｌê")
    ('Đặng', 'Hương', 'Lê')
    """
    return text if text.isascii() else narrow(text.translate(_letter_maps()[0]))


def homoglyphs(text: str) -> str:
    """Read Cyrillic and Greek letters that look Latin: for words that also hold Latin letters.

    >>> homoglyphs("L\\u0430n")
    'Lan'
    """
    return text.translate(_letter_maps()[1])
