"""How one word of a name is written: in title case, as a key, and without marks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from unidecode import unidecode

from vnvaxmatch.normalize.minorities import joined_marker
from vnvaxmatch.normalize.spelling import identity, spell, unmark

__all__ = ["fold_key", "fold_keys", "key_of_word", "retitle"]

_SEPARATORS = re.compile("((?:[^\\w\u0300-\u036f]|_)+)")
_TITLE_BREAKS = re.compile(r"([-'.(){}/,&+:;\"\[\]–—]+)")
_NOT_FOLD = re.compile(r"[^a-z]+")


def retitle(word: str) -> str:
    """Write a word of a name in title case: also after apostrophes, hyphens and dots.

    Capitals inside a word that has small letters too are kept: ``HHen``, ``McDonald``.

    >>> retitle("o'neil"), retitle("Y-BHĂM"), retitle("HHen"), retitle("NIê")
    ("O'Neil", 'Y-Bhăm', 'HHen', 'Niê')
    """
    return "".join(_retitle_part(part) for part in _TITLE_BREAKS.split(word) if part)


def _retitle_part(part: str) -> str:
    if not part[0].isalpha():
        return part.lower()
    small = [char for char in part if char.islower()]
    if part[0].isupper() and any(char.isupper() for char in part[1:]) and small:
        capitals = [char for char in part[1:] if char.isupper()]
        # a keyboard that capitalises ASCII only leaves "NIê"; a lost encoding leaves "ThẢo"
        if any(char.isascii() for char in small) and (
            part[1].isupper() or any(char.isascii() for char in capitals)
        ):
            return part
    return part[0].title() + part[1:].lower()


def key_of_word(text: str) -> str:
    """Give the identity key of one canonical word, which may be several words or none.

    >>> key_of_word("H'Hen"), key_of_word("HHen"), key_of_word("Y-Bhăm"), key_of_word("Ng.")
    ('h hen', 'h hen', 'y bhăm', 'ng')
    """
    marker = joined_marker(text)
    if marker:
        text = f"{marker[0]} {text[len(marker) :]}"
    keys = []
    for piece in unicodedata.normalize("NFC", _SEPARATORS.sub(" ", text).casefold()).split():
        spelling = spell(piece)
        keys.append(identity(spelling) if spelling else piece)
    return " ".join(keys)


@lru_cache(maxsize=1 << 13)  # names are made of few words
def fold_key(key: str) -> str:
    """Strip a key of every mark: a-z and single spaces; foreign letters are transliterated.

    >>> fold_key("krông pắc"), fold_key("müller")
    ('krong pac', 'muller')
    """
    plain = unmark(key)
    if not plain.isascii():
        plain = unidecode(plain.encode("utf-8", "ignore").decode()).lower()
    return _NOT_FOLD.sub(" ", plain).strip()


def fold_keys(keys: str) -> str:
    """Strip several keys, parted by spaces; one of which nothing is left is left out.

    >>> fold_keys("h hen"), fold_keys("nguyễn 3 an")
    ('h hen', 'nguyen an')
    """
    return " ".join(filter(None, map(fold_key, keys.split(" "))))
