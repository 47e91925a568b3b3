"""The options of a run on Spark: none is ever ignored, and what is missing is said."""

import json

import pytest
from click.testing import CliRunner

from tests.spark.cluster import needs_java
from vnvaxmatch.cli.app import app
from vnvaxmatch.synthetic import synthesize


def run(*arguments):
    """Run the command."""
    return CliRunner().invoke(app, ["verify", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--engine", "spark"], "say with --master"),
        (["--master", "local[2]"], "--master is for --engine spark"),
        (["--engine", "spark", "--master", "local", "--threads", "2"], "--threads is for a run"),
        (["--engine", "spark", "--master", "local", "--memory", "6GB"], "--memory is for a run"),
        (["--engine", "spark", "--master", "local", "--jdbc-table", "t"], "--jdbc-table goes with"),
        (["--engine", "storm"], "is not one of"),
    ],
)
def test_options_that_do_not_go_together(tmp_path, arguments, match):
    """An option that would not be heeded is refused."""
    done = run("doses.csv", "--registry", "people.csv", "--out", tmp_path / "out", *arguments)

    assert done.exit_code == 2
    assert match in done.output


def test_a_registry_over_a_network_is_asked_without_spark(tmp_path):
    """Nothing is joined where people are asked about one by one."""
    done = run(
        "doses.csv", "--registry", "https://registry.example", "--codec", "osia",
        "--out", tmp_path / "out", "--engine", "spark", "--master", "local",
    )  # fmt: skip

    assert done.exit_code == 2


@needs_java
def test_a_list_on_spark(tmp_path):
    """A run on Spark writes a results folder, shows the summary, and leaves nothing else."""
    synthesize(people=300, doses=60, seed=2, out=tmp_path / "made")

    done = run(
        tmp_path / "made" / "doses.csv", "--registry", tmp_path / "made" / "population.csv",
        "--engine", "spark", "--master", "local[1]", "--out", tmp_path / "out", "--lang", "en",
        "--spark-conf", "spark.sql.shuffle.partitions=1",
    )  # fmt: skip

    assert done.exit_code == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["rows"] == 60
    assert "60" in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "out"]
