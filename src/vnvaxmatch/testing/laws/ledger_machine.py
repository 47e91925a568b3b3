"""A ledger beside a model of it: a list of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from vnvaxmatch.errors import ConflictError, ProofError
from vnvaxmatch.ledger import (
    Checkpoint,
    Event,
    Head,
    KeyRing,
    Ledger,
    Seal,
    Tally,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from vnvaxmatch.testing.events import composed, events

__all__ = ["LedgerMachine"]


class _Making(Protocol):
    def make(self, keys: KeyRing | None) -> Ledger: ...

    def again(self, ledger: Ledger, keys: KeyRing | None) -> Ledger | None: ...


class LedgerMachine(RuleBasedStateMachine):
    """A ledger beside a list of events: slow, and plainly right."""

    laws: ClassVar[_Making]
    keys: ClassVar[KeyRing] = KeyRing({"old": b"\1" * 32}, current="old")

    @initialize()
    def _begin(self) -> None:
        self.ledger = self.laws.make(self.keys)
        self.events: list[Event] = []
        self.leaves: list[bytes] = []
        self.numbers: dict[str, int] = {}
        self.labels: dict[str, str] = {}
        self.open: dict[str, set[int]] = {}
        self.pins: list[Checkpoint] = []

    def teardown(self) -> None:
        """Close it."""
        if hasattr(self, "ledger"):
            self.ledger.close()

    @rule(given_events=st.lists(events(), max_size=5), knows=st.booleans())
    def append(self, given_events: list[Event], knows: bool) -> None:
        """Append, with or without saying what one expects."""
        expected = {e.stream: self.numbers.get(e.stream, 0) for e in given_events}
        first = len(self.events)
        indexes = self.ledger.append(iter(given_events), expected=expected if knows else None)
        assert indexes == tuple(range(first, first + len(given_events)))
        for index, event in zip(indexes, given_events, strict=True):
            self.events.append(event)
            self.numbers[event.stream] = self.numbers.get(event.stream, 0) + 1
            if event.label is not None:
                self.labels[event.stream] = event.label
            if event.personal:
                self.open.setdefault(event.person or event.stream, set()).add(index)
        self.leaves += [recorded.leaf for recorded in self.ledger.scan(first)]

    @rule(event=events(), off=st.sampled_from([-1, 1, 5]))
    def conflict(self, event: Event, off: int) -> None:
        """Append, expecting something else."""
        actual = self.numbers.get(event.stream, 0)
        with pytest.raises(ConflictError):
            self.ledger.append([event], expected={event.stream: actual + off})

    @rule(person=st.sampled_from(["case/1", "case/2", "person/7", "nobody"]))
    def purge(self, person: str) -> None:
        """Destroy a person's values."""
        assert self.ledger.purge(person) is bool(self.open.get(person))
        self.open.pop(person, None)

    @rule()
    def pin(self) -> None:
        """Keep a checkpoint."""
        self.pins.append(self.ledger.checkpoint())

    @rule()
    def reopen(self) -> None:
        """Open it again, and go on with that one."""
        other = self.laws.again(self.ledger, self.keys)
        if other is not None:
            self.ledger.close()
            self.ledger = other

    @rule(data=st.data())
    def scan(self, data: st.DataObject) -> None:
        """Give a part of the log."""
        start, stop = data.draw(_spans(len(self.events)))
        found = list(self.ledger.scan(start, stop))
        assert [r.index for r in found] == list(range(start, stop))
        for recorded in found:
            wanted, is_open = self._wanted(recorded.index)
            assert recorded.event == wanted
            seal = Seal.OPEN if is_open else Seal.DESTROYED
            has_any = bool(self.events[recorded.index].personal)
            assert recorded.seal is (seal if has_any else Seal.NONE)

    @rule(prefix=st.sampled_from(["", "case/", "case/1", "case", "~", "audit"]), data=st.data())
    def stand(self, prefix: str, data: st.DataObject) -> None:
        """Tell where the streams stand, and count them."""
        heads = [self._head(name) for name in sorted(self.numbers) if name.startswith(prefix)]
        assert list(self.ledger.heads(prefix=prefix)) == heads
        labels = data.draw(st.sets(st.sampled_from(["matched", "", "mismatched"])))
        chosen = [head for head in heads if head.label in labels]
        assert list(self.ledger.heads(prefix=prefix, labels=labels)) == chosen
        tally = {
            label: Tally(len(times), min(times))
            for label in {head.label for head in heads}
            if (times := [head.at for head in heads if head.label == label])
        }
        assert self.ledger.tally(prefix=prefix) == tally

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        """Prove what is in the log, and that it grew."""
        count = len(self.events)
        first, second = data.draw(_spans(count))
        size = data.draw(st.integers(1, count))
        index = data.draw(st.integers(0, size - 1))
        checkpoint = Checkpoint(size, root_of(self.leaves[:size]))
        proof = self.ledger.inclusion(index, size=size)
        assert self.ledger.checkpoint(size) == checkpoint
        assert leaf_hash(self.ledger.content(index)) == self.leaves[index]
        verify_inclusion(self.leaves[index], proof, index=index, checkpoint=checkpoint)
        with pytest.raises(ProofError):
            verify_inclusion(b"\0" * 32, proof, index=index, checkpoint=checkpoint)
        one, two = (Checkpoint(n, root_of(self.leaves[:n])) for n in (first, second))
        verify_consistency(one, two, self.ledger.consistency(first, second))

    @rule(data=st.data())
    def check(self, data: st.DataObject) -> None:
        """Check the whole log against a checkpoint kept before."""
        since = data.draw(st.sampled_from(self.pins)) if self.pins else None
        checked = self.ledger.check(since=since)
        assert checked.sound
        assert checked.checkpoint == Checkpoint(len(self.events), root_of(self.leaves))

    @invariant()
    def _agrees(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert self.ledger.size == len(self.events)
        assert self.ledger.checkpoint().root == root_of(self.leaves)
        for stream in ("case/1", "person/7"):
            found = self.ledger.read(stream)
            wanted = [i for i, event in enumerate(self.events) if event.stream == stream]
            assert [r.index for r in found] == wanted
            assert [r.number for r in found] == list(range(1, len(wanted) + 1))
            assert [r.event for r in found] == [self._wanted(i)[0] for i in wanted]
            assert self.ledger.head(stream) == (self._head(stream) if wanted else None)

    def _wanted(self, index: int) -> tuple[Event, bool]:
        event = self.events[index]
        person = event.person or event.stream
        is_open = index in self.open.get(person, ())
        return (
            attrs.evolve(
                event,
                data=composed(event.data),
                personal=event.personal if is_open else {},
                person="" if person == event.stream else person,
            ),
            is_open,
        )

    def _head(self, stream: str) -> Head:
        last = [event for event in self.events if event.stream == stream][-1]
        return Head(stream, self.numbers[stream], self.labels.get(stream, ""), last.at)


def _spans(size: int) -> st.SearchStrategy[Sequence[int]]:
    """Two sizes of a log, the smaller first."""
    return st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted)
