"""``vnvaxmatch explain``: one claim, or one row of a list."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest

from vnvaxmatch.cli.app import run

HEADINGS = ["record_id", "full_name", "date_of_birth", "sex", "id_number"]
PEOPLE = [
    ["p1", "Nguyễn Văn Mẫu", "10/11/1985", "Nam", "001085000123"],
    ["p2", "Trần Thị Thử", "02/03/1990", "Nữ", "079190000456"],
]
ROWS = [
    PEOPLE[0],
    ["r2", "TRAN THI THU", "03/02/1990", "Nữ", "079190000456"],
    ["r3", "", "", "", ""],
]
CLAIM = [
    "--name", "Trần Thị Thứ", "--birth", "1990", "--sex", "nữ", "--id-number", "079190000456",
]  # fmt: skip
VALUES = {cell for row in (*PEOPLE, *ROWS) for cell in row[1:] if len(cell) > 3}
VALUES |= {"Trần Thị Thứ", "p1", "p2"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A registry, and what a list came to by either matcher and by a check."""
    folder = tmp_path_factory.mktemp("explain")
    for name, headings, rows in (
        ("doses", HEADINGS, ROWS),
        ("people", ["entry_key", *HEADINGS[1:]], PEOPLE),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
    at, doses = str(folder), str(folder / "doses.csv")
    for suffix in ("duckdb", "sqlite"):
        assert run(["registry", "build", f"{at}/people.csv", "--out", f"{at}/r.{suffix}"]) == 0
    listed = [doses, "--workers", "1", "--no-worklists"]
    verify = ["verify", *listed, "--registry", f"{at}/r.duckdb"]
    for out, more in (
        ("fuzzy", ["--by", "fuzzy"]),
        ("values", ["--by", "fuzzy", "--disclosure", "values"]),
        ("exact", ["--by", "exact"]),
    ):
        assert run([*verify, "--out", f"{at}/{out}", *more]) == 0
    assert run(["check", *listed, "--out", f"{at}/check"]) == 0
    return folder


@pytest.fixture
def explained(made, monkeypatch, capfd):
    """Run the command among those files, and give exit code, output and errors."""
    monkeypatch.chdir(made)

    def explain(*arguments):
        capfd.readouterr()
        code = run(["explain", *map(str, arguments)])
        out, err = capfd.readouterr()
        return code, out, err

    return explain


@pytest.mark.parametrize("registry", ["r.sqlite", "r.duckdb"])
@pytest.mark.parametrize("by", ["fuzzy", "exact"])
def test_a_claim(explained, registry, by):
    """One claim against either store by either matcher: findings, and nothing personal."""
    code, out, err = explained("--registry", registry, "--by", by, *CLAIM)

    assert (code, err) == (0, "")
    assert "Họ tên chỉ khác" in out
    assert "Chỉ có năm sinh" in out
    assert ("█" in out) is (by == "fuzzy")
    assert f"{by}/1" in out
    assert [value for value in VALUES if value in out] == []


def test_fuzzy_is_the_default(explained):
    """Without being told otherwise the matcher weighs."""
    assert "fuzzy/1" in explained("--registry", "r.sqlite", *CLAIM)[1]


def test_values_where_they_may_be_told(explained):
    """Inside the body that owns the registry: the record's, and what to correct."""
    _, out, _ = explained("--registry", "r.sqlite", *CLAIM, "--disclosure", "values")

    assert "Trần Thị Thứ" in out
    assert "Trần Thị Thử" in out
    assert "p2" in out


def test_right_or_wrong_only(explained):
    """At the lowest disclosure there is no field, no weight and no reason."""
    _, out, _ = explained(
        "--registry", "r.sqlite", *CLAIM, "--disclosure", "verdict", "--lang", "en"
    )

    assert "only right or wrong is told" in " ".join(out.split())
    assert "█" not in out
    assert "differ" not in out.replace("some information differs", "")


@pytest.mark.parametrize(
    ("row", "words"),
    [(1, "Matched"), (2, "Day and month of birth are swapped"), (3, "The name is missing")],
)
@pytest.mark.parametrize("results", ["fuzzy", "values", "exact"])
def test_a_row(explained, results, row, words):
    """Each row of a results folder, whichever matcher wrote it; the folder holds no values."""
    code, out, err = explained(results, "--row", row, "--lang", "en")

    assert (code, err) == (0, "")
    assert f"Row {row} of the list" in out
    assert words in out
    assert [value for value in VALUES - {"p1", "p2"} if value in out] == []
    assert ("█" in out) is (results != "exact" and row < 3)


def test_a_row_weighs_what_its_claim_weighs(explained):
    """The waterfall of a row is that of the same claim asked by itself."""
    _, name, birth, sex, number = ROWS[1]
    claim = ["--name", name, "--birth", birth, "--sex", sex, "--id-number", number]
    of_row = json.loads(explained("fuzzy", "--row", 2, "--format", "json")[1])
    alone = json.loads(explained("--registry", "r.duckdb", *claim, "--format", "json")[1])

    assert [step["weight"] for step in of_row["steps"]] == pytest.approx(
        [step["weight"] for step in alone["steps"]], abs=0.002
    )
    assert of_row["weight"] == pytest.approx(alone["weight"], abs=0.002)
    assert [step["reason"] for step in of_row["steps"]] == [s["reason"] for s in alone["steps"]]


def test_less_can_be_told_of_a_row_but_not_more(explained):
    """What the folder's disclosure cut away cannot be had back."""
    assert "p2" in explained("values", "--row", 2)[1]
    assert "p2" not in explained("values", "--row", 2, "--disclosure", "findings")[1]
    assert "p2" not in explained("fuzzy", "--row", 2, "--disclosure", "values")[1]


@pytest.mark.parametrize("form", ["text", "json", "svg", "html"])
def test_into_a_file(explained, tmp_path, form):
    """The file holds what the terminal would have shown; an earlier one is replaced."""
    out = tmp_path / f"row.{form}"
    out.write_text("before")
    assert explained("fuzzy", "--row", 2, "--format", form, "--out", out) == (0, "", "")

    content = out.read_text(encoding="utf-8")
    assert content == explained("fuzzy", "--row", 2, "--format", form)[1]
    assert list(tmp_path.iterdir()) == [out]
    if form == "json":
        assert json.loads(content)["row"] == 2
    elif form != "text":
        assert ET.fromstring(content).get("lang") == "vi"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fuzzy"],
        ["--row", "1"],
        ["fuzzy", "--row", "0"],
        ["fuzzy", "--row", "one"],
        ["--registry", "r.sqlite"],
        ["--registry", "r.sqlite", "--name", ""],
        ["--name", "Trần Thử"],
        ["fuzzy", "--row", "1", "--registry", "r.sqlite"],
        ["fuzzy", "--row", "1", "--name", "Trần Thử"],
        ["--registry", "r.sqlite", "--row", "1", "--name", "Trần Thử"],
        ["fuzzy", "--row", "1", "--format", "pdf"],
        ["--registry", "r.sqlite", "--name", "Trần Thử", "--reference-date", "yesterday"],
    ],
)
def test_a_command_that_is_not_understood(explained, arguments):
    """Exit code 2, with a hint where to read on."""
    code, out, err = explained(*arguments)

    assert (code, out) == (2, "")
    assert "--help" in err
    assert "Trần Thử" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fuzzy", "--row", "4"], "has 3 rows: there is no row 4"),
        (["nowhere", "--row", "1"], "is no results folder"),
        (["doses.csv", "--row", "1"], "is no results folder"),
        (["check", "--row", "1"], "where nothing was compared"),
        (["--registry", "nowhere.sqlite", "--name", "x"], "cannot open the registry"),
        (["--registry", "doses.csv", "--name", "x"], "is not a registry"),
        (["--registry", "r.sqlite", "--name", "x", "--by", "nobody"], "no backend «nobody»"),
        (["--registry", "r.sqlite", "--name", "x", "--by", "sqlite"], "is a registry"),
        (["fuzzy", "--row", "1", "--out", "check"], "is a folder"),
        (["fuzzy", "--row", "1", "--out", "nowhere/out.txt"], "cannot write nowhere/out.txt"),
    ],
)
def test_what_cannot_be_explained(explained, arguments, words):
    """One line says what is wrong, and the exit code is 1."""
    code, out, err = explained(*arguments)

    assert (code, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"{"),
        ("manifest.json", b"[]"),
        ("manifest.json", b"\xff"),
        ("manifest.json", b"{}"),
        ("manifest.json", b'{"command": "verify", "disclosure": "all"}'),
        ("manifest.json", b'{"command": "verify", "model": {"prior": "low"}}'),
        ("results.parquet", b""),
        ("results.parquet", b"PAR1 no PAR1"),
        ("results.parquet", None),
    ],
)
def test_a_damaged_folder(explained, made, tmp_path, name, content):
    """Whichever file is damaged, it is an error of the input and no bug."""
    for each in ("manifest.json", "results.parquet"):
        (tmp_path / each).write_bytes((made / "fuzzy" / each).read_bytes())
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = explained(tmp_path, "--row", "1")

    assert (code, out) == (1, "")
    assert "this is a bug" not in err
    assert err.count("\n") == 1


def test_only_the_part_with_the_row_is_read(explained, made, tmp_path):
    """Rows elsewhere in the file are not even looked at: they may be damaged."""
    (tmp_path / "manifest.json").write_bytes((made / "fuzzy" / "manifest.json").read_bytes())
    path = tmp_path / "results.parquet"
    table = pq.read_table(made / "fuzzy" / "results.parquet")
    pq.write_table(table, path, row_group_size=1, compression="zstd")
    first = pq.ParquetFile(path).metadata.row_group(0)
    end = max(
        first.column(i).data_page_offset + first.column(i).total_compressed_size
        for i in range(first.num_columns)
    )
    content = bytearray(path.read_bytes())
    content[4 : end - 40] = b"\xaa" * (end - 44)
    path.write_bytes(content)

    assert explained(tmp_path, "--row", "3")[0] == 0
    assert explained(tmp_path, "--row", "1")[0] == 1


def test_a_picture_is_utf8_on_any_console(made):
    """An old console gets question marks in a text, and whole letters in what is data."""
    command = [sys.executable, "-m", "vnvaxmatch", "explain", "fuzzy", "--row", "2", "--format"]
    for form, decoded in (("json", "utf-8"), ("svg", "utf-8"), ("text", "cp1252")):
        done = subprocess.run(
            [*command, form], cwd=made, env={"PYTHONIOENCODING": "cp1252", "PATH": ""},
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        assert ("Họ" in done.stdout.decode(decoded)) is (form != "text")
        assert ("H?" in done.stdout.decode(decoded)) is (form == "text")
        assert done.stderr == b""


def test_the_help_teaches(explained):
    """Both ways are shown, and what a bit is."""
    _, out, _ = explained("--help")

    words = " ".join(out.split())
    assert "vnvaxmatch explain results --row 17" in words
    assert "vnvaxmatch explain --registry reg.sqlite --name" in words
    assert "10 bits are odds of about 1,000 to 1" in words
    assert max(map(len, out.splitlines())) <= 100


def test_nothing_is_left_of_a_file_that_could_not_be_written(explained, tmp_path):
    """A name that cannot be written to leaves no part behind."""
    place = tmp_path / ("x" * 300)
    code, _, err = explained("fuzzy", "--row", "1", "--out", place)

    assert code == 1
    assert "cannot write" in err
    assert list(Path(tmp_path).iterdir()) == []
