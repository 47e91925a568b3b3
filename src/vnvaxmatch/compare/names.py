"""Compare two names: the same, the same without marks, alike in a way that is known, or not."""

from __future__ import annotations

from operator import ne
from typing import Final

from vnvaxmatch.compare.alignment import Words, close_lengths, close_words
from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.normalize.words import fold_key
from vnvaxmatch.outcome import Reason

__all__ = ["compare_folds", "compare_names"]

_MARK: Final = (Level.UNMARKED, Reason.NAME_MARK)
_MARKS: Final = (Level.UNMARKED, Reason.NAME_MARKS)
_GIVEN_DIFFERS: Final = (Level.DIFFERENT, Reason.NAME_GIVEN_DIFFERS)
_MIDDLE_DIFFERS: Final = (Level.DIFFERENT, Reason.NAME_MIDDLE_DIFFERS)
_SURNAME_DIFFERS: Final = (Level.DIFFERENT, Reason.NAME_SURNAME_DIFFERS)
_DIFFERS: Final = (Level.DIFFERENT, Reason.NAME_DIFFERS)
_NEWBORN: Final = (Level.MISSING, Reason.NAME_NOT_COMPARED)

_GIVEN_FIRST: Final = ("h", "y")
"""Markers of a given name that stands before the surname."""


def compare_names(a: PersonName, b: PersonName, /) -> Likeness:
    """Say how alike two names are.

    ``unmarked`` is equal without tone and vowel marks, which differ in one word (``name_mark``) or
    several. ``close`` is, the first that fits: the same words in another order; an ethnic name
    marker written otherwise (K'/Ka, H', Y-); abbreviated words; a :func:`~.words.slip` of keys,
    sound or letter; words missing, but not the given name; words run together. ``different`` says
    what differs if that is one part alone: the given name, the middle names or the surname.

    The dearest slip gives the reason. Keys may be left in every word; beside that one word slips
    by a letter or two by their sound (twice as many in names of four words and more), and one word
    at least is equal. One slip is also forgiven beside a missing word, if the given name and one
    other are equal, and beside another order, if two words are. My/Mi, Hoàng/Huỳnh and Vũ/Võ are
    different names, and close by their sound. The mother's name on a newborn's record is nobody's
    own: missing.

    >>> from vnvaxmatch.normalize import name
    >>> compare_names(name("Trần Thùy").unwrap(), name("Trần Thủy").unwrap())
    (<Level.UNMARKED: 'unmarked'>, <Reason.NAME_MARK: 'name_mark'>)
    """
    if a.newborn or b.newborn:
        return _NEWBORN
    key_a, key_b = a.key, b.key
    if key_a == key_b:
        return SAME
    return _compare(
        " ".join(map(fold_key, key_a.split(" "))),
        " ".join(map(fold_key, key_b.split(" "))),
        keys=(key_a, key_b),
        dotted="." in a.text or "." in b.text or "~" in a.text or "~" in b.text,
    )


def compare_folds(a: str, b: str, /, *, keys: tuple[str, str], dotted: bool = False) -> Likeness:
    """Compare two names by what :class:`PersonName` has folded already, as compare_names does.

    ``a`` and ``b`` are their folds and ``keys`` their keys; neither is a newborn's. ``dotted`` says
    that one of the texts at least holds ``.`` or ``~``, the signs of an abbreviation.

    >>> compare_folds("tran thu", "tran tu", keys=("trần thử", "trần tử"))
    (<Level.CLOSE: 'close'>, <Reason.NAME_TYPO: 'name_typo'>)
    """
    if keys[0] == keys[1]:
        return SAME
    return _compare(a, b, keys=keys, dotted=dotted)


def _compare(a: str, b: str, *, keys: tuple[str, str], dotted: bool) -> Likeness:
    left, right = a.split(), b.split()
    if left == right:
        return _marks(*keys) if left else _DIFFERS
    if not left or not right:
        return _DIFFERS
    if len(left) > 1 and _begins_otherwise(left[0], right[0]) and set(left).isdisjoint(right):
        return _DIFFERS
    if len(left) == len(right):
        off = [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
        return close_words(left, right, off, dotted=dotted) or _differing_part(left, right)
    short, long = (left, right) if len(left) < len(right) else (right, left)
    return close_lengths(short, long, keys=keys) or _differing_part(left, right)


def _begins_otherwise(x: str, y: str) -> bool:
    """Tell whether two words cannot be one by their keys, nor begin the same words run together."""
    return x[0] != y[0] and x[0] != "w" != y[0]


def _marks(a: str, b: str) -> Likeness:
    left, right = a.split(" "), b.split(" ")
    return _MARK if len(left) == len(right) and sum(map(ne, left, right)) == 1 else _MARKS


def _differing_part(left: Words, right: Words) -> Likeness:
    """Say which part differs, if the others are equal."""
    given, middle, surname = _GIVEN_DIFFERS, _MIDDLE_DIFFERS, _SURNAME_DIFFERS
    first, last = left[0] == right[0], left[-1] == right[-1]
    if first and left[0] in _GIVEN_FIRST and min(len(left), len(right)) > 2:
        given, middle, surname = surname, given, given
    if first and last:
        return middle
    if len(left) == len(right) > 1:
        if first and left[:-1] == right[:-1]:
            return given
        if last and left[1:] == right[1:]:
            return surname
    return _DIFFERS
