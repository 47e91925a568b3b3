"""What moves rows: an engine joins numbers, and keys, with a registry. It knows no rule.

The embedded one is DuckDB on a DuckDB registry. Any other registry is asked one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry, key_parts
from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.bulk.lift import Memo, distinct
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


SEARCH_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("number", pa.int64()),
        ("former_numbers", pa.list_(pa.int64())),
    ]
)


@attrs.frozen
class Searched:
    """The found pairs, sorted by row; the kinds of key that were skipped for a row; and how many
    entries each kind led to, an entry counted once for a row and kind."""

    pairs: pa.Table
    skipped: dict[int, set[KeyKind]]
    found: Counter[KeyKind]


class Engine(Protocol):
    """A way to find the entries of a column of numbers, and of keys.

    ``join`` must return each entry of a number once, with ``former`` true where the number is only
    a former one of that entry, sorted by row and entry key; a number held by more people than the
    block caps allow returns none of them and its rows are reported as skipped.
    """

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number; :data:`NO_NUMBER` has none."""
        ...

    def search(self, asked: Sequence[Sequence[Key]]) -> Searched:
        """Find the entries of each row's keys, which are those of ``blocking.search_keys``.

        Each entry is given once for a row; a block above its cap is left out and reported.
        """
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
            raise RegistryError(_UNREADABLE) from error
        finally:
            self._db.unregister("asked")
        return _sorted(pairs.cast(PAIR_SCHEMA))

    def search(self, asked: Sequence[Sequence[Key]]) -> Searched:
        """Find the entries of each row's keys."""
        rows: dict[KeyKind, list[int]] = {kind: [] for kind in _SEARCHED}
        values: dict[KeyKind, list[str]] = {kind: [] for kind in _SEARCHED}
        for row, keys in enumerate(asked):
            for key in keys:
                rows[key.kind].append(row)
                values[key.kind].append(key.value)
        skipped: dict[int, set[KeyKind]] = {}
        found: Counter[KeyKind] = Counter()
        pairs = [np.empty(0, dtype=np.int64)]
        try:
            for kind in _SEARCHED:
                if rows[kind]:
                    some, over = _searched(self._db, kind, np.array(rows[kind]), values[kind])
                    pairs.append(some)
                    found[kind] = len(some)
                    for row in over:
                        skipped.setdefault(row, set()).add(kind)
            distinct_pairs = np.unique(np.concatenate(pairs))
            row, entry = np.divmod(distinct_pairs, _ENTRIES)
            return Searched(_entries(self._db, row, entry), skipped, found)
        except duckdb.Error as error:
            raise RegistryError(_UNREADABLE) from error


_UNREADABLE = "the registry cannot be read (damaged, or memory ran out); build it again"

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


_SEARCHED = {
    KeyKind.FOLD_BIRTH: (
        {"birth": pa.int32(), "fold": pa.string()},
        "e.birth = a.birth AND e.name_fold = a.fold",
    ),
    KeyKind.BIRTH_SEX_GIVEN: (
        {"birth": pa.int32(), "sex": pa.int8(), "given": pa.string()},
        "e.birth = a.birth AND e.name_given = a.given AND coalesce(e.sex, a.sex) = a.sex",
    ),
    KeyKind.FOLD_YEAR: (
        {"year": pa.int32(), "fold": pa.string()},
        "e.name_fold = a.fold AND e.birth // 10000 = a.year",
    ),
    KeyKind.PHONE: ({"phone": pa.string()}, "e.phone = a.phone"),
}
"""The parts of a key's value, and what an entry with that key has in its columns."""


def _searched(
    db: duckdb.DuckDBPyConnection, kind: KeyKind, rows: Ints, values: list[str]
) -> tuple[Ints, list[int]]:
    """Find by keys of a kind: rows and entries, packed and each pair once; and who was skipped."""
    texts, key = distinct(pa.array(values, pa.string()))
    columns, condition = _SEARCHED[kind]
    parts = zip(*(key_parts(Key(kind, text)) for text in texts), strict=True)
    asked = {
        name: pa.array(part, column)
        for (name, column), part in zip(columns.items(), parts, strict=True)
    }
    db.register("asked", pa.table({"key": np.arange(len(texts)), **asked}))
    try:
        found = db.sql(
            f"SELECT a.key, e.entry FROM asked a JOIN entries e ON {condition} ORDER BY a.key"
        ).to_arrow_table()
    finally:
        db.unregister("asked")
    counts = np.bincount(found.column("key").to_numpy(), minlength=len(texts))
    starts = np.cumsum(counts) - counts
    over = counts > CAPS[kind]
    sizes = np.where(over, 0, counts)[key]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    entry = found.column("entry").to_numpy()[np.repeat(starts[key], sizes) + within]
    return np.unique(np.repeat(rows, sizes) * _ENTRIES + entry), rows[over[key]].tolist()


_ENTRIES = 1 << 40
"""More entries than any registry has."""


def _entries(db: duckdb.DuckDBPyConnection, row: Ints, entry: Ints) -> pa.Table:
    """Read what is known of the entries that were found, for each row."""
    distinct, index = np.unique(entry, return_inverse=True)
    db.register("wanted", pa.table({"entry": distinct}))
    try:
        found = db.sql(_HELD).to_arrow_table()
    finally:
        db.unregister("wanted")
    place = np.argsort(found.column("entry").to_numpy())
    held = found.drop_columns(["entry"]).take(pa.array(place[index]))
    return held.add_column(0, "row", pa.array(row)).cast(SEARCH_SCHEMA)


_HELD = """
SELECT e.entry, e.entry_key, e.name_text, e.name_key, e.name_fold, e.birth, e.sex, e.number,
    f.former_numbers
FROM wanted w JOIN entries e ON e.entry = w.entry
LEFT JOIN (
    SELECT entry, list(DISTINCT number ORDER BY number) AS former_numbers
    FROM former_numbers SEMI JOIN wanted USING (entry) GROUP BY entry
) f ON f.entry = w.entry
"""


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

    def search(self, asked: Sequence[Sequence[Key]]) -> Searched:
        """Find the entries of each row's keys."""
        pairs = []
        skipped: dict[int, set[KeyKind]] = {}
        counts: Counter[KeyKind] = Counter()
        for row, keys in enumerate(asked):
            found = self._registry.find(keys)
            pairs += [{"row": row, **_held(entry)} for entry in found.entries]
            counts.update(found.blocks)
            if found.skipped:
                skipped[row] = set(found.skipped)
        return Searched(pa.Table.from_pylist(pairs, schema=SEARCH_SCHEMA), skipped, counts)

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


def _held(entry: Entry) -> dict[str, Any]:
    name = entry.name
    return {
        "entry_key": entry.key,
        "name_text": name.text if name else None,
        "name_key": name.key if name else None,
        "name_fold": name.fold if name and not name.newborn else None,
        "birth": entry.birth.code if entry.birth else None,
        "sex": SEXES.index(entry.sex),
        "number": entry.number.code if entry.number else None,
        "former_numbers": [number.code for number in entry.former_numbers],
    }


def engine_for(registry: Registry, *, threads: int | None = None) -> Engine:
    """Choose the engine for a registry: its own store's, or asking it one by one."""
    if isinstance(registry, DuckDBRegistry):
        return DuckDBEngine(registry, threads=threads)
    return RegistryEngine(registry)
