"""A ledger in one SQLite file: the embedded store, for the processes of one machine.

What is acknowledged is on the disk: the write-ahead log is synced with every append. Beside the
file there are ``-wal`` and ``-shm`` files while anybody has it open.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, Final

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.keys import DESTROYED, KeyRing, Master, Random
from vnvaxmatch.ledger.leaves import Row
from vnvaxmatch.ledger.logs import Log
from vnvaxmatch.ledger.sqlite_files import begin, opened, why
from vnvaxmatch.ledger.stores import Batch, End, Kept, Standing

__all__ = ["SQLiteLedger"]

_ROW: Final = (
    "SELECT idx, s.name, e.number, kind, e.at, data, coalesce(p.name, ''), coalesce(e.key, 0),"
    " CAST(coalesce(sealed, x'') AS BLOB), e.label, CAST(hashes AS BLOB) FROM events e"
    " LEFT JOIN names s ON s.id = stream LEFT JOIN names p ON p.id = person"
)
_STANDING: Final = "SELECT id, name, number, label, at, key FROM names"
_AMONG: Final = "FROM json_each(?) CROSS JOIN"
"""Looks many things up by one statement: the cross join keeps SQLite from reading the table."""
_STANDINGS: Final = f"SELECT n.id, name, number, label, at, n.key {_AMONG} names n ON name = value"
_NOBODY: Final = (None, None, None)
_LAST: Final = "\x7f"
"""Sorts behind every name that begins as a prefix does: names are printable ASCII."""


class SQLiteLedger(Log):
    """A ledger in a SQLite file, for any number of threads and processes of one machine.

    Who writes waits for who is writing, up to ``patience`` seconds. A file that is not there is
    made where ``create`` is true. Close it, or use it in a ``with`` statement. What is no ledger,
    or cannot be opened, read or written, is a :class:`~vnvaxmatch.errors.LedgerError`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        /,
        *,
        keys: KeyRing | None = None,
        create: bool = True,
        patience: float = 60.0,
        random: Random = os.urandom,
    ) -> None:
        self.path = Path(path)
        store = _SQLite(self.path, create=create, patience=patience)
        try:
            super().__init__(store, keys=keys, random=random)
        except BaseException:
            store.close()
            raise


class _SQLite:
    """Rows in SQLite, by one connection that threads take turns at."""

    def __init__(self, path: Path, *, create: bool, patience: float) -> None:
        self.where = str(path)
        self._path = path
        self._patience = patience
        self._lock = RLock()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = opened(path, create=create, patience=patience)
        self._inherited: list[sqlite3.Connection] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the log for reading."""
        with self._lock, self._explained("read"):
            self._here()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the log for writing."""
        with self._lock, self._explained("write"):
            connection = self._here()
            begin(connection, self._path)
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def end(self) -> End:
        """Give the end of the log."""
        found = self._execute("SELECT size, CAST(peaks AS BLOB), names, keys FROM log").fetchone()
        if found is None:
            raise LedgerError(f"{self.where} has lost the end of its log: check it")
        return End(*found)

    def standings(self, names: Collection[str], /) -> dict[str, Standing]:
        """Give where these names stand, as records of the caller's own."""
        found = self._execute(_STANDINGS, (json.dumps(list(names)),)).fetchall()
        return {row[1]: Standing(*row) for row in found}

    def masters(self) -> dict[int, Master]:
        """Give the master keys that the log knows."""
        found = self._execute("SELECT number, name, proof FROM masters").fetchall()
        return {number: (name, proof) for number, name, proof in found}

    def add_master(self, number: int, master: Master, /) -> None:
        """Add a master key."""
        self._execute("INSERT INTO masters VALUES (?, ?, ?)", (number, *master))

    def wrapped(self, numbers: Collection[int], /) -> dict[int, bytes]:
        """Give wrapped data keys by their numbers."""
        asked = json.dumps(list(numbers))
        return dict(
            self._execute(f"SELECT keys.id, wrapped {_AMONG} keys ON keys.id = value", (asked,))
        )

    def owners(self, start: int, stop: int, /) -> list[tuple[int, bytes, str]]:
        """Give the data keys with numbers of a range that are in use, wrapped, and whose."""
        return self._execute(
            "SELECT keys.id, wrapped, name FROM keys JOIN names ON names.id = person"
            " WHERE keys.id >= ? AND keys.id < ? AND wrapped <> ? ORDER BY keys.id",
            (start, stop, DESTROYED),
        ).fetchall()

    def rewrap(self, keys: Iterable[tuple[int, bytes]], /) -> None:
        """Put other wrappings in the place of those that are there."""
        self._many("UPDATE keys SET wrapped = ? WHERE id = ?", ((w, number) for number, w in keys))

    def disown(self, person: Standing, /) -> None:
        """Overwrite the data key of a person, who has none after it."""
        self.rewrap([(person.key, DESTROYED)])
        self._execute("UPDATE names SET key = 0 WHERE id = ?", (person.id,))

    def scrub(self) -> None:
        """See that what was overwritten is not left in the write-ahead log."""
        with self._lock, self._explained("write"):
            connection = self._here()
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise LedgerError(
                    f"it is done, but {self.where}-wal still holds what was overwritten, because "
                    "somebody is reading; do the same again when nobody is"
                )

    def add(self, batch: Batch, /) -> None:
        """Add a batch."""
        ids = batch.ids
        people = {row.key: ids[row.person] for row, _ in batch.kept if row.key}
        self._many("INSERT INTO names VALUES (?, ?, ?, ?, ?, ?)", map(_standing, batch.new))
        self._many(
            "UPDATE names SET number = ?3, label = ?4, at = ?5, key = ?6 WHERE id = ?1",
            map(_standing, batch.changed),
        )
        self._many(
            "INSERT INTO keys VALUES (?, ?, ?)",
            ((number, people[number], wrapped) for number, wrapped in batch.keys),
        )
        self._many(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    row[0],
                    ids[row[1]],
                    *row[2:6],
                    *((ids[row[6]], row[7], row[8]) if row[7] else _NOBODY),
                    row[9],
                    hashes,
                )
                for row, hashes in batch.kept
            ],
        )
        self._execute("UPDATE log SET size = ?, peaks = ?, names = ?, keys = ?", batch.end)

    def rows(self, start: int, stop: int, /) -> list[Kept]:
        """Give the rows with indexes of a range, in order; those that are missing are left out."""
        return self._kept(f"{_ROW} WHERE idx >= ? AND idx < ? ORDER BY idx", (start, stop))

    def rows_of(self, stream: str, /) -> list[Kept]:
        """Give the rows of a stream, in order."""
        chosen = "stream = (SELECT id FROM names WHERE name = ?)"
        return self._kept(f"{_ROW} WHERE {chosen} ORDER BY e.number", (stream,))

    def hashes(self, indexes: Collection[int], /) -> dict[int, bytes]:
        """Give the hashes of rows by their indexes."""
        asked = json.dumps(list(indexes))
        hashes = "CAST(hashes AS BLOB)"
        return dict(self._execute(f"SELECT idx, {hashes} {_AMONG} events ON idx = value", (asked,)))

    def streams(
        self, after: str, limit: int, /, *, prefix: str, labels: Sequence[str] | None
    ) -> list[Standing]:
        """Give where streams stand, by name, from after a name, so many at most."""
        chosen = "" if labels is None else f" AND label IN ({', '.join('?' * len(labels))})"
        found = self._execute(
            f"{_STANDING} WHERE name > ? AND name >= ? AND name < ? AND number > 0{chosen}"
            " ORDER BY name LIMIT ?",
            (after, prefix, prefix + _LAST, *(labels or ()), limit),
        )
        return [Standing(*row) for row in found]

    def tally(self, prefix: str, /) -> list[tuple[str, int, int]]:
        """Count streams by label, with the least of their times."""
        return self._execute(
            "SELECT label, count(*), min(at) FROM names INDEXED BY names_by"
            " WHERE number > 0 AND name >= ? AND name < ? GROUP BY label",
            (prefix, prefix + _LAST),
        ).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _here(self) -> sqlite3.Connection:
        """Give the connection; after a fork another, since one must not cross it."""
        if self._connection is None:
            raise LedgerError(f"{self.where} is closed: open it again")
        if self._process != os.getpid():
            self._inherited.append(self._connection)  # closing it would drop the other's locks
            self._connection = opened(self._path, create=False, patience=self._patience)
            self._process = os.getpid()
        return self._connection

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"cannot {doing} {self.where}: {why(error)}") from error

    def _kept(self, statement: str, values: Sequence[Any]) -> list[Kept]:
        try:
            found = self._execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) is not None or self._connection is None:
                raise
            # a text was made what is none: whoever checks the log must get to see the row
            self._connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            try:
                found = self._execute(statement, values).fetchall()
            finally:
                self._connection.text_factory = str
        return [Kept(Row(*row[:10]), row[10]) for row in found]

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        assert self._connection is not None
        return self._connection.execute(statement, values)

    def _many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        assert self._connection is not None
        self._connection.executemany(statement, rows)


def _standing(standing: Standing) -> tuple[object, ...]:
    return (
        standing.id, standing.name, standing.number, standing.label, standing.at, standing.key,
    )  # fmt: skip
