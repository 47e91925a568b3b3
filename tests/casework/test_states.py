"""The table of states: nothing in it is doubtful, and nothing goes round a confirmation."""

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vnvaxmatch.casework import MOVES, CaseState, Refusal, State, Step, advance, dispatch
from vnvaxmatch.casework.drawing import mermaid, move_table
from vnvaxmatch.casework.states import CERTIFIED, COMPARISONS, OPEN
from vnvaxmatch.ledger import Event

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "casework.md"
AT = datetime(2026, 1, 1, tzinfo=UTC)
CORRECTED = {
    Step.IDENTITY_CORRECTED: "sex",
    Step.VACCINATION_CORRECTED: "lot",
    Step.CONTACT_CORRECTED: "phone",
}


def event(step):
    """Write a step as the event that it is."""
    data = {"actor": "x", "role": "health"}
    if step is Step.RECEIVED:
        return Event("case/1", "received", AT, {**data, "list": "", "row": 1, "made": ""})
    if step in COMPARISONS:
        return Event("case/1", "compared", AT, {**data, "outcome": step.value})
    if step in CORRECTED:
        return Event("case/1", "corrected", AT, {**data, "fields": [CORRECTED[step]]})
    return Event("case/1", step.value, AT, data)


def kinds_of_case(case):
    """Tell what of a case decides about what can follow."""
    by = None if case.identity is None else case.identity.comparison
    return case.state, by, case.vaccination is not None, case.outcome


def reachable():
    """Give one case of every kind that any history leads to, with its history."""
    first = advance(None, event(Step.RECEIVED))
    found = {kinds_of_case(first): (first, (Step.RECEIVED,))}
    left = [found[kinds_of_case(first)]]
    while left:
        case, history = left.pop()
        for step in Step:
            after = advance(case, event(step))
            if isinstance(after, CaseState) and kinds_of_case(after) not in found:
                found[kinds_of_case(after)] = (after, (*history, step))
                left.append(found[kinds_of_case(after)])
    return list(found.values())


REACHABLE = reachable()


def test_every_state_is_reached():
    """No state of the table is there for nothing."""
    assert {case.state for case, _ in REACHABLE} == set(State)


def test_every_line_is_used():
    """No line of the table is there for nothing: some case takes it."""
    taken = set()
    for case, _ in REACHABLE:
        for step in Step:
            after = advance(case, event(step))
            if isinstance(after, CaseState):
                taken.add((case.state, step, after.state))
    assert {(m.source, m.step, m.target) for m in MOVES if m.source} == taken


@pytest.mark.parametrize("step", Step)
def test_every_case_moves_one_way_or_is_refused_with_a_reason(step):
    """Whatever is asked of whatever case, there is one answer."""
    for case, _ in REACHABLE:
        assert isinstance(advance(case, event(step)), (CaseState, Refusal))


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.RECEIVED])
def test_nothing_happens_to_what_is_not_there(step):
    """A case begins with being received."""
    assert advance(None, event(step)) is Refusal.NO_SUCH_CASE


def test_no_path_to_certified_without_both_confirmations():
    """Of all cases that can be, the confirmed and the certified have both sides confirmed."""
    held = [case for case, _ in REACHABLE if case.state in (State.CONFIRMED, *CERTIFIED)]
    assert held
    assert all(case.identity and case.vaccination for case in held)


def test_states_say_what_is_confirmed():
    """The name of a state and the two flags never contradict one another."""
    for case, _ in REACHABLE:
        both = case.identity is not None and case.vaccination is not None
        if case.state in OPEN:
            assert both == (case.state is State.CONFIRMED)
        if case.state is State.MATCHED:
            assert case.identity.comparison
        if case.state is State.IDENTITY_CONFIRMED:
            assert not case.identity.comparison
        if case.state not in (State.MATCHED, State.IDENTITY_CONFIRMED) and case.state in OPEN:
            assert (case.identity is not None) == (case.state is State.CONFIRMED)


def test_a_malformed_number_is_never_confirmed_by_the_police():
    """While the last comparison says that the number cannot be one, nobody confirms it."""
    for case, _ in REACHABLE:
        if case.outcome == "malformed" and case.identity is None and case.state in OPEN:
            refused = advance(case, event(Step.IDENTITY_CONFIRMED))
            assert refused is Refusal.NUMBER_MALFORMED


def test_each_side_may_be_confirmed_first():
    """Identity then vaccination, or vaccination then identity: both lead to confirmed."""
    both = (Step.IDENTITY_CONFIRMED, Step.VACCINATION_CONFIRMED)
    for steps in itertools.permutations(both):
        case = None
        for step in (Step.RECEIVED, Step.MISMATCHED, *steps):
            case = advance(case, event(step))
        assert case.state is State.CONFIRMED


@pytest.mark.parametrize(
    ("step", "undone"),
    [
        (Step.IDENTITY_CORRECTED, ("identity",)),
        (Step.VACCINATION_CORRECTED, ("vaccination",)),
        (Step.CONTACT_CORRECTED, ()),
    ],
)
def test_a_correction_undoes_the_confirmation_of_its_side_and_says_so(step, undone):
    """Whoever reads the case sees which confirmation fell, and the other stands."""
    for case, _ in REACHABLE:
        if case.state is State.CONFIRMED:
            after = advance(case, event(step))
            assert after.undone == undone
            assert (after.identity is None) == ("identity" in undone)
            assert (after.vaccination is None) == ("vaccination" in undone)


def test_what_the_police_confirmed_no_comparison_undoes():
    """A comparison after the police's word is recorded, and changes nothing."""
    for case, _ in REACHABLE:
        if case.identity and not case.identity.comparison and case.state in OPEN:
            for step in COMPARISONS:
                after = advance(case, event(step))
                assert (after.state, after.identity) == (case.state, case.identity)


@pytest.mark.parametrize("state", [*CERTIFIED, State.SUPERSEDED, State.REVOKED])
def test_what_is_certified_is_not_corrected(state):
    """Neither corrected, nor compared, nor confirmed anew."""
    for case, _ in REACHABLE:
        if case.state is state:
            for step in (*COMPARISONS, *CORRECTED, Step.IDENTITY_CONFIRMED, Step.ASSIGNED):
                refused = advance(case, event(step))
                assert refused in (Refusal.ALREADY_CERTIFIED, Refusal.CLOSED)


def test_the_page_shows_the_table_and_the_picture():
    """What stands in the documentation is what the table is: run this file to write it anew."""
    text = PAGE.read_text("utf-8")
    assert f"```mermaid\n{mermaid()}```" in text
    assert move_table(dispatch) in text


def test_the_picture_has_every_move_between_states():
    """Each state is drawn, and each arrow of the table but those within a box of outcomes."""
    text = mermaid()
    assert all(re.search(rf"\b{state}\b", text) for state in State)
    drawn = re.findall(r"(\S+) --> (\S+): (.*)", text)
    assert len({(source, target) for source, target, _ in drawn}) == len(drawn)
    assert ("confirmed", "certified", "signed, minutes") in drawn


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    page = re.sub(r"```mermaid\n.*?```", lambda _: f"```mermaid\n{mermaid()}```", page, flags=re.S)
    page = re.sub(r"\| step \| by \|.*\n(\|.*\n)+", lambda _: move_table(dispatch), page)
    PAGE.write_text(page, "utf-8")
