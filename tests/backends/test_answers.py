"""Stored rows are held against a key as the keys of their entries would be."""

from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Key, KeyKind, normalize
from vnvaxmatch.backends.answers import answer, filed_under
from vnvaxmatch.backends.stored import from_row, to_row
from vnvaxmatch.blocking import keys
from vnvaxmatch.normalize import BirthDate, IdNumber
from vnvaxmatch.testing import claims, entries, populations

ODD = [
    Entry.read(key="P1", name="(CB) Trần Thị Thử", birth="10/11/2021", sex="nữ")[0],
    Entry("P2", name=normalize.name("Trần Thị Thử").unwrap(), birth=BirthDate(1985)),
    Entry("P3", number=IdNumber("B1234567"), former_numbers=(IdNumber("C1234567"),)),
    Entry.read(key="P4", name="H'Hen Niê", birth="11/1985", sex="nữ")[0],
    Entry("P5"),
]
ODD_KEYS = [
    Key(KeyKind.NUMBER, str(IdNumber("B1234567").code)),
    Key(KeyKind.FORMER_NUMBER, str(IdNumber("C1234567").code)),
    Key(KeyKind.NAME_BIRTH, "20211110 (cb) trần thị thử"),
    Key(KeyKind.FOLD_BIRTH, "20211110 cb tran thi thu"),
    Key(KeyKind.BIRTH_SEX_GIVEN, "19850000 female thu"),
    Key(KeyKind.FOLD_BIRTH, "19850000 "),
    Key(KeyKind.PHONE, "None"),
]


@given(st.lists(entries() | st.sampled_from(ODD), min_size=1), st.lists(claims(), max_size=2))
def test_a_row_has_the_keys_that_its_entry_is_filed_under(
    people: list[Entry], strangers: list[Claim]
) -> None:
    """The test of a row says what making all keys of the entry would say, for any key."""
    asked = [key for person in (*people, *strangers) for key in keys(person)] + ODD_KEYS
    for key in asked:
        holds = filed_under(key)
        for entry in people:
            assert holds(to_row(entry)) == (key in keys(entry))


@given(entries() | st.sampled_from(ODD))
def test_an_entry_comes_back_from_its_row(entry: Entry) -> None:
    """Nothing is lost or added, the derived forms of the name included."""
    back = from_row(to_row(entry))
    assert back == entry
    assert keys(back) == keys(entry)
    assert (back.name and back.name.newborn) == (entry.name and entry.name.newborn)


@given(populations(min_size=2, max_size=4))
def test_rows_that_only_seem_to_have_a_key_are_left_out(people: list[Entry]) -> None:
    """Two keys may have one hash: a block then holds people who do not have the key."""
    rows = {position: to_row(entry) for position, entry in enumerate(people)}
    asked = keys(people[0])

    found = answer(((key, rows) for key in asked), rows)

    assert list(found.entries) == sorted(
        (e for e in people if not set(keys(e)).isdisjoint(asked)), key=lambda e: e.key
    )
    assert found.blocks == {
        kind: len([e for e in people if any(k.kind is kind and k in keys(e) for k in asked)])
        for kind in {key.kind for key in asked}
    }
