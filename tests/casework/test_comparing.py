"""Corrected cases are compared again: once, with any matcher, and nobody is overtaken."""

from datetime import timedelta

import attrs
import pytest

from vnvaxmatch.backends import Exact, MemoryRegistry
from vnvaxmatch.casework import Act, Casework, State
from vnvaxmatch.casework.comparing import compare_again
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Entry, Field

from .people import COMMUNE, REGISTRY, START, VALUES, ledger, new_case, one_case, origin

LATER = START + timedelta(days=1)


def registry(**changes):
    """A registry that has the person of the tests."""
    told = {
        "key": "P1", "name": "Trần Thị Thử", "birth": "01/02/1990", "sex": "Nữ",
        "id_number": "001190000456", **changes,
    }  # fmt: skip
    return MemoryRegistry([Entry.read(**told)[0]])


def again(work, against=None, **more):
    """Compare again."""
    store = registry() if against is None else against
    return compare_again(work, by=Exact(), against=store, actor=REGISTRY, at=LATER, **more)


@pytest.fixture
def corrected():
    """A case that was corrected to what the registry has."""
    work, case = one_case(values={**VALUES, "sex": "Nam"})
    work.do(case, Act.corrected({"sex": "Nữ"}), actor=COMMUNE, at=START)
    return work, case


def test_a_corrected_case_is_compared_and_confirmed(corrected):
    """The event says by which matcher, policy and registry."""
    work, case = corrected

    compared = again(work, about={"registry": "sha256:00"})

    assert (compared.outcomes, compared.cases) == ({Outcome.MATCHED: 1}, 1)
    assert work.read(case).state is State.MATCHED
    data = work.history(case)[-1].event.data
    assert data["about"] == {
        "matcher": "exact/1", "policy": "strict/1", "registry": "sha256:00",
    }  # fmt: skip


def test_comparing_again_twice_does_nothing_twice(corrected):
    """A case that was compared is not among them."""
    work, _ = corrected
    again(work)
    size = work.ledger.size

    assert again(work).cases == 0
    assert work.ledger.size == size


def test_what_is_still_wrong_says_which_field(corrected):
    """And goes on the next worklist."""
    work, case = corrected

    again(work, registry(name="Trần Thị Thu"))

    told = work.read(case)
    assert (told.state, told.wrong) == (State.MISMATCHED, (Field.NAME,))
    assert "name_marks" in told.reasons or "name_mark" in told.reasons


def test_nobody_there_is_the_numbers_fault(corrected):
    """As results say it."""
    work, case = corrected

    again(work, MemoryRegistry([]))

    assert (work.read(case).state, work.read(case).wrong) == (
        State.NOT_FOUND, (Field.ID_NUMBER,),
    )  # fmt: skip


def test_cases_that_nobody_corrected_are_left_alone():
    """What was compared stays as it was."""
    work, case = one_case(Outcome.MISMATCHED)

    assert again(work).cases == 0
    assert work.read(case).number == 1


def test_a_row_that_was_never_compared_is():
    """A registry that gave no answer then may give one now."""
    work, case = one_case(None)

    again(work)

    assert work.read(case).state is State.MATCHED


def test_an_outage_is_no_outcome(corrected):
    """It is an error, and the case waits on."""
    work, case = corrected

    class Down:
        def find(self, keys, /):
            raise RegistryError("no answer")

    with pytest.raises(RegistryError):
        again(work, Down())
    assert work.read(case).state is State.CORRECTED


def test_somebody_who_is_quicker_is_not_overtaken(corrected):
    """A case that is written to while it is compared waits for the next time."""
    work, case = corrected

    class Busy(MemoryRegistry):
        def find(self, keys, /):
            work.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=LATER)
            return super().find(keys)

    compared = again(work, Busy([]))

    assert (compared.overtaken, compared.outcomes.total()) == (1, 0)
    assert work.read(case).state is State.CORRECTED
    again(work)
    assert work.read(case).state is State.MISMATCHED


def test_a_batch_with_one_that_was_overtaken_records_the_others():
    """One by one, where all at once does not go."""
    work = Casework(ledger())
    rows = [new_case(None, row=row) for row in (1, 2, 3)]
    work.open(rows, origin=origin(), actor=REGISTRY, at=START)
    waiting = [case for case, _ in work.standings()]

    class Busy(MemoryRegistry):
        done = False

        def find(self, keys, /):
            if not self.done:
                self.done = True
                work.do(waiting[0], Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=LATER)
            return super().find(keys)

    compared = again(work, Busy([]))

    assert (compared.overtaken, compared.outcomes.total()) == (1, 2)


def test_a_list_is_read_in_the_encoding_it_was_voted_to_be(corrected):
    """What the column decided when the list was verified decides again."""
    work = Casework(ledger())
    values = {**VALUES, "full_name": "Vâ ThÞ Hoa"}  # TCVN3 of Võ Thị Hoa
    work.open(
        [new_case(None, values=values)],
        origin=attrs.evolve(origin(), about={"name_encoding": "tcvn3", "reference": "2021-12-31"}),
        actor=REGISTRY,
        at=START,
    )

    assert again(work, registry(name="Võ Thị Hoa")).outcomes == {Outcome.MATCHED: 1}


def test_progress_tells_how_many(corrected):
    """One call for each batch."""
    told = []

    again(corrected[0], progress=told.append)

    assert told == [1]
