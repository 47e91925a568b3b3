"""Whatever happens to cases, in whatever order and by whomever: the laws of casework hold.

The model below knows nothing of the table: it looks at the list of what was accepted, and asks of
every certificate whether both sides were confirmed, by whom, and what was corrected since.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.casework import (
    SIDES,
    Act,
    Casework,
    Done,
    Kind,
    Refused,
    Role,
    Side,
    Standing,
    State,
    state_of,
)
from vnvaxmatch.casework.states import CERTIFIED
from vnvaxmatch.ledger import SQLiteLedger
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

from .people import (
    COMMUNE,
    EVERYBODY,
    HEALTH,
    HERE,
    KEYS,
    POLICE,
    REGISTRY,
    SITE,
    START,
    THERE,
    ledger,
    new_case,
    origin,
)

DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"
HISTORIES = 10_000 if DEEP else 150
FEWER = 2_000 if DEEP else 100

NEW_VALUES = {
    "full_name": ("Trần Thị Mẫu", "Trần Thị Thử"),
    "sex": ("Nam", "Nữ"),
    "date_of_birth": ("02/01/1990", "01/02/1990"),
    "id_number": ("001190000457", "1E+11"),
    "dose_date": ("11/08/2021", ""),
    "lot": ("A1", "B2"),
    "phone": ("0912345678", ""),
}
corrections = st.dictionaries(
    st.sampled_from(list(NEW_VALUES)), st.sampled_from((0, 0, 0, 1)), min_size=1, max_size=2
).map(lambda told: Act.corrected({name: NEW_VALUES[name][i] for name, i in told.items()}))
compared = st.builds(
    Act.compared,
    st.sampled_from([*Outcome, Outcome.MATCHED, Outcome.MATCHED]),
    wrong=st.lists(st.sampled_from(list(Field)), unique=True).map(tuple),
)
COMMON = {
    COMMUNE: (corrections, st.sampled_from([Act.signed("sha256:00"), Act.minutes("12/BB")])),
    POLICE: (corrections, st.just(Act.confirmed(Side.IDENTITY))),
    SITE: (corrections, st.just(Act.confirmed(Side.VACCINATION))),
    HEALTH: (
        st.just(Act.confirmed(Side.VACCINATION)),
        st.just(Act.signed("sha256:01")),
        st.sampled_from(
            [
                Act.assigned(commune=HERE),
                Act.assigned(commune=THERE),
                Act.assigned(site="Trạm y tế Mẫu"),
                Act.superseded("HS-2"),
                Act.revoked("7/QĐ"),
            ]
        ),
    ),
    REGISTRY: (compared,),
}
"""What people of each role mostly do, so that histories come to an end now and then."""

likely = st.one_of(
    st.tuples(act, st.just(actor)) for actor, common in COMMON.items() for act in common
)
anything = st.one_of(act for common in COMMON.values() for act in common)
acts = st.one_of(likely, likely, likely, likely, st.tuples(anything, st.sampled_from(EVERYBODY)))
histories = st.lists(acts, min_size=1, max_size=30)
outcomes = st.sampled_from([None, *Outcome])


def play(work, history, outcome):
    """Open a case and do everything to it; give what came of each act."""
    work.open([new_case(outcome)], origin=origin(), actor=REGISTRY, at=START)
    ((case, _),) = work.standings()
    came = []
    for hour, (act, actor) in enumerate(history):
        before = work.history(case)
        result = work.do(case, act, actor=actor, at=START + timedelta(hours=hour))
        came.append((act, actor, result, before, work.history(case)))
    return case, came


@settings(max_examples=HISTORIES)
@given(histories, outcomes)
def test_certificates_rest_on_both_confirmations(history, outcome):
    """Whatever was certified, its identity and vaccination were confirmed, and not corrected since.

    The police or a comparison confirmed the one, health or a site the other, nobody their own.
    """
    work = Casework(ledger())

    _, came = play(work, history, outcome)

    confirmed = {Side.IDENTITY: outcome is Outcome.MATCHED, Side.VACCINATION: False}
    by_police = False
    author = {}
    for act, actor, result, before, _ in came:
        if isinstance(result, Refused):
            continue
        if act.kind is Kind.CORRECTED:
            fields = work.history(result.case.case)[len(before)].event.data["fields"]
            for field in fields:
                author[field] = actor.id
                if SIDES[field] in confirmed:
                    confirmed[SIDES[field]] = False
                    by_police = by_police and SIDES[field] is not Side.IDENTITY
        elif act.kind is Kind.COMPARED:
            assert actor.role is Role.REGISTRY
            if not by_police:
                confirmed[Side.IDENTITY] = act.data["outcome"] == "matched"
        elif act.kind in (Kind.IDENTITY_CONFIRMED, Kind.VACCINATION_CONFIRMED):
            side = Side(act.kind.removesuffix("_confirmed"))
            allowed = {Side.IDENTITY: {Role.POLICE}, Side.VACCINATION: {Role.HEALTH, Role.SITE}}
            assert actor.role in allowed[side]
            assert actor.id not in {who for field, who in author.items() if SIDES[field] is side}
            confirmed[side] = True
            by_police = by_police or side is Side.IDENTITY
        elif act.kind in (Kind.SIGNED, Kind.MINUTES):
            assert all(confirmed.values())
        if result.case.state in (State.CONFIRMED, *CERTIFIED):
            assert all(confirmed.values())


@settings(max_examples=FEWER)
@given(histories, outcomes)
def test_what_is_refused_changes_nothing(history, outcome):
    """A refused act leaves the ledger as it was; an accepted one is one event more."""
    _, came = play(Casework(ledger()), history, outcome)

    for _, _, result, before, after in came:
        if isinstance(result, Refused):
            assert after == before
        else:
            assert after[:-1] == before


@settings(max_examples=FEWER)
@given(histories, outcomes)
def test_replaying_the_events_gives_the_same_state(history, outcome):
    """The state that an act gave, the fold over the events, and the label say the same."""
    work = Casework(ledger())

    case, came = play(work, history, outcome)

    state = state_of(work.history(case))
    assert state == state_of(work.history(case)) == work.read(case)
    done = [result.case for _, _, result, _, _ in came if isinstance(result, Done)]
    if done:
        # who writes knows the values; apart from the seal nothing tells the two apart
        assert (done[-1].state, done[-1].values) == (state.state, state.values)
        assert (done[-1].identity, done[-1].vaccination) == (state.identity, state.vaccination)
    ((_, standing),) = work.standings()
    assert standing == Standing.parse(state.label)


@settings(max_examples=FEWER // 10)
@given(histories, outcomes)
def test_the_state_does_not_need_the_values(history, outcome):
    """When the personal values are destroyed, the case still stands where it stood."""
    work = Casework(ledger())
    case, _ = play(work, history, outcome)
    before = work.read(case)

    work.ledger.purge(f"case/{case}")

    after = work.read(case)
    assert (after.state, after.identity, after.vaccination, after.wrong, after.label) == (
        before.state,
        before.identity,
        before.vaccination,
        before.wrong,
        before.label,
    )
    assert (after.values, after.stated) == ({}, {})


@settings(max_examples=max(FEWER // 100, 5))
@given(histories, outcomes)
def test_a_ledger_on_disk_says_the_same(tmp_path_factory, history, outcome):
    """A SQLite ledger and one in memory come to the same states."""
    path = tmp_path_factory.mktemp("ledger") / "cases.db"
    with SQLiteLedger(path, keys=KEYS) as stored:
        on_disk, in_memory = Casework(stored), Casework(ledger())
        one, _ = play(on_disk, history, outcome)
        other, _ = play(in_memory, history, outcome)
        told = [
            (state.state, state.values, state.identity, state.vaccination, state.label)
            for state in (on_disk.read(one), in_memory.read(other))
        ]
    assert told[0] == told[1]


@pytest.mark.parametrize("batch", [1, 7])
@settings(max_examples=max(FEWER // 10, 10))
@given(histories, outcomes)
def test_acts_done_together_come_to_the_same(batch, history, outcome):
    """Acts in one transaction are done or refused as they are one by one."""
    together, apart = Casework(ledger()), Casework(ledger())
    case, came = play(apart, [(act, EVERYBODY[1]) for act, _ in history], outcome)
    together.open([new_case(outcome)], origin=origin(), actor=REGISTRY, at=START)
    ((other, _),) = together.standings()
    results = []
    for start in range(0, len(history), batch):
        part = [(other, act) for act, _ in history[start : start + batch]]
        results += together.do_all(part, actor=EVERYBODY[1], at=START)

    assert [isinstance(result, Done) for result in results] == [
        isinstance(result, Done) for _, _, result, _, _ in came
    ]
    assert [result.reason for result in results if isinstance(result, Refused)] == [
        result.reason for _, _, result, _, _ in came if isinstance(result, Refused)
    ]
    assert together.read(other).state == apart.read(case).state
