"""Counting: how many where, the oldest, the overdue, how much is done."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.casework import Act, Casework, Count, Side, Standing, State
from vnvaxmatch.casework.states import OPEN
from vnvaxmatch.errors import CaseError
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

from .people import (
    COMMUNE,
    DAY,
    HEALTH,
    HERE,
    REGISTRY,
    START,
    THERE,
    certified_case,
    ledger,
    new_case,
    origin,
)

standings = st.builds(
    Standing,
    state=st.sampled_from(list(State)),
    commune=st.one_of(st.none(), st.from_regex(r"[0-9]{5}", fullmatch=True)),
    wrong=st.lists(st.sampled_from(list(Field)), unique=True).map(tuple),
    identity=st.booleans(),
    vaccination=st.booleans(),
    day=st.dates(date(1, 1, 1)),
)
opened = st.lists(
    st.tuples(
        st.sampled_from([None, *Outcome]),
        st.sampled_from([None, HERE, THERE]),
        st.integers(0, 5 * 24),
    ),
    max_size=15,
)


@given(standings)
def test_a_label_is_read_as_it_was_written(standing):
    """A standing and its label are the same thing; a label fits a ledger."""
    assert Standing.parse(standing.label) == standing
    assert len(standing.label) <= 200
    assert standing.label.isascii()


@pytest.mark.parametrize(
    "label", ["", "x", "assigned|00004|sex|", "great||||2026-01-01", "assigned||soul||2026-01-01"]
)
def test_a_label_of_something_else_is_an_error(label):
    """A ledger that something else wrote to is not counted as if it were ours."""
    with pytest.raises(CaseError, match="ledger check"):
        Standing.parse(label)


@given(opened, st.integers(0, 6 * 24), st.sampled_from([None, "", HERE, THERE]))
def test_status_is_what_counting_by_hand_gives(rows, hours, commune):
    """States, the oldest, the overdue, fields and communes: as if each case were looked at."""
    work = Casework(ledger())
    for number, (outcome, where, hour) in enumerate(rows):
        work.open(
            [new_case(outcome, commune=where)],
            origin=origin(number),
            actor=REGISTRY,
            at=START + timedelta(hours=hour),
        )
    now = START + timedelta(days=6)

    status = work.status(at=now, commune=commune, untouched_for=timedelta(hours=hours))

    cases = [work.read(case) for case, _ in work.standings()]
    cases = [case for case in cases if commune is None or (case.commune or "") == commune]
    limit = now - timedelta(hours=hours)
    for state in State:
        of_state = [case for case in cases if case.state is state]
        late = [c for c in of_state if c.touched <= limit]
        todo = state in OPEN and state is not State.OUT_OF_SCOPE
        assert status.states[state] == Count(
            len(of_state),
            min((case.touched for case in of_state), default=None),
            len(late) if todo else 0,
            sum(case.identity is not None for case in of_state),
            sum(case.vaccination is not None for case in of_state),
        )
    assert status.wrong == {f: sum(f in case.wrong for case in cases) for f in Field}
    assert {
        code: sum(c.cases for c in told.values()) for code, told in status.communes.items()
    } == {
        code: sum((case.commune or "") == code for case in cases)
        for code in {case.commune or "" for case in cases}
    }
    assert status.total.cases == len(cases)


def test_certified_out_of_those_to_be_certified():
    """Who is not verified is not counted as left to do."""
    work, _ = certified_case()
    others = [Outcome.OUT_OF_SCOPE, Outcome.MISMATCHED]
    for number, outcome in enumerate(others, start=2):
        work.open([new_case(outcome)], origin=origin(number), actor=REGISTRY, at=START)

    status = work.status(at=START)

    assert (status.total.cases, status.scope, status.certified, status.done) == (3, 2, 1, 0.5)


def test_nothing_at_all_is_no_division_by_zero():
    """An empty ledger has a status."""
    status = Casework(ledger()).status(at=START, untouched_for=DAY)
    assert (status.total, status.done) == (Count(), 0.0)


def test_touching_a_case_is_what_counts():
    """A case is overdue by its last event, whichever that is; others stay as they are."""
    work = Casework(ledger())
    cases = [new_case(Outcome.MATCHED, row=row) for row in (1, 2)]
    work.open(cases, origin=origin(), actor=REGISTRY, at=START)
    ((case, _), _) = work.standings()
    work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START + 20 * DAY)

    status = work.status(at=START + 30 * DAY, untouched_for=30 * DAY)

    assert status.states[State.MATCHED].untouched == 1
    assert status.states[State.CONFIRMED].untouched == 0


def test_a_clock_that_went_back_makes_nothing_older():
    """An event that says an earlier time than the one before does not turn the case back."""
    work = Casework(ledger())
    work.open([new_case()], origin=origin(), actor=REGISTRY, at=START)
    ((case, _),) = work.standings()

    work.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START - 5 * DAY)

    assert work.read(case).touched == START
    assert [standing.day for _, standing in work.standings()] == [START.date()]


def test_standings_are_found_by_state_and_commune():
    """Without reading a case."""
    work = Casework(ledger())
    for number, (outcome, where) in enumerate(
        [(Outcome.MATCHED, HERE), (Outcome.NOT_FOUND, HERE), (Outcome.NOT_FOUND, THERE)]
    ):
        work.open(
            [new_case(outcome, commune=where)], origin=origin(number), actor=REGISTRY, at=START
        )

    found = list(work.standings(states=[State.NOT_FOUND], commune=HERE))

    assert [(standing.state, standing.commune) for _, standing in found] == [
        (State.NOT_FOUND, HERE)
    ]
    assert len(list(work.standings())) == 3
    assert list(work.standings(states=[])) == []


def test_the_day_of_a_label_is_a_day_in_utc():
    """Whatever the zone of whoever acts."""
    work = Casework(ledger())
    at = datetime(2026, 3, 2, 1, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    work.open([new_case()], origin=origin(), actor=REGISTRY, at=at)

    assert [standing.day for _, standing in work.standings()] == [date(2026, 3, 1)]
