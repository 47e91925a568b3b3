"""What is gathered: the same figures as status and as each case's own history give."""

from collections import Counter
from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.casework.people import (
    COMMUNE,
    DAY,
    HEALTH,
    KEYS,
    REGISTRY,
    START,
    VALUES,
    ledger,
    new_case,
    origin,
)  # fmt: skip
from tests.casework.report.campaigns import LATE, campaign
from vnvaxmatch.casework import Act, Casework, Kind, Side, State
from vnvaxmatch.casework.report import Campaign, Correction, Site, Stage, gather
from vnvaxmatch.casework.report.campaigns import AGES, STAGES, TO_DO
from vnvaxmatch.errors import CaseError, InputError
from vnvaxmatch.ledger import Event, SQLiteLedger
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

SOME = st.builds(campaign, st.integers(0, 40), seed=st.integers(0, 10_000))


def opened(*outcomes: Outcome) -> tuple[Casework, list[str]]:
    """Open a case for each outcome, and give their numbers in that order."""
    work = Casework(ledger(), random=bytes)
    rows = [new_case(outcome, row=row, reasons=("sex_differs",)) for row, outcome in
            enumerate(outcomes, 1)]  # fmt: skip
    work.open(rows, origin=origin(), actor=REGISTRY, at=START)
    rows_of = {work.read(case).row: case for case, _ in work.standings()}
    return work, [rows_of[row] for row in sorted(rows_of)]


def without_log(told: Campaign) -> Campaign:
    """Leave out of which log it is told."""
    return attrs.evolve(told, checkpoint=None)


@given(work=SOME, days=st.integers(0, 60))
def test_figures_are_those_of_status(work, days):
    """The report and ``casework status`` tell the same of the same ledger."""
    told = gather(work.ledger, at=LATE, untouched_for=timedelta(days=days))

    assert told.status == work.status(at=LATE, untouched_for=timedelta(days=days))


@given(work=SOME)
def test_every_case_is_counted_once(work):
    """Stages, ages and states are parts of one whole."""
    told = gather(work.ledger, at=LATE)

    assert sum(told.stages(told.status.states).values()) == told.status.scope
    assert sum(told.since_opened) == sum(told.since_touched) == told.to_do.cases
    assert sum(site.cases for site in told.sites.values()) <= told.to_do.cases


@given(work=SOME)
def test_histories_are_told_as_they_were(work):
    """Corrections, sites and ages come out as from reading every case in full."""
    fields: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    sites: Counter[str] = Counter()
    ages = [0] * len(AGES)
    corrected = mended = 0
    for case, _ in work.standings():
        state = work.read(case)
        edits = [r.event for r in work.history(case) if r.event.kind == Kind.CORRECTED]
        for event in edits:
            fields.update(event.data["fields"])
            causes[event.data.get("cause", "")] += len(event.data["fields"])
        corrected += bool(edits)
        mended += bool(edits) and state.identity is not None
        if state.state in TO_DO:
            sites.update([state.site] if state.site else [])
            age = (LATE - state.opened).days
            ages[max(at for at, least in enumerate(AGES) if least <= age)] += 1

    told = gather(work.ledger, at=LATE)

    assert counted(told, lambda correction: correction.column) == fields
    assert counted(told, lambda correction: correction.cause) == causes
    assert {name: site.cases for name, site in told.sites.items()} == sites
    assert (told.corrected, told.mended) == (corrected, mended)
    assert told.since_opened == tuple(ages)


def counted(told, key):
    """Count corrections by something of theirs."""
    found: Counter[str] = Counter()
    for correction, count in told.corrections.items():
        found[key(correction)] += count
    return found


@given(work=SOME)
def test_either_way_of_reading_tells_the_same(work):
    """Whether the log is scanned or the cases that moved are read is a matter of time alone."""
    told = gather(work.ledger, at=LATE)
    noise = [Event("audit", "question", START) for _ in range(4 * work.ledger.size)]

    work.ledger.append(noise)

    assert without_log(gather(work.ledger, at=LATE)) == without_log(told)


def test_every_state_to_be_verified_is_of_one_stage():
    """No state is left out of a chart, and none is counted twice."""
    states = [state for of in STAGES.values() for state in of]

    assert set(STAGES) == set(Stage)
    assert sorted(states) == sorted(set(State) - {State.OUT_OF_SCOPE})


def test_a_correction_carries_what_was_found_of_its_field():
    """The finding of the field; the outcome where none names it; none of the vaccination."""
    work, (case,) = opened(Outcome.MISMATCHED)
    values = {"sex": "Nam", "full_name": "Trần Thị Sửa", "lot": "L1"}
    act = Act.corrected(values)

    work.do(case, attrs.evolve(act, data={"cause": "typing"}), actor=HEALTH, at=START + DAY)

    told = gather(work.ledger, at=LATE)
    assert told.corrections == {
        Correction("sex", "typing", ("sex_differs",)): 1,
        Correction("full_name", "typing", ("outcome.mismatched",)): 1,
        Correction("lot", "typing", ()): 1,
    }
    assert (told.corrected, told.mended) == (1, 0)


def test_a_comparison_in_between_gives_its_own_findings():
    """A second correction is told by what was found after the first."""
    work, (case,) = opened(Outcome.MISMATCHED)
    again = Act.compared(Outcome.MISMATCHED, wrong=[Field.NAME], reasons=["name_typo"])

    work.do(case, Act.corrected({"sex": "Nam"}), actor=HEALTH, at=START)
    work.do(case, again, actor=REGISTRY, at=START)
    work.do(case, Act.corrected({"full_name": "Trần Thị Sửa"}), actor=HEALTH, at=START)

    assert gather(work.ledger, at=LATE).corrections == {
        Correction("sex", "", ("sex_differs",)): 1,
        Correction("full_name", "", ("name_typo",)): 1,
    }


def test_a_cause_without_words_is_none():
    """What is no cause of the list is not shown, whatever it is."""
    work, (case,) = opened(Outcome.MISMATCHED)
    act = attrs.evolve(Act.corrected({"sex": "Nam"}), data={"cause": "Trần Thị Thử"})

    work.do(case, act, actor=HEALTH, at=START)

    assert set(gather(work.ledger, at=LATE).corrections) == {
        Correction("sex", "", ("sex_differs",))
    }


def test_a_case_that_comes_in_anew_keeps_its_history():
    """Revoked and brought in by a newer list: as old as it is, corrected once, compared anew."""
    work = Casework(ledger(), random=bytes)
    first, second = origin(1, source="A"), origin(2, source="A", made=START + 20 * DAY)
    row = new_case(record="HS-1", reasons=("sex_differs",))
    work.open([row], origin=first, actor=REGISTRY, at=START)
    ((case, _),) = work.standings()
    for act, actor in (
        (Act.corrected({"sex": "Nam"}), COMMUNE), (Act.compared(Outcome.MATCHED), REGISTRY),
        (Act.confirmed(Side.VACCINATION), HEALTH), (Act.signed("1"), HEALTH),
        (Act.revoked("2"), HEALTH),
    ):  # fmt: skip
        work.do(case, act, actor=actor, at=START + DAY)
    newer = attrs.evolve(row, values={**VALUES, "sex": "Nam"}, outcome=None, wrong=(), reasons=())
    assert work.open([newer], origin=second, actor=REGISTRY, at=START + 20 * DAY).refused == ()
    assert work.read(case).state is State.RECEIVED
    work.do(case, Act.corrected({"full_name": "Trần Thị Sửa"}), actor=HEALTH, at=START + 20 * DAY)

    told = gather(work.ledger, at=START + 30 * DAY)

    assert told.since_opened == (0, 0, 0, 1, 0, 0)
    assert told.since_touched == (0, 1, 0, 0, 0, 0)
    assert told.corrections == {
        Correction("sex", "", ("sex_differs",)): 1,
        Correction("full_name", "", ()): 1,
    }
    assert (told.corrected, told.mended) == (1, 0)


def test_sites_have_their_open_cases_only():
    """A certified case is with no site any more; the last assignment counts."""
    work, (first, second) = opened(Outcome.MISMATCHED, Outcome.MISMATCHED)
    for case, site in ((first, "Một"), (second, "Một"), (second, "Hai")):
        work.do(case, Act.assigned(site=site), actor=HEALTH, at=START)
    work.do(first, Act.corrected({"sex": "Nam"}), actor=HEALTH, at=START)
    work.do(first, Act.compared(Outcome.MATCHED), actor=REGISTRY, at=START)
    before = gather(work.ledger, at=LATE)
    work.do(first, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START)
    work.do(first, Act.signed("sha256:00"), actor=HEALTH, at=START)

    assert before.sites == {"Một": Site(1, 1), "Hai": Site(1, 1)}
    assert gather(work.ledger, at=LATE).sites == {"Hai": Site(1, 1)}


def test_ages_count_days_to_the_day_of_the_report():
    """A case that was touched yesterday is young by that, and old by when it was opened."""
    work, (case, _) = opened(Outcome.MISMATCHED, Outcome.MATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=HEALTH, at=START + 29 * DAY)

    told = gather(work.ledger, at=START + 30 * DAY)

    assert told.since_opened == (0, 0, 0, 2, 0, 0)
    assert told.since_touched == (1, 0, 0, 1, 0, 0)


def test_clocks_that_differ_make_no_case_old():
    """What was touched a moment after the report's own time was touched today."""
    work, (case,) = opened(Outcome.MISMATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=HEALTH, at=START + 10 * DAY)

    told = gather(work.ledger, at=START + 9.2 * DAY)

    assert told.since_touched == (1, 0, 0, 0, 0, 0)


def test_a_ledger_without_cases_has_a_report():
    """There is nothing to tell, and that is told."""
    told = gather(ledger(), at=LATE)

    assert told.status.total.cases == 0
    assert told.sites == told.corrections == {}


def test_other_streams_are_no_cases():
    """What else is in the ledger is left alone."""
    log = ledger()
    log.append([Event("audit", "question", START, label="x")] * 3)

    assert gather(log, at=LATE).status.total.cases == 0


def test_any_store_tells_the_same(tmp_path):
    """A campaign in a SQLite file is the one in memory."""
    with SQLiteLedger(tmp_path / "cases.db", keys=KEYS) as kept:
        campaign(60, into=kept)
        from_file = gather(kept, at=LATE)

    assert without_log(from_file) == without_log(gather(campaign(60).ledger, at=LATE))


def test_no_key_is_needed(tmp_path):
    """Whoever makes the report need not be able to read a single value."""
    with SQLiteLedger(tmp_path / "cases.db", keys=KEYS) as kept:
        campaign(30, into=kept)
        told = gather(kept, at=LATE)

    with SQLiteLedger(tmp_path / "cases.db", create=False) as locked:
        assert gather(locked, at=LATE) == told


@pytest.mark.parametrize("noise", [0, 2_000])
def test_progress_ends_with_all(noise):
    """Whoever waits sees how much is done, in whichever way the log is read."""
    work, cases = opened(Outcome.MISMATCHED, Outcome.MISMATCHED)
    work.do_all([(case, Act.corrected({"sex": "Nam"})) for case in cases], actor=HEALTH, at=START)
    work.ledger.append([Event("audit", "question", START)] * noise)
    told = []

    gather(work.ledger, at=LATE, progress=lambda done, of: told.append((done, of)))

    assert told == sorted(set(told))
    assert told[-1][0] == told[-1][1] == (2 if noise else work.ledger.size)


def test_a_report_is_not_made_of_the_past():
    """Where cases stood on a day gone by, labels cannot say; clocks may differ by a day."""
    work = campaign(40)

    with pytest.raises(InputError, match="that day or a later one"):
        gather(work.ledger, at=START)
    newest = max(head.at for head in work.ledger.heads(prefix="case/"))
    assert gather(work.ledger, at=newest - DAY).status.total.cases == 40


@pytest.mark.parametrize(
    ("at", "untouched_for", "what"),
    [(datetime(2026, 5, 1), DAY, "time zone"), (LATE, -DAY, "0 or more")],
)
def test_what_cannot_be_counted_from_is_refused(at, untouched_for, what):
    """A time without a zone is no time, and nobody leaves a case alone for minus one day."""
    with pytest.raises(InputError, match=what):
        gather(ledger(), at=at, untouched_for=untouched_for)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("corrected", {"fields": ["shoe_size"]}), ("corrected", {}), ("danced", {})],
)
def test_an_event_of_another_writer_is_an_error(kind, data):
    """What is no history of a case is not counted as one."""
    work, (case,) = opened(Outcome.MATCHED)
    label = work.ledger.head(f"case/{case}").label
    work.ledger.append([Event(f"case/{case}", kind, START, data, label=label)])

    with pytest.raises(CaseError, match=f"event 2 of case/{case}"):
        gather(work.ledger, at=LATE)


def test_a_label_of_another_writer_is_an_error():
    """A stream that only looks like a case is not left out in silence."""
    log = ledger()
    log.append([Event("case/1", "received", START, label="somewhere")])

    with pytest.raises(CaseError, match="ledger check"):
        gather(log, at=LATE)
