"""The law that everything hangs on: a list in columns gets what its rows get one by one."""

from datetime import date

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bulk.lists import NAMES, lists, rules
from vnvaxmatch.backends import Exact, Fuzzy, MemoryRegistry, open_registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.bulk import InputOptions, build_registry, verify
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.judges import ColumnJudge, RowJudge, judge_for
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import UNREADABLE, Options
from vnvaxmatch.normalize import BirthDate, IdNumber, Vintage, name
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.policy import Disclosure, strict
from vnvaxmatch.records import Entry
from vnvaxmatch.synthetic import synthesize
from vnvaxmatch.testing import names
from vnvaxmatch.testing.strategies import texts

MATCHERS = pytest.mark.parametrize("matcher", [Exact(), Fuzzy()], ids=["exact", "fuzzy"])


def both(matcher, registry, other=None, **given_):
    """The judge in columns, and the one row by row, perhaps against another store."""
    fitted = matcher.fitted(registry) if isinstance(matcher, Fuzzy) else matcher
    columns = judge_for(fitted, registry, **given_)
    assert isinstance(columns, ColumnJudge)
    return columns, RowJudge(fitted, other or registry, **given_)


def assert_equal(columns, one_by_one, batch):
    """Hold what two judges make of a batch against each other, row by row."""
    ours, theirs = columns.judge(batch, 1), one_by_one.judge(batch, 1)
    assert ours.table.schema == theirs.table.schema
    assert ours.table.to_pylist() == theirs.table.to_pylist()
    assert ours.wrong.to_pylist() == theirs.wrong.to_pylist()
    assert ours.classes.to_pylist() == theirs.classes.to_pylist()
    assert (ours.suggestions is None) == (theirs.suggestions is None)
    if ours.suggestions is not None:
        assert ours.suggestions.to_pylist() == theirs.suggestions.to_pylist()


@MATCHERS
@given(lists(), rules(), st.sampled_from(Disclosure))
def test_columns_equal_rows(matcher, generated, reading, disclosure):
    """Every row of every list, in every disclosure, gets the same from both judges."""
    people, batch = generated
    given_ = {"policy": strict, "disclosure": disclosure, "reading": reading}

    columns, one_by_one = both(matcher, MemoryRegistry(people), **given_)

    assert_equal(columns, one_by_one, batch)


@MATCHERS
@given(lists())
@settings(max_examples=10)
def test_the_join_equals_looking_up(tmp_path_factory, matcher, generated):
    """DuckDB's join finds what asking for each number finds."""
    people, batch = generated
    path = tmp_path_factory.mktemp("join") / "registry.duckdb"
    DuckDBRegistry.build(path, people)
    given_ = {"policy": strict, "disclosure": Disclosure.VALUES, "reading": ReadingRules()}

    with DuckDBRegistry(path) as registry:
        columns, one_by_one = both(matcher, registry, MemoryRegistry(people), **given_)
        assert_equal(columns, one_by_one, batch)


@MATCHERS
def test_large_blocks_are_skipped_alike(tmp_path, matcher):
    """More namesakes born one day than a block may hold, and a number in too many hands."""
    one, _ = Entry.read(key="0", name="Trần Thử", birth="1/2/1985", sex="nữ", phone="0912345678")
    number = IdNumber("001185000123")
    people = [attrs.evolve(one, key=str(n)) for n in range(1, 202)]
    people += [Entry(key=f"f{n}", former_numbers=(number,)) for n in range(60)]
    people.append(attrs.evolve(one, key="x", number=number, birth=BirthDate(1985, 3, 1)))
    DuckDBRegistry.build(tmp_path / "registry.duckdb", people)
    rows = [
        {"full_name": "Trần Thử", "date_of_birth": born, "sex": "nữ", "id_number": held, "phone": p}
        for born in ("1/2/1985", "1985", "3/1/1985", "")
        for held in ("", "001185000123", "001185000132", "001185000999")
        for p in ("", "0912345678")
    ]
    batch = pa.RecordBatch.from_pylist([{**row, UNREADABLE: False} for row in rows])
    given_ = {"policy": strict, "disclosure": Disclosure.VALUES, "reading": ReadingRules()}

    with DuckDBRegistry(tmp_path / "registry.duckdb") as registry:
        columns, one_by_one = both(matcher, registry, MemoryRegistry(people), **given_)
        assert_equal(columns, one_by_one, batch)


@given(st.lists(st.one_of(names().map(str), st.sampled_from(NAMES), texts()), max_size=20))
def test_names_in_a_column_equal_names_alone(cells):
    """Text, key, fold, changes and doubts of a column's names are those of each name."""
    cells = [cell.encode("utf-8", "replace").decode() for cell in cells]
    reader = NameReader(fields=("text", "key", "fold"), newborns=True)

    read = reader.read(pa.array(cells, pa.string()))

    for row, cell in enumerate(cells):
        reading = name(cell)
        _, doubts, changes = read.metas[read.meta[row]]
        value = reading.value if isinstance(reading, Normalized) else None
        assert read.text[row].as_py() == (value.text if value else "")
        assert read.key[row].as_py() == (value.key if value else "")
        assert read.fold[row].as_py() == (value.fold if value else "")
        assert (doubts, changes) == ((reading.doubts, reading.changes) if value else ((), ()))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A made-up population, its registries in both stores, and a broken list."""
    folder = tmp_path_factory.mktemp("synth")
    synthesize(people=6_000, doses=4_000, seed=5, out=folder / "s")
    for store in ("duckdb", "sqlite"):
        build_registry(folder / "s" / "population.parquet", out=folder / f"registry.{store}")
    return folder


@MATCHERS
def test_a_whole_list_equals_its_rows(made, matcher):
    """A realistically broken list of some thousand rows, against both stores."""
    batch = next(open_source(made / "s" / "doses.csv", Options(known=DOSE_COLUMNS)).batches)
    given_ = {
        "policy": strict,
        "disclosure": Disclosure.VALUES,
        "reading": ReadingRules(date(2023, 1, 1), None, Vintage.UNTIL_2025),
    }
    with open_registry(made / "registry.duckdb") as a, open_registry(made / "registry.sqlite") as b:
        assert a.snapshot == b.snapshot
        assert_equal(*both(matcher, a, b, **given_), batch)


@MATCHERS
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_change_nothing(made, tmp_path, monkeypatch, workers, matcher):
    """Several processes and small batches give the same files as one process."""
    monkeypatch.setattr("vnvaxmatch.bulk.runs._SHORT", 0)
    monkeypatch.setattr("vnvaxmatch.bulk.sources.delimited.BATCH_ROWS", 500)
    results = []
    for count in (1, workers):
        run = verify(
            made / "s" / "doses.csv",
            registry=made / "registry.duckdb",
            out=tmp_path / str(count),
            by=matcher,
            options=InputOptions(reference=date(2023, 1, 1)),
            worklists=False,
            workers=count,
        )
        results.append((run.summary, pq.read_table(run.out / "results.parquet").to_pylist()))

    assert results[0] == results[1]


def test_every_row_comes_out_in_order(made, tmp_path):
    """There is one results row for every row of the list, numbered from 1."""
    run = verify(made / "s" / "doses.csv", registry=made / "registry.sqlite", out=tmp_path / "r")

    table = pq.read_table(run.out / "results.parquet")
    assert table.column("row").to_pylist() == list(range(1, 4_001))


def test_nobody_is_taken_for_somebody_else(made, tmp_path):
    """No row is matched with another person's entry than the one it was made of."""
    run = verify(
        made / "s" / "doses.csv",
        registry=made / "registry.duckdb",
        out=tmp_path / "r",
        disclosure=Disclosure.VALUES,
        worklists=False,
    )

    told = pq.read_table(run.out / "results.parquet")
    truth = pq.read_table(made / "s" / "truth.parquet").column("entry_key").to_pylist()
    matched = [
        (key, true)
        for outcome, key, true in zip(
            told.column("outcome").to_pylist(),
            told.column("entry_key").to_pylist(),
            truth,
            strict=True,
        )
        if outcome == "matched"
    ]
    assert len(matched) > 3_000
    assert all(key == true for key, true in matched)
