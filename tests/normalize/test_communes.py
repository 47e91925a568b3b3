import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.normalize.communes import Commune, Vintage, commune, commune_name, province_of
from vnvaxmatch.normalize.places import index
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "communes.json").read_text("utf-8"))
OLD = list(rows("communes_until_2025"))
NEW = list(rows("communes_2025"))


def old_text(row: dict[str, str]) -> str:
    return f"{row['name']}, {row['district']}, {row['province']}"


def read(text: str, **context: str) -> Commune:
    reading = commune(text, **context)
    assert isinstance(reading, Normalized), text
    return reading.value


units = st.sampled_from(OLD).map(old_text) | st.sampled_from(NEW).map(lambda r: r["name"])
parts = st.sampled_from(OLD).flatmap(
    lambda r: st.sampled_from([r["name"], r["district"], r["province"], "Tổ 5", "P.", "Số 10"])
)
addresses = st.lists(parts, min_size=1, max_size=4).flatmap(
    lambda p: st.sampled_from([", ", " - ", " ", ";", "/"]).map(lambda by: by.join(p))
)
texts = st.text(max_size=60) | units | addresses | st.from_regex(r"[0-9]{1,6}", fullmatch=True)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    context = {key: vector[key] for key in ("district", "province") if key in vector}
    vintage = Vintage(vector["vintage"]) if "vintage" in vector else None

    reading = commune(vector["input"], vintage=vintage, **context)

    if "reason" in vector:
        assert reading == Rejected(Reason(vector["reason"]))
    else:
        assert isinstance(reading, Normalized)
        assert str(reading.value) == vector["expected"]
        assert list(reading.value.codes) == vector["codes"]
        assert list(reading.changes) == vector["changes"]
        assert list(reading.doubts) == vector["doubts"]


@given(texts, texts, texts, st.sampled_from([None, *Vintage]))
def test_is_total_and_settles(text, district, province, vintage):
    """No text raises, and reading the canonical text again changes nothing."""
    reading = commune(text, district=district, province=province, vintage=vintage)

    if isinstance(reading, Normalized):
        again = commune(str(reading.value))
        assert isinstance(again, Normalized)
        assert again.value == reading.value
        assert again.changes == ()


def test_every_old_commune_goes_where_the_table_says():
    """Each of the old communes, written in full, reads as the 2025 communes it went into."""
    known = {row["code5"] for row in NEW}
    for row in OLD:
        codes = [c for c in row["communes_2025"].split() if c in known]
        found = read(old_text(row))
        assert set(codes) <= set(found.codes)
        assert len(found.codes) == len(row["communes_2025"].split())


@pytest.mark.parametrize("vintage", [None, Vintage.UNTIL_2025])
def test_what_is_spelt_like_the_table_reads_as_if_searched_for(vintage):
    """The short way for texts that the table has gives what the long way through them gives."""
    for text in index().spelt:
        name, district, province = text.split(", ")

        at_once = commune(name, district=district, province=province, vintage=vintage)
        searched = commune(f"{name} ", district=district, province=province, vintage=vintage)

        assert at_once == searched, text


def test_no_two_old_communes_are_spelt_alike():
    """Name, district and province together name one old commune."""
    assert len(index().spelt) == len(OLD)


def test_every_2025_commune_is_itself():
    """Each commune of 2025, by its name with its province, is that one and changes nothing."""
    for row in NEW:
        reading = commune(commune_name(row["code5"]))
        assert isinstance(reading, Normalized)
        assert reading.value.code == row["code5"]
        assert reading.value.province == row["province2"] == province_of(row["code5"])
        assert reading.changes == ()


@given(st.sampled_from(OLD), st.data())
def test_case_marks_and_separators_do_not_matter(row, data):
    """The same old commune, shouted or divided otherwise, leads to the same place."""
    text = old_text(row)
    by = data.draw(st.sampled_from([" , ", "; ", "\n", " | "]))
    shape = data.draw(st.sampled_from([str.upper, str.lower, str.title]))

    changed = commune(shape(text.replace(", ", by)))

    assert isinstance(changed, Normalized)
    assert changed.value == read(text)


@given(st.sampled_from(OLD))
def test_given_apart_is_the_same_as_in_the_text(row):
    """District and province beside the text say the same as within it."""
    apart = commune(row["name"], district=row["district"], province=row["province"])

    assert isinstance(apart, Normalized)
    assert apart.value == read(old_text(row))


@given(st.sampled_from(OLD))
def test_an_old_code_reads_as_its_name(row):
    """A code of the old list leads where the commune's name leads."""
    by_code = commune(row["code5"], vintage=Vintage.UNTIL_2025)

    assert isinstance(by_code, Normalized)
    assert by_code.value == read(old_text(row))


@given(st.sampled_from(OLD))
def test_without_a_vintage_a_code_never_loses_the_right_commune(row):
    """A bare code that may be of either list keeps all that it may mean, and says so."""
    reading = commune(row["code5"])

    assert isinstance(reading, Normalized)
    assert set(read(old_text(row)).codes) <= set(reading.value.codes)
    if len(reading.value.codes) > 1:
        assert {Doubt.COMMUNE_VINTAGE, Doubt.COMMUNE_SPLIT} & set(reading.doubts)


def test_the_repr_shows_no_place():
    """A commune is personal data in a claim: its repr shows neither code nor name."""
    shown = repr(commune("Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội"))

    assert "00097" not in shown
    assert "Hồng" not in shown


def test_a_long_cell_is_rejected_at_once():
    """Ten megabytes in a cell are not looked at."""
    assert commune("x" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert commune("Phúc Xá", province="x" * 1_001) == Rejected(Reason.TOO_LONG)


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\ufeff"])
def test_blank_is_missing(blank):
    """A blank cell is missing, not unknown."""
    assert commune(blank) is BLANK


def test_a_change_to_2025_is_said():
    """An old commune that became another one is reported as changed."""
    reading = commune("Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội")

    assert isinstance(reading, Normalized)
    assert reading.changes == (Change.COMMUNE_2025,)


@pytest.mark.parametrize("code", ["", "1", "99999", "01"])
def test_the_name_of_an_unknown_code_is_a_key_error(code):
    """Only five-digit codes of 2025 have a name."""
    with pytest.raises(KeyError):
        commune_name(code)
    with pytest.raises(KeyError):
        province_of(code)
