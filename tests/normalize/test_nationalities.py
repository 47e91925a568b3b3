import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.nationalities import Nationality, nationality
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "nationalities.json").read_text("utf-8")
)
COUNTRIES = list(rows("country_names_en"))
NAMES = [
    (name, row["iso2"])
    for row in COUNTRIES
    for name in f"{row['names_vi']};{row['names_en']}".split(";")
    if name
] + [(row["name_vi"], row["iso2"]) for row in rows("country_codes")]

texts = st.text(max_size=30) | st.lists(
    st.sampled_from([name for name, _ in NAMES] + ["(", ")", "/", " - ", "VN", "Quốc tịch: "]),
    max_size=3,
).map("".join)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    reading = nationality(vector["input"])
    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
    else:
        assert isinstance(reading, Normalized)
        assert str(reading.value) == vector["expected"]
        assert list(reading.changes) == vector["changes"]
        assert list(reading.doubts) == vector["doubts"]


@given(texts)
@example("\ud800")
@example("\x00")
def test_total_and_settles(text):
    """No text makes it raise, and reading its own output changes nothing."""
    reading = nationality(text)
    if isinstance(reading, Normalized):
        again = nationality(str(reading.value))
        assert isinstance(again, Normalized)
        assert (again.value, again.changes) == (reading.value, ())


@pytest.mark.parametrize("row", COUNTRIES, ids=lambda row: row["iso2"])
def test_codes_are_read_back(row):
    """Both codes of a country are read as that country, unless a name looks the same."""
    value = Nationality(row["iso2"])
    assert nationality(str(value)).unwrap() == value
    if row["iso3"]:
        reading = nationality(row["iso3"])
        assert reading.unwrap() == value or Doubt.NATIONALITY_AMBIGUOUS in reading.doubts


def test_every_name_of_the_tables():
    """Every name in the tables is read as its country, also in capitals."""
    for name, code in NAMES:
        assert nationality(name).unwrap().code == code, name
        assert nationality(name.upper()).unwrap().code in (code, name.upper()), name


def test_no_name_is_of_two_countries():
    """No name in the tables stands for two countries, with marks or without."""
    seen: dict[str, str] = {}
    for name, code in NAMES:
        assert seen.setdefault(name.lower(), code) == code, name


def test_only_vietnam_is_vietnamese():
    """One nationality of all is the Vietnamese one."""
    assert [r["iso2"] for r in COUNTRIES if Nationality(r["iso2"]).vietnamese] == ["VN"]


def test_long_and_blank():
    """A cell of megabytes is refused unread; a blank one is missing."""
    assert nationality("n" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert nationality(" \u200b\u00a0\t\n") == BLANK
