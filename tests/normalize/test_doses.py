import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize import doses
from vnvaxmatch.normalize.births import BirthDate
from vnvaxmatch.normalize.doses import (
    MOST_DOSES,
    ROLLOUT,
    dose_date,
    dose_doubts,
    dose_number,
    sequence_doubts,
)
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.normalize.vaccines import vaccine
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "doses.json").read_text("utf-8"))
READ = {"dose_number": dose_number, "dose_date": dose_date}
AZ = vaccine("AstraZeneca").unwrap()
ABDALA = vaccine("Abdala").unwrap()
DAY = date(2021, 7, 1)

pieces = st.sampled_from(
    ["mũi", "thứ", "liều", " ", "1", "2", "/", ".", "nhắc lại", "-", "M", "ba"]
)
texts = st.text(max_size=30) | st.lists(pieces, max_size=6).map("".join)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    reading = READ[vector["kind"]](vector["input"])
    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
    else:
        assert isinstance(reading, Normalized)
        assert str(reading.value) == str(vector["expected"])
        assert list(reading.changes) == vector["changes"]
        assert list(reading.doubts) == vector["doubts"]


@pytest.mark.parametrize("normalizer", READ.values())
def test_total_and_settles(normalizer):
    """No text makes them raise, and reading their own output changes nothing."""

    @given(texts)
    @example("\ud800")
    @example("\x00")
    def law(text):
        reading = normalizer(text)
        if isinstance(reading, Normalized):
            again = normalizer(str(reading.value))
            assert isinstance(again, Normalized)
            assert (again.value, again.changes) == (reading.value, ())

    law()


@pytest.mark.parametrize("normalizer", READ.values())
def test_long_and_blank(normalizer):
    """A cell of megabytes is refused unread; a blank one is missing."""
    assert normalizer("1" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert normalizer(" \u200b\u00a0\t\n") == BLANK


@given(st.integers(1, 99))
def test_high_numbers_are_doubtful(number):
    """Any number of two digits is read, and doubtful above the most that anybody got."""
    doubts = dose_number(str(number)).doubts
    assert (Doubt.DOSE_NUMBER_IMPLAUSIBLE in doubts) == (number > MOST_DOSES)
    assert dose_number(f"mũi {number}").unwrap() == number


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_two_digit_years_are_of_the_2000s(day):
    """A dose with a two-digit year was given after 2000, without doubt."""
    assert dose_date(f"{day:%d/%m/%y}").unwrap() == day
    assert dose_date(f"{day:%d/%m/%y}").doubts == ()


@given(st.dates(), st.dates(), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_doubts_about_a_day(day, reference, born):
    """A day is doubted before the roll-out, after the reference and before the birth."""
    doubts = dose_doubts(
        day, reference_date=reference, birth=BirthDate(born.year, born.month, born.day)
    )
    assert (Doubt.DOSE_BEFORE_ROLLOUT in doubts) == (day < ROLLOUT)
    assert (Doubt.DOSE_IN_FUTURE in doubts) == (day > reference)
    assert (Doubt.DOSE_BEFORE_BIRTH in doubts) == (day < born)


def test_a_birth_in_the_same_year_is_no_doubt():
    """A birth of year or month precision counts only where the dose is certainly before it."""
    assert dose_doubts(DAY, birth=BirthDate(2021)) == ()
    assert dose_doubts(DAY, birth=BirthDate(2021, 7)) == ()
    assert dose_doubts(DAY, birth=BirthDate(2021, 8)) == (Doubt.DOSE_BEFORE_BIRTH,)
    assert dose_doubts(DAY) == ()


def test_order():
    """A higher number on an earlier day is doubted on both doses, in the order given."""
    later, earlier = (AZ, 1, DAY + timedelta(60)), (AZ, 2, DAY)
    assert sequence_doubts([earlier, later]) == ((Doubt.DOSE_OUT_OF_ORDER,),) * 2
    assert sequence_doubts([(AZ, 2, DAY + timedelta(60)), (AZ, 1, DAY)]) == ((), ())


@pytest.mark.parametrize(
    ("given_first", "fewest"), [(AZ, 21), (ABDALA, 14), (None, 14)], ids=["az", "abdala", "unknown"]
)
def test_interval(given_first, fewest):
    """An interval is short below the fewest days after the vaccine before."""
    first = (given_first, 1, DAY)
    short, enough = ((AZ, 2, DAY + timedelta(days)) for days in (fewest - 1, fewest))
    assert sequence_doubts([first, short]) == ((), (Doubt.DOSE_INTERVAL_SHORT,))
    assert sequence_doubts([short, first]) == ((Doubt.DOSE_INTERVAL_SHORT,), ())
    assert sequence_doubts([first, enough]) == ((), ())


def test_repeated():
    """One number twice or one day twice is doubted on both doses."""
    first = (AZ, 1, DAY)
    assert sequence_doubts([first, (AZ, 1, DAY + timedelta(60))]) == ((Doubt.DOSE_REPEATED,),) * 2
    assert sequence_doubts([first, (AZ, 2, DAY)]) == ((Doubt.DOSE_REPEATED,),) * 2
    assert sequence_doubts([first, (AZ, 1, None)]) == ((Doubt.DOSE_REPEATED,),) * 2


doses_of_a_person = st.lists(
    st.tuples(
        st.sampled_from([None, AZ, ABDALA]),
        st.none() | st.integers(1, 4),
        st.none() | st.integers(0, 90).map(lambda days: DAY + timedelta(days)),
    ),
    max_size=5,
)


@given(doses_of_a_person, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(given_doses, random):
    """Each dose gets the same doubts in whatever order the rows come."""
    order = list(range(len(given_doses)))
    random.shuffle(order)
    days = [day for _, _, day in given_doses if day is not None]
    doubts = sequence_doubts(given_doses)
    shuffled = sequence_doubts([given_doses[i] for i in order])
    assert len(doubts) == len(given_doses)
    if len(set(days)) == len(days):  # two vaccines on one day have no first
        assert [shuffled[order.index(i)] for i in range(len(order))] == list(doubts)


def test_nothing_known_is_nothing_doubted():
    """What is missing is not judged."""
    assert sequence_doubts([]) == ()
    assert sequence_doubts([(None, None, None)] * 2) == ((), ())
    assert sequence_doubts([(AZ, None, DAY), (AZ, 1, None)]) == ((), ())


def test_intervals_name_approved_vaccines():
    """Every vaccine with an interval of its own is in the table, and no interval is shorter."""
    assert set(doses.SHORTEST_INTERVAL) <= {row["approved_name"] for row in rows("vaccines")}
    shortest = min(*doses.SHORTEST_INTERVAL.values(), doses.ANY_INTERVAL)
    assert shortest == doses.UNKNOWN_INTERVAL
