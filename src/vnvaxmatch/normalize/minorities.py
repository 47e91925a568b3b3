"""Names of the Central Highlands: where the markers H' and Y stand, and what they make of a name.

``H'`` marks women, ``Y`` men (Ê Đê, M'Nông, Gia Rai); the given name follows the marker, and the
surname stands last (H'Hen Niê, Y Bhăm Niê) or first (Niê Y Bhăm, Ksor H'Nga). ``K'`` and ``Ka``
(Cơ Ho) are written where a surname stands, so they do not change the order. Source: public name
lists, see ``data/SOURCES.csv``; medium confidence, so a marker is always a doubt too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vnvaxmatch.normalize.spelling import unmark
from vnvaxmatch.normalize.vocabulary import vocabulary

__all__ = ["LONE_MARKERS", "MINORITY_LETTERS", "has_lone_marker", "joined_marker", "marker_at"]

MINORITY_LETTERS = frozenset("ĭŭčŏƀĕĬŬČŎɃĔ")
"""Letters of Ê Đê, Gia Rai and their neighbours that no lost encoding shows."""

LONE_MARKERS = frozenset({"h", "k", "y", "ka", "h'", "k'", "y'"})
"""Markers that may stand as a word of their own, in lower case."""

_JOINED = re.compile(r"[hkmy]['-](?=[^\W\d_])", re.IGNORECASE)
# no syllable of these languages or of Vietnamese starts so, save with a lost apostrophe
_LOST_H = re.compile(r"h[bcdghjklmnpqrstvwxz].*[aeiouy]")
# capitals that no lost encoding shows
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZĐƠƯ")
_COMMON_SURNAME = 20


def joined_marker(word: str) -> str:
    """Give the marker that a word begins with, with its apostrophe, its hyphen or neither, or "".

    >>> joined_marker("H'Hen"), joined_marker("HHen"), joined_marker("Y-Bhăm"), joined_marker("Hoa")
    ("H'", 'H', 'Y-', '')
    """
    if found := _JOINED.match(word):
        return found[0]
    if len(word) > 2 and word[0] in "HKYhky":
        inner_capital = word[0].isupper() and word[1] in _CAPITALS and not word.isupper()
        if inner_capital or _LOST_H.match(unmark(word.lower())):
            return word[0]
    return ""


def marker_at(words: Sequence[str]) -> tuple[int, int] | None:
    """Give where the given name with its H' or Y begins and ends, or None.

    A lone H or Y counts only at the start, or after a word that is no common surname: Nguyễn Y
    Vân has a middle name Y.

    >>> marker_at(["H'Hen", "Niê"]), marker_at(["Niê", "Y", "Bhăm"])
    ((0, 1), (1, 3))
    >>> marker_at(["Nguyễn", "Y", "Vân"])
    """
    for at, word in enumerate(words):
        if joined_marker(word)[:1].lower() in ("h", "y"):
            return at, at + 1
        if word.lower() in ("h", "h'", "y", "y'") and at + 1 < len(words):
            first = vocabulary().surnames.get(words[0].lower(), 0)
            return (at, at + 2) if at == 0 or first < _COMMON_SURNAME else None
    return None


def has_lone_marker(words: Sequence[str]) -> bool:
    """Say whether a marker stands alone among the words: H, Y, K or Ka before a name.

    >>> has_lone_marker(["Ka", "Tiếp"]), has_lone_marker(["Trần", "Như", "Y"])
    (True, False)
    """
    if len(words) < 2:
        return False
    return (
        words[0].lower() in ("k", "k'", "ka")
        or "K'" in words[:-1]
        or (
            any(word.lower() in LONE_MARKERS for word in words[:-1])
            and marker_at(words) is not None
        )
    )
