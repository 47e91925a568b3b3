"""Sort a list into the classes of dispatch 2262 by what its own texts say, without a registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Decision
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.decide import Decided, Decider, Owns, own_codes, repairs, wrong_fields
from vnvaxmatch.bulk.lift import Interner
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.policy import Outcome, Verdict, settle
from vnvaxmatch.records import Field

__all__ = ["CHECK_SCHEMA", "READY", "CheckJudge"]

READY = "ready"
"""Nothing is missing or malformed: the row can be compared."""

CHECK_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("class", pa.string()),
        pa.field("reasons", pa.string(), nullable=False),
        pa.field("repairs", pa.string(), nullable=False),
        pa.field("commune", pa.string()),
    ]
)
"""Columns of the results of a check. ``outcome`` is ``ready``, ``incomplete``, ``malformed`` or
``out_of_scope``; ``class`` one of the three classes."""


class CheckJudge:
    """Reads claims and settles those that could not be compared."""

    def __init__(self, reading: ReadingRules) -> None:
        self._reader = ClaimReader(
            reference=reading.reference, encoding=reading.encoding, vintage=reading.vintage
        )
        decisions: Interner[Decision] = Interner()
        decisions.number(Decision(Outcome.INCOMPLETE))  # nothing is compared, so nothing decided
        self._decider = Decider(
            owns=self._reader.owns, decisions=decisions, rule=_check, schema=CHECK_SCHEMA
        )

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Sort every row of a batch."""
        undecided = np.zeros(batch.num_rows, dtype=np.int64)
        rows = np.arange(first_row, first_row + batch.num_rows)
        return self._decider.decide(self._reader.read(batch), undecided, rows=rows)


def _check(owns: Owns, _: Decision) -> dict[str, Any]:
    foreign = any(own.foreign for own in owns.values())
    gaps = [owns[field.value].gap for field in Field]
    reasons = own_codes(owns, foreign=foreign)
    settled = settle(gaps, foreign=foreign)
    verdict = None if settled is None else Verdict(settled, reasons)
    codes = dict.fromkeys(code.value for code in (*reasons, *owns["dose"].doubts))
    return {
        "outcome": READY if settled is None else settled.value,
        "class": verdict.dirty_class if verdict else None,
        "reasons": ";".join(codes),
        "repairs": ";".join(dict.fromkeys(change.value for change in repairs(owns))),
        "wrong": wrong_fields(verdict, gaps) if verdict else "",
    }
