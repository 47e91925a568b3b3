"""Who turns a batch of texts into results rows: in columns for the exact matcher, else row by row.

The row-by-row judge is the plain reading of what a result is; the other one must equal it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

import attrs
import pyarrow as pa

from vnvaxmatch.backends import Exact, Matcher, Registry, match
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.decide import Decided, Decider, verdict_rule, wrong_fields
from vnvaxmatch.bulk.engine import Engine, engine_for
from vnvaxmatch.bulk.pairs import PairReader
from vnvaxmatch.bulk.results import RESULT_SCHEMA, result_row
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
    """The exact matcher in columns."""

    def __init__(
        self, engine: Engine, *, policy: Policy, disclosure: Disclosure, reading: ReadingRules
    ) -> None:
        self._engine = engine
        self._reader = ClaimReader(
            reference=reading.reference, encoding=reading.encoding, vintage=reading.vintage
        )
        self._pairs = PairReader(self._reader.names)
        self._decider = Decider(
            owns=self._reader.owns,
            likenesses=self._pairs.likenesses,
            rule=verdict_rule(policy=policy, matcher=Exact().name, disclosure=disclosure),
            schema=RESULT_SCHEMA,
        )

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        claims = self._reader.read(batch)
        found, skipped = self._engine.join(claims.number)
        pairs = self._pairs.read(claims, found)
        return self._decider.decide(claims, pairs, skipped, first_row=first_row)


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

    def judge(self, batch: pa.RecordBatch, first_row: int) -> Decided:
        """Decide every row of a batch."""
        rows, wrong, classes = [], [], []
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
        return Decided(
            pa.Table.from_pylist(rows, schema=RESULT_SCHEMA),
            pa.array(wrong, pa.string()),
            pa.array(classes, pa.string()),
            batch,
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
    if isinstance(matcher, Exact):
        return ColumnJudge(
            engine_for(registry, threads=threads),
            policy=policy,
            disclosure=disclosure,
            reading=reading,
        )
    return RowJudge(matcher, registry, policy=policy, disclosure=disclosure, reading=reading)
