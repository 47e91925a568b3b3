"""The laws of matchers and registries, through the real server and the real clients."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar

import attrs
import pytest
from hypothesis import assume, given, settings

from vnvaxmatch import (
    Claim,
    Disclosure,
    Entry,
    Exact,
    Fuzzy,
    Matcher,
    MemoryRegistry,
    Outcome,
    Verdict,
    amatch,
    match,
)
from vnvaxmatch.backends.remote import (
    AsyncRemoteEntries,
    AsyncRemoteRegistry,
    Limits,
    RemoteEntries,
    RemoteRegistry,
    codec,
)
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.server import Settings
from vnvaxmatch.testing import (
    MatcherLaws,
    RegistryLaws,
    claim_of,
    claims,
    crowds,
    entries,
    id_numbers,
    populations,
)

from .serving import Served, served

FEW = max(10, settings().max_examples // 5)
ONCE = Limits(attempts=1)
"""What fails is told at once, and not asked again for a minute."""
FINDINGS = Settings(codecs=("osia", "fhir"), disclosure=Disclosure.FINDINGS)
VALUES = Settings(
    codecs=("fhir", "entries"),
    disclosure=Disclosure.VALUES,
    everything_we_hold_may_be_read=True,
)
FHIR = {"codec": "fhir", "options": {}}
OSIA_MATCH = {"codec": "osia", "options": {"operation": "match"}}


@pytest.fixture(scope="module")
def findings() -> Iterator[Served]:
    """A server that tells which field."""
    with served(FINDINGS) as there:
        yield there


@pytest.fixture(scope="module")
def values() -> Iterator[Served]:
    """A server that tells what the registry holds."""
    with served(VALUES) as there:
        yield there


class _ByCodec(MatcherLaws):
    """A remote registry, which is matcher and registry in one."""

    max_examples = FEW
    codec: ClassVar[str] = "fhir"
    options: ClassVar[dict[str, object]] = {}

    @pytest.fixture(autouse=True)
    def _connected(self, there: Served) -> Iterator[None]:
        made = codec(self.codec, **self.options)
        self.there = there
        with RemoteRegistry(f"{there.url}/{self.codec}", codec=made, limits=ONCE) as self.client:
            yield

    def make_matcher(self) -> RemoteRegistry:
        """Ask in this codec."""
        return self.client

    def make_registry(self, entries: Sequence[Entry]) -> RemoteRegistry:
        """Put these people behind the server."""
        self.there.registry.fill(entries)
        return self.client


class TestFhirAtValues(_ByCodec):
    """Where values may be told, all laws hold over the wire as in memory."""

    @pytest.fixture
    def there(self, values: Served) -> Served:
        """Take the server that tells values."""
        return values


class _AtFindings(_ByCodec):
    """Where they may not, nobody is told which entry it was, nor that a number is a former one."""

    @pytest.fixture
    def there(self, findings: Served) -> Served:
        """Take the server that tells findings."""
        return findings

    def test_the_claim_of_an_entry_itself_is_matched(self) -> None:
        """Who states what the registry holds is found there, and its key is not told."""

        @given(entries(key="own", complete=True), populations())
        def law(entry: Entry, others: list[Entry]) -> None:
            apart = [other for other in others if _numbers(other).isdisjoint(_numbers(entry))]
            verdict = self.match(claim_of(entry), [*apart, entry])
            assert verdict.outcome is Outcome.MATCHED
            assert verdict.evidence is not None
            assert verdict.evidence.entry_key == ""

        self.check(law)

    def test_the_claim_of_a_former_number_is_matched(self) -> None:
        """A number that the same person held formerly counts as that person's."""

        @given(entries(key="own", complete=True), id_numbers())
        def law(entry: Entry, former: IdNumber) -> None:
            assume(former != entry.number)
            filed = attrs.evolve(entry, former_numbers=(former,))
            verdict = self.match(claim_of(attrs.evolve(entry, number=former)), [filed])
            assert verdict.outcome is Outcome.MATCHED

        self.check(law)


class TestFhirAtFindings(_AtFindings):
    """FHIR, with which field."""


class TestOsiaMatchAtFindings(_AtFindings):
    """OSIA's second question, with which field."""

    codec = "osia"
    options: ClassVar[dict[str, object]] = {"operation": "match"}


class TestRemoteEntries(RegistryLaws):
    """A registry whose entries are asked for over the wire keeps the laws of one in memory."""

    max_examples = FEW

    @pytest.fixture(autouse=True)
    def _there(self, values: Served) -> None:
        self.there = values

    def make(self, entries: Sequence[Entry]) -> RemoteEntries:
        """Put these people behind the server."""
        self.there.registry.fill(entries)
        return RemoteEntries(f"{self.there.url}/entries", limits=ONCE)


class TestFuzzyOverEntries(MatcherLaws):
    """The fuzzy matcher over the wire keeps the laws of a matcher."""

    max_examples = FEW

    @pytest.fixture(autouse=True)
    def _connected(self, values: Served) -> Iterator[None]:
        self.there = values
        with RemoteEntries(f"{values.url}/entries", limits=ONCE) as self.client:
            yield

    def make_matcher(self) -> Fuzzy:
        """Weigh by the shares of the nation."""
        return Fuzzy()

    def make_registry(self, entries: Sequence[Entry]) -> RemoteEntries:
        """Put these people behind the server."""
        self.there.registry.fill(entries)
        return self.client


@settings(max_examples=2 * FEW)
@given(crowds())
def _same_over_entries(there: Served, crowd: tuple[Claim, list[Entry]]) -> None:
    claim, people = crowd
    memory = MemoryRegistry(people)
    there.registry.fill(people)

    async def awaited(matcher: Matcher) -> tuple[Verdict, Verdict]:
        async with AsyncRemoteEntries(f"{there.url}/entries", limits=ONCE) as far:
            weighing = Fuzzy(frequencies=await far.frequencies())
            return (
                await amatch(claim, by=matcher, against=far),
                await amatch(claim, by=weighing, against=far),
            )

    exact = match(claim, by=Exact(), against=memory)
    fuzzy = match(claim, by=Fuzzy.against(memory), against=memory)
    with RemoteEntries(f"{there.url}/entries", limits=ONCE) as far:
        assert match(claim, by=Exact(), against=far) == exact
        assert match(claim, by=Fuzzy.against(far), against=far) == fuzzy
    assert asyncio.run(awaited(Exact())) == (exact, fuzzy)


def test_a_matcher_over_entries_comes_to_what_it_comes_to_in_memory(values: Served) -> None:
    """Exact and fuzzy, waiting and awaiting: the whole verdict, weights included."""
    _same_over_entries(values)


@pytest.mark.parametrize("how", [FHIR, OSIA_MATCH], ids=["fhir", "osia-match"])
def test_awaiting_comes_to_what_waiting_comes_to(findings: Served, how: dict[str, object]) -> None:
    """The asynchronous client gives the verdicts of the other, one by one and many at a time."""
    made = codec(how["codec"], **how["options"])
    url = f"{findings.url}/{how['codec']}"

    @settings(max_examples=FEW)
    @given(populations(complete=True, min_size=1), claims())
    def law(people: list[Entry], stranger: Claim) -> None:
        findings.registry.fill(people)
        asked = [*map(claim_of, people), stranger]

        async def awaited() -> list[object]:
            async with AsyncRemoteRegistry(url, codec=made, limits=ONCE) as far:
                one = [await amatch(claim, by=far, against=far) for claim in asked]
                assert [verdict async for verdict in far.match_many(asked)] == one
                return list(one)

        with RemoteRegistry(url, codec=made, limits=ONCE) as near:
            waited = [match(claim, by=near, against=near) for claim in asked]
            assert list(near.match_many(asked)) == waited
        assert asyncio.run(awaited()) == waited

    law()


def _numbers(entry: Entry) -> set[IdNumber]:
    own = {entry.number} if entry.number is not None else set()
    return own | set(entry.former_numbers)
