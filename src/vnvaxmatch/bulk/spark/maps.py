"""What Spark runs over Arrow batches, wherever the rows are: the steps of a plan.

Each is a small record that travels to the workers; the steps themselves are made there, once in a
process, because they remember what they have read. What a map gives of a row depends on that row
alone, however the rows are cut into batches.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.engine import Asked, Blocks, Joined, Numbers, Searched, Stage
from vnvaxmatch.bulk.engine.protocol import SEARCH_SCHEMA, Ints
from vnvaxmatch.bulk.packing import pack, packed_schema
from vnvaxmatch.bulk.picking import number_blocks
from vnvaxmatch.bulk.sources.parquet import as_texts
from vnvaxmatch.bulk.sources.source import UNREADABLE, text_batch
from vnvaxmatch.bulk.spark.answers import BLOCKS, joined, searched
from vnvaxmatch.bulk.spark.keys import ASKED, KEY, PERSON, asked_keys, filed_keys
from vnvaxmatch.bulk.steps import Numbered, Plan, Steps
from vnvaxmatch.errors import VnvaxmatchError

__all__ = [
    "FILED",
    "KEYS",
    "Asking",
    "Deciding",
    "Filing",
    "Job",
    "Settling",
    "guarded",
    "texts_in",
]

Map: TypeAlias = Callable[[Any, Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

FILED = pa.schema([*KEY, ("person", pa.struct(list(PERSON)))])
"""Keys of entries, each with what is known of its entry."""

KEYS = pa.list_(pa.struct(list(KEY)))
"""The type of the column of what a row is yet to be looked for by."""


@attrs.frozen
class Job:
    """A plan as it travels; ``texts`` names the columns of the list, ``beside`` those of them that
    are to come back with the results.
    """

    plan: bytes = attrs.field(repr=False)
    texts: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan, *, texts: Iterable[str], beside: Iterable[str] = ()) -> Job:
        """Pack a plan."""
        return cls(pickle.dumps(plan), tuple(texts), tuple(beside))

    @property
    def packed(self) -> pa.Schema:
        """The columns of packed results."""
        plan: Plan = pickle.loads(self.plan)
        schema = packed_schema(plan.schema, suggests=plan.suggests, texts=self.beside)
        return pa.schema([field.with_nullable(True) for field in schema])

    @property
    def settled(self) -> pa.Schema:
        """The columns of what :class:`Settling` gives."""
        texts = [(name, pa.string()) for name in self.texts]
        return pa.schema(
            [
                ("_row", pa.int64()),
                ("_open", pa.bool_()),
                ("_blocks_0", BLOCKS),
                ("_keys", KEYS),
                *((f"_list_{name}", kind) for name, kind in (*texts, (UNREADABLE, pa.bool_()))),
                *self.packed,
            ]
        )

    def steps(self) -> Steps:
        """Give this process's steps."""
        return _steps(self.plan)

    def numbered(self, batch: pa.RecordBatch, *, prefix: str = "") -> Numbered:
        """Take the columns of the list out of a batch, as texts, and the rows' numbers."""
        return Numbered(texts_in(batch, self.texts, prefix=prefix), batch.column("row").to_numpy())


def texts_in(batch: pa.RecordBatch, names: Iterable[str], *, prefix: str = "") -> pa.RecordBatch:
    """Write the cells of some columns as texts, as those of a Parquet list are read."""
    texts = {name: as_texts(batch.column(prefix + name)) for name in names}
    marks = None
    if prefix + UNREADABLE in batch.schema.names:
        marks = pc.fill_null(batch.column(prefix + UNREADABLE), False)
    return text_batch(texts, marks)


def guarded(function: Map) -> Map:
    """Say of what goes wrong only what it is: an error may quote a cell, and Spark logs it."""

    @wraps(function)
    def told(self: Any, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from function(self, batches)
        except VnvaxmatchError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be quoted
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}, line {frame.lineno}"
            raise VnvaxmatchError(f"{type(error).__name__} in {where}") from None

    return told


@lru_cache(maxsize=2)
def _steps(plan: bytes) -> Steps:
    made: Plan = pickle.loads(plan)
    return made.steps()


@attrs.frozen
class Filing:
    """Makes the keys of entries, of the kinds of a stage."""

    stage: Stage

    @guarded
    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give a row for each key of each entry: the columns of :data:`FILED`."""
        for batch in batches:
            keys = filed_keys(batch, self.stage)
            known = pa.StructArray.from_arrays(
                [batch.column(field.name).cast(field.type) for field in PERSON],
                fields=list(PERSON),
            )
            person = known.take(keys.column("row").combine_chunks())
            table = keys.drop_columns(["row"]).append_column("person", person)
            yield from table.cast(FILED).to_batches()


@attrs.frozen
class Asking:
    """Makes the keys of the first stage of rows of texts."""

    job: Job

    @guarded
    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give a row for each key of each row: the columns of :data:`ASKED`."""
        steps = self.job.steps()
        for batch in batches:
            numbered = self.job.numbered(batch)
            keys = asked_keys(steps.ask(steps.stages[0], numbered, ()))
            rows = pa.array(numbered.rows).take(keys.column("row"))
            yield from keys.set_column(0, "row", rows).cast(ASKED).to_batches()


@attrs.frozen
class Settling:
    """Decides the rows that the answer to the first stage settles, and asks on about the rest.

    A row that is settled comes out as packed results; of any other come the keys of the next stage,
    its texts, and what was found for it.
    """

    job: Job

    @guarded
    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give a row for each row: the columns of :attr:`Job.settled`."""
        steps = self.job.steps()
        for batch in batches:
            numbered = self.job.numbered(batch)
            first = steps.ask(Stage.NUMBERS, numbered, ())
            assert isinstance(first, Numbers)
            answer = joined(first, batch.column("blocks_0"))
            asked = steps.ask(Stage.KEYS, numbered, (answer,))
            assert isinstance(asked, Asked)
            # a row that nothing more is asked about is decided by what was found so far, whatever
            # the answer about the others: so nothing is answered about them here
            nothing = Searched(SEARCH_SCHEMA.empty_table(), {}, {})
            decided = steps.decide(numbered, (answer, nothing))
            open_ = np.zeros(batch.num_rows, dtype=np.bool_)
            open_[asked.rows] = True
            decided = _of_settled(decided, first, answer, open_)
            packed = pack(decided, texts=self.job.beside)
            yield from self._table(batch, packed, asked, open_).to_batches()

    def _table(
        self, batch: pa.RecordBatch, packed: pa.Table, asked: Asked, open_: Ints
    ) -> pa.Table:
        """Put settled rows first, then those that are open."""
        settled, rest = (pa.array(np.flatnonzero(which)) for which in (~open_, open_))
        rows = batch.column("row")
        closed = {
            "_row": rows.take(settled),
            "_open": pa.repeat(pa.scalar(False), len(settled)),
            **{field.name: packed.column(field.name) for field in self.job.packed},
        }
        texts = self.job.numbered(batch).texts.take(rest)
        waiting = {
            "_row": rows.take(rest),
            "_open": pa.repeat(pa.scalar(True), len(rest)),
            "_blocks_0": batch.column("blocks_0").take(rest),
            "_keys": _by_row(asked_keys(asked), np.flatnonzero(open_)),
            **{f"_list_{name}": texts.column(name) for name in texts.schema.names},
        }
        schema = self.job.settled
        return pa.concat_tables(
            pa.table(
                [
                    some[field.name].cast(field.type)
                    if field.name in some
                    else pa.nulls(len(some["_row"]), field.type)
                    for field in schema
                ],
                schema=schema,
            )
            for some in (closed, waiting)
        ).combine_chunks()


def _of_settled(decided: Decided, asked: Numbers, answer: Joined, open_: Ints) -> Decided:
    """Keep the rows that are settled, and count only what their own keys came to."""
    kept = pa.array(~open_)
    row = answer.pairs.column("row").to_numpy()
    waiting = number_blocks(
        asked.codes[open_],
        answer.pairs.filter(pa.array(open_[row])),
        int(open_[answer.skipped].sum()),
    )
    blocks: Blocks = {
        kind: tuple(np.subtract(counts, waiting[kind]).tolist())
        for kind, counts in decided.blocks.items()
    }
    return attrs.evolve(
        decided,
        table=decided.table.filter(kept),
        wrong=decided.wrong.filter(kept),
        classes=decided.classes.filter(kept),
        texts=decided.texts.filter(kept),
        suggestions=None if decided.suggestions is None else decided.suggestions.filter(kept),
        blocks=blocks,
    )


def _by_row(keys: pa.Table, rows: Ints) -> pa.ListArray:
    """Gather keys into a list for each of some rows, in their order."""
    keys = keys.sort_by("row").combine_chunks()
    held = np.searchsorted(keys.column("row").to_numpy(), np.append(rows, np.iinfo(np.int64).max))
    values = pa.StructArray.from_arrays(
        [keys.column(field.name).combine_chunks() for field in KEY], fields=list(KEY)
    )
    return pa.ListArray.from_arrays(pa.array(held.astype(np.int32)), values)


@attrs.frozen
class Deciding:
    """Decides rows about which all is found: ``blocks_0``, and ``blocks_1`` of the second stage.

    ``prefix`` is what the names of the list's columns start with.
    """

    job: Job
    prefix: str = ""

    @guarded
    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give packed results."""
        steps = self.job.steps()
        for batch in batches:
            numbered = self.job.numbered(batch, prefix=self.prefix)
            found: tuple[Joined | Searched, ...] = ()
            for number, stage in enumerate(steps.stages):
                question = steps.ask(stage, numbered, found)
                blocks = batch.column(f"blocks_{number}")
                if isinstance(question, Numbers):
                    found = (*found, joined(question, blocks))
                else:
                    found = (*found, searched(question, blocks))
            decided = pack(steps.decide(numbered, found), texts=self.job.beside)
            yield from decided.cast(self.job.packed).combine_chunks().to_batches()
