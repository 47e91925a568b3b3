"""A row of results is explained as the verdict that it was written of."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Change, Claim, Disclosure, Doubt, Entry, Reason, Verdict
from vnvaxmatch.bulk import result_row
from vnvaxmatch.errors import InputError
from vnvaxmatch.explain import explain, verdict_of_row

from .waterfalls import HAND_MADE, judged

TWICE = {doubt.value for doubt in Doubt} & {reason.value for reason in Reason}
"""Codes that are a doubt of a record and a reason of a comparison alike: a row has them once."""


def manifest_of(verdict: Verdict) -> dict[str, Any]:
    prior = verdict.evidence.prior if verdict.evidence else None
    return {
        "matcher": verdict.matcher,
        "model": {"name": verdict.model, "prior": prior} if verdict.model else None,
        "policy": verdict.policy,
        "disclosure": verdict.disclosure.value,
    }


def told(verdict: Verdict) -> dict[str, Any]:
    """An explanation without what no row of results holds."""
    content = explain(verdict).as_dict() | {"suggestions": []}
    for kind in ("reasons", "repairs", "found"):
        content[kind] = [each for each in content[kind] if each["code"] not in TWICE]
    return content


@given(judged(), st.sampled_from(Disclosure))
def test_a_row_is_explained_as_its_verdict(
    made: tuple[Claim, list[Entry], Verdict], disclosure: Disclosure
) -> None:
    """Levels, reasons, weights and what was cut away: all is as it was."""
    claim, _, verdict = made
    cut = verdict.disclose(disclosure)
    row = json.loads(json.dumps(result_row(cut, claim, row=1)))
    assert told(verdict_of_row(row, manifest=manifest_of(cut))) == told(cut)


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_verdicts_come_back(name: str) -> None:
    """Each outcome, also those without an entry."""
    verdict = HAND_MADE[name]
    row = result_row(verdict, Claim(), row=1, dose=(Doubt.DOSE_IN_FUTURE,))
    read = verdict_of_row(row, manifest=manifest_of(verdict))
    assert read.outcome is verdict.outcome
    assert (read.matcher, read.model, read.policy) == (
        verdict.matcher, verdict.model, verdict.policy,
    )  # fmt: skip
    assert set(read.reasons) == {*verdict.reasons, Doubt.DOSE_IN_FUTURE}
    assert (read.found, read.repairs) == (verdict.found, verdict.repairs)


@pytest.mark.parametrize(
    "damage",
    [
        {"outcome": "ready"},
        {"outcome": None},
        {"reasons": "no_such_code"},
        {"repairs": "no_such_change"},
        {"name_level": "alike"},
        {"name_weight": "much"},
        {"candidates": 7},
    ],
    ids=str,
)
def test_what_is_no_row_of_ours_is_refused(damage: dict[str, Any]) -> None:
    """One error for all that could be wrong with it, without what stood there."""
    verdict = HAND_MADE["slips"]
    row = result_row(verdict, Claim(), row=1) | damage
    with pytest.raises(InputError, match="cannot be read") as raised:
        verdict_of_row(row, manifest=manifest_of(verdict))
    assert "no_such" not in str(raised.value)


@pytest.mark.parametrize("column", ["outcome", "reasons", "repairs", "sex_level"])
def test_a_missing_column_is_refused(column: str) -> None:
    """The columns of every matcher's results must be there."""
    row = result_row(HAND_MADE["exact"], Claim(), row=1)
    del row[column]
    with pytest.raises(InputError, match=re.escape("column is missing")):
        verdict_of_row(row, manifest={})


@given(st.lists(st.sampled_from([*Reason, *Doubt]), unique=True), st.sampled_from(Change))
def test_no_code_is_lost(codes: list[Reason | Doubt], change: Change) -> None:
    """Every code of a row without an entry is in its explanation."""
    row = result_row(HAND_MADE["ambiguous"], Claim(), row=1)
    row |= {"reasons": ";".join(dict.fromkeys(map(str, codes))), "repairs": change.value}
    read = verdict_of_row(row, manifest={})
    assert {str(code) for code in (*read.reasons, *read.found)} == set(map(str, codes))
    assert read.repairs == (change,)
