"""The laws of a ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from vnvaxmatch.errors import ConflictError, LedgerError
from vnvaxmatch.ledger import (
    Checkpoint,
    Event,
    KeyRing,
    Ledger,
    Seal,
    root_of,
)
from vnvaxmatch.testing.events import events, odd_events
from vnvaxmatch.testing.laws.checking import Laws
from vnvaxmatch.testing.laws.ledger_machine import LedgerMachine

__all__ = ["LedgerLaws"]

_OLD: Final = LedgerMachine.keys
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
        machine = type("Machine", (LedgerMachine,), {"laws": self})
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
