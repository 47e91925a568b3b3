"""A registry in one SQLite file: the online store, for one person at a time.

Every key of every entry is filed by its 64-bit hash in a table that is its own index, so a look-up
by any key is two descents of a tree. The file never changes once it is built.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from vnvaxmatch.backends.answers import answer
from vnvaxmatch.backends.aside import aside
from vnvaxmatch.backends.magic import SQLITE_MAGIC, magic
from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.backends.stored import COLUMNS, Row, check_meta, own_meta, snapshot, to_row
from vnvaxmatch.backends.terms import MOST_COMMON, Term, frequencies_of, terms_of
from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.blocking import keys as keys_of
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.model.frequencies import Frequencies
from vnvaxmatch.records import Entry

__all__ = ["APPLICATION_ID", "SCHEMA", "SQLiteRegistry"]

APPLICATION_ID: Final = 0x56565801
"""«VVX» and one byte: written last, so that a file without it is not a registry."""

SCHEMA: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entries (entry INTEGER PRIMARY KEY, entry_key TEXT NOT NULL, number INTEGER,"
    " name_text TEXT, name_key TEXT, birth INTEGER, sex INTEGER, commune TEXT, phone TEXT,"
    " former TEXT)",
    "CREATE TABLE keys (hash INTEGER, entry INTEGER, PRIMARY KEY (hash, entry)) WITHOUT ROWID",
    "CREATE TABLE terms (kind TEXT, term TEXT, count INTEGER)",
    "CREATE TABLE rejected (row INTEGER, entry_key TEXT, field TEXT, reason TEXT)",
)
"""``former`` holds the codes of former numbers, joined by ``;``."""

_COLUMNS: Final = ", ".join((*COLUMNS, "former"))
_FILED: Final = "SELECT entry FROM keys WHERE hash = ? LIMIT ?"
_READ: Final = f"SELECT entry, {_COLUMNS} FROM keys JOIN entries USING (entry) WHERE hash = ?"
_IN_ORDER: Final = f"SELECT {_COLUMNS} FROM entries ORDER BY entry_key"
_COUNT_FORMER: Final = (
    "SELECT count(former) + coalesce(sum(length(former) - length(replace(former, ';', ''))), 0)"
    " FROM entries"
)
_STEP: Final = 10_000
_TERMS_HELD: Final = 100_000
"""So many distinct terms are counted in memory before they go to the disk."""


class SQLiteRegistry:
    """People in a SQLite file, opened read-only, for any number of readers and threads.

    Close it, or use it in a ``with`` statement. ``meta`` is what the file says of itself,
    ``snapshot`` names its content. What cannot be opened, read or built is a
    :class:`~vnvaxmatch.errors.RegistryError`.
    """

    def __init__(self, path: str | os.PathLike[str], /) -> None:
        self.path = Path(path)
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._frequencies: Frequencies | None = None
        self._process = os.getpid()
        try:
            if magic(self.path) != SQLITE_MAGIC:
                raise RegistryError(
                    f"{self.path} is not a SQLite registry: "
                    "build one with `vnvaxmatch registry build`"
                )
        except OSError as error:
            raise RegistryError(f"cannot open {self.path}: {error.strerror}") from error
        try:
            with self._connection() as connection:
                self.meta: Mapping[str, str] = _read_meta(connection, self.path)
            check_meta(self.path, self.meta)
        except RegistryError:
            self.close()
            raise

    @property
    def snapshot(self) -> str:
        """The name of this content, equal for the same people in any store."""
        return self.meta["snapshot"]

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys."""
        rows: dict[int, Row] = {}
        blocks: list[tuple[Key, list[int]]] = []
        skipped: list[KeyKind] = []
        with self._connection() as connection:
            for key in keys:
                cap, hashed = CAPS[key.kind], key.hash64
                filed = [n for (n,) in connection.execute(_FILED, (hashed, cap + 1)).fetchall()]
                if len(filed) > cap:
                    skipped.append(key.kind)
                    continue
                if not rows.keys() >= set(filed):  # a block often holds who was found already
                    rows.update((n, row) for n, *row in connection.execute(_READ, (hashed,)))
                    if not rows.keys() >= set(filed):
                        raise sqlite3.DatabaseError("a key leads to nobody")
                blocks.append((key, filed))
        return answer(blocks, rows, skipped=skipped)

    def frequencies(self) -> Frequencies:
        """Give the counts of names and birth dates, read when first asked for."""
        if self._frequencies is None:
            with self._connection() as connection:
                terms = connection.execute("SELECT kind, term, count FROM terms").fetchall()
            self._frequencies = frequencies_of(terms, total=len(self))
        return self._frequencies

    def close(self) -> None:
        """Close the file; a look-up after that is an error."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def __enter__(self) -> SQLiteRegistry:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self.meta["entries"])

    def __repr__(self) -> str:
        return f"SQLiteRegistry({str(self.path)!r}, entries={len(self)})"

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that nobody else uses meanwhile."""
        if self._closed:
            raise RegistryError(f"{self.path} is closed: open it again")
        if self._process != os.getpid():  # a connection must not cross a fork
            self._idle, self._process = deque(), os.getpid()
        connection = None
        sound = False
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _open(self.path)
            yield connection
            sound = True
        except sqlite3.Error as error:
            raise RegistryError(
                f"cannot read {self.path}: it is damaged or was taken away; build it again"
            ) from error
        finally:
            if connection is not None:
                if sound and not self._closed:
                    self._idle.append(connection)
                else:
                    connection.close()

    @classmethod
    def build(
        cls,
        path: str | os.PathLike[str],
        entries: Iterable[Entry],
        /,
        *,
        rejected: Iterable[tuple[int, str, str, str]] = (),
        meta: Mapping[str, str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Build a registry file, aside and whole; an earlier one stays until it is replaced.

        ``rejected`` (row, entry key, field, reason) is read after the last entry, so it may be a
        list that is filled meanwhile. ``meta`` is kept as given, beside what the library adds.
        ``progress`` is told how many entries are in. Two entries with one key are an error.
        """
        target = Path(path)
        with aside(target) as unfinished:
            try:
                with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
                    _fill(connection, unfinished, _told(entries, progress))
                    connection.executemany("INSERT INTO rejected VALUES (?, ?, ?, ?)", rejected)
                    _finish(connection, meta or {})
            except sqlite3.Error as error:
                raise RegistryError(f"cannot write {target}: {_why(error)}") from error
            except UnicodeEncodeError as error:
                raise RegistryError(
                    f"cannot write {target}: a text is not Unicode; read the population again"
                ) from error


def _open(path: Path) -> sqlite3.Connection:
    being_changed = any(Path(f"{path}{end}").exists() for end in ("-journal", "-wal"))
    options = "mode=ro" if being_changed else "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # lent to one thread at a time
    )
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA mmap_size = 4294967296")
    return connection


def _read_meta(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    """Read what the file says of itself, if it is a whole registry."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    if application != APPLICATION_ID or path.stat().st_size < pages * page_size:
        raise RegistryError(f"{path} is not a complete registry: build it again")
    return dict(connection.execute("SELECT key, value FROM meta"))


def _told(entries: Iterable[Entry], progress: Callable[[int], None] | None) -> Iterator[Entry]:
    position = 0
    for position, entry in enumerate(entries, start=1):
        yield entry
        if progress is not None and position % _STEP == 0:
            progress(position)
    if progress is not None:
        progress(position)


def _fill(connection: sqlite3.Connection, path: Path, entries: Iterator[Entry]) -> None:
    """Write the entries, and their keys sorted by hash: unsorted they would be ten times slower."""
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("ATTACH ? AS stage", (f"{path}.stage",))
    connection.execute("PRAGMA stage.journal_mode = OFF")
    connection.execute("PRAGMA stage.synchronous = OFF")
    connection.execute("BEGIN")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("CREATE TABLE stage.keys (hash INTEGER, entry INTEGER)")
    connection.execute("CREATE TABLE stage.terms (kind TEXT, term TEXT, count INTEGER)")
    terms: Counter[Term] = Counter()
    entry_number = 0
    done = False
    while not done:
        rows, filed = [], []
        for entry in entries:
            entry_number += 1
            rows.append((entry_number, *to_row(entry)))
            terms.update(terms_of(entry))
            filed += [(key.hash64, entry_number) for key in keys_of(entry)]
            if len(rows) == _STEP:
                break
        else:
            done = True
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO stage.keys VALUES (?, ?)", filed)
        if done or len(terms) > _TERMS_HELD:
            counted = ((*term, count) for term, count in terms.items())
            connection.executemany("INSERT INTO stage.terms VALUES (?, ?, ?)", counted)
            terms.clear()
    connection.execute(
        "INSERT OR IGNORE INTO main.keys SELECT hash, entry FROM stage.keys ORDER BY hash, entry"
    )
    connection.execute(
        "INSERT INTO main.terms WITH counted AS (SELECT kind, term, sum(count) AS count"
        f" FROM stage.terms GROUP BY kind, term) {MOST_COMMON}"
    )


def _finish(connection: sqlite3.Connection, given: Mapping[str, str]) -> None:
    """Write what the registry says of itself, and only then the sign that it is one."""
    twice = connection.execute(
        "SELECT min(entry), max(entry) FROM entries GROUP BY entry_key HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if twice:
        raise RegistryError(
            f"entries {twice[0]} and {twice[1]} have the same key: give every person one key"
        )
    counts = {
        table: connection.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0]
        for table in ("entries", "rejected")
    }
    (counts["former_numbers"],) = connection.execute(_COUNT_FORMER).fetchone()
    name = snapshot(connection.execute(_IN_ORDER))
    described = own_meta(given, snapshot=name, counts=counts)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", described.items())
    connection.execute("COMMIT")
    connection.execute("DETACH stage")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _why(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return "the disk is full or fails; make room or choose another folder"
    return f"SQLite says {name or type(error).__name__}"
