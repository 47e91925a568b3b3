"""What an explanation is made of: steps, and what they came to."""

from __future__ import annotations

from math import isnan
from typing import Any, Final

import attrs

from vnvaxmatch.compare import Level
from vnvaxmatch.explain.words import Phrase, odds_sentence, phrase, signed, times
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.outcome import Change, Doubt, Reason, redact
from vnvaxmatch.policy import Disclosure, Outcome, Suggestion
from vnvaxmatch.records import Field

__all__ = ["Explanation", "Step", "finite"]

_UTMOST: Final = 1_000.0
"""Weights beyond this are taken for this: they are as sure, and can be drawn and written."""


@attrs.frozen
class Step:
    """One step of the waterfall: a field, what its comparison found, and what that is worth.

    ``field`` and ``level`` are None for the step before any comparison and for evidence that is not
    told by field; ``level`` also where no entry was compared. ``weight`` is in bits, ``total`` all
    weights up to here; both are None where nothing was weighed. ``claimed`` is what the record has,
    only where values may be shown; ``note`` says what else made the weight what it is.
    """

    field: Field | None
    label: str
    level: Level | None
    reason: Reason | Doubt | None
    sentence: str
    weight: float | None = None
    total: float | None = None
    claimed: str = attrs.field(default="", repr=redact)
    note: str = ""

    @property
    def odds(self) -> float | None:
        """The odds that both are one person, by all up to here."""
        return _odds(self.total)


@attrs.frozen
class Explanation:
    """Why a verdict is as it is, in one language.

    ``steps`` begin with the prior where entries were weighed. ``weight`` is the total of the steps:
    the log2 odds that the claim and the entry are one person. ``compared`` says whether an entry
    was. Personal values (``entry_key``, ``candidates``, ``suggestions``, ``claimed`` of the steps)
    are there at disclosure ``values`` only.
    """

    lang: Lang
    outcome: Outcome
    steps: tuple[Step, ...]
    weight: float | None = None
    margin: float | None = None
    compared: bool = False
    reasons: tuple[Reason | Doubt, ...] = ()
    repairs: tuple[Change, ...] = ()
    found: tuple[Reason, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    entry_key: str = attrs.field(default="", repr=redact)
    candidates: tuple[str, ...] = attrs.field(default=(), repr=redact)
    matcher: str = ""
    model: str = ""
    policy: str = ""
    disclosure: Disclosure = Disclosure.VALUES
    row: int | None = None

    @property
    def odds(self) -> float | None:
        """The odds that both are one person."""
        return _odds(self.weight)

    @property
    def outcome_sentence(self) -> str:
        """What it came to."""
        return message(f"outcome.{self.outcome}", lang=self.lang)

    @property
    def sentence(self) -> str:
        """What the weight means as odds and probability, or why there is none."""
        if self.weight is not None:
            return odds_sentence(self.weight, lang=self.lang)
        if self.compared:
            return phrase(Phrase.UNWEIGHED, lang=self.lang)
        told = self.disclosure is not Disclosure.VERDICT
        return phrase(Phrase.NOBODY_COMPARED if told else Phrase.NOT_TOLD, lang=self.lang)

    @property
    def margin_sentence(self) -> str:
        """How far the next best entry is behind, or nothing where there is none."""
        if self.margin is None:
            return ""
        bits = signed(abs(self.margin), lang=self.lang).lstrip("+")
        if self.margin < 1:
            return phrase(Phrase.MARGIN_EVEN, lang=self.lang, bits=bits)
        n = times(self.margin, lang=self.lang)
        return phrase(Phrase.MARGIN, lang=self.lang, bits=bits, n=n)

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as JSON has it: the same keys always, weights rounded to 3 decimals.

        Odds have three significant digits, since small ones would be nothing with 3 decimals.
        """
        return {
            "lang": self.lang,
            "row": self.row,
            "outcome": self.outcome.value,
            "official": self.outcome.official,
            "outcome_sentence": self.outcome_sentence,
            "weight": _rounded(self.weight),
            "odds": _digits(self.odds),
            "sentence": self.sentence,
            "margin": _rounded(self.margin),
            "margin_sentence": self.margin_sentence,
            "steps": [_step_dict(step) for step in self.steps],
            "reasons": self._told(self.reasons),
            "repairs": self._told(self.repairs),
            "found": self._told(self.found),
            "suggestions": [
                {"field": s.field.value, "value": s.value, "weight": _rounded(s.weight)}
                for s in self.suggestions
            ],
            "entry_key": self.entry_key,
            "candidates": list(self.candidates),
            "matcher": self.matcher,
            "model": self.model,
            "policy": self.policy,
            "disclosure": self.disclosure.value,
        }

    def as_text(self, width: int = 80) -> str:
        """Draw the waterfall for a terminal of ``width`` columns (40 at the least)."""
        from vnvaxmatch.explain.text import draw

        return draw(self, width)

    def as_svg(self) -> str:
        """Draw the waterfall as a picture (SVG) that needs nothing else."""
        from vnvaxmatch.explain.picture import svg

        return svg(self)

    def as_html(self) -> str:
        """Write a page of its own: the picture, a table of the same, and all that was said."""
        from vnvaxmatch.explain.page import html

        return html(self)

    def _told(self, codes: tuple[Reason | Doubt | Change, ...]) -> list[dict[str, str]]:
        return [
            {"code": code.value, "sentence": message(code.value, lang=self.lang)}
            for code in dict.fromkeys(codes)
        ]


def finite(bits: float | None) -> float | None:
    """Make a weight one that can be added up, drawn and written; what is no number is none."""
    if bits is None or isnan(bits):
        return None
    return max(-_UTMOST, min(float(bits), _UTMOST))


def _rounded(bits: float | None) -> float | None:
    return None if bits is None else round(bits, 3) + 0.0  # + 0.0 makes -0.0 a plain 0


def _odds(bits: float | None) -> float | None:
    return None if bits is None else 2.0 ** max(-_UTMOST, min(bits, _UTMOST))


def _digits(odds: float | None) -> float | None:
    return None if odds is None else float(f"{odds:.3g}")


def _step_dict(step: Step) -> dict[str, Any]:
    return {
        "field": None if step.field is None else step.field.value,
        "label": step.label,
        "level": None if step.level is None else step.level.value,
        "reason": None if step.reason is None else step.reason.value,
        "sentence": step.sentence,
        "weight": _rounded(step.weight),
        "total": _rounded(step.total),
        "odds": _digits(step.odds),
        "claimed": step.claimed,
        "note": step.note,
    }
