"""Ask many at a time and give the results in order, holding no more than a window of them.

The threads' and the tasks' way differ in how they wait, and in nothing else.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["Stop", "by_tasks", "by_threads"]

T = TypeVar("T")
R = TypeVar("R")
Stop = Callable[[], bool]
"""Tells a worker whether its results are still wanted."""


class _Line(Generic[T, R]):
    """What was taken, what is done, and what goes out next. The caller sees to locking.

    ``given`` counts what is on its way out, ``received`` what the reader was done with.
    """

    def __init__(self, items: Iterable[T], window: int) -> None:
        self.items: Iterator[T] = iter(items)
        self.window = window
        self.taken = self.given = self.received = 0
        self.done: dict[int, R] = {}
        self.failed: tuple[int, BaseException] | None = None
        self.ended = self.stopped = False

    @property
    def is_full(self) -> bool:
        return self.taken - self.received >= self.window

    @property
    def is_over(self) -> bool:
        return self.ended or self.stopped or self.failed is not None

    def take(self) -> tuple[int, T] | None:
        """Take the next, or None if there is no more."""
        try:
            item = next(self.items)
        except StopIteration:
            self.ended = True
            return None
        except BaseException as error:  # noqa: BLE001  # comes out in its place
            self.fail(self.taken, error)
            return None
        self.taken += 1
        return self.taken - 1, item

    def fail(self, place: int, error: BaseException) -> None:
        """Remember the first failure in the order of the items."""
        if self.failed is None or place < self.failed[0]:
            self.failed = (place, error)

    def ready(self) -> list[R]:
        """Give what can go out now."""
        out = []
        while self.given in self.done:
            out.append(self.done.pop(self.given))
            self.given += 1
        return out

    @property
    def is_finished(self) -> bool:
        """Whether nothing more goes out."""
        return self.ended and self.given == self.taken

    @property
    def error(self) -> BaseException | None:
        """The failure, once all before it went out."""
        return self.failed[1] if self.failed and self.failed[0] == self.given else None


class _Crew(Generic[T, R]):
    """Threads that work through a line."""

    def __init__(
        self,
        line: _Line[T, R],
        work: Callable[[T, Stop], R],
        turn: Callable[[int, Stop], None],
        wake: Callable[[], None],
    ) -> None:
        self._line, self._work, self._turn, self._wake = line, work, turn, wake
        self._source = threading.Lock()  # of its own: a slow source must not hold results back
        lock = threading.Lock()
        self._room, self._ready = threading.Condition(lock), threading.Condition(lock)

    def run(self, place: int) -> None:
        """Be one worker."""
        try:
            self._work_on(place)
        except BaseException as error:  # noqa: BLE001  # or the reader would wait for ever
            with self._room:
                self._line.fail(self._line.taken, error)
        with self._room:
            self._room.notify_all()
            self._ready.notify()
        self._wake()

    def _work_on(self, place: int) -> None:
        line = self._line
        while not line.is_over:
            self._turn(place, lambda: line.is_over)
            if (taken := self._take()) is None:
                break
            at, item = taken
            try:
                result = self._work(item, lambda: line.stopped)
            except BaseException as error:  # noqa: BLE001  # comes out in its place
                with self._room:
                    line.fail(at, error)
                break
            with self._ready:
                line.done[at] = result
                if at == line.given:
                    self._ready.notify()

    def _take(self) -> tuple[int, T] | None:
        line = self._line
        with self._source:
            with self._room:
                while line.is_full and not line.is_over:
                    self._room.wait()
            return None if line.is_over else line.take()

    def results(self) -> Generator[R, None, None]:
        """Give the results in order, and raise what ended it."""
        line = self._line
        while True:
            with self._ready:
                self._room.notify_all()  # before waiting: what was received made room
                while not (out := line.ready()) and not line.is_finished and line.error is None:
                    self._ready.wait()
            for result in out:
                yield result
                line.received += 1
            if not out and line.error is not None:
                raise line.error
            if not out:
                return

    def stop(self) -> None:
        """Tell all workers that no more is wanted."""
        with self._room:
            self._line.stopped = True
            self._room.notify_all()
        self._wake()


def by_threads(
    items: Iterable[T],
    work: Callable[[T, Stop], R],
    *,
    turn: Callable[[int, Stop], None],
    wake: Callable[[], None],
    width: int,
    window: int,
) -> Generator[R, None, None]:
    """Work through items with threads, and give the results in the order of the items.

    ``turn`` waits until the worker at a place may begin; ``wake`` makes all that wait look again.
    What an item raises comes out in its place and ends all.
    """
    crew = _Crew(_Line(items, window), work, turn, wake)
    threads = [
        threading.Thread(target=crew.run, args=(i,), daemon=True, name=f"vnvaxmatch-ask-{i}")
        for i in range(width)
    ]
    try:
        for thread in threads:
            thread.start()
        yield from crew.results()
    finally:
        crew.stop()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


class _Tasks(Generic[T, R]):
    """Tasks that work through a line."""

    def __init__(
        self,
        line: _Line[T, R],
        work: Callable[[T], Awaitable[R]],
        turn: Callable[[int], Awaitable[None] | None],
    ) -> None:
        self._line, self._work, self._turn = line, work, turn
        self._room, self._ready = asyncio.Event(), asyncio.Event()

    async def run(self, place: int) -> None:
        """Be one worker."""
        try:
            await self._work_on(place)
        except Exception as error:  # noqa: BLE001  # or the reader would wait for ever
            self._line.fail(self._line.taken, error)
        self._ready.set()
        self._room.set()

    async def _work_on(self, place: int) -> None:
        line = self._line
        while not line.is_over:
            if (waiting := self._turn(place)) is not None:
                await waiting
            while line.is_full and not line.is_over:
                self._room.clear()
                await self._room.wait()
            taken = None if line.is_over else line.take()
            if taken is None:
                break
            at, item = taken
            try:
                line.done[at] = await self._work(item)
            except Exception as error:  # noqa: BLE001  # comes out in its place
                line.fail(at, error)
                break
            if at == line.given:
                self._ready.set()

    async def results(self) -> AsyncGenerator[R, None]:
        """Give the results in order, and raise what ended it."""
        line = self._line
        while True:
            self._ready.clear()
            while out := line.ready():
                for result in out:
                    yield result
                    line.received += 1
                    self._room.set()
            if line.error is not None:
                raise line.error
            if line.is_finished:
                return
            await self._ready.wait()


async def by_tasks(
    items: Iterable[T],
    work: Callable[[T], Awaitable[R]],
    *,
    turn: Callable[[int], Awaitable[None] | None],
    width: int,
    window: int,
) -> AsyncGenerator[R, None]:
    """Work through items with tasks, and give the results in the order of the items.

    ``turn`` gives what to await until the worker at a place may begin, or None for nothing.
    """
    crew = _Tasks(_Line(items, window), work, turn)
    tasks = [asyncio.create_task(crew.run(place)) for place in range(width)]
    try:
        async for result in crew.results():
            yield result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
