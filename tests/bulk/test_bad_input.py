"""Hostile input and hard times, through the real command: one clear line, and nothing broken.

What is refused at once is asked of the command line in this process; everything that may stop,
fill or damage something runs as a person runs it, in a process of its own.
"""

import csv
import ctypes
import os
import re
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from vnvaxmatch.bulk import build_registry
from vnvaxmatch.cli.app import run as cli_run

HEADINGS = ["record_id", "full_name", "date_of_birth", "sex", "id_number", "commune"]
PERSON = ["r1", "Nguyễn Văn An", "10/11/1985", "Nam", "001085000123", "00001"]
WRONG = ["r2", "Trần Thị Bé", "1985", "Nữ", "", "00001"]
VALUES = [*PERSON[1:3], PERSON[4], *WRONG[1:2]]


def save(path, *rows, headings=HEADINGS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    people = save(
        folder / "people.csv",
        ["p1", *PERSON[1:5], "00004"],
        headings=["entry_key", *HEADINGS[1:]],
    )
    build_registry(people, out=folder / "people.sqlite")
    build_registry(people, out=folder / "people.duckdb")
    return folder / "people.duckdb"


def command(*arguments):
    return [sys.executable, "-m", "vnvaxmatch", *map(str, arguments)]


def run(*arguments, **options):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=60, **options
    )


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """Run the command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = cli_run([*map(str, arguments)])
        return subprocess.CompletedProcess(arguments, code, *capfd.readouterr())

    return call


def told(done, code=1):
    """Check that a failed command said one clear line, without a person's data, and give it."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    text = done.stderr.removeprefix("\n") if code == 130 else done.stderr  # below the ^C
    line, end = text[:-1], text[-1:]
    assert line.startswith("vnvaxmatch: ")
    assert (line.count("\n"), end) == (0, "\n")
    assert len(line) < 600
    assert not any(value in done.stderr for value in VALUES)
    assert done.stdout == ""
    return line


def hidden(folder):
    return sorted(path.name for path in Path(folder).iterdir() if path.name.startswith("."))


def contents(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()
    }


# --- the list ---------------------------------------------------------------------------------


def zipped(path, **parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def bomb(path):
    zipped(
        path, **{"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": b"a" * (80 << 20)}
    )


def text_file(content):
    return lambda path: path.write_bytes(content)


LISTS = {
    "empty": (text_file(b""), "is empty"),
    "header only": (lambda path: save(path), "headings but no rows"),
    "header and blank lines": (
        text_file(b"full_name,date_of_birth,sex,id_number\n\n\n"),
        "no rows",
    ),
    "missing column": (
        lambda path: save(path, PERSON[:4], headings=HEADINGS[:4]),
        "no column for id_number",
    ),
    "no headings": (lambda path: save(path, PERSON, headings=PERSON), "row of headings"),
    "binary": (text_file(bytes(range(256)) * 50), "not a text file"),
    "web page": (text_file(b"<html><table><tr><td>x</td></tr></table></html>"), "web page"),
    "zip": (lambda path: zipped(path, **{"list.csv": "a,b"}), "not a spreadsheet"),
    "zip bomb": (bomb, "zip bomb"),
    "locked workbook": (text_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000)), "password"),
    "half a parquet": (text_file(b"PAR1" + bytes(100)), "damaged"),
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "nothing": (lambda path: None, "cannot open"),
    "pipe": (os.mkfifo, "pipe or a device"),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_bad_list(here, tmp_path, kind):
    """Each kind of bad list is told in one line that names it; nothing is made."""
    make, words = LISTS[kind]
    make(tmp_path / "list.csv")

    line = told(here("check", "list.csv", "--out", "out", "--workers", "1"))

    assert "list.csv" in line
    assert words in line
    assert {path.name for path in tmp_path.iterdir()} <= {"list.csv"}


def test_the_wrong_delimiter(tmp_path):
    """A delimiter that the list does not have."""
    save(tmp_path / "list.csv", PERSON)

    line = told(run("check", "list.csv", "--out", "out", "--delimiter", ";", cwd=tmp_path))

    assert "is the delimiter right" in line


def without_privileges():
    """Give up, before the command starts, the right of a root to read and write everything."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_list_that_may_not_be_read(tmp_path):
    """Permissions are named as the reason."""
    save(tmp_path / "list.csv", PERSON).chmod(0)

    done = run("check", "list.csv", "--out", "out", cwd=tmp_path, preexec_fn=without_privileges)

    assert "cannot open list.csv: Permission denied" in told(done)


def test_a_registry_that_may_not_be_read(tmp_path, registry):
    """The same for a registry."""
    save(tmp_path / "list.csv", PERSON)
    shutil.copy(registry, tmp_path / "people.duckdb")
    (tmp_path / "people.duckdb").chmod(0)
    arguments = ["list.csv", "--registry", "people.duckdb", "--out", "out"]

    done = run("verify", *arguments, cwd=tmp_path, preexec_fn=without_privileges)

    assert "people.duckdb: Permission denied" in told(done)


def test_ten_megabytes_in_a_cell(tmp_path, registry):
    """One huge cell is one row that says why; the rows beside it are verified."""
    huge = ["r3", "x" * 10_000_000, *PERSON[2:]]
    save(tmp_path / "list.csv", PERSON, huge, WRONG)

    done = run("verify", "list.csv", "--registry", registry, "--out", "out", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    results = pq.read_table(tmp_path / "out" / "results.parquet").to_pylist()
    assert [row["row"] for row in results] == [1, 2, 3]
    assert results[0]["outcome"] == "matched"
    assert "too_long" in results[1]["reasons"]


STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


def test_no_result_can_run_in_a_spreadsheet(tmp_path):
    """A formula in any cell is text in the worklist and begins with an apostrophe in the CSV."""
    formulas = [f"{start}cmd|' /C calc'!A0" for start in STARTS]
    save(tmp_path / "list.csv", *([formula] * 6 for formula in formulas))

    done = run("check", "list.csv", "--out", "out", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["record_id"] for row in table] == [f"'{formula}" for formula in formulas]
    assert not any(cell.startswith(tuple(STARTS)) for row in table for cell in row.values())
    exact = pq.read_table(tmp_path / "out" / "results.parquet").column("record_id")
    assert exact.to_pylist() == formulas
    sheets = [
        openpyxl.load_workbook(path).active for path in (tmp_path / "out/worklists").glob("*.xlsx")
    ]
    shown = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in shown} <= {"s", "n", "inlineStr"}
    assert all(cell.column == 1 for cell in shown if cell.data_type == "n")


# --- the registry -----------------------------------------------------------------------------


def of_another(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE entries (a INT)")


def of_sqlite(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE entries (a INT)")
    connection.close()


def cut(source, keep):
    def make(path):
        data = source.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return make


@pytest.mark.parametrize(
    "kind",
    [
        "text", "empty", "folder", "nothing", "other duckdb", "other sqlite", "duckdb cut",
        "duckdb cut early", "sqlite cut", "sqlite cut early",
    ],
)  # fmt: skip
def test_a_bad_registry(here, tmp_path, registry, kind):
    """What is no registry, or half of one, is told in one line that names it."""
    sqlite = registry.with_suffix(".sqlite")
    make = {
        "text": text_file(b"hello"),
        "empty": text_file(b""),
        "folder": lambda path: path.mkdir(),
        "nothing": lambda path: None,
        "other duckdb": of_another,
        "other sqlite": of_sqlite,
        "duckdb cut": cut(registry, 0.9),
        "duckdb cut early": cut(registry, 0.01),
        "sqlite cut": cut(sqlite, 0.9),
        "sqlite cut early": cut(sqlite, 0.01),
    }[kind]
    make(tmp_path / "people.db")
    save(tmp_path / "list.csv", PERSON)

    arguments = ["list.csv", "--registry", "people.db", "--out", "out", "--workers", "1"]

    done = here("verify", *arguments)

    assert "people.db" in told(done)
    assert not (tmp_path / "out").exists()


def test_a_registry_damaged_in_the_middle(tmp_path, registry):
    """Bytes overwritten inside give an error, never other verdicts."""
    data = bytearray(registry.read_bytes())
    step = len(data) // 50
    for at in range(len(data) // 20, len(data) - 100, step):
        data[at : at + 64] = struct.pack("64x")
    (tmp_path / "people.duckdb").write_bytes(data)
    save(tmp_path / "list.csv", PERSON)

    done = run("verify", "list.csv", "--registry", "people.duckdb", "--out", "out", cwd=tmp_path)

    if done.returncode:
        told(done)
        assert not (tmp_path / "out").exists()
    else:
        (row,) = pq.read_table(tmp_path / "out" / "results.parquet").to_pylist()
        assert row["outcome"] == "matched"


# --- where results go -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "below a file", "foreign", "input inside"])
def test_a_bad_place_for_results(tmp_path, kind):
    """Nothing that is not an earlier result is ever replaced."""
    save(tmp_path / "list.csv", PERSON)
    doses, out = "list.csv", "out"
    match kind:
        case "file":
            (tmp_path / "out").write_text("x")
        case "below a file":
            (tmp_path / "file").write_text("x")
            out = "file/out"
        case "foreign":
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "thesis.txt").write_text("x")
        case _:
            assert run("check", "list.csv", "--out", "out", cwd=tmp_path).returncode == 0
            (tmp_path / "list.csv").rename(tmp_path / "out" / "list.csv")
            doses = "out/list.csv"
    before = contents(tmp_path)

    line = told(run("check", doses, "--out", out, cwd=tmp_path))

    assert "out" in line
    assert contents(tmp_path) == before
    assert hidden(tmp_path) == []


def test_a_folder_that_may_not_be_written(tmp_path):
    """A parent that cannot be written to is named."""
    save(tmp_path / "list.csv", PERSON)
    (tmp_path / "closed").mkdir(mode=0o555)

    done = run(
        "check", "list.csv", "--out", "closed/out", cwd=tmp_path, preexec_fn=without_privileges
    )

    assert re.search(r"cannot write beside \S+/closed/out: Permission denied", told(done))


@pytest.mark.parametrize("place", ["none/reg.duckdb", "list.csv", "reg.txt", ".", "/proc/x.sqlite"])
def test_a_bad_place_for_a_registry(tmp_path, place):
    """A registry is written to a file of its own, in a folder that is there."""
    save(tmp_path / "list.csv", ["p1", *PERSON[1:]], headings=["entry_key", *HEADINGS[1:]])
    before = contents(tmp_path)

    told(run("registry", "build", "list.csv", "--out", place, cwd=tmp_path))

    assert contents(tmp_path) == before
    assert hidden(tmp_path) == []


# --- hard times -------------------------------------------------------------------------------

MANY = 100_000


@pytest.fixture(scope="module")
def long_list(tmp_path_factory):
    """A list long enough to be stopped in its middle, every row of it to be fixed."""
    path = tmp_path_factory.mktemp("long") / "list.csv"
    lines = [",".join(HEADINGS)]
    lines += [f"r{n},Trần Thị Bé,{n % 28 + 1}/1/1985,Nữ,,{n % 90:05}" for n in range(MANY)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """Results of an earlier run, to be copied to where they are not to be destroyed."""
    folder = tmp_path_factory.mktemp("earlier")
    save(folder / "short.csv", PERSON, WRONG)
    assert run("check", "short.csv", "--out", "out", cwd=folder).returncode == 0
    return folder / "out"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte, real where we may mount one, else a limit on the size of files."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if (
        os.geteuid() == 0
        and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    ):
        yield disk, {}
        subprocess.run(["umount", str(disk)], check=True)
    else:
        limit = (200_000, 200_000)
        yield disk, {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)}


@pytest.mark.parametrize("worklists", [[], ["--no-worklists"]])
def test_a_full_disk(small_disk, long_list, earlier, worklists):
    """Out of room, the results are given up, an earlier result and its disk are as before."""
    disk, limits = small_disk
    shutil.copytree(earlier, disk / "out")
    before = contents(disk)

    line = told(run("check", long_list, "--out", disk / "out", *worklists, **limits))

    assert "disk" in line
    assert contents(disk) == before
    assert hidden(disk) == []


@pytest.mark.parametrize("suffix", ["duckdb", "sqlite"])
def test_a_full_disk_while_a_registry_is_built(small_disk, long_list, tmp_path, suffix):
    """Out of room, the earlier registry stays."""
    disk, limits = small_disk
    people = save(tmp_path / "p.csv", ["p1", *PERSON[1:]], headings=["entry_key", *HEADINGS[1:]])
    out = disk / f"people.{suffix}"
    if suffix == "sqlite":  # a DuckDB file takes more than the disk has, even for one person
        assert run("registry", "build", people, "--out", out).returncode == 0
    before = contents(disk)

    line = told(
        run(
            "registry",
            "build",
            long_list,
            "--columns",
            "entry_key=record_id",
            "--out",
            out,
            **limits,
        )
    )

    assert "disk" in line
    assert contents(disk) == before
    assert hidden(disk) == []


def wait_for(process, seen):
    for _ in range(2_000):
        if seen():
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.005)
    raise AssertionError("never seen")


def start(*arguments, cwd):
    return subprocess.Popen(
        command(*arguments), cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


STAGES = {
    "at the start": ".out.part-*",
    "while verifying": ".out.part-*/results.csv",
    "while writing worklists": ".out.part-*/worklists/*.xlsx",
}


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("at the start", signal.SIGINT),
        ("while verifying", signal.SIGTERM),
        ("while verifying", signal.SIGINT),
        ("while writing worklists", signal.SIGINT),
    ],
)
def test_an_interrupted_run(tmp_path, long_list, earlier, stage, number):
    """Ctrl-C or a polite kill at any stage: exit code 130, nothing left, earlier results stay."""
    shutil.copytree(earlier, tmp_path / "out")
    before = contents(tmp_path)

    process = start("check", long_list, "--out", "out", cwd=tmp_path)
    wait_for(process, lambda: any(tmp_path.glob(STAGES[stage])))
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    line = told(subprocess.CompletedProcess([], process.returncode, out, err), code=130)
    assert "interrupted" in line
    assert contents(tmp_path) == before
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("suffix", ["duckdb", "sqlite"])
def test_an_interrupted_build(tmp_path, long_list, suffix):
    """Ctrl-C while a registry is built: nothing of it stays."""
    arguments = ["--columns", "entry_key=record_id", "--out", f"people.{suffix}"]
    process = start("registry", "build", long_list, *arguments, cwd=tmp_path)
    wait_for(process, lambda: any(tmp_path.glob(".people.*.building/people.*")))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    told(subprocess.CompletedProcess([], process.returncode, out, err), code=130)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_is_cleared_by_the_next(tmp_path, long_list):
    """Kill -9 leaves a hidden folder, which the next run to the same place removes."""
    process = start("check", long_list, "--out", "out", cwd=tmp_path)
    wait_for(process, lambda: any(tmp_path.glob(STAGES["while verifying"])))
    process.kill()
    process.communicate(timeout=30)
    assert len(hidden(tmp_path)) == 1
    assert not (tmp_path / "out").exists()

    save(tmp_path / "list.csv", PERSON)
    done = run("check", "list.csv", "--out", "out", cwd=tmp_path)

    assert done.returncode == 0
    assert hidden(tmp_path) == []


def test_a_killed_build_is_cleared_by_the_next(tmp_path, long_list):
    """The same for a registry."""
    arguments = ["--columns", "entry_key=record_id", "--out", "people.sqlite"]
    process = start("registry", "build", long_list, *arguments, cwd=tmp_path)
    wait_for(process, lambda: any(tmp_path.glob(".people.*.building/people.*")))
    process.kill()
    process.communicate(timeout=30)
    assert not (tmp_path / "people.sqlite").exists()

    people = save(tmp_path / "p.csv", ["p1", *PERSON[1:]], headings=["entry_key", *HEADINGS[1:]])
    done = run("registry", "build", people, *arguments[2:], cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert hidden(tmp_path) == []
