"""The syllables that names are made of, with how often each was seen: the judge of every repair.

Counts of 49,151 names in their three roles, and the words of the commune names of 2025; sources in
``data/SOURCES.csv``. Nothing here is a list of people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import log

import attrs

from vnvaxmatch.normalize.spelling import spell, unmarked_spelling
from vnvaxmatch.normalize.tables import rows

__all__ = ["Vocabulary", "likelihood", "vocabulary"]

_PLACE_ONLY = 0.5
_POSSIBLE = 0.05
_UNMARKED = 0.02
_UNKNOWN = 1e-9
_ELSEWHERE = 0.05


@attrs.frozen
class Vocabulary:
    """Counts by canonical lower-case syllable."""

    total: Mapping[str, int]
    surnames: Mapping[str, int]
    others: Mapping[str, int]
    """As middle or given name."""
    compound_surnames: frozenset[tuple[str, str]]
    places: frozenset[str]

    def is_surname(self, word: str) -> bool:
        """Whether the canonical lower-case word is a known surname."""
        return word in self.surnames

    def is_mostly_surname(self, word: str) -> bool:
        """Whether the word is a surname at least twice as often as it is anything else."""
        count = self.surnames.get(word, 0)
        return count >= 20 and count > 2 * self.others.get(word, 0)


def _canonical(word: str) -> str:
    lower = word.lower()
    spelling = spell(lower)
    return spelling.text if spelling else lower


@cache
def vocabulary() -> Vocabulary:
    """Load the tables, once."""
    surnames: Counter[str] = Counter()
    others: Counter[str] = Counter()
    compound = set()
    for row in rows("surnames"):
        words = [_canonical(word) for word in row["surname"].split()]
        if len(words) == 2:
            compound.add((words[0], words[1]))
        else:
            surnames[words[0]] += int(row["count"])
    for table in ("middle_names", "given_names"):
        for row in rows(table):
            others[_canonical(row["token"])] += sum(
                int(row[column]) for column in ("male", "female", "unknown")
            )
    for pair in compound:
        for word in pair:
            others[word] += 1
    places = {
        _canonical(word)
        for row in rows("communes_2025")
        for word in row["name"].split()
        if word.isalpha()
    }
    return Vocabulary(
        total=surnames + others,
        surnames=surnames,
        others=others,
        compound_surnames=frozenset(compound),
        places=frozenset(places),
    )


def likelihood(words: Sequence[str]) -> float:
    """Weigh a name, as lower-case words: the logarithm of how likely its syllables are.

    Only differences between readings of one cell mean anything.

    >>> likelihood(["văn", "hùng"]) > likelihood(["vẽn", "hỳng"])
    True
    """
    return sum(_weight(word, at == 0 and len(words) > 1) for at, word in enumerate(words))


@lru_cache(maxsize=1 << 13)
def _weight(word: str, is_first: bool) -> float:
    known = vocabulary()
    canonical = _canonical(word)
    count: float = known.total.get(canonical, 0)
    if count:
        surname, other = known.surnames.get(canonical, 0), known.others.get(canonical, 0)
        return log(surname + _ELSEWHERE * other if is_first else other + _ELSEWHERE * surname)
    if canonical in known.places:
        return log(_PLACE_ONLY)
    if spell(word):
        return log(_POSSIBLE)
    return log(_UNMARKED if unmarked_spelling(word) else _UNKNOWN)
