import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import (
    Claim,
    Disclosure,
    Doubt,
    Evidence,
    Field,
    Finding,
    Level,
    Outcome,
    Reason,
    Verdict,
    strict,
)
from vnvaxmatch.policy import own_reasons, settle
from vnvaxmatch.testing import claims

ALL_LEVELS = [
    dict(zip(Field, levels, strict=True)) for levels in itertools.product(Level, repeat=4)
]


def verdict(outcome: Outcome = Outcome.MISMATCHED) -> Verdict:
    return Verdict(
        outcome,
        reasons=(Doubt.NAME_UNACCENTED,),
        found=(Reason.SEVERAL_ENTRIES,),
        evidence=Evidence("secret-key", (Finding(Field.SEX, Level.DIFFERENT, Reason.SEX_DIFFERS),)),
        candidates=("secret-key", "other-key"),
        matcher="exact/1",
        policy="strict/1",
    )


def test_strict_agrees_on_the_same_and_on_a_linked_number_only() -> None:
    """Of all 1,296 combinations of levels exactly two are matched."""
    matched = [levels for levels in ALL_LEVELS if strict.judge(levels) is Outcome.MATCHED]
    same = dict.fromkeys(Field, Level.SAME)
    assert matched == [same, {**same, Field.ID_NUMBER: Level.LINKED}]


def test_what_disagrees_outweighs_what_is_missing() -> None:
    """Mismatched needs a field that was compared and disagrees; else missing is incomplete."""
    for levels in ALL_LEVELS:
        bad = [
            field
            for field, level in levels.items()
            if level not in (Level.SAME, Level.MISSING)
            and not (field is Field.ID_NUMBER and level is Level.LINKED)
        ]
        outcome = strict.judge(levels)
        assert (outcome is Outcome.MISMATCHED) == bool(bad)
        assert (outcome is Outcome.INCOMPLETE) == (not bad and Level.MISSING in levels.values())


def test_a_level_that_is_not_given_is_missing() -> None:
    """Nobody compared it, so it cannot agree."""
    assert strict.judge({Field.NAME: Level.SAME}) is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("gaps", "foreign", "expected"),
    [
        ((None, None, None, None), False, None),
        ((None, None, None, None), True, Outcome.OUT_OF_SCOPE),
        ((None, None, None, Reason.ID_NUMBER_LENGTH), True, Outcome.OUT_OF_SCOPE),
        ((None, None, None, Reason.ID_NUMBER_LENGTH), False, Outcome.MALFORMED),
        ((Reason.NAME_MISSING, None, None, Reason.ID_NUMBER_LENGTH), False, Outcome.MALFORMED),
        ((None, None, None, Reason.ID_NUMBER_MISSING), False, Outcome.INCOMPLETE),
        ((None, None, None, Reason.ID_NUMBER_CHILD), False, Outcome.INCOMPLETE),
        ((None, None, None, Reason.ID_NUMBER_PASSPORT), False, Outcome.INCOMPLETE),
        ((None, Reason.BIRTH_IMPOSSIBLE, None, None), False, Outcome.INCOMPLETE),
    ],
)
def test_settling(gaps: tuple[Reason | None, ...], foreign: bool, expected: Outcome | None) -> None:
    """A foreigner is out of scope, then a malformed number, then any other gap."""
    assert settle(gaps, foreign=foreign) is expected


def test_only_right_and_wrong_are_official() -> None:
    """Đúng is True, sai is False, and all else could not be compared."""
    official = {outcome: outcome.official for outcome in Outcome}
    assert [o.value for o, value in official.items() if value is True] == ["matched"]
    assert [o.value for o, value in official.items() if value is False] == [
        "mismatched", "not_found",
    ]  # fmt: skip


@given(claims())
def test_a_claims_own_reasons_begin_with_its_gaps(claim: Claim) -> None:
    """Every gap is told, and a foreigner's record is told that alone."""
    reasons = own_reasons(claim)
    if claim.is_foreign:
        assert reasons == (Reason.NOT_VIETNAMESE,)
    else:
        gaps = tuple(gap for gap in claim.gaps if gap is not None)
        assert reasons[: len(gaps)] == gaps


def test_at_values_nothing_is_cut() -> None:
    """The body that owns the registry sees the entry."""
    assert verdict().disclose(Disclosure.VALUES) == verdict()


def test_at_findings_no_entry_is_named() -> None:
    """Which field is wrong stays; which entry it is goes."""
    cut = verdict().disclose(Disclosure.FINDINGS)
    assert cut.evidence is not None
    assert cut.evidence.entry_key == ""
    assert cut.candidates == ()
    assert cut.level(Field.SEX) is Level.DIFFERENT


def test_at_verdict_right_or_wrong_is_all() -> None:
    """Nothing of the comparison is left, only what the claim itself shows."""
    cut = verdict().disclose(Disclosure.VERDICT)
    assert (cut.evidence, cut.found, cut.candidates) == (None, (), ())
    assert cut.codes == ("name_unaccented",)


@given(st.sampled_from(Outcome))
def test_at_verdict_both_kinds_of_wrong_read_alike(outcome: Outcome) -> None:
    """Whether the number exists is itself a disclosure."""
    cut = verdict(outcome).disclose(Disclosure.VERDICT)
    assert cut.official == outcome.official
    assert cut.outcome is not Outcome.NOT_FOUND


@given(st.lists(st.sampled_from(Disclosure), max_size=4))
def test_what_was_cut_cannot_be_had_back(steps: list[Disclosure]) -> None:
    """Whatever the steps, the result is that of the strictest."""
    order = list(Disclosure)
    cut = verdict()
    for step in steps:
        cut = cut.disclose(step)
    assert cut == verdict().disclose(min([*steps, Disclosure.VALUES], key=order.index))


def test_codes_are_each_told_once_and_the_claims_own_first() -> None:
    """The order is the claim, the comparison, the search."""
    assert verdict().codes == ("name_unaccented", "sex_differs", "several_entries")


def test_a_verdict_hides_who_it_is_about() -> None:
    """Its repr names neither the entry nor the candidates."""
    assert "key'" not in repr(verdict())
    assert "secret" not in repr(verdict())


def test_without_an_entry_there_are_no_levels() -> None:
    """None is not MISSING: nothing was compared at all."""
    assert Verdict(Outcome.NOT_FOUND).level(Field.NAME) is None
    assert verdict().level(Field.NAME) is Level.MISSING


def test_a_policy_travels_between_processes() -> None:
    """A pickled policy comes back equal, and still cannot be changed."""
    again = pickle.loads(pickle.dumps(strict))

    assert again == strict
    with pytest.raises(TypeError):
        again.agreement[Field.NAME] = frozenset()
