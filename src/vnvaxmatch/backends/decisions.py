"""What the evidence about all entries that were found comes to, and the verdict made of it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Reason, redact
from vnvaxmatch.policy import Outcome, Policy, Suggestion, Verdict, own_reasons
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["Decision", "suggest", "verdict_of", "written"]


@attrs.frozen
class Decision:
    """What the evidence about all entries that were found comes to.

    ``margin`` is by how many bits the entry outweighs the next best, where entries were weighed and
    there is another.
    """

    outcome: Outcome
    evidence: Evidence | None = None
    found: tuple[Reason, ...] = ()
    candidates: tuple[str, ...] = attrs.field(default=(), repr=redact)
    margin: float | None = None


def verdict_of(
    claim: Claim,
    decision: Decision,
    entries: Mapping[str, Entry],
    *,
    matcher: str,
    policy: Policy,
    model: str = "",
) -> Verdict:
    """Make the verdict on a claim; ``entries`` are those that were found, by key."""
    evidence = decision.evidence
    entry = None if evidence is None else entries.get(evidence.entry_key)
    return Verdict(
        outcome=decision.outcome,
        reasons=own_reasons(claim),
        repairs=claim.changes,
        found=decision.found,
        evidence=evidence,
        margin=decision.margin,
        candidates=decision.candidates,
        suggestions=() if evidence is None or entry is None else suggest(evidence, written(entry)),
        matcher=matcher,
        model=model,
        policy=str(policy),
    )


def suggest(evidence: Evidence, held: Mapping[Field, str]) -> tuple[Suggestion, ...]:
    """Suggest what the fields that do not agree should be, the surest first.

    ``held`` are the entry's values as a person writes them (:func:`written`). A field is as sure as
    the odds of the entry by all the others. A date is not corrected to a less precise one. Where
    nothing was weighed and neither name nor birth is alike, the number may be somebody else's: then
    nothing is suggested.
    """
    if evidence.weight is None and not any(_speaks(evidence, f) for f in (Field.NAME, Field.BIRTH)):
        return ()
    suggested = [
        Suggestion(finding.field, held[finding.field], _without(evidence, finding))
        for finding in evidence.findings
        if finding.field in held
        and finding.level not in (Level.SAME, Level.LINKED)
        and _is_better(finding, held)
    ]
    return tuple(sorted(suggested, key=lambda s: 0.0 if s.weight is None else -s.weight))


def _speaks(evidence: Evidence, field: Field) -> bool:
    return evidence.levels.get(field, Level.MISSING) not in (Level.DIFFERENT, Level.MISSING)


def _without(evidence: Evidence, finding: Finding) -> float | None:
    return None if evidence.weight is None else evidence.weight - (finding.weight or 0.0)


def _is_better(finding: Finding, held: Mapping[Field, str]) -> bool:
    """Tell whether the registry's value says more: a year alone, or its first day, does not."""
    if finding.field is not Field.BIRTH or finding.level is Level.MISSING:
        return True
    value = held[Field.BIRTH]
    stands_for_year = finding.reason is Reason.BIRTH_FIRST_OF_JANUARY and value[:5] == "01/01"
    return len(value) == len("01/01/1985") and not stands_for_year


def written(entry: Entry) -> dict[Field, str]:
    """Write what an entry holds of the four fields as a Vietnamese form has it.

    >>> entry, _ = Entry.read(key="7", name="TRẦN THỬ", birth="1985-11-10", sex="F")
    >>> [value for value in written(entry).values()]
    ['Trần Thử', '10/11/1985', 'Nữ']
    """
    values = {
        Field.NAME: None if entry.name is None or entry.name.newborn else entry.name.text,
        Field.BIRTH: None if entry.birth is None else _written_date(entry.birth),
        Field.SEX: None if entry.sex is None else entry.sex.vietnamese,
        Field.ID_NUMBER: None if entry.number is None else entry.number.text,
    }
    return {field: value for field, value in values.items() if value is not None}


def _written_date(birth: BirthDate) -> str:
    return "/".join(reversed(str(birth).split("-")))
