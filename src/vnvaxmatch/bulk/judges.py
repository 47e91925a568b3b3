"""Who turns a batch of texts into results rows: in columns for the exact matcher, else row by row.

The row-by-row judge is the plain reading of what a result is; the other one must equal it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

import attrs
import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Exact, Fuzzy, Matcher, Registry, match
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.decide import Decided, Decider, verdict_rule, wrong_fields
from vnvaxmatch.bulk.engine import engine_for
from vnvaxmatch.bulk.fuzzy import FuzzyPicker
from vnvaxmatch.bulk.picking import ExactPicker, Picker, Picks
from vnvaxmatch.bulk.results import (
    RESULT_SCHEMA,
    WEIGHED_SCHEMA,
    WEIGHTS,
    result_row,
    suggestions_cell,
    weight_columns,
)
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.normalize import Encoding, Vintage, dose_date
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.policy import Disclosure, Policy
from vnvaxmatch.records import Claim, Dose

__all__ = ["ColumnJudge", "Judge", "ReadingRules", "RowJudge", "judge_for"]


@attrs.frozen
class ReadingRules:
    """How the texts of a list are to be read.

    ``reference`` is the day that ages and two-digit years count from where a row has no dose date,
    ``encoding`` the vote of the name column, ``vintage`` the time that bare commune codes are of.
    """

    reference: date | None = None
    encoding: Encoding | None = None
    vintage: Vintage | None = None


class Judge(Protocol):
    """Turns batch after batch of texts into results rows, one for each row, in order."""

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch; ``first_row`` is the number of its first row."""
        ...


class ColumnJudge:
    """A matcher in columns."""

    def __init__(
        self,
        reader: ClaimReader,
        picker: Picker,
        *,
        disclosure: Disclosure,
    ) -> None:
        self._reader = reader
        self._picker = picker
        self._disclosure = disclosure
        self.schema = WEIGHED_SCHEMA if picker.weighs else RESULT_SCHEMA
        self._decider = Decider(
            owns=reader.owns,
            decisions=picker.decisions,
            rule=verdict_rule(disclosure=disclosure),
            schema=self.schema,
        )

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        claims = self._reader.read(batch)
        picks = self._picker.pick(claims)
        return self._decider.decide(
            claims,
            picks.decision,
            first_row=first_row,
            given=_told(picks, self._disclosure, weighed=self._picker.weighs),
            suggestions=picks.suggestions if self._disclosure is Disclosure.VALUES else None,
            # that somebody has a number is itself a disclosure
            blocks=None if self._disclosure is Disclosure.VERDICT else picks.blocks,
        )


def _told(picks: Picks, disclosure: Disclosure, *, weighed: bool) -> dict[str, pa.Array]:
    """Give the columns that differ from row to row, as far as they may be told."""
    rows = len(picks.decision)
    columns: dict[str, pa.Array] = {"entry_key": pa.nulls(rows, pa.string())}
    if disclosure is Disclosure.VALUES:
        place = np.where(picks.pair < 0, 0, picks.pair)
        taken = pa.array(place, mask=picks.pair < 0)
        if len(picks.entry_key):
            columns["entry_key"] = picks.entry_key.take(taken)
    if weighed:
        candidates: list[str | None] = [None] * rows
        weights = dict.fromkeys(WEIGHTS, pa.nulls(rows, pa.float64()))
        if disclosure is Disclosure.VALUES:
            for row, keys in picks.candidates.items():
                candidates[row] = ";".join(keys) or None
        if disclosure is not Disclosure.VERDICT:
            weights = weight_columns(picks.weights)
        columns |= {**weights, "candidates": pa.array(candidates, pa.string())}
    return columns


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
            verdict = match(claim, by=self._matcher, against=self._registry, policy=self._policy)
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


def read_row(texts: dict[str, Any], reading: ReadingRules) -> tuple[Claim, Dose]:
    """Read the claim and the dose of one row of texts."""
    day = dose_date(texts.get("dose_date", ""))
    reference = day.value if isinstance(day, Normalized) else reading.reference
    claim = Claim.read(
        name=texts.get("full_name", ""),
        birth=texts.get("date_of_birth", ""),
        sex=texts.get("sex", ""),
        id_number=texts.get("id_number", ""),
        nationality=texts.get("nationality", ""),
        commune=texts.get("commune", ""),
        district=texts.get("district", ""),
        province=texts.get("province", ""),
        phone=texts.get("phone", ""),
        reference=reference,
        vintage=reading.vintage,
        encoding=reading.encoding,
    )
    dose = Dose.read(
        vaccine=texts.get("vaccine", ""),
        number=texts.get("dose_number", ""),
        date=texts.get("dose_date", ""),
        lot=texts.get("lot", ""),
        site=texts.get("site", ""),
        birth=claim.birth.value if isinstance(claim.birth, Normalized) else None,
        reference=reading.reference,
    )
    return claim, dose


def judge_for(
    matcher: Matcher,
    registry: Registry,
    *,
    policy: Policy,
    disclosure: Disclosure,
    reading: ReadingRules,
    threads: int | None = None,
) -> Judge:
    """Choose how to run a matcher over columns; ``threads`` are those of the registry's store."""
    suggests = disclosure is Disclosure.VALUES
    if isinstance(matcher, Exact):
        reader = _reader(reading)
        engine = engine_for(registry, threads=threads)
        picker: Picker = ExactPicker(engine, reader, policy=policy, suggests=suggests)
        return ColumnJudge(reader, picker, disclosure=disclosure)
    if isinstance(matcher, Fuzzy):
        fitted = matcher.fitted(registry)
        reader = _reader(reading, folds=True)
        engine = engine_for(registry, threads=threads)
        picker = FuzzyPicker(engine, reader, fitted.weigher, policy=policy, suggests=suggests)
        return ColumnJudge(reader, picker, disclosure=disclosure)
    return RowJudge(matcher, registry, policy=policy, disclosure=disclosure, reading=reading)


def _reader(reading: ReadingRules, *, folds: bool = False) -> ClaimReader:
    return ClaimReader(
        reference=reading.reference,
        encoding=reading.encoding,
        vintage=reading.vintage,
        folds=folds,
    )
