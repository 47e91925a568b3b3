"""Who may do what: roles, offices, two people."""

import pickle

import attrs
import pytest

from vnvaxmatch.casework import (
    Act,
    Actor,
    Authority,
    Casework,
    Done,
    Refusal,
    Refused,
    Role,
    Side,
    State,
    Step,
    dispatch,
)
from vnvaxmatch.errors import InputError
from vnvaxmatch.policy import Outcome

from .people import (
    COMMUNE,
    ELSEWHERE,
    EVERYBODY,
    HEALTH,
    HERE,
    POLICE,
    REGISTRY,
    SITE,
    START,
    THERE,
    certified_case,
    one_case,
)

COLONEL = Actor("cong-an-2", role=Role.POLICE)


@pytest.mark.parametrize(
    ("role", "office"),
    [
        (Role.COMMUNE, ""),
        (Role.COMMUNE, "01"),
        (Role.COMMUNE, "99999"),
        (Role.COMMUNE, "Ba Đình"),
        (Role.SITE, ""),
        (Role.SITE, "  "),
        (Role.POLICE, "99999"),
        (Role.POLICE, "Hà Nội"),
        (Role.HEALTH, "٠١"),
        (Role.HEALTH, "x" * 101),
    ],
)
def test_an_office_fits_its_role(role, office):
    """A commune acts for a commune, a site for a site; the others for a place or for all."""
    with pytest.raises(InputError):
        Actor("can-bo", role=role, office=office)


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 101, "a\x1b[2J", "a\u202eb", "001 190 000 456", "123456789"]
)
def test_an_actor_has_an_account_and_not_an_id_number(name):
    """What stands in the clear is printable, and nobody's ID number."""
    with pytest.raises(InputError) as caught:
        Actor(name, role=Role.HEALTH)
    assert not name.strip() or name not in str(caught.value)


def test_a_role_that_is_none_is_refused():
    """There are five roles."""
    with pytest.raises(ValueError, match="chairman"):
        Actor("x", role="chairman")


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: f"{actor.role}{actor.office[:2]}")
@pytest.mark.parametrize(
    ("act", "roles"),
    [
        (Act.confirmed(Side.IDENTITY), {Role.POLICE}),
        (Act.confirmed(Side.VACCINATION), {Role.HEALTH, Role.SITE}),
        (Act.compared(Outcome.MATCHED), {Role.REGISTRY}),
        (Act.corrected({"sex": "Nam"}), {Role.HEALTH, Role.POLICE, Role.COMMUNE, Role.SITE}),
        (Act.corrected({"lot": "X1"}), {Role.HEALTH, Role.COMMUNE, Role.SITE}),
        (
            Act.corrected({"lot": "X1", "sex": "Nam"}),
            {Role.HEALTH, Role.COMMUNE, Role.SITE},
        ),
        (Act.assigned(commune=THERE), {Role.HEALTH, Role.COMMUNE, Role.REGISTRY}),
    ],
    ids=lambda thing: thing.kind if isinstance(thing, Act) else "",
)
def test_each_role_does_its_own(act, roles, actor):
    """An act is done by the roles that the authority names, in their office, and by no other."""
    work, case = one_case(Outcome.MISMATCHED)

    result = work.do(case, act, actor=actor, at=START)

    if actor.role not in roles:
        assert result == Refused(case, Refusal.ROLE)
    elif actor is ELSEWHERE:
        assert result == Refused(case, Refusal.OFFICE)
    else:
        assert isinstance(result, Done)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: f"{actor.role}{actor.office[:2]}")
def test_who_may_revoke(actor):
    """Those who certify withdraw, in their own office."""
    work, case = certified_case()

    result = work.do(case, Act.revoked("7/QĐ"), actor=actor, at=START)

    allowed = actor.role in (Role.HEALTH, Role.COMMUNE, Role.SITE) and actor is not ELSEWHERE
    assert isinstance(result, Done) == allowed


@pytest.mark.parametrize(
    ("office", "covered"), [("", True), ("01", True), ("04", False), (HERE, True), (THERE, False)]
)
def test_an_office_covers_its_place(office, covered):
    """The whole country, a province, a commune: each acts on the cases of its own."""
    work, case = one_case(Outcome.MISMATCHED)
    actor = Actor("cong-an", role=Role.POLICE, office=office)

    result = work.do(case, Act.confirmed(Side.IDENTITY), actor=actor, at=START)

    assert isinstance(result, Done) == covered


def test_a_case_of_no_known_commune_waits_for_its_assignment():
    """Nobody's case is no commune's; once it is assigned, it is that one's and no other's."""
    work, case = one_case(Outcome.MISMATCHED, commune=None)
    correction = Act.corrected({"sex": "Nam"})

    assert work.do(case, correction, actor=COMMUNE, at=START) == Refused(case, Refusal.OFFICE)
    assert isinstance(work.do(case, Act.assigned(commune=HERE), actor=HEALTH, at=START), Done)
    assert work.do(case, correction, actor=ELSEWHERE, at=START) == Refused(case, Refusal.OFFICE)
    assert isinstance(work.do(case, correction, actor=COMMUNE, at=START), Done)


def test_a_case_that_was_passed_on_is_no_longer_ones_own():
    """A commune that gives a case to another one does not work on it any more."""
    work, case = one_case(Outcome.MISMATCHED)
    work.do(case, Act.assigned(commune=THERE), actor=COMMUNE, at=START)

    result = work.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START)

    assert result == Refused(case, Refusal.OFFICE)


def test_a_site_acts_on_what_it_recorded_or_was_assigned():
    """However its name is spelt; another site does not."""
    work, case = one_case(Outcome.MISMATCHED)
    other = Actor("tram-2", role=Role.SITE, office="Trạm y tế Khác")
    confirm = Act.confirmed(Side.VACCINATION)

    assert work.do(case, confirm, actor=other, at=START) == Refused(case, Refusal.OFFICE)
    work.do(case, Act.assigned(site="TRẠM Y TẾ KHÁC"), actor=HEALTH, at=START)
    assert isinstance(work.do(case, confirm, actor=other, at=START), Done)


@pytest.mark.parametrize("spelling", ["cong-an-2", "Cong-An-2", " cong-an-2 ", "ｃｏｎｇ-an-2"])
def test_nobody_confirms_a_correction_of_their_own(spelling):
    """Nor by another spelling of their account; a second person does."""
    work, case = one_case(Outcome.MISMATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=COLONEL, at=START)
    same = Actor(spelling, role=Role.POLICE)

    refused = work.do(case, Act.confirmed(Side.IDENTITY), actor=same, at=START)
    done = work.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=START)

    assert refused == Refused(case, Refusal.OWN_CORRECTION, ("sex",))
    assert isinstance(done, Done)


def test_nor_in_another_role():
    """Who corrected as a site does not confirm as the health sector."""
    work, case = one_case(Outcome.MATCHED)
    work.do(case, Act.corrected({"lot": "B2"}), actor=SITE, at=START)
    same = Actor(SITE.id, role=Role.HEALTH)

    result = work.do(case, Act.confirmed(Side.VACCINATION), actor=same, at=START)

    assert result == Refused(case, Refusal.OWN_CORRECTION, ("lot",))


def test_a_value_that_somebody_else_corrected_since_is_no_longer_ones_own():
    """It is the present value that counts, and who put it there."""
    work, case = one_case(Outcome.MISMATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=COLONEL, at=START)
    work.do(case, Act.corrected({"sex": "Nữ"}), actor=COMMUNE, at=START)

    result = work.do(case, Act.confirmed(Side.IDENTITY), actor=COLONEL, at=START)

    assert isinstance(result, Done)


def test_correcting_one_side_bars_nobody_from_the_other():
    """Who corrected the sex may confirm the vaccination."""
    work, case = one_case(Outcome.MISMATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=HEALTH, at=START)

    assert isinstance(work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START), Done)


def test_a_comparison_confirms_what_its_corrector_may_not():
    """A correction that the registry confirms needs no second person."""
    work, case = one_case(Outcome.MISMATCHED)
    work.do(case, Act.corrected({"sex": "Nam"}), actor=COMMUNE, at=START)

    result = work.do(case, Act.compared(Outcome.MATCHED), actor=REGISTRY, at=START)

    assert result.case.state is State.MATCHED


def test_one_person_is_enough_where_the_policy_says_so():
    """Two people are a rule of the policy, not of the library."""
    work, case = one_case(Outcome.MISMATCHED)
    lenient = Casework(work.ledger, authority=attrs.evolve(dispatch, two_people=False))
    lenient.do(case, Act.corrected({"sex": "Nam"}), actor=POLICE, at=START)

    result = lenient.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=START)

    assert isinstance(result, Done)


def test_every_event_says_who_in_which_role_for_which_office_under_which_policy():
    """The ledger answers an auditor without any other file."""
    work, case = certified_case()

    for recorded in work.history(case):
        assert {"actor", "role", "office", "authority"} <= set(recorded.event.data)
    last = work.history(case)[-1].event.data
    assert (last["actor"], last["role"], last["office"], last["authority"]) == (
        COMMUNE.id,
        "commune",
        HERE,
        "dispatch/1",
    )


def test_a_policy_that_says_nothing_allows_nothing():
    """What is not allowed is refused."""
    nothing = Authority(name="nothing", version=1, may={})
    assert not any(nothing.allows(role, [step]) for role in Role for step in Step)


def test_a_policy_can_travel_between_processes():
    """An authority pickles, and is the same afterwards."""
    assert pickle.loads(pickle.dumps(dispatch)) == dispatch


def test_somebody_who_may_not_act_learns_nothing_of_the_case():
    """The role is asked before the office, and both before the state of the case."""
    work, case = certified_case()
    unreadable = Act.corrected({"sex": "?"})

    reasons = [
        work.do(case, unreadable, actor=actor, at=START).reason
        for actor in (REGISTRY, ELSEWHERE, COMMUNE)
    ]

    assert reasons == [Refusal.ROLE, Refusal.OFFICE, Refusal.ALREADY_CERTIFIED]
