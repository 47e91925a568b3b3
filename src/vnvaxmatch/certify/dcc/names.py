"""Names as passports write them: A to Z and ``<`` (ICAO 9303, part 3, section 6)."""

from __future__ import annotations

import unicodedata
from typing import Final

from vnvaxmatch.errors import CertifyError

__all__ = ["transliterated"]

_LETTERS: Final = {
    "Đ": "D", "Ð": "D", "Ɖ": "D", "Ƣ": "U", "Æ": "AE", "Œ": "OE", "Ø": "OE", "ẞ": "SS", "Þ": "TH",
    "Ł": "L", "Ħ": "H", "Ŧ": "T", "Ŋ": "N", "İ": "I", "Ə": "E",
}  # fmt: skip
"""Letters that lose more than a mark."""
_NOTHING: Final = frozenset("'’‘`´.")
_BETWEEN: Final = frozenset(" -‐‑‒–")


def transliterated(name: str, /) -> str:
    """Write a name as a passport does: marks gone, Đ as D, words parted by ``<``.

    An apostrophe goes, a hyphen parts. Raises :class:`~vnvaxmatch.errors.CertifyError` where a
    letter is left that passports have no way to write.

    >>> transliterated("Nguyễn Đức"), transliterated("H'Hen")
    ('NGUYEN<DUC', 'HHEN')
    """
    out = []
    for char in unicodedata.normalize("NFD", "".join(map(_plain, name.upper()))):
        if char in _BETWEEN:
            out.append("<")
        elif "A" <= char <= "Z":
            out.append(char)
        elif char not in _NOTHING and not unicodedata.combining(char):
            raise CertifyError(
                "a letter of the name cannot be written as passports write it: check the name"
            )
    return "<".join(word for word in "".join(out).split("<") if word)


def _plain(char: str) -> str:
    return _LETTERS.get(char, char)
