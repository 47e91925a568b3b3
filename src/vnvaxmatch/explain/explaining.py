"""Make the explanation of a verdict."""

from __future__ import annotations

from typing import Final

import attrs

from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.explain.explanation import Explanation, Step, finite
from vnvaxmatch.explain.words import Phrase, phrase
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.policy import Disclosure, Outcome, Suggestion, Verdict
from vnvaxmatch.records import Claim, Field

__all__ = ["explain"]

_NEAR_NUMBERS: Final = frozenset(
    {Reason.ID_NUMBER_TYPO, Reason.ID_NUMBER_TRANSPOSED, Reason.ID_NUMBER_LEADING_ZEROS}
)
"""Likenesses of numbers that imply sex and year of birth, which then count no second time."""

_ROUNDING: Final = 0.01
"""What is missing from a total is rounding below this, and other evidence above it."""


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
        weight=None if evidence is None else finite(evidence.weight),
        margin=finite(verdict.margin),
        compared=evidence is not None,
        reasons=verdict.reasons,
        repairs=verdict.repairs,
        found=verdict.found,
        suggestions=_suggested(verdict) if values else (),
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
    weight, prior = finite(evidence.weight), finite(evidence.prior)
    steps: list[Step] = []
    total = None if weight is None else 0.0
    if total is not None and prior is not None:
        total = prior
        label, about = phrase(Phrase.PRIOR, lang=lang), phrase(Phrase.PRIOR_ABOUT, lang=lang)
        steps.append(Step(None, label, None, None, about, prior, total))
    for finding in evidence.findings:
        worth = None
        if total is not None:
            worth = finite(finding.weight) or 0.0
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


def _suggested(verdict: Verdict) -> tuple[Suggestion, ...]:
    return tuple(attrs.evolve(s, weight=finite(s.weight)) for s in verdict.suggestions)
