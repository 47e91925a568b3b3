"""What a results row holds: one shape, whether made for a million rows or for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from vnvaxmatch.outcome import Doubt, Normalized, Reason
from vnvaxmatch.policy import Disclosure, Verdict
from vnvaxmatch.records import Claim, Field

__all__ = ["RESULT_SCHEMA", "result_row", "verdict_cells"]

RESULT_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("official", pa.bool_()),
        pa.field("entry_key", pa.string()),
        *(pa.field(f"{field}_level", pa.string()) for field in Field),
        pa.field("reasons", pa.string(), nullable=False),
        pa.field("repairs", pa.string(), nullable=False),
        pa.field("commune", pa.string()),
    ]
)
"""Columns of ``results.parquet`` and ``results.csv``. Codes are separated by ``;``."""


def verdict_cells(verdict: Verdict, dose: Sequence[Doubt | Reason] = ()) -> dict[str, Any]:
    """Give the cells that follow from a verdict: all but row, record, entry and commune."""
    codes = dict.fromkeys((*verdict.codes, *(code.value for code in dose)))
    levels = {field: verdict.level(field) for field in Field}
    return {
        "outcome": verdict.outcome.value,
        "official": verdict.official,
        **{f"{f}_level": None if level is None else level.value for f, level in levels.items()},
        "reasons": ";".join(codes),
        "repairs": ";".join(dict.fromkeys(change.value for change in verdict.repairs)),
    }


def result_row(
    verdict: Verdict,
    claim: Claim,
    *,
    row: int,
    record_id: str | None = None,
    dose: Sequence[Doubt | Reason] = (),
) -> dict[str, Any]:
    """Write one verdict as a results row, as a verified list holds it.

    ``dose`` are the codes of the record's dose (:attr:`vnvaxmatch.records.Dose.codes`).
    """
    told = verdict.disclosure is Disclosure.VALUES and verdict.evidence is not None
    commune = claim.commune.value.code if isinstance(claim.commune, Normalized) else None
    cells = {
        "row": row,
        "record_id": record_id,
        "entry_key": verdict.evidence.entry_key if told and verdict.evidence else None,
        "commune": commune,
        **verdict_cells(verdict, dose),
    }
    return {name: cells[name] for name in RESULT_SCHEMA.names}
