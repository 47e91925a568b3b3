"""What an explanation is made of, and how it is made of a verdict."""

from __future__ import annotations

from math import isnan
from typing import Any, Final

import attrs

from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.explain.words import Phrase, odds_sentence, phrase, signed, times
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.outcome import Change, Doubt, Normalized, Reason, redact
from vnvaxmatch.policy import Disclosure, Outcome, Suggestion, Verdict
from vnvaxmatch.records import Claim, Field

__all__ = ["Explanation", "Step", "explain"]

_UTMOST: Final = 1_000.0
"""Weights beyond this are taken for this: they are as sure, and can be drawn and written."""

_NEAR_NUMBERS: Final = frozenset(
    {Reason.ID_NUMBER_TYPO, Reason.ID_NUMBER_TRANSPOSED, Reason.ID_NUMBER_ZEROS}
)
"""Likenesses of numbers that imply sex and year of birth, which then count no second time."""

_ROUNDING: Final = 0.01
"""What is missing from a total is rounding below this, and other evidence above it."""


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
                {"field": s.field.value, "value": s.value, "weight": _rounded(_finite(s.weight))}
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


def explain(
    verdict: Verdict, *, claim: Claim | None = None, lang: Lang = "vi", row: int | None = None
) -> Explanation:
    """Explain a verdict field by field: what each likeness weighed, and what all came to.

    ``claim`` is what was verified: its values are shown beside the findings if the verdict's
    disclosure is ``values``. ``row`` is that of the list, where there is one. What the disclosure
    cut away from the verdict is not in the explanation either.

    >>> from vnvaxmatch.compare import Evidence, Finding, Level
    >>> findings = (Finding(Field.NAME, Level.SAME, None, 18.2),
    ...             Finding(Field.BIRTH, Level.CLOSE, Reason.BIRTH_DIGIT, 6.4))
    >>> evidence = Evidence("P1", findings, weight=-2.0, prior=-26.6)
    >>> for step in explain(Verdict(Outcome.MISMATCHED, evidence=evidence), lang="en").steps:
    ...     print(step.weight, round(step.total, 1), step.sentence)
    -26.6 -26.6 At first it could be anybody in the registry
    18.2 -8.4 Same
    6.4 -2.0 One digit of the date of birth differs
    """
    values = verdict.disclosure is Disclosure.VALUES
    claimed = _claimed(claim) if values and claim is not None else {}
    evidence = verdict.evidence
    if evidence is None:
        steps = _sought(verdict, claim, claimed, lang)
    else:
        steps = _compared(evidence, verdict, claimed, lang)
    return Explanation(
        lang=lang,
        outcome=verdict.outcome,
        steps=steps,
        weight=None if evidence is None else _finite(evidence.weight),
        margin=_finite(verdict.margin),
        compared=evidence is not None,
        reasons=verdict.reasons,
        repairs=verdict.repairs,
        found=verdict.found,
        suggestions=verdict.suggestions if values else (),
        entry_key=evidence.entry_key if values and evidence is not None else "",
        candidates=verdict.candidates if values else (),
        matcher=verdict.matcher,
        model=verdict.model,
        policy=verdict.policy,
        disclosure=verdict.disclosure,
        row=row,
    )


def _compared(
    evidence: Evidence, verdict: Verdict, claimed: dict[Field, str], lang: Lang
) -> tuple[Step, ...]:
    """Make the steps of a comparison; they add up to the weight, whatever it was made of."""
    weight, prior = _finite(evidence.weight), _finite(evidence.prior)
    steps: list[Step] = []
    total = None if weight is None else 0.0
    if total is not None and prior is not None:
        total = prior
        label, about = phrase(Phrase.PRIOR, lang=lang), phrase(Phrase.PRIOR_ABOUT, lang=lang)
        steps.append(Step(None, label, None, None, about, prior, total))
    for finding in evidence.findings:
        worth = None
        if total is not None:
            worth = _finite(finding.weight) or 0.0
            total += worth
        reason = finding.reason or _own_gap(finding, verdict)
        sentence = message(f"level.{finding.level}" if reason is None else reason.value, lang=lang)
        label = message(f"field.{finding.field}", lang=lang)
        note = phrase(Phrase.USED_ONCE, lang=lang) if _is_implied(finding, evidence) else ""
        value = claimed.get(finding.field, "")
        steps.append(
            Step(finding.field, label, finding.level, reason, sentence, worth, total, value, note)
        )
    if weight is not None and total is not None and abs(weight - total) > _ROUNDING:
        label, about = phrase(Phrase.REST, lang=lang), phrase(Phrase.REST_ABOUT, lang=lang)
        steps.append(Step(None, label, None, None, about, weight - total, weight))
    return tuple(steps)


def _is_implied(finding: Finding, evidence: Evidence) -> bool:
    """Tell whether a near number already said, at least in part, what a weighed finding says."""
    agrees = finding.level not in (Level.DIFFERENT, Level.MISSING)
    return (
        finding.field in (Field.BIRTH, Field.SEX)
        and agrees
        and finding.weight is not None
        and any(other.reason in _NEAR_NUMBERS for other in evidence.findings)
    )


def _own_gap(finding: Finding, verdict: Verdict) -> Reason | None:
    """Say why the record itself could not be compared in a field, where that is why."""
    return _gap(finding.field, verdict) if finding.level is Level.MISSING else None


def _gap(field: Field, verdict: Verdict) -> Reason | None:
    for reason in verdict.reasons:
        if isinstance(reason, Reason) and reason.value.startswith(f"{field}_"):
            return reason
    return None


def _sought(
    verdict: Verdict, claim: Claim | None, claimed: dict[Field, str], lang: Lang
) -> tuple[Step, ...]:
    """Tell of every field whether it could be looked for, where no entry was compared."""
    unread = verdict.outcome is Outcome.OUT_OF_SCOPE or Reason.TOO_LONG in verdict.reasons
    steps = []
    for field in Field:
        gap = _gap(field, verdict) if claim is None else claim.gap(field)
        if gap is not None:
            sentence = message(gap.value, lang=lang)
        elif unread and claim is None:  # whether it was read is not known
            sentence = message(f"level.{Level.MISSING}", lang=lang)
        else:
            sentence = phrase(Phrase.READABLE, lang=lang)
        label = message(f"field.{field}", lang=lang)
        steps.append(Step(field, label, None, gap, sentence, claimed=claimed.get(field, "")))
    return tuple(steps)


def _claimed(claim: Claim) -> dict[Field, str]:
    """Write the values that a claim has as a Vietnamese form has them."""
    written = {}
    if isinstance(claim.name, Normalized):
        written[Field.NAME] = claim.name.value.text
    if isinstance(claim.birth, Normalized):
        written[Field.BIRTH] = "/".join(reversed(str(claim.birth.value).split("-")))
    if isinstance(claim.sex, Normalized):
        written[Field.SEX] = claim.sex.value.vietnamese
    if isinstance(claim.id_number, Normalized):
        written[Field.ID_NUMBER] = claim.id_number.value.text
    return written


def _finite(bits: float | None) -> float | None:
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
