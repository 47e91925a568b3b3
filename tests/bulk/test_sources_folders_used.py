"""Whatever takes a list takes a folder of its parts, and comes to the same."""

import json

import pytest

from vnvaxmatch.backends import open_registry
from vnvaxmatch.bulk.provenance import digest
from vnvaxmatch.cli.app import run
from vnvaxmatch.synthetic import Format, synthesize


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The same people and doses whole and in parts, and a registry of them."""
    folder = tmp_path_factory.mktemp("made")
    sizes = {"people": 400, "doses": 300, "seed": 5}
    synthesize(**sizes, out=folder / "whole")
    synthesize(**sizes, out=folder / "parts", rows_per_file=70, form=Format.BOTH)
    people = str(folder / "whole" / "population.parquet")
    assert run(["registry", "build", people, "--out", str(folder / "r.duckdb")]) == 0
    return folder


def results(made, command, doses, out, *more):
    """Run a command over a list, and give what it wrote for every row."""
    day = [] if command == "evaluate" else ["--reference-date", "2022-12-31"]
    assert run([command, str(made / doses), "--out", str(out), *day, *more]) == 0
    (name,) = {"links.csv", "results.csv"} & {path.name for path in out.iterdir()}
    return (out / name).read_bytes()


@pytest.mark.parametrize("parts", ["parts/doses", "parts/doses-csv"])
@pytest.mark.parametrize("command", ["verify", "check", "link"])
def test_a_list_in_parts_comes_to_the_same(made, tmp_path, command, parts):
    """Results are equal byte by byte: rows are counted on over the files."""
    more = ["--registry", str(made / "r.duckdb")] if command == "verify" else []

    whole = results(made, command, "whole/doses.csv", tmp_path / "whole", *more)
    of_parts = results(made, command, parts, tmp_path / "parts", *more)

    assert of_parts == whole
    told = json.loads((tmp_path / "parts" / "manifest.json").read_text("utf-8"))
    assert told["input"]["sha256"] == digest(made / parts)
    assert [file["name"][:10] for file in told["input"]["files"]] == [
        f"part-{number:05}" for number in range(5)
    ]


@pytest.mark.parametrize("parts", ["parts/population", "parts/population-csv"])
def test_a_population_in_parts_makes_the_same_registry(made, tmp_path, parts):
    """The same people are in it, so its snapshot is the same."""
    assert run(["registry", "build", str(made / parts), "--out", str(tmp_path / "r.duckdb")]) == 0

    snapshots = []
    for path in (made / "r.duckdb", tmp_path / "r.duckdb"):
        with open_registry(path) as registry:
            snapshots.append(registry.meta["snapshot"])
    assert snapshots[0] == snapshots[1]


def test_a_truth_in_parts_comes_to_the_same(made, tmp_path, capfd):
    """An evaluation reads the truth of all parts, by the row it is counted as."""
    verified = ["--registry", str(made / "r.duckdb"), "--disclosure", "values"]
    results(made, "verify", "whole/doses.csv", tmp_path / "out", *verified)
    pages = []
    for truth in ("whole/truth.parquet", "parts/truth"):
        out = tmp_path / truth.replace("/", "-")
        arguments = [str(tmp_path / "out"), "--truth", str(made / truth), "--out", str(out)]
        assert run(["evaluate", *arguments]) == 0
        pages.append({path.name: path.read_bytes() for path in out.iterdir()})
    capfd.readouterr()

    assert pages[0] == pages[1]


def test_a_person_is_told_how_many_files_were_read(made, tmp_path, capfd):
    """Who named a folder by mistake sees at once what was taken for the list."""
    results(made, "check", "parts/doses", tmp_path / "out")

    said = capfd.readouterr().err
    assert "read 5 files as one list: part-00000.parquet … part-00004.parquet" in said


def test_made_up_data_as_a_whole_are_no_list(made, tmp_path, capfd):
    """A folder of several lists is refused, and nothing is written."""
    assert run(["check", str(made / "whole"), "--out", str(tmp_path / "out")]) == 1

    assert "a folder that is a list holds files of one kind" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
