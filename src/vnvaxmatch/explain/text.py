"""Draw an explanation on a terminal: readable without colour, right with any letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vnvaxmatch.explain.explanation import Explanation, Step
from vnvaxmatch.explain.layout import Scale, footer, lists, signed_level, suggestions, wrapped
from vnvaxmatch.explain.words import Phrase, clean, phrase, signed, width_of

__all__ = ["draw"]

_NARROWEST: Final = 40
_WIDEST: Final = 120
_BESIDE: Final = 24
"""A bar of fewer columns than this goes below its label instead of beside it."""

_FOR: Final = "█"
_AGAINST: Final = "░"
_ZERO: Final = "│"


def draw(explanation: Explanation, width: int) -> str:
    """Draw an explanation on lines of at most ``width`` columns (but 40 at the least)."""
    return "\n".join(_lines(explanation, max(_NARROWEST, min(width, _WIDEST))))


def _lines(explanation: Explanation, width: int) -> Iterator[str]:
    lang = explanation.lang
    if explanation.row is not None:
        yield from _wrap(phrase(Phrase.ROW, lang=lang, row=str(explanation.row)), width)
    yield from _wrap(explanation.outcome_sentence, width)
    yield ""
    if explanation.weight is None:
        for step in explanation.steps:
            yield from _unweighed(step, explanation, width)
    else:
        yield from _waterfall(explanation, width)
    yield ""
    yield from _wrap(explanation.sentence, width)
    if explanation.margin_sentence:
        yield from _wrap(explanation.margin_sentence, width)
    corrections = [
        f"{field}: {value}" + (f". {sure}" if sure else "")
        for field, value, sure in suggestions(explanation)
    ]
    if corrections:
        yield from _list(phrase(Phrase.SUGGESTIONS, lang=lang), corrections, width)
    for heading, sentences in lists(explanation):
        yield from _list(heading, sentences, width)
    yield ""
    yield from _wrap(footer(explanation), width)


def _waterfall(explanation: Explanation, width: int) -> Iterator[str]:
    lang = explanation.lang
    total_label = phrase(Phrase.TOTAL, lang=lang)
    column = max(width_of(label) for label in (*(s.label for s in explanation.steps), total_label))
    beside = width - column - 10
    scale = Scale.of(explanation, beside - 1 if beside >= _BESIDE else width - 3)

    def row(label: str, start: float, end: float) -> Iterator[str]:
        head = f"{_pad(label, column)} {signed(end - start, lang=lang):>7}"
        bar = _bar(scale, start, end)
        if beside >= _BESIDE:
            yield f"{head}  {bar}".rstrip()
        else:
            yield head
            yield f"  {bar}".rstrip()

    for step in explanation.steps:
        if step.weight is not None and step.total is not None:
            yield from row(step.label, step.total - step.weight, step.total)
            yield from _about(step, explanation, width)
    yield "─" * (column + 8)
    yield from row(total_label, 0.0, explanation.weight or 0.0)
    yield ""
    signs = (
        (_FOR, Phrase.SPEAKS_FOR), (_AGAINST, Phrase.SPEAKS_AGAINST), (_ZERO, Phrase.EVEN),
    )  # fmt: skip
    legend = [f"{sign} {phrase(words, lang=lang)}" for sign, words in signs]
    line = "   ".join(legend)
    yield from [line] if width_of(line) <= width else legend


def _bar(scale: Scale, start: float, end: float) -> str:
    """Draw a bar; the line at zero has a column of its own."""
    length = int(scale.length)
    low, high = (round(scale(bits)) for bits in sorted((start, end)))
    if low == high and start != end:
        low, high = (low, low + 1) if low < length else (low - 1, low)
    sign = _FOR if end >= start else _AGAINST
    cells = "".join(sign if low <= at < high else " " for at in range(length))
    zero = round(scale(0.0))
    return f"{cells[:zero]}{_ZERO}{cells[zero:]}"


def _about(step: Step, explanation: Explanation, width: int) -> Iterator[str]:
    for line in _wrap(step.sentence, width - 2):
        yield f"  {line}"
    for line in _wrap(step.note, width - 2):
        yield f"  {line}"
    if step.claimed:
        claimed = phrase(Phrase.CLAIMED, lang=explanation.lang)
        for line in _wrap(f"{claimed}: {clean(step.claimed)}", width - 2):
            yield f"  {line}"


def _unweighed(step: Step, explanation: Explanation, width: int) -> Iterator[str]:
    yield f"{signed_level(step.level)} {step.label}".strip()
    yield from _about(step, explanation, width)


def _list(heading: str, items: list[str], width: int) -> Iterator[str]:
    yield ""
    yield from _wrap(heading, width)
    for item in items:
        lines = list(_wrap(item, width - 4))
        yield from (f"  {'-' if at == 0 else ' '} {line}" for at, line in enumerate(lines))


def _wrap(text: str, width: int) -> Iterator[str]:
    return wrapped(text, width, width_of)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width_of(text))
