"""The laws of a registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.backends import CountedRegistry, Found, Registry
from vnvaxmatch.blocking import CAPS, Key, KeyKind, keys, search_keys
from vnvaxmatch.model import Frequencies
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.records import Claim, Entry
from vnvaxmatch.testing.laws.checking import Laws, shown
from vnvaxmatch.testing.strategies import claim_of, claims, entries, populations

__all__ = ["RegistryLaws"]


class RegistryLaws(Laws):
    """What a store of people keeps to.

    Fill ``make``, which is given entries with different keys and returns a registry of them::

        class TestMyRegistry(RegistryLaws):
            def make(self, entries):
                return MyRegistry(entries)

    A registry that has ``close`` is closed after each example.
    """

    def make(self, entries: Sequence[Entry]) -> Registry:
        """Make a registry of these entries and no others."""
        raise NotImplementedError

    @contextmanager
    def _made(self, entries: Sequence[Entry]) -> Iterator[Registry]:
        registry = self.make(entries)
        try:
            yield registry
        finally:
            close = getattr(registry, "close", None)
            if close is not None:
                close()

    def test_it_fills_the_protocol(self) -> None:
        """It can be asked as the protocol says."""
        with self._made([]) as registry:
            assert isinstance(registry, Registry)

    def test_an_entry_is_found_by_each_of_its_keys(self) -> None:
        """Every key that an entry has leads to it, and to it as it was put in."""

        @given(populations(max_size=6))
        def law(population: list[Entry]) -> None:
            with self._made(population) as registry:
                for entry in population:
                    for key in keys(entry):
                        found = [e for e in registry.find([key]).entries if e.key == entry.key]
                        assert [_everything(e) for e in found] == [_everything(entry)]

        self.check(law)

    def test_it_answers_as_a_search_through_all_entries_would(self) -> None:
        """It finds all who have one of the keys, each once, sorted, and nobody else.

        It says how many people each kind of key led to.
        """

        @given(populations(max_size=6), st.lists(claims(), max_size=2), st.data())
        def law(population: list[Entry], strangers: list[Claim], data: st.DataObject) -> None:
            people: list[Claim | Entry] = [*population, *strangers]
            all_keys = [key for person in people for key in keys(person)]
            asked = data.draw(st.lists(st.sampled_from(all_keys))) if all_keys else []
            with self._made(population) as registry:
                assert registry.find(asked) == _searched(population, asked)

        self.check(law)

    def test_a_search_finds_who_shares_any_but_the_number(self) -> None:
        """Asked as a matcher asks for a claim without a number, and its blocks add up."""

        @given(populations(min_size=1, max_size=6), st.data())
        def law(population: list[Entry], data: st.DataObject) -> None:
            asked = search_keys(claim_of(data.draw(st.sampled_from(population))))
            with self._made(population) as registry:
                found = registry.find(asked)
                assert found == _searched(population, asked)
                counts = found.blocks.values()
                assert max(counts, default=0) <= len(found.entries) <= sum(counts)
                assert set(found.blocks) <= {key.kind for key in asked}

        self.check(law)

    def test_what_it_counts_is_what_there_is(self) -> None:
        """A registry that tells frequencies has counted its entries, all of them and no others."""

        @given(populations(max_size=8))
        def law(population: list[Entry]) -> None:
            with self._made(population) as registry:
                if isinstance(registry, CountedRegistry):
                    assert registry.frequencies() == Frequencies.of(population)

        self.check(law)

    def test_the_order_of_people_and_of_keys_does_not_matter(self) -> None:
        """A registry filled or asked in another order answers the same."""

        @given(populations(min_size=1, max_size=6), st.data())
        def law(population: list[Entry], data: st.DataObject) -> None:
            asked = [key for entry in population for key in keys(entry)]
            with self._made(population) as one:
                expected = one.find(asked)
            with self._made(data.draw(st.permutations(population))) as other:
                assert other.find(data.draw(st.permutations(asked))) == expected

        self.check(law)

    def test_nobody_is_found_where_nobody_is(self) -> None:
        """An empty registry, no keys and an unknown key give nobody, and are no error."""
        unknown = [Key(kind, value) for kind, value in _UNKNOWN.items()]
        with self._made([]) as registry:
            assert registry.find([]) == Found()
            assert registry.find(unknown) == Found()

    def test_a_block_above_its_cap_is_skipped_and_named(self) -> None:
        """As many people as the cap are found; one more, and the kind of key is named instead."""
        number = IdNumber("001085000123")
        key = Key(KeyKind.NUMBER, str(number.code))
        cap = CAPS[KeyKind.NUMBER]
        crowd = [Entry(f"P{i:03d}", number=number) for i in range(cap + 1)]
        with self._made(crowd[:-1]) as registry:
            assert registry.find([key]) == Found(tuple(crowd[:-1]), (), {KeyKind.NUMBER: cap})
        with self._made(crowd) as registry:
            assert registry.find([key]) == Found((), (KeyKind.NUMBER,))

    def test_an_entry_of_a_skipped_block_is_found_by_its_other_keys(self) -> None:
        """Skipping one block loses nobody who has another of the keys."""
        number, former = IdNumber("001085000123"), IdNumber("011234567")
        crowd = [Entry(f"P{i:03d}", number=number) for i in range(CAPS[KeyKind.NUMBER])]
        known = Entry("Q", number=number, former_numbers=(former,))
        asked = [
            Key(KeyKind.NUMBER, str(number.code)),
            Key(KeyKind.FORMER_NUMBER, str(former.code)),
        ]
        with self._made([*crowd, known]) as registry:
            one_by_the_other = {KeyKind.FORMER_NUMBER: 1}
            assert registry.find(asked) == Found((known,), (KeyKind.NUMBER,), one_by_the_other)

    def test_the_repr_shows_nobody(self) -> None:
        """Neither the registry nor what it found shows a value of a person."""

        @given(entries(complete=True))
        def law(entry: Entry) -> None:
            with self._made([entry]) as registry:
                assert shown(repr(registry), entry) == []
                assert shown(repr(registry.find(keys(entry))), entry) == []

        self.check(law)


_UNKNOWN: Final = {
    KeyKind.NUMBER: "1085000123",
    KeyKind.FORMER_NUMBER: "1085000123",
    KeyKind.NAME_BIRTH: "19850101 trần thử",
    KeyKind.FOLD_BIRTH: "19850101 tran thu",
    KeyKind.BIRTH_SEX_GIVEN: "19850101 male thu",
    KeyKind.FOLD_YEAR: "1985 tran thu",
    KeyKind.PHONE: "0912345678",
}


def _searched(population: Sequence[Entry], asked: Sequence[Key]) -> Found:
    """Answer as a registry must, by looking at everybody: slow, and plainly right."""
    found: dict[KeyKind, set[str]] = {}
    skipped = set()
    for key in asked:
        block = {entry.key for entry in population if key in keys(entry)}
        if len(block) > CAPS[key.kind]:
            skipped.add(key.kind)
        elif block:
            found[key.kind] = found.get(key.kind, set()) | block
    everybody = frozenset[str]().union(*found.values())
    return Found(
        tuple(sorted((e for e in population if e.key in everybody), key=lambda e: e.key)),
        tuple(kind for kind in KeyKind if kind in skipped),
        {kind: len(block) for kind, block in found.items()},
    )


def _everything(entry: Entry) -> tuple[object, ...]:
    """All that an entry holds, the derived forms of the name too."""
    name = entry.name
    return (entry, name and (name.text, name.key, name.fold, name.newborn), keys(entry))
