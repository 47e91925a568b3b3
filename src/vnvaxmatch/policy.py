"""From evidence to a verdict: which likenesses count as agreement, and what may be told.

A policy is named and versioned, and every result names the one it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import attrs

from vnvaxmatch.compare import Evidence, Level
from vnvaxmatch.outcome import Change, Doubt, Reason, redact
from vnvaxmatch.records import Claim, Field

__all__ = [
    "DirtyClass",
    "Disclosure",
    "Outcome",
    "Policy",
    "Suggestion",
    "Verdict",
    "own_reasons",
    "settle",
    "strict",
]


class Outcome(StrEnum):
    """What the comparison came to."""

    MATCHED = "matched"
    """Đúng: the entry agrees in every field."""
    MISMATCHED = "mismatched"
    """Sai: the entry is identified, and some field disagrees."""
    NOT_FOUND = "not_found"
    """Sai: nobody fits."""
    AMBIGUOUS = "ambiguous"
    """Several fit: for a person to decide."""
    INCOMPLETE = "incomplete"
    """A mandatory field is missing, unreadable, or was not compared."""
    MALFORMED = "malformed"
    """The ID number cannot be one."""
    OUT_OF_SCOPE = "out_of_scope"
    """Not Vietnamese: not verified."""

    @property
    def official(self) -> bool | None:
        """Đúng is True, sai is False, and what could not be compared is None."""
        if self is Outcome.MATCHED:
            return True
        return False if self in (Outcome.MISMATCHED, Outcome.NOT_FOUND) else None


class DirtyClass(StrEnum):
    """The three classes of dirty records (dispatch 2262/BYT-CNTT, 4 May 2022)."""

    NO_ID_NUMBER = "no_id_number"
    ID_NUMBER_FORMAT = "id_number_format"
    BASIC_DATA = "basic_data"


class Disclosure(StrEnum):
    """How much of what a registry holds a result may tell."""

    VERDICT = "verdict"
    """Đúng or sai only, which is what Public Security gives."""
    FINDINGS = "findings"
    """Also which field is wrong, and how."""
    VALUES = "values"
    """Also which entry it is: only inside the body that owns the registry."""


def _frozen(agreement: Mapping[Field, frozenset[Level]]) -> Mapping[Field, frozenset[Level]]:
    return MappingProxyType(dict(agreement))


@attrs.frozen
class Policy:
    """Which levels count as agreement, field by field."""

    name: str
    version: int
    agreement: Mapping[Field, frozenset[Level]] = attrs.field(converter=_frozen)

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the view that keeps ``agreement`` as it is."""
        return type(self), (self.name, self.version, dict(self.agreement))

    def judge(self, levels: Mapping[Field, Level]) -> Outcome:
        """Judge one identified entry by the level of every field.

        A field that disagrees makes it mismatched; otherwise a field that was not compared makes
        it incomplete: what nobody compared never counts as agreeing.
        """
        given = {field: levels.get(field, Level.MISSING) for field in Field}
        if any(
            level is not Level.MISSING and level not in self.agreement[field]
            for field, level in given.items()
        ):
            return Outcome.MISMATCHED
        return Outcome.INCOMPLETE if Level.MISSING in given.values() else Outcome.MATCHED


strict = Policy(
    name="strict",
    version=1,
    agreement={
        Field.NAME: frozenset({Level.SAME}),
        Field.BIRTH: frozenset({Level.SAME}),
        Field.SEX: frozenset({Level.SAME}),
        Field.ID_NUMBER: frozenset({Level.SAME, Level.LINKED}),
    },
)
"""``strict/1``: number the same or a former one of that entry; name, birth and sex the same."""


def settle(gaps: Sequence[Reason | None], *, foreign: bool) -> Outcome | None:
    """Settle a claim that cannot be compared, from the gaps of its fields in the order of Field.

    None means that it can be. A foreigner is out of scope whatever else is wrong; then a number
    that cannot be one; then any other gap.

    >>> settle([None, None, Reason.SEX_MISSING, None], foreign=False)
    <Outcome.INCOMPLETE: 'incomplete'>
    """
    if foreign:
        return Outcome.OUT_OF_SCOPE
    number = gaps[list(Field).index(Field.ID_NUMBER)]
    if number is not None and number not in _NO_NUMBER:
        return Outcome.MALFORMED
    return Outcome.INCOMPLETE if any(gaps) else None


_NO_NUMBER = frozenset(
    {Reason.ID_NUMBER_MISSING, Reason.ID_NUMBER_CHILD, Reason.ID_NUMBER_PASSPORT}
)
"""Gaps that mean there is no number, rather than a badly formatted one (dispatch 2262)."""


def own_reasons(claim: Claim) -> tuple[Reason | Doubt, ...]:
    """Tell what is wrong or doubtful in the claim itself, before any registry is asked."""
    if claim.is_foreign:
        return (Reason.NOT_VIETNAMESE,)
    gaps = tuple(gap for gap in claim.gaps if gap is not None)
    return gaps + claim.rejections + claim.doubts


@attrs.frozen
class Suggestion:
    """What a field should be corrected to, by the entry that was identified.

    ``value`` is the registry's, as a person writes it. ``weight`` says how sure it is: the log2
    odds of the entry by all fields but this one, or None where nothing was weighed.
    """

    field: Field
    value: str = attrs.field(repr=redact)
    weight: float | None = None


@attrs.frozen
class Verdict:
    """The answer to one claim: what it came to, why, by which matcher, model and policy.

    ``reasons`` are the claim's own; those of the comparison stand in ``evidence`` and ``found``.
    ``margin`` is by how many bits the entry outweighs the next best. ``candidates`` are the keys of
    several entries that fit, and ``suggestions`` what to correct a field to, the surest first: both
    at disclosure ``values`` only.
    """

    outcome: Outcome
    reasons: tuple[Reason | Doubt, ...] = ()
    repairs: tuple[Change, ...] = ()
    found: tuple[Reason, ...] = ()
    evidence: Evidence | None = None
    margin: float | None = None
    candidates: tuple[str, ...] = attrs.field(default=(), repr=redact)
    suggestions: tuple[Suggestion, ...] = ()
    matcher: str = ""
    model: str = ""
    policy: str = ""
    disclosure: Disclosure = Disclosure.VALUES

    @property
    def official(self) -> bool | None:
        """Đúng is True, sai is False, and what could not be compared is None."""
        return self.outcome.official

    @property
    def dirty_class(self) -> DirtyClass | None:
        """Which of the three classes the record is in, or None where nothing is to fix.

        >>> Verdict(Outcome.MALFORMED).dirty_class.value
        'id_number_format'
        """
        match self.outcome:
            case Outcome.MATCHED | Outcome.OUT_OF_SCOPE:
                return None
            case Outcome.MALFORMED:
                return DirtyClass.ID_NUMBER_FORMAT
            case _:
                without = not _NO_NUMBER.isdisjoint(self.reasons)
                return DirtyClass.NO_ID_NUMBER if without else DirtyClass.BASIC_DATA

    @property
    def codes(self) -> tuple[str, ...]:
        """All reason codes, the claim's own first, each once."""
        compared = tuple(f.reason for f in self.evidence.findings) if self.evidence else ()
        codes = (*self.reasons, *compared, *self.found)
        return tuple(dict.fromkeys(code.value for code in codes if code is not None))

    def level(self, field: Field) -> Level | None:
        """Tell how far a field agreed, or None where no entry was compared."""
        if self.evidence is None:
            return None
        return self.evidence.levels.get(field, Level.MISSING)

    def disclose(self, disclosure: Disclosure) -> Verdict:
        """Cut the verdict down to what may be told; what is gone cannot be had back.

        At ``verdict`` every sai reads alike: whether the number exists is itself a disclosure.
        """
        order = list(Disclosure)
        if order.index(disclosure) >= order.index(self.disclosure):
            return self
        if disclosure is Disclosure.FINDINGS:
            evidence = attrs.evolve(self.evidence, entry_key="") if self.evidence else None
            return attrs.evolve(
                self, evidence=evidence, candidates=(), suggestions=(), disclosure=disclosure
            )
        outcome = Outcome.MISMATCHED if self.official is False else self.outcome
        return attrs.evolve(
            self,
            outcome=outcome,
            evidence=None,
            found=(),
            margin=None,
            candidates=(),
            suggestions=(),
            disclosure=disclosure,
        )
