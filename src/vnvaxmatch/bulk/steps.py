"""What is done to batches between the joins: pure functions of Arrow data, for any engine."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

import attrs
import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.decide import Decided, Decider, verdict_rule
from vnvaxmatch.bulk.engine import Answer, Finder, Joined, Numbers, Question, Searched, Stage
from vnvaxmatch.bulk.engine.protocol import Ints
from vnvaxmatch.bulk.fuzzy import FuzzyPicker
from vnvaxmatch.bulk.picking import ExactPicker, Picker, Picks
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.results import RESULT_SCHEMA, WEIGHED_SCHEMA, WEIGHTS, weight_columns
from vnvaxmatch.policy import Disclosure, Policy

__all__ = ["Embedded", "Found", "Numbered", "Plan", "Steps"]

Found: TypeAlias = tuple[Answer, ...]
"""The answers to the stages so far."""


@attrs.frozen(eq=False)
class Numbered:
    """A batch of texts, and the numbers of its rows in the list."""

    texts: pa.RecordBatch
    rows: Ints


@attrs.frozen
class Plan:
    """How rows are to be verified, whatever engine moves them: it can be sent to where they are.

    A fuzzy matcher is to be fitted to the registry before (:meth:`Fuzzy.fitted`). Without
    ``worklists`` nobody reads what to correct, and it is not worked out.
    """

    matcher: Exact | Fuzzy
    policy: Policy
    disclosure: Disclosure
    reading: ReadingRules
    worklists: bool = True

    @property
    def suggests(self) -> bool:
        """Whether it is worked out what to correct."""
        return self.worklists and self.disclosure is Disclosure.VALUES

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What is joined, in order."""
        return (FuzzyPicker if isinstance(self.matcher, Fuzzy) else ExactPicker).stages

    @property
    def schema(self) -> pa.Schema:
        """The columns of the results."""
        return WEIGHED_SCHEMA if isinstance(self.matcher, Fuzzy) else RESULT_SCHEMA

    def steps(self) -> Steps:
        """Make the functions, which remember what they have read: one for each process."""
        weighs = isinstance(self.matcher, Fuzzy)
        reader = ClaimReader(
            reference=self.reading.reference,
            encoding=self.reading.encoding,
            vintage=self.reading.vintage,
            folds=weighs,
        )
        picker: Picker
        if isinstance(self.matcher, Fuzzy):
            weigher = self.matcher.weigher
            picker = FuzzyPicker(reader, weigher, policy=self.policy, suggests=self.suggests)
        else:
            picker = ExactPicker(reader, policy=self.policy, suggests=self.suggests)
        return Steps(reader, picker, disclosure=self.disclosure)


class Steps:
    """The stages of a :class:`Plan` over one batch.

    Each answer depends on its arguments alone. What was read of a batch is kept until another one
    comes, so that an engine which stays with a batch from the first step to the last has it read
    once; one that sends rows on to other machines in between has them read again.
    """

    def __init__(self, reader: ClaimReader, picker: Picker, *, disclosure: Disclosure) -> None:
        self._reader = reader
        self._picker = picker
        self._disclosure = disclosure
        self._decider = Decider(
            owns=reader.owns,
            decisions=picker.decisions,
            rule=verdict_rule(disclosure=disclosure),
            schema=WEIGHED_SCHEMA if picker.weighs else RESULT_SCHEMA,
        )
        self.stages = picker.stages
        self._begun: _Begun | None = None

    def ask(self, stage: Stage, batch: Numbered, found: Found) -> Question:
        """Make the question of a stage; ``found`` answers all the stages before."""
        question = self._continued(batch, found).question
        assert isinstance(question, Numbers) is (stage is Stage.NUMBERS)
        return question

    def decide(self, batch: Numbered, found: Found) -> Decided:
        """Decide every row; ``found`` answers all stages."""
        decided = self._continued(batch, found).decided
        self._begun = None
        assert decided is not None
        return decided

    def _continued(self, batch: Numbered, found: Found) -> _Begun:
        begun = self._begun
        if begun is None or begun.batch is not batch or len(begun.answered) > len(found):
            begun = self._begun = _Begun(batch, self._flow(batch))
        begun.answer(found)
        return begun

    def _flow(self, batch: Numbered) -> Generator[Question, Answer, Decided]:
        claims = self._reader.read(batch.texts)
        picks = yield from self._picker.pick(claims)
        return self._decider.decide(
            claims,
            picks.decision,
            rows=batch.rows,
            given=_told(picks, self._disclosure, weighed=self._picker.weighs),
            suggestions=picks.suggestions,
            # that somebody has a number is itself a disclosure
            blocks=None if self._disclosure is Disclosure.VERDICT else picks.blocks,
        )


class _Begun:
    """A batch under way: its flow, how far it was answered, and what it asks or has come to."""

    def __init__(self, batch: Numbered, flow: Generator[Question, Answer, Decided]) -> None:
        self.batch = batch
        self.answered: Found = ()
        self.decided: Decided | None = None
        self._flow = flow
        self.question = next(flow)

    def answer(self, found: Found) -> None:
        """Go on with the answers that are new."""
        for answer in found[len(self.answered) :]:
            try:
                self.question = self._flow.send(answer)
            except StopIteration as done:
                self.decided = done.value
        self.answered = found


class Embedded:
    """The engine in this process: a batch stays, and what is found for it comes here."""

    def __init__(self, steps: Steps, finder: Finder) -> None:
        self._steps = steps
        self._finder = finder

    def ask(self, stage: Stage, rows: Numbered, found: Found) -> Question:
        """Make the keys of a stage."""
        return self._steps.ask(stage, rows, found)

    def find(self, stage: Stage, asked: Question) -> Joined | Searched:
        """Find the entries that have the keys."""
        del stage  # the question says it
        if isinstance(asked, Numbers):
            return self._finder.join(asked.codes)
        return self._finder.search(asked)

    def decide(self, rows: Numbered, found: Found) -> Decided:
        """Compare with all that was found, and decide."""
        return self._steps.decide(rows, found)


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
