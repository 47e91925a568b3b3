"""What moves rows: an engine joins a column of numbers with a registry. It knows no rule.

The embedded one is DuckDB on a DuckDB registry. Any other registry is asked number by number.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.bulk.lift import Memo
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.records import Entry

__all__ = ["DuckDBEngine", "Engine", "Joined", "RegistryEngine", "engine_for"]

Ints: TypeAlias = npt.NDArray[Any]
Joined: TypeAlias = tuple[pa.Table, Ints]
"""The found pairs, sorted by row and entry key, and the rows whose block was skipped."""

PAIR_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("former", pa.bool_()),
    ]
)


class Engine(Protocol):
    """A way to find the entries of a column of numbers.

    It must return each entry of a number once, with ``former`` true where the number is only a
    former one of that entry, sorted by row and entry key; a number held by more people than the
    block caps allow returns none of them and its rows are reported as skipped.
    """

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number; :data:`NO_NUMBER` has none."""
        ...


class DuckDBEngine:
    """Joins inside DuckDB, which reads the registry file itself."""

    def __init__(self, registry: DuckDBRegistry, *, threads: int | None = None) -> None:
        self._db = duckdb.connect(str(registry.path), read_only=True)
        if threads is not None:
            self._db.execute(f"SET threads = {int(threads)}")

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number."""
        rows = np.flatnonzero(numbers != NO_NUMBER)
        asked = pa.table({"row": rows, "number": numbers[rows]})
        try:
            self._db.register("asked", asked)
            pairs: pa.Table = self._db.sql(_JOIN).to_arrow_table()
        except duckdb.Error as error:
            raise RegistryError(
                "the registry cannot be read (damaged, or memory ran out); build it again"
            ) from error
        finally:
            self._db.unregister("asked")
        return _sorted(pairs.cast(PAIR_SCHEMA))


_JOIN = """
WITH hit AS MATERIALIZED (
    SELECT c.row, e.entry, false AS former FROM asked c JOIN entries e ON e.number = c.number
  UNION ALL
    SELECT DISTINCT c.row, f.entry, true FROM asked c JOIN former_numbers f ON f.number = c.number
)
SELECT h.row, e.entry_key, e.name_text, e.name_key, e.birth, e.sex, h.former
FROM hit h JOIN entries e ON e.entry = h.entry
"""
"""First who holds or held the numbers, then what is known of them in one pass: texts are dear."""


def _sorted(pairs: pa.Table) -> Joined:
    """Sort the pairs, each entry once to a row; leave out the blocks that are over their cap."""
    row = pairs.column("row").to_numpy()
    former = pairs.column("former").to_numpy()
    skipped = np.union1d(
        _over(row[~former], CAPS[KeyKind.NUMBER]), _over(row[former], CAPS[KeyKind.FORMER_NUMBER])
    )
    if len(skipped):
        kept = ~np.isin(row, skipped)
        pairs, row = pairs.filter(pa.array(kept)), row[kept]
    if not len(row) or np.bincount(row).max() == 1:
        return pairs.take(pa.array(np.argsort(row))), skipped
    order = [(name, "ascending") for name in ("row", "entry_key", "former")]
    pairs = pairs.sort_by(order)
    row = pairs.column("row").to_numpy()
    key = pairs.column("entry_key").to_numpy()
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (key[1:] != key[:-1])
    return pairs.filter(pa.array(first)), skipped


def _over(row: Ints, cap: int) -> Ints:
    return np.flatnonzero(np.bincount(row) > cap) if len(row) else row


class RegistryEngine:
    """Asks any registry, once for each distinct number."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._found: Memo[int, tuple[list[tuple[Any, ...]], bool]] = Memo(self._find)

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number."""
        rows = np.flatnonzero(numbers != NO_NUMBER)
        answers = self._found(numbers[rows].tolist())
        pairs = [
            (row, *pair)
            for row, (found, _) in zip(rows.tolist(), answers, strict=True)
            for pair in found
        ]
        columns = list(zip(*pairs, strict=True)) or [() for _ in PAIR_SCHEMA.names]
        arrays = [
            pa.array(list(column), field.type)
            for column, field in zip(columns, PAIR_SCHEMA, strict=True)
        ]
        skipped = [row for row, (_, over) in zip(rows.tolist(), answers, strict=True) if over]
        return pa.Table.from_arrays(arrays, schema=PAIR_SCHEMA), np.array(skipped, dtype=np.int64)

    def _find(self, number: int) -> tuple[list[tuple[Any, ...]], bool]:
        found = self._registry.find(
            [Key(kind, str(number)) for kind in (KeyKind.NUMBER, KeyKind.FORMER_NUMBER)]
        )
        if found.skipped:
            return [], True
        return [_pair(entry, number) for entry in found.entries], False


def _pair(entry: Entry, number: int) -> tuple[Any, ...]:
    return (
        entry.key,
        entry.name.text if entry.name else None,
        entry.name.key if entry.name else None,
        entry.birth.code if entry.birth else None,
        SEXES.index(entry.sex),
        entry.number is None or entry.number.code != number,
    )


def engine_for(registry: Registry, *, threads: int | None = None) -> Engine:
    """Choose the engine for a registry: its own store's, or asking it one by one."""
    if isinstance(registry, DuckDBRegistry):
        return DuckDBEngine(registry, threads=threads)
    return RegistryEngine(registry)
