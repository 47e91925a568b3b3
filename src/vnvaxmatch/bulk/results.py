"""What a results row holds: one shape, whether made for a million rows or for one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.outcome import Doubt, Normalized, Reason
from vnvaxmatch.policy import Disclosure, Suggestion, Verdict
from vnvaxmatch.records import Claim, Field

__all__ = [
    "RESULT_SCHEMA",
    "UNDETERMINED",
    "WEIGHED_SCHEMA",
    "WEIGHTS",
    "result_row",
    "suggestions_cell",
    "verdict_cells",
    "verdict_weights",
    "weight_columns",
]

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


UNDETERMINED: Final = "undetermined"
"""The outcome of a row about which a remote registry gave no answer: none of those of a verdict."""

WEIGHTS: Final = ("weight", "margin", *(f"{field}_weight" for field in Field))
"""The columns of weights: the match weight, its margin over the next best, and each field's part,
in bits, rounded to a thousandth; null where nothing was compared."""

WEIGHED_SCHEMA = pa.schema(
    [
        *RESULT_SCHEMA,
        *(pa.field(name, pa.float64()) for name in WEIGHTS),
        pa.field("candidates", pa.string()),
    ]
)
"""Columns of the results of a matcher that weighs. ``candidates`` are the keys of those who fit, by
``;``, where no one was identified and disclosure is ``values``."""


def weight_columns(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Round weights as results hold them."""
    return {name: pc.round(column.cast(pa.float64()), 3) for name, column in columns.items()}


def verdict_weights(verdict: Verdict) -> dict[str, float | None]:
    """Give the cells of :data:`WEIGHTS`, not rounded yet."""
    evidence = verdict.evidence
    if evidence is None:
        return dict.fromkeys(WEIGHTS)
    parts = {f"{finding.field}_weight": finding.weight for finding in evidence.findings}
    return {"weight": evidence.weight, "margin": verdict.margin, **parts}


_SURE: Final = 10.0
"""A correction is not sure by odds below 1,000 to 1, in bits, of the entry by the other fields."""


def suggestions_cell(suggestions: Sequence[Suggestion]) -> str | None:
    """Write suggestions into one cell of a worklist, or None for none.

    It is JSON: for each its field, its value, and whether it is unsure, in their order. Where
    nothing was weighed, nobody can say that it is.

    >>> suggestions_cell([Suggestion(Field.SEX, "Nam", 21.5), Suggestion(Field.BIRTH, "1985", 7.0)])
    '[["sex", "Nam", false], ["birth", "1985", true]]'
    """
    if not suggestions:
        return None
    cells = [(s.field, s.value, s.weight is not None and s.weight < _SURE) for s in suggestions]
    return json.dumps(cells, ensure_ascii=False)


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
    """Write one verdict as a results row, as a list verified by a weighing matcher holds it.

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
        **verdict_weights(verdict),
        "candidates": ";".join(verdict.candidates) or None,
    }
    return {name: cells[name] for name in WEIGHED_SCHEMA.names}
