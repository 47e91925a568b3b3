"""The laws of a matcher."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch.backends import MatcherOf, MemoryRegistry, RegistryOf, amatch, match
from vnvaxmatch.blocking import keys
from vnvaxmatch.normalize import IdNumber, nationality
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.policy import Outcome, Policy, Verdict, strict
from vnvaxmatch.records import Claim, Entry, Field
from vnvaxmatch.testing.laws.checking import Laws, logged, shown
from vnvaxmatch.testing.pairs import different_people, same_person
from vnvaxmatch.testing.strategies import claim_of, claims, entries, id_numbers, populations

__all__ = ["MatcherLaws"]


class MatcherLaws(Laws):
    """What a way to compare claims with a registry keeps to.

    Fill ``make_matcher``; ``make_registry`` gives what to compare against, in memory by default::

        class TestMyMatcher(MatcherLaws):
            def make_matcher(self):
                return MyMatcher()
    """

    policy: Policy = strict

    def make_matcher(self) -> MatcherOf[Any, Any]:
        """Make the matcher."""
        raise NotImplementedError

    def make_registry(self, entries: Sequence[Entry]) -> RegistryOf[Any, Any]:
        """Make a registry of these entries and no others."""
        return MemoryRegistry(entries)

    def match(self, claim: Claim, population: Sequence[Entry]) -> Verdict:
        """Compare a claim with these people."""
        registry = self.make_registry(population)
        return match(claim, by=self.make_matcher(), against=registry, policy=self.policy)

    def test_any_claim_gets_a_verdict_that_names_its_makers(self) -> None:
        """No claim makes it raise, and every verdict says which matcher and policy it is by."""

        @given(claims(), populations())
        def law(claim: Claim, population: list[Entry]) -> None:
            verdict = self.match(claim, population)
            assert isinstance(verdict, Verdict)
            assert verdict.matcher == self.make_matcher().name
            assert verdict.policy == str(self.policy)

        self.check(law)

    def test_the_claim_of_an_entry_itself_is_matched(self) -> None:
        """Who states what the registry holds is found there, whoever else is in it."""

        @given(entries(key="own", complete=True), populations())
        def law(entry: Entry, others: list[Entry]) -> None:
            apart = [o for o in others if _numbers(o).isdisjoint(_numbers(entry))]
            verdict = self.match(claim_of(entry), [*apart, entry])
            assert verdict.outcome is Outcome.MATCHED
            assert verdict.evidence is not None
            assert verdict.evidence.entry_key == "own"

        self.check(law)

    def test_the_claim_of_a_former_number_is_matched(self) -> None:
        """A number that the same person held formerly counts as that person's."""

        @given(entries(key="own", complete=True), id_numbers())
        def law(entry: Entry, former: IdNumber) -> None:
            assume(former != entry.number)
            filed = attrs.evolve(entry, former_numbers=(former,))
            verdict = self.match(claim_of(attrs.evolve(entry, number=former)), [filed])
            assert verdict.outcome is Outcome.MATCHED
            assert Reason.ID_NUMBER_FORMER.value in verdict.codes

        self.check(law)

    def test_a_wrong_field_is_never_matched(self) -> None:
        """Who states another sex than the registry holds is not right, and is told so."""

        @given(entries(complete=True), entries(complete=True))
        def law(entry: Entry, other: Entry) -> None:
            assume(entry.sex is not other.sex)
            verdict = self.match(claim_of(attrs.evolve(entry, sex=other.sex)), [entry])
            assert verdict.outcome is Outcome.MISMATCHED
            assert Reason.SEX_DIFFERS.value in verdict.codes

        self.check(law)

    def test_what_is_not_compared_never_counts_as_agreeing(self) -> None:
        """A field that is missing, in the claim or in the registry, makes no match."""

        @given(entries(complete=True), st.sampled_from(Field), st.booleans())
        def law(entry: Entry, field: Field, in_claim: bool) -> None:
            lacking = _without(entry, field)
            claimed, held = (lacking, entry) if in_claim else (entry, lacking)
            verdict = self.match(claim_of(claimed), [held])
            assert verdict.official is not True

        self.check(law)

    def test_matched_only_if_all_four_fields_agree(self) -> None:
        """Right is who agrees in name, birth, sex and number: nothing less, however alike."""

        @given(st.one_of(same_person(), different_people()))
        def law(pair: tuple[Claim, Entry]) -> None:
            claim, entry = pair
            verdict = self.match(claim, [entry])
            assert verdict.official is not True or _agrees(claim, entry)

        self.check(law)

    def test_the_order_of_entries_does_not_matter(self) -> None:
        """The same people in another order give the same verdict."""

        @given(claims(), populations(), st.data())
        def law(claim: Claim, population: list[Entry], data: st.DataObject) -> None:
            shuffled = data.draw(st.permutations(population))
            assert self.match(claim, shuffled) == self.match(claim, population)

        self.check(law)

    def test_an_unrelated_entry_changes_nothing(self) -> None:
        """A person who shares no key with the claim makes no difference to its verdict."""

        @given(claims(), populations(max_size=4), entries(key="unrelated"))
        def law(claim: Claim, population: list[Entry], other: Entry) -> None:
            assume(set(keys(claim)).isdisjoint(keys(other)))
            alone, beside = self.match(claim, population), self.match(claim, [*population, other])
            assert (beside.outcome, beside.codes) == (alone.outcome, alone.codes)

        self.check(law)

    def test_a_foreigner_is_out_of_scope(self) -> None:
        """Who is not Vietnamese is not verified, whatever the rest says."""

        @given(entries(complete=True))
        def law(entry: Entry) -> None:
            claim = attrs.evolve(claim_of(entry), nationality=nationality("Lào"))
            assert self.match(claim, [entry]).outcome is Outcome.OUT_OF_SCOPE

        self.check(law)

    def test_waiting_for_the_registry_changes_nothing(self) -> None:
        """The verdict is the same with and without await."""

        @given(claims(), populations())
        def law(claim: Claim, population: list[Entry]) -> None:
            registry = _Awaited(self.make_registry(population))
            awaited = amatch(claim, by=self.make_matcher(), against=registry, policy=self.policy)
            assert asyncio.run(awaited) == self.match(claim, population)

        self.check(law)

    def test_nothing_personal_is_shown(self) -> None:
        """Neither the verdict's repr nor the log shows a value of the claim or of the entry."""

        @given(entries(key="secret-key", complete=True), entries(complete=True))
        def law(entry: Entry, other: Entry) -> None:
            claim = claim_of(attrs.evolve(entry, name=other.name))
            with logged() as lines:
                verdict = self.match(claim, [entry])
            output = "\n".join((repr(verdict), repr(claim), *lines))
            assert shown(output, entry) == shown(output, other) == []

        self.check(law)


class _Awaited:
    """A registry whose answers are awaited."""

    def __init__(self, registry: RegistryOf[Any, Any]) -> None:
        self._registry = registry

    async def find(self, question: Any, /) -> Any:
        await asyncio.sleep(0)
        return self._registry.find(question)


def _numbers(entry: Entry) -> set[IdNumber]:
    own = {entry.number} if entry.number is not None else set()
    return own | set(entry.former_numbers)


def _agrees(claim: Claim, entry: Entry) -> bool:
    """Tell whether all four fields of a claim are the entry's, by the values themselves."""
    name, number = claim.name, claim.id_number
    return (
        isinstance(name, Normalized)
        and entry.name is not None
        and name.value.key == entry.name.key
        and isinstance(claim.birth, Normalized)
        and claim.birth.value == entry.birth
        and isinstance(claim.sex, Normalized)
        and claim.sex.value is entry.sex
        and isinstance(number, Normalized)
        and not _numbers(entry).isdisjoint({number.value, *claim.former_numbers})
    )


def _without(entry: Entry, field: Field) -> Entry:
    match field:
        case Field.NAME:
            return attrs.evolve(entry, name=None)
        case Field.BIRTH:
            return attrs.evolve(entry, birth=None)
        case Field.SEX:
            return attrs.evolve(entry, sex=None)
        case Field.ID_NUMBER:
            return attrs.evolve(entry, number=None)
