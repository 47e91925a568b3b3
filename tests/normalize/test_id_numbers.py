import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.births import BirthDate
from vnvaxmatch.normalize.id_numbers import (
    IdKind,
    IdNumber,
    clean_doubts,
    cross_check,
    id_number,
)
from vnvaxmatch.normalize.sexes import Sex
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "id_numbers.json").read_text("utf-8"))
PROVINCES = [row["code3"] for row in rows("province_codes")]
COUNTRIES = [row["code3"] for row in rows("country_codes")]


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@st.composite
def people(draw: st.DrawFn) -> tuple[IdNumber, BirthDate, Sex]:
    """Draw a number, and the birth date and sex that it says."""
    year = draw(st.integers(1900, 2025))
    sex = draw(st.sampled_from(Sex))
    digit = (year // 100 - 19) * 2 + (sex is Sex.FEMALE)
    place = draw(st.sampled_from(PROVINCES))
    text = f"{place}{digit}{year % 100:02d}{draw(digits(6))}"
    assume(len(set(text)) > 1)
    return IdNumber(text), BirthDate(year), sex


texts = (
    st.text(st.characters(), max_size=60)
    | st.text("0123456789OolI|. -/+*xE'CMNDcđố０１２", max_size=22)
    | st.from_regex(r"[ '(]?(CCCD|số|CMND)?[: ]?[0-9]{7,13}([.,]0)?", fullmatch=True)
)
births = st.none() | st.builds(BirthDate, st.integers(1900, 2025))
sexes = st.none() | st.sampled_from(Sex)
numbers = (
    people().map(lambda person: person[0])
    | digits(12).map(IdNumber)
    | digits(9).map(IdNumber)
    | st.from_regex("[A-Z][0-9]{7}", fullmatch=True).map(IdNumber)
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    birth = BirthDate(*map(int, vector["birth"].split("-"))) if "birth" in vector else None
    sex = Sex(vector["sex"]) if "sex" in vector else None

    reading = id_number(vector["input"], birth=birth, sex=sex)

    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
    else:
        assert isinstance(reading, Normalized)
        assert str(reading.value) == vector["expected"]
        assert list(reading.changes) == vector["changes"]
        assert list(reading.doubts) == vector["doubts"]


@given(texts, births, sexes)
def test_is_total_and_settles(text, birth, sex):
    """Any text gives a number or a reason, and a number reads as itself, without a change."""
    reading = id_number(text, birth=birth, sex=sex)

    if isinstance(reading, Normalized):
        again = id_number(str(reading.value), birth=birth, sex=sex)
        assert isinstance(again, Normalized)
        assert again.value == reading.value
        assert again.changes == ()
    else:
        assert isinstance(reading.reason, Reason)


@given(texts)
def test_a_number_that_differs_from_its_text_says_what_was_changed(text):
    """Nothing is changed in silence."""
    reading = id_number(text)

    if isinstance(reading, Normalized):
        assert (reading.changes == ()) == (str(reading.value) == text)


@given(digits(12))
def test_clean_numbers_have_only_the_doubts_of_their_first_four_digits(text):
    """The predicate that bulk relies on: 12 ASCII digits, not all the same."""
    assume(len(set(text)) > 1)

    reading = id_number(text, birth=BirthDate(1985), sex=Sex.MALE)

    assert reading == Normalized(IdNumber(text), (), clean_doubts(text[:4]))


@given(people())
def test_what_the_number_says_is_what_went_into_it(person):
    """Sex, birth year and place of a number are those it was made from."""
    number, birth, sex = person

    assert number.kind is IdKind.CCCD
    assert (number.birth_year, number.sex) == (birth.year, sex)
    assert number.place in PROVINCES
    assert number.abroad is False
    assert cross_check(number, birth=birth, sex=sex, place=number.place) == ()


@given(people())
def test_eaten_zeros_come_back_where_the_record_fits(person):
    """A spreadsheet's loss of leading zeros is undone with the birth date and sex at hand."""
    number, birth, sex = person

    reading = id_number(str(number).lstrip("0"), birth=birth, sex=sex)

    assert isinstance(reading, Normalized)
    assert reading.value == number
    assert reading.doubts == ()


@given(people(), sexes, births)
def test_eaten_zeros_never_give_another_person(person, sex, birth):
    """With any record beside it, a damaged number is restored to itself or refused."""
    number, _, _ = person

    reading = id_number(str(number).lstrip("0"), birth=birth, sex=sex)

    assert isinstance(reading, Rejected) or reading.value == number


@given(numbers, st.sampled_from([" ", ".", "-", "\u00a0", "  ", "\u2013"]), st.data())
def test_separators_change_no_digit(number, separator, data):
    """Separators anywhere inside leave the number as it is."""
    text = str(number)
    assume(len(set(text)) > 1)
    at = data.draw(st.integers(1, len(text) - 3))

    reading = id_number(text[:at] + separator + text[at:])

    assert isinstance(reading, Normalized)
    assert reading.value == number


@given(st.sampled_from("35789"), digits(8))
def test_mobiles_are_told_apart(first, rest):
    """A mobile in the number column is said to be a phone, written nationally or with +84."""
    for text in (f"0{first}{rest}", f"+84{first}{rest}"):
        assert id_number(text) == Rejected(Reason.ID_NUMBER_PHONE)


@given(numbers)
def test_codes_are_a_bijection(number):
    """A code gives back its number."""
    assert IdNumber.from_code(number.code) == number


@given(st.integers())
def test_only_codes_of_numbers_are_accepted(code):
    """An integer is the code of the number it gives, or refused."""
    try:
        number = IdNumber.from_code(code)
    except ValueError:
        return
    assert number.code == code


@pytest.mark.parametrize(
    "code", [-1, 10**12 + 10**9, 2 * 10**12 - 1, 2 * 10**12 + 26 * 10**7], ids=str
)
def test_codes_outside_are_refused(code):
    """The gaps between the kinds, and what lies around them, are codes of nothing."""
    with pytest.raises(ValueError, match="no identity number"):
        IdNumber.from_code(code)


def test_codes_at_the_edges():
    """The first and last number of each kind have codes in ranges of their own."""
    edges = ["0" * 12, "9" * 12, "0" * 9, "9" * 9, "A0000000", "Z9999999"]

    codes = [IdNumber(text).code for text in edges]

    assert codes == sorted(set(codes))
    assert [str(IdNumber.from_code(code)) for code in codes] == edges


@pytest.mark.parametrize("text", ["", "1", "12345678", "1" * 10, "b1234567", "²01085000123", "1\n"])
def test_a_number_cannot_be_made_of_anything_else(text):
    """The class holds canonical texts only, and does not repeat what it refuses."""
    with pytest.raises(ValueError, match="an identity number is") as caught:
        IdNumber(text)
    assert len(text) < 8 or text not in str(caught.value)


def test_cross_check_says_each_contradiction():
    """Sex, year and place are compared one by one, and only if given."""
    number = IdNumber("001185000123")

    doubts = cross_check(number, birth=BirthDate(1986, 1, 2), sex=Sex.MALE, place="024")

    assert doubts == (
        Doubt.ID_NUMBER_SEX_DIFFERS,
        Doubt.ID_NUMBER_YEAR_DIFFERS,
        Doubt.ID_NUMBER_PLACE_DIFFERS,
    )
    assert cross_check(number) == ()
    assert cross_check(number, birth=BirthDate(1985, 3), sex=Sex.FEMALE, place="001") == ()


@pytest.mark.parametrize("text", ["011234567", "B1234567"])
def test_other_kinds_say_nothing_of_the_person(text):
    """A CMND or passport number has no place, sex or year to compare."""
    number = IdNumber(text)

    said = (number.place, number.place_name, number.abroad, number.sex, number.century)

    assert said == (None,) * 5
    assert number.birth_year is None
    assert cross_check(number, birth=BirthDate(1985), sex=Sex.MALE, place="001") == ()


@pytest.mark.parametrize(
    ("text", "kind"), [("001085000123", "cccd"), ("011234567", "cmnd"), ("B1234567", "passport")]
)
def test_kinds_masks_and_silence(text, kind):
    """A number knows its kind, shows its last four characters, and keeps quiet in a repr."""
    reading = id_number(text)

    assert isinstance(reading, Normalized)
    assert reading.value.kind == kind
    assert reading.value.masked == "…" + text[-4:]
    assert text not in repr(reading) + repr(reading.value)


@pytest.mark.parametrize(
    ("prefix", "name", "abroad"),
    [("024", "Bắc Giang", False), ("079", "Hồ Chí Minh", False), ("101", "Afghanistan", True),
     ("000", None, False), ("100", None, False), ("296", None, False)],
)  # fmt: skip
def test_places_of_numbers(prefix, name, abroad):
    """024 is Bắc Giang in a number, whatever the province codes of 2025 say."""
    number = IdNumber(prefix + "085000123")

    assert (number.place_name, number.abroad) == (name, abroad)


@pytest.mark.parametrize(
    ("digit", "century", "sex"),
    [("0", 1900, "male"), ("1", 1900, "female"), ("2", 2000, "male"), ("5", 2100, "female"),
     ("6", 2200, "male"), ("9", 2300, "female")],
)  # fmt: skip
def test_the_fourth_digit(digit, century, sex):
    """The fourth digit says sex and century."""
    number = IdNumber(f"001{digit}07000123")

    assert (number.century, number.birth_year, number.sex) == (century, century + 7, sex)


@pytest.mark.parametrize("place", PROVINCES + COUNTRIES)
def test_every_known_place_is_free_of_doubt(place):
    """All 63 provinces and 195 countries of the tables are known."""
    assert clean_doubts(place + "0") == ()


def test_blank_and_huge_cells():
    """A blank cell is missing; ten million characters are refused unread."""
    assert id_number("") is BLANK
    assert id_number("0" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert id_number("1" * 1000) == Rejected(Reason.ID_NUMBER_PLACEHOLDER)
