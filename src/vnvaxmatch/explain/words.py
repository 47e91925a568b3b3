"""The words and numbers of an explanation: weights, odds and probabilities as people say them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from math import ceil, floor, log10
from typing import Final

from vnvaxmatch.messages import Lang, message

__all__ = ["Phrase", "clean", "odds_sentence", "phrase", "ratio", "signed", "times", "width_of"]


class Phrase(StrEnum):
    """What an explanation says beside the codes; the values are keys of ``messages.csv``."""

    TITLE = "explain.title"
    ROW = "explain.row"
    PRIOR = "explain.prior"
    PRIOR_ABOUT = "explain.prior_about"
    REST = "explain.rest"
    REST_ABOUT = "explain.rest_about"
    TOTAL = "explain.total"
    USED_ONCE = "explain.used_once"
    READABLE = "explain.readable"
    ODDS_FOR = "explain.odds_for"
    ODDS_ABOUT_FOR = "explain.odds_about_for"
    ODDS_AGAINST = "explain.odds_against"
    ODDS_ABOUT_AGAINST = "explain.odds_about_against"
    ODDS_EVEN = "explain.odds_even"
    MARGIN = "explain.margin"
    MARGIN_EVEN = "explain.margin_even"
    UNWEIGHED = "explain.unweighed"
    NOBODY_COMPARED = "explain.nobody_compared"
    NOT_TOLD = "explain.not_told"
    SPEAKS_FOR = "explain.speaks_for"
    SPEAKS_AGAINST = "explain.speaks_against"
    EVEN = "explain.even"
    FIELD = "explain.field"
    FINDING = "explain.finding"
    CLAIMED = "explain.claimed"
    WEIGHT = "explain.weight"
    RUNNING = "explain.running"
    ODDS = "explain.odds"
    REASONS = "explain.reasons"
    REPAIRS = "explain.repairs"
    FOUND = "explain.found"
    SUGGESTIONS = "explain.suggestions"
    VALUE = "explain.value"
    BY_OTHERS = "explain.by_others"
    ENTRY = "explain.entry"
    CANDIDATES = "explain.candidates"
    MADE_BY = "explain.made_by"
    PICTURE = "explain.picture"
    MILLION = "explain.million"
    BILLION = "explain.billion"


_MOST: Final = 10**12
"""Odds beyond this are said to be more than this: no list has so many people."""

_FEW: Final = 10
"""Odds below this are told to the nearest whole number, those above by their first digit."""

_NINES: Final = 4
"""A probability is told with so many decimals of a per cent at the most."""

_NEAR: Final = 1.15
"""A probability of error that is told is at most this many times the right one."""


def phrase(of: Phrase, /, *, lang: Lang, **values: str) -> str:
    """Give a phrase, with its places filled in.

    >>> phrase(Phrase.ROW, lang="en", row="17")
    'Row 17 of the list'
    """
    words = message(of.value, lang=lang)
    return words.format(**values) if values else words


def signed(bits: float, /, *, lang: Lang) -> str:
    """Write a weight to one decimal, with its sign.

    >>> signed(18.24, lang="vi"), signed(-0.31, lang="en"), signed(-0.01, lang="en")
    ('+18,2', '−0.3', '0.0')
    """
    text = f"{abs(bits):.1f}"
    sign = "" if text == "0.0" else "+" if bits > 0 else "\N{MINUS SIGN}"
    return sign + _local(text, lang)


def times(bits: float, /, *, lang: Lang) -> str:
    """Write 2 to the power of some bits (0 or more) as a count, rounded down to its first digit.

    >>> times(10, lang="vi"), times(25, lang="en"), times(33.3, lang="vi"), times(99, lang="en")
    ('1.000', '30 million', '10 tỷ', '1,000 billion')
    """
    return _count(_first_digit(_power(bits), floor), lang)


def ratio(bits: float, /, *, lang: Lang) -> str:
    """Write odds short, to about one digit.

    >>> ratio(10, lang="vi"), ratio(-21.3, lang="en"), ratio(0.2, lang="en"), ratio(60, lang="en")
    ('1.000 : 1', '1 : 3 million', '1 : 1', '> 1,000 billion : 1')
    """
    odds = _power(abs(bits))
    count = _count(_first_digit(odds, round), lang)
    text = f"{count} : 1" if bits >= 0 else f"1 : {count}"
    return f"> {text}" if odds >= _MOST else text


def odds_sentence(bits: float, /, *, lang: Lang) -> str:
    """Say what a match weight means, as odds and as a probability.

    >>> odds_sentence(10.2, lang="en").partition(" (")[0]
    'More than 1,000 to 1 that they are one person'
    >>> odds_sentence(-4.4, lang="vi").partition(" (")[2]
    'xác suất là cùng một người: dưới 5 %)'
    """
    odds = _power(abs(bits))
    rounded: Callable[[float], int] = round if odds < _FEW else floor
    whole = _first_digit(odds, rounded)
    if whole < 2:
        return phrase(Phrase.ODDS_EVEN, lang=lang)
    if odds < _FEW:
        kind = Phrase.ODDS_ABOUT_FOR if bits > 0 else Phrase.ODDS_ABOUT_AGAINST
    else:
        kind = Phrase.ODDS_FOR if bits > 0 else Phrase.ODDS_AGAINST
    return phrase(kind, lang=lang, n=_count(whole, lang), percent=_percent(whole, bits > 0, lang))


def clean(text: str) -> str:
    """Make a value fit to be shown: composed, on one line, nothing in it that steers a display.

    >>> clean("Hoà\\x1b[2J\\u202e")
    'Hoà�[2J�'
    """
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in composed)


def width_of(text: str) -> int:
    """Say how many columns of a terminal a text takes: marks none, full-width letters two.

    >>> width_of("Nguyễn"), width_of("日本"), width_of("e\\u0303\\u0302")
    (6, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(c) in ("W", "F")
        else 1
        for c in text
    )  # fmt: skip


def _power(bits: float) -> float:
    return float(min(2.0 ** min(bits, 100.0), _MOST))


def _first_digit(odds: float, rounded: Callable[[float], int]) -> int:
    """Round to the first digit."""
    unit: int = 10 ** max(0, floor(log10(odds)))
    return rounded(odds / unit) * unit


def _count(whole: int, lang: Lang) -> str:
    for size, kind in ((10**9, Phrase.BILLION), (10**6, Phrase.MILLION)):
        if whole >= size:
            return f"{_local(f'{whole // size:,}', lang)} {phrase(kind, lang=lang).lower()}"
    return _local(f"{whole:,}", lang)


def _percent(odds: int, likely: bool, lang: Lang) -> str:
    """Write the probability by the odds that are told, in as few digits as come near it."""
    unlikely = 100 / (1 + odds)
    rounded: Callable[[float], int] = round if odds < _FEW else ceil  # «more than» is to stay true
    for digits in range(_NINES + 1):
        told = rounded(unlikely * 10**digits) / 10**digits
        if told <= unlikely * _NEAR:
            break
    return _local(f"{100 - told if likely else told:.{digits}f}", lang)


def _local(number: str, lang: Lang) -> str:
    """Write a number's separators as the language does."""
    return number.translate(str.maketrans(",.", ".,")) if lang == "vi" else number
