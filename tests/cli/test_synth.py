"""Making up a nation from the command line: options, parts, processes, and being stopped."""

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from vnvaxmatch.cli.app import run


def start(*arguments, **options):
    """Start a run in a session of its own, so that signals reach all of it and nothing else."""
    return subprocess.Popen(
        [sys.executable, "-m", "vnvaxmatch", "synth", *arguments],
        start_new_session=True, text=True, **options,
    )  # fmt: skip


@pytest.fixture
def long_run(tmp_path):
    """A run in parts by two processes, caught in the middle of its people."""
    with start(
        "--people", "4000000", "--doses", "10", "--out", str(tmp_path / "out"), "--threads", "2",
        "--rows-per-file", "70000", "--format", "parquet", "--lang", "en",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.*/new/population/part-00002.parquet")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        yield process
        if process.poll() is None:
            process.kill()


def test_files_as_ever(tmp_path, capfd):
    """Without any option, a small nation is in single files."""
    assert run(["synth", "--people", "40", "--doses", "9", "--out", str(tmp_path / "out")]) == 0

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "doses.csv", "doses.xlsx", "population.csv", "population.parquet", "truth.parquet",
    ]  # fmt: skip
    said = capfd.readouterr()
    assert (said.out, said.err) == (
        f"40 người và 9 mũi tiêm giả định ở: {tmp_path / 'out'}\n", "",
    )  # fmt: skip


def test_parts_of_one_kind(tmp_path):
    """Rows a file and the kind of file are what was asked for."""
    arguments = ["--people", "40", "--doses", "9", "--rows-per-file", "15", "--format", "parquet"]

    assert run(["synth", *arguments, "--out", str(tmp_path / "out"), "--threads", "2"]) == 0

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == (
        ["doses", "population", "truth"]
    )
    parts = sorted((tmp_path / "out" / "population").iterdir())
    assert [pq.read_metadata(part).num_rows for part in parts] == [15, 15, 10]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--people", "0", "--doses", "1"], 2),
        (["--people", "1", "--doses", "1", "--threads", "0"], 2),
        (["--people", "1", "--doses", "1", "--rows-per-file", "0"], 2),
        (["--people", "1", "--doses", "1", "--format", "xlsx"], 2),
        (["--people", "120000001", "--doses", "1"], 1),
        (["--people", "1", "--doses", "1000000001"], 1),
        (["--people", "20001", "--doses", "1", "--rows-per-file", "2"], 1),
    ],
)
def test_what_cannot_be_made_is_said_in_one_line(tmp_path, capfd, arguments, code):
    """Impossible sizes are refused before anything is written."""
    assert run(["synth", *arguments, "--out", str(tmp_path / "out")]) == code

    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert code == 2 or said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(long_run, tmp_path, signal_):
    """Ctrl-C reaches every process at once: one line is said, and nothing stays."""
    os.killpg(long_run.pid, signal_)
    _, said = long_run.communicate(timeout=30)

    assert long_run.returncode == 130
    assert said.strip() == (
        "vnvaxmatch: interrupted; nothing half-written is left, earlier results are as they were"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="folders are locked as Linux does it")
def test_what_a_killed_run_left_goes_with_the_next(long_run, tmp_path):
    """Kill -9 leaves a hidden folder and no result; the next run to that place removes it."""
    long_run.kill()
    long_run.wait()
    assert [path.name[:5] for path in tmp_path.iterdir()] == [".out."]

    # processes end when they next want to tell something: with their block, at the latest
    deadline = time.monotonic() + 30
    while os.path.exists(tmp_path / "out") is False and time.monotonic() < deadline:
        assert run(["synth", "--people", "4", "--doses", "1", "--out", str(tmp_path / "out")]) == 0

    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes as Linux shows them")
def test_a_killed_process_ends_the_run_with_a_line(long_run, tmp_path):
    """Neither a hang nor half a nation: what happened, and what to do."""
    with open(f"/proc/{long_run.pid}/task/{long_run.pid}/children") as file:
        worker = int(file.read().split()[0])
    os.kill(worker, signal.SIGKILL)
    _, said = long_run.communicate(timeout=30)

    assert (long_run.returncode, said) == (
        1, "vnvaxmatch: a process was killed (out of memory?); run again with --threads 1\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="sets a limit as Unix does")
@pytest.mark.parametrize("parts", [[], ["--rows-per-file", "70000"]])
def test_a_full_disk_is_told_in_one_line(tmp_path, parts):
    """What fails in another process is said as if it had failed here, and nothing stays."""
    import resource

    with start(
        "--people", "140000", "--doses", "10", "--out", str(tmp_path / "out"), "--threads", "2",
        *parts, stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    ) as process:  # fmt: skip
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.startswith(f"vnvaxmatch: cannot write {tmp_path / 'out'}: ")
    assert said.endswith("File too large\n")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of the Unix kind")
def test_a_terminal_shows_how_long_it_will_take(tmp_path):
    """There is a bar with the rate and the time left, with several processes too."""
    master, slave = pty.openpty()
    with start(
        "--people", "300000", "--doses", "10", "--out", str(tmp_path / "out"), "--threads", "2",
        "--rows-per-file", "100000", "--format", "parquet", "--lang", "en",
        stdout=subprocess.DEVNULL, stderr=slave, env={**os.environ, "TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(slave)
        shown = b""
        while True:
            try:
                some = os.read(master, 65_536)
            except OSError:
                break
            if not some:
                break
            shown += some
    os.close(master)

    assert process.returncode == 0
    assert re.search(rb"people.*300000.*/s.*left", shown, re.DOTALL)
