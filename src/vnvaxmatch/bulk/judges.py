"""Who turns a batch of texts into results rows: in columns for our own matchers, else row by row.

The row-by-row judge is the plain reading of what a result is; the other one must equal it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Exact, Fuzzy, Matcher, Registry, match
from vnvaxmatch.bulk.decide import Decided, wrong_fields
from vnvaxmatch.bulk.engine import Finder, Room, carry_out, finder_for
from vnvaxmatch.bulk.engine.registry import not_asked
from vnvaxmatch.bulk.reading import ReadingRules, read_row
from vnvaxmatch.bulk.results import (
    RESULT_SCHEMA,
    WEIGHED_SCHEMA,
    WEIGHTS,
    result_row,
    suggestions_cell,
    weight_columns,
)
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.bulk.steps import Embedded, Numbered, Plan
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Policy, Verdict
from vnvaxmatch.records import Claim

__all__ = ["ColumnJudge", "Judge", "RowJudge", "judge_for"]


class Judge(Protocol):
    """Turns batch after batch of texts into results rows, one for each row, in order."""

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch; ``first_row`` is the number of its first row."""
        ...


class ColumnJudge:
    """A matcher in columns, by the embedded engine."""

    def __init__(self, plan: Plan, finder: Finder) -> None:
        self._engine = Embedded(plan.steps(), finder)
        self._stages = plan.stages
        self.schema = plan.schema

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        rows = np.arange(first_row, first_row + batch.num_rows)
        return carry_out(self._engine, self._stages, Numbered(batch, rows))


class RowJudge:
    """Any matcher, one claim after the other."""

    def __init__(
        self,
        matcher: Matcher,
        registry: Registry,
        *,
        policy: Policy,
        disclosure: Disclosure,
        reading: ReadingRules,
    ) -> None:
        self._matcher = matcher
        self._registry = registry
        self._policy = policy
        self._disclosure = disclosure
        self._reading = reading
        self.schema = WEIGHED_SCHEMA if getattr(matcher, "weighs", False) else RESULT_SCHEMA

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        rows, wrong, classes, suggestions = [], [], [], []
        for number, texts in enumerate(batch.to_pylist(), first_row):
            claim, dose = read_row(texts, self._reading)
            verdict = self._match(claim)
            told = verdict.disclose(self._disclosure)
            codes = (Reason.ROW_UNREADABLE, *dose.codes) if texts[UNREADABLE] else dose.codes
            rows.append(
                result_row(told, claim, row=number, record_id=texts.get("record_id"), dose=codes)
            )
            wrong.append(wrong_fields(told, claim.gaps))
            classes.append(verdict.dirty_class)
            suggestions.append(suggestions_cell(told.suggestions))
        columns = {name: pa.array([row[name] for row in rows]) for name in self.schema.names}
        if self.schema is WEIGHED_SCHEMA:
            columns |= weight_columns({name: columns[name] for name in WEIGHTS})
        return Decided(
            pa.table(
                [columns[field.name].cast(field.type) for field in self.schema], schema=self.schema
            ),
            pa.array(wrong, pa.string()),
            pa.array(classes, pa.string()),
            batch,
            pa.array(suggestions, pa.string()) if self._disclosure is Disclosure.VALUES else None,
        )

    def _match(self, claim: Claim) -> Verdict:
        try:
            return match(claim, by=self._matcher, against=self._registry, policy=self._policy)
        except OSError as error:
            raise not_asked(error) from None


def judge_for(
    matcher: Matcher,
    registry: Registry,
    *,
    policy: Policy,
    disclosure: Disclosure,
    reading: ReadingRules,
    room: Room | None = None,
    worklists: bool = True,
) -> Judge:
    """Choose how to run a matcher over columns; ``room`` is what the registry's store may take.

    Where no ``worklists`` are to be made of the rows, what to correct need not be worked out.
    """
    if isinstance(matcher, Fuzzy):
        matcher = matcher.fitted(registry)
    if isinstance(matcher, (Exact, Fuzzy)):
        plan = Plan(matcher, policy, disclosure, reading, worklists)
        return ColumnJudge(plan, finder_for(registry, room=room))
    return RowJudge(matcher, registry, policy=policy, disclosure=disclosure, reading=reading)
