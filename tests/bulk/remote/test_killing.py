"""A run that is killed goes on where it was, and ends as one that nobody disturbed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from vnvaxmatch.bulk.remote import folder_of

from .lists import DAY, results, verified

IN_FLIGHT = 4
KILLS = 10


def command(doses, url, out, *more):
    return [
        sys.executable, "-m", "vnvaxmatch", "verify", str(doses), "--registry", url,
        "--codec", "osia", "--codec-option", "operation=match", "--out", str(out),
        "--in-flight", str(IN_FLIGHT), "--reference-date", DAY.isoformat(),
        "--resume", "--no-worklists", *more,
    ]  # fmt: skip


def started(*arguments):
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def wait_for(server, asked, process):
    """Wait until the server was asked so often, or the process has ended by itself."""
    deadline = time.monotonic() + 60
    while server.asked.total() < asked and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_killed_ten_times_it_ends_as_if_undisturbed(made_up, osia, tmp_path):
    """The results are the same, and nobody is asked twice but who was being asked just then."""
    verified(made_up / "doses.csv", osia.url, tmp_path / "undisturbed")
    people = len(osia.asked)
    osia.asked.clear()
    osia.names.clear()
    osia.delay = 0.01
    kills = 0

    for n in range(KILLS):
        process = started(made_up / "doses.csv", osia.url, tmp_path / "out")
        wait_for(osia, (n + 1) * people // (KILLS + 2), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        assert not (tmp_path / "out").exists()
    osia.delay = 0.0
    done = started(made_up / "doses.csv", osia.url, tmp_path / "out")
    _, err = done.communicate(timeout=60)

    assert (done.returncode, err) == (0, "")
    assert kills == KILLS
    assert results(tmp_path / "out") == results(tmp_path / "undisturbed")
    assert len(osia.asked) == people
    assert osia.asked.total() - people <= KILLS * IN_FLIGHT
    for what in osia.asked:
        assert len(set(osia.names[what])) == 1, "a question that is repeated keeps its name"
    left = [p.name for p in tmp_path.iterdir()]
    assert sorted(left) == ["out", "undisturbed"]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_how_to_go_on(made_up, osia, tmp_path, sign):
    """Exit code 130, two lines, and a journal that the next run goes on with."""
    osia.delay = 0.02
    process = started(made_up / "doses.csv", osia.url, tmp_path / "out", "--lang", "en")
    wait_for(osia, 40, process)
    process.send_signal(sign)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "run the same command again with --resume" in err
    assert "Traceback" not in err
    assert folder_of(tmp_path / "out").exists()
    osia.delay = 0.0
    before = osia.asked.copy()

    verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    assert (osia.asked - before).total() < len(osia.asked)
    assert sum(count > 1 for count in osia.asked.values()) <= IN_FLIGHT


def test_two_processes_do_not_share_a_journal(made_up, osia, tmp_path):
    """The second is told so at once, and the first goes on."""
    osia.delay = 0.3
    with started(made_up / "doses.csv", osia.url, tmp_path / "out") as first:
        wait_for(osia, 10, first)

        second = started(made_up / "doses.csv", osia.url, tmp_path / "out")
        _, err = second.communicate(timeout=60)
        osia.delay = 0.0
        first.communicate(timeout=60)

    assert second.returncode == 1
    assert "another process" in err
    assert err.count("\n") == 1
    assert first.returncode == 0
    assert set(osia.asked.values()) == {1}


def test_a_full_disk_keeps_what_was_answered(made_up, osia, tmp_path):
    """One line, and a resumed run has all answers that were written."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from vnvaxmatch.cli import main; main()"
    )
    arguments = command(made_up / "doses.csv", osia.url, tmp_path / "out", "--lang", "en")[3:]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, check=False, timeout=60,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.count("\n") == 2  # nothing to resume; what is in the way
    assert "--resume" in done.stderr.splitlines()[-1]
    before = osia.asked.copy()

    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    assert run.manifest["asked"]["undetermined"] == 0
    assert 50 < len(before) < len(osia.asked)
    assert sum(count > 1 for count in osia.asked.values()) <= 16
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["rows"] == 300
