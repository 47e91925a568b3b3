"""Personal values: bound to their event, readable with the key alone, and gone when purged."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger import Event, KeyRing, Seal, SQLiteLedger, leaf_hash
from vnvaxmatch.ledger.leaves import leaf_bytes

AT = datetime(2026, 5, 4, tzinfo=UTC)
RING = KeyRing({"a": b"\1" * 32}, current="a")


def received(person: str, **more: str) -> Event:
    """An event with a value that stands out."""
    return Event(person, "received", AT, personal={"name": f"Bí Mật {person}"}, **more)


def on_disk(path: Path) -> bytes:
    """All bytes of a ledger's files."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def wrapped_keys(path: Path) -> list[bytes]:
    """The wrapped data keys as they stand in the file."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT wrapped FROM keys ORDER BY id")]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"a": b"short"}, "not 32 bytes"),
        ({"b": b"\1" * 32}, "'a' is not in"),
        ({"a": b"\1" * 32, "é": b"\1" * 32}, "not ASCII"),
        ({"a": b"\1" * 32, "": b"\1" * 32}, "not ASCII"),
    ],
    ids=["short", "absent", "letters", "empty"],
)
def test_a_key_ring_that_cannot_work_is_refused(keys: dict[str, bytes], words: str) -> None:
    """It is refused when it is made, and the key is not told."""
    with pytest.raises(LedgerError, match=words):
        KeyRing(keys, current="a")


def test_a_key_ring_shows_no_key() -> None:
    """Its repr has the id of the current key only."""
    assert repr(RING) == "KeyRing(keys=<redacted>, current='a')"


def test_nothing_personal_stands_in_the_files(tmp_path: Path) -> None:
    """Neither the value nor the key is found in the bytes of the file or the write-ahead log."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        ledger.append([received("case/1")])
        for where in (on_disk(path),):
            assert "Bí Mật".encode() not in where
            assert RING.keys["a"] not in where
            assert b"received" in where


def test_what_is_purged_is_gone_from_the_files(tmp_path: Path) -> None:
    """After a purge the wrapped key is in no byte of the file or the write-ahead log."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        for number in range(60):
            ledger.append([received(f"case/{number}", label="new")])
        for number in range(0, 60, 3):  # rows that grow, so that pages are written anew
            ledger.append([Event(f"case/{number}", "seen", AT, label="seen " * 20)])
        before = wrapped_keys(path)
        assert all(key in on_disk(path) for key in before)
        assert ledger.purge("case/43") is True
        assert ledger.purge("case/43") is False
        assert before[43][16:] not in on_disk(path)
        assert all(key in on_disk(path) for key in before if key != before[43])
        assert ledger.read("case/43")[0].seal is Seal.DESTROYED
        assert ledger.read("case/44")[0].seal is Seal.OPEN
        assert ledger.check().sound
    assert before[43][16:] not in on_disk(path)


def test_rotated_wrappings_are_gone_from_the_files(tmp_path: Path) -> None:
    """After rotating, no wrapping under the former master key is left."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        ledger.append(received(f"case/{number}") for number in range(200))
    before = wrapped_keys(path)
    told: list[tuple[int, int]] = []
    both = KeyRing({**RING.keys, "b": b"\2" * 32}, current="b")
    with SQLiteLedger(path, keys=both) as ledger:
        assert ledger.rotate(progress=lambda *done: told.append(done)) == 200
        assert not any(key[16:] in on_disk(path) for key in before)
    assert told == [(200, 200)]


def test_purged_for_one_handle_is_purged_for_all(tmp_path: Path) -> None:
    """Another process's ledger does not go on reading with a key that it once had."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as one, SQLiteLedger(path, keys=RING) as other:
        one.append([received("case/1")])
        assert other.read("case/1")[0].seal is Seal.OPEN
        assert one.purge("case/1")
        assert other.read("case/1")[0].seal is Seal.DESTROYED
        other.append([received("case/1")])
        assert [r.seal for r in one.read("case/1")] == [Seal.DESTROYED, Seal.OPEN]


@pytest.mark.parametrize("column", ["stream", "number", "kind"])
def test_values_moved_to_another_event_are_not_read(tmp_path: Path, column: str) -> None:
    """A ciphertext is bound to its stream, number and kind, also where its leaf is made to fit."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        ledger.append([received("case/1"), Event("case/2", "seen", AT)])
        ledger.append([Event("case/3", "seen", AT, personal={"name": "x"}, person="case/1")])
    values = {"stream": "2", "number": "7", "kind": "'odd'"}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX events_of")
        connection.execute(f"UPDATE events SET {column} = {values[column]} WHERE idx = 0")
        connection.commit()
    with SQLiteLedger(path) as ledger:
        leaf = leaf_hash(leaf_bytes(ledger._store.rows(0, 1)[0].row))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE events SET hashes = ? WHERE idx = 0", (leaf,))
        connection.commit()
    with (
        SQLiteLedger(path, keys=RING) as ledger,
        pytest.raises(LedgerError, match="event 0 cannot be decrypted"),
    ):
        list(ledger.scan())


def test_a_key_moved_to_another_person_is_not_used(tmp_path: Path) -> None:
    """A wrapped key is bound to its person: put in another's place, it does not unwrap."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        ledger.append([received("case/1"), received("case/2")])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE id = 2) WHERE id = 1"
        )
        connection.commit()
    with (
        SQLiteLedger(path, keys=RING) as ledger,
        pytest.raises(LedgerError, match="key 1 cannot be unwrapped"),
    ):
        ledger.read("case/1")


def test_no_two_ciphertexts_are_alike(tmp_path: Path) -> None:
    """The same value twice is encrypted under another nonce each time."""
    drawn: list[bytes] = []

    def random(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    with SQLiteLedger(tmp_path / "a.ledger", keys=RING, random=random) as ledger:
        ledger.append(received("case/1") for _ in range(20))
        sealed = [kept.row.sealed for kept in ledger._store.rows(0, 20)]
    assert len(set(sealed)) == 20
    assert len(set(drawn)) == len(drawn)


def test_rotating_without_the_former_key_is_refused(tmp_path: Path) -> None:
    """It says what is missing, and nothing is changed."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path, keys=RING) as ledger:
        ledger.append([received("case/1")])
    with (
        SQLiteLedger(path, keys=KeyRing({"b": b"\2" * 32}, current="b")) as ledger,
        pytest.raises(LedgerError, match="former master keys"),
    ):
        ledger.rotate()
    with SQLiteLedger(path, keys=RING) as ledger:
        assert ledger.read("case/1")[0].seal is Seal.OPEN
