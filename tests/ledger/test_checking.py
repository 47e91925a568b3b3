"""Checking finds the first event that is not as it was written, whatever was done to the file."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger import Checkpoint, Event, Fault, KeyRing, SQLiteLedger, leaf_hash
from vnvaxmatch.ledger.leaves import leaf_bytes

AT = datetime(2026, 5, 4, tzinfo=UTC)
RING = KeyRing({"a": bytes(32)}, current="a")
COUNT = 21


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of 21 events of four streams, in several appends, with labels and a purge."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        for start in range(0, COUNT, 3):
            ledger.append(
                Event(
                    f"case/{i % 4}",
                    "received",
                    AT,
                    {"row": i},
                    {"name": f"Thử {i}"} if i % 5 == 0 else {},
                    label="new" if i % 2 else None,
                )
                for i in range(start, start + 3)
            )
        ledger.purge("case/2")
    return path


def change(path: Path, *statements: str) -> None:
    """Do to a file what somebody with an editor could."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0
        connection.commit()


def found(path: Path, since: Checkpoint | None = None) -> tuple[Fault | None, int | None]:
    """What checking finds, and where."""
    with SQLiteLedger(path) as ledger:
        checked = ledger.check(since=since)
    return checked.fault, checked.index


def test_a_log_that_nobody_touched_is_sound(path: Path) -> None:
    """Nothing is wrong with it, and its checkpoint is the one that the log gives."""
    with SQLiteLedger(path) as ledger:
        told: list[tuple[int, int]] = []
        checked = ledger.check(since=ledger.checkpoint(7), progress=lambda *a: told.append(a))
        assert (checked.sound, checked.fault, checked.astray) == (True, None, ())
        assert checked.checkpoint == ledger.checkpoint()
        assert told == [(COUNT, COUNT)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "'compared'"),
        ("at", "at + 1"),
        ("at", "1 << 62"),
        ("data", "'{\"row\":99}'"),
        ("data", "'{\"row\": 10}'"),
        ("data", "'[10]'"),
        ("data", "x'ff'"),
        ("data", "CAST(x'ff' AS TEXT)"),
        ("kind", "x'ff'"),
        ("kind", "CAST(x'ff' AS TEXT)"),
        ("number", "number + 100"),
        ("stream", "4"),
        ("stream", "99"),
        ("person", "4"),
        ("key", "9"),
        ("sealed", "zeroblob(60)"),
        ("sealed", "NULL"),
        ("hashes", "zeroblob(32)"),
        ("hashes", "x''"),
        ("hashes", "hashes || zeroblob(32)"),
    ],
)
def test_an_altered_event_is_found(path: Path, column: str, value: str) -> None:
    """Whichever part of its row was altered, it is the event that is named."""
    change(path, "DROP INDEX events_of", f"UPDATE events SET {column} = {value} WHERE idx = 10")
    fault, index = found(path)
    assert (fault is not None, index) == (True, 10)


def test_a_renamed_stream_is_found(path: Path) -> None:
    """The first event of a stream that was given another name is named."""
    change(path, "UPDATE names SET name = 'case/x' WHERE name = 'case/3'")
    assert found(path) == (Fault.ALTERED, 3)


@pytest.mark.parametrize(
    ("column", "value"),
    [("data", "x'ff'"), ("kind", "x'ff'"), ("at", "at + 1"), ("data", "CAST(x'ff' AS TEXT)")],
)
def test_an_altered_event_is_not_given(path: Path, column: str, value: str) -> None:
    """Reading an event that was altered is an error that says which, and what to do."""
    change(path, f"UPDATE events SET {column} = {value} WHERE idx = 10")
    with (
        SQLiteLedger(path, keys=RING) as ledger,
        pytest.raises(LedgerError, match=r"event 10 .*check the log"),
    ):
        ledger.read("case/2")


def test_the_first_of_several_is_named(path: Path) -> None:
    """Of several altered events it is the first."""
    change(path, "UPDATE events SET at = at + 1 WHERE idx IN (5, 12, 20)")
    assert found(path) == (Fault.ALTERED, 5)


def test_an_event_that_is_gone_is_found(path: Path) -> None:
    """A deleted row leaves a gap."""
    change(path, "DELETE FROM events WHERE idx = 7")
    assert found(path) == (Fault.MISSING, 7)


def test_a_tail_that_is_gone_is_found(path: Path) -> None:
    """Events deleted at the end are missed, by the end that was kept."""
    change(path, "DELETE FROM events WHERE idx >= 18")
    assert found(path) == (Fault.MISSING, 18)


def test_events_in_another_order_are_found(path: Path) -> None:
    """Two whole rows that changed places are found at the first."""
    change(
        path,
        "UPDATE events SET idx = 100 WHERE idx = 4",
        "UPDATE events SET idx = 4 WHERE idx = 8",
        "UPDATE events SET idx = 8 WHERE idx = 100",
    )
    assert found(path) == (Fault.ALTERED, 4)


def test_an_altered_event_with_its_leaf_made_to_fit_is_found(path: Path) -> None:
    """The nodes above it no longer fit, and the pair that it is one of is named."""
    change(path, "UPDATE events SET at = at + 1 WHERE idx = 10")
    with SQLiteLedger(path) as ledger:
        (kept,) = ledger._store.rows(10, 11)
    change(
        path,
        f"UPDATE events SET hashes = x'{leaf_hash(leaf_bytes(kept.row)).hex()}' WHERE idx = 10",
    )
    with SQLiteLedger(path) as ledger:
        checked = ledger.check()
    assert (checked.fault, checked.index, checked.last) == (Fault.NODE, 10, 11)
    assert checked.checkpoint.size == 11


def test_an_altered_node_is_found(path: Path) -> None:
    """A node kept in the row of event 15 that does not follow names the events below it."""
    change(
        path,
        "UPDATE events SET hashes = substr(hashes, 1, 64) || zeroblob(32) || substr(hashes, 97)"
        " WHERE idx = 15",
    )
    with SQLiteLedger(path) as ledger:
        checked = ledger.check()
    assert (checked.fault, checked.index, checked.last) == (Fault.NODE, 12, 15)


def test_an_altered_last_event_with_its_leaf_made_to_fit_is_found(path: Path) -> None:
    """Above the last of an odd number there is no node yet, but the end of the tree."""
    change(path, "UPDATE events SET at = at + 1 WHERE idx = 20")
    with SQLiteLedger(path) as ledger:
        (kept,) = ledger._store.rows(20, 21)
    change(
        path,
        f"UPDATE events SET hashes = x'{leaf_hash(leaf_bytes(kept.row)).hex()}' WHERE idx = 20",
    )
    assert found(path) == (Fault.TREE, 20)


def test_an_event_out_of_turn_is_found(path: Path) -> None:
    """One that is not the next of its stream is named, though its hash fits."""
    change(path, "UPDATE events SET number = 7 WHERE idx = 20")
    with SQLiteLedger(path) as ledger:
        (kept,) = ledger._store.rows(20, 21)
    leaf = leaf_hash(leaf_bytes(kept.row))
    change(path, f"UPDATE events SET hashes = x'{leaf.hex()}' WHERE idx = 20")
    assert found(path) == (Fault.NUMBER, 20)


@pytest.mark.parametrize(
    ("change_to", "index"),
    [
        ("peaks = zeroblob(96)", 0),
        ("peaks = substr(peaks, 1, 64) || zeroblob(32)", 20),
        ("peaks = peaks || zeroblob(32)", 21),
        ("size = 20, peaks = substr(peaks, 1, 64)", 20),
    ],
)
def test_an_altered_end_is_found(path: Path, change_to: str, index: int) -> None:
    """An end of the tree that does not follow from the events, or hides some, is found."""
    change(path, f"UPDATE log SET {change_to}")
    assert found(path) == (Fault.TREE, index)


def test_an_end_that_promises_more_than_there_is_is_found(path: Path) -> None:
    """Events that should be there and are not are missing."""
    change(path, "UPDATE log SET size = 30")
    assert found(path) == (Fault.MISSING, 21)


def test_a_tail_cut_off_without_a_trace_is_found(path: Path, tmp_path: Path) -> None:
    """A shorter log that is sound in itself does not continue the checkpoint kept elsewhere."""
    with SQLiteLedger(path) as ledger:
        since = ledger.checkpoint()
    shorter = tmp_path / "shorter.ledger"
    with SQLiteLedger(path) as ledger, SQLiteLedger(shorter, keys=RING) as other:
        other.append(recorded.event for recorded in ledger.scan(0, 12))
        assert other.check().sound
    assert found(shorter, since) == (Fault.CHECKPOINT, 12)


def test_a_log_that_was_rewritten_is_found_by_a_checkpoint(path: Path, tmp_path: Path) -> None:
    """Another log, sound in itself and longer, does not continue the checkpoint kept elsewhere."""
    with SQLiteLedger(path) as ledger:
        since = ledger.checkpoint(9)
    with SQLiteLedger(tmp_path / "other.ledger") as other:
        other.append(Event("case/0", "received", AT, {"row": -i}) for i in range(COUNT))
        checked = other.check(since=since)
    assert (checked.fault, checked.index, checked.last) == (Fault.CHECKPOINT, 0, 8)


@pytest.mark.parametrize("change_to", ["label = 'done'", "number = 9", "at = 0"])
def test_an_altered_head_is_told_apart_from_the_log(path: Path, change_to: str) -> None:
    """Where a stream stands is derived: the log is without fault, and the stream astray."""
    change(path, f"UPDATE names SET {change_to} WHERE name = 'case/1'")
    with SQLiteLedger(path) as ledger:
        checked = ledger.check()
    assert (checked.fault, checked.astray, checked.sound) == (None, ("case/1",), False)


def test_a_stream_out_of_nothing_is_astray(path: Path) -> None:
    """A stream that stands somewhere without an event, and one that hides, are named."""
    change(
        path,
        "INSERT INTO names VALUES (77, 'case/9', 1, 'done', 0, 0)",
        "UPDATE names SET number = 0 WHERE name = 'case/1'",
    )
    with SQLiteLedger(path) as ledger:
        assert ledger.check().astray == ("case/1", "case/9")


def test_what_is_appended_meanwhile_disturbs_no_check(path: Path) -> None:
    """An append between two pages of a check makes nothing astray."""
    with SQLiteLedger(path, keys=RING) as ledger, SQLiteLedger(path) as auditor:

        def write(done: int, total: int) -> None:
            ledger.append([Event("case/1", "seen", AT, label="seen"), Event("new", "seen", AT)])

        checked = auditor.check(progress=write)
    assert checked.sound
    assert checked.checkpoint.size == COUNT


def test_proofs_from_a_log_that_lost_a_row_are_refused(path: Path) -> None:
    """A proof that would need a hash that is gone is an error that says what to do."""
    change(path, "DELETE FROM events WHERE idx = 15")
    with SQLiteLedger(path) as ledger, pytest.raises(LedgerError, match="event 15 or its hashes"):
        ledger.inclusion(3)
