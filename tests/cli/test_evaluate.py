"""``vnvaxmatch evaluate`` as a person runs it: what is shown, written, refused."""

import json
import re

import pytest
from click.testing import CliRunner

from vnvaxmatch.bulk import InputOptions, build_registry, verify
from vnvaxmatch.cli.app import app, run
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.synthetic import LAST_DAY, synthesize


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """Results of made-up people at two disclosures, and the truth."""
    folder = tmp_path_factory.mktemp("made-up")
    synthesize(people=800, doses=600, seed=5, out=folder / "synth")
    build_registry(folder / "synth" / "population.parquet", out=folder / "people.duckdb")
    for disclosure in (Disclosure.VALUES, Disclosure.FINDINGS):
        verify(
            folder / "synth" / "doses.csv",
            registry=folder / "people.duckdb",
            out=folder / disclosure.value,
            disclosure=disclosure,
            options=InputOptions(reference=LAST_DAY),
            worklists=False,
        )
    return folder


def arguments(folder, *more, results="values"):
    truth = folder / "synth" / "truth.parquet"
    return ["evaluate", str(folder / results), "--truth", str(truth), *map(str, more)]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("vi", ("600 dòng, exact/1", "Nhận diện", "độ bao phủ")), ("en", ("600 rows", "recall"))],
)
def test_figures_are_shown(made_up, capfd, lang, words):
    """The tables are shown in the language asked for, with nothing on standard error."""
    assert run(arguments(made_up, "--lang", lang)) == 0

    shown = capfd.readouterr()
    assert shown.err == ""
    assert all(word in shown.out for word in words)


def test_the_folder_is_written(made_up, tmp_path, capfd):
    """What is written says what is shown, and a second run replaces it."""
    for _ in range(2):
        assert run(arguments(made_up, "--out", tmp_path / "out", "--lang", "en")) == 0

    shown = capfd.readouterr().out
    figures = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert figures["rows"] == 600
    right = figures["identification"]["right"]
    assert re.search(rf"An entry was told +{right:,} ", shown)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "evaluation.html",
        "evaluation.json",
    ]
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_so_many_cases_are_pointed_out_as_asked_for(made_up, tmp_path):
    """``--worst`` says how many rows to point out, and none of them shows a key."""
    assert run(arguments(made_up, "--out", tmp_path / "out", "--worst", "3")) == 0

    text = (tmp_path / "out" / "evaluation.json").read_text("utf-8")
    assert len(json.loads(text)["missed"]) == 3
    assert not re.search(r"P\d{9}", text)


@pytest.mark.parametrize(
    ("more", "results", "words"),
    [
        ((), "findings", "does not tell which entry a row was taken for; verify again with"),
        ((), "nowhere", "is not there; name the folder"),
        ((), "synth", "is no results folder: it has no manifest.json"),
    ],
)
def test_a_wrong_folder_is_one_line(made_up, capfd, more, results, words):
    """One line on standard error and exit code 1."""
    assert run(arguments(made_up, *more, results=results)) == 1

    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("vnvaxmatch: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err


def test_a_foreign_folder_is_not_replaced(made_up, tmp_path, capfd):
    """Results are no evaluation: naming their folder as ``--out`` harms nothing."""
    before = sorted(path.name for path in (made_up / "values").iterdir())

    assert run(arguments(made_up, "--out", made_up / "values")) == 1

    assert "holds other files and would be replaced" in capfd.readouterr().err
    assert sorted(path.name for path in (made_up / "values").iterdir()) == before


def test_a_wrong_truth_is_one_line(made_up, tmp_path, capfd):
    """A truth of another list is refused in one line that shows no key."""
    truth = tmp_path / "truth.csv"
    truth.write_text("row,entry_key\n1,P123456789\n2,\n", "utf-8")
    results = str(made_up / "values")

    assert run(["evaluate", results, "--truth", str(truth)]) == 1

    shown = capfd.readouterr().err
    assert "says nothing about row 3 of the results (and 597 more); is it the truth" in shown
    assert "P123456789" not in shown


def test_the_help_fits_and_explains():
    """The help is no wider than a page, and every option is explained."""
    shown = CliRunner().invoke(app, ["evaluate", "--help"], env={"COLUMNS": "300"}).output

    assert max(map(len, shown.splitlines())) <= 100
    for words in ("--truth", "--out", "--worst", "--lang", "disclosure values", "truth.parquet"):
        assert words in shown


def test_lines_of_text_fit_a_terminal(made_up, capfd):
    """Nothing but the codes of a case goes beyond 100 columns."""
    for lang in ("vi", "en"):
        assert run(arguments(made_up, "--lang", lang, "--worst", "0")) == 0
        assert max(map(len, capfd.readouterr().out.splitlines())) <= 100
