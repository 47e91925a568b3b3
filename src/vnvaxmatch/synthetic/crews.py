"""Several processes that make things up side by side.

Every worker is a fresh interpreter that is told its work over a line of its own: nothing is forked
from a process with threads, and whoever calls needs no guard around its main module. A worker ends
when its line does, so a killed run leaves none behind.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

from vnvaxmatch.errors import VnvaxmatchError

__all__ = ["Crew", "can_have_crew", "work"]

T = TypeVar("T")
Task: TypeAlias = Callable[[], Iterator[T]]

_KILLED = "a process was killed (out of memory?); run again with --threads 1"
_AHEAD = 4
"""Tasks that may be begun for each worker while the first of them is not done."""


def can_have_crew() -> bool:
    """Tell whether processes can be had: lines are handed down only where there are descriptors."""
    return os.name == "posix" and bool(sys.executable)


class Crew(Generic[T]):
    """Worker processes; a context manager. A task is a function that travels and yields values."""

    def __init__(self, count: int) -> None:
        self._workers: dict[Connection, subprocess.Popen[bytes]] = {}
        self._span = count * _AHEAD
        try:
            for _ in range(count):
                self._hire()
        except OSError as error:
            self._dismiss()
            raise VnvaxmatchError(
                f"no process can be started: {error.strerror or error}; run with --threads 1"
            ) from error

    def _hire(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            # a worker is left alone by Ctrl-C, from its first moment on: a mask is handed down
            stops = {signal.SIGINT}
            before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
            try:
                self._workers[ours] = subprocess.Popen(
                    [sys.executable, "-P", "-c", _LIFE, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(_path())},
                )
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                if ours not in self._workers:
                    ours.close()

    def values(self, tasks: Iterable[Task[T]]) -> Iterator[tuple[int, T]]:
        """Do tasks; give what they yield as it comes, each with the number of its task."""
        waiting = enumerate(tasks)
        following = next(waiting, None)
        idle, busy = list(self._workers), dict[Connection, int]()
        while busy or following is not None:
            while idle and following is not None:
                if busy and following[0] - min(busy.values()) >= self._span:
                    break
                line = idle.pop(0)
                _tell(line, following[1])
                busy[line] = following[0]
                following = next(waiting, None)
            ready = wait(list(busy))
            for line in [line for line in busy if line in ready]:
                kind, value = _hear(line)
                match kind:
                    case "value":
                        yield busy[line], value
                    case "failed":
                        raise value
                    case _:
                        del busy[line]
                        idle.append(line)

    def in_order(self, tasks: Iterable[Task[T]]) -> Iterator[T]:
        """Do tasks that yield one value each; give the values in the order of the tasks."""
        early: dict[int, T] = {}
        wanted = 0
        for number, value in self.values(tasks):
            early[number] = value
            while wanted in early:
                yield early.pop(wanted)
                wanted += 1

    def __enter__(self) -> Crew[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._dismiss()

    def _dismiss(self) -> None:
        for line, worker in self._workers.items():
            worker.kill()  # it holds nothing that outlives it
            worker.wait()
            line.close()
        self._workers.clear()


_LIFE = "import sys; from vnvaxmatch.synthetic.crews import work; work(int(sys.argv[1]))"


def _path() -> list[str]:
    """Where modules are found here, for those who begin anew."""
    return [place or os.getcwd() for place in sys.path]


def _tell(line: Connection, task: Any) -> None:
    try:
        line.send(task)
    except OSError as error:
        raise VnvaxmatchError(_KILLED) from error


def _hear(line: Connection) -> tuple[str, Any]:
    try:
        kind, value = line.recv()
    except (EOFError, OSError) as error:
        raise VnvaxmatchError(_KILLED) from error
    return kind, value


def work(handle: int) -> None:
    """Do tasks until the line is closed: the life of a worker."""
    with Connection(handle) as line, contextlib.suppress(EOFError, ConnectionError):
        while True:
            task = line.recv()
            try:
                for value in task():
                    line.send(("value", value))
            except ConnectionError:
                return  # nobody waits for it any more
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                line.send(("failed", _sendable(error)))
            else:
                line.send(("done", None))


def _sendable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever an exception holds that does not travel
        return VnvaxmatchError(f"a process failed: {type(error).__name__}")
    return error
