import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Key, KeyKind
from vnvaxmatch.blocking import CAPS, keys, number_keys, search_keys
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.testing import claim_of, claims, entries, id_numbers, misspelt, names


def kinds(person: Claim | Entry) -> list[str]:
    return [key.kind.value for key in keys(person)]


@given(entries())
def test_a_claim_asks_for_every_key_its_entry_is_filed_under(entry: Entry) -> None:
    """The claim that states what an entry holds shares all its keys (former numbers aside)."""
    filed = set(keys(attrs.evolve(entry, former_numbers=())))
    assert filed <= set(keys(claim_of(entry)))


@given(entries(), id_numbers())
def test_a_former_number_leads_to_who_held_it(entry: Entry, former: IdNumber) -> None:
    """Whoever states a number that was somebody's formerly finds that person."""
    filed = attrs.evolve(entry, former_numbers=(former,))
    claim = claim_of(Entry("claim", number=former))
    assert Key(KeyKind.FORMER_NUMBER, str(former.code)) in set(keys(filed)) & set(keys(claim))


@given(claims() | entries())
def test_each_key_is_given_once(person: Claim | Entry) -> None:
    """No key is repeated, and every kind has a cap."""
    given_keys = keys(person)
    assert len(set(given_keys)) == len(given_keys)
    assert all(CAPS[key.kind] > 0 for key in given_keys)


@given(claims())
def test_number_keys_are_the_number_part_of_all_keys(claim: Claim) -> None:
    """The exact matcher asks for what everybody asks for."""
    of_numbers = {KeyKind.NUMBER, KeyKind.FORMER_NUMBER}
    assert number_keys(claim) == tuple(key for key in keys(claim) if key.kind in of_numbers)


@given(claims())
def test_a_search_asks_for_all_but_numbers_and_what_is_asked_for_anyway(claim: Claim) -> None:
    """Numbers were asked for before, and NAME_BIRTH finds nobody whom FOLD_BIRTH does not."""
    left_out = {KeyKind.NUMBER, KeyKind.FORMER_NUMBER, KeyKind.NAME_BIRTH}
    asked = search_keys(claim)
    assert asked == tuple(key for key in keys(claim) if key.kind not in left_out)


@given(names(), st.data())
def test_who_has_the_same_name_and_birth_has_the_same_unmarked_ones(name, data) -> None:
    """So a search need not ask for the marked name too."""
    texts = [str(name), data.draw(misspelt(str(name)) | names().map(str))]
    one, other = (set(keys(Claim.read(name=text, birth="10/11/1985"))) for text in texts)
    shared = {key.kind for key in one & other}
    assert KeyKind.NAME_BIRTH not in shared or KeyKind.FOLD_BIRTH in shared


@pytest.mark.parametrize(
    ("claimed", "held"),
    [
        ("1985", "10/11/1985"),
        ("10/11/1985", "1985"),
        ("01/01/1985", "10/11/1985"),
        ("11/1985", "10/11/1985"),
        ("11/10/1985", "10/11/1985"),
    ],
    ids=["year-claimed", "year-held", "default-day", "month", "swapped"],
)
def test_a_search_reaches_from_and_to_what_is_no_day(claimed: str, held: str) -> None:
    """A year, a month, a default day and a swapped day are found by unmarked name and year."""
    claim = Claim.read(name="Tran Thi Thu", birth=claimed, sex="nữ")
    entry, _ = Entry.read(key="7", name="Trần Thị Thử", birth=held, sex="nữ")
    shared = set(search_keys(claim)) & set(keys(entry))
    assert [key.kind for key in shared] == [KeyKind.FOLD_YEAR]


def test_a_search_without_a_birth_goes_by_phone() -> None:
    """Name and sex alone are shared by too many; a phone is not."""
    assert search_keys(Claim.read(name="Trần Thị Thử", sex="nữ")) == ()
    claim = Claim.read(name="Trần Thị Thử", sex="nữ", phone="0912345678", id_number="001185000123")
    assert [key.kind for key in search_keys(claim)] == [KeyKind.PHONE]


def test_a_full_entry_has_all_keys_but_that_of_a_former_number() -> None:
    """The order of keys is that of KeyKind."""
    entry, _ = Entry.read(
        key="7",
        name="Trần Thị Thử",
        birth="10/11/1985",
        sex="Nữ",
        id_number="001185000123",
        phone="0912345678",
    )
    assert kinds(entry) == [kind.value for kind in KeyKind if kind is not KeyKind.FORMER_NUMBER]


def test_key_values_are_what_stores_take_apart() -> None:
    """The text of a key is fixed: stores hold its hash, and a change needs a new FORMAT."""
    entry, _ = Entry.read(
        key="7", name="Lí Thị Thử", birth="1985", sex="Nữ", id_number="001185000123"
    )
    assert [(key.value, key.hash64) for key in keys(entry)] == [
        ("1185000123", -5684664455838178434),
        ("19850000 lý thị thử", -128125946765205825),
        ("19850000 ly thi thu", 2058138838126530252),
        ("19850000 female thu", -8836099258362716272),
        ("1985 ly thi thu", -8567879474027039663),
    ]


def test_what_is_not_the_persons_own_makes_no_key() -> None:
    """The mother's name on a newborn, a passport, a rejected or a missing field make none."""
    assert kinds(Claim()) == []
    assert kinds(Claim.read(name="(CB) Trần Thị Thử", birth="10/11/2021", sex="nữ")) == []
    assert kinds(Claim.read(id_number="B1234567")) == []
    assert kinds(Claim.read(id_number="12345", birth="31/02/1985")) == []
    passport = Entry("7", number=IdNumber("B1234567"), former_numbers=(IdNumber("C1234567"),))
    assert kinds(passport) == []


def test_an_ambiguous_phone_asks_for_every_reading() -> None:
    """An old landline that may be a mobile finds both."""
    asked = [key.value for key in keys(Claim.read(phone="08 38256686"))]
    assert {"02838256686", "0838256686"} <= set(asked)
    assert set(kinds(Claim.read(phone="08 38256686"))) == {"phone"}


def test_former_numbers_of_a_card_are_asked_for_too() -> None:
    """Each number is asked for as held now and as held formerly."""
    claim = attrs.evolve(
        Claim.read(id_number="001085000123"), former_numbers=(IdNumber("271234567"),)
    )
    assert [key.kind.value for key in number_keys(claim)] == ["number", "former_number"] * 2
    assert len(number_keys(claim, former=False)) == 2


@given(st.sampled_from(KeyKind), st.text(st.characters()))
def test_a_hash_is_signed_64_bit_and_tells_kinds_apart(kind: KeyKind, value: str) -> None:
    """Any text can be hashed, and the same value of another kind has another hash."""
    hashed = Key(kind, value).hash64
    assert -(2**63) <= hashed < 2**63
    assert all(Key(other, value).hash64 != hashed for other in KeyKind if other is not kind)


def test_a_key_hides_its_value() -> None:
    """The repr of a key shows its kind only."""
    assert repr(Key(KeyKind.PHONE, "0912345678")) == (
        "Key(kind=<KeyKind.PHONE: 'phone'>, value=<redacted>)"
    )
