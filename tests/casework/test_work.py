"""Doing things to cases: acts, corrections, conflicts, certificates."""

from datetime import datetime, timedelta

import attrs
import pytest

from vnvaxmatch.casework import Act, Casework, Done, Refusal, Refused, Side, State
from vnvaxmatch.errors import CaseError, ConflictError, InputError
from vnvaxmatch.ledger import Event, MemoryLedger, Seal
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

from .people import (
    COMMUNE,
    HEALTH,
    HERE,
    POLICE,
    REGISTRY,
    SITE,
    START,
    VALUES,
    certified_case,
    new_case,
    one_case,
    origin,
)


def do(work, case, *steps):
    """Do several things, each by somebody, and give what the last came to."""
    result = None
    for hour, (act, actor) in enumerate(steps):
        result = work.do(case, act, actor=actor, at=START + timedelta(hours=hour))
    return result


def test_from_wrong_to_signed():
    """The way of the dispatch: assigned, corrected, compared again, confirmed, signed."""
    work, case = one_case(Outcome.MISMATCHED)

    steps = [
        (Act.assigned(commune=HERE), HEALTH, State.ASSIGNED),
        (Act.corrected({"sex": "Nam"}), COMMUNE, State.CORRECTED),
        (Act.confirmed(Side.VACCINATION), SITE, State.CORRECTED),
        (Act.compared(Outcome.MATCHED), REGISTRY, State.CONFIRMED),
        (Act.minutes("12/BB-UBND"), COMMUNE, State.MINUTES),
        (Act.signed("sha256:00"), COMMUNE, State.SIGNED),
        (Act.superseded("HS-9"), COMMUNE, State.SUPERSEDED),
    ]
    for act, actor, state in steps:
        assert do(work, case, (act, actor)).case.state is state
    assert work.read(case).values["sex"] == "Nam"
    assert [r.event.kind for r in work.history(case)][1:] == [act.kind for act, _, _ in steps]


def test_a_confirmation_names_the_event_that_it_was():
    """Who confirmed, in which role, when, and by which event of the case."""
    work, case = one_case(Outcome.MISMATCHED)
    do(work, case, (Act.assigned(commune=HERE), HEALTH))
    do(work, case, (Act.confirmed(Side.IDENTITY), POLICE))

    told = work.read(case).identity

    assert (told.by, told.role, told.at, told.number) == (POLICE.id, POLICE.role, START, 3)
    assert work.history(case)[told.number - 1].event.kind == "identity_confirmed"


def test_a_correction_takes_its_field_off_the_list():
    """What was corrected is no longer to be looked at; the comparison no longer holds."""
    work, case = one_case(Outcome.MISMATCHED, wrong=(Field.SEX, Field.NAME))

    result = do(work, case, (Act.corrected({"sex": "Nam"}), COMMUNE))

    assert (result.case.wrong, result.case.outcome) == ((Field.NAME,), None)


def test_a_correction_after_a_confirmation_undoes_it_and_says_so():
    """The side that the correction touches is open again, the other stands."""
    work, case = one_case(Outcome.MATCHED)
    do(work, case, (Act.confirmed(Side.VACCINATION), HEALTH))

    result = do(work, case, (Act.corrected({"full_name": "Trần Thị Mẫu"}), COMMUNE))

    assert result.case.undone == (Side.IDENTITY,)
    assert result.case.state is State.CORRECTED
    assert result.case.vaccination is not None


@pytest.mark.parametrize(
    ("values", "reason", "fields"),
    [
        ({"sex": "Nữ"}, Refusal.UNCHANGED, ()),
        ({"sex": "  Nữ "}, Refusal.UNCHANGED, ()),
        ({}, Refusal.UNCHANGED, ()),
        ({"id_number": "123"}, Refusal.VALUE_UNREADABLE, ("id_number",)),
        ({"date_of_birth": "31/02/1990"}, Refusal.VALUE_UNREADABLE, ("date_of_birth",)),
        ({"dose_date": "hôm qua"}, Refusal.VALUE_UNREADABLE, ("dose_date",)),
        ({"full_name": "?"}, Refusal.VALUE_UNREADABLE, ("full_name",)),
        ({"full_name": "A\x00B"}, Refusal.VALUE_UNREADABLE, ("full_name",)),
        ({"lot": "\ud800"}, Refusal.VALUE_UNREADABLE, ("lot",)),
        ({"lot": "x" * 5000}, Refusal.VALUE_UNREADABLE, ("lot",)),
        ({"sex": ""}, Refusal.VALUE_MISSING, ("sex",)),
        ({"vaccine": " "}, Refusal.VALUE_MISSING, ("vaccine",)),
        ({"blood_group": "A"}, Refusal.FIELD_UNKNOWN, ()),
        ({"record_id": "HS-2"}, Refusal.FIELD_UNKNOWN, ()),
        ({"note": "x"}, Refusal.FIELD_UNKNOWN, ()),
    ],
)
def test_a_correction_that_makes_nothing_better_is_refused(values, reason, fields):
    """What is the same, unreadable, blank or no field of a record is not written."""
    work, case = one_case(Outcome.MISMATCHED)

    assert do(work, case, (Act.corrected(values), COMMUNE)) == Refused(case, reason, fields)


def test_of_a_correction_only_what_differs_is_written():
    """A sheet that repeats what is there corrects nothing by it, and undoes nothing."""
    work, case = one_case(Outcome.MATCHED)
    do(work, case, (Act.corrected({"full_name": VALUES["full_name"], "lot": "B2"}), COMMUNE))

    assert work.history(case)[-1].event.data["fields"] == ["lot"]
    assert work.read(case).identity is not None


def test_a_telephone_number_may_be_taken_away():
    """Nobody has to have one."""
    work, case = one_case(Outcome.MATCHED, values={**VALUES, "phone": "0912345678"})

    result = do(work, case, (Act.corrected({"phone": ""}), COMMUNE))

    assert result.case.values["phone"] == ""
    assert result.case.state is State.MATCHED


@pytest.mark.parametrize("act", [Act.signed("x"), Act.minutes("x")])
@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ((), Refusal.NOT_CONFIRMED),
        ([(Act.confirmed(Side.VACCINATION), HEALTH)], Refusal.IDENTITY_NOT_CONFIRMED),
        ([(Act.confirmed(Side.IDENTITY), POLICE)], Refusal.VACCINATION_NOT_CONFIRMED),
    ],
)
def test_a_certificate_needs_both_sides(act, before, reason):
    """The reason says which side is not confirmed."""
    work, case = one_case(Outcome.MISMATCHED)
    do(work, case, *before)

    assert do(work, case, (act, COMMUNE)) == Refused(case, reason)


@pytest.mark.parametrize(
    ("outcome", "act", "actor", "reason"),
    [
        (None, Act.assigned(commune=HERE), HEALTH, Refusal.NOT_COMPARED),
        (None, Act.confirmed(Side.IDENTITY), POLICE, Refusal.NOT_COMPARED),
        (Outcome.OUT_OF_SCOPE, Act.assigned(commune=HERE), HEALTH, Refusal.NOT_VERIFIED),
        (Outcome.OUT_OF_SCOPE, Act.confirmed(Side.VACCINATION), HEALTH, Refusal.NOT_VERIFIED),
        (Outcome.MALFORMED, Act.confirmed(Side.IDENTITY), POLICE, Refusal.NUMBER_MALFORMED),
        (Outcome.MATCHED, Act.revoked("7/QĐ"), HEALTH, Refusal.NOT_CERTIFIED),
    ],
)
def test_illegal_moves_have_their_reasons(outcome, act, actor, reason):
    """Each says what is in the way."""
    work, case = one_case(outcome)

    assert do(work, case, (act, actor)) == Refused(case, reason)


def test_a_malformed_number_stays_in_the_way_when_the_case_is_assigned():
    """Being passed on does not make a number right; correcting it does."""
    work, case = one_case(Outcome.MALFORMED)
    confirm = (Act.confirmed(Side.IDENTITY), POLICE)
    do(work, case, (Act.assigned(commune=HERE), HEALTH))

    assert do(work, case, confirm) == Refused(case, Refusal.NUMBER_MALFORMED)
    do(work, case, (Act.corrected({"id_number": "001190000457"}), COMMUNE))
    assert isinstance(do(work, case, confirm), Done)


def test_a_certified_record_is_not_corrected():
    """It is revoked first; then a newer list brings it in anew."""
    work, case = certified_case()

    result = do(work, case, (Act.corrected({"sex": "Nam"}), COMMUNE))

    assert result == Refused(case, Refusal.ALREADY_CERTIFIED)


def test_two_writers_one_wins_and_the_other_learns_of_it():
    """Whoever decided on an older state gets a conflict, and nothing of theirs is written."""
    work, case = one_case(Outcome.MISMATCHED)
    seen = work.read(case).number
    work.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START, expected=seen)

    with pytest.raises(ConflictError) as caught:
        work.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=START, expected=seen)

    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert "read it again" in str(caught.value)
    assert work.read(case).state is State.CORRECTED


class _Racing:
    """A ledger on which somebody else writes to the case between reading and appending."""

    def __init__(self, ledger, event):
        self._ledger, self._event = ledger, event

    def read(self, stream):
        found = self._ledger.read(stream)
        if self._event is not None:
            event, self._event = self._event, None
            self._ledger.append([event])
        return found

    def append(self, events, *, expected=None):
        return self._ledger.append(events, expected=expected)


def test_somebody_who_writes_in_between_is_noticed():
    """What was read is what is decided on: an event in between is a conflict."""
    work, case = one_case(Outcome.MISMATCHED)
    told = work.history(case)[0].event
    other = Event(told.stream, "assigned", START, {**told.data, "commune": HERE})
    racing = Casework(_Racing(work.ledger, other))

    with pytest.raises(ConflictError):
        racing.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START)

    assert [r.event.kind for r in work.history(case)] == ["received", "assigned"]


def test_many_acts_are_all_done_or_none():
    """A conflict on one case leaves all the others as they were."""
    work, case = one_case(Outcome.MISMATCHED)
    work.open([new_case(row=2)], origin=origin(2), actor=REGISTRY, at=START)
    cases = [found for found, _ in work.standings()]
    acts = [(found, Act.corrected({"sex": "Nam"})) for found in cases]

    with pytest.raises(ConflictError):
        work.do_all(acts, actor=COMMUNE, at=START, expected={cases[0]: 1, cases[1]: 5})

    assert {work.read(found).state for found in cases} == {State.MISMATCHED}
    assert case in cases


def test_what_is_refused_among_many_does_not_stop_the_rest():
    """Each act has its own answer, in the order of the acts."""
    work, case = one_case(Outcome.MISMATCHED)
    acts = [
        ("nobody", Act.corrected({"sex": "Nam"})),
        (case, Act.corrected({"sex": "Nam"})),
        (case, Act.corrected({"sex": "Nam"})),
        (case, Act.corrected({"sex": "Nữ"})),
    ]

    results = work.do_all(acts, actor=COMMUNE, at=START)

    assert results[0] == Refused("nobody", Refusal.NO_SUCH_CASE)
    assert isinstance(results[1], Done)
    assert results[2] == Refused(case, Refusal.UNCHANGED)
    assert isinstance(results[3], Done)
    assert work.read(case).number == 3


@pytest.mark.parametrize("case", ["", "nobody", "../x", "case/1", "x" * 500, "ca\x00se", "số"])
def test_a_case_that_is_not_there(case):
    """Asking for it says so, and where to look; doing something to it is refused."""
    work, _ = one_case()

    with pytest.raises(CaseError, match="no such case"):
        work.read(case)
    assert do(work, case, (Act.revoked("x"), HEALTH)) == Refused(case, Refusal.NO_SUCH_CASE)


def test_a_history_that_the_rules_do_not_allow_is_not_read():
    """A ledger that something else wrote to is an error, never a state."""
    work, case = one_case(Outcome.MISMATCHED)
    told = work.history(case)[0].event
    work.ledger.append([Event(told.stream, "signed", START, dict(told.data))])

    with pytest.raises(CaseError, match=r"event 2 .* cannot follow mismatched"):
        work.read(case)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("compared", {}), ("compared", {"outcome": "great"}), ("baked", {}), ("corrected", {}),
     ("corrected", {"fields": ["soul"]}), ("identity_confirmed", {})],
)  # fmt: skip
def test_an_event_of_something_else_is_not_read(kind, data):
    """An event that lacks a part, or is of no kind that is known, is an error that says where."""
    work, case = one_case(Outcome.MISMATCHED)
    work.ledger.append([Event(f"case/{case}", kind, START, data)])

    with pytest.raises(CaseError, match=r"event 2 of case/.* cannot be read"):
        work.read(case)


def test_a_purged_case_keeps_its_state_and_takes_no_correction():
    """The values are gone for good; what was confirmed of them still stands in the history."""
    work, case = one_case(Outcome.MATCHED)
    do(work, case, (Act.confirmed(Side.VACCINATION), HEALTH))
    work.ledger.purge(f"case/{case}")

    state = work.read(case)

    assert (state.state, state.seal, state.values) == (State.CONFIRMED, Seal.DESTROYED, {})
    refused = do(work, case, (Act.corrected({"sex": "Nam"}), COMMUNE))
    assert refused == Refused(case, Refusal.PURGED)


def test_a_ledger_without_keys_tells_states_and_no_values():
    """Who has no key can count and follow; a correction is refused, not guessed at."""
    work, case = one_case(Outcome.MISMATCHED)

    class Locked(_Racing):
        def read(self, stream):
            return tuple(
                attrs.evolve(r, seal=Seal.LOCKED, event=attrs.evolve(r.event, personal={}))
                for r in self._ledger.read(stream)
            )

    locked = Casework(Locked(work.ledger, None))

    assert locked.read(case).state is work.read(case).state
    refused = do(locked, case, (Act.corrected({"sex": "Nam"}), COMMUNE))
    assert refused == Refused(case, Refusal.LOCKED)
    assert len(work.history(case)) == 1


def test_a_ledger_without_a_key_ring_opens_no_case():
    """Personal values are encrypted or not kept."""
    with MemoryLedger() as bare, pytest.raises(Exception, match="key"):
        Casework(bare).open([new_case()], origin=origin(), actor=REGISTRY, at=START)


def test_a_time_without_a_zone_is_refused():
    """A deadline that depends on whose clock it was is none."""
    work, case = one_case()
    naive = datetime(2026, 3, 1)
    for call in (
        lambda: work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=naive),
        lambda: work.status(at=naive),
        lambda: work.open([], origin=origin(), actor=REGISTRY, at=naive),
        lambda: Act.compared(Outcome.MATCHED, made=naive),
    ):
        with pytest.raises(InputError, match="time zone"):
            call()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Act.assigned(),
        lambda: Act.assigned(commune="1"),
        lambda: Act.assigned(commune="99999"),
        lambda: Act.assigned(site=" "),
        lambda: Act.signed(""),
        lambda: Act.minutes("x" * 201),
        lambda: Act.confirmed(Side.CONTACT),
        lambda: Act.corrected({"sex": "Nam"}, note="x" * 2001),
    ],
)
def test_an_act_that_says_nothing_is_none(make):
    """What an act needs is asked for when it is made."""
    with pytest.raises(InputError):
        make()


def test_nothing_personal_is_in_any_repr():
    """Neither a case, an act, a new case nor an answer shows a value of the record."""
    work, case = one_case(Outcome.MISMATCHED)
    act = Act.corrected({"full_name": "Trần Thị Mẫu"}, note="Trần Thị Mẫu")
    shown = repr([new_case(), act, work.do(case, act, actor=COMMUNE, at=START), work.read(case)])
    assert not any(text in shown for text in (*VALUES.values(), "Mẫu") if len(text) > 3)


def test_nothing_personal_stands_in_the_clear():
    """Data, labels and names of streams hold nothing of the record."""
    work, case = one_case(Outcome.MISMATCHED)
    act = Act.corrected({"full_name": "Trần Thị Mẫu"}, note="Trần Thị Mẫu")
    work.do(case, act, actor=COMMUNE, at=START)
    clear = repr([(r.event.stream, r.event.data, r.event.label) for r in work.ledger.scan()])
    assert not any(text in clear for text in (*VALUES.values(), "Mẫu") if len(text) > 3)
