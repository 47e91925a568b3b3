from datetime import timedelta

import attrs
import pytest

from tests.casework.people import (
    COMMUNE,
    DAY,
    HEALTH,
    POLICE,
    REGISTRY,
    SITE,
    START,
    VALUES,
    new_case,
    one_case,
    origin,
)
from vnvaxmatch.casework import Act, Side
from vnvaxmatch.certify.minutes import case_of
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger import MemoryLedger
from vnvaxmatch.policy import Outcome


def _correct(work, case, *, days=1, note="Theo căn cước", **values):
    work.do(case, Act.corrected(values, note=note), actor=COMMUNE, at=START + days * DAY)


def _confirm(work, case, *, days=5):
    at = START + days * DAY
    work.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=at)
    work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=at + timedelta(hours=1))


def _told(work, case):
    return case_of(work.read(case), work.history(case))


def test_a_correction_tells_before_after_reason_and_who():
    """What the list said, what holds now, why, and whose account it was."""
    work, case = one_case()
    _correct(work, case, sex="Nam")
    _confirm(work, case)

    told = _told(work, case)

    (one,) = told.corrections
    assert (one.field, one.before, one.after) == ("sex", VALUES["sex"], "Nam")
    assert (one.reason, one.by, one.role, one.office) == (
        "Theo căn cước", COMMUNE.id, "commune", COMMUNE.office,
    )  # fmt: skip
    assert one.at == START + DAY
    assert told.values["sex"] == "Nam"


@pytest.mark.parametrize(
    ("cause", "note", "reason"),
    [
        ("typing", "", "Ghi sai khi nhập liệu"),
        ("typing", "Theo căn cước", "Ghi sai khi nhập liệu; Theo căn cước"),
        ("of-their-own", "", "of-their-own"),
    ],
)
def test_the_cause_that_was_chosen_on_a_sheet_is_told(cause, note, reason):
    """In words, with the note beside it; a word of somebody else's stands as it is."""
    work, case = one_case()
    act = attrs.evolve(Act.corrected({"sex": "Nam"}, note=note), data={"cause": cause})
    work.do(case, act, actor=COMMUNE, at=START + DAY)
    _confirm(work, case)

    (one,) = _told(work, case).corrections

    assert one.reason == reason


def test_several_corrections_of_a_field_are_one():
    """Between what the list said and what holds now nothing else counts."""
    work, case = one_case()
    _correct(work, case, full_name="Trần Thị Thư", note="nhầm")
    _correct(work, case, days=2, full_name="Trần Thị Thử Nghiệm", note="đúng")
    _confirm(work, case)

    (one,) = _told(work, case).corrections

    assert (one.before, one.after, one.reason) == (
        VALUES["full_name"], "Trần Thị Thử Nghiệm", "đúng",
    )  # fmt: skip


def test_a_field_that_was_put_back_is_not_corrected():
    """Who undoes a correction leaves nothing to tell."""
    work, case = one_case()
    _correct(work, case, sex="Nam")
    _correct(work, case, days=2, sex=VALUES["sex"])
    _confirm(work, case)

    assert _told(work, case).corrections == ()


def test_what_a_newer_list_says_is_told_as_such():
    """A field that nobody corrected, and a newer list changed, is marked."""
    work, case = one_case(record="HS-1")
    work, case = _renewed()
    _confirm(work, case)

    (one,) = _told(work, case).corrections

    assert (one.field, one.after, one.restated) == ("sex", "Nam", True)


def _renewed():
    from tests.casework.people import ledger
    from vnvaxmatch.casework import Casework

    work = Casework(ledger())
    first = new_case(record="HS-1")
    work.open([first], origin=origin(source="hệ thống"), actor=REGISTRY, at=START)
    second = new_case(record="HS-1", values={**VALUES, "sex": "Nam"})
    made = origin(2, source="hệ thống", made=START + DAY)
    work.open([second], origin=made, actor=REGISTRY, at=START + DAY)
    ((case, _),) = work.standings()
    return work, case


def test_confirmations_name_both_sides():
    """Who confirmed which side, and when; a comparison is told as one."""
    work, case = one_case(Outcome.MATCHED)
    work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START + DAY)

    told = _told(work, case)

    assert told.identity.comparison
    assert told.identity.by == REGISTRY.id
    assert (told.vaccination.by, told.vaccination.role) == (HEALTH.id, "health")
    assert not told.vaccination.comparison


def test_the_place_in_the_ledger_is_told():
    """The case is named with its events, and the leaf of the last one."""
    work, case = one_case()
    _confirm(work, case)
    last = work.history(case)[-1]

    told = _told(work, case)

    assert (told.case, told.events, told.index) == (case, last.number, last.index)
    assert told.leaf == last.leaf.hex()


def test_a_case_that_is_not_confirmed_is_refused():
    """Minutes confirm nothing that the two sides did not."""
    work, case = one_case()

    with pytest.raises(CertifyError, match="is mismatched"):
        _told(work, case)
    _confirm(work, case)
    work.do(case, Act.minutes("1/BB"), actor=COMMUNE, at=START + 9 * DAY)
    with pytest.raises(CertifyError, match="is minutes"):
        _told(work, case)


def test_a_case_whose_values_cannot_be_read_is_refused():
    """Without the keys there is nothing to set down."""
    work, case = one_case()
    _confirm(work, case)
    state = work.read(case)
    import attrs

    with pytest.raises(CertifyError, match="key file"):
        case_of(attrs.evolve(state, values={}), work.history(case))


def test_the_site_may_confirm_too():
    """A site answers for the vaccinations that it gave."""
    work, case = one_case()
    work.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=START)
    work.do(case, Act.confirmed(Side.VACCINATION), actor=SITE, at=START)

    assert _told(work, case).vaccination.role == "site"
    assert isinstance(work.ledger, MemoryLedger)
