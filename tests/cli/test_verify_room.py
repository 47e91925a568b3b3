"""``verify`` with bounds: how much memory, where parts are kept, and how a run goes on."""

import pytest

from tests.cli.lists import verified, write
from vnvaxmatch.cli.app import run

HEADINGS = ["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"]
ROWS = [["Trần Thử", "10/11/1985", "Nữ", "001185000123"], ["Lê Mẫu", "1990", "Nam", ""]]
PEOPLE = [["7", "Trần Thử", "10/11/1985", "Nữ", "001185000123"]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A list, its registry and its results."""
    verified(tmp_path, HEADINGS, ROWS, people=PEOPLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verify(*arguments):
    """Verify the list once more."""
    return run(
        ["verify", "doses.csv", "--registry", "reg.duckdb", "--out", "again", "--lang", "en",
         *arguments]
    )  # fmt: skip


def test_a_bounded_run_gives_the_same_results(folder):
    """Where it keeps its parts and how little memory it has changes no byte."""
    assert verify("--memory", "1GB", "--spill", "spill", "--threads", "2") == 0

    for name in ("results.csv", "results.parquet"):
        assert (folder / "again" / name).read_bytes() == (folder / "results" / name).read_bytes()
    assert not (folder / "spill").exists()


def test_threads_and_workers_are_one_option(folder):
    """The older word stays."""
    assert verify("--workers", "1") == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--memory", "much"], 1, "«much» is no size: write it as 6GB or 512MB"),
        (["--memory", "10MB"], 1, "too little"),
        (["--resume"], 2, "--spill"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder, capfd, arguments, code, said):
    """Before anything is read."""
    assert verify(*arguments) == code
    assert said in capfd.readouterr().err
    assert not (folder / "again").exists()


def test_a_folder_of_other_things_is_left_alone(folder, capfd):
    """Nobody's files are taken for parts, or taken away."""
    (folder / "mine").mkdir()
    write(folder / "mine" / "letter.csv", ["a"], [["b"]])

    assert verify("--spill", "mine") == 1
    assert "--spill" in capfd.readouterr().err
    assert (folder / "mine" / "letter.csv").exists()


def test_over_a_network_there_is_nothing_to_spill(folder, capfd):
    """Options of one kind of registry are never ignored for the other."""
    arguments = ["--registry", "https://localhost:1/x", "--codec", "osia", "--spill", "s"]
    assert verify(*arguments) == 2
    assert "--spill is for a registry file" in capfd.readouterr().err
