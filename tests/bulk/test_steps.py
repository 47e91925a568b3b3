"""One plan, carried out anywhere: each step is a function of its arguments."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bulk.lists import lists, rules
from vnvaxmatch.backends import Exact, Fuzzy, MemoryRegistry
from vnvaxmatch.bulk.engine import carry_out, finder_for
from vnvaxmatch.bulk.packing import pack, packed_schema, unpack
from vnvaxmatch.bulk.steps import Embedded, Numbered, Plan
from vnvaxmatch.bulk.worklists import SPOOLED
from vnvaxmatch.policy import Disclosure, strict

MATCHERS = pytest.mark.parametrize("matcher", [Exact(), Fuzzy()], ids=["exact", "fuzzy"])


class Forgetful:
    """An engine that sends rows away between any two steps, and makes the steps anew each time."""

    def __init__(self, plan, finder):
        self._plan = pickle.dumps(plan)
        self._here = Embedded(plan.steps(), finder)

    def _steps(self):
        return pickle.loads(self._plan).steps()

    def ask(self, stage, rows, found):
        """Ask as another process would."""
        return self._steps().ask(stage, _sent(rows), found)

    def find(self, stage, asked):
        """Find as ever."""
        return self._here.find(stage, asked)

    def decide(self, rows, found):
        """Decide as another process would."""
        return self._steps().decide(_sent(rows), found)


def _sent(batch):
    """Give a copy of a batch, as it comes from another machine."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.texts.schema) as writer:
        writer.write_batch(batch.texts)
    texts = pa.ipc.open_stream(sink.getvalue()).read_next_batch()
    return Numbered(texts, batch.rows.copy())


def _plan(matcher, registry, disclosure, reading):
    fitted = matcher.fitted(registry) if isinstance(matcher, Fuzzy) else matcher
    return Plan(fitted, strict, disclosure, reading)


def _same(ours, theirs):
    assert ours.table.equals(theirs.table)
    assert ours.wrong.equals(theirs.wrong)
    assert ours.classes.equals(theirs.classes)
    assert (ours.suggestions is None) == (theirs.suggestions is None)
    if ours.suggestions is not None:
        assert ours.suggestions.equals(theirs.suggestions)
    assert ours.blocks == theirs.blocks


@MATCHERS
@given(lists(), rules(), st.sampled_from(Disclosure))
def test_steps_depend_on_their_arguments_alone(matcher, generated, reading, disclosure):
    """Whether an engine stays with a batch or sends it on, the rows get the same."""
    people, texts = generated
    registry = MemoryRegistry(people)
    plan, finder = _plan(matcher, registry, disclosure, reading), finder_for(registry)
    batch = Numbered(texts, np.arange(7, 7 + texts.num_rows))

    stays = carry_out(Embedded(plan.steps(), finder), plan.stages, batch)
    sent = carry_out(Forgetful(plan, finder), plan.stages, batch)

    _same(stays, sent)


@MATCHERS
@given(lists(), rules(), st.data())
def test_rows_do_not_depend_on_their_neighbours(matcher, generated, reading, data):
    """A batch that is cut and shuffled gives every row what it had."""
    people, texts = generated
    registry = MemoryRegistry(people)
    plan, finder = _plan(matcher, registry, Disclosure.VALUES, reading), finder_for(registry)
    engine = Embedded(plan.steps(), finder)
    rows = np.array(data.draw(st.permutations(range(texts.num_rows))))
    cut = data.draw(st.integers(0, texts.num_rows))

    whole = carry_out(engine, plan.stages, Numbered(texts, np.arange(texts.num_rows)))
    parts = [
        carry_out(engine, plan.stages, Numbered(texts.take(pa.array(some)), some))
        for some in (rows[:cut], rows[cut:])
        if len(some)
    ]

    together = pa.concat_tables([part.table for part in parts]).sort_by("row")
    assert together.equals(whole.table)


@MATCHERS
@given(lists(), rules(), st.sampled_from(Disclosure))
def test_decided_rows_travel_whole(matcher, generated, reading, disclosure):
    """What is packed comes out as it went in, through a file too."""
    people, texts = generated
    registry = MemoryRegistry(people)
    plan = _plan(matcher, registry, disclosure, reading)
    engine = Embedded(plan.steps(), finder_for(registry))
    decided = carry_out(engine, plan.stages, Numbered(texts, np.arange(texts.num_rows)))

    packed = pack(decided, texts=SPOOLED)
    back = unpack(packed)

    suggests = disclosure is Disclosure.VALUES
    assert packed.schema == packed_schema(plan.schema, suggests=suggests, texts=SPOOLED)
    _same(decided, back)
    held = set(texts.schema.names)
    for name in SPOOLED:
        there = texts.column(name).to_pylist() if name in held else [None] * texts.num_rows
        assert back.texts.column(name).to_pylist() == there
