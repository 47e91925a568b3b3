"""Several processes at work: what they yield comes back, and what happens to them is told."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from vnvaxmatch.errors import InputError, VnvaxmatchError
from vnvaxmatch.synthetic.crews import Crew, can_have_crew

pytestmark = pytest.mark.skipif(not can_have_crew(), reason="no lines to be handed down here")


def count(upto, pause=0.0):
    """Yield numbers, slowly."""
    for number in range(upto):
        time.sleep(pause)
        yield number


def one(number, pause):
    """Yield one number, late."""
    time.sleep(pause)
    yield number


def fail(error):
    """Fail after the first value."""
    yield 0
    raise error


def die():
    """End as if the kernel had run out of memory."""
    yield 0
    os.kill(os.getpid(), signal.SIGKILL)


class StubbornError(Exception):
    """An error that cannot be sent anywhere."""

    def __init__(self, secret):
        super().__init__(secret)
        self.lock = open
        self.unsendable = lambda: secret


def test_values_come_with_the_number_of_their_task():
    """Each task yields its values in their order, whoever does it."""
    with Crew(2) as crew:
        said = list(crew.values(partial(count, size) for size in (3, 0, 2)))

    assert [value for number, value in said if number == 0] == [0, 1, 2]
    assert [value for number, value in said if number == 2] == [0, 1]
    assert {number for number, _ in said} == {0, 2}


def test_values_in_order_wait_for_the_slow():
    """The first task is done last, and its value still comes first."""
    tasks = [partial(one, number, 0.3 if number == 0 else 0) for number in range(8)]

    with Crew(2) as crew:
        assert list(crew.in_order(tasks)) == list(range(8))


def test_nobody_runs_far_ahead_of_a_slow_task():
    """What is done early waits in memory, so only so much of it is begun."""
    begun = []

    def tasks():
        for number in range(100):
            begun.append(number)
            yield partial(one, number, 0.5 if number == 0 else 0)

    with Crew(2) as crew:
        values = crew.values(tasks())
        while next(values)[0] != 0:
            pass
        assert len(begun) < 15
        values.close()


def test_a_crew_can_be_asked_again():
    """After one lot of tasks comes another."""
    with Crew(2) as crew:
        assert list(crew.in_order([partial(one, 1, 0)])) == [1]
        assert list(crew.in_order([partial(one, 2, 0), partial(one, 3, 0)])) == [2, 3]
        assert list(crew.in_order([])) == []


def test_an_error_of_a_task_comes_out():
    """It is the error that the task raised, and no other."""
    with Crew(2) as crew, pytest.raises(InputError, match="no such thing"):
        list(crew.values([partial(fail, InputError("no such thing"))]))


def test_an_error_that_does_not_travel_is_named_without_its_text():
    """What an error holds may be somebody's data."""
    with Crew(2) as crew, pytest.raises(VnvaxmatchError, match="failed: StubbornError") as raised:
        list(crew.values([partial(raise_stubborn)]))

    assert "secret" not in str(raised.value)


def raise_stubborn():
    """Fail in a way that cannot be told."""
    yield 0
    raise StubbornError("secret")


def test_a_killed_process_is_a_clear_error_and_no_hang():
    """It says what may have happened and what to do."""
    with Crew(2) as crew, pytest.raises(VnvaxmatchError, match=r"was killed.*--threads 1"):
        list(crew.values([die, partial(count, 3)]))


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_processes_end_with_a_killed_run():
    """Kill -9 of the run leaves none of them behind, whatever they were at."""
    script = (
        "import sys; from functools import partial; from tests.synthetic.test_crews import *\n"
        "with Crew(2) as crew:\n"
        "    print(*[w.pid for w in crew._workers.values()], flush=True)\n"
        "    list(crew.values([partial(count, 10_000, 0.01)]))  # the other one has nothing to do\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as run:
        pids = [int(pid) for pid in run.stdout.readline().split()]
        time.sleep(0.5)
        run.kill()

    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(pids) == 2


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_script_needs_no_guard(tmp_path):
    """Called at the top of a script, or from standard input, data are made once."""
    script = (
        "from pathlib import Path\n"
        "from vnvaxmatch.synthetic import synthesize\n"
        "print('here')\n"
        f"synthesize(people=70_000, doses=1, seed=1, out=Path({str(tmp_path / 'out')!r}), "
        "threads=2)\n"
    )

    done = subprocess.run(
        [sys.executable, "-"], input=script, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr, done.returncode) == ("here\n", "", 0)


def test_modules_beside_the_caller_are_not_taken_for_ours(tmp_path):
    """A process starts from where this one finds its modules, not from the folder it is in."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('taken')")
    script = (
        "from functools import partial; from vnvaxmatch.synthetic.crews import Crew\n"
        "with Crew(2) as crew: print(list(crew.in_order([partial(iter, [1]), partial(iter, [2])])))"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.stdout, done.stderr) == ("[1, 2]\n", "")
