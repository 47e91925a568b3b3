"""Running commands: exit codes, languages, terminals, streams, and what is not installed."""

import csv
import errno
import json
import os
import pty
import signal
import subprocess
import sys
import threading

import duckdb
import pytest

from vnvaxmatch.cli.app import app, run

HEADINGS = ["record_id", "full_name", "date_of_birth", "sex", "id_number", "commune"]
ROWS = [
    ["r1", "Nguyễn Văn An", "10/11/1985", "Nam", "001085000123", "00001"],
    ["r2", "Trần Thị Bé", "31/02/1990", "Nữ", "079190000456", ""],
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a list of doses and a population."""
    for name, headings in (("doses", HEADINGS), ("people", ["entry_key", *HEADINGS[1:]])):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *ROWS])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "vnvaxmatch", *arguments],
        capture_output=True, check=False, timeout=60, **options,
    )  # fmt: skip


@pytest.mark.parametrize("suffix", ["duckdb", "sqlite"])
@pytest.mark.parametrize("disclosure", ["verdict", "findings", "values"])
def test_the_whole_job(folder, capfd, suffix, disclosure):
    """Build, verify, read the results: all in one go, with nothing on standard error."""
    assert run(["registry", "build", "people.csv", "--out", f"r.{suffix}"]) == 0
    arguments = ["doses.csv", "--registry", f"r.{suffix}", "--out", "out", "--workers", "1"]
    assert run(["verify", *arguments, "--disclosure", disclosure]) == 0

    assert capfd.readouterr().err == ""
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["rows"], summary["official"]["true"]) == (2, 1)
    with (folder / "out" / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        results = list(csv.DictReader(file))
    assert [row["record_id"] for row in results] == ["r1", "r2"]
    assert bool(results[0]["entry_key"]) is (disclosure == "values")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_amid_a_query(monkeypatch, capsys, number):
    """DuckDB drops the exception of a signal and raises one of its own: it is an interruption."""
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]

    def work(*_, **__):
        later = threading.Timer(0.1, os.kill, (os.getpid(), number))
        later.start()
        with duckdb.connect() as db:
            db.execute("SELECT sum(sin(i)) FROM range(60_000_000) r(i)")
        later.join()

    monkeypatch.setattr(app, "main", work)
    assert run([]) == 130
    assert capsys.readouterr().err.startswith("vnvaxmatch: interrupted")
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_list_full_of_errors_is_a_result(folder):
    """Wrong records are no failure of the command."""
    (folder / "doses.csv").write_text("full_name,date_of_birth,sex,id_number\n?,?,?,?\n")

    assert run(["check", "doses.csv", "--out", "out", "--workers", "1"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["verify"],
        ["verify", "doses.csv"],
        ["check", "doses.csv", "--out", "out", "--lang", "fr"],
        ["check", "doses.csv", "--out", "out", "--delimiter", "ab"],
        ["check", "doses.csv", "--out", "out", "--reference-date", "yesterday"],
        ["registry", "make"],
    ],
)
def test_a_command_that_is_not_understood(folder, capfd, arguments):
    """Exit code 2, with a hint where to read on, and nothing made."""
    assert run(arguments) == 2

    err = capfd.readouterr().err
    assert "--help" in err
    assert "Traceback" not in err
    assert not (folder / "out").exists()


@pytest.mark.parametrize("arguments", [["--columns", "x=y"], ["--columns", "full_name"],
                                       ["--encoding", "klingon"], ["--sheet", "x"]])  # fmt: skip
def test_options_that_do_not_fit_the_list(folder, capfd, arguments):
    """An option is either followed or refused by name; one for another format is no matter."""
    code = run(["check", "doses.csv", "--out", "out", "--workers", "1", *arguments])

    err = capfd.readouterr().err
    assert (code, err) == (0, "") if arguments[0] == "--sheet" else (code, arguments[0] in err)


def test_an_unknown_matcher_or_a_registry_in_its_place(folder, capfd):
    """What is no matcher is refused by name."""
    assert run(["registry", "build", "people.csv", "--out", "r.sqlite"]) == 0
    for name, words in (("nobody", "no backend «nobody»"), ("sqlite", "is a registry")):
        capfd.readouterr()
        arguments = ["doses.csv", "--registry", "r.sqlite", "--out", "out", "--by", name]
        assert run(["verify", *arguments]) == 1
        assert words in capfd.readouterr().err


@pytest.mark.parametrize(("lang", "word"), [("vi", "dòng"), ("en", "rows")])
def test_the_language_of_the_summary(folder, capfd, lang, word):
    """The summary speaks the language that was asked for."""
    assert run(["check", "doses.csv", "--out", "out", "--lang", lang, "--workers", "1"]) == 0

    assert word in capfd.readouterr().out


def test_what_is_printed_holds_no_person(folder, capfd):
    """Counts and reasons, no name, number or record of anybody, on either stream."""
    assert run(["registry", "build", "people.csv", "--out", "r.duckdb"]) == 0
    assert run(["verify", "doses.csv", "--registry", "r.duckdb", "--out", "out"]) == 0

    text = "".join(capfd.readouterr())
    values = [row[at] for row in ROWS for at in (1, 2, 4)]
    assert not [value for value in values if value in text]
    for name in ("summary.json", "manifest.json"):
        content = (folder / "out" / name).read_text(encoding="utf-8")
        assert not [value for value in values if value in content]


def test_a_bug_tells_its_place_and_nothing_of_the_data(folder, capfd):
    """An error that nobody foresaw is one line without its text, which may hold a value."""

    class Broken(type(app)):
        def main(self, *_, **__):
            raise LookupError("Nguyễn Văn An")

    from vnvaxmatch.cli import app as module

    kept, module.app = module.app, Broken()
    try:
        assert run([]) == 1
    finally:
        module.app = kept

    err = capfd.readouterr().err
    assert err.startswith("vnvaxmatch: this is a bug: LookupError in test_running.py, line ")
    assert "Nguyễn" not in err


# --- terminals and streams --------------------------------------------------------------------


def on_a_terminal(*arguments):
    """Run with standard error on a terminal, and give what it showed."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "vnvaxmatch", *arguments],
        stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError as error:  # Linux says so when the other end is closed
            if error.errno != errno.EIO:
                raise
            break
        if not part:
            break
        shown += part
    os.close(ours)
    out, _ = child.communicate(timeout=60)
    return child.returncode, out.decode(), shown.decode()


def test_progress_only_on_a_terminal(folder):
    """A bar on a terminal, cleared at the end; nothing where the output goes to a file."""
    code, out, shown = on_a_terminal("check", "doses.csv", "--out", "out")
    assert code == 0
    assert "so sánh" in shown
    assert "Nguyễn" not in shown
    assert shown.rstrip().endswith(("\x1b[?25h", "\x1b[2K"))
    assert "2 dòng" in out

    done = process("check", "doses.csv", "--out", "out")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout


def test_signs_from_a_file_do_not_steer_the_terminal(folder, capfd):
    """What a hostile file shows in a message is shown without its control signs."""
    (folder / "doses.csv").write_text("Họ tên,\x1b[2J\x1b]0;x\x07,c\nAn,b,c\n", encoding="utf-8")

    assert run(["check", "doses.csv", "--out", "out", "--workers", "1"]) == 1

    err = capfd.readouterr().err
    assert "\x1b" not in err
    assert "?[2J" in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp1258"])
def test_a_console_without_our_letters(folder, encoding):
    """An old console shows question marks, and the command does its job."""
    env = os.environ | {"PYTHONIOENCODING": encoding}
    done = process("check", "doses.csv", "--out", "out", "--workers", "1", env=env)

    assert (done.returncode, done.stderr) == (0, b"")
    assert (folder / "out" / "manifest.json").exists()


def test_a_file_name_that_is_no_unicode(folder):
    """A name in an old encoding is a name: the list is read and the manifest written."""
    name = os.fsdecode(b"danh s\xe1ch.csv")
    (folder / "doses.csv").rename(folder / name)

    done = process("check", name, "--out", "out", "--workers", "1")

    assert (done.returncode, done.stderr) == (0, b"")
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["input"]["name"] == name


def test_nobody_reads_the_output(folder):
    """A reader that goes away is no traceback."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "vnvaxmatch", "check", "doses.csv", "--out", "out"],
        stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    os.close(theirs)

    assert done.stderr == b""
    assert (folder / "out" / "manifest.json").exists()


# --- what is not installed --------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["click", "duckdb", "numpy", "pyarrow", "xlsxwriter", "rich"])
def test_without_the_extra_the_way_to_install_it(folder, missing):
    """A part that is not installed is named with the command that installs it."""
    script = f"import sys; sys.modules[{missing!r}] = None; from vnvaxmatch.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "check", "doses.csv", "--out", "out"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    if missing == "rich":  # needed on a terminal only
        assert done.returncode == 0
        return
    assert done.returncode == 1
    assert "pip install 'vnvaxmatch[bulk]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_version():
    """``--version`` is the package's."""
    from vnvaxmatch import __version__

    assert process("--version").stdout.decode() == f"vnvaxmatch, version {__version__}\n"
