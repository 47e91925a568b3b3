"""``vnvaxmatch casework report`` as a person runs it, and what it refuses."""

import os
import subprocess
import sys

import pytest

from tests.casework.people import KEYS
from tests.casework.report.campaigns import LATE, campaign
from vnvaxmatch.casework.report import gather, report_page
from vnvaxmatch.cli.app import run
from vnvaxmatch.ledger import Event, SQLiteLedger


@pytest.fixture
def folder(tmp_path):
    """A folder with the ledger of a campaign in it."""
    with SQLiteLedger(tmp_path / "cases.db", keys=KEYS) as log:
        campaign(120, into=log)
    return tmp_path


def line(folder, *more, out="report.html"):
    """Write the command line that makes the report."""
    return ["casework", "report", "--ledger", str(folder / "cases.db"),
            "--out", str(folder / out), *more]  # fmt: skip


def test_a_report_without_keys(folder, capfd):
    """One line says what was made; the page is Vietnamese, and of the ledger's cases."""
    assert run(line(folder, "--at", "2026-04-25")) == 0

    out, err = capfd.readouterr()
    assert (out, err) == (f"Báo cáo về 120 hồ sơ: {folder / 'report.html'}\n", "")
    page = (folder / "report.html").read_text("utf-8")
    assert "Số liệu đến hết ngày 25/04/2026 (giờ Việt Nam)" in page
    assert sorted(path.name for path in folder.iterdir()) == ["cases.db", "report.html"]


def test_english_and_small_counts_and_days(folder, capfd):
    """Options reach the page."""
    told = line(folder, "--lang", "en", "--smallest", "6", "--untouched-for", "9",
                "--at", "2026-04-25")  # fmt: skip

    assert run(told) == 0

    assert "A report of 120 cases" in capfd.readouterr().out
    page = (folder / "report.html").read_text("utf-8")
    assert "the end of 2026-04-25, Vietnam time" in page
    assert "Over 9 days" in page
    assert "&lt; 6" in page


def test_it_is_the_page_of_the_library(folder):
    """The command line adds nothing of its own."""
    run(line(folder, "--at", "2026-04-20"))

    with SQLiteLedger(folder / "cases.db", create=False) as log:
        end = LATE.replace(hour=17)  # midnight in Vietnam
        assert (folder / "report.html").read_text("utf-8") == report_page(gather(log, at=end))


def test_two_processes_write_the_same_bytes(folder):
    """Neither the order of sets nor the moment of the run shows."""
    made = []
    for seed in ("1", "2"):
        told = line(folder, "--at", "2026-04-25", out=f"{seed}.html")
        subprocess.run(
            [sys.executable, "-m", "vnvaxmatch", *told],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            stdout=subprocess.DEVNULL,
        )
        made.append((folder / f"{seed}.html").read_bytes())

    assert made[0] == made[1]


def test_an_earlier_report_is_replaced_and_nothing_else(folder, capfd):
    """A page gives way to a newer one; a ledger or a letter never does."""
    assert run(line(folder, "--at", "2026-04-24")) == 0
    assert run(line(folder, "--at", "2026-04-25")) == 0
    assert "25/04/2026" in (folder / "report.html").read_text("utf-8")
    ledger = (folder / "cases.db").read_bytes()
    (folder / "letter.txt").write_text("Kính gửi", "utf-8")
    capfd.readouterr()

    assert run(line(folder, out="cases.db")) == 1
    assert run(line(folder, out="letter.txt")) == 1

    assert capfd.readouterr().err.count("is no report, and would be replaced") == 2
    assert (folder / "cases.db").read_bytes() == ledger
    assert (folder / "letter.txt").read_text("utf-8") == "Kính gửi"


def test_a_page_of_somebody_else_is_not_replaced(folder, capfd):
    """Not every page is a report."""
    other = folder / "index.html"
    other.write_text("<!DOCTYPE html>\n<title>Trang chủ</title>", "utf-8")

    assert run(line(folder, out="index.html")) == 1

    assert "is no report" in capfd.readouterr().err
    assert "Trang chủ" in other.read_text("utf-8")


def test_what_is_no_plain_file_is_not_replaced(folder, capfd):
    """A pipe stays a pipe."""
    os.mkfifo(folder / "pipe")

    assert run(line(folder, out="pipe")) == 1

    assert "no plain file" in capfd.readouterr().err
    assert (folder / "pipe").is_fifo()


def test_a_link_keeps_leading_to_the_report(folder):
    """Where the name is a link, what it leads to is replaced, and the link stays."""
    assert run(line(folder, out="2026.html")) == 0
    (folder / "latest.html").symlink_to(folder / "2026.html")

    assert run(line(folder, "--lang", "en", out="latest.html")) == 0

    assert (folder / "latest.html").is_symlink()
    assert '<html lang="en">' in (folder / "2026.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("out", "what"), [("none/report.html", "there is no folder"), (".", "it is a folder")]
)
def test_where_nothing_can_be_written(folder, capfd, out, what):
    """The error says what is in the way, before any work is done."""
    assert run(line(folder, out=out)) == 1

    assert what in capfd.readouterr().err


def test_a_ledger_that_is_not_there_is_not_made(tmp_path, capfd):
    """A wrong name is an error, and leaves nothing behind."""
    assert run(line(tmp_path)) == 1

    assert "cases.db" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_day_gone_by_is_refused(folder, capfd):
    """The ledger says where cases stand now, and no report pretends otherwise."""
    assert run(line(folder, "--at", "2026-03-02")) == 1

    assert "that day or a later one" in capfd.readouterr().err
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    "more",
    [("--at", "yesterday"), ("--at", "9999-12-31"), ("--untouched-for", "-1"),
     ("--untouched-for", "99999999"), ("--smallest", "-2"), ("--lang", "fr")],
)  # fmt: skip
def test_options_that_cannot_be_meant(folder, capfd, more):
    """They are told from the command line, without a traceback."""
    assert run(line(folder, *more)) == 2

    err = capfd.readouterr().err
    assert more[0] in err
    assert "Traceback" not in err


def test_a_ledger_of_something_else(tmp_path, capfd):
    """Streams that only look like cases are an error that says what to do."""
    with SQLiteLedger(tmp_path / "cases.db") as log:
        log.append([Event("case/1", "received", LATE, label="somewhere")])

    assert run(line(tmp_path)) == 1

    assert "ledger check" in capfd.readouterr().err
