"""Set the words of two names against each other: what is moved, missing, abbreviated or slipped.

Words are those of the folds, in their order, and the folds differ. All of it is bounded: a name of
a thousand characters costs a fraction of a millisecond.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from jellyfish import damerau_levenshtein_distance

from vnvaxmatch.compare.levels import Level, Likeness
from vnvaxmatch.compare.words import abbreviates, slip
from vnvaxmatch.outcome import Reason

__all__ = ["Pairs", "Words", "close_lengths", "close_words"]

Words: TypeAlias = list[str]
Pairs: TypeAlias = list[tuple[str, str]]

_ORDER: Final = (Level.CLOSE, Reason.NAME_ORDER)
_MARKER: Final = (Level.CLOSE, Reason.NAME_MARKER)
_PART_MISSING: Final = (Level.CLOSE, Reason.NAME_PART_MISSING)
_INITIALS: Final = (Level.CLOSE, Reason.NAME_INITIALS)
_KEYS: Final = (Level.CLOSE, Reason.NAME_KEYS)
_TYPO: Final = (Level.CLOSE, Reason.NAME_TYPO)

_MARKERS: Final = frozenset({"h", "k", "ka", "y"})
"""Ethnic name markers as words of a name without marks: H', K', Ka and Y (``minorities``)."""

_MARKER_FORMS: Final = _MARKERS | {"ha", "ho"}
"""Also Ha and Hơ, which stand for a marker only where the other name has one."""

_COST: Final = {Reason.NAME_KEYS: 0, Reason.NAME_SOUND: 1, Reason.NAME_TYPO: 2}
"""What a slip costs: keys left in a word prove themselves, and an accent sounds in every word."""

_BUDGET: Final = 2
_LONG: Final = 4
"""So many words may slip for twice the budget."""

_MOST_WORDS: Final = 12
"""Words above which a name is not searched for a slip beside a missing or moved word."""

_LONGEST: Final = 64
"""Letters from which a name is not searched for a letter struck too late."""

_DIGITS: Final = frozenset("0123456789")


def close_words(left: Words, right: Words, off: Pairs, /, *, dotted: bool) -> Likeness | None:
    """Compare names of as many words; ``off`` are the words that differ at the same place."""
    first = off[0][0]
    if len(off) > 1 and first in right and sorted(left) == sorted(right):
        return _ORDER
    if len(off) < len(left):
        if first in _MARKER_FORMS and all(_are_markers(x, y) for x, y in off):
            return _MARKER
        if all(abbreviates(x, y, dotted=dotted) for x, y in off):
            return _INITIALS
    if reason := _slips(off, len(left)):
        return Level.CLOSE, reason
    return _ORDER if len(off) > 1 and _is_moved_with_slip(left, right) else None


def _slips(off: Pairs, size: int) -> Reason | None:
    """Give the dearest slip if slips are all that differs, and not too much of it."""
    budget = _BUDGET if size < _LONG else 2 * _BUDGET
    all_differ = len(off) == size > 1
    dearest = Reason.NAME_KEYS
    for x, y in off:
        reason = slip(x, y)
        if reason is None or (all_differ and reason is not Reason.NAME_KEYS):
            return None
        budget -= _COST[reason]
        if budget < 0:
            return None
        if _COST[reason] > _COST[dearest]:
            dearest = reason
    return dearest


def _is_moved_with_slip(left: Words, right: Words) -> bool:
    """Tell whether the words are the same in another order, but for one of three or more."""
    if not 2 < len(left) <= _MOST_WORDS:
        return False
    rest = right.copy()
    slipped = ""
    for word in left:
        if word in rest:
            rest.remove(word)
        elif slipped:
            return False
        else:
            slipped = word
    return len(rest) == 1 and slip(slipped, rest[0]) is not None


def _are_markers(x: str, y: str) -> bool:
    return {x, y} <= _MARKER_FORMS and (x in _MARKERS or y in _MARKERS)


def close_lengths(short: Words, long: Words, /, *, keys: tuple[str, str]) -> Likeness | None:
    """Compare names of unequally many words."""
    marked = not (_MARKERS.isdisjoint(short) and _MARKERS.isdisjoint(long))
    if marked and _without_markers(short) == _without_markers(long):
        return _MARKER
    if short[0][0] == long[0][0] and (joined := _compare_joined(short, long, keys)):
        return joined
    if len(short) < 2:
        return None
    if short[-1] == long[-1]:
        fits = _is_within(short, long) or _is_within_with_slip(short, long)
        return _PART_MISSING if fits else None
    # the given name stands first in one of them
    if short[0] == long[-1] and short[1] == long[0] and _is_within(short[1:], long):
        return _ORDER
    if short[-1] == long[0] and short[0] == long[1] and _is_within(short[:-1], long[1:]):
        return _ORDER
    return None


def _without_markers(words: Words) -> Words:
    """Leave out the markers; the last word is a name whatever it looks like."""
    return [word for word in words[:-1] if word not in _MARKERS] + words[-1:]


def _compare_joined(short: Words, long: Words, keys: tuple[str, str]) -> Likeness | None:
    """Compare names as if they were one word: spaces are lost, and come in where none were.

    A first letter struck too late (hTúy) parts a word too, because it looks like H'.
    """
    x, y = "".join(short), "".join(long)
    if x == y:
        # the digits that VNI has for marks part a word where a fold has letters only
        return _TYPO if all(map(_DIGITS.isdisjoint, keys)) else _KEYS
    if not (len(x) == len(y) < _LONGEST and len(long) == len(short) + 1):
        return None
    # a key has y for a toned i, and hTị is read so
    apart = damerau_levenshtein_distance(x.replace("y", "i"), y.replace("y", "i"))
    return _TYPO if apart == 1 else None


def _is_within(short: Words, long: Words) -> bool:
    """Tell whether a name is the longer one with words left out."""
    rest = iter(long)
    return all(word in rest for word in short)


def _is_within_with_slip(short: Words, long: Words) -> bool:
    """Tell whether a name is the longer one with words left out and one slipped.

    Of three words and more; the given name, which has been looked at, is equal.
    """
    if len(short) < 3 or len(long) > _MOST_WORDS:
        return False
    heads, tails = _fitting(short, long), _fitting(short[::-1], long[::-1])
    for at, word in enumerate(short):
        after = len(short) - 1 - at
        if at < len(heads) and after < len(tails):
            between = long[heads[at] : len(long) - tails[after]]
            if any(slip(word, other) for other in between):
                return True
    return False


def _fitting(short: Words, long: Words) -> list[int]:
    """Give how many words of the longer name it takes to find the first 0, 1, ... of the other."""
    counts = [0]
    for word in short:
        try:
            counts.append(long.index(word, counts[-1]) + 1)
        except ValueError:
            break
    return counts
