"""Spark, DuckDB and the one-at-a-time matcher say the same, whatever the partitions."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.spark.cluster import needs_java
from tests.spark.people import written
from vnvaxmatch.backends import Exact, Fuzzy, open_registry
from vnvaxmatch.bulk.judges import RowJudge, judge_for
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.spark import verify
from vnvaxmatch.policy import Disclosure, strict

pytestmark = needs_java


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return written(tmp_path_factory.mktemp("data"), people=1_500, doses=600)


def on_one_machine(data, matcher, disclosure, *, kind="duckdb"):
    """Decide all rows by DuckDB's joins, or row by row."""
    (batch,) = pq.read_table(data["doses"]).drop_columns(["row"]).combine_chunks().to_batches()
    given = {"policy": strict, "disclosure": disclosure, "reading": ReadingRules()}
    with open_registry(data[kind]) as registry:
        fitted = matcher.fitted(registry) if isinstance(matcher, Fuzzy) else matcher
        make = judge_for if kind == "duckdb" else RowJudge
        return make(fitted, registry, **given).judge(batch, 1).table


def on_spark(session, data, matcher, disclosure, *, partitions, size, **given):
    """Decide all rows on Spark, in an order of its own."""
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(size))
    session.conf.set("spark.sql.shuffle.partitions", str(partitions))
    doses = session.read.parquet(str(data["doses"])).repartition(partitions, "record_id")
    population = session.read.parquet(str(data["population"])).repartition(partitions, "full_name")
    decided = verify(doses, population, by=matcher, disclosure=disclosure, **given)
    return decided.orderBy("row").toArrow()


def assert_same(ours, theirs):
    """Hold two tables of results against each other, floats to the last bit."""
    assert ours.schema.names == theirs.schema.names
    for name in theirs.schema.names:
        a, b = ours.column(name).to_pylist(), theirs.column(name).to_pylist()
        wrong = [row for row, (one, two) in enumerate(zip(a, b, strict=True)) if one != two]
        assert (name, wrong) == (name, [])


RUNS = [
    (Exact(), Disclosure.VALUES, 3, 7, {}),
    (Fuzzy(), Disclosure.VALUES, 5, 64, {"salted": 3}),
    (Fuzzy(), Disclosure.FINDINGS, 2, 501, {}),
    (Fuzzy(), Disclosure.VERDICT, 1, 10_000, {}),
]
if os.environ.get("VNVAXMATCH_PROFILE") == "deep":
    RUNS += [
        (Exact(), Disclosure.FINDINGS, 2, 100, {}),
        (Exact(), Disclosure.VERDICT, 1, 10_000, {}),
        (Fuzzy(), Disclosure.VALUES, 1, 10_000, {}),
        (Fuzzy(), Disclosure.VALUES, 8, 1, {"salted": 1}),
    ]


@pytest.mark.parametrize(("matcher", "disclosure", "partitions", "size", "given"), RUNS)
def test_all_engines_agree(session, data, matcher, disclosure, partitions, size, given):
    """Every column of every row is the same on Spark as from DuckDB."""
    theirs = on_one_machine(data, matcher, disclosure)

    ours = on_spark(session, data, matcher, disclosure, partitions=partitions, size=size, **given)

    assert_same(ours, theirs)


@pytest.mark.parametrize("matcher", [Exact(), Fuzzy()], ids=["exact", "fuzzy"])
def test_one_machine_agrees_with_row_by_row(data, matcher):
    """What Spark is held against is what each row gets by itself."""
    theirs = on_one_machine(data, matcher, Disclosure.VALUES, kind="sqlite")

    assert_same(on_one_machine(data, matcher, Disclosure.VALUES), theirs)


def test_the_list_holds_what_is_hard(data):
    """Skipped blocks, former numbers and several who fit occur, else the law says little."""
    table = on_one_machine(data, Fuzzy(), Disclosure.VALUES)
    reasons = ";".join(table.column("reasons").to_pylist())

    assert "block_too_large" in reasons
    assert "several_entries" in reasons
    assert "number_of_another" in reasons
    assert table.column("candidates").null_count < table.num_rows
    assert pa.compute.any(pa.compute.equal(table.column("id_number_level"), "linked")).as_py()
