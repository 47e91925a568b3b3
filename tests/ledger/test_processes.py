"""Many processes at once, and processes killed at any moment: what was acknowledged is there."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vnvaxmatch.ledger import Event, KeyRing, Seal, open_ledger

AT = datetime(2026, 5, 4, tzinfo=UTC)
RING = KeyRing({"a": b"\1" * 32}, current="a")
KILLS = 50 if os.environ.get("VNVAXMATCH_PROFILE") == "deep" else 5
WRITERS = 8

WRITER = """
import sys
from datetime import UTC, datetime
from vnvaxmatch.errors import ConflictError
from vnvaxmatch.ledger import Event, KeyRing, open_ledger

where, writer, turns, task = sys.argv[1:]
at = datetime(2026, 5, 4, tzinfo=UTC)
ring = KeyRing({"a": b"\\1" * 32}, current="a")
with open_ledger(where, keys=ring) as ledger:
    print("ready", flush=True)
    for turn in range(int(turns)):
        if task == "append":
            count = 1 + turn % 7
            events = [
                Event(f"{writer}/{place}", "received", at, {"turn": turn, "of": count},
                      {"name": f"Thu {turn}"}, label="new")
                for place in range(count)
            ]
            print(writer, turn, count, ledger.append(events)[0], flush=True)
            continue
        while True:  # one shared counter, raised by whoever gets there first
            number = len(ledger.read("shared"))
            try:
                ledger.append([Event("shared", "raised", at, {"to": number + 1})],
                              expected={"shared": number})
            except ConflictError:
                continue
            break
"""


@contextmanager
def writing(
    where: str, *, writer: str, turns: int, task: str = "append"
) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes, and tells what was acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, where, writer, str(turns), task],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        with process:
            yield process
            process.wait(120)
    finally:
        process.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a ledger: a file, and a database."""
    if request.param == "sqlite":
        return str(tmp_path / "a.ledger")
    fresh_address: Callable[[], str] = request.getfixturevalue("fresh_address")
    return fresh_address()


def test_nothing_acknowledged_is_lost_when_writers_are_killed(where: str) -> None:
    """Killed in the middle of thousands of appends, again and again: all or nothing of each."""
    open_ledger(where).close()
    acknowledged: list[list[str]] = []
    for kill in range(KILLS):
        with writing(where, writer=f"w{kill}", turns=1_000_000) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.013 * (kill % 17))
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().splitlines(keepends=True)
        acknowledged += [line.split() for line in lines if line.endswith("\n")]
    assert len(acknowledged) > KILLS
    with open_ledger(where, keys=RING, create=False) as ledger:
        assert ledger.check().sound
        events = list(ledger.scan())
        kept = Counter((r.event.stream.split("/")[0], r.event.data["turn"]) for r in events)
        wanted = {
            (r.event.stream.split("/")[0], r.event.data["turn"]): r.event.data["of"] for r in events
        }
        assert kept == wanted
        assert all(r.seal is Seal.OPEN for r in events)
        for writer, turn, count, first in acknowledged:
            assert kept[writer, int(turn)] == int(count)
            assert events[int(first)].event.stream == f"{writer}/0"
        assert ledger.append([Event("case/1", "received", AT)]) == (len(events),)


def test_nothing_is_lost_among_processes(where: str) -> None:
    """Eight processes that open a new ledger at once and append: all is there, each in order."""
    turns = 12
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, where, f"w{writer}", str(turns), "append"])
        for writer in range(WRITERS)
    ]
    assert [process.wait(120) for process in processes] == [0] * WRITERS
    with open_ledger(where, keys=RING, create=False) as ledger:
        assert ledger.check().sound
        assert ledger.size == WRITERS * sum(1 + turn % 7 for turn in range(turns))
        for writer in range(WRITERS):
            found = [r.event.data["turn"] for r in ledger.read(f"w{writer}/0")]
            assert found == list(range(turns))


def test_conflicts_among_processes_lose_nothing(where: str) -> None:
    """A counter that four processes raise, each trying again after a conflict, counts right."""
    open_ledger(where).close()
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, where, f"w{writer}", "10", "raise"])
        for writer in range(4)
    ]
    assert [process.wait(120) for process in processes] == [0] * 4
    with open_ledger(where, create=False) as ledger:
        found = [r.event.data["to"] for r in ledger.read("shared")]
    assert found == list(range(1, 41))


def connection_of(ledger: Any) -> object:
    """What it talks to its store by: must not cross a fork, whether or not that shows at once."""
    store = ledger._store
    return store._connection if hasattr(store, "_connection") else store._session._connection


def test_a_ledger_may_be_used_on_both_sides_of_a_fork(where: str) -> None:
    """A child that goes on with its parent's ledger disturbs neither the log nor the parent."""
    with open_ledger(where, keys=RING) as ledger:
        ledger.append([Event("parent", "received", AT)])
        before = connection_of(ledger)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                ledger.append([Event("child", "received", AT) for _ in range(20)])
                code = int(connection_of(ledger) is before)
            finally:
                os._exit(code)
        for _ in range(20):
            ledger.append([Event("parent", "received", AT)])
        assert os.waitpid(child, 0)[1] == 0
        ledger.append([Event("parent", "received", AT)])
        assert len(ledger.read("parent")) == 22
        assert len(ledger.read("child")) == 20
        assert ledger.check().sound
