"""Verdicts for explanations: made by hand where figures matter, by chance where laws do."""

from hypothesis import strategies as st

from vnvaxmatch import (
    Change,
    Claim,
    Disclosure,
    Doubt,
    Entry,
    Evidence,
    Exact,
    Field,
    Finding,
    Level,
    MemoryRegistry,
    Outcome,
    Reason,
    Verdict,
    match,
)
from vnvaxmatch.backends import Matcher
from vnvaxmatch.backends.fuzzy import Fuzzy
from vnvaxmatch.policy import Suggestion
from vnvaxmatch.testing import claim_of, claims, misspelt, populations
from vnvaxmatch.testing.strategies import texts

__all__ = ["HAND_MADE", "judged", "verdicts"]


def evidence(*findings: tuple[Level, Reason | None, float | None], prior: float) -> Evidence:
    weighed = tuple(Finding(f, *found) for f, found in zip(Field, findings, strict=True))
    total = prior + sum(finding.weight or 0.0 for finding in weighed)
    return Evidence("P000017", weighed, weight=total, prior=prior)


def weighed(outcome: Outcome, about: Evidence, **more: object) -> Verdict:
    return Verdict(
        outcome, evidence=about, matcher="fuzzy/1", model="default/1", policy="strict/1", **more
    )  # type: ignore[arg-type]


_SAME = (Level.SAME, None)

HAND_MADE = {
    "matched": weighed(
        Outcome.MATCHED,
        evidence((*_SAME, 18.2), (*_SAME, 14.1), (*_SAME, 1.0), (*_SAME, 34.0), prior=-26.6),
    ),
    "slips": weighed(
        Outcome.MISMATCHED,
        evidence(
            (Level.UNMARKED, Reason.NAME_MARKS, 13.4),
            (Level.CLOSE, Reason.BIRTH_DAY_MONTH_SWAPPED, 6.9),
            (*_SAME, 0.0),
            (Level.CLOSE, Reason.ID_NUMBER_TYPO, 19.7),
            prior=-26.6,
        ),
        reasons=(Doubt.NAME_UNACCENTED,),
        repairs=(Change.NAME_CASE,),
        margin=8.2,
        suggestions=(Suggestion(Field.BIRTH, "10/11/1985", 6.5),),
    ),
    "number-of-another": weighed(
        Outcome.MISMATCHED,
        evidence(
            (Level.DIFFERENT, Reason.NAME_DIFFERS, -7.9),
            (Level.DIFFERENT, Reason.BIRTH_DIFFERS, -7.8),
            (Level.DIFFERENT, Reason.SEX_DIFFERS, -6.0),
            (*_SAME, 34.0),
            prior=-26.6,
        ),
        found=(Reason.NUMBER_OF_ANOTHER,),
        margin=0.4,
    ),
    "no-number": weighed(
        Outcome.INCOMPLETE,
        evidence(
            (*_SAME, 18.2), (*_SAME, 14.1), (Level.MISSING, Reason.SEX_NOT_COMPARED, None),
            (Level.MISSING, None, None), prior=-26.6,
        ),
        reasons=(Reason.ID_NUMBER_MISSING,),
    ),
    "exact": Verdict(
        Outcome.MISMATCHED,
        evidence=Evidence(
            "P000017",
            (
                Finding(Field.NAME, Level.CLOSE, Reason.NAME_TYPO),
                Finding(Field.BIRTH, Level.SAME),
                Finding(Field.SEX, Level.DIFFERENT, Reason.SEX_DIFFERS),
                Finding(Field.ID_NUMBER, Level.LINKED, Reason.ID_NUMBER_FORMER),
            ),
        ),
        matcher="exact/1",
        policy="strict/1",
    ),
    "ambiguous": Verdict(
        Outcome.AMBIGUOUS,
        found=(Reason.SEVERAL_ENTRIES,),
        candidates=("P000017", "P000018"),
        matcher="fuzzy/1",
        model="default/1",
        policy="strict/1",
    ),
    "malformed": Verdict(
        Outcome.MALFORMED,
        reasons=(Reason.ID_NUMBER_LENGTH,),
        matcher="exact/1",
        policy="strict/1",
        disclosure=Disclosure.VERDICT,
    ),
}  # fmt: skip
"""Verdicts whose drawings are kept, by name."""

_bits = st.one_of(st.none(), st.floats(-60, 60), st.floats(allow_nan=True, allow_infinity=True))


@st.composite
def verdicts(draw: st.DrawFn, *, bits: st.SearchStrategy[float | None] = _bits) -> Verdict:
    """Any verdict at all, also such as no matcher should make."""
    findings = tuple(
        Finding(
            field,
            draw(st.sampled_from(Level)),
            draw(st.none() | st.sampled_from(Reason)),
            draw(bits),
        )
        for field in draw(st.permutations(list(Field)))[: draw(st.integers(0, 4))]
    )
    made = Evidence(draw(texts()), findings, draw(bits), draw(bits))
    return Verdict(
        draw(st.sampled_from(Outcome)),
        reasons=tuple(draw(st.lists(st.sampled_from([*Reason, *Doubt]), max_size=4))),
        repairs=tuple(draw(st.lists(st.sampled_from(Change), max_size=4))),
        found=tuple(draw(st.lists(st.sampled_from(Reason), max_size=2))),
        evidence=made if draw(st.booleans()) else None,
        margin=draw(bits),
        candidates=tuple(draw(st.lists(texts(), max_size=2))),
        suggestions=tuple(
            draw(st.lists(st.builds(Suggestion, st.sampled_from(Field), texts(), bits), max_size=2))
        ),
        matcher=draw(texts()),
        model=draw(texts()),
        policy=draw(texts()),
    )


@st.composite
def judged(draw: st.DrawFn) -> tuple[Claim, list[Entry], Verdict]:
    """A claim, often of one of the people, those people, and what a matcher says of it."""
    people = draw(populations(min_size=1, max_size=4))
    if draw(st.integers(0, 3)):
        person = draw(st.sampled_from(people))
        stated = claim_of(person)
        name = str(person.name or "")
        claim = Claim.read(
            name=draw(misspelt(name)),
            birth=str(person.birth or ""),
            sex=str(person.sex or ""),
            id_number=draw(misspelt(str(person.number or ""), at_most=1)),
        )
        claim = draw(st.sampled_from([claim, stated]))
    else:
        claim = draw(claims())
    matcher: Matcher = draw(st.sampled_from([Exact(), Fuzzy()]))
    return claim, people, match(claim, by=matcher, against=MemoryRegistry(people))
