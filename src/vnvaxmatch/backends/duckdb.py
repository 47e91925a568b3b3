"""A registry in one DuckDB file: the columnar store, for whole lists at a time.

The entries are sorted by number, so a join on it reads each block once. For one person at a time
:mod:`vnvaxmatch.backends.sqlite` is a hundred times faster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from vnvaxmatch.backends.answers import answer
from vnvaxmatch.backends.duckdb_files import ENTRIES, FORMER_NUMBERS, REJECTED, write_registry
from vnvaxmatch.backends.magic import DUCKDB_MAGIC, magic
from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.backends.stored import COLUMNS, SEX_CODES, check_meta, to_row
from vnvaxmatch.backends.terms import frequencies_of
from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.errors import MissingExtraError, RegistryError
from vnvaxmatch.model.frequencies import Frequencies
from vnvaxmatch.normalize import Sex
from vnvaxmatch.records import Entry

try:
    import duckdb
    import pyarrow as pa
except ImportError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["ENTRIES", "FORMER_NUMBERS", "REJECTED", "DuckDBRegistry", "write_registry"]

_STEP: Final = 50_000
_COLUMNS: Final = ", ".join(("entry", *COLUMNS))
_HOLDS: Final = {
    KeyKind.NUMBER: "number = ?",
    KeyKind.FORMER_NUMBER: "entry IN (SELECT entry FROM former_numbers WHERE number = ?)",
    KeyKind.NAME_BIRTH: "birth = ? AND name_key = ?",
    KeyKind.FOLD_BIRTH: "birth = ? AND name_fold = ?",
    KeyKind.BIRTH_SEX_GIVEN: "birth = ? AND (sex IS NULL OR sex = ?) AND name_given = ?",
    KeyKind.FOLD_YEAR: "birth // 10000 = ? AND name_fold = ?",
    KeyKind.PHONE: "phone = ?",
}
"""What an entry with a key of that kind has in its columns."""
_FORMER: Final = (
    "SELECT entry, string_agg(number::VARCHAR, ';' ORDER BY number) FROM former_numbers"
    " WHERE list_contains(?, entry) GROUP BY entry"
)


class DuckDBRegistry:
    """People in a DuckDB file, opened read-only.

    Close it, or use it in a ``with`` statement. ``meta`` is what the file says of itself,
    ``snapshot`` names its content. What cannot be opened, read or built is a
    :class:`~vnvaxmatch.errors.RegistryError`.
    """

    def __init__(self, path: str | os.PathLike[str], /) -> None:
        self.path = Path(path)
        self._frequencies: Frequencies | None = None
        try:
            if magic(self.path) != DUCKDB_MAGIC:
                raise RegistryError(
                    f"{self.path} is not a DuckDB registry: "
                    "build one with `vnvaxmatch registry build`"
                )
        except OSError as error:
            raise RegistryError(f"cannot open {self.path}: {error.strerror}") from error
        try:
            self._connection = duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            raise RegistryError(
                f"cannot open {self.path}: it is damaged, being written, or of a newer DuckDB; "
                "build it again"
            ) from error
        try:
            self.meta: Mapping[str, str] = self._read_meta()
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
        rows: dict[int, list[Any]] = {}
        blocks: list[tuple[Key, list[int]]] = []
        skipped: list[KeyKind] = []
        with self._asked() as cursor:
            for key in keys:
                block = _block(cursor, key)
                if len(block) > CAPS[key.kind]:
                    skipped.append(key.kind)
                else:
                    rows.update((row[0], [*row[1:], None]) for row in block)
                    blocks.append((key, [row[0] for row in block]))
            for entry, codes in _former(cursor, list(rows)):
                rows[entry][-1] = codes
        return answer(blocks, rows, skipped=skipped)

    def frequencies(self) -> Frequencies:
        """Give the counts of names and birth dates, read when first asked for."""
        if self._frequencies is None:
            with self._asked() as cursor:
                terms = cursor.execute("SELECT kind, term, count FROM terms").fetchall()
            self._frequencies = frequencies_of(terms, total=len(self))
        return self._frequencies

    def close(self) -> None:
        """Close the file; a look-up after that is an error."""
        self._connection.close()

    def __enter__(self) -> DuckDBRegistry:
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
        return f"DuckDBRegistry({str(self.path)!r}, entries={len(self)})"

    @contextmanager
    def _asked(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor, which threads may have side by side."""
        try:
            with closing(self._connection.cursor()) as cursor:
                yield cursor
        except duckdb.Error as error:
            raise RegistryError(
                f"cannot read {self.path}: it is closed or damaged; open it or build it again"
            ) from error

    def _read_meta(self) -> dict[str, str]:
        """Read what the file says of itself, if all its blocks are there."""
        try:
            ((size,),) = self._connection.execute(
                "SELECT block_size * total_blocks FROM pragma_database_size()"
            ).fetchall()
            if self.path.stat().st_size < size:
                raise RegistryError(f"{self.path} is not a complete registry: build it again")
            return dict(self._connection.execute("SELECT key, value FROM meta").fetchall())
        except (duckdb.Error, OSError) as error:
            raise RegistryError(
                f"{self.path} is not a complete registry: build it again"
            ) from error

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
        """Build a registry file from entries; see :func:`write_registry`.

        ``rejected`` (row, entry key, field, reason) is read after the last entry, so it may be a
        list that is filled meanwhile.
        """
        former: list[pa.RecordBatch] = []
        write_registry(
            path,
            _batches(entries, former),
            former=former,
            rejected=_slices(rejected, REJECTED),
            meta=meta,
            progress=progress,
        )


def _key_parts(key: Key) -> list[str | int]:
    """Take a key's value apart into what the columns hold, in the order of its kind."""
    match key.kind:
        case KeyKind.NUMBER | KeyKind.FORMER_NUMBER:
            return [int(key.value)]
        case KeyKind.PHONE:
            return [key.value]
        case KeyKind.BIRTH_SEX_GIVEN:
            birth, sex, given = key.value.split(" ", 2)
            return [int(birth), SEX_CODES[Sex(sex)], given]
        case _:
            birth, name = key.value.split(" ", 1)
            return [int(birth), name]


def _block(cursor: duckdb.DuckDBPyConnection, key: Key) -> list[tuple[Any, ...]]:
    """Read the entries that have a key, one more than its cap at the most."""
    return cursor.execute(
        f"SELECT {_COLUMNS} FROM entries WHERE {_HOLDS[key.kind]} LIMIT {CAPS[key.kind] + 1}",
        _key_parts(key),
    ).fetchall()


def _former(cursor: duckdb.DuckDBPyConnection, entries: list[int]) -> list[tuple[int, str]]:
    """Read the codes of the former numbers of entries, joined as in a row."""
    return cursor.execute(_FORMER, [entries]).fetchall() if entries else []


def _batches(entries: Iterable[Entry], former: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put entries into batches, and their former numbers aside."""
    source = enumerate(entries, start=1)
    while chunk := list(islice(source, _STEP)):
        links = [(number.code, n) for n, entry in chunk for number in entry.former_numbers]
        former.append(_batch(links, FORMER_NUMBERS))
        yield _batch([_cells(n, entry) for n, entry in chunk], ENTRIES)


def _cells(position: int, entry: Entry) -> tuple[Any, ...]:
    key, number, text, name_key, *rest, _ = to_row(entry)
    fold = entry.name.fold if entry.name is not None and not entry.name.newborn else ""
    given = fold.rpartition(" ")[2]
    return (position, key, number, text, name_key, fold or None, given or None, *rest)


def _slices(
    rows: Iterable[tuple[int, str, str, str]], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    source = iter(rows)
    while chunk := list(islice(source, _STEP)):
        yield _batch(chunk, schema)


def _batch(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.RecordBatch.from_arrays(
        [pa.array(cells, type=kind) for cells, kind in zip(columns, schema.types, strict=True)],
        schema=schema,
    )
