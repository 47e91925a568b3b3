"""What is no ledger, or cannot be used, is said in one clear sentence."""

import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vnvaxmatch.errors import ConflictError, LedgerError
from vnvaxmatch.ledger import Event, KeyRing, SQLiteLedger, open_ledger
from vnvaxmatch.ledger.sqlite_files import APPLICATION_ID

AT = datetime(2026, 5, 4, tzinfo=UTC)
EVENT = Event("case/1", "received", AT)


def refused(path: Path, words: str, **options: bool) -> None:
    """Opening it is an error that says so, and leaves the file as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(LedgerError, match=words):
        open_ledger(path, **options)
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of one event."""
    path = tmp_path / "a.ledger"
    with SQLiteLedger(path) as ledger:
        ledger.append([EVENT])
    return path


def test_a_missing_file_is_not_made_unless_asked(tmp_path: Path) -> None:
    """Without leave to make one, there is none."""
    refused(tmp_path / "a.ledger", "there is no ledger", create=False)
    assert not (tmp_path / "a.ledger").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """It says which folder to make."""
    refused(tmp_path / "no" / "a.ledger", "there is no folder")


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    """A folder cannot be opened."""
    refused(tmp_path, "cannot open")


@pytest.mark.parametrize("content", [b"x", b"name,birth\n" * 99, b"SQLite format 3", b"\0" * 5000])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is not a ledger, and stays as it was."""
    path = tmp_path / "a.ledger"
    path.write_bytes(content)
    refused(path, "is not a ledger")


def test_an_empty_file_becomes_a_ledger_only_if_asked(tmp_path: Path) -> None:
    """A file of no bytes may be made one, and is none before."""
    path = tmp_path / "a.ledger"
    path.touch()
    refused(path, "is empty", create=False)
    with open_ledger(path) as ledger:
        assert ledger.size == 0


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    """A SQLite file with tables of its own is not written to."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
        connection.commit()
    refused(path, "SQLite file, but not a ledger")


def test_a_newer_format_is_refused(path: Path) -> None:
    """It says which format it is, and which one is read."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")
    refused(path, "has ledger format 9, and this version reads 1")


@pytest.mark.parametrize("kept", [20, 1000, 4096, 9000])
def test_a_file_that_was_cut_off_is_refused(path: Path, kept: int) -> None:
    """Truncated anywhere, it is damaged, when it is opened or read; never a crash."""
    os.truncate(path, kept)

    def use() -> None:
        with open_ledger(path, create=False) as ledger:
            ledger.check()
            ledger.append([EVENT])

    with pytest.raises(LedgerError, match=r"damaged|not a ledger|its tables|disk"):
        use()


def test_a_file_full_of_nonsense_is_damaged(path: Path) -> None:
    """A file whose pages were overwritten is damaged."""
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))
    with pytest.raises(LedgerError, match="damaged"):
        open_ledger(path)


def test_lost_tables_are_an_error(path: Path) -> None:
    """A ledger without its end, or without a table, is no traceback."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM log")
        connection.commit()
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="lost the end"):
        ledger.append([EVENT])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE events")
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="cannot read"):
        ledger.read("case/1")


def test_a_locked_file_is_waited_for_and_then_refused(path: Path) -> None:
    """Who cannot write within their patience is told that somebody else holds it."""
    with (
        SQLiteLedger(path, patience=0.1) as ledger,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="somebody else"):
            ledger.append([EVENT])
        assert ledger.size == 1
        other.execute("ROLLBACK")
        assert ledger.append([EVENT]) == (1,)


def test_what_may_only_be_read_is_read(path: Path) -> None:
    """A read-only file in a read-only folder can be read and checked, and not written."""
    for folder in (path.parent, *path.parent.parents):
        if os.getuid() == 0 and folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o001)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READER, str(path)], capture_output=True, text=True
        )
    finally:
        path.parent.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert "only be read" in done.stdout


def test_an_append_that_breaks_off_leaves_nothing(path: Path) -> None:
    """Events whose making fails half-way leave the log as it was, and usable."""

    def events() -> object:
        yield EVENT
        raise RuntimeError("the list ended badly")

    with SQLiteLedger(path) as ledger:
        with pytest.raises(RuntimeError, match="badly"):
            ledger.append(events())  # type: ignore[arg-type]
        assert ledger.append([EVENT]) == (1,)
        assert ledger.check().sound


READER = """
import datetime, os, pwd, sys
from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger import Event, open_ledger

if os.getuid() == 0:  # who may write everywhere
    os.setgroups([])
    os.setgid(pwd.getpwnam("nobody").pw_gid)
    os.setuid(pwd.getpwnam("nobody").pw_uid)
with open_ledger(sys.argv[1], create=False) as ledger:
    assert ledger.check().sound and ledger.size == 1
    try:
        ledger.append([Event("case/1", "seen", datetime.datetime.now(datetime.UTC))])
    except LedgerError as error:
        print(error)
"""


def test_a_full_disk_loses_nothing(path: Path) -> None:
    """What does not fit is refused whole, and once there is room it is kept."""
    ring = KeyRing({"a": bytes(32)}, current="a")
    many = [Event(f"case/{i}", "received", AT, personal={"name": "x" * 99}) for i in range(900)]
    with SQLiteLedger(path, keys=ring) as ledger:
        limit = ledger._store._execute("PRAGMA page_count").fetchone()[0] + 9
        ledger._store._execute(f"PRAGMA max_page_count = {limit}")
        with pytest.raises(LedgerError, match="disk is full"):
            ledger.append(many)
        assert ledger.size == 1
        assert ledger.check().sound
        ledger._store._execute("PRAGMA max_page_count = 1000000")
        ledger.append(many)
        assert ledger.size == 901
        assert ledger.check().sound
    with SQLiteLedger(path, keys=ring) as ledger:  # its master key, too, was kept at last
        assert ledger.read("case/7")[0].event.personal == {"name": "x" * 99}


@pytest.mark.parametrize("name", ["a?b.ledger", "a#b", "a%20b", "sổ cái", ":memory:", "a'b;"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """The file has the name that was given, and no other is made."""
    with open_ledger(tmp_path / name) as ledger:
        ledger.append([EVENT])
    assert [file.name for file in tmp_path.iterdir()] == [name]
    with open_ledger(tmp_path / name, create=False) as ledger:
        assert ledger.size == 1


@pytest.mark.parametrize("name", ["\ud800", "hồ sơ", "a\x00b", "", "c" * 1000])
def test_what_no_stream_can_be_called_is_not_there(path: Path, name: str) -> None:
    """Asked for such a name, a ledger has nothing of it, and does not crash."""
    with open_ledger(path) as ledger:
        assert (ledger.read(name), ledger.head(name), ledger.purge(name)) == ((), None, False)
        assert [*ledger.heads(labels=[name])] == ([ledger.head("case/1")] if not name else [])
        if name:
            assert not [*ledger.heads(prefix=name), *ledger.tally(prefix=name)]
        with pytest.raises(LedgerError):
            ledger.append([EVENT], expected={name: 0})


@pytest.mark.parametrize("where", ["mysql://host/db", "https://host/db"])
def test_another_kind_of_address_is_refused(where: str) -> None:
    """Only files and PostgreSQL are known."""
    with pytest.raises(LedgerError, match="postgresql://"):
        open_ledger(where)


def test_a_conflict_travels_between_processes() -> None:
    """It pickles, and says what to do."""
    again = pickle.loads(pickle.dumps(ConflictError("case/1", 1, 2)))
    assert (again.stream, again.expected, again.actual) == ("case/1", 1, 2)
    assert "read it again" in str(again)


def test_a_file_says_what_it_is(path: Path) -> None:
    """Its header has an application id, which ``file`` and others can tell it by."""
    assert int.from_bytes(path.read_bytes()[68:72], "big") == APPLICATION_ID
    assert [file.name for file in path.parent.iterdir()] == ["a.ledger"]


class TestPostgres:
    """What a database answers, in our words."""

    def test_a_missing_ledger_is_not_made_unless_asked(
        self, fresh_address: Callable[[], str]
    ) -> None:
        """Without leave to make one, there is none; with it, there is."""
        address = fresh_address()
        with pytest.raises(LedgerError, match="is not a ledger"):
            open_ledger(address, create=False)
        with open_ledger(address) as ledger:
            assert ledger.size == 0
        with open_ledger(address, create=False) as ledger:
            assert ledger.size == 0

    def test_a_database_that_is_not_there_is_named_without_the_password(
        self, postgres: str
    ) -> None:
        """Neither the error nor the repr has the password."""
        with pytest.raises(LedgerError, match="does not answer") as caught:
            open_ledger("postgresql://tester:geheim@127.0.0.1:9/none")
        assert "geheim" not in str(caught.value)
        missing = postgres.replace("/postgres?", "/nothing?")
        if missing != postgres:
            with pytest.raises(LedgerError, match="no such database"):
                open_ledger(missing)

    @pytest.mark.parametrize(
        "address",
        [
            "postgresql://host:port/db",
            "postgresql://host/db?color=red",
            "postgresql://host/db?schema=a;b",
            "postgresql://host/db?sslmode=maybe",
        ],
    )
    def test_an_address_that_is_none_is_refused(self, postgres: str, address: str) -> None:
        """What cannot be understood is not tried."""
        with pytest.raises(LedgerError):
            open_ledger(address)

    def test_a_newer_format_is_refused(self, fresh_address: Callable[[], str]) -> None:
        """It says which format it is, and which one is read."""
        address = fresh_address()
        with open_ledger(address) as ledger:
            ledger._store._session.run("UPDATE log SET format = 9")  # type: ignore[attr-defined]
        with pytest.raises(LedgerError, match="has ledger format 9, and this version reads 1"):
            open_ledger(address)

    def test_a_connection_that_broke_is_made_anew(self, fresh_address: Callable[[], str]) -> None:
        """The call that found it broken is an error, and the next one works."""
        address = fresh_address()
        with open_ledger(address) as ledger, open_ledger(address) as other:
            run = ledger._store._session.run  # type: ignore[attr-defined]
            ((process,),) = run("SELECT pg_backend_pid()")
            other._store._session.run(  # type: ignore[attr-defined]
                "SELECT pg_terminate_backend(:process)", process=process
            )
            with pytest.raises(LedgerError, match=r"does not answer|shutting down"):
                ledger.append([EVENT])
            assert ledger.append([EVENT]) == (0,)

    def test_what_is_acknowledged_is_synced_whatever_the_default(
        self, fresh_address: Callable[[], str]
    ) -> None:
        """A role whose commits are not synced by default has them synced here."""
        address = fresh_address()
        with open_ledger(address) as ledger:
            run = ledger._store._session.run  # type: ignore[attr-defined]
            run("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
            try:
                with open_ledger(address) as other:
                    asked = other._store._session.run  # type: ignore[attr-defined]
                    assert asked("SHOW synchronous_commit") == [["on"]]
            finally:
                run("ALTER ROLE CURRENT_USER RESET synchronous_commit")

    def test_who_waits_too_long_is_told(self, fresh_address: Callable[[], str]) -> None:
        """Who cannot write within their patience is told that somebody else holds it."""
        from vnvaxmatch.ledger.postgres import PostgresLedger

        address = fresh_address()
        with PostgresLedger(address) as holder, PostgresLedger(address, patience=0.1) as ledger:
            with holder._store.writing(), pytest.raises(LedgerError, match="somebody else"):
                ledger.append([EVENT])
            assert ledger.append([EVENT]) == (0,)
