"""How common names and birth dates are: agreeing in a rare one says more than in a common one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from math import log2
from typing import Final, TypeVar

import attrs

from vnvaxmatch.normalize.folding import fold
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.records import Entry

__all__ = ["LISTED", "NATION", "RAREST", "Frequencies", "most_common"]

_T = TypeVar("_T")

LISTED: Final = 50_000
"""So many surnames, and so many remainders of names, are counted one by one: the most common."""

NATION: Final = 100_000_000
"""People in a registry that does not say how many it has: all of Vietnam (about 100.3 million in
2023, General Statistics Office)."""

_BELIEF: Final = 1_000
"""So many people's worth of belief in the national shares is mixed into a registry's own counts, so
that a registry of a few people does not take its accidents for frequencies."""

_REST: Final = 1 / 20_000
"""National share of a remainder that nobody counted; there are some 20,000 common ones."""

_RARE_SURNAME: Final = 1 / 100_000
"""National share of a surname that is in no table."""

RAREST: Final = 17.0
"""Bits: no name is taken to be rarer than one in 131,072, however rare: one typing error makes any
name unique."""

_YEARS: Final = 1 / 75
_DAYS: Final = _YEARS / 365.25
_NEW_YEAR: Final = 20.0
"""How much more common the first of January is than another day: it stands for a whole year where
only that was known. About 6 in 100 of those born before 1975 hold it."""


@attrs.frozen
class Frequencies:
    """Counts of a registry's names, without marks, and birth dates.

    ``surnames`` counts first words, ``rests`` all that follows them (``""`` where nothing does),
    each the :data:`LISTED` most common; ``births`` counts birth dates by ``BirthDate.code``, as
    precise as they are held. A newborn filed under the mother's name has no name of its own.

    >>> people = [Entry.read(key=str(n), name="Trần Thử", birth="1985")[0] for n in range(9)]
    >>> counted = Frequencies.of(people)
    >>> counted.total, dict(counted.surnames), dict(counted.births)
    (9, {'tran': 9}, {19850000: 9})
    """

    total: int = NATION
    surnames: Mapping[str, int] = attrs.field(factory=dict, repr=False)
    rests: Mapping[str, int] = attrs.field(factory=dict, repr=False)
    births: Mapping[int, int] = attrs.field(factory=dict, repr=False)
    _years: Mapping[int, int] = attrs.field(init=False, repr=False, eq=False)
    _bits: dict[tuple[str, str] | int, float] = attrs.field(
        init=False, repr=False, eq=False, factory=dict
    )

    def __attrs_post_init__(self) -> None:
        years: Counter[int] = Counter()
        for code, count in self.births.items():
            years[code // 10_000] += count
        object.__setattr__(self, "_years", years)

    @classmethod
    def of(cls, entries: Iterable[Entry], /) -> Frequencies:
        """Count entries."""
        people = 0
        surnames: Counter[str] = Counter()
        rests: Counter[str] = Counter()
        births: Counter[int] = Counter()
        for entry in entries:
            people += 1
            name = entry.name
            if name is not None and not name.newborn and name.fold:
                surname, _, rest = name.fold.partition(" ")
                surnames[surname] += 1
                rests[rest] += 1
            if entry.birth is not None:
                births[entry.birth.code] += 1
        return cls(people, most_common(surnames), most_common(rests), births)

    @property
    def bits(self) -> float:
        """The log2 of how many people there are to be mistaken for."""
        return log2(self.total + _BELIEF)

    def name_bits(self, fold: str, /) -> float:
        """Give the rarity of a name without marks: -log2 of the share of people who have it.

        Surname and remainder are taken to be independent, which they nearly are. No name is rarer
        than :data:`RAREST`.
        """
        if not fold:  # of no letters that are known: nobody can tell how rare
            return 0.0
        surname, _, rest = fold.partition(" ")
        return min(self.surname_bits(surname) + self.rest_bits(rest), RAREST)

    def surname_bits(self, surname: str, /) -> float:
        """Give the rarity of a first word."""
        known = self._bits.get(("surname", surname))
        if known is None:
            usual = national_surnames().get(surname, _RARE_SURNAME)
            known = self._rarity(self.surnames, surname, usual)
            if surname in self.surnames:
                self._bits["surname", surname] = known
        return known

    def rest_bits(self, rest: str, /) -> float:
        """Give the rarity of what follows the first word."""
        known = self._bits.get(("rest", rest))
        if known is None:
            known = self._rarity(self.rests, rest, _REST)
            if rest in self.rests:
                self._bits["rest", rest] = known
        return known

    def birth_bits(self, code: int, /) -> float:
        """Give the rarity of a birth by its ``BirthDate.code``.

        A code without day or month stands for all the days of its month or year.
        """
        known = self._bits.get(code)
        if known is None:
            known = self._bits[code] = self._birth_bits(code)
            if len(self._bits) > 4 * LISTED:
                self._bits.clear()
        return known

    def _birth_bits(self, code: int) -> float:
        year, month, day = code // 10_000, code // 100 % 100, code % 100
        if not day:
            in_year = self._rarity(self._years, year, _YEARS)
            return in_year if not month else in_year + log2(12)
        usual = _DAYS * (_NEW_YEAR if month == day == 1 else 1)
        return self._rarity(self.births, code, usual)

    def _rarity(self, counts: Mapping[_T, int], term: _T | None, national: float) -> float:
        counted = self.total if counts else 0
        count = 0 if term is None else counts.get(term, 0)
        return -log2((count + _BELIEF * national) / (counted + _BELIEF))


def most_common(counts: Mapping[str, int], /) -> dict[str, int]:
    """Keep the :data:`LISTED` most common; among equals the first in order of code points."""
    kept = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    return dict(kept)


@cache
def national_surnames() -> Mapping[str, float]:
    """Give the share of every surname in the package's table, without marks."""
    counts: Counter[str] = Counter()
    for row in rows("surnames"):
        counts[fold(row["surname"])] += int(row["count"])
    total = counts.total()
    return {surname: count / total for surname, count in counts.items()}
