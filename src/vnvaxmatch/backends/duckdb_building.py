"""Put a DuckDB registry file together of sorted parts, in bounded memory.

The entries come in range by range of their numbers: a range is read from all parts, sorted in
memory and appended, so nothing is sorted as a whole but the lines of the digest, which DuckDB sorts
on the disk.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from vnvaxmatch.backends.aside import aside
from vnvaxmatch.backends.duckdb_files import ENTRIES, FORMER_NUMBERS, REJECTED
from vnvaxmatch.backends.stored import own_meta
from vnvaxmatch.backends.terms import MOST_COMMON
from vnvaxmatch.errors import MissingExtraError, RegistryError

try:
    import duckdb
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["Build", "Parts", "building", "ranges"]

Told: TypeAlias = Callable[[str, int, int | None], None]

_SQL_TYPES: Final = {
    pa.int64(): "BIGINT", pa.int32(): "INTEGER", pa.int8(): "TINYINT", pa.string(): "VARCHAR",
}  # fmt: skip
_ROW_BYTES: Final = 250
"""Memory that a row of the largest table takes while its range is sorted."""
_SAMPLED: Final = 256
"""One number of so many tells how numbers are spread."""
_MANY: Final = 10_000_000
"""From so many people on a block of the file holds more of them: less is read, and it is smaller;
below it a scan needs more of them to be shared out among threads."""
_LARGE_GROUP: Final = 491_520
_SPELT_AT_ONCE: Final = 1_000_000
_STEP: Final = 100_000

_TERMS: Final = f"""
CREATE TABLE terms AS
WITH counted AS (
    SELECT 'surname' AS kind, split_part(name_fold, ' ', 1) AS term, count(*) AS count
    FROM entries WHERE name_fold IS NOT NULL GROUP BY term
  UNION ALL
    SELECT 'rest', substr(name_fold, strpos(name_fold || ' ', ' ') + 1) AS term, count(*)
    FROM entries WHERE name_fold IS NOT NULL GROUP BY term
  UNION ALL
    SELECT 'birth', birth::VARCHAR, count(*) FROM entries WHERE birth IS NOT NULL GROUP BY birth
)
{MOST_COMMON}
"""
"""Counts what :func:`vnvaxmatch.backends.terms.terms_of` gives of each entry."""

_SPELT: Final = """
INSERT INTO spelt
SELECT entry, string_agg(number::VARCHAR, ';' ORDER BY number)
FROM (SELECT DISTINCT entry, number FROM former_numbers WHERE entry BETWEEN ? AND ?)
GROUP BY entry
"""
_LINES: Final = r"""
SELECT entry_key, concat_ws(e'\x1f', entry_key, coalesce(number::VARCHAR, ''),
    coalesce(name_text, ''), coalesce(name_key, ''), coalesce(birth::VARCHAR, ''),
    coalesce(sex::VARCHAR, ''), coalesce(commune, ''), coalesce(phone, ''),
    coalesce(former, '')) || e'\n' AS line
FROM entries LEFT JOIN spelt USING (entry)
ORDER BY entry_key
"""
"""The lines that :func:`vnvaxmatch.backends.stored.snapshot` digests, and their keys."""


@attrs.frozen
class Parts:
    """Parquet files of the three tables, each sorted as its table is."""

    entries: Sequence[Path]
    former_numbers: Sequence[Path]
    rejected: Sequence[Path]


@contextmanager
def building(target: Path) -> Iterator[Build]:
    """Begin a registry file aside; at the end without an error it takes the target's place."""
    if "?" in str(target.absolute()):
        raise RegistryError(f"cannot write {target}: DuckDB takes no path with «?»; rename it")
    with aside(target) as unfinished:
        scratch = unfinished.with_name("scratch")
        scratch.mkdir()
        yield Build(target, unfinished, scratch)


@attrs.frozen
class Build:
    """A file that is being built at ``unfinished``; ``scratch`` goes with it."""

    target: Path
    unfinished: Path
    scratch: Path

    def assemble(
        self,
        parts: Parts,
        /,
        *,
        meta: Mapping[str, str],
        memory_limit: int,
        threads: int | None = None,
        spill: Path | None = None,
        progress: Told | None = None,
    ) -> None:
        """Write all tables of the file.

        DuckDB takes ``memory_limit`` bytes, and spills into ``spill`` or the scratch folder.
        ``progress`` is told the stages ``sort``, ``count`` and ``digest``, and rows.
        """
        try:
            with closing(duckdb.connect()) as connection:
                connection.execute(f"SET temp_directory = '{_quoted(spill or self.scratch)}'")
                connection.execute(f"SET memory_limit = '{memory_limit // 1000}KB'")
                # where it takes the caller for a person it would draw bars of its own
                connection.execute("SET enable_progress_bar = false")
                if threads is not None:
                    connection.execute(f"SET threads = {threads:d}")
                rows = sum(pq.read_metadata(file).num_rows for file in parts.entries)
                group = f" (ROW_GROUP_SIZE {_LARGE_GROUP})" if rows >= _MANY else ""
                connection.execute(f"ATTACH '{_quoted(self.unfinished)}' AS registry{group}")
                connection.execute("USE registry")
                counts = _fill(connection, parts, memory_limit=memory_limit, progress=progress)
                _tell(progress, "count", 0, None)
                connection.execute(_TERMS)
                name = _snapshot(connection, counts["entries"], progress)
                described = own_meta(meta, snapshot=name, counts=counts)
                connection.execute("CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR)")
                connection.executemany("INSERT INTO meta VALUES (?, ?)", list(described.items()))
                connection.execute("USE memory; DETACH registry")
        except duckdb.Error as error:
            raise RegistryError(f"cannot write {self.target}: {_why(error)}") from error


def _fill(
    connection: duckdb.DuckDBPyConnection,
    parts: Parts,
    *,
    memory_limit: int,
    progress: Told | None,
) -> dict[str, int]:
    """Fill the three tables, and give their lengths."""
    at_once = max(memory_limit // _ROW_BYTES, 100_000)
    for table, schema in (
        ("entries", ENTRIES), ("former_numbers", FORMER_NUMBERS), ("rejected", REJECTED),
    ):  # fmt: skip
        columns = ", ".join(f'"{field.name}" {_SQL_TYPES[field.type]}' for field in schema)
        connection.execute(f"CREATE TABLE {table} ({columns})")
    total = sum(pq.read_metadata(f).num_rows for f in (*parts.entries, *parts.former_numbers))
    done = 0
    for table in ("entries", "former_numbers"):
        for condition, files in ranges(getattr(parts, table), at_once):
            _tell(progress, "sort", done, total)
            done += _changed(
                connection,
                f"INSERT INTO {table} SELECT * FROM {_read(files)} WHERE {condition} "
                "ORDER BY number NULLS LAST, entry",
            )
    if done != total:
        raise RegistryError(
            f"{total - done} rows of the parts were lost: the disk fails; try again"
        )
    if parts.rejected:
        connection.execute(
            f"INSERT INTO rejected SELECT * FROM {_read(parts.rejected)} ORDER BY row, field"
        )
    _tell(progress, "sort", total, total)
    return {
        table: _one(connection, f"SELECT count(*) FROM {table}")[0]
        for table in ("entries", "former_numbers", "rejected")
    }


def ranges(files: Sequence[Path], at_once: int) -> Iterator[tuple[str, Sequence[Path]]]:
    """Cut a table of sorted parts into ranges of its numbers that hold about so many rows.

    Gives the condition of each, in order, and the files it may be found in. Every row is in one
    range; those without a number come last, in the order of the files. A number that more rows have
    is not cut.
    """
    sampled, nulls = [np.empty(0, np.int64)], []
    rows = 0
    for file in files:
        column = pq.read_table(file, columns=["number"]).column(0)
        rows += len(column)
        nulls.append(column.null_count)
        sampled.append(column.drop_null().to_numpy()[::_SAMPLED])
    if rows <= at_once:
        yield from [("true", files)] if rows else []
        return
    spread = np.sort(np.concatenate(sampled))
    count = -(-(rows - sum(nulls)) // at_once)
    cuts = np.unique(spread[[len(spread) * at // count for at in range(1, count)]]).tolist()
    for low, high in zip([None, *cuts], [*cuts, None], strict=True):
        bounds = ["number IS NOT NULL"]
        bounds += [] if low is None else [f"number >= {low:d}"]
        bounds += [] if high is None else [f"number < {high:d}"]
        yield " AND ".join(bounds), files
    group: list[Path] = []
    held = 0
    for file, several in zip(files, nulls, strict=True):
        if several and held + several > at_once and group:
            yield "number IS NULL", group
            group, held = [], 0
        if several:
            group.append(file)
            held += several
    if group:
        yield "number IS NULL", group


def _snapshot(connection: duckdb.DuckDBPyConnection, entries: int, progress: Told | None) -> str:
    """Name the content, as :func:`vnvaxmatch.backends.stored.snapshot` does from rows."""
    _tell(progress, "digest", 0, entries)
    connection.execute("CREATE TEMP TABLE spelt (entry BIGINT, former VARCHAR)")
    # texts put together of several rows cannot go to the disk meanwhile: so not all at once
    last = _one(connection, "SELECT coalesce(max(entry), 0) FROM former_numbers")[0]
    for first in range(0, last + 1, _SPELT_AT_ONCE):
        connection.execute(_SPELT, [first, first + _SPELT_AT_ONCE - 1])
    digest = hashlib.sha256()
    done = 0
    last_key: str | None = None
    # a relation gives its rows as they come; a result of execute() holds all of them
    with connection.sql(_LINES).to_arrow_reader(_STEP) as batches:
        for batch in batches:
            keys, lines = batch.columns
            twice = _twice(keys, last_key)
            if twice is not None:
                break
            last_key = keys[-1].as_py()
            digest.update(_content(lines.cast(pa.large_string())))
            done += len(batch)
            _tell(progress, "digest", done, entries)
        else:
            twice = None
    if twice is not None:
        _refuse_twice(connection, twice)
    connection.execute("DROP TABLE spelt")
    return f"sha256:{digest.hexdigest()}"


def _twice(keys: pa.StringArray, before: str | None) -> str | None:
    """Give a key that stands twice in a row, in sorted keys and the one before them."""
    if keys[0].as_py() == before:
        return before
    at = pc.index(pc.equal(keys[1:], keys[:-1]), True).as_py()
    return keys[at].as_py() if at >= 0 else None


def _content(texts: pa.LargeStringArray) -> memoryview:
    """Give the bytes of texts that are not null, one after the other, as they lie in memory."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data)[ends[0] : ends[-1]]


def _refuse_twice(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    first, last = connection.execute(
        "SELECT min(entry), max(entry) FROM entries WHERE entry_key = ?", [key]
    ).fetchall()[0]
    raise RegistryError(f"entries {first} and {last} have the same key: give every person one key")


def _tell(progress: Told | None, stage: str, done: int, total: int | None) -> None:
    if progress is not None:
        progress(stage, done, total)


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(_literal(file) for file in files)}])"


def _literal(file: Path) -> str:
    return f"'{_quoted(file)}'"


def _changed(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    return int(connection.execute(statement).fetchall()[0][0])


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Read the first row; all are fetched, because an open result blocks what comes next."""
    return connection.execute(query).fetchall()[0]


def _quoted(path: str | os.PathLike[str]) -> str:
    return os.fspath(path).replace("'", "''")


def _why(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.OutOfMemoryException) and "offload" not in str(error):
        return "it has too little memory; give it more with --memory, or fewer --threads"
    failed = isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException)
    if failed or "Could not write" in str(error):  # a failed commit wraps it
        return "the disk is full or fails; make room or choose another folder"
    return f"DuckDB says {type(error).__name__}"
