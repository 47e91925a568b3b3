"""Open or make the file of a SQLite ledger, and say what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from vnvaxmatch.errors import LedgerError

__all__ = ["APPLICATION_ID", "FORMAT", "begin", "opened", "why"]

APPLICATION_ID: Final = 0x56564C01
"""«VVL» and one byte."""
FORMAT: Final = 1
"""Counts up with every change of the tables, or of what a leaf holds."""

_MAGIC: Final = b"SQLite format 3\0"

_SCHEMA: Final = (
    "CREATE TABLE log (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL,"
    " peaks BLOB NOT NULL, names INTEGER NOT NULL, keys INTEGER NOT NULL)",
    "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " number INTEGER NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, key INTEGER NOT NULL)",
    "CREATE INDEX names_by ON names (label, at, name) WHERE number > 0",
    "CREATE TABLE events (idx INTEGER PRIMARY KEY, stream INTEGER NOT NULL,"
    " number INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL,"
    " person INTEGER, key INTEGER, sealed BLOB, label TEXT, hashes BLOB NOT NULL)",
    "CREATE UNIQUE INDEX events_of ON events (stream, number)",
    "CREATE TABLE keys (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, wrapped BLOB NOT NULL)",
    "CREATE TABLE masters (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " proof BLOB NOT NULL)",
    "INSERT INTO log VALUES (1, 0, x'', 0, 0)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)


def opened(path: Path, /, *, create: bool, patience: float) -> sqlite3.Connection:
    """Open a ledger's file, or make it; raise :class:`~vnvaxmatch.errors.LedgerError` if not."""
    fresh = _look(path, create=create)
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{_mode(path, fresh=fresh)}",
            uri=True,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,  # threads take turns
        )
    except sqlite3.Error as error:
        raise LedgerError(f"cannot open {path}: {why(error)}") from error
    try:
        if fresh:
            _make(connection, patience)
        _know(connection, path)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -131072")
        connection.execute("PRAGMA wal_autocheckpoint = 8000")
    except sqlite3.Error as error:
        connection.close()
        raise LedgerError(f"cannot open {path}: {why(error)}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def begin(connection: sqlite3.Connection, path: Path, /) -> None:
    """Begin to write, after whoever is writing."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
            raise LedgerError(f"cannot write {path}: it may only be read") from error
        raise


def why(error: sqlite3.Error, /) -> str:
    """Say in words what SQLite says, without the text of a statement."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    for start, words in _WORDS.items():
        if name.startswith(start):
            return words
    return f"SQLite says {name}"


_WORDS: Final = {
    "SQLITE_BUSY": "somebody else has held it for too long; try again, or find out who",
    "SQLITE_LOCKED": "somebody else has held it for too long; try again, or find out who",
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_IOERR": "the disk is full or fails; make room, or look at the disk",
    "SQLITE_READONLY": "it, or its folder, may only be read",
    "SQLITE_CANTOPEN": "there is no such folder, or it may not be opened",
    "SQLITE_PERM": "it may not be opened",
    "SQLITE_CORRUPT": "it is damaged; put it back from a copy",
    "SQLITE_NOTADB": "it is damaged, or no ledger; put it back from a copy",
    "SQLITE_CONSTRAINT": "its tables do not agree with each other; check it",
}


def _look(path: Path, *, create: bool) -> bool:
    """Tell whether the file is to be made; what is there and no SQLite file is an error."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise LedgerError(
                f"cannot open {path}: there is no folder {path.parent}; make it"
            ) from None
        if not create:
            raise LedgerError(f"there is no ledger {path}; check the name") from None
        return True
    except OSError as error:
        raise LedgerError(f"cannot open {path}: {error.strerror}") from error
    if head and head != _MAGIC:
        raise LedgerError(f"{path} is not a ledger: give the name of one, or of a new file")
    if not head and not create:
        raise LedgerError(f"{path} is empty, and no ledger; check the name")
    return create


def _mode(path: Path, *, fresh: bool) -> str:
    """Tell how to open it: one that may only be read can have no files beside it."""
    if not path.exists():
        return "mode=rwc" if fresh else "mode=rw"
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    in_use = any(Path(f"{path}{end}").exists() for end in ("-wal", "-journal"))
    return "mode=ro" if in_use else "mode=ro&immutable=1"


def _make(connection: sqlite3.Connection, patience: float) -> None:
    """Make the tables where the file has none at all; another process may be doing the same."""
    if _is_bare(connection):
        connection.execute("PRAGMA page_size = 8192")
        _write_ahead(connection, patience)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _is_bare(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _is_bare(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return not tables and not application


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Turn the write-ahead log on; for this SQLite does not wait by itself."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _know(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise LedgerError(f"{path} is a SQLite file, but not a ledger: give the name of one")
    if version != FORMAT:
        raise LedgerError(
            f"{path} has ledger format {version}, and this version reads {FORMAT}: "
            "use the version that wrote it"
        )
