import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch import Entry
from vnvaxmatch.model import LISTED, NATION, RAREST, Frequencies, most_common
from vnvaxmatch.model.frequencies import national_surnames
from vnvaxmatch.testing import births, entries, names, populations


@given(populations(max_size=8), st.data())
def test_counts_add_up(population: list[Entry], data: st.DataObject) -> None:
    """Everybody is counted, each name of one's own as one surname and one rest, in any order."""
    counted = Frequencies.of(population)

    own = [e for e in population if e.name is not None and not e.name.newborn and e.name.fold]
    assert counted.total == len(population)
    assert sum(counted.surnames.values()) == sum(counted.rests.values()) == len(own)
    assert sum(counted.births.values()) == sum(e.birth is not None for e in population)
    assert Frequencies.of(data.draw(st.permutations(population))) == counted


def test_a_newborn_under_the_mothers_name_is_nobodys_namesake() -> None:
    """The mother's name is not counted, the birth is."""
    newborn, _ = Entry.read(key="7", name="CB Trần Thị Thử", birth="05/06/2021")

    counted = Frequencies.of([newborn])

    assert (dict(counted.surnames), dict(counted.rests)) == ({}, {})
    assert counted.births == {20210605: 1}


@given(entries(complete=True), st.integers(1, 500), st.integers(1, 500))
def test_rarer_is_heavier(entry: Entry, few: int, more: int) -> None:
    """Of two names, and of two dates, that with fewer people weighs more."""
    assume(few < more)
    others = [Entry(key=f"o{n}", name=entry.name, birth=entry.birth) for n in range(more)]
    rest = [Entry(key=f"r{n}") for n in range(more - few)]
    rare, common = Frequencies.of([*others[:few], *rest]), Frequencies.of(others)
    assert entry.name is not None
    assert entry.birth is not None
    fold, code = entry.name.fold, entry.birth.code

    assert rare.birth_bits(code) > common.birth_bits(code)
    assert rare.name_bits(fold) > common.name_bits(fold) or rare.name_bits(fold) == RAREST


@given(populations(max_size=6), names(), births())
def test_rarity_is_never_negative_nor_beyond_its_bound(
    population: list[Entry], name: object, birth: object
) -> None:
    """Names weigh from 0 to RAREST bits, dates at least 0, whoever is counted."""
    counted = Frequencies.of(population)
    folds = [name.fold, *(e.name.fold for e in population if e.name)]  # type: ignore[attr-defined]
    codes = [birth.code, *(e.birth.code for e in population if e.birth)]  # type: ignore[attr-defined]

    assert all(0 <= counted.name_bits(fold) <= RAREST for fold in folds)
    assert all(0 <= counted.birth_bits(code) < float("inf") for code in codes)


@given(births(whole=True), populations(max_size=6))
def test_a_less_precise_date_is_never_rarer(birth: object, population: list[Entry]) -> None:
    """A year has at least as many people as any day in it, and as its first of January."""
    code: int = birth.code  # type: ignore[attr-defined]
    counted = Frequencies.of(population)
    year = code // 10_000 * 10_000

    assert counted.birth_bits(year) <= counted.birth_bits(code)
    assert counted.birth_bits(year) <= counted.birth_bits(year + 101)


def test_the_nation_is_taken_where_nothing_is_counted() -> None:
    """Without counts, the most common surname is common, and the first of January a default."""
    nation = Frequencies()

    assert nation.total == NATION
    assert nation.surname_bits("nguyen") < 3
    assert nation.surname_bits("nguyen") < nation.surname_bits("doan") < nation.surname_bits("kha")
    assert nation.birth_bits(19700101) < nation.birth_bits(19700102) - 3
    assert nation.birth_bits(19700000) < nation.birth_bits(19700101)


def test_a_few_people_do_not_overrule_the_nation() -> None:
    """Three of three called Kha do not make the name common, thirty thousand do."""
    three = Frequencies(3, {"kha": 3}, {"van loc": 3})
    many = Frequencies(30_000, {"kha": 30_000}, {"van loc": 30_000})

    assert three.surname_bits("kha") > 5
    assert many.surname_bits("kha") < 0.1


def test_surnames_of_the_nation_add_up_to_one() -> None:
    """The table's shares are shares."""
    assert sum(national_surnames().values()) == pytest.approx(1)


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 3), max_size=30), st.data())
def test_most_common_does_not_depend_on_the_order(
    counts: dict[str, int], data: st.DataObject
) -> None:
    """The same counts in another order give the same terms in the same order."""
    shuffled = dict(data.draw(st.permutations(list(counts.items()))))

    assert list(most_common(shuffled).items()) == list(most_common(counts).items())


def test_most_common_keeps_the_most_common() -> None:
    """Of more terms than are listed, the rarest go; among equals the last in code points."""
    counts = {f"{n:06d}": 1 for n in range(LISTED, 0, -1)} | {"z": 3, "y": 2}

    kept = most_common(counts)

    assert len(kept) == LISTED
    assert list(kept)[:3] == ["z", "y", "000001"]
    assert list(kept)[-1] == f"{LISTED - 2:06d}"


def test_what_is_remembered_changes_no_answer() -> None:
    """Asking twice, and for more dates than are remembered, gives the same."""
    counted = Frequencies(10, births={19850101: 2})
    first = counted.birth_bits(19850101), counted.birth_bits(19850000)
    for code in range(10_000_000, 10_000_000 + 4 * LISTED + 10):
        counted.birth_bits(code)

    assert (counted.birth_bits(19850101), counted.birth_bits(19850000)) == first
    assert counted == Frequencies(10, births={19850101: 2})


@given(populations(max_size=4))
def test_frequencies_can_be_pickled(population: list[Entry]) -> None:
    """They go to other processes whole, and show nobody in their repr."""
    counted = Frequencies.of(population)
    copy = pickle.loads(pickle.dumps(counted))

    assert copy == counted
    assert repr(counted) == f"Frequencies(total={len(population)})"
