import datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Dose, Doubt, Entry, Field, Reason
from vnvaxmatch.normalize import BirthDate, IdNumber
from vnvaxmatch.outcome import BLANK
from vnvaxmatch.records import is_child
from vnvaxmatch.testing import births, claim_of, claims, entries, id_numbers

CAMPAIGN = datetime.date(2021, 9, 15)
TEXT = st.text(st.characters(), max_size=20)


@given(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
def test_any_texts_make_a_claim(
    name: str, birth: str, sex: str, number: str, nationality: str, commune: str, phone: str
) -> None:
    """No text makes reading a claim raise, and all that it says of itself can be asked."""
    claim = Claim.read(
        name=name,
        birth=birth,
        sex=sex,
        id_number=number,
        nationality=nationality,
        commune=commune,
        phone=phone,
        reference=CAMPAIGN,
    )
    assert len(claim.gaps) == len(Field)
    assert isinstance((*claim.changes, *claim.doubts, *claim.rejections), tuple)


@given(st.lists(TEXT, min_size=8, max_size=8))
def test_any_texts_make_an_entry(texts: list[str]) -> None:
    """No text makes reading an entry raise; what cannot be read is left out and named."""
    key, name, birth, sex, number, former, commune, phone = texts
    entry, rejected = Entry.read(
        key=key,
        name=name,
        birth=birth,
        sex=sex,
        id_number=number,
        former_id_number=former,
        commune=commune,
        phone=phone,
    )
    assert entry.key == key
    assert {rejection.field for rejection in rejected} <= {
        "name", "birth", "sex", "id_number", "former_id_number", "commune", "phone",
    }  # fmt: skip


def test_an_endless_cell_of_former_numbers_is_rejected_at_once() -> None:
    """Ten million separators are one rejection, not ten million."""
    entry, rejected = Entry.read(key="7", former_id_number=";" * 10_000_000)
    assert entry.former_numbers == ()
    assert [r.reason for r in rejected] == [Reason.TOO_LONG]


@given(entries(complete=True))
def test_an_entry_read_from_its_texts_is_itself(entry: Entry) -> None:
    """Writing an entry out and reading it back changes nothing."""
    again, rejected = Entry.read(
        key=entry.key,
        name=str(entry.name),
        birth=str(entry.birth),
        sex=str(entry.sex),
        id_number=str(entry.number),
        former_id_number=";".join(map(str, entry.former_numbers)),
        commune=entry.commune or "",
        phone=str(entry.phone),
    )
    assert (again, rejected) == (entry, ())


@given(st.lists(id_numbers(), max_size=4), st.data())
def test_former_numbers_are_a_set(former: list[IdNumber], data: st.DataObject) -> None:
    """Neither their order nor a repetition makes another entry."""
    shuffled = data.draw(st.permutations(former + former[:1]))
    assert Entry("7", former_numbers=shuffled) == Entry("7", former_numbers=former)


def test_several_former_numbers_are_parted_by_semicolons() -> None:
    """Blanks between them are no rejections."""
    entry, rejected = Entry.read(key="7", former_id_number="271234567; 001085000123;")
    assert {str(number) for number in entry.former_numbers} == {"271234567", "001085000123"}
    assert rejected == ()


@pytest.mark.parametrize(
    ("texts", "field", "gap"),
    [
        ({}, Field.NAME, Reason.NAME_MISSING),
        ({}, Field.BIRTH, Reason.BIRTH_MISSING),
        ({}, Field.SEX, Reason.SEX_MISSING),
        ({}, Field.ID_NUMBER, Reason.ID_NUMBER_MISSING),
        ({"name": "(CB) Trần Thị Thử"}, Field.NAME, Reason.NAME_OF_MOTHER),
        ({"birth": "31/02/1985"}, Field.BIRTH, Reason.BIRTH_IMPOSSIBLE),
        ({"id_number": "B1234567"}, Field.ID_NUMBER, Reason.ID_NUMBER_PASSPORT),
        ({"id_number": "12345"}, Field.ID_NUMBER, Reason.ID_NUMBER_LENGTH),
        ({"birth": "2015"}, Field.ID_NUMBER, Reason.ID_NUMBER_CHILD),
        ({"birth": "2015", "id_number": "12345"}, Field.ID_NUMBER, Reason.ID_NUMBER_LENGTH),
        ({"name": "Trần Thử"}, Field.NAME, None),
    ],
)
def test_gaps(texts: dict[str, str], field: Field, gap: Reason | None) -> None:
    """A field that cannot be compared says why."""
    assert Claim.read(**texts, reference=CAMPAIGN).gap(field) == gap  # type: ignore[arg-type]


@given(births(), st.dates(datetime.date(2021, 1, 1), datetime.date(2023, 1, 1)))
def test_a_child_is_certainly_below_fourteen(born: BirthDate, reference: datetime.date) -> None:
    """Whoever may have had the fourteenth birthday is not called a child."""
    last = (born.month or 12, born.day or 28)
    oldest = (born.year + 14, *((born.month or 1), (born.day or 1)))
    today = (reference.year, reference.month, reference.day)
    assert is_child(born, reference) == (today < oldest)
    if (reference.year, reference.month, reference.day) >= (born.year + 14, *last):
        assert not is_child(born, reference)


def test_without_a_reference_day_nobody_is_a_child() -> None:
    """Ages are never counted from today."""
    assert not is_child(BirthDate(2015), None)


@given(claims())
def test_a_claim_hides_its_values(claim: Claim) -> None:
    """The repr of a claim shows no value that was read."""
    shown = repr(claim)
    for reading in (claim.name, claim.birth, claim.id_number, claim.phone):
        text = str(getattr(reading, "value", ""))
        assert len(text) < 4 or text not in shown


@given(entries(complete=True))
def test_an_entry_hides_its_values(entry: Entry) -> None:
    """The repr of an entry shows nothing of the person."""
    shown = repr(entry)
    hidden = (entry.key, entry.name, entry.birth, entry.number, entry.commune, entry.phone)
    assert not any(str(value) in shown for value in hidden)


def test_a_number_that_says_another_sex_is_a_doubt() -> None:
    """Evidence, not an error: the number stays."""
    claim = Claim.read(birth="1985", sex="Nam", id_number="001185000123")
    assert Doubt.ID_NUMBER_SEX_DIFFERS in claim.doubts
    assert claim.gap(Field.ID_NUMBER) is None


@given(entries(complete=True))
def test_the_claim_of_an_entry_has_no_gaps(entry: Entry) -> None:
    """What a registry holds can be stated."""
    assert claim_of(entry).gaps == (None, None, None, None)


@given(TEXT, TEXT, TEXT)
def test_any_texts_make_a_dose(vaccine: str, number: str, date: str) -> None:
    """No text makes reading a dose raise."""
    dose = Dose.read(vaccine=vaccine, number=number, date=date, reference=CAMPAIGN)
    assert isinstance(dose.codes, tuple)


def test_a_dose_before_the_roll_out_is_doubtful() -> None:
    """The first doses were given on 8 March 2021."""
    assert Doubt.DOSE_BEFORE_ROLLOUT in Dose.read(date="07/03/2021").codes
    assert Doubt.DOSE_BEFORE_ROLLOUT not in Dose.read(date="08/03/2021").codes


def test_only_another_nationality_makes_a_foreigner() -> None:
    """A blank is not foreign, and neither is what cannot be read."""
    assert not Claim.read().is_foreign
    assert not Claim.read(nationality="Việt Nam").is_foreign
    assert not attrs.evolve(Claim(), nationality=BLANK).is_foreign
    assert Claim.read(nationality="Lào").is_foreign
