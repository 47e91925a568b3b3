"""How two unlike words of names come to be one: a keyboard's slip, a sound, a letter, initials.

Words are those of a fold: a-z only. Which sounds are confused is a matter of region: the pairs here
are the first letters and finals that some part of the country does not tell apart, each pair by
itself (n sounds like ng to some and like nh to others, but nobody takes ng for nh).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias

from jellyfish import damerau_levenshtein_distance

from vnvaxmatch.outcome import Reason

__all__ = ["abbreviates", "slip"]

Sounds: TypeAlias = tuple[str, str, str]
"""Onset, vowels and final of a word."""

_LONGEST: Final = 32
"""Letters above which a word is not looked at: five syllables run together have fewer."""

_SHORTEST: Final = 3
"""Letters of the longer word from which one letter more or less, or another one, is a slip."""

_INITIALS: Final = 3
"""Letters of the longest abbreviation without a vowel: Ngh."""

_VOWELS: Final = frozenset("aeiouy")

_REGIONAL: Final = frozenset({("hoang", "huynh"), ("vo", "vu")})
"""One name in two regions, but two legal names: alike, and never the same."""

_ONSETS: Final = (
    ("s", "x"), ("ch", "tr"), ("l", "n"), ("d", "gi"), ("d", "r"), ("d", "v"), ("gi", "r"),
    ("gi", "v"),
)  # fmt: skip
_FINALS: Final = (("n", "ng"), ("n", "nh"), ("c", "t"))

_PARTS = re.compile("(gi(?=[aeiouy])|qu|[^aeiouy]*)([aeiouy]*)(.*)").fullmatch
_LONE_Y = re.compile("^y(?![aou])")
_FIRST_VOWEL = re.compile("[aeiouyw]").search
_TWICE = re.compile(r"(.)\1+").sub
# after a vowel no Vietnamese word has any of these: they are tone and horn keys of Telex
_NO_KEYS: Final = dict.fromkeys(map(ord, "sfrxjzw"))


@lru_cache(maxsize=1 << 15)
def slip(x: str, y: str) -> Reason | None:
    """Say by which slip two unlike words may be one, the most telling first, or None.

    ``name_keys``: equal without the keys of Telex that stand after a vowel, and without letters
    pressed twice. ``name_sound``: equal but for a first letter, a final, or i for y, that sound
    alike somewhere. ``name_typo``: one letter added, lost, changed or swapped with its neighbour,
    in a word of three letters or more.

    >>> slip("nguyeenx", "nguyen").value, slip("xinh", "sin").value, slip("lan", "lam").value
    ('name_keys', 'name_sound', 'name_typo')
    >>> slip("am", "an"), slip("lan", "hoa")
    (None, None)
    """
    longer = max(len(x), len(y))
    if longer > _LONGEST:
        return None
    if _without_keys(x) == _without_keys(y):
        return Reason.NAME_KEYS
    sounds_x, sounds_y = _sounds(x), _sounds(y)
    if (x, y) in _REGIONAL or (y, x) in _REGIONAL or _sound_alike(sounds_x, sounds_y):
        return Reason.NAME_SOUND
    if longer < _SHORTEST or abs(len(x) - len(y)) > 1:
        return None
    # also with i for y: a key has y for a toned i, so that Thị without its T is Hỵ
    for one, other in ((x, y), ("".join(sounds_x), "".join(sounds_y))):
        if damerau_levenshtein_distance(one, other) == 1:
            return Reason.NAME_TYPO
    return None


def abbreviates(x: str, y: str, *, dotted: bool) -> bool:
    """Tell whether one word abbreviates the other.

    Every Vietnamese syllable has a vowel, so letters without one are an abbreviation; a single
    vowel may be a name (Ý) and needs the sign of one: ``dotted``.

    >>> abbreviates("ng", "nguyen", dotted=False), abbreviates("y", "yen", dotted=False)
    (True, False)
    """
    short, long = (x, y) if len(x) < len(y) else (y, x)
    if len(short) > _INITIALS or not long.startswith(short):
        return False
    return _VOWELS.isdisjoint(short) or (dotted and len(short) == 1)


def _without_keys(word: str) -> str:
    """Take off the keys of Telex after the first vowel, and letters that stand twice."""
    vowel = _FIRST_VOWEL(word)
    if vowel is None:
        return word
    start = word[: vowel.end()]
    if start[-1] == "w":  # w alone is ư
        start = start[:-1] + "u"
    return _TWICE(r"\1", start + word[vowel.end() :].translate(_NO_KEYS))


def _sound_alike(x: Sounds, y: Sounds) -> bool:
    (onset_x, vowels_x, final_x), (onset_y, vowels_y, final_y) = x, y
    if "gi" in (onset_x, onset_y):  # giê- is gi and iê
        vowels_x, vowels_y = vowels_x.removeprefix("i"), vowels_y.removeprefix("i")
    return (
        vowels_x == vowels_y
        and _is_pair(onset_x, onset_y, _ONSETS)
        and _is_pair(final_x, final_y, _FINALS)
    )


@lru_cache(maxsize=1 << 13)
def _sounds(word: str) -> Sounds:
    """Split a word; y is read as i where the two are one vowel."""
    found = _PARTS(word)
    if found is None:
        return "", word, ""
    onset, vowels, final = found.groups()
    return onset, _LONE_Y.sub("i", vowels), final


def _is_pair(x: str, y: str, pairs: tuple[tuple[str, str], ...]) -> bool:
    return x == y or (x, y) in pairs or (y, x) in pairs
