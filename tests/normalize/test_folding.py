"""The wash that all short cells share."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.normalize.folding import fold, lazy, lazy_pattern, narrow, tidy

INVISIBLE = "\x00\x08\x0e\x1b\x7f\u00ad\u034f\u061c\u180e\u200b\u200f\u202a\u202e\u2060\u206f\ufeff"


@pytest.mark.parametrize("sign", INVISIBLE, ids=ascii)
def test_invisible_signs_go(sign):
    """No sign that nobody sees stays, whether the text is printable or not."""
    assert tidy(f"{sign}Vi{sign}ệt{sign} Nam{sign}") == "Việt Nam"


@given(st.text(max_size=40))
def test_tidy_settles(text):
    """What is tidy has no white space to spare, and stays as it is."""
    once = tidy(text)

    assert once == " ".join(once.split())
    assert tidy(once) == once or once[:1] == "="  # a formula may hold another


def test_narrow_touches_full_width_ascii_only():
    """Each full-width form of an ASCII sign becomes that sign, and all else stays."""
    changed = {c: narrow(c) for c in map(chr, range(sys.maxunicode + 1)) if narrow(c) != c}

    assert changed == {c: unicodedata.normalize("NFKC", c) for c in map(chr, range(0xFF01, 0xFF5F))}


@given(st.text(max_size=40))
def test_fold_settles(text):
    """Folded text is its own fold, once composed signs are apart."""
    once = fold(unicodedata.normalize("NFD", text))

    assert fold(once) == once


def test_a_lazy_pattern_is_compiled_once():
    """The pattern is the same object on every call, and a bad one fails only then."""
    pattern = lazy_pattern("[0-9]+")
    broken, broken_finder = lazy_pattern("("), lazy("(")

    assert pattern() is pattern()
    with pytest.raises(Exception, match="missing"):
        broken()
    with pytest.raises(Exception, match="missing"):
        broken_finder("")
