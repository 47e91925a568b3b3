"""Damage to texts, of the kinds that vaccination lists really hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["misspelt"]

T = TypeVar("T")


def misspelt(of: st.SearchStrategy[T] | T, /, *, at_most: int = 2) -> st.SearchStrategy[str]:
    """Texts of a value, or of the values of a strategy, with up to ``at_most`` kinds of damage.

    Harmless kinds (case, spaces, Unicode form, tabs) and harmful ones (marks lost, a character
    lost, doubled, changed or swapped with its neighbour, words in another order, a word lost) both
    occur; no damage is one of the possibilities.
    """
    source = of if isinstance(of, st.SearchStrategy) else st.just(of)

    @st.composite
    def texts(draw: st.DrawFn) -> str:
        text = str(draw(source))
        for damage in draw(st.lists(st.sampled_from(_DAMAGES), max_size=at_most)):
            text = damage(draw, text)
        return text

    return texts()


def _upper(_: st.DrawFn, text: str) -> str:
    return text.upper()


def _lower(_: st.DrawFn, text: str) -> str:
    return text.lower()


def _decomposed(_: st.DrawFn, text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _spaced(draw: st.DrawFn, text: str) -> str:
    space = draw(st.sampled_from(["  ", "\t", "\u00a0"]))
    return f" {text.replace(' ', space)} "


def _unmarked(_: st.DrawFn, text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in letters if not unicodedata.combining(c))


def _at(draw: st.DrawFn, text: str) -> int:
    return draw(st.integers(0, max(0, len(text) - 1)))


def _lost(draw: st.DrawFn, text: str) -> str:
    i = _at(draw, text)
    return text[:i] + text[i + 1 :]


def _doubled(draw: st.DrawFn, text: str) -> str:
    i = _at(draw, text)
    return text[: i + 1] + text[i:]


def _changed(draw: st.DrawFn, text: str) -> str:
    i = _at(draw, text)
    return text[:i] + draw(st.sampled_from("abeghinostuwxy0123456789")) + text[i + 1 :]


def _swapped(draw: st.DrawFn, text: str) -> str:
    i = _at(draw, text)
    return text[:i] + text[i + 1 : i + 2] + text[i : i + 1] + text[i + 2 :]


def _reordered(draw: st.DrawFn, text: str) -> str:
    return " ".join(draw(st.permutations(text.split(" "))))


def _word_lost(draw: st.DrawFn, text: str) -> str:
    words = text.split(" ")
    lost = draw(st.integers(0, len(words) - 1))
    return " ".join(words[:lost] + words[lost + 1 :])


_DAMAGES: tuple[Callable[[st.DrawFn, str], str], ...] = (
    _upper,
    _lower,
    _decomposed,
    _spaced,
    _unmarked,
    _lost,
    _doubled,
    _changed,
    _swapped,
    _reordered,
    _word_lost,
)
