"""Lists from files, on two processors of this machine: the results folder of one machine."""

import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from tests.spark.cluster import needs_java
from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.bulk import build_registry, verify
from vnvaxmatch.bulk.spark.files import Database, verify_files
from vnvaxmatch.bulk.spark.sessions import opened
from vnvaxmatch.errors import OutputError
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.synthetic import synthesize

pytestmark = needs_java

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    # the database that comes with Spark writes a log where it is started
    "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={os.devnull}",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A list, a population of which some have no key, and a registry of it."""
    folder = tmp_path_factory.mktemp("files")
    synthesize(people=2_000, doses=500, seed=3, out=folder / "made")
    people = pq.read_table(folder / "made" / "population.parquet")
    unnamed = people.drop_columns(["entry_key"])
    pq.write_table(unnamed, folder / "unnamed.parquet")
    for name, source in (("named", folder / "made" / "population.parquet"),
                         ("unnamed", folder / "unnamed.parquet")):  # fmt: skip
        build_registry(source, out=folder / f"{name}.duckdb")
    return folder


def one_machine(data, out, *, registry, by):
    """Verify the list without Spark."""
    return verify(
        data / "made" / "doses.csv",
        registry=data / f"{registry}.duckdb",
        out=out,
        by=by,
        disclosure=Disclosure.VALUES,
    )


def on_spark(data, out, **given):
    """Verify the list on Spark."""
    wanted = {"by": Exact(), "disclosure": Disclosure.VALUES, "spill": out.with_name("spill")}
    return verify_files(
        data / "made" / "doses.csv",
        out=out,
        master="local[2]",
        settings=SETTINGS,
        **{**wanted, **given},
    )


def assert_same(one, other):
    """Hold two results folders against each other."""
    for name in ("results.parquet", "results.csv", "summary.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_people_without_keys_are_named_by_their_rows(data, tmp_path):
    """Where a population file has no keys its rows are numbered, as in a registry file."""
    one_machine(data, tmp_path / "one", registry="unnamed", by=Exact())

    run = on_spark(data, tmp_path / "two", population=data / "unnamed.parquet")

    assert_same(tmp_path / "one", tmp_path / "two")
    assert run.manifest["registry"]["entries"] == "2000"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_people_in_a_database_are_read_by_the_workers(data, tmp_path):
    """A list verified against a table by JDBC comes out as against the file it was filled from."""
    one_machine(data, tmp_path / "one", registry="named", by=Exact())
    url = f"jdbc:derby:{tmp_path / 'people'};create=true"
    driver = "org.apache.derby.jdbc.EmbeddedDriver"
    with opened("local[2]", settings=SETTINGS) as session:
        people = session.read.parquet(str(data / "made" / "population.parquet"))
        people.write.format("jdbc").options(url=url, dbtable="people", driver=driver).save()

    on_spark(data, tmp_path / "two", population=Database(url, "people", driver=driver))

    assert_same(tmp_path / "one", tmp_path / "two")


_RUN = """
import sys
from pathlib import Path
from tests.spark.test_files import on_spark
from vnvaxmatch.backends import Fuzzy
data, out, resume = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "resume"
on_spark(data, out, population=data / "made" / "population.parquet", by=Fuzzy(), resume=resume)
"""


def test_a_killed_run_goes_on(data, tmp_path):
    """After kill -9 of the driver what was computed is kept, and the results are the same."""
    one_machine(data, tmp_path / "one", registry="named", by=Fuzzy())
    out, tables = tmp_path / "two", tmp_path / "spill" / "tables"
    command = [sys.executable, "-c", _RUN, str(data), str(out)]
    begun = subprocess.Popen([*command, "begin"], start_new_session=True)
    until = time.monotonic() + 200
    while not (tables / "settled" / "_SUCCESS").exists() and time.monotonic() < until:
        assert begun.poll() is None
        time.sleep(0.05)
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    kept = (tables / "settled" / "_SUCCESS").stat().st_mtime_ns

    with pytest.raises(OutputError, match="--resume"):
        on_spark(data, out, population=data / "made" / "population.parquet", by=Fuzzy())
    assert (tables / "settled" / "_SUCCESS").stat().st_mtime_ns == kept
    subprocess.run([*command, "resume"], check=True)

    assert_same(tmp_path / "one", out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_foreign_folder_is_not_touched(data, tmp_path):
    """What somebody else keeps in the folder that is named stays, and nothing is run."""
    (tmp_path / "spill").mkdir()
    (tmp_path / "spill" / "tables").mkdir()
    (tmp_path / "spill" / "tables" / "mine.txt").write_text("mine")

    with pytest.raises(OutputError, match="not a folder of an unfinished run"):
        on_spark(data, tmp_path / "out", population=data / "unnamed.parquet")

    assert (tmp_path / "spill" / "tables" / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "out").exists()
