"""Compare two names: the same, the same without marks, alike in a way that is known, or not."""

from __future__ import annotations

from typing import Final, TypeAlias

from jellyfish import damerau_levenshtein_distance

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.outcome import Reason

__all__ = ["compare_names"]

Tokens: TypeAlias = list[str]

_UNMARKED: Final = (Level.UNMARKED, Reason.NAME_MARKS)
_ORDER: Final = (Level.CLOSE, Reason.NAME_ORDER)
_MARKER: Final = (Level.CLOSE, Reason.NAME_MARKER)
_PART_MISSING: Final = (Level.CLOSE, Reason.NAME_PART_MISSING)
_INITIALS: Final = (Level.CLOSE, Reason.NAME_INITIALS)
_TYPO: Final = (Level.CLOSE, Reason.NAME_TYPO)
_DIFFERS: Final = (Level.DIFFERENT, Reason.NAME_DIFFERS)
_NEWBORN: Final = (Level.MISSING, Reason.NAME_NOT_COMPARED)

_MARKERS: Final = frozenset({"h", "k", "ka", "y"})
"""Ethnic name markers as words of a name without marks: H', K', Ka and Y (``minorities``)."""

_MARKER_FORMS: Final = _MARKERS | {"ha", "ho"}
"""Also Ha and Hơ, which stand for a marker only where the other name has one."""

_REGIONAL: Final = frozenset({("hoang", "huynh"), ("vo", "vu")})
"""One name in two regions, but two legal names: alike, and never the same."""

_SOUNDS: Final = (("ch", "tr"), ("d", "gi"), ("d", "r"), ("gi", "r"), ("gi", "v"))
"""First letters that sound alike in some region, beyond those that are one letter apart."""

_VOWELS: Final = frozenset("aeiouy")


def compare_names(a: PersonName, b: PersonName, /) -> Likeness:
    """Say how alike two names are.

    ``unmarked`` is equal without tone and vowel marks. ``close`` is the same words in another
    order, a word missing that is not the given name, abbreviated words, an ethnic name marker
    written otherwise (K'/Ka, H', Y-), words run together, or a slip of one letter or sound in one
    word (in two of four and more). My/Mi, Hoàng/Huỳnh and Vũ/Võ are different names, and close for
    the same reason. The mother's name on a newborn's record is nobody's own: missing.

    >>> from vnvaxmatch.normalize import name
    >>> compare_names(name("Trần Thùy").unwrap(), name("Trần Thủy").unwrap())
    (<Level.UNMARKED: 'unmarked'>, <Reason.NAME_MARKS: 'name_marks'>)
    """
    if a.newborn or b.newborn:
        return _NEWBORN
    if a.key == b.key:
        return SAME
    fold_a, fold_b = a.fold, b.fold
    if fold_a == fold_b:
        return _UNMARKED if fold_a else _DIFFERS
    left, right = fold_a.split(), fold_b.split()
    if not left or not right:
        return _DIFFERS
    if sorted(left) == sorted(right):
        return _ORDER
    if _is_marker_variant(left, right):
        return _MARKER
    if len(left) == len(right):
        return _compare_words(a, b, left, right)
    if "".join(left) == "".join(right):
        return _TYPO
    return _PART_MISSING if _is_part_missing(left, right) else _DIFFERS


def _compare_words(a: PersonName, b: PersonName, left: Tokens, right: Tokens) -> Likeness:
    """Compare names of as many words, in their order."""
    pairs = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
    if len(pairs) < len(left):
        dotted = _has_abbreviation_sign(a) or _has_abbreviation_sign(b)
        if all(_abbreviates(x, y, dotted) for x, y in pairs):
            return _INITIALS
    slips = 2 if len(left) > 3 else 1
    return _TYPO if len(pairs) <= slips and all(_is_slip(x, y) for x, y in pairs) else _DIFFERS


def _is_marker_variant(left: Tokens, right: Tokens) -> bool:
    """Tell whether the names are one but for a marker, which one of them at least has."""
    if _MARKERS.isdisjoint(left) and _MARKERS.isdisjoint(right):
        return False
    if len(left) == len(right):
        pairs = [(x, y) for x, y in zip(left, right, strict=True) if x != y]
        return len(pairs) < len(left) and all(
            {x, y} <= _MARKER_FORMS and (x in _MARKERS or y in _MARKERS) for x, y in pairs
        )
    return _without_markers(left) == _without_markers(right)


def _without_markers(tokens: Tokens) -> Tokens:
    """Leave out the markers; the last word is a name whatever it looks like."""
    return [token for token in tokens[:-1] if token not in _MARKERS] + tokens[-1:]


def _is_part_missing(left: Tokens, right: Tokens) -> bool:
    """Tell whether the shorter name is the longer one with words left out, the given name kept."""
    short, long = (left, right) if len(left) < len(right) else (right, left)
    if len(short) < 2 or short[-1] != long[-1]:
        return False
    rest = iter(long)
    return all(token in rest for token in short)


def _has_abbreviation_sign(name: PersonName) -> bool:
    return "." in name.text or "~" in name.text


def _abbreviates(x: str, y: str, dotted: bool) -> bool:
    """Tell whether one word abbreviates the other.

    Every Vietnamese syllable has a vowel, so letters without one are an abbreviation; a single
    vowel may be a name (Ý) and needs the sign of one.
    """
    short, long = (x, y) if len(x) < len(y) else (y, x)
    if len(short) > 2 or not long.startswith(short):
        return False
    return _VOWELS.isdisjoint(short) or (dotted and len(short) == 1)


def _is_slip(x: str, y: str) -> bool:
    """Tell whether two words are one letter or one sound apart.

    That is one letter added, lost, changed or swapped in a word of three or more; i for y, in Mi
    and My too; first letters that sound alike.
    """
    long_enough = max(len(x), len(y)) > 2 and abs(len(x) - len(y)) < 2
    if long_enough and damerau_levenshtein_distance(x, y) == 1:
        return True
    if (x, y) in _REGIONAL or (y, x) in _REGIONAL or x.replace("y", "i") == y.replace("y", "i"):
        return True
    return any(_sounds_alike(x, y, *pair) or _sounds_alike(y, x, *pair) for pair in _SOUNDS)


def _sounds_alike(x: str, y: str, one: str, other: str) -> bool:
    return x.startswith(one) and y.startswith(other) and x[len(one) :] == y[len(other) :]
