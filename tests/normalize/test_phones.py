import json
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.phone_plan import national_pattern
from vnvaxmatch.normalize.phones import Phone, phone
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "phones.json").read_text("utf-8"))
MOBILES_2018 = list(rows("mobile_prefix_migration_2018"))
LANDLINES_2017 = list(rows("landline_migration_2017"))
NEVER_MOBILE = tuple(
    row["old"] for row in LANDLINES_2017 if row["old_form_collides_with_mobile"] == "no"
)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def subscribers(count: int) -> st.SearchStrategy[str]:
    """Landline subscribers begin with 2 to 7 since October 2008."""
    return st.builds(str.__add__, st.sampled_from("234567"), digits(count - 1))


mobiles = st.builds(
    "".join,
    st.tuples(st.sampled_from(["0328", "0391", "0702", "0793", "0815", "0898", "0901"]), digits(6)),
)
landlines = st.sampled_from(LANDLINES_2017).flatmap(
    lambda row: subscribers(11 - len(row["new"])).map(lambda rest: row["new"] + rest)
)
texts = (
    st.text(st.characters(), max_size=60)
    | st.text("0123456789Ool|. -/+;(,)xESĐTvàoc０１２*", max_size=40)
    | st.from_regex(r"(\+|00)?(84)?[ .(]{0,2}0?[1-9][0-9]{0,3}[ .)-]?[0-9]{5,8}", fullmatch=True)
)


def read(text: str) -> Phone:
    reading = phone(text)
    assert isinstance(reading, Normalized)
    return reading.value


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    reading = phone(vector["input"])

    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
    else:
        assert isinstance(reading, Normalized)
        assert str(reading.value) == vector["expected"]
        assert list(reading.value.readings) == vector["readings"]
        assert list(reading.changes) == vector["changes"]
        assert list(reading.doubts) == vector["doubts"]


@given(texts | st.lists(texts, max_size=3).map(" / ".join))
def test_is_total_and_settles(text):
    """Any text gives a phone or a reason, and a phone reads as itself, without a change."""
    reading = phone(text)

    if isinstance(reading, Normalized):
        again = phone(str(reading.value))
        assert isinstance(again, Normalized)
        assert again.value == reading.value
        assert again.changes == ()
    else:
        assert isinstance(reading.reason, Reason)


@given(texts)
def test_a_phone_that_differs_from_its_text_says_what_was_changed(text):
    """Nothing is changed in silence, and several readings are always a doubt."""
    reading = phone(text)

    if isinstance(reading, Normalized):
        assert (reading.changes == ()) == (str(reading.value) == text)
        assert (Doubt.PHONE_AMBIGUOUS in reading.doubts) == reading.value.ambiguous
        assert reading.value.ambiguous or reading.value.readings == (str(reading.value),)


@given(st.from_regex(r"0[1-9][0-9]{8,9}", fullmatch=True) | mobiles | landlines)
def test_the_fast_path_agrees_with_phonenumbers(text):
    """Valid is what the library holds for a valid mobile or landline, old landlines aside."""
    assume(not (text.startswith(NEVER_MOBILE) and len(text) == 10))
    number = phonenumbers.parse(text, "VN")
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)

    ours = national_pattern().fullmatch(text) is not None

    assert ours == (phonenumbers.number_type(number) in kinds)


@given(mobiles | landlines)
def test_valid_national_numbers_are_themselves(text):
    """A mobile or landline of today is read without change or doubt."""
    assert phone(text) == Normalized(Phone(text, (text,)))


@given(
    mobiles | landlines,
    st.sampled_from(["+84{}", "84{}", "0084{}", "+84 {}", "(+84){}", "+84 (0){}", "84-{}", "{}"]),
)
def test_country_codes_and_lost_zeros(text, form):
    """However the country code is written, and if the 0 is eaten, it is the same phone."""
    assert str(read(form.format(text[1:]))) == text


@given(mobiles, st.sampled_from([" ", ".", "-", " - "]), st.sampled_from([(4, 7), (3, 6), (4, 6)]))
def test_groups_of_a_mobile_change_nothing(text, separator, breaks):
    """Grouping as mobiles are written leaves the number as it is."""
    one, two = breaks

    value = read(separator.join((text[:one], text[one:two], text[two:])))

    assert value == Phone(text, (text,))


@pytest.mark.parametrize("row", MOBILES_2018, ids=lambda r: r["old"])
def test_every_mobile_prefix_of_2018_is_migrated(row):
    """The seven digits after the old prefix stay; only the weak source is doubted."""
    reading = phone(row["old"] + "8345678")

    assert reading == Normalized(
        Phone(row["new"] + "8345678", (row["new"] + "8345678",)),
        (Change.PHONE_MOBILE_2018,),
        (Doubt.PHONE_MIGRATION_WEAK,) if row["confidence"] == "low" else (),
    )


@pytest.mark.parametrize("row", LANDLINES_2017, ids=lambda r: r["old"])
def test_every_area_code_of_2017_set_apart(row):
    """An old landline becomes today's, or one of two readings where a mobile begins alike."""
    old, new = row["old"], row["new"]
    rest = "3825668" + "6" * (len(new) == 3)
    typed = f"{old} {rest}"

    value = read(typed)

    if old == new:
        assert value.readings == (old + rest,)
    elif row["old_form_collides_with_mobile"] == "yes":
        assert value == Phone(typed, (new + rest, old + rest))
    else:
        assert value == Phone(new + rest, (new + rest,))


@given(st.lists(mobiles, min_size=2, max_size=4, unique=True), st.sampled_from([" / ", ";", ", "]))
def test_several_phones_are_several_readings(phones, separator):
    """No phone of a cell is preferred or lost."""
    value = read(separator.join(phones))

    assert value.readings == tuple(phones)
    assert value.ambiguous


def test_silence_blank_and_huge_cells():
    """A repr shows no number; a blank cell is missing; ten million characters are unread."""
    reading = phone("08 38256686")

    assert "38256686" not in repr(reading) + repr(read("08 38256686"))
    assert phone("") is BLANK
    assert phone("0" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert phone("0" * 1000) == Rejected(Reason.PHONE_INVALID)


def test_the_phone_library_is_imported_when_first_needed():
    """Importing the module does not load the library, which takes 20 ms."""
    code = "import sys, vnvaxmatch.normalize.phones; sys.exit('phonenumbers' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
