"""The laws of a matcher that weighs what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, isfinite
from typing import Any

import attrs
from hypothesis import given

from vnvaxmatch.compare import Level
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.policy import Disclosure, Verdict
from vnvaxmatch.records import Claim, Entry, Field
from vnvaxmatch.testing.laws.matchers import MatcherLaws
from vnvaxmatch.testing.pairs import crowds, same_person
from vnvaxmatch.testing.strategies import claim_of

__all__ = ["WeighingLaws"]


class WeighingLaws(MatcherLaws):
    """What a matcher keeps to whose verdicts have weights; also all of :class:`MatcherLaws`.

    A weight is the log2 odds that claim and entry are one person. ``make_matcher`` gives a matcher
    whose weights do not depend on the registry it is asked about::

        class TestMyMatcher(WeighingLaws):
            def make_matcher(self):
                return MyMatcher()

    That a field put right never lowers a weight holds for models whose best likeness of every field
    is ``same``, and for frequencies of people: not where everybody has one name and birthday.
    """

    def test_a_weight_is_the_prior_and_what_the_fields_weigh(self) -> None:
        """The findings add up to the weight, all are finite, and what is missing has none."""

        @given(crowds())
        def law(crowd: tuple[Claim, list[Entry]]) -> None:
            verdict = self.match(*crowd)
            evidence = verdict.evidence
            if evidence is None:
                assert verdict.margin is None
                assert verdict.suggestions == ()
                return
            parts = [f.weight for f in evidence.findings if f.level is not Level.MISSING]
            assert all(f.weight is None for f in evidence.findings if f.level is Level.MISSING)
            assert evidence.weight is not None
            assert evidence.prior is not None
            assert all(part is not None and isfinite(part) for part in parts)
            total = evidence.prior + sum(part or 0.0 for part in parts)
            assert isclose(evidence.weight, total, abs_tol=1e-9)
            assert verdict.margin is None or verdict.margin > 0
            assert verdict.model != ""

        self.check(law)

    def test_a_field_put_right_never_lowers_the_weight(self) -> None:
        """Who is identified stays so when the claim takes over a value of the entry."""

        @given(same_person())
        def law(pair: tuple[Claim, Entry]) -> None:
            claim, entry = pair
            before = _weight(self.match(claim, [entry]))
            if before is None:
                return
            for repaired in _repaired(claim, entry):
                after = _weight(self.match(repaired, [entry]))
                assert after is not None
                assert after >= before - 1e-9

        self.check(law)

    def test_nobody_is_told_apart_from_a_double(self) -> None:
        """Of two entries that hold the same, none is identified: several fit."""

        @given(same_person())
        def law(pair: tuple[Claim, Entry]) -> None:
            claim, entry = pair
            identified = self.match(claim, [entry]).evidence is not None
            double = attrs.evolve(entry, key=entry.key + "-double")
            verdict = self.match(claim, [entry, double])
            assert verdict.evidence is None
            if identified:
                assert verdict.candidates == (entry.key, double.key)
                assert Reason.SEVERAL_ENTRIES in verdict.found

        self.check(law)

    def test_who_is_identified_beside_others_is_so_alone(self) -> None:
        """Others can cast doubt on who it is, but change neither weight nor findings."""

        @given(crowds())
        def law(crowd: tuple[Claim, list[Entry]]) -> None:
            claim, people = crowd
            evidence = self.match(claim, people).evidence
            if evidence is not None:
                held = [entry for entry in people if entry.key == evidence.entry_key]
                assert self.match(claim, held).evidence == evidence

        self.check(law)

    def test_what_the_registry_holds_is_told_at_values_only(self) -> None:
        """Keys, candidates and suggestions are gone from what may tell findings only."""

        @given(crowds())
        def law(crowd: tuple[Claim, list[Entry]]) -> None:
            verdict = self.match(*crowd)
            findings = verdict.disclose(Disclosure.FINDINGS)
            assert not findings.candidates
            assert not findings.suggestions
            assert findings.evidence is None or findings.evidence.entry_key == ""
            least = verdict.disclose(Disclosure.VERDICT)
            assert not least.candidates
            assert not least.suggestions
            assert not least.found
            assert least.evidence is None
            assert least.margin is None

        self.check(law)

    def test_a_suggestion_puts_its_field_right(self) -> None:
        """Whoever follows a suggestion agrees with the entry; the surest stands first.

        What agrees is not suggested, nor a number in place of a former one.
        """

        @given(crowds())
        def law(crowd: tuple[Claim, list[Entry]]) -> None:
            claim, people = crowd
            verdict = self.match(claim, people)
            weights = [s.weight for s in verdict.suggestions if s.weight is not None]
            assert len(weights) == len(verdict.suggestions)
            assert weights == sorted(weights, reverse=True)
            for suggestion in verdict.suggestions:
                assert verdict.level(suggestion.field) not in (Level.SAME, Level.LINKED)
                followed = _with(claim, suggestion.field, suggestion.value)
                held = [e for e in people if e.key == _key(verdict)]
                after = self.match(followed, held)
                assert after.level(suggestion.field) is Level.SAME

        self.check(law)


def _weight(verdict: Verdict) -> float | None:
    return None if verdict.evidence is None else verdict.evidence.weight


def _key(verdict: Verdict) -> str:
    return "" if verdict.evidence is None else verdict.evidence.entry_key


def _with(claim: Claim, field: Field, text: str) -> Claim:
    cells: dict[str, Any] = {field.value: text}
    reading = getattr(Claim.read(**cells), field.value)
    return _evolved(claim, field, reading)


def _repaired(claim: Claim, entry: Entry) -> Iterator[Claim]:
    """Give the claim with each field in turn as the entry has it, where it has one."""
    held = claim_of(entry)
    for field in Field:
        reading = getattr(held, field.value)
        if isinstance(reading, Normalized):
            yield _evolved(claim, field, reading)


def _evolved(claim: Claim, field: Field, reading: Any) -> Claim:
    readings: dict[str, Any] = {field.value: reading}
    return attrs.evolve(claim, **readings)
