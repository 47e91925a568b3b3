"""``vnvaxmatch link`` as a person runs it: what is shown, written, refused."""

import csv
import json

import click
import pytest
from click.testing import CliRunner

from vnvaxmatch.cli.app import app, run
from vnvaxmatch.cli.link import link

HEADINGS = ["Mã hồ sơ", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Mũi số", "Ngày tiêm"]
ROWS = [
    ["A1", "Đoàn Gia Bảo", "10/11/1985", "Nam", "001085000123", "1", "10/08/2021"],
    ["A2", "DOAN GIA BAO", "10/11/1985", "nam", "1085000123", "2", "15/08/2021"],
    ["A3", "Đoàn Gia Bảo", "10/11/1985", "Nam", "079085000456", "1", "10/08/2021"],
    ["A4", "Đoàn Gia Bảo", "10/11/1985", "Nam", "001085000123", "1", "10/08/2021"],
]


@pytest.fixture
def doses(tmp_path):
    """A list of two namesakes, one of them with a dose entered twice."""
    with (tmp_path / "doses.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *ROWS])
    return tmp_path / "doses.csv"


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("vi", ("4 dòng của 2 người", "Số dòng mỗi người", "quá ngắn", "Trùng hoàn toàn")),
        ("en", ("4 rows of 2 people", "Rows of a person", "too short", "Entered twice")),
    ],
)
def test_a_list_is_linked(doses, tmp_path, capfd, lang, words):
    """The summary is in the language asked for; the folder holds a row for every row."""
    code = run(["link", str(doses), "--out", str(tmp_path / "out"), "--lang", lang])

    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert all(word in out for word in words)
    with (tmp_path / "out" / "links.csv").open(encoding="utf-8-sig") as file:
        got = list(csv.DictReader(file))
    assert [row["record_id"] for row in got] == ["A1", "A2", "A3", "A4"]
    assert [row["person"] for row in got] == ["1", "1", "3", "1"]
    assert [row["duplicate_of"] for row in got] == ["", "", "", "1"]
    assert [row["maybe_same_as"] for row in got] == ["3", "3", "1", "3"]


def test_nothing_personal_is_shown(doses, tmp_path, capfd):
    """Neither the terminal nor the reports of counts show a value of a record."""
    run(["link", str(doses), "--out", str(tmp_path / "out")])

    shown = "".join(capfd.readouterr())
    for name in ("summary.json", "manifest.json"):
        shown += (tmp_path / "out" / name).read_text("utf-8")
    assert [cell for row in ROWS for cell in row[:5] if len(cell) > 3 and cell in shown] == []


def test_a_list_that_cannot_be_read_is_one_line(doses, tmp_path, capfd):
    """What is wrong is said in a line; the exit code is 1, and there is no folder."""
    doses.write_text("Họ và tên;Ngày sinh\nx;y\n", "utf-8")

    code = run(["link", str(doses), "--out", str(tmp_path / "out")])

    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert "no column for sex, id_number" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_columns_are_given(doses, tmp_path, capfd):
    """Headings of one's own are named, as for the other commands."""
    text = doses.read_text("utf-8").replace("Số CCCD", "Giấy tờ khác")
    doses.write_text(text, "utf-8")

    code = run(["link", str(doses), "--out", str(tmp_path / "out"), "--columns", "id_number=5"])

    assert code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["input"]["columns"]["id_number"] == "Giấy tờ khác"


@pytest.mark.parametrize("width", [80, 300])
def test_the_help_teaches(width):
    """The help says what is written and when rows are joined, on a page of 100 columns."""
    text = CliRunner().invoke(app, ["link", "--help"], env={"COLUMNS": str(width)}).output

    assert max(map(len, text.splitlines())) <= 100
    assert all(word in text for word in ("links.parquet", "duplicate_of", "twins", "--columns"))
    assert [p.name for p in link.params if isinstance(p, click.Option) and not p.help] == []


def test_a_missing_folder_to_write_to_is_a_misunderstanding(doses, capfd):
    """Without ``--out`` the command is not understood."""
    assert run(["link", str(doses)]) == 2
    assert "--out" in capfd.readouterr().err
