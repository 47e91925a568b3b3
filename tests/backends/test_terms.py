"""The frequencies that a registry file keeps are those of counting its entries."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import TypeAlias

import pytest

from vnvaxmatch import Entry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.model import LISTED, Frequencies
from vnvaxmatch.normalize import BirthDate, PersonName

Store: TypeAlias = type[DuckDBRegistry] | type[SQLiteRegistry]


@pytest.fixture(params=[SQLiteRegistry, DuckDBRegistry])
def store(request: pytest.FixtureRequest) -> Store:
    """Either kind of file."""
    kind: Store = request.param
    return kind


def crowd() -> Iterator[Entry]:
    """Make more people than terms are listed, nearly every one with a name of its own.

    They come from z to a; with a space in some and one letter more in others, the order of code
    points is not that of dictionaries.
    """
    letters = ascii_lowercase[::-1]
    for n, (a, b, c, d) in enumerate(product(letters, letters[:13], letters, letters[:13])):
        key = f"tran {a}{b}{c if n % 3 else ' ' + c}{d if n % 5 else ''}"
        yield Entry(f"P{n}", PersonName(key.title(), key), BirthDate(1900 + n % 100))


def test_only_the_most_common_terms_are_kept(store: Store, tmp_path: Path) -> None:
    """The cut falls among equals, and falls alike in every store."""
    expected = Frequencies.of(crowd())
    assert len(expected.rests) == LISTED

    store.build(tmp_path / "people", crowd())
    with store(tmp_path / "people") as registry:
        counted = registry.frequencies()

    assert counted == expected
    assert set(expected.rests.values()) == {1, 2}, "else the cut does not fall among equals"


def test_odd_names_are_counted_as_everywhere(store: Store, tmp_path: Path) -> None:
    """One word, a marker, no letter at all, a newborn under the mother's name, nobody's name."""
    names = ("H'Hen Niê", "(CB) Trần Thị Thử", "Trần Thị Thử", "")
    people = [Entry.read(key=f"P{n}", name=name)[0] for n, name in enumerate(names)]
    people += [Entry("P8", PersonName("Thử", "thử")), Entry("P9", PersonName("", ""))]

    store.build(tmp_path / "people", people)
    with store(tmp_path / "people") as registry:
        counted = registry.frequencies()

    assert counted == Frequencies.of(people)
    assert (counted.total, counted.surnames) == (6, {"thu": 1, "h": 1, "tran": 1})
    assert counted.rests == {"": 1, "hen nie": 1, "thi thu": 1}


def test_frequencies_are_read_once(store: Store, tmp_path: Path) -> None:
    """They stay when the registry is closed, as what was read before does."""
    store.build(tmp_path / "people", [Entry("7", birth=BirthDate(1985))])
    with store(tmp_path / "people") as registry:
        counted = registry.frequencies()
    assert registry.frequencies() is counted
    assert (counted.total, counted.births) == (1, {19850000: 1})


def test_a_closed_registry_does_not_tell_what_it_never_read(store: Store, tmp_path: Path) -> None:
    """It is an error, not an empty country."""
    store.build(tmp_path / "people", [Entry("7")])
    registry = store(tmp_path / "people")
    registry.close()
    with pytest.raises(RegistryError, match="closed"):
        registry.frequencies()
