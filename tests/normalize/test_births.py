import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.births import CAMPAIGN, BirthDate, Precision, birth
from vnvaxmatch.normalize.dates import FIRST_YEAR, LAST_YEAR, SERIALS, days_in
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "births.json").read_text("utf-8"))

ZERO_DAYS = (date(1899, 12, 30), date(1899, 12, 31))  # what spreadsheets make of an empty date
days = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)).filter(
    lambda d: d not in ZERO_DAYS
)
births = days.flatmap(
    lambda d: st.sampled_from(
        [BirthDate(d.year), BirthDate(d.year, d.month), BirthDate(d.year, d.month, d.day)]
    )
)
pieces = st.sampled_from(
    [*"/-.,: TZOlIx?'²５", "00", "0", "2", "12", "29", "31", "85", "1985", "+07:00"]
) | st.sampled_from(["ngày", "tháng", "năm", "sinh", "SN", "Nov", "SA"])
texts = st.text(max_size=40) | st.lists(pieces, max_size=10).map("".join)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    said = vector.get("reference_date")
    reading = birth(vector["input"], reference_date=said and date.fromisoformat(said))
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
@example("1" * 1000)
@example("31362." + "9" * 500)
@example("x/" * 499 + "1")
def test_total_and_settles(text):
    """No text makes it raise, and reading its own output changes nothing."""
    reading = birth(text)
    if isinstance(reading, Normalized):
        again = birth(str(reading.value))
        assert isinstance(again, Normalized)
        assert again.value == reading.value
        assert again.changes == ()


@given(births)
def test_canonical_text_is_read_back(value):
    """The canonical text of any birth date is read as that date, with nothing changed."""
    reading = birth(str(value))
    assert isinstance(reading, Normalized)
    assert (reading.value, reading.changes) == (value, ())


@given(days, st.sampled_from("/-. "))
def test_the_day_comes_first(day, sep):
    """Whatever the separator and the padding, day, month and year are read in that order."""
    expected = BirthDate(day.year, day.month, day.day)
    for text in (
        f"{day:%d}{sep}{day:%m}{sep}{day:%Y}",
        f"{day.day}{sep}{day.month}{sep}{day.year}",
        f"{day:%d%m%Y}",
        f"{day:%Y%m%d}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
        f"{day:%d-%b-%Y}",
        f"{day:%Y-%m-%d %H:%M:%S}",
    ):
        reading = birth(text)
        assert isinstance(reading, Normalized), text
        assert reading.value == expected
        assert Doubt.BIRTH_SWAPPED not in reading.doubts


@given(st.integers(FIRST_YEAR, LAST_YEAR), st.integers(1, 12), st.integers(29, 31))
def test_nothing_rolls_over(year, month, day):
    """A day that the month does not have is rejected, never moved into the next month."""
    reading = birth(f"{day:02d}/{month:02d}/{year}")
    if day > days_in(year, month):
        assert reading == Rejected(Reason.BIRTH_IMPOSSIBLE)
    elif date(year, month, day) not in ZERO_DAYS:
        assert reading.unwrap() == BirthDate(year, month, day)


@given(days, st.dates(date(1960, 1, 1), date(2100, 12, 31)))
def test_two_digit_years_pivot(day, reference):
    """A two-digit year is the latest that is not after the reference, and always doubtful."""
    reading = birth(f"{day:%d/%m/%y}", reference_date=reference)
    if not isinstance(reading, Normalized):
        assert (day.month, day.day) == (2, 29)  # not every century has it
        return
    assert Change.BIRTH_CENTURY in reading.changes
    assert Doubt.BIRTH_CENTURY_GUESSED in reading.doubts
    assert Doubt.BIRTH_IN_FUTURE not in reading.doubts
    value = reading.value
    assert (value.month, value.day, value.year % 100) == (day.month, day.day, day.year % 100)
    assert value.code <= int(f"{reference:%Y%m%d}") < value.code + 100_0000


@given(st.sampled_from(SERIALS))
def test_serials_count_days(serial):
    """A serial of the 1900 system is so many days after 30 December 1899, and doubtful."""
    reading = birth(str(serial))
    day = date(1899, 12, 30) + timedelta(days=serial)
    assert isinstance(reading, Normalized)
    assert reading.value == BirthDate(day.year, day.month, day.day)
    assert Doubt.BIRTH_SERIAL_GUESSED in reading.doubts


@given(st.integers(13, 31), st.integers(1, 12), st.integers(FIRST_YEAR, LAST_YEAR))
def test_a_swap_is_said(day, month, year):
    """Only a month that cannot be one is swapped, and that is a doubt."""
    reading = birth(f"{month:02d}/{day:02d}/{year}")
    if isinstance(reading, Normalized):
        assert reading.value == BirthDate(year, month, day)
        assert Change.BIRTH_DAY_MONTH_ORDER in reading.changes
        assert Doubt.BIRTH_SWAPPED in reading.doubts
    else:
        assert day > days_in(year, month)


@given(births)
def test_code_is_a_bijection_that_sorts(value):
    """A code gives its date back, and codes sort as the dates do."""
    assert BirthDate.from_code(value.code) == value
    other = BirthDate(1985, 11)
    assert (value < other) == (value.code < other.code)


@given(births)
def test_precision_is_what_is_there(value):
    """The precision, the doubt and the length of the text agree."""
    length = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}[value.precision]
    assert len(str(value)) == length
    doubts = birth(str(value)).doubts
    assert (Doubt.BIRTH_NO_DAY in doubts) == (value.precision is not Precision.DAY)


@pytest.mark.parametrize(
    "parts", [(1985, None, 1), (1985, 13), (1985, 2, 30), (1985, 0), (1849,), (2201,), (1985, 1, 0)]
)
def test_parts_that_make_no_date(parts):
    """A birth date cannot be made of parts that are none, and the error shows none of them."""
    with pytest.raises(ValueError, match="make no birth date") as caught:
        BirthDate(*parts)
    assert "1985" not in str(caught.value)


@pytest.mark.parametrize("code", [0, -1, 1985, 19850010, 19851301, 19850231])
def test_codes_that_are_none(code):
    """An integer that is no code raises ValueError."""
    with pytest.raises(ValueError, match="make no birth date"):
        BirthDate.from_code(code)


def test_future_needs_a_reference():
    """Without a reference nothing is in the future; with one, only what certainly is."""
    later = str(CAMPAIGN.year + 20)
    assert Doubt.BIRTH_IN_FUTURE not in birth(later).doubts
    assert Doubt.BIRTH_IN_FUTURE in birth(later, reference_date=CAMPAIGN).doubts
    assert Doubt.BIRTH_IN_FUTURE not in birth("2021", reference_date=CAMPAIGN).doubts


def test_repr_shows_nothing():
    """Neither the date nor a reading of it shows a part of it."""
    reading = birth("10/11/1985")
    assert not any(part in repr(reading) + repr(reading.value) for part in ("1985", "10", "11"))


def test_long_and_blank():
    """A cell of megabytes is refused unread; a blank one is missing."""
    assert birth("1" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert birth(" \u200b\u00a0\t\n") == BLANK
