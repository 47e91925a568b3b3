"""``vnvaxmatch verify --by fuzzy``: what it shows, the model that it weighs by, what is refused."""

import csv
import json

import attrs
import pytest

from vnvaxmatch.cli.app import run
from vnvaxmatch.model import Model, default_model

HEADINGS = ["full_name", "date_of_birth", "sex", "id_number"]
PEOPLE = [
    ["Nguyễn Văn Mẫu", "10/11/1985", "Nam", "001085000123"],
    ["Trần Thị Thử", "02/03/1990", "Nữ", "001190000456"],
    ["Trần Thị Thử", "02/03/1990", "Nữ", "079190000789"],
]
DOSES = [
    PEOPLE[0],
    ["Nguyen Van Mau", "10/11/1985", "Nam", "001085000132"],
    ["Trần Thị Thử", "02/03/1990", "Nữ", "079190000000"],
    ["Lê Văn Khuyết", "05/06/1970", "Nam", "001070000111"],
    ["Trần Thị Thử", "02/03/1990", "Nữ", ""],
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a list of doses, a registry, and a model of one's own."""
    for name, rows in (("doses", DOSES), ("people", PEOPLE)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
    monkeypatch.chdir(tmp_path)
    model = attrs.evolve(default_model(), name="our list", version=3)
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    assert run(["registry", "build", "people.csv", "--out", "people.sqlite"]) == 0
    return tmp_path


def verify(*arguments):
    fixed = ["--registry", "people.sqlite", "--out", "out", "--lang", "en", "--workers", "1"]
    return run(["verify", "doses.csv", *fixed, *arguments])


def manifest(folder):
    return json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))


def test_how_many_were_identified(folder, capfd):
    """The summary says how many were found, how many may be several, and who is not there."""
    capfd.readouterr()

    assert verify("--by", "fuzzy") == 0

    shown = capfd.readouterr()
    assert shown.err == ""
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    at = lines.index("Identification")
    assert lines[at + 1 : at + 5] == [
        "One person was found 2 40.0 %",
        "Somebody may fit: nobody was taken 2 40.0 %",
        "Nobody was found 1 20.0 %",
        "",
    ]
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["identification"] == {"identified": 2, "ambiguous": 2, "not_found": 1}


@pytest.mark.parametrize(
    "arguments", [["--by", "exact"], ["--by", "fuzzy", "--disclosure", "verdict"]]
)
def test_identification_is_not_shown_where_it_says_nothing(folder, capfd, arguments):
    """The exact matcher looks by number only, and right or wrong tells nothing of the search."""
    assert verify(*arguments) == 0

    assert "Identification" not in capfd.readouterr().out


@pytest.mark.parametrize("matcher", ["exact", "fuzzy"])
def test_right_or_wrong_tells_nothing_else(folder, matcher):
    """At the disclosure of right or wrong, nothing shows whether anybody has the number."""
    with (folder / "doses.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, ["Lê Thị Khác", "05/06/1970", "Nữ", PEOPLE[0][3]]])
    told = []
    for rows in (PEOPLE, PEOPLE[1:]):
        with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
        assert run(["registry", "build", "people.csv", "--out", "people.sqlite"]) == 0
        assert verify("--by", matcher, "--disclosure", "verdict") == 0
        names = ("summary.json", "results.csv")
        told.append([(folder / "out" / name).read_text(encoding="utf-8") for name in names])

    assert told[0] == told[1]


def test_a_model_of_ones_own(folder):
    """The run weighs by the model that was given, and its manifest names it."""
    assert verify("--by", "fuzzy") == 0
    default = manifest(folder)["model"]
    assert verify("--by", "fuzzy", "--model", "model.json") == 0
    given = manifest(folder)["model"]

    assert (default["name"], given["name"]) == ("default/1", "our list/3")
    assert default["sha256"] != given["sha256"]
    assert default["threshold"] == given["threshold"]


def test_another_threshold_is_another_model(folder):
    """Which weight is enough stands in the model: one that asks for more identifies nobody."""
    model = attrs.evolve(default_model(), name="careful", threshold=200.0)
    (folder / "model.json").write_text(model.to_json(), encoding="utf-8")

    assert verify("--by", "fuzzy", "--model", "model.json") == 0

    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["official"]["true"] == 0
    assert summary["identification"]["identified"] == 0


def test_a_model_saved_by_an_editor(folder):
    """A byte order mark, as some editors write it, is no matter."""
    content = (folder / "model.json").read_bytes()
    (folder / "model.json").write_bytes(b"\xef\xbb\xbf" + content)

    assert verify("--by", "fuzzy", "--model", "model.json") == 0


def _without(part):
    content = json.loads(default_model().to_json())
    del content[part]
    return json.dumps(content).encode()


def _with(part, value):
    return json.dumps(json.loads(default_model().to_json()) | {part: value}).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a model"),
        (b"full_name,sex\n", "is not a model"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 100_000, "is not a model"),
        (b"{}" + b" " * 1_000_000, "too large"),
        (_without("margin"), "lacks a part"),
        (_with("format", 2), "format 2"),
        (_with("coverage", 97), "between 0 and 1"),
        (_with("threshold", float("nan")), "numbers of bits"),
        (_with("margin", 0), "above 0"),
        (_with("possible", 50.0), "`possible`"),
        (_with("version", float("inf")), "is not a model"),
    ],
)
def test_what_is_no_model(folder, capfd, content, words):
    """A file that is no model is one line that names it, and no results are written."""
    (folder / "model.json").write_bytes(content)
    capfd.readouterr()

    assert verify("--by", "fuzzy", "--model", "model.json") == 1

    err = capfd.readouterr().err
    assert err.startswith("vnvaxmatch: model.json: ")
    assert words in err
    assert err.count("\n") == 1
    assert not (folder / "out").exists()


def test_a_model_that_cannot_be_read(folder, capfd):
    """A file that is not there is said to be that."""
    capfd.readouterr()

    assert verify("--by", "fuzzy", "--model", "nowhere.json") == 1

    assert capfd.readouterr().err == (
        "vnvaxmatch: cannot read the model nowhere.json: No such file or directory\n"
    )


def test_a_model_for_a_matcher_that_does_not_weigh(folder, capfd):
    """A model that nothing would be weighed by is a command that was not understood."""
    capfd.readouterr()

    assert verify("--model", "model.json") == 2

    err = capfd.readouterr().err
    assert "--help" in err
    assert "--by exact" in err
    assert "--by fuzzy" in err
    assert not (folder / "out").exists()


def test_a_model_comes_back_from_its_file(folder):
    """What ``--model`` reads is what ``Model.to_json`` writes."""
    text = (folder / "model.json").read_text(encoding="utf-8")

    assert Model.from_json(text).to_json() == text


def test_help_tells_exact_from_fuzzy(capfd):
    """Who has to choose reads what each matcher looks by."""
    assert run(["verify", "--help"]) == 0

    text = " ".join(capfd.readouterr().out.split())
    assert "--by exact finds a person by the ID number alone" in text
    assert "--by fuzzy also looks by name, date of birth, sex and phone" in text
    assert "--model PATH For a matcher that weighs" in text
