"""Which heading holds which column."""

import pytest

from vnvaxmatch.bulk.columns import (
    DOSE_COLUMNS,
    MANDATORY,
    POPULATION_COLUMNS,
    choose,
    fold_heading,
    guess,
    parse_given,
)
from vnvaxmatch.errors import ColumnError

FOUR = ["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"]


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Họ và tên (*)", "full_name"),
        ("HỌ VÀ\nTÊN", "full_name"),
        ("  họ   tên ", "full_name"),
        ("full_name", "full_name"),
        ("Hä vµ tªn", "full_name"),
        ("Hoï vaø teân", "full_name"),
        ("Ngµy sinh", "date_of_birth"),
        ("Giíi tÝnh", "sex"),
        ("Giôùi tính", "sex"),
        ("Ngày, tháng, năm sinh", "date_of_birth"),
        ("Số CMND/CCCD/Hộ chiếu", "id_number"),
        ("Sè CMND", "id_number"),
        ("Quốc tịch", "nationality"),
        ("Mũi số", "dose_number"),
        ("Ngày tiêm", "dose_date"),
        ("Xã/Phường", "commune"),
    ],
)
def test_a_heading_is_known_however_it_is_written(heading, column):
    """Marks, case, stars, line breaks, old fonts and mojibake do not matter."""
    assert guess([heading], DOSE_COLUMNS).found == {column: 0}


@pytest.mark.parametrize("heading", ["", "Ghi chú", "STT", "họ", "name of the mother", "x" * 9_999])
def test_an_unknown_heading_is_nothing(heading):
    """What is not a known heading word for word is no column."""
    assert guess([heading], DOSE_COLUMNS).found == {}


@pytest.mark.parametrize("known", [DOSE_COLUMNS, POPULATION_COLUMNS])
def test_every_spelling_is_folded_and_means_one_column(known):
    """The tables hold headings in their folded form, each under one column only."""
    spellings = [spelling for each in known.values() for spelling in each]

    assert [fold_heading(spelling) for spelling in spellings] == spellings
    assert len(set(spellings)) == len(spellings)


def test_given_columns_come_first():
    """What is given wins over what could be guessed, by heading or by number."""
    headings = [*FOUR, "Tên khác"]

    assert choose(headings, DOSE_COLUMNS, given={"full_name": "tên khác"}).found["full_name"] == 4
    assert choose(headings, DOSE_COLUMNS, given={"full_name": "5"}).found["full_name"] == 4


def test_a_given_heading_may_be_in_an_old_font():
    """A heading typed in Unicode finds the one in the file's old font."""
    found = choose(
        ["Hä vµ tªn khai", *FOUR[1:]], DOSE_COLUMNS, given={"full_name": "Họ và tên khai"}
    )

    assert found.found["full_name"] == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fullname": "Họ và tên"}, "knows no column «fullname»"),
        ({"full_name": "Không có"}, "no heading reads so"),
        ({"full_name": "0"}, "has 4 columns"),
        ({"full_name": "5"}, "has 4 columns"),
        ({"full_name": "9" * 5_000}, "has 4 columns"),
    ],
)
def test_a_useless_column_option_is_refused(given, words):
    """An unknown column, an unknown heading and a number out of range each say what is wrong."""
    with pytest.raises(ColumnError, match=words):
        choose(FOUR, DOSE_COLUMNS, given=given)


def test_a_given_heading_that_stands_twice_needs_its_number():
    """Two equal headings are told apart by number only."""
    with pytest.raises(ColumnError, match="give its number"):
        choose([*FOUR, "Họ và tên"], DOSE_COLUMNS, given={"full_name": "Họ và tên"})


@pytest.mark.parametrize("missing", range(4))
def test_every_mandatory_column_is_asked_for(missing):
    """A missing column is named, with the way to name it."""
    headings = [heading for at, heading in enumerate(FOUR) if at != missing]

    with pytest.raises(ColumnError, match=f"no column for {MANDATORY[missing]};.*--columns"):
        choose(headings, DOSE_COLUMNS)


def test_columns_options_are_parsed():
    """Several in one option or in several, with commas and equals signs in the headings."""
    given = parse_given(["full_name=Họ, tên,sex=Nam=1/Nữ=0", "id_number = 5"])

    assert given == {"full_name": "Họ, tên", "sex": "Nam=1/Nữ=0", "id_number": "5"}


@pytest.mark.parametrize("option", ["", "full_name", "full_name=", "full_name= "])
def test_a_columns_option_without_a_heading_is_refused(option):
    """The message shows how it is written."""
    with pytest.raises(ColumnError, match="COLUMN=HEADING"):
        parse_given([option])
