"""From answers to results rows: what the plan knows of each row, told as every list's results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Decision
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.decide import Decided, Decider, Owns, verdict_rule
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.remote.plans import UNANSWERED, Plan
from vnvaxmatch.bulk.results import RESULT_SCHEMA, UNDETERMINED
from vnvaxmatch.errors import InputError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure

__all__ = ["AnswerJudge"]


class AnswerJudge:
    """Judges rows by the answers that a plan holds."""

    def __init__(self, rules: ReadingRules, plan: Plan, *, disclosure: Disclosure) -> None:
        self._reader = ClaimReader(
            reference=rules.reference, encoding=rules.encoding, vintage=rules.vintage
        )
        self._plan = plan
        told = verdict_rule(disclosure=disclosure)

        def rule(owns: Owns, decision: Decision) -> dict[str, Any]:
            cells = told(owns, decision)
            return _undetermined(cells) if decision == UNANSWERED else cells

        self._decider = Decider(
            owns=self._reader.owns, decisions=plan.decisions, rule=rule, schema=RESULT_SCHEMA
        )

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        place = self._plan.places[first_row - 1 : first_row - 1 + batch.num_rows]
        if len(place) != batch.num_rows:
            raise InputError("the list has grown while it was read; run again on one that stays")
        decision = np.where(
            place < 0, -1 - place, self._plan.people.decision[np.maximum(place, 0)]
        ).astype(np.int64)
        return self._decider.decide(
            self._reader.read(batch),
            decision,
            rows=np.arange(first_row, first_row + batch.num_rows),
            given={"entry_key": pa.nulls(batch.num_rows, pa.string())},
        )


def _undetermined(cells: dict[str, Any]) -> dict[str, Any]:
    """Tell a row as undetermined: neither right nor wrong, and nothing for anybody to look at."""
    codes = [code for code in cells["reasons"].split(";") if code]
    reasons = dict.fromkeys((*codes, Reason.NOT_ANSWERED.value))
    return {
        **cells,
        "outcome": UNDETERMINED,
        "official": None,
        "reasons": ";".join(reasons),
        "class": None,
        "wrong": "",
    }
