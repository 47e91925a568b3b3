"""Opening cases: once, however often, by however many, and what a newer list adds."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.casework import (
    Act,
    Casework,
    Done,
    Opened,
    Refusal,
    Side,
    Standing,
    State,
    state_of,
)
from vnvaxmatch.casework import opening as opening_module
from vnvaxmatch.errors import CaseError, InputError
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

from .people import (
    COMMUNE,
    DAY,
    HEALTH,
    HERE,
    POLICE,
    REGISTRY,
    START,
    THERE,
    VALUES,
    certified_case,
    ledger,
    list_id,
    new_case,
    origin,
)

rows = st.lists(
    st.builds(
        new_case,
        st.sampled_from([None, *Outcome]),
        wrong=st.lists(st.sampled_from(list(Field)), unique=True).map(tuple),
        commune=st.sampled_from([None, HERE, THERE]),
    ),
    max_size=12,
).map(lambda cases: [attrs.evolve(case, row=row) for row, case in enumerate(cases, start=1)])


def open_list(work, cases, *, number=1, days=0, source="", actor=REGISTRY):
    """Open a list that was verified some days after the first one."""
    made = START + days * DAY
    told = origin(number, source=source, made=made)
    return work.open(cases, origin=told, actor=actor, at=made + timedelta(hours=1))


def by_record(*cases, source="platform"):
    """Open a list whose record numbers are those of a system, and give the work."""
    work = Casework(ledger())
    open_list(work, cases, source=source)
    return work


@given(rows)
def test_every_row_becomes_a_case_where_its_outcome_says(cases):
    """Rows and cases are as many, in the states of their outcomes, under the labels of the fold."""
    work = Casework(ledger())

    opened = open_list(work, cases)

    assert opened == Opened(opened=len(cases))
    found = {state.row: state for state in (work.read(case) for case, _ in work.standings())}
    assert {row: (s.state, s.wrong, s.commune) for row, s in found.items()} == {
        case.row: (
            State(case.outcome or "received"),
            case.wrong if case.outcome else (),
            case.commune,
        )
        for case in cases
    }
    for case, standing in work.standings():
        assert standing == Standing.parse(work.read(case).label)


@given(rows, st.integers(0, 12))
def test_opening_twice_opens_nothing_twice(cases, interrupted):
    """Also where the first time was interrupted after some rows, between any two batches."""
    work = Casework(ledger())
    first = iter(cases[:interrupted])

    def until_interrupted():
        yield from first
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(
            opening_module.open_batches(
                work.ledger,
                until_interrupted(),
                origin=origin(),
                secret=work._secret(START),
                actor=REGISTRY,
                authority=work.authority,
                at=START,
            )
        )
    open_list(work, cases)
    size = work.ledger.size

    again = open_list(work, cases)

    assert again == Opened(known=len(cases))
    assert work.ledger.size == size
    assert len(list(work.standings())) == len(cases)


def test_a_run_that_was_interrupted_goes_on(monkeypatch):
    """What was written before is known, what was not is opened, and all is one case a row."""
    monkeypatch.setattr(opening_module, "BATCH", 2)
    work = Casework(ledger())
    cases = [new_case(row=row) for row in range(1, 8)]

    def interrupted():
        yield from cases[:5]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_list(work, interrupted())
    assert len(list(work.standings())) == 4

    assert open_list(work, cases) == Opened(opened=3, known=4)
    assert sorted(work.read(case).row for case, _ in work.standings()) == list(range(1, 8))


def test_two_that_open_the_same_list_at_once_open_it_once():
    """Whoever comes second finds the cases there."""
    work = Casework(ledger())
    cases = [new_case(row=row) for row in range(1, 4)]

    slower = Casework(_Delegating(work, cases))
    opened = open_list(slower, cases)

    assert opened == Opened(known=3)
    assert len(list(work.standings())) == 3
    assert all(work.read(case).number == 1 for case, _ in work.standings())


class _Delegating:
    """A ledger on which somebody else opens the same list just before the first batch."""

    def __init__(self, work, cases):
        self._work, self._cases, self._raced = work, cases, False

    def __getattr__(self, name):
        return getattr(self._work.ledger, name)

    def append(self, events, /, *, expected=None):
        if expected and len(expected) > 1 and not self._raced:
            self._raced = True
            open_list(self._work, self._cases)
        return self._work.ledger.append(events, expected=expected)


def test_rows_of_two_lists_are_two_cases():
    """Without a source, record numbers mean nothing beyond their list: 1 to N is in every one."""
    work = Casework(ledger())
    open_list(work, [new_case(record="1")])

    assert open_list(work, [new_case(record="1")], number=2) == Opened(opened=1)


def test_a_list_that_was_opened_as_another_sources_is_refused():
    """Else each of its rows would be a case twice over."""
    work = by_record(new_case(record="HS-1"))

    for source in ("", "other"):
        with pytest.raises(CaseError, match="--source"):
            open_list(work, [new_case(record="HS-1")], source=source)


def test_two_sources_have_each_their_own_numbers():
    """Record 1 of one system is not record 1 of another."""
    work = by_record(new_case(record="1"))

    assert open_list(work, [new_case(record="1")], number=2, source="other").opened == 1


def test_rows_of_one_record_number_are_told_apart_by_their_occurrence():
    """Two doses under one number are two cases; without an occurrence that is said, not lost."""
    work = Casework(ledger())
    twice = [new_case(row=1, record="1"), new_case(row=2, record="1", occurrence=2)]
    assert open_list(work, twice, source="platform").opened == 2

    same = [attrs.evolve(case, occurrence=1) for case in twice]
    with pytest.raises(CaseError, match="occurrences"):
        open_list(work, same, number=2, source="platform")


def test_a_newer_list_that_says_the_same_says_nothing():
    """The same record, the same values, the same outcome: no event."""
    work = by_record(new_case(record="HS-1"))
    size = work.ledger.size

    opened = open_list(work, [new_case(row=9, record="HS-1")], number=2, days=7, source="platform")

    assert opened == Opened(known=1)
    assert work.ledger.size == size + 2  # that the list was opened is recorded


def test_a_newer_comparison_of_the_same_values_is_recorded():
    """The same list verified again, against a newer registry."""
    work = Casework(ledger())
    open_list(work, [new_case(Outcome.NOT_FOUND)])

    told = attrs.evolve(origin(made=START + DAY), results="f" * 64)
    newer = work.open([new_case(Outcome.MATCHED)], origin=told, actor=REGISTRY, at=START + DAY)

    ((case, standing),) = work.standings()
    assert newer == Opened(compared=1)
    assert standing.state is State.MATCHED
    assert [r.event.kind for r in work.history(case)] == ["received", "compared"]


def test_an_older_comparison_that_comes_late_changes_nothing():
    """Last week's results, opened after this week's, do not undo them."""
    work = Casework(ledger())
    newer = attrs.evolve(origin(made=START + DAY), results="f" * 64)
    work.open([new_case(Outcome.MATCHED)], origin=newer, actor=REGISTRY, at=START + DAY)

    opened = open_list(work, [new_case(Outcome.NOT_FOUND)])

    assert opened == Opened(known=1)
    assert [standing.state for _, standing in work.standings()] == [State.MATCHED]


def restated(work, values, outcome=Outcome.MATCHED, **changes):
    """Open a newer list that says something else of the one record."""
    new = new_case(outcome, record="HS-1", values={**VALUES, **values}, **changes)
    opened = open_list(work, [new], number=2, days=7, source="platform")
    ((case, _),) = work.standings()
    return opened, work.read(case), work.history(case)[-1].event


def test_what_a_newer_list_says_otherwise_is_taken_over():
    """Only the fields that differ, with the comparison of the new values."""
    work = by_record(new_case(record="HS-1"))

    opened, case, event = restated(work, {"sex": "Nam"})

    assert opened == Opened(restated=1)
    assert (event.kind, event.data["fields"]) == ("restated", ["sex"])
    assert dict(event.personal) == {"sex": "Nam"}
    assert (case.state, case.values["sex"], case.list_id) == (State.MATCHED, "Nam", list_id(2)[:16])


def test_a_restatement_undoes_what_it_touches():
    """A confirmation is of the values that there were; the other side's stands."""
    work = by_record(new_case(Outcome.MISMATCHED, record="HS-1"))
    ((number, _),) = work.standings()
    work.do(number, Act.confirmed(Side.IDENTITY), actor=POLICE, at=START)
    work.do(number, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START)

    _, case, _ = restated(work, {"dose_date": "11/08/2021"}, Outcome.MISMATCHED)

    assert (case.undone, case.state) == ((Side.VACCINATION,), State.IDENTITY_CONFIRMED)


def test_a_correction_is_not_overwritten_by_a_list_that_repeats_the_old_error():
    """The platform still has the old value: nobody's work is lost, and the outcome is not of it."""
    work = by_record(new_case(record="HS-1"))
    ((number, _),) = work.standings()
    work.do(number, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START)

    opened = open_list(
        work, [new_case(Outcome.NOT_FOUND, record="HS-1")], number=2, days=7, source="platform"
    )

    case = work.read(number)
    assert opened == Opened(known=1)
    assert (case.state, case.values["sex"]) == (State.CORRECTED, "Nam")


def test_a_list_that_has_taken_the_correction_over_compares_it():
    """The newer list has the corrected value and its comparison: both are taken, nothing undone."""
    work = by_record(new_case(record="HS-1"))
    ((number, _),) = work.standings()
    work.do(number, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START)

    opened, case, event = restated(work, {"sex": "Nam"})

    assert opened == Opened(restated=1)
    assert event.data["fields"] == []
    assert (case.state, case.stated["sex"]) == (State.MATCHED, "Nam")
    assert case.correctors == {"sex": COMMUNE.key}


def test_a_record_number_that_became_another_persons_is_left_alone():
    """Another name, another birth, another number: that is not a correction."""
    work = by_record(new_case(record="HS-1"))
    other = {
        "full_name": "Lê Văn Mẫu",
        "date_of_birth": "03/03/1973",
        "id_number": "001073000789",
    }

    opened, case, _ = restated(work, other)

    assert opened == Opened(refused=((1, Refusal.OTHER_PERSON),))
    assert case.values["full_name"] == VALUES["full_name"]


def test_a_row_that_was_left_alone_is_told_again_next_time():
    """What needs a person is not forgotten because it was said once."""
    work = by_record(new_case(record="HS-1"))
    other = {"full_name": "Lê Văn Mẫu", "date_of_birth": "1973", "id_number": "001073000789"}
    first, _, _ = restated(work, other)

    again, _, _ = restated(work, other)

    assert again == first


def test_an_older_list_that_says_otherwise_is_left_alone():
    """Yesterday's list after today's does not bring old values back."""
    work = by_record()
    open_list(work, [new_case(record="HS-1")], number=3, days=9, source="platform")

    opened, case, _ = restated(work, {"sex": "Nam"})

    assert opened == Opened(refused=((1, Refusal.OLDER_LIST),))
    assert case.values["sex"] == "Nữ"


@pytest.mark.parametrize(
    ("values", "opened"),
    [
        ({}, Opened(known=1)),
        ({"phone": "0912345678"}, Opened(known=1)),
        ({"sex": "Nam"}, Opened(refused=((1, Refusal.ALREADY_CERTIFIED),))),
    ],
)
def test_a_certified_record_that_a_newer_list_changes_is_for_a_person(values, opened):
    """It is not changed, and it is said."""
    work, case = certified_case()
    told = attrs.evolve(origin(made=START + DAY), results="f" * 64)
    new = new_case(Outcome.MATCHED, values={**VALUES, **values})

    found = work.open([new], origin=told, actor=REGISTRY, at=START + DAY)

    assert found == opened
    assert work.read(case).state is State.SIGNED


def test_a_revoked_record_comes_in_anew_with_what_a_newer_list_says():
    """Nothing that was confirmed of the old values counts for the new ones."""
    work, case = certified_case()
    work.do(case, Act.revoked("7/QĐ"), actor=HEALTH, at=START)
    told = attrs.evolve(origin(made=START + DAY), results="f" * 64)

    same = work.open([new_case(Outcome.MATCHED)], origin=told, actor=REGISTRY, at=START + DAY)
    told = attrs.evolve(told, results="e" * 64)
    new = new_case(Outcome.MISMATCHED, values={**VALUES, "sex": "Nam"})
    other = work.open([new], origin=told, actor=REGISTRY, at=START + DAY)

    state = work.read(case)
    assert (same, other) == (Opened(known=1), Opened(opened=1))
    assert (state.state, state.identity, state.vaccination) == (State.MISMATCHED, None, None)
    assert state.values["sex"] == "Nam"


def test_a_purged_record_is_not_brought_back_by_a_list():
    """Whoever asked to be forgotten is not remembered because a list still has them."""
    work = by_record(new_case(record="HS-1"))
    ((case, _),) = work.standings()
    work.ledger.purge(f"case/{case}")

    opened, state, _ = restated(work, {"sex": "Nam"})

    assert opened == Opened(refused=((1, Refusal.PURGED),))
    assert state.values == {}


@pytest.mark.parametrize(
    ("actor", "outcome", "refusal"),
    [
        (POLICE, None, Refusal.ROLE),
        (HEALTH, Outcome.MATCHED, Refusal.ROLE),
        (attrs.evolve(REGISTRY, office=THERE), Outcome.MATCHED, Refusal.OFFICE),
    ],
)
def test_who_may_not_receive_or_compare_opens_nothing(actor, outcome, refusal):
    """A list's outcomes count as comparisons: only who may compare brings them in."""
    work = Casework(ledger())

    opened = open_list(work, [new_case(outcome)], actor=actor)

    assert opened == Opened(refused=((1, refusal),))
    assert list(work.standings()) == []


def test_health_takes_in_what_was_not_compared():
    """Without outcomes a list is only received."""
    work = Casework(ledger())
    assert open_list(work, [new_case(None)], actor=HEALTH) == Opened(opened=1)


def test_case_numbers_follow_from_a_secret_of_the_ledger():
    """Two ledgers number the same record otherwise: nobody finds a person by trying numbers."""
    one, other = by_record(new_case(record="HS-1")), by_record(new_case(record="HS-1"))

    assert [case for case, _ in one.standings()] != [case for case, _ in other.standings()]


def test_the_secret_is_encrypted_and_made_once():
    """It is nowhere in the clear, and randomness is asked for it a single time."""
    asked = []

    def random(size):
        asked.append(size)
        return bytes(size)

    work = Casework(ledger(), random=random)
    open_list(work, [new_case()])
    open_list(Casework(work.ledger, random=random), [new_case()], number=2)

    assert asked == [32]
    ((recorded),) = work.ledger.read("casework")
    assert "secret" not in recorded.event.data
    assert recorded.event.personal["secret"] == bytes(32).hex()


def test_the_list_is_remembered_with_how_it_was_compared():
    """An auditor reads from the ledger what was opened, when, by whom, how it was made."""
    work = Casework(ledger())
    told = attrs.evolve(origin(), about={"matcher": "exact/1", "policy": "strict/1"})
    work.open([new_case()], origin=told, actor=REGISTRY, at=START)

    opening, opened = work.ledger.read(f"list/{list_id(1)[:32]}")

    assert opening.event.data["about"] == {"matcher": "exact/1", "policy": "strict/1"}
    assert (opening.event.kind, opened.event.kind) == ("opening", "opened")
    assert opened.event.data["rows"] == 1
    assert opened.event.data["actor"] == REGISTRY.id


def test_what_a_list_restates_is_no_longer_somebodys_correction():
    """Who corrected a field that a newer list overwrote may confirm what the list says."""
    work = by_record(new_case(record="HS-1"))
    ((number, _),) = work.standings()
    work.do(number, Act.corrected({"lot": "A1", "vaccine": "Moderna"}), actor=HEALTH, at=START)
    confirm = Act.confirmed(Side.VACCINATION)
    before = work.do(number, confirm, actor=HEALTH, at=START)

    _, case, _ = restated(work, {"lot": "B2", "vaccine": "AstraZeneca"})

    assert before.reason is Refusal.OWN_CORRECTION
    assert case.correctors == {}
    assert isinstance(work.do(number, confirm, actor=HEALTH, at=START + 9 * DAY), Done)


@pytest.mark.parametrize("commune", ["", "1", "00004|x", "Ba Đình", "٠٠٠٠٤"])
def test_a_commune_is_a_code(commune):
    """What stands in a label is checked before anything is written; the message names the row."""
    work = Casework(ledger())

    with pytest.raises(InputError, match="row 1: a commune is its five-digit code"):
        open_list(work, [new_case(commune=commune)])

    assert list(work.standings()) == []


def test_states_follow_from_the_events_alone():
    """Nothing is kept beside the ledger."""
    work = by_record(new_case(record="HS-1"))
    ((case, _),) = work.standings()
    assert state_of(work.ledger.read(f"case/{case}")) == Casework(work.ledger).read(case)
