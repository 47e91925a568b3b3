"""A ledger in a PostgreSQL database: for many writers on many machines.

Writers take turns: each append holds the one row that says where the log ends.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from threading import RLock
from typing import Any, Final

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.keys import DESTROYED, KeyRing, Master, Random
from vnvaxmatch.ledger.leaves import Row
from vnvaxmatch.ledger.logs import Log
from vnvaxmatch.ledger.postgres_addresses import Address
from vnvaxmatch.ledger.postgres_sessions import Session
from vnvaxmatch.ledger.stores import Batch, End, Kept, Standing

__all__ = ["PostgresLedger"]

_ROW: Final = (
    "SELECT idx, s.name, e.number, kind, e.at, data, coalesce(p.name, ''), coalesce(e.key, 0),"
    " coalesce(sealed, CAST('' AS bytea)), e.label, hashes FROM events e"
    " LEFT JOIN names s ON s.id = stream LEFT JOIN names p ON p.id = person"
)
_STANDING: Final = "SELECT id, name, number, label, at, key FROM names"
_COLUMNS: Final = ("id", "number", "label", "at", "key")
_LAST: Final = "\x7f"
"""Sorts behind every name that begins as a prefix does: names are printable ASCII."""


class PostgresLedger(Log):
    """A ledger in a schema of a PostgreSQL database, for any number of writers anywhere.

    The address is ``postgresql://user:password@host:port/database``; ``?schema=`` names the schema
    (``vnvaxmatch_ledger``), ``?host=`` the folder of a Unix socket, and
    ``?sslmode=verify-full&sslrootcert=ca.pem`` asks for TLS with who can prove to be that host. Who
    writes waits for who is writing, up to ``patience`` seconds.
    A connection that breaks is an error, and the next call makes another. Close it, or use it in a
    ``with`` statement. What cannot be reached, read or written is a
    :class:`~vnvaxmatch.errors.LedgerError`. Needs the extra ``postgres``.
    """

    def __init__(
        self,
        address: str,
        /,
        *,
        keys: KeyRing | None = None,
        create: bool = True,
        patience: float = 60.0,
        random: Random = os.urandom,
    ) -> None:
        store = _Postgres(Address.read(address), create=create, patience=patience)
        try:
            super().__init__(store, keys=keys, random=random)
        except BaseException:
            store.close()
            raise


class _Postgres:
    """Rows in PostgreSQL, by one connection that threads take turns at."""

    def __init__(self, address: Address, *, create: bool, patience: float) -> None:
        self.where = str(address)
        self._lock = RLock()
        self._session = Session(address, patience=patience)
        try:
            with self._session.explained("open"):
                self._session.prepare(create=create)
        except BaseException:
            self._session.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the log for reading."""
        with self._lock, self._session.explained("read"):
            self._session.connect()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the log for writing."""
        with self._lock, self._session.explained("write"):
            self._session.connect()
            with self._session.transaction():
                self._run("SELECT size FROM log FOR UPDATE")
                yield

    def end(self) -> End:
        """Give the end of the log."""
        found = self._run("SELECT size, peaks, names, keys FROM log")
        if not found:
            raise LedgerError(f"{self.where} has lost the end of its log: check it")
        return End(*found[0])

    def standings(self, names: Collection[str], /) -> dict[str, Standing]:
        """Give where these names stand, as records of the caller's own."""
        found = self._run(
            f"{_STANDING} WHERE name = ANY(CAST(:names AS text[]))", names=list(names)
        )
        return {row[1]: Standing(*row) for row in found}

    def masters(self) -> dict[int, Master]:
        """Give the master keys that the log knows."""
        found = self._run("SELECT number, name, proof FROM masters")
        return {number: (name, proof) for number, name, proof in found}

    def add_master(self, number: int, master: Master, /) -> None:
        """Add a master key."""
        name, proof = master
        self._run(
            "INSERT INTO masters VALUES (:number, :name, :proof)",
            number=number,
            name=name,
            proof=proof,
        )

    def wrapped(self, numbers: Collection[int], /) -> dict[int, bytes]:
        """Give wrapped data keys by their numbers."""
        found = self._run(
            "SELECT id, wrapped FROM keys WHERE id = ANY(CAST(:numbers AS bigint[]))",
            numbers=list(numbers),
        )
        return dict(found)

    def owners(self, start: int, stop: int, /) -> list[tuple[int, bytes, str]]:
        """Give the data keys with numbers of a range that are in use, wrapped, and whose."""
        found = self._run(
            "SELECT keys.id, wrapped, name FROM keys JOIN names ON names.id = person"
            " WHERE keys.id >= :start AND keys.id < :stop AND wrapped <> :gone ORDER BY keys.id",
            start=start,
            stop=stop,
            gone=DESTROYED,
        )
        return [(number, wrapped, name) for number, wrapped, name in found]

    def rewrap(self, keys: Iterable[tuple[int, bytes]], /) -> None:
        """Put other wrappings in the place of those that are there."""
        numbers, wrapped = [], []
        for number, wrapping in keys:
            numbers.append(number)
            wrapped.append(wrapping.hex())
        if numbers:
            self._run(
                "UPDATE keys SET wrapped = decode(hex, 'hex')"
                " FROM unnest(CAST(:numbers AS bigint[]), CAST(:wrapped AS text[]))"
                " AS new (number, hex) WHERE id = new.number",
                numbers=numbers,
                wrapped=wrapped,
            )

    def disown(self, person: Standing, /) -> None:
        """Overwrite the data key of a person, who has none after it."""
        self.rewrap([(person.key, DESTROYED)])
        self._run("UPDATE names SET key = 0 WHERE id = :id", id=person.id)

    def scrub(self) -> None:
        """See that the space of what was overwritten is given back to be written over."""
        with self._lock, self._session.explained("write"):
            self._session.connect()
            self._run("VACUUM keys")

    def add(self, batch: Batch, /) -> None:
        """Add a batch."""
        ids, end = batch.ids, batch.end
        people = {row.key: ids[row.person] for row, _ in batch.kept if row.key}
        self._copy(
            "names",
            (
                f"{s.id}\t{_text(s.name)}\t{s.number}\t{_text(s.label)}\t{s.at}\t{s.key}\n"
                for s in batch.new
            ),
        )
        if batch.changed:
            self._run(
                "UPDATE names SET number = new.number, label = new.label, at = new.at,"
                " key = new.key FROM unnest(CAST(:id AS bigint[]), CAST(:number AS bigint[]),"
                " CAST(:label AS text[]), CAST(:at AS bigint[]), CAST(:key AS bigint[]))"
                " AS new (id, number, label, at, key) WHERE names.id = new.id",
                **{name: [getattr(s, name) for s in batch.changed] for name in _COLUMNS},
            )
        self._copy("keys", (f"{n}\t{people[n]}\t\\\\x{w.hex()}\n" for n, w in batch.keys))
        self._copy("events", (_line(row, hashes, ids) for row, hashes in batch.kept))
        self._run(
            "UPDATE log SET size = :size, peaks = :peaks, names = :names, keys = :keys",
            **end._asdict(),
        )

    def rows(self, start: int, stop: int, /) -> list[Kept]:
        """Give the rows with indexes of a range, in order; those that are missing are left out."""
        return _kept(
            self._run(
                f"{_ROW} WHERE idx >= :start AND idx < :stop ORDER BY idx", start=start, stop=stop
            )
        )

    def rows_of(self, stream: str, /) -> list[Kept]:
        """Give the rows of a stream, in order."""
        return _kept(
            self._run(
                f"{_ROW} WHERE stream = (SELECT id FROM names WHERE name = :name)"
                " ORDER BY e.number",
                name=stream,
            )
        )

    def hashes(self, indexes: Collection[int], /) -> dict[int, bytes]:
        """Give the hashes of rows by their indexes."""
        found = self._run(
            "SELECT idx, hashes FROM events WHERE idx = ANY(CAST(:indexes AS bigint[]))",
            indexes=list(indexes),
        )
        return dict(found)

    def streams(
        self, after: str, limit: int, /, *, prefix: str, labels: Sequence[str] | None
    ) -> list[Standing]:
        """Give where streams stand, by name, from after a name, so many at most."""
        chosen, given = "", {}
        if labels is not None:
            chosen, given = " AND label = ANY(CAST(:labels AS text[]))", {"labels": list(labels)}
        found = self._run(
            f"{_STANDING} WHERE name > :after AND name >= :first AND name < :last"
            f" AND number > 0{chosen} ORDER BY name LIMIT :count",
            after=after,
            first=prefix,
            last=prefix + _LAST,
            count=limit,
            **given,
        )
        return [Standing(*row) for row in found]

    def tally(self, prefix: str, /) -> list[tuple[str, int, int]]:
        """Count streams by label, with the least of their times."""
        found = self._run(
            "SELECT label, count(*), min(at) FROM names"
            " WHERE number > 0 AND name >= :first AND name < :last GROUP BY label",
            first=prefix,
            last=prefix + _LAST,
        )
        return [(label, count, oldest) for label, count, oldest in found]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._session.close()

    def _run(self, statement: str, **values: Any) -> list[Any]:
        return self._session.run(statement, **values)

    def _copy(self, table: str, lines: Iterable[str]) -> None:
        """Write many rows at once: a round trip for each would take a hundred times as long."""
        text = "".join(lines)
        if text:
            self._session.run(f"COPY {table} FROM STDIN", stream=BytesIO(text.encode()))


def _line(row: Row, hashes: bytes, ids: Mapping[str, int]) -> str:
    index, stream, number, kind, at, data, person, key, sealed, label = row
    secret = f"{ids[person]}\t{key}\t\\\\x{sealed.hex()}" if key else "\\N\t\\N\t\\N"
    named = "\\N" if label is None else _text(label)
    return (
        f"{index}\t{ids[stream]}\t{number}\t{_text(kind)}\t{at}\t{_text(data)}\t{secret}\t"
        f"{named}\t\\\\x{hashes.hex()}\n"
    )


def _text(text: str) -> str:
    """Write a text for COPY; it has no control characters, since none of ours has."""
    return text.replace("\\", "\\\\")


def _kept(found: Iterable[Sequence[Any]]) -> list[Kept]:
    return [Kept(Row(*values[:10]), values[10]) for values in found]
