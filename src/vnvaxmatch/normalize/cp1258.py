"""Latin-1 letters read as Vietnamese Windows (cp1258): Mã Lý Trì -> Mă Lư Tŕ.

Six letters became others (ã ý õ -> ă ư ơ), and ì ò became tone marks that joined the letter before.
``Lư`` is a surname too, so a cell alone is only doubted; the vote of a column may undo it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import product

from vnvaxmatch.normalize.spelling import spell
from vnvaxmatch.normalize.vocabulary import vocabulary

__all__ = ["SURVIVORS", "undo", "undone_by_vote"]

SURVIVORS = frozenset("ãýõìòÃÝÕÌÒ")
"""Letters that this damage leaves nowhere: a column that holds them is not so damaged."""

_LETTER = {"ă": "ãă", "ư": "ýư", "ơ": "õơ"}
_MARK = {"\u0300": "ì", "\u0301": "ì", "\u0309": "ò", "\u0323": "ò"}
_VOWELS = frozenset("aeiouyAEIOUY")
_CLEARLY_MORE = 5


@lru_cache(maxsize=1 << 12)
def undo(word: str) -> str | None:
    """Give the likeliest syllable that this damage may have made the word from, or None.

    >>> undo("Mă"), undo("pḥng"), undo("Văn")
    ('mã', 'phòng', None)
    """
    if word.isascii():
        return None
    lower = unicodedata.normalize("NFC", word.lower())
    if len(lower) > 8:
        return None
    choices: list[str] = []
    certain = False
    for char in lower:
        apart = unicodedata.normalize("NFD", char)
        if char in _LETTER:
            choices.append(_LETTER[char])
        elif len(apart) == 2 and apart[0] not in _VOWELS and apart[1] in _MARK:
            choices += [apart[0], _MARK[apart[1]]]
            certain = True
        else:
            choices.append(char)
    if not certain and _LETTER.keys().isdisjoint(lower):
        return None
    total = vocabulary().total
    # a consonant never bears a tone: there, any syllable is likelier than the text
    best, count = None, -1 if certain else 0
    for letters in product(*choices):
        text = "".join(letters)
        spelling = spell(text) if text != lower else None
        if spelling and total.get(spelling.text, 0) > count:
            best, count = spelling.text, total.get(spelling.text, 0)
    return best


def undone_by_vote(word: str) -> str | None:
    """Undo the damage of one word in a column that has it, if the other reading is far likelier.

    >>> undone_by_vote("Lư"), undone_by_vote("Thư")
    ('lý', None)
    """
    other = undo(word)
    if other is None:
        return None
    total = vocabulary().total
    spelling = spell(word.lower())
    seen = total.get(spelling.text, 0) if spelling else 0
    return other if total.get(other, 1) >= _CLEARLY_MORE * max(seen, 0.2) else None
