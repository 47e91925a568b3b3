"""The laws of a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from vnvaxmatch.errors import ConflictError, LedgerError, ProofError
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
from vnvaxmatch.testing.events import composed, events, odd_events
from vnvaxmatch.testing.laws.checking import Laws

__all__ = ["LedgerLaws"]

_OLD: Final = KeyRing({"old": b"\1" * 32}, current="old")
_BOTH: Final = KeyRing({"old": b"\1" * 32, "new": b"\2" * 32}, current="new")
_NEW: Final = KeyRing({"new": b"\2" * 32}, current="new")
_AT: Final = datetime(2026, 5, 4, tzinfo=UTC)
_STEPS: Final = 20


class LedgerLaws(Laws):
    """What an append-only log keeps to.

    Fill ``make``, which gives a new, empty ledger, and ``again``, which opens the same one once
    more, with other keys::

        class TestMyLedger(LedgerLaws):
            def make(self, keys):
                return MyLedger(new_place(), keys=keys)

            def again(self, ledger, keys):
                return MyLedger(ledger.place, keys=keys)

    Where a ledger cannot be opened twice, leave ``again`` as it is. All are closed after use.
    """

    def make(self, keys: KeyRing | None) -> Ledger:
        """Make an empty ledger."""
        raise NotImplementedError

    def again(self, ledger: Ledger, keys: KeyRing | None) -> Ledger | None:
        """Open a ledger a second time, or give None where that is not possible."""
        return None

    def test_it_does_what_the_model_does(self) -> None:
        """Whatever is done with it in whatever order, it answers as a list of events would."""
        examples = self.max_examples or settings().max_examples
        machine = type("LedgerMachine", (_Machine,), {"laws": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=_STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )

    def test_it_fills_the_protocol(self) -> None:
        """It can be asked as the protocol says."""
        with self.make(None) as ledger:
            assert isinstance(ledger, Ledger)

    def test_an_empty_one_is_a_log_of_nothing(self) -> None:
        """It has no events, no streams, and the root of the empty tree."""
        with self.make(None) as ledger:
            assert (ledger.size, ledger.read("case/1"), ledger.head("case/1")) == (0, (), None)
            assert not [*ledger.scan(), *ledger.heads(), *ledger.tally()]
            assert ledger.checkpoint() == Checkpoint(0, root_of([]))
            assert ledger.check().sound
            assert ledger.append([]) == ()

    def test_what_is_closed_is_closed(self) -> None:
        """Asked after it was closed, it says so; closing it twice is nothing."""
        ledger = self.make(None)
        ledger.close()
        ledger.close()
        with pytest.raises(LedgerError, match="closed"):
            _ = ledger.size

    def test_what_is_no_event_is_refused_whole(self) -> None:
        """One event that cannot be kept, and nothing of the append is; no value is told."""

        @given(st.lists(events(), max_size=2), odd_events(), st.lists(events(), max_size=2))
        def law(before: list[Event], odd: Event, after: list[Event]) -> None:
            with self.make(_OLD) as ledger:
                with pytest.raises(LedgerError, match=f"event {len(before)} of the append"):
                    ledger.append([*before, odd, *after])
                assert ledger.size == 0
                assert [*ledger.heads()] == []

        self.check(law)

    def test_personal_values_need_a_key_ring(self) -> None:
        """Without one they are refused, and nothing is written; other events are kept."""
        with self.make(None) as ledger:
            with pytest.raises(LedgerError, match="key ring"):
                ledger.append([Event("case/1", "received", _AT, personal={"name": "Thử"})])
            assert ledger.size == 0
            assert ledger.append([Event("case/1", "received", _AT)]) == (0,)

    def test_an_index_or_size_that_was_never_is_refused(self) -> None:
        """No proof and no checkpoint is made up for what the log does not have."""
        with self.make(None) as ledger:
            ledger.append([Event("case/1", "received", _AT)] * 3)
            for ask in (
                lambda: ledger.inclusion(3),
                lambda: ledger.inclusion(-1),
                lambda: ledger.inclusion(1, size=1),
                lambda: ledger.inclusion(0, size=4),
                lambda: ledger.consistency(2, 1),
                lambda: ledger.consistency(-1, 1),
                lambda: ledger.consistency(1, 4),
                lambda: ledger.checkpoint(4),
                lambda: ledger.checkpoint(-1),
                lambda: ledger.scan(-1),
            ):
                with pytest.raises(LedgerError):
                    ask()

    def test_the_repr_shows_nobody(self) -> None:
        """Neither the ledger nor what it gives back shows a personal value."""
        secret = "Nguyễn Thị Kín"
        with self.make(_OLD) as ledger:
            ledger.append([Event("case/1", "received", _AT, personal={"name": secret})])
            shown = repr((ledger, ledger.read("case/1"), ledger.check()))
            assert secret not in shown
            assert "Kín" not in shown

    def test_one_of_two_writers_of_a_stream_wins(self) -> None:
        """Of many who expect the same, one is let through, and the others get a conflict."""
        with self.make(None) as ledger, ThreadPoolExecutor(4) as pool:
            ledger.append([Event("case/1", "received", _AT)])

            def write(writer: int) -> tuple[object, ...]:
                event = Event("case/1", "corrected", _AT, {"by": writer})
                try:
                    return ledger.append([event], expected={"case/1": 1})
                except ConflictError as conflict:
                    return (conflict.stream, conflict.expected, conflict.actual)

            assert sorted(pool.map(write, range(8)), key=str) == [*[("case/1", 1, 2)] * 7, (1,)]
            assert len(ledger.read("case/1")) == 2

    def test_nothing_is_lost_among_threads(self) -> None:
        """What many threads append at once is all there, in the order of each of them."""
        with self.make(_OLD) as ledger, ThreadPoolExecutor(4) as pool:

            def write(writer: int) -> list[int]:
                return [
                    index
                    for turn in range(10)
                    for index in ledger.append(
                        [Event(f"case/{writer}", "received", _AT, {"turn": turn}, {"by": "Thử"})]
                    )
                ]

            given_out = [index for indexes in pool.map(write, range(4)) for index in indexes]
            assert sorted(given_out) == list(range(40))
            for writer in range(4):
                turns = [r.event.data["turn"] for r in ledger.read(f"case/{writer}")]
                assert turns == list(range(10))
            assert ledger.check().sound

    def test_rotated_keys_open_what_former_keys_sealed(self) -> None:
        """After rotating, the new master key is enough, and the former one of no use."""
        with self.make(_OLD) as ledger:
            ledger.append([Event("case/1", "received", _AT, personal={"name": "Thử"})])
            ledger.append([Event("case/2", "received", _AT, personal={"name": "Hai"})])
            ledger.purge("case/2")
            rotating, after, before = self.again(ledger, _BOTH), None, None
            if rotating is None:
                pytest.skip("this ledger cannot be opened twice")
            with rotating:
                assert rotating.rotate() == 1
                assert rotating.rotate() == 0
            after, before = self.again(ledger, _NEW), self.again(ledger, _OLD)
            assert after is not None
            assert before is not None
            with after, before:
                assert after.read("case/1")[0].event.personal == {"name": "Thử"}
                assert before.read("case/1")[0].seal is Seal.LOCKED
                assert after.read("case/2")[0].seal is Seal.DESTROYED
                with pytest.raises(LedgerError, match="master key"):
                    before.append([Event("case/1", "seen", _AT, personal={"name": "Thử"})])
                assert after.check().sound

    def test_a_writer_learns_of_keys_that_others_introduced(self) -> None:
        """Opened before another rotated, it writes on of the same person, if it has the keys."""
        older = KeyRing(_BOTH.keys, current="old")
        with self.make(older) as ledger:
            ledger.append([Event("case/1", "received", _AT, personal={"name": "Thử"})])
            rotating = self.again(ledger, _BOTH)
            if rotating is None:
                pytest.skip("this ledger cannot be opened twice")
            with rotating:
                rotating.rotate()
            ledger.append([Event("case/1", "seen", _AT, personal={"name": "Thử"})])
            ledger.append([Event("case/2", "seen", _AT, personal={"name": "Hai"})])
            assert {recorded.seal for recorded in ledger.scan()} == {Seal.OPEN}

    def test_without_the_key_values_are_locked_and_the_log_is_checked(self) -> None:
        """Whoever has no key reads all but the personal values, and can check everything."""
        with self.make(_OLD) as ledger:
            event = Event("case/1", "received", _AT, {"row": 7}, {"name": "Thử"}, label="new")
            ledger.append([event])
            for keys in (None, _NEW):
                other = self.again(ledger, keys)
                if other is None:
                    pytest.skip("this ledger cannot be opened twice")
                with other:
                    (recorded,) = other.read("case/1")
                    assert recorded.seal is Seal.LOCKED
                    assert recorded.event == attrs.evolve(event, personal={})
                    assert other.check().sound

    def test_another_key_by_the_same_id_is_refused(self) -> None:
        """A key ring with the wrong key under a known id is found out when it is opened."""
        with self.make(_OLD) as ledger:
            ledger.append([Event("case/1", "received", _AT, personal={"name": "Thử"})])
            other = self.again(ledger, None)
            if other is None:
                pytest.skip("this ledger cannot be opened twice")
            other.close()
            with pytest.raises(LedgerError, match="'old'"):
                self.again(ledger, KeyRing({"old": b"\3" * 32}, current="old"))


class _Machine(RuleBasedStateMachine):
    """A ledger beside a list of events: slow, and plainly right."""

    laws: LedgerLaws

    @initialize()
    def _begin(self) -> None:
        self.ledger = self.laws.make(_OLD)
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
        other = self.laws.again(self.ledger, _OLD)
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
