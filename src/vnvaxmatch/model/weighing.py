"""Weigh evidence: what each likeness is worth, and what all of them together."""

from __future__ import annotations

from math import log2
from typing import Final

import attrs

from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.model.frequencies import RAREST, Frequencies
from vnvaxmatch.model.models import SAME, Model, Scale, code_of
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["NEAR_NUMBERS", "Weigher"]

NEAR_NUMBERS: Final = frozenset(
    reason.value
    for reason in (
        Reason.ID_NUMBER_TYPO,
        Reason.ID_NUMBER_TRANSPOSED,
        Reason.ID_NUMBER_LEADING_ZEROS,
    )
)
"""Likenesses of numbers that are near. A number holds its owner's sex and year of birth: between
two people with near numbers these agree anyway, so that their agreement is no further evidence."""

_OF_YEAR: Final = frozenset({Reason.BIRTH_YEAR_ONLY.value, Reason.BIRTH_FIRST_OF_JANUARY.value})
_OF_MONTH: Final = Reason.BIRTH_MONTH_ONLY.value
_OTHER_YEAR: Final = frozenset(
    reason.value
    for reason in (
        Reason.BIRTH_DIGIT,
        Reason.BIRTH_DECADE,
        Reason.BIRTH_YEAR_OFF,
        Reason.BIRTH_ONE_PART,
        Reason.BIRTH_DIFFERS,
    )
)
"""Likenesses of births whose years differ, or may."""

_SAME_FOLD: Final = frozenset({SAME, Reason.NAME_MARK.value, Reason.NAME_MARKS.value})
_LOOKED_UP: Final = frozenset(
    {SAME, Reason.ID_NUMBER_FORMER.value, Reason.ID_NUMBER_FORMER_SHARED.value}
)
"""Likenesses of numbers that no entry has that was not found by its number."""


class Weigher:
    """A model, set to the frequencies of a registry.

    >>> from vnvaxmatch.model import Frequencies, default_model
    >>> weigher = Weigher(default_model(), Frequencies())
    >>> weigher.name("same", "nguyen van hung") < weigher.name("same", "doan hoai my")
    True
    """

    def __init__(self, model: Model, frequencies: Frequencies, /) -> None:
        self.model = model
        self.frequencies = frequencies
        people = frequencies.bits
        self.prior = log2(model.coverage / (1 - model.coverage)) - people
        """The log2 odds, before anything is compared, that the claim is about a given entry."""
        self._parts = {
            field: {
                code: (
                    chance.bits + (people if chance.scale is Scale.PERSON else 0.0),
                    chance.scale is Scale.TERM,
                )
                for code, chance in table.items()
            }
            for field, table in model.chances.items()
        }
        numbers = self._parts[Field.ID_NUMBER]
        for code in NEAR_NUMBERS:
            # in a small registry a number that is near tells no more than the number itself
            numbers[code] = (min(numbers[code][0], numbers[SAME][0]), False)
        self._near = max(numbers[code][0] for code in NEAR_NUMBERS)
        unasked = (code for code in numbers if code not in _LOOKED_UP | NEAR_NUMBERS)
        self._far = max(0.0, *(numbers[code][0] for code in unasked))
        names = self._parts[Field.NAME]
        alike = [code for code in _SAME_FOLD if names[code][1]]
        self.rival_same = max((names[code][0] for code in alike), default=float("-inf"))
        """The most that a name can weigh that is the same, marks aside, but for its rarity."""
        self.rival_name = max(
            bits + (RAREST if by_term else 0.0)
            for code, (bits, by_term) in names.items()
            if code not in alike
        )
        """The most that a name can weigh that is not the same, marks aside: however rare it is."""

    def part(self, field: Field, code: str, /) -> tuple[float, bool]:
        """Give what a likeness is worth, and whether the rarity of its term is to be added."""
        return self._parts[field][code]

    def name(self, code: str, held_fold: str, /) -> float:
        """Weigh a likeness of names; ``held_fold`` is the entry's name without marks."""
        bits, by_term = self._parts[Field.NAME][code]
        return bits + self.frequencies.name_bits(held_fold) if by_term else bits

    def birth(self, code: str, held: int, /) -> float:
        """Weigh a likeness of births; ``held`` is the code of the entry's.

        Where only the year or the month agrees, it is that which has a frequency.
        """
        bits, by_term = self._parts[Field.BIRTH][code]
        if not by_term:
            return bits
        if code in _OF_YEAR:
            held = held // 10_000 * 10_000
        elif code == _OF_MONTH:
            held = held // 100 * 100
        return bits + self.frequencies.birth_bits(held)

    def birth_beside_near(self, bits: float, held: int, /) -> float:
        """Take from the weight of a birth what a near number already says: the year."""
        if bits <= 0:
            return bits
        return max(0.0, bits - self.frequencies.birth_bits(held // 10_000 * 10_000))

    def sex(self, code: str, /) -> float:
        """Weigh a likeness of sexes."""
        return self._parts[Field.SEX][code][0]

    def number(self, code: str, /) -> float:
        """Weigh a likeness of ID numbers."""
        return self._parts[Field.ID_NUMBER][code][0]

    def weigh(self, evidence: Evidence, entry: Entry, /) -> Evidence:
        """Put the weights into the evidence about an entry; what is missing weighs nothing."""
        name, birth, sex, number = evidence.findings
        bits = [0.0] * 4
        if name.level is not Level.MISSING and entry.name is not None:
            bits[0] = self.name(_code(name), entry.name.fold)
        if birth.level is not Level.MISSING and entry.birth is not None:
            bits[1] = self.birth(_code(birth), entry.birth.code)
        if sex.level is not Level.MISSING:
            bits[2] = self.sex(_code(sex))
        if number.level is not Level.MISSING:
            code = _code(number)
            bits[3] = self.number(code)
            if code in NEAR_NUMBERS:
                bits[1] = self.birth_beside_near(bits[1], entry.birth.code if entry.birth else 0)
                bits[2] = min(bits[2], 0.0)
        findings = tuple(
            attrs.evolve(finding, weight=None if finding.level is Level.MISSING else weight)
            for finding, weight in zip(evidence.findings, bits, strict=True)
        )
        return Evidence(
            evidence.entry_key,
            findings,
            weight=self.prior + bits[0] + bits[1] + bits[2] + bits[3],
            prior=self.prior,
        )

    def rival(self, claim: Claim, /, *, name_same: bool = True, birth_same: bool = True) -> float:
        """Give the most that an entry without the claim's numbers could weigh.

        That is what nobody looked at counts as. ``name_same`` and ``birth_same`` say whether such
        an entry could agree in the name, marks aside, and in the birth date.
        """
        name = claim.name.value if isinstance(claim.name, Normalized) else None
        birth = claim.birth.value if isinstance(claim.birth, Normalized) else None
        return self.rival_of(
            "" if name is None or name.newborn else name.fold,
            0 if birth is None else birth.code,
            name_same=name_same,
            birth_same=birth_same,
        )

    def rival_of(
        self, fold: str, birth: int, /, *, name_same: bool = True, birth_same: bool = True
    ) -> float:
        """Do what :meth:`rival` does, from a name without marks (or ``""``) and a birth's code."""
        name = 0.0
        if fold:
            name = self.rival_name
            if name_same:
                name = max(name, self.rival_same + self.frequencies.name_bits(fold))
        return self.prior + name + self.rival_birth(birth, same=birth_same)

    def rival_birth(self, birth: int, /, *, same: bool = True) -> float:
        """Give the most that birth, sex and number of a rival could weigh together.

        Its number is near or says nothing; if it is near, it says the year and the sex already.
        """
        born = beside_near = 0.0
        if birth:
            codes = self._parts[Field.BIRTH]
            born = max(self.birth(code, birth) for code in codes if same or code != SAME)
            beside_near = self.birth_beside_near(born, birth)
            if same:  # else the year is the same
                beside_near = max(beside_near, *(codes[code][0] for code in _OTHER_YEAR))
        return max(born + max(0.0, self.sex(SAME)) + self._far, beside_near + self._near)


def _code(finding: Finding) -> str:
    return code_of((finding.level, finding.reason))
