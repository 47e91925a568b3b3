import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize import vaccines
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vaccines import Vaccine, vaccine
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "vaccines.json").read_text("utf-8"))
TABLE = list(rows("vaccines"))
SHORT = [name for row in TABLE for name in row["short_names"].split("; ")]

texts = st.text(max_size=30) | st.lists(
    st.sampled_from([*SHORT, " ", "+", "/", "mũi 1", "Covid-19", "Sinovac", "x"]), max_size=4
).map("".join)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    reading = vaccine(vector["input"])
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
    reading = vaccine(text)
    if isinstance(reading, Normalized):
        assert vaccine(str(reading.value)) == Normalized(reading.value)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["approved_name"])
def test_names_of_the_table(row):
    """Approved and short names are no change, in any case the same vaccine."""
    value = Vaccine(row["approved_name"], row["maker"])
    for name in (row["approved_name"], *row["short_names"].split("; ")):
        assert vaccine(name) == Normalized(value)
        for spelt in (name.upper(), name.lower(), f"vắc xin {name}"):
            assert vaccine(spelt).unwrap() == value


@pytest.mark.parametrize("other", vaccines._OTHERS)
def test_others_are_never_read_as_approved(other):
    """A vaccine that was not approved is rejected, also when an approved name stands beside it."""
    assert vaccine(other.upper()) == Rejected(Reason.VACCINE_UNREADABLE)
    assert vaccine(f"Vero Cell ({other})") == Rejected(Reason.VACCINE_UNREADABLE)


@given(st.sampled_from(SHORT), st.sampled_from(SHORT))
def test_two_vaccines_are_none(one, other):
    """A cell that names two vaccines is rejected; twice the same is that one."""
    first, second = vaccine(one).unwrap(), vaccine(other).unwrap()
    both = vaccine(f"{one} + {other}")
    if first == second:
        assert both.unwrap() == first
    elif {"Sinopharm", "Hayat Vax"} == {one, other}:
        assert both.unwrap().name == "Hayat-Vax"  # its maker beside it
    else:
        assert both == Rejected(Reason.VACCINE_UNREADABLE)


@given(st.sampled_from(["AstraZeneca", "Moderna", "Comirnaty", "Spikevax", "Janssen"]), st.data())
def test_one_slip_is_doubtful_at_most(name, data):
    """A letter left out leaves the vaccine or nothing: never another one."""
    at = data.draw(st.integers(0, len(name) - 1))
    reading = vaccine(name[:at] + name[at + 1 :])
    if isinstance(reading, Normalized):
        assert reading.value == vaccine(name).unwrap()
        assert reading.doubts in ((), (Doubt.VACCINE_GUESSED,))


def test_long_and_blank():
    """A cell of megabytes is refused unread; a blank one is missing."""
    assert vaccine("n" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert vaccine(" \u200b\u00a0\t\n") == BLANK
