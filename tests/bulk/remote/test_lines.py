"""What a journal says of one person: codes, and nothing that could be about somebody."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.backends import Decision
from vnvaxmatch.bulk.decide import verdict_rule
from vnvaxmatch.bulk.own import Own
from vnvaxmatch.bulk.remote.lines import (
    Line,
    decision_of,
    read_decision,
    safe_kind,
    write_decision,
)
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Outcome, Verdict
from vnvaxmatch.records import Field

FINDINGS = st.tuples(
    *(st.builds(Finding, st.just(field), st.sampled_from(Level),
                st.none() | st.sampled_from(Reason)) for field in Field)
)  # fmt: skip
DECISIONS = st.builds(
    Decision,
    st.sampled_from(Outcome),
    st.none() | st.builds(Evidence, st.just(""), FINDINGS),
    st.lists(st.sampled_from(Reason), max_size=3).map(tuple),
)
OWNS = {part: Own() for part in (*map(str, Field), "nationality", "commune", "cross", "dose")}


@given(DECISIONS)
def test_a_decision_survives_its_writing(decision):
    """What is read is what was decided; it is one word of plain ASCII."""
    text = write_decision(decision)

    assert read_decision(text) == decision
    assert text.isascii()
    assert text.split() == [text]


@given(DECISIONS, st.integers(1, 10**15), st.binary(min_size=16, max_size=16))
def test_a_line_survives_its_writing(decision, row, person):
    """An answer, and that there is none."""
    for line in (
        Line(row, person, write_decision(decision)),
        Line.undetermined(row, person, "status_503"),
    ):
        assert Line.read(str(line)) == line
    assert Line(row, person, write_decision(decision)).is_answer
    assert not Line.undetermined(row, person, "timeout").is_answer


@pytest.mark.parametrize(
    "text",
    ["", "matched;", "Matched", "matched;name=same", "matched;name=alike;birth=same", "x;+missing",
     "matched;+nothing", "matched;sex=same;name=same;birth=same;id_number=same"],
)  # fmt: skip
def test_what_is_no_decision_is_refused(text):
    """Words that nobody knows are not guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011 - whatever says so
        read_decision(text)


@pytest.mark.parametrize("text", ["", "1", "0 " + "0" * 32 + " matched", "1 " + "g" * 32 + " x",
                                  "1 " + "0" * 31 + " x", "1 " + "0" * 32 + " a b"])  # fmt: skip
def test_what_is_no_line_is_refused(text):
    """A line has a row, a digest and what was said."""
    with pytest.raises(ValueError, match="not a line"):
        Line.read(text)


@given(st.text())
@example("_")
def test_a_kind_is_a_word(kind):
    """Why nobody answered is a word of ours, never what somebody sent."""
    safe = safe_kind(kind)

    assert safe == "other" or (safe == kind and safe.replace("_", "").isalnum())
    assert sum(sign.isdigit() for sign in safe) <= 3


@given(
    DECISIONS, st.sampled_from([Disclosure.VERDICT, Disclosure.FINDINGS]),
    st.floats(-9, 9), st.text(min_size=1),
)  # fmt: skip
def test_what_is_kept_tells_as_much_as_the_verdict(decision, disclosure, weight, key):
    """The results row is the same, made of the verdict or of what the journal keeps of it."""
    evidence = decision.evidence
    if evidence is not None:
        evidence = Evidence(key, evidence.findings, weight)
    verdict = Verdict(decision.outcome, found=decision.found, evidence=evidence, candidates=(key,))
    rule = verdict_rule(disclosure=disclosure)

    kept = decision_of(verdict, disclosure=disclosure)

    whole = Decision(decision.outcome, evidence, decision.found, (key,))
    assert rule(OWNS, kept) == rule(OWNS, whole)
    assert kept.candidates == ()
    assert kept.evidence is None or (kept.evidence.entry_key, kept.evidence.weight) == ("", None)
    if disclosure is Disclosure.VERDICT:
        assert kept.evidence is None
        assert kept.outcome is not Outcome.NOT_FOUND
