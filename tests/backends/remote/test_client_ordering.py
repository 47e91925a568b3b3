"""Many questions at a time: in order, with bounded memory, and with a clean end."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    Limits,
    LocalTransport,
    RemoteRegistry,
    Request,
    Response,
)
from vnvaxmatch.errors import RefusedError

from .plain import QUICK, Plain, ask_all, questions

WAYS = pytest.mark.parametrize("way", ["threads", "tasks"])
URL = "https://there.example"


class Waiting:
    """Answers after a random time, in threads as in tasks."""

    def __init__(self, seconds: float = 0.004, status: Any = lambda request: 200) -> None:
        self._chance = random.Random(1)
        self._seconds = seconds
        self._status = status
        self.asked = 0

    def reply(self, request: Request) -> Response:
        """Answer."""
        self.asked += 1
        return Response(self._status(request), request.body)

    def of(self, way: str) -> Any:
        """Give it as one of the two ways wants it."""
        return self if way == "threads" else _Tasks(self)

    def send(self, request: Request, /, *, timeout: float) -> Response:
        """Wait and answer."""
        time.sleep(self._chance.random() * self._seconds)
        return self.reply(request)

    def close(self) -> None:
        """Do nothing."""


class _Tasks(Waiting):
    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self._waiting = waiting

    async def send(self, request: Request, /, *, timeout: float) -> Response:  # type: ignore[override]
        await asyncio.sleep(self._chance.random() * self._waiting._seconds)
        return self._waiting.reply(request)

    async def close(self) -> None:  # type: ignore[override]
        pass


@WAYS
@pytest.mark.parametrize("count", [0, 1, 300])
def test_results_come_in_the_order_of_the_questions(way: str, count: int) -> None:
    """However long each takes."""
    waiting = Waiting()
    got = ask_all(way, URL, questions(count), transport=waiting.of(way))
    assert [answer.body for answer in got[:-1]] == [request.body for request in questions(count)]
    assert waiting.asked == count


@WAYS
def test_no_more_than_a_window_is_taken_ahead(way: str) -> None:
    """A reader that is slow holds the source back, so that memory is bounded."""
    taken = given = ahead = 0

    def source() -> Iterator[Request]:
        nonlocal taken
        for request in questions(400):
            taken += 1
            yield request

    limits = attrs.evolve(QUICK, in_flight=4)
    waiting = Waiting(0.0)

    async def run() -> None:
        nonlocal given, ahead
        made = AsyncRemoteRegistry(URL, codec=Plain(), transport=waiting.of(way), limits=limits)
        async for _ in made.ask_many(source(), window=20):
            given += 1
            ahead = max(ahead, taken - given)

    if way == "tasks":
        asyncio.run(run())
    else:
        made = RemoteRegistry(URL, codec=Plain(), transport=waiting, limits=limits)
        for _ in made.ask_many(source(), window=20):
            given += 1
            time.sleep(0.0002)
            ahead = max(ahead, taken - given)
    assert given == 400
    assert 4 <= ahead <= 21


@WAYS
def test_what_ends_a_run_comes_after_all_before_it(way: str) -> None:
    """A refusal is raised in its place: no answer before it is lost, and the rest is not asked."""
    bodies = [request.body for request in questions(200)]
    waiting = Waiting(status=lambda request: 400 if request.body == bodies[60] else 200)
    got: list[Any] = []

    async def by_tasks() -> None:
        made = AsyncRemoteRegistry(URL, codec=Plain(), transport=waiting.of(way), limits=QUICK)
        async for answer in made.ask_many(questions(200)):
            got.append(answer)

    def by_threads() -> None:
        made = RemoteRegistry(URL, codec=Plain(), transport=waiting, limits=QUICK)
        for answer in made.ask_many(questions(200)):
            got.append(answer)

    with pytest.raises(RefusedError):
        asyncio.run(by_tasks()) if way == "tasks" else by_threads()
    assert [answer.body for answer in got] == bodies[:60]
    assert waiting.asked < 60 + 2 * 16


@WAYS
def test_a_source_that_fails_is_told_after_what_it_gave(way: str) -> None:
    """Its exception is its own."""

    def source() -> Iterator[Request]:
        yield from questions(10)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        ask_all(way, URL, source(), transport=Waiting().of(way))


def test_a_reader_that_stops_ends_the_threads() -> None:
    """Nothing goes on behind one's back, though calls were waiting to ask again."""
    before = threading.active_count()
    limits = Limits(backoff=30, backoff_cap=30, in_flight=4)
    turns = iter(range(10_000))
    transport = LocalTransport(lambda r: Response(200 if next(turns) < 10 else 503, r.body))
    registry = RemoteRegistry(URL, codec=Plain(), transport=transport, limits=limits)
    results = registry.ask_many(questions(100))
    next(results)
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 5
    assert threading.active_count() == before


def test_a_reader_that_stops_ends_the_tasks() -> None:
    """The same, with tasks."""

    async def run() -> int:
        waiting = Waiting()
        made = AsyncRemoteRegistry(URL, codec=Plain(), transport=waiting.of("tasks"))
        results = made.ask_many(questions(1000))
        async for _ in results:
            break
        await results.aclose()  # type: ignore[attr-defined]
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_a_call_that_is_cancelled_gives_its_place_back() -> None:
    """A task that is given up does not block the others."""

    async def run() -> None:
        limits = attrs.evolve(QUICK, in_flight=1)
        waiting = Waiting(5.0)
        made = AsyncRemoteRegistry(URL, codec=Plain(), transport=waiting.of("tasks"), limits=limits)
        task = asyncio.create_task(made.find(questions(1)[0]))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        waiting._seconds = 0.0
        assert (await made.find(questions(1)[0])).status == 200

    asyncio.run(run())


def test_a_call_in_line_is_woken_when_a_place_is_free() -> None:
    """Waiting for a turn costs no more than the calls before it."""
    limits = Limits(in_flight=1)
    registry = RemoteRegistry(URL, codec=Plain(), transport=Waiting(0.002), limits=limits)
    started = time.monotonic()
    threads = [
        threading.Thread(target=registry.find, args=(request,)) for request in questions(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.counts.answers == 100
    assert time.monotonic() - started < 5
