"""What runs over Arrow batches, with joins in plain Python between: the same as row by row."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bulk.lists import lists, rules
from tests.spark.columns import people_of
from vnvaxmatch.backends import Exact, Fuzzy, MemoryRegistry
from vnvaxmatch.blocking import CAPS
from vnvaxmatch.bulk.engine import Stage
from vnvaxmatch.bulk.judges import RowJudge
from vnvaxmatch.bulk.packing import unpack
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.bulk.spark.answers import BLOCKS
from vnvaxmatch.bulk.spark.keys import KINDS
from vnvaxmatch.bulk.spark.maps import FILED, Asking, Deciding, Filing, Job, Settling
from vnvaxmatch.bulk.steps import Plan
from vnvaxmatch.policy import Disclosure, strict

MATCHERS = pytest.mark.parametrize("matcher", [Exact(), Fuzzy()], ids=["exact", "fuzzy"])


def cut(table, size):
    """Cut a table into batches of so many rows."""
    return table.combine_chunks().to_batches(max_chunksize=size)


def found_for(asked, people, stage):
    """Join keys as Spark does: blocks by row."""
    filed = defaultdict(list)
    for row in rows_of(Filing(stage)([people]), FILED).to_pylist():
        filed[row["kind"], row["code"], row["text"]].append(row["person"])
    caps = [CAPS[kind] for kinds in KINDS.values() for kind in kinds]
    blocks = defaultdict(list)
    for row in asked:
        some = filed.get((row["kind"], row["code"], row["text"]))
        if some:
            over = len(some) > caps[row["kind"]]
            block = {"kind": row["kind"], "over": over, "people": None if over else some}
            blocks[row["row"]].append(block)
    return blocks


def beside(table, name, blocks, row="row"):
    """Put blocks beside the rows that they are of."""
    column = [blocks.get(number) for number in table.column(row).to_pylist()]
    return table.append_column(name, pa.array(column, BLOCKS))


def rows_of(batches, schema):
    """Give what a map gives as one table."""
    return pa.Table.from_batches(list(batches), schema)


def verified(plan, people, table, size):
    """Go through the stages of a plan as the engine on Spark does, in batches of so many rows."""
    job = Job.of(plan, texts=[n for n in table.schema.names if n not in ("row", UNREADABLE)])
    asked = [row for batch in Asking(job)(cut(table, size)) for row in batch.to_pylist()]
    table = beside(table, "blocks_0", found_for(asked, people, Stage.NUMBERS))
    if plan.stages == (Stage.NUMBERS,):
        return rows_of(Deciding(job)(cut(table, size)), job.packed)
    settled = rows_of(Settling(job)(cut(table, size)), job.settled)
    closed = settled.filter(pa.compute.invert(settled.column("_open"))).select(job.packed.names)
    waiting = settled.filter(settled.column("_open"))
    names = ["row" if name == "_row" else name.replace("_blocks_0", "blocks_0") for name in
             waiting.schema.names]  # fmt: skip
    waiting = waiting.drop_columns(job.packed.names).rename_columns(
        names[: len(names) - len(job.packed.names)]
    )
    asked = [
        {"row": row["row"], **key} for row in waiting.to_pylist() for key in row["_keys"] or ()
    ]
    waiting = beside(waiting, "blocks_1", found_for(asked, people, Stage.KEYS))
    rest = rows_of(Deciding(job, prefix="_list_")(cut(waiting, size)), job.packed)
    return pa.concat_tables([closed, rest])


@MATCHERS
@given(lists(), rules(), st.sampled_from(Disclosure), st.integers(1, 13), st.randoms())
def test_the_steps_equal_rows(matcher, generated, reading, disclosure, size, random):
    """In whatever order rows come and however they are cut, each gets what it gets by itself."""
    people, batch = generated
    plan = Plan(matcher, strict, disclosure, reading)
    order = list(range(batch.num_rows))
    random.shuffle(order)
    table = pa.Table.from_batches([batch]).append_column(
        "row", pa.array(np.arange(1, batch.num_rows + 1))
    )

    packed = verified(plan, people_of(people), table.take(order), size).sort_by("row")

    one_by_one = RowJudge(
        matcher, MemoryRegistry(people), policy=strict, disclosure=disclosure, reading=reading
    ).judge(batch, 1)
    ours = unpack(packed, batch)
    assert ours.table.to_pylist() == one_by_one.table.to_pylist()
    assert ours.wrong.to_pylist() == one_by_one.wrong.to_pylist()
    assert ours.classes.to_pylist() == one_by_one.classes.to_pylist()
    if disclosure is Disclosure.VALUES:
        assert ours.suggestions.to_pylist() == one_by_one.suggestions.to_pylist()
