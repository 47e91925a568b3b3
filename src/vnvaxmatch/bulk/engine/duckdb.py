"""Joins inside DuckDB, on a DuckDB registry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import attrs
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk.engine.protocol import (
    PAIR_SCHEMA,
    SEARCH_SCHEMA,
    Asked,
    Blocks,
    Ints,
    Joined,
    Searched,
)
from vnvaxmatch.bulk.lift import distinct, distinct_rows
from vnvaxmatch.bulk.numbers import NO_NUMBER
from vnvaxmatch.errors import RegistryError

__all__ = ["DuckDBFinder", "Room"]


@attrs.frozen
class Room:
    """What joins may take: so many ``threads``, bytes of ``memory``, and a folder for the rest."""

    threads: int | None = None
    memory: int | None = None
    scratch: Path | None = None


class DuckDBFinder:
    """Joins inside DuckDB, which reads the registry file itself."""

    def __init__(self, registry: DuckDBRegistry, *, room: Room) -> None:
        self._db = duckdb.connect(str(registry.path), read_only=True)
        scratch = None if room.scratch is None else room.scratch / f"joins-{os.getpid()}"
        for name, value in (
            ("threads", room.threads),
            ("memory_limit", None if room.memory is None else f"{room.memory}B"),
            ("temp_directory", scratch),
        ):
            if value is not None:  # not when it is opened: the file is open here already
                text = str(value).replace("'", "''")
                self._db.execute(f"SET {name} = '{text}'")

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

    def search(self, asked: Asked) -> Searched:
        """Find the entries that share a key with a row."""
        skipped: dict[int, set[KeyKind]] = {}
        blocks: Blocks = {}
        pairs = [np.empty(0, dtype=np.int64)]
        try:
            for kind, keyed in _keyed(self._db, asked):
                some, over = _spread(keyed, cap=CAPS[kind])
                pairs.append(some)
                blocks[kind.value] = (len(np.unique(keyed.rows)), len(some), len(over))
                for row in over:
                    skipped.setdefault(row, set()).add(kind)
            owner, entry = np.divmod(np.unique(np.concatenate(pairs)), _ENTRIES)
            return Searched(_entries(self._db, owner, entry), skipped, blocks)
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


_CONDITIONS = {
    KeyKind.BIRTH_SEX_GIVEN: "e.birth = a.birth AND e.name_given = a.given"
    " AND coalesce(e.sex, a.sex) = a.sex",
    KeyKind.FOLD_YEAR: "e.name_fold = a.fold AND e.birth // 10000 = a.year",
    KeyKind.PHONE: "e.phone = a.phone",
}
"""What an entry with a key has in its columns."""

Columns: TypeAlias = dict[str, pa.Array]


@attrs.frozen(eq=False)
class _Keyed:
    """Rows and the number of their key; the entries that have each key, in the order of keys."""

    rows: Ints
    key: Ints
    found: Ints
    entry: Ints


def _keyed(db: duckdb.DuckDBPyConnection, asked: Asked) -> Iterator[tuple[KeyKind, _Keyed]]:
    """Find by each kind of key that rows have.

    Who shares a name and the birth date shares the year too: one pass over the names does for both.
    """
    named = pc.not_equal(asked.fold, "").to_numpy(zero_copy_only=False) & (asked.birth > 0)
    rows = np.flatnonzero(named)
    if len(rows):
        fold = asked.fold.take(pa.array(rows))
        birth = asked.birth[rows].astype(np.int32)
        year: Columns = {"year": pa.array(birth // 10_000), "fold": fold}
        by_year, born = _joined(db, KeyKind.FOLD_YEAR, rows, year)
        yield KeyKind.FOLD_BIRTH, _on_the_day(by_year, born, birth)
        yield KeyKind.BIRTH_SEX_GIVEN, _by_given(db, rows, fold, birth, asked.sex[rows])
        yield KeyKind.FOLD_YEAR, by_year
    owners = [row for row, phones in enumerate(asked.phones) for _ in phones]
    if owners:
        phone = pa.array([phone for phones in asked.phones for phone in phones], pa.string())
        at = np.array(owners, dtype=np.int64)
        yield KeyKind.PHONE, _joined(db, KeyKind.PHONE, at, {"phone": phone})[0]


def _on_the_day(by_year: _Keyed, born: Ints, birth: Ints) -> _Keyed:
    """Leave of those who share a name and the year those who also share the birth date."""
    asked, key = np.unique(by_year.key * _DAYS + birth, return_inverse=True)
    found = by_year.found * _DAYS + born
    place = np.minimum(np.searchsorted(asked, found), len(asked) - 1)
    same = np.flatnonzero(asked[place] == found)
    order = same[np.argsort(place[same], kind="stable")]
    return _Keyed(by_year.rows, key, place[order], by_year.entry[order])


_DAYS = 10**8
"""More than any birth code."""


def _by_given(
    db: duckdb.DuckDBPyConnection, rows: Ints, fold: pa.StringArray, birth: Ints, sex: Ints
) -> _Keyed:
    """Find by birth, sex (either, where it is missing) and the last word of the name."""
    words = pc.split_pattern(fold, " ", max_splits=1, reverse=True)
    given = words.flatten().take(pa.array(words.offsets.to_numpy()[1:] - 1))
    either = [np.flatnonzero((sex == one) | (sex == 0)) for one in (1, 2)]
    place = np.concatenate(either)
    columns = {
        "birth": pa.array(birth[place]),
        "sex": pa.array(np.repeat(np.array([1, 2], dtype=np.int8), [len(e) for e in either])),
        "given": given.take(pa.array(place)),
    }
    return _joined(db, KeyKind.BIRTH_SEX_GIVEN, rows[place], columns)[0]


def _joined(
    db: duckdb.DuckDBPyConnection, kind: KeyKind, rows: Ints, columns: Columns
) -> tuple[_Keyed, Ints]:
    """Find by keys of a kind, each distinct one once; give the births of the found too."""
    codes = [
        distinct(column)[1] if pa.types.is_string(column.type) else column.to_numpy()
        for column in columns.values()
    ]
    first, key = distinct_rows(*codes)
    take = pa.array(first)
    parts = {name: column.take(take) for name, column in columns.items()}
    db.register("asked", pa.table({"key": np.arange(len(first)), **parts}))
    try:
        found = db.sql(
            "SELECT a.key, e.entry, coalesce(e.birth, 0) AS birth"
            f" FROM asked a JOIN entries e ON {_CONDITIONS[kind]} ORDER BY a.key"
        ).to_arrow_table()
    finally:
        db.unregister("asked")
    of, entry, birth = (found.column(name).to_numpy() for name in ("key", "entry", "birth"))
    return _Keyed(rows, key, of, entry), birth


def _spread(keyed: _Keyed, *, cap: int) -> tuple[Ints, list[int]]:
    """Give rows and the entries of their keys, packed and each pair once; and who was skipped."""
    keys = int(keyed.key.max(initial=-1)) + 1
    counts = np.bincount(keyed.found, minlength=keys)
    starts = np.cumsum(counts) - counts
    over = counts > cap
    sizes = np.where(over, 0, counts)[keyed.key]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    entry = keyed.entry[np.repeat(starts[keyed.key], sizes) + within]
    skipped = np.unique(keyed.rows[over[keyed.key]]).tolist()
    return np.unique(np.repeat(keyed.rows, sizes) * _ENTRIES + entry), skipped


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
        return Joined(pairs.take(pa.array(np.argsort(row))), skipped)
    order = [(name, "ascending") for name in ("row", "entry_key", "former")]
    pairs = pairs.sort_by(order)
    row = pairs.column("row").to_numpy()
    key = pairs.column("entry_key").to_numpy()
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (key[1:] != key[:-1])
    return Joined(pairs.filter(pa.array(first)), skipped)


def _over(row: Ints, cap: int) -> Ints:
    return np.flatnonzero(np.bincount(row) > cap) if len(row) else row
