"""What all drawings share: the scale, signs for levels, lists of what was said, wrapped lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import attrs

from vnvaxmatch.compare import Level
from vnvaxmatch.explain.words import Phrase, clean, phrase, ratio
from vnvaxmatch.messages import message

if TYPE_CHECKING:
    from vnvaxmatch.explain.explanation import Explanation

__all__ = ["SIGNS", "Scale", "footer", "lists", "signed_level", "suggestions", "wrapped"]

SIGNS: Final = {
    Level.SAME: "=",
    Level.LINKED: "=",
    Level.UNMARKED: "≈",
    Level.CLOSE: "≈",
    Level.DIFFERENT: "≠",
    Level.MISSING: "–",
}
"""How alike, where nothing was weighed: signs that are in every font."""


def signed_level(level: Level | None) -> str:
    """Give the sign of a level, or nothing where there was no comparison."""
    return "" if level is None else SIGNS[level]


@attrs.frozen
class Scale:
    """A scale from ``low`` to ``high``, with 0 on it, laid over a length.

    >>> scale = Scale(-5.0, 15.0, 40)
    >>> scale(0.0), scale(15.0)
    (10.0, 40.0)
    """

    low: float
    high: float
    length: float

    @classmethod
    def of(cls, explanation: Explanation, length: float) -> Scale:
        """Make the scale that all totals of an explanation fit on."""
        totals = [step.total for step in explanation.steps if step.total is not None]
        return cls(min([0.0, *totals]), max([0.0, *totals]), length)

    def __call__(self, bits: float) -> float:
        """Say where a weight lies."""
        span = self.high - self.low
        return (bits - self.low) / span * self.length if span else 0.0


def suggestions(explanation: Explanation) -> Iterator[tuple[str, str, str]]:
    """Give the suggestions: field, value, and how sure (or nothing)."""
    lang = explanation.lang
    for suggestion in explanation.suggestions:
        sure = ""
        if suggestion.weight is not None:
            odds = ratio(suggestion.weight, lang=lang)
            sure = phrase(Phrase.BY_OTHERS, lang=lang, odds=odds)
        yield message(f"field.{suggestion.field}", lang=lang), clean(suggestion.value), sure


def lists(explanation: Explanation) -> Iterator[tuple[str, list[str]]]:
    """Give what else is to be said: headings with their sentences, none of them empty."""
    lang = explanation.lang
    told = (
        (Phrase.FOUND, explanation.found),
        (Phrase.REASONS, explanation.reasons),
        (Phrase.REPAIRS, explanation.repairs),
    )
    for heading, codes in told:
        if codes:
            sentences = [message(code.value, lang=lang) for code in codes]
            yield phrase(heading, lang=lang), list(dict.fromkeys(sentences))
    if explanation.entry_key:
        yield phrase(Phrase.ENTRY, lang=lang), [clean(explanation.entry_key)]
    if explanation.candidates:
        yield phrase(Phrase.CANDIDATES, lang=lang), [clean(key) for key in explanation.candidates]


def footer(explanation: Explanation) -> str:
    """Say by which matcher, model and policy, and at which disclosure."""
    return phrase(
        Phrase.MADE_BY,
        lang=explanation.lang,
        matcher=clean(explanation.matcher) or "–",
        model=clean(explanation.model) or "–",
        policy=clean(explanation.policy) or "–",
        disclosure=explanation.disclosure.value,
    )


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """Break a text into lines that measure ``width`` at the most; a word too long is broken.

    >>> list(wrapped("Ngày sinh khác", 9, len))
    ['Ngày sinh', 'khác']
    """
    line = ""
    for word in text.split():
        if line and measure(f"{line} {word}") > width:
            yield line
            line = ""
        while measure(word) > width:
            cut = len(word) - 1
            while cut > 1 and measure(word[:cut]) > width:
                cut -= 1
            cut = max(cut, 1)
            yield word[:cut]
            word = word[cut:]
            if not word:
                return
        line = f"{line} {word}" if line else word
    if line:
        yield line
