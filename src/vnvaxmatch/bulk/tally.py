"""Count results while they are written, and sum up for a person."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import DirtyClass, Outcome
from vnvaxmatch.records import Field

__all__ = ["Tally"]

_SOMEBODY_FITS: Final = frozenset(
    {Reason.SEVERAL_ENTRIES, Reason.WEIGHT_TOO_LOW, Reason.BLOCK_TOO_LARGE}
)


class Tally:
    """Counts of outcomes, levels, codes and classes; no value of any record."""

    def __init__(self) -> None:
        self.rows = 0
        self.outcomes: Counter[str] = Counter()
        self.levels: dict[str, Counter[str]] = {field.value: Counter() for field in Field}
        self.reasons: Counter[str] = Counter()
        self.repairs: Counter[str] = Counter()
        self.classes: Counter[str] = Counter({kind.value: 0 for kind in DirtyClass})
        self.wrong: Counter[str] = Counter({field.value: 0 for field in Field})
        self.unrouted = 0
        self.weighs = False
        self.ambiguous = 0
        self.blocks: dict[str, Counter[str]] = {}

    def add(self, decided: Decided) -> None:
        """Count one batch."""
        table = decided.table
        self.rows += table.num_rows
        self.outcomes.update(_counts(table.column("outcome")))
        for field, levels in self.levels.items():
            if f"{field}_level" in table.schema.names:  # a check compares nothing
                levels.update(_counts(table.column(f"{field}_level")))
        reasons = _counts(table.column("reasons"))
        self.reasons.update(_split(reasons))
        self.weighs = "weight" in table.schema.names
        self.ambiguous += sum(
            count
            for codes, count in reasons.items()
            if not _SOMEBODY_FITS.isdisjoint(codes.split(";"))
        )
        self.repairs.update(_split(_counts(table.column("repairs"))))
        self.classes.update(_counts(decided.classes))
        self.wrong.update(_split(_counts(decided.wrong)))
        listed = decided.classes.is_valid()
        unrouted = pc.and_(listed, pc.is_null(table.column("commune")))
        self.unrouted += pc.sum(unrouted).as_py() or 0
        for kind, counts in decided.blocks.items():
            named = dict(zip(("asked", "found", "skipped"), counts, strict=True))
            self.blocks.setdefault(kind, Counter()).update(named)

    def summary(self) -> dict[str, Any]:
        """Give everything as ``summary.json`` holds it; the most frequent codes first."""
        return {
            "rows": self.rows,
            "official": {
                "true": self.outcomes[Outcome.MATCHED],
                "false": self.outcomes[Outcome.MISMATCHED] + self.outcomes[Outcome.NOT_FOUND],
                "null": self.rows
                - sum(self.outcomes[o] for o in Outcome if o.official is not None),
            },
            "outcomes": dict(self.outcomes.most_common()),
            "classes": dict(self.classes),
            "fields_to_check": dict(self.wrong),
            "levels": {field: dict(levels.most_common()) for field, levels in self.levels.items()},
            "reasons": dict(self.reasons.most_common()),
            "repairs": dict(self.repairs.most_common()),
            "unrouted": self.unrouted,
            "blocking": {kind: dict(counts) for kind, counts in self.blocks.items()},
            **self._identification(),
        }

    def _identification(self) -> dict[str, dict[str, int]]:
        """Say how many were taken for one entry, for none of several, for none at all.

        Rows that cannot be judged are among them, where they were looked for. Only a matcher that
        weighs looks for all, and at disclosure ``verdict`` none of it is told.
        """
        identification = {
            "identified": sum(self.levels[Field.NAME].values()),
            "ambiguous": self.ambiguous,
            "not_found": self.reasons[Reason.NOT_IN_REGISTRY],
        }
        told = self.weighs and any(identification.values())
        return {"identification": identification} if told else {}


def _counts(column: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(column)
    return {
        item["values"]: item["counts"] for item in counts.to_pylist() if item["values"] is not None
    }


def _split(counts: dict[str, int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for codes, count in counts.items():
        for code in codes.split(";"):
            if code:
                total[code] += count
    return total
