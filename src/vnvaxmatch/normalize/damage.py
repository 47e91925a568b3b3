"""Which words may be damage of other words: asked of each word by itself, before any repair.

A cell none of whose words may be damage needs no repair (:mod:`~.repairs`), whatever stands beside
them and whatever its column was found to be written in. Most typing errors and foreign names are
so, and the repairs are the costly part of reading a name.
"""

from __future__ import annotations

from vnvaxmatch.normalize.cp1258 import undo
from vnvaxmatch.normalize.encodings import may_be_bytes, shows_signs
from vnvaxmatch.normalize.keystrokes import replay
from vnvaxmatch.normalize.mojibake import may_lack_space, repair_word

__all__ = ["may_be_damage"]


def may_be_damage(word: str) -> bool:
    """Say whether some repair may change this word, or make its cell doubtful.

    >>> may_be_damage("NguyÔn"), may_be_damage("Nguyeenx"), may_be_damage("Vơ")
    (True, True, True)
    >>> may_be_damage("Nguyễng"), may_be_damage("Smith"), may_be_damage("Müller")
    (False, False, False)
    """
    if word.isascii() and word.isprintable():
        return replay(word) is not None
    return (
        may_be_bytes(word)
        or shows_signs(word)
        or repair_word(word) is not None
        or replay(word) is not None
        or undo(word) is not None
        or may_lack_space(word)
    )
