import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.normalize.folding import fold, legacy_spellings, narrow, tidy
from vnvaxmatch.normalize.sexes import Sex, sex
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reason, Rejected

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sexes.json").read_text("utf-8"))

pieces = st.sampled_from(["Nam", "Nữ", "1", "2", "0", " ", "-", "(", ")", "/", "N", "nu", "²", "÷"])
texts = st.text(max_size=20) | st.lists(pieces, max_size=5).map("".join)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_vectors(vector):
    """Every vector reads as it says."""
    reading = sex(vector["input"])
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
    reading = sex(text)
    if isinstance(reading, Normalized):
        assert sex(str(reading.value)) == Normalized(reading.value)


@pytest.mark.parametrize("value", Sex)
def test_vietnamese_word_is_read_back(value):
    """The word of the forms is read as it stands, whole or in capitals."""
    assert sex(value.vietnamese) == Normalized(value)
    assert sex(value.vietnamese.upper()).unwrap() is value


@given(st.sampled_from(["Nam", "Nữ"]), st.sampled_from(["Nam", "Nữ"]), st.text("/,;- ", min_size=1))
def test_both_are_ambiguous(one, other, between):
    """A cell that names both sexes is never read as one of them."""
    if one != other:
        assert sex(one + between + other) == Rejected(Reason.SEX_AMBIGUOUS)


@given(st.integers(0, 10**9).map(str))
def test_numbers_other_than_two_codes(number):
    """Of all numbers only 1 and 2 are read, and both are doubtful."""
    reading = sex(number)
    assert isinstance(reading, Normalized) == (number in ("1", "2"))
    if isinstance(reading, Normalized):
        assert reading.doubts == (Doubt.SEX_CODED,)


def test_long_and_blank():
    """A cell of megabytes is refused unread; a blank one is missing."""
    assert sex("n" * 10_000_000) == Rejected(Reason.TOO_LONG)
    assert sex(" \u200b\u00a0\t\n") == BLANK


@given(st.text(max_size=30))
def test_washing_settles(text):
    """Tidying, narrowing and folding once is as good as twice."""
    for wash in (tidy, narrow, fold):
        assert wash(wash(text)) == wash(text)


@given(st.text(st.sampled_from("aăâđêơưọửẫỹÁĐỮ Nn"), max_size=12))
def test_lost_encodings_of_any_word(word):
    """Every Vietnamese word has its lost spellings, and is none of them itself."""
    found = legacy_spellings(word)
    assert word.lower() not in found
    assert all(spelling == spelling.lower() for spelling in found)
