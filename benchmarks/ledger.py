"""Measure the ledger: many events at once, one at a time, and by eight processes.

Beside each figure of writing stands the floor: the same rows in a bare table of the same store, in
clear, with as many commits, and no tree, no keys, no streams. PostgreSQL is measured where
VNVAXMATCH_TEST_POSTGRES has the address of a database, with a tenth of the events.

Run it as ``python benchmarks/ledger.py [EVENTS]``.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from vnvaxmatch.ledger import Event, KeyRing, open_ledger

if TYPE_CHECKING:
    from vnvaxmatch.ledger.postgres_sessions import Session

KEYS = KeyRing({"one": bytes(32)}, current="one")
AT = datetime(2026, 5, 4, tzinfo=UTC)
BATCH = 10_000
SINGLES = 2_000
WRITERS = 8
EACH = 250
LABELS = ("mismatched", "matched", "not_found")


def event(number: int) -> Event:
    """An event of a stream of its own, as opening a case writes it; nobody was ever born so."""
    return Event(
        f"case/{number * 2654435761 % 2**32:010d}",
        "received",
        AT + timedelta(seconds=number),
        {"row": number, "list": "doses.csv"},
        {"name": "Nguyễn Thị Thử", "birth": "1985-01-01", "number": "001085000123"},
        label=LABELS[number % 3],
    )


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    """Print how long something took, and how many of it there were in a second."""
    start = perf_counter()
    yield
    took = perf_counter() - start
    print(f"| {what} | {took:.2f} s | {count / took:,.0f} |", flush=True)


def bulk(where: str, events: int) -> None:
    """Write many, and ask what one asks of many."""
    with open_ledger(where, keys=KEYS) as ledger:
        with timed(f"append {events:,} events, {BATCH:,} at a time", events):
            for start in range(0, events, BATCH):
                ledger.append(map(event, range(start, min(start + BATCH, events))))
        with timed("tally", events):
            ledger.tally(prefix="case/")
        with timed("heads, all", events):
            assert sum(1 for _ in ledger.heads(prefix="case/")) == events
        with timed("scan, all, decrypted", events):
            assert sum(1 for _ in ledger.scan()) == events
        with timed("check, all", events):
            assert ledger.check().sound
        with timed("inclusion proofs, 1,000", 1_000):
            for number in range(1_000):
                ledger.inclusion(number * events // 1_000)
        with timed(f"append {SINGLES:,} events, one at a time", SINGLES):
            for number in range(SINGLES):
                ledger.append([event(events + number)])


def floor(path: Path, events: int) -> None:
    """Write the same rows into a bare table."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, stream TEXT, content TEXT)")

        def write(numbers: range) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", map(_row, numbers))
            connection.execute("COMMIT")

        with timed(f"floor: {events:,} rows, {BATCH:,} at a time", events):
            for start in range(0, events, BATCH):
                write(range(start, min(start + BATCH, events)))
        with timed(f"floor: {SINGLES:,} rows, one at a time", SINGLES):
            for number in range(SINGLES):
                write(range(events + number, events + number + 1))


def floor_postgres(where: str, events: int) -> None:
    """Write the same rows into a bare table of PostgreSQL."""
    with _session(where) as session:
        session.run(f"CREATE SCHEMA {session.address.schema}")
        session.run("CREATE TABLE rows (id bigint PRIMARY KEY, stream text, content text)")
        with timed(f"floor: {events:,} rows, {BATCH:,} at a time", events):
            for start in range(0, events, BATCH):
                rows = map(_row, range(start, min(start + BATCH, events)))
                lines = "".join(f"{number}\t{stream}\t{text}\n" for number, stream, text in rows)
                content = lines.replace("\\", "\\\\").encode()
                session.run("COPY rows FROM STDIN", stream=BytesIO(content))
        with timed(f"floor: {SINGLES:,} rows, one at a time", SINGLES):
            for number in range(events, events + SINGLES):
                row = dict(zip("abc", _row(number), strict=True))
                session.run("INSERT INTO rows VALUES (:a, :b, :c)", **row)


@contextmanager
def _session(where: str) -> Iterator[Session]:
    from vnvaxmatch.ledger.postgres_addresses import Address
    from vnvaxmatch.ledger.postgres_sessions import Session

    session = Session(Address.read(where), patience=60.0)
    try:
        session.connect()
        yield session
    finally:
        session.close()


def _row(number: int) -> tuple[int, str, str]:
    made = event(number)
    content = {"at": made.at.isoformat(), **made.data, **made.personal}
    return number, made.stream, json.dumps(content)


def _write(where: str, writer: int) -> None:
    with open_ledger(where, keys=KEYS) as ledger:
        for number in range(EACH):
            ledger.append([event(writer * EACH + number)])


def together(where: str, name: str) -> None:
    """Append by many processes at once, and see that nothing is lost."""
    open_ledger(where).close()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(where, n)) for n in range(WRITERS)]
    with timed(f"{name}: {WRITERS} processes, {EACH} appends each, started", WRITERS * EACH):
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    with open_ledger(where) as ledger:
        assert ledger.size == WRITERS * EACH
        assert ledger.check().sound


def drop(*schemas: str) -> None:
    """Leave nothing in the database."""
    for where in schemas:
        with _session(where) as session:
            session.run(f"DROP SCHEMA {session.address.schema} CASCADE")


def main(events: int) -> None:
    """Print a table."""
    print("| what | took | per second |\n|---|---|---|")
    address = os.environ.get("VNVAXMATCH_TEST_POSTGRES")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        measure: list[Callable[[], None]] = [
            lambda: floor(here / "floor.db", events),
            lambda: bulk(str(here / "bulk.db"), events),
            lambda: together(str(here / "together.db"), "SQLite"),
        ]
        if address:
            joint = "&" if "?" in address else "?"
            schema = f"bench_{os.getpid()}"
            floors, bulks, joined = (
                f"{address}{joint}schema={schema}_{what}" for what in ("floor", "bulk", "together")
            )
            measure += [
                lambda: floor_postgres(floors, events // 10),
                lambda: bulk(bulks, events // 10),
                lambda: together(joined, "PostgreSQL"),
                lambda: drop(floors, bulks, joined),
            ]
        for one in measure:
            one()
        size = (here / "bulk.db").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"\nfile {size / 1e6:,.0f} MB ({size / events:,.0f} bytes an event), peak {peak} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
