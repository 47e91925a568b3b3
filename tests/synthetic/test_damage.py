import unicodedata
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.synthetic.field_damage import BIRTH_DAMAGE, NUMBER_DAMAGE, SEX_DAMAGE, scientific
from vnvaxmatch.synthetic.kinds import KINDS
from vnvaxmatch.synthetic.name_damage import NAME_DAMAGE, legacy, unmarked
from vnvaxmatch.synthetic.people import people_block

DICE = st.integers(0, 2**32).map(Random)
PARTS = ("Nguyễn", "Thị", "Văn", "Đăng", "Hòa", "Thủy", "Lý", "H'Hen", "Ánh", "Quý", "Dương", "An")
NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map(" ".join)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("tcvn3", "NguyÔn V¨n Hïng"),
        ("vni", "Nguyeãn Vaên Huøng"),
    ],
)
def test_legacy_encodings_look_as_they_do_in_old_files(encoding, shown):
    """Names come out as they stand in the cells of old spreadsheets."""
    assert legacy("Nguyễn Văn Hùng", encoding=encoding) == shown


@pytest.mark.parametrize(
    ("code", "name", "shown"),
    [
        ("name_tcvn3_capitals", "Nguyễn Văn Hùng", "NGUYÔN V¡N HïNG"),
        ("name_mojibake_cp1252", "Nguyễn Hồng", "Nguyá»…n Há»“ng"),
        ("name_mojibake_mac", "Nguyễn Hồng", "Nguy·ªÖn H·ªìng"),
        ("name_cp1258", "Mã Lý Trì Võ", "Mă Lư Tŕ Vơ"),
        ("name_tone_placement", "Lê Thị Hòa", "Lê Thị Hoà"),
        ("name_tone_placement", "Phạm Văn Quý", None),
        ("name_tone_placement", "Nguyễn Thị Huỳnh", None),
        ("name_toned_i", "Lý An", "Lí An"),
        ("name_toned_i", "Trà My", None),
        ("name_look_alikes", "Đặng Dương", "Ðặng Dƣơng"),
        ("name_mark_order", "Nguyễn An", "Nguyẽ\u0302n An"),
        ("name_unaccented", "Đặng Thị Hường", "Dang Thi Huong"),
        ("name_unaccented", "An", None),
        ("name_missing_middle", "Nguyễn An", None),
    ],
)
def test_damage_is_what_its_name_says(code, name, shown):
    """Each kind does what it is called, and nothing where it has nothing to take hold of."""
    assert NAME_DAMAGE[code](Random(1), name) == shown


def test_keystrokes_are_those_of_the_input_methods():
    """Telex and VNI keys stand where somebody typed them."""
    telex = {NAME_DAMAGE["name_telex"](Random(n), "Nguyễn Văn Hùng") for n in range(200)}
    vni = {NAME_DAMAGE["name_vni_keys"](Random(n), "Nguyễn Văn Hùng") for n in range(200)}

    assert "Nguyeenx Vawn Hungf" in telex
    assert {"Nguye6n4 Va8n Hu2ng", "Nguye64n Va8n Hu2ng"} & vni


@given(DICE, NAMES, st.sampled_from(sorted(NAME_DAMAGE)))
def test_no_damage_to_a_name_fails(dice, name, code):
    """Every kind gives a text or None for every name."""
    text = NAME_DAMAGE[code](dice, name)

    assert text is None or isinstance(text, str)


@given(
    DICE,
    st.dates(date(1900, 1, 1), date(2021, 12, 31)),
    st.sampled_from(sorted(BIRTH_DAMAGE)),
)
def test_no_damage_to_a_date_fails(dice, day, code):
    """Every kind gives a text or None for every date, leap days too."""
    text = BIRTH_DAMAGE[code](dice, day)

    assert text is None or isinstance(text, str)


@given(DICE, st.from_regex(r"[0-9]{9}|[0-9]{12}", fullmatch=True))
def test_one_wrong_digit_is_one(dice, number):
    """A wrong digit leaves the length and all other digits."""
    text = NUMBER_DAMAGE["number_digit"](dice, number)

    assert len(text) == len(number)
    assert sum(a != b for a, b in zip(text, number, strict=True)) == 1


@given(DICE, st.from_regex(r"[1-9][0-9]{8}|0[0-9]{10}[1-9]", fullmatch=True))
def test_a_transposition_keeps_the_digits(dice, number):
    """Two neighbours change places, and nothing else."""
    text = NUMBER_DAMAGE["number_transposed"](dice, number)

    if text is not None:
        assert text != number
        assert sorted(text) == sorted(number)


def test_a_swap_is_not_noted_where_it_changes_nothing():
    """The fifth of May cannot be swapped."""
    assert BIRTH_DAMAGE["birth_swapped"](Random(1), date(1985, 5, 5)) is None
    assert BIRTH_DAMAGE["birth_swapped"](Random(1), date(1985, 5, 25)) == "05/25/1985"


def test_serials_are_those_of_the_1900_system():
    """A spreadsheet's number is counted as spreadsheets count."""
    assert BIRTH_DAMAGE["birth_serial"](Random(1), date(1985, 11, 11)) == "31362"


def test_scientific_notation_loses_digits():
    """What a narrow column showed cannot be undone."""
    assert scientific("001085000123") == "1.085E+09"


def test_the_wrong_sex_is_the_other_one():
    """There are two."""
    assert SEX_DAMAGE["sex_wrong"](Random(1), "Nam") == "Nữ"
    assert SEX_DAMAGE["sex_wrong"](Random(1), "Nữ") == "Nam"


@given(st.text(max_size=30))
def test_unmarked_text_has_no_marks(text):
    """Nothing that combines is left."""
    assert not any(unicodedata.combining(char) for char in unmarked(text))


def test_every_kind_is_made_by_something():
    """The table of kinds and the functions name the same codes."""
    special = {"number_former", "number_of_another", "number_is_phone"}
    of_names = {code for code, kind in KINDS.items() if kind.field == "name"}
    of_numbers = {code for code, kind in KINDS.items() if kind.field == "id_number"}

    assert of_names == set(NAME_DAMAGE)
    assert of_numbers == set(NUMBER_DAMAGE) | special
    assert {c for c, k in KINDS.items() if k.field == "birth"} == set(BIRTH_DAMAGE)


def test_strangers_share_no_number_with_the_population():
    """Whoever is not in the population has a number that nobody there has."""
    inside = people_block(5, 0, total=20_000)
    outside = people_block(5, 1, total=20_000)

    assert not set(inside.number.tolist()) & set(outside.number.tolist())
    assert not set(inside.cmnd[inside.cmnd >= 0].tolist()) & set(outside.number.tolist())
