"""A DuckDB registry is put together of parts, range by range, as if it were sorted as a whole."""

import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.backends import open_registry
from vnvaxmatch.backends.duckdb import ENTRIES, FORMER_NUMBERS, write_registry
from vnvaxmatch.backends.duckdb_building import Parts, building, ranges
from vnvaxmatch.backends.duckdb_files import sorted_part
from vnvaxmatch.errors import RegistryError

_numbers = st.none() | st.integers(0, 60) | st.integers(0, 3 * 10**12)
_parts = st.lists(st.lists(_numbers, max_size=40), min_size=1, max_size=5)


def of_keys(keys, **columns):
    """Make entries of keys, of whom nothing else is known."""
    given_columns = {"entry": range(1, len(keys) + 1), "entry_key": keys, **columns}
    return pa.RecordBatch.from_arrays(
        [
            pa.array(given_columns[field.name], field.type)
            if field.name in given_columns
            else pa.nulls(len(keys), field.type)
            for field in ENTRIES
        ],
        schema=ENTRIES,
    )


@settings(max_examples=60)
@given(parts=_parts, at_once=st.integers(1, 50))
def test_ranges_hold_every_row_once_and_in_order(parts, at_once):
    """Read one after the other they are the table, sorted by number, nulls last."""
    entry = 0
    with tempfile.TemporaryDirectory() as name, duckdb.connect() as connection:
        files, rows = [], []
        for at, numbers in enumerate(parts):
            people = [(number, entry + i) for i, number in enumerate(numbers, 1)]
            entry += len(numbers)
            rows += people
            table = pa.Table.from_pylist(
                [dict(zip(FORMER_NUMBERS.names, p, strict=True)) for p in people], FORMER_NUMBERS
            )
            files.append(Path(name) / f"{at}.parquet")
            pq.write_table(sorted_part(table, "former_numbers"), files[-1], row_group_size=4)
        read = []
        for condition, where in ranges(files, at_once):
            found = connection.execute(
                f"SELECT number, entry FROM read_parquet({[str(file) for file in where]}) "
                f"WHERE {condition} ORDER BY number, entry"
            ).fetchall()
            read += found

    assert read == sorted(rows, key=lambda row: (row[0] is None, row[0] or 0, row[1]))


def test_a_range_is_about_as_large_as_asked(tmp_path):
    """Numbers that lie close together in some places and far apart in others are cut evenly."""
    numbers = [i**3 for i in range(50_000)]
    files = []
    for part in range(5):
        files.append(tmp_path / f"{part}.parquet")
        pq.write_table(pa.table({"number": numbers[part::5]}), files[-1])

    with duckdb.connect() as connection:
        sizes = [
            connection.execute(
                f"SELECT count(*) FROM read_parquet('{tmp_path}/*.parquet') WHERE {condition}"
            ).fetchall()[0][0]
            for condition, _ in ranges(files, 10_000)
        ]

    assert sum(sizes) == 50_000
    assert len(sizes) == 5
    assert all(8_000 <= size <= 12_000 for size in sizes)


@settings(max_examples=10)
@given(data=st.data())
def test_however_they_are_cut_into_batches(data):
    """The same people in other batches, in another order: the same file but for its date."""
    keys = data.draw(st.lists(st.text("abê", max_size=3), min_size=1, max_size=12, unique=True))
    numbers = data.draw(st.lists(_numbers, min_size=len(keys), max_size=len(keys)))
    links = data.draw(
        st.lists(st.tuples(st.integers(0, 99), st.integers(1, len(keys))), max_size=12)
    )
    former = pa.RecordBatch.from_pylist(
        [dict(zip(FORMER_NUMBERS.names, link, strict=True)) for link in links], FORMER_NUMBERS
    )
    whole = of_keys(keys, number=numbers)
    cut = data.draw(st.integers(0, len(keys)))
    found = []
    with tempfile.TemporaryDirectory() as name:
        for batches in ([whole], [whole.slice(cut), whole.slice(0, cut)]):
            write_registry(Path(name) / "r", batches, former=[former])
            with open_registry(Path(name) / "r") as registry:
                snapshot = registry.snapshot
            with duckdb.connect(f"{name}/r", read_only=True) as connection:
                tables = [
                    connection.execute(f"SELECT * FROM {table}").fetchall()
                    for table in ("entries", "former_numbers", "terms")
                ]
            found.append((snapshot, tables))

    assert found[0] == found[1]


@pytest.mark.parametrize("place", [99_998, 99_999, 100_351, 150_000])
def test_one_key_twice_is_seen_wherever_it_falls(tmp_path, place):
    """Also where one batch of the digest ends and the next begins."""
    keys = [f"{i:06}" for i in range(150_000)]
    keys.insert(place, keys[place - 1])

    with pytest.raises(RegistryError, match=f"entries {place} and {place + 1} have the same key"):
        write_registry(tmp_path / "r", [of_keys(keys)])

    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_told(tmp_path):
    """The message says what to give, and nothing stays."""
    keys = [f"{i:06}" for i in range(200_000)]

    with pytest.raises(RegistryError, match=r"too little memory.*--memory"):
        write_registry(tmp_path / "r", [of_keys(keys)], memory_limit=3_000_000)

    assert list(tmp_path.iterdir()) == []


def test_stages_are_told_to_their_ends(tmp_path):
    """Rows are sorted and digested to the last; nobody can say how long counting takes."""
    part = tmp_path / "part.parquet"
    pq.write_table(pa.Table.from_batches([of_keys(["a", "b"])]), part)
    told = []

    with building(tmp_path / "r") as build:
        build.assemble(
            Parts((part,), (), ()),
            meta={},
            memory_limit=10**9,
            progress=lambda *line: told.append(line),
        )

    last = {stage: (done, total) for stage, done, total in told}
    assert last == {"sort": (2, 2), "count": (0, None), "digest": (2, 2)}
