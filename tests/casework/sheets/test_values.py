"""Reading what was filled in: total, settled, and the same value however it is spelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.casework import Refusal
from vnvaxmatch.casework.sheets.tokens import Place, Sealing, Token
from vnvaxmatch.casework.sheets.values import read_values, same_value, shows
from vnvaxmatch.testing import strategies

from .desk import person

FIELDS = (
    "full_name", "date_of_birth", "sex", "id_number", "nationality", "vaccine", "dose_number",
    "dose_date", "lot", "site", "phone",
)  # fmt: skip
NUMBERS = st.from_regex(r"[0-9]{6,13}(\.0)?", fullmatch=True)
DATES = st.from_regex(r"[0-3]?[0-9][/.-][01]?[0-9][/.-]([0-9]{2}|(19|20)[0-9]{2})", fullmatch=True)
TEXTS = st.one_of(st.text(max_size=30), NUMBERS, DATES, st.sampled_from(["Nam", "Nữ", "VN", "2"]))


@given(filled=st.dictionaries(st.sampled_from(FIELDS), TEXTS.map(str.strip).filter(bool)))
def test_any_text_is_taken_or_refused_and_what_is_taken_settles(filled):
    """No text raises; what is written is read again as itself."""
    read = read_values(filled, person(1))

    if isinstance(read, tuple):
        assert isinstance(read[0], Refusal)
        assert read[1] in filled
    else:
        assert set(read) == set(filled)
        assert read_values(read, person(1)) == read


@given(field=st.sampled_from(FIELDS), one=TEXTS, other=TEXTS)
def test_being_the_same_value_goes_both_ways(field, one, other):
    """And a text is the same as itself."""
    assert same_value(field, one, other) == same_value(field, other, one)
    assert same_value(field, one, one)
    assert shows(field, one, one)


@given(number=strategies.id_numbers())
def test_zeros_come_back_only_where_nothing_else_is_possible(number):
    """A number that lost its zeros is the number itself, or is refused: never another one."""
    filled = {"id_number": str(number).lstrip("0")}

    read = read_values(filled, {"sex": "Nam", "date_of_birth": "1985"})

    assert isinstance(read, tuple) or read["id_number"] == str(number)


@pytest.mark.parametrize(
    ("text", "number", "taken"),
    [
        ("5/3/60", "", True),
        ("5/3/15", "", False),
        ("5/3/15", "001215000123", True),
        ("5/3/15", "001015000123", False),
        ("31362", "", False),
        ("31362", "001085000123", True),
        ("31362", "001086000123", False),
    ],
)
def test_a_guessed_year_is_settled_by_the_number(text, number, taken):
    """Where two years are possible, and the number of the record says which."""
    read = read_values({"date_of_birth": text}, {"id_number": number})

    assert isinstance(read, dict) == taken


@given(
    sheet=st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=10, max_size=10),
    case=st.text("0123456789abcdef", min_size=20, max_size=20),
    number=st.integers(1, 9_999_999),
    at=st.integers(0, 100),
    letter=st.sampled_from("abcdef0123456789-"),
)
def test_a_token_is_read_back_and_no_other_text_is(sheet, case, number, at, letter):
    """Capitals and spaces around do not matter; any other letter does."""
    sealing = Sealing(bytes(32))
    token = Token(sheet, case, number)
    text = sealing.token(token)

    changed = text[: at % len(text)] + letter + text[at % len(text) + 1 :]

    assert sealing.read(f"  {text.upper()} ") == token
    assert sealing.read(changed) in ((token,) if changed == text else (None,))
    assert Sealing(bytes(31) + b"x").read(text) is None


def test_the_streams_of_places_are_their_own():
    """Two sites, or two spellings of one."""
    one, same, other = (Place(site=name) for name in ("Trạm A", "TRẠM  A", "Trạm B"))

    assert one.stream == same.stream
    assert len({one.stream, other.stream, Place("00004").stream, Place().stream}) == 4
