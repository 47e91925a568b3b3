"""Judge batches in several processes, in order, where the system can fork.

Rules are Python and hold the interpreter, so more cores help only as more processes. A worker is
forked before anything is opened; batches and results go through memory that both share and that
vanishes with them: no file, no copy on disk, whatever kills the run.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import multiprocessing
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

import pyarrow as pa

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.judges import Judge
from vnvaxmatch.bulk.packing import pack, unpack
from vnvaxmatch.bulk.reading import ReadingRules, read_row
from vnvaxmatch.errors import VnvaxmatchError

__all__ = ["Workers", "can_fork"]

_ROOM = 512 << 20
"""Bytes of shared memory each way for each worker; only what is used is ever taken."""

_KILLED = "a worker process was killed (out of memory?); run again with one worker (--threads 1)"

_STOPS = {signal.SIGINT, signal.SIGTERM}

MakeJudge = Callable[[ReadingRules], Judge]


def can_fork() -> bool:
    """Tell whether workers can be had: forking is sound on Linux, before threads hold anything."""
    return sys.platform == "linux"


class Workers:
    """Processes that judge batches; a context manager, to be entered before anything is opened.

    ``make`` is called in every worker, with the rules of the list. With ``count`` 1 there are no
    other processes, and everything happens here.
    """

    def __init__(self, make: MakeJudge, *, count: int) -> None:
        self._make = make
        self._workers: list[_Worker] = []
        if count > 1 and can_fork():
            # where memory cannot be shared or processes not be had, everything happens here
            with contextlib.suppress(OSError):
                for _ in range(count):
                    self._workers.append(_Worker(make))
        self._here: Judge | None = None

    def judge(
        self,
        batches: Iterable[pa.RecordBatch],
        rules: ReadingRules,
        *,
        known: Callable[[int, pa.RecordBatch], Decided | None] | None = None,
    ) -> Iterator[Decided]:
        """Judge batches and give what was decided, in their order; rows are numbered from 1.

        ``known`` may give what was decided about a batch, by its number from 0, before.
        """
        for each in self._workers:
            each.send(("rules", rules))
        waiting: deque[tuple[_Worker, pa.RecordBatch]] = deque()
        first_row = 1
        handed = 0
        for number, batch in enumerate(batches):
            decided = known(number, batch) if known is not None else None
            if decided is not None:
                while waiting:
                    yield _collect(waiting)
                yield decided
                first_row += batch.num_rows
                continue
            worker = self._workers[handed % len(self._workers)] if self._workers else None
            handed += 1
            if len(waiting) == len(self._workers) and waiting:
                yield _collect(waiting)
            if worker is None or not worker.take(batch, first_row):
                while waiting:
                    yield _collect(waiting)
                self._here = self._here or self._make(rules)
                yield self._here.judge(batch, first_row)
            else:
                waiting.append((worker, batch))
            first_row += batch.num_rows
        while waiting:
            yield _collect(waiting)
        for each in self._workers:
            each.dismiss()  # they end while what they decided is being written

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end(at_once=kind is not None)


def _collect(waiting: deque[tuple[_Worker, pa.RecordBatch]]) -> Decided:
    worker, batch = waiting.popleft()
    return worker.give(batch)


class _Worker:
    """One forked process, and the memory shared with it."""

    def __init__(self, make: MakeJudge) -> None:
        self._inward = mmap.mmap(-1, _ROOM)
        self._outward = mmap.mmap(-1, _ROOM)
        context = multiprocessing.get_context("fork")
        self._line, theirs = context.Pipe()
        self._dismissed = False
        self._process = context.Process(
            target=_work, args=(theirs, self._line, self._inward, self._outward, make), daemon=True
        )
        # a signal between the fork and the worker's own handlers would run those of the parent
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def send(self, message: tuple[str, Any]) -> None:
        """Tell the process something."""
        try:
            self._line.send(message)
        except OSError as error:
            raise VnvaxmatchError(_KILLED) from error

    def take(self, batch: pa.RecordBatch, first_row: int) -> bool:
        """Hand over a batch; False if it does not fit into the memory."""
        if pa.ipc.get_record_batch_size(batch) > _ROOM // 2:
            return False
        size = _put(self._inward, batch)
        self.send(("batch", (size, first_row)))
        return True

    def give(self, batch: pa.RecordBatch) -> Decided:
        """Wait for what was decided about the batch handed over last."""
        try:
            kind, content = self._line.recv()
        except (EOFError, OSError) as error:
            raise VnvaxmatchError(_KILLED) from error
        if kind == "error":
            raise content
        table = pa.ipc.open_stream(bytes(self._outward[:content])).read_all().combine_chunks()
        return unpack(table, batch)

    def dismiss(self) -> None:
        """Tell the process to end; a closed line would not do: later workers hold it open too."""
        if not self._dismissed:
            self._dismissed = True
            self.send(("stop", None))

    def end(self, *, at_once: bool) -> None:
        """See the process end."""
        if at_once:
            self._process.kill()  # it holds nothing that outlives it
        else:
            self.dismiss()
        self._process.join()
        self._line.close()


def _put(memory: mmap.mmap, batch: pa.RecordBatch) -> int:
    """Write a batch into shared memory and tell how many bytes it took."""
    sink = pa.FixedSizeBufferWriter(pa.py_buffer(memory))
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    size: int = sink.tell()
    return size


def _work(
    line: Connection, parents: Connection, inward: mmap.mmap, outward: mmap.mmap, make: MakeJudge
) -> None:
    """Judge what comes, until the line is closed: the life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends the workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    parents.close()
    gc.disable()  # what a worker remembers lives as long as it does; looking through it is vain
    warm_up()  # while the list is being opened
    rules: ReadingRules | None = None
    judge: Judge | None = None
    while True:
        try:
            kind, content = line.recv()
        except EOFError:
            return
        try:
            if kind == "stop":
                return
            if kind == "rules":
                rules = content
                continue
            size, first_row = content
            assert rules is not None
            judge = judge or make(rules)
            batch = pa.ipc.open_stream(pa.py_buffer(memoryview(inward)[:size])).read_next_batch()
            decided = judge.judge(batch, first_row)
            size = _put(outward, pack(decided).combine_chunks().to_batches()[0])
            answer: tuple[str, Any] = ("decided", size)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answer = ("error", _sendable(error))
        try:
            line.send(answer)
        except BrokenPipeError:
            return


def warm_up() -> None:
    """Read one record, so that the tables of every rule are in memory."""
    read_row(
        {
            "full_name": "NguyÔn V¨n MÉu", "date_of_birth": "1/1/85", "sex": "nam",
            "id_number": "1085000123", "nationality": "VN", "commune": "Phúc Xá",
            "district": "Ba Đình", "province": "Hà Nội", "vaccine": "AZ", "dose_number": "1",
            "dose_date": "1/1/2022",
        },
        ReadingRules(),
    )  # fmt: skip


def _sendable(error: BaseException) -> BaseException:
    try:
        pickle.dumps(error)
    except Exception:  # noqa: BLE001 - whatever an exception holds that does not travel
        return VnvaxmatchError(f"a worker process failed: {type(error).__name__}")
    return error
