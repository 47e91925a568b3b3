"""The DuckDB registry file: its tables, and how it is written from Arrow batches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from vnvaxmatch.backends.aside import aside
from vnvaxmatch.backends.stored import own_meta
from vnvaxmatch.backends.terms import MOST_COMMON
from vnvaxmatch.errors import MissingExtraError, RegistryError

try:
    import duckdb
    import pyarrow as pa
except ImportError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["ENTRIES", "FORMER_NUMBERS", "REJECTED", "write_registry"]

ENTRIES: Final = pa.schema(
    [
        ("entry", pa.int64()),
        ("entry_key", pa.string()),
        ("number", pa.int64()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("name_given", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("commune", pa.string()),
        ("phone", pa.string()),
    ]
)
"""The table ``entries``, sorted by number, those without one last.

``entry`` is the person's position in the population, from 1; ``number`` is ``IdNumber.code``,
``birth`` is ``BirthDate.code``, ``sex`` is 1 for male and 2 for female, ``commune`` a code of 2025.
``name_text`` is null where it is the key in title case (:func:`~.stored.spelt_apart`),
``name_fold`` is null for a newborn filed under the mother's name: nobody is found by that. Its last
word is ``name_given``, kept apart so that millions of rows can be joined on it as they stand.
"""

FORMER_NUMBERS: Final = pa.schema([("number", pa.int64()), ("entry", pa.int64())])
"""The table ``former_numbers``, sorted by number."""

REJECTED: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
    ]
)
"""The table ``rejected``: what could not be read in the population, in the order of its rows."""

_TABLES: Final = (
    ("entries", ENTRIES, "number NULLS LAST, entry"),
    ("former_numbers", FORMER_NUMBERS, "number, entry"),
    ("rejected", REJECTED, "row, field"),
)
_STEP: Final = 50_000
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

_LINES: Final = r"""
SELECT concat_ws(e'\x1f', entry_key, coalesce(number::VARCHAR, ''), coalesce(name_text, ''),
    coalesce(name_key, ''), coalesce(birth::VARCHAR, ''), coalesce(sex::VARCHAR, ''),
    coalesce(commune, ''), coalesce(phone, ''), coalesce(former, '')) || e'\n' AS line
FROM entries LEFT JOIN (
    SELECT entry, string_agg(number::VARCHAR, ';' ORDER BY number) AS former
    FROM (SELECT DISTINCT entry, number FROM former_numbers) GROUP BY entry
) USING (entry)
ORDER BY entry_key
"""
"""The lines that :func:`vnvaxmatch.backends.stored.snapshot` digests."""


def write_registry(
    path: str | os.PathLike[str],
    entries: Iterable[pa.RecordBatch],
    /,
    *,
    former: Iterable[pa.RecordBatch] = (),
    rejected: Iterable[pa.RecordBatch] = (),
    meta: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
    memory_limit: str = "1GB",
) -> None:
    """Write a registry file from Arrow batches, aside and whole.

    The batches have the columns of :data:`ENTRIES`, :data:`FORMER_NUMBERS` and :data:`REJECTED`, in
    any order of rows. ``entries`` is read to its end, then ``former``, then ``rejected``, then
    ``meta``: all but the first may be filled meanwhile. Batches are not kept; the sort spills into
    the folder of the unfinished file above ``memory_limit``. ``progress`` is told how many entries
    are in. Two entries with one key are an error.
    """
    target = Path(path)
    if "?" in str(target.absolute()):
        raise RegistryError(f"cannot write {target}: DuckDB takes no path with «?»; rename it")
    failed: list[BaseException] = []
    with aside(target) as unfinished:
        try:
            with closing(duckdb.connect(str(unfinished))) as connection:
                connection.execute(f"SET temp_directory = '{_quoted(unfinished)}.spill'")
                connection.execute(f"SET memory_limit = '{memory_limit}'")
                counts = {}
                given = (_counted(entries, progress), former, rejected)
                for (table, schema, order), batches in zip(_TABLES, given, strict=True):
                    incoming = pa.RecordBatchReader.from_batches(
                        schema, _watched(batches, schema, failed)
                    )
                    connection.register("incoming", incoming)
                    connection.execute(
                        f"CREATE TABLE {table} AS SELECT * FROM incoming ORDER BY {order}"
                    )
                    connection.unregister("incoming")
                    counts[table] = _one(connection, f"SELECT count(*) FROM {table}")[0]
                _refuse_twice(connection)
                connection.execute(_TERMS)
                described = own_meta(meta or {}, snapshot=_snapshot(connection), counts=counts)
                connection.execute("CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR)")
                connection.executemany("INSERT INTO meta VALUES (?, ?)", list(described.items()))
        except duckdb.Error as error:
            if failed and isinstance(failed[0], UnicodeEncodeError):
                raise RegistryError(
                    f"cannot write {target}: a text is not Unicode; read the population again"
                ) from failed[0]
            if failed:
                raise failed[0] from None
            raise RegistryError(f"cannot write {target}: {_why(error)}") from error


def _counted(
    batches: Iterable[pa.RecordBatch], progress: Callable[[int], None] | None
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done)


def _watched(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, failed: list[BaseException]
) -> Iterator[pa.RecordBatch]:
    """Keep what goes wrong in the source: DuckDB would turn it into a text of its own."""
    try:
        for batch in batches:
            yield batch.select(schema.names).cast(schema)
    except BaseException as error:
        failed.append(error)
        raise


def _refuse_twice(connection: duckdb.DuckDBPyConnection) -> None:
    twice = _one(
        connection,
        "SELECT min(entry), max(entry) FROM entries GROUP BY entry_key HAVING count(*) > 1 LIMIT 1",
    )
    if twice:
        raise RegistryError(
            f"entries {twice[0]} and {twice[1]} have the same key: give every person one key"
        )


def _snapshot(connection: duckdb.DuckDBPyConnection) -> str:
    """Name the content, as :func:`vnvaxmatch.backends.stored.snapshot` does from rows."""
    digest = hashlib.sha256()
    lines = connection.execute(_LINES)
    while chunk := lines.fetchmany(_STEP):
        digest.update("".join(line for (line,) in chunk).encode())
    return f"sha256:{digest.hexdigest()}"


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Read the first row; all are fetched, because an open result blocks what comes next."""
    rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return rows[0] if rows else ()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _why(error: duckdb.Error) -> str:
    failed = isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException)
    if failed or "Could not write" in str(error):  # a failed commit wraps it
        return "the disk is full or fails; make room or choose another folder"
    return f"DuckDB says {type(error).__name__}"
