"""Ask a round of questions, many at a time, and write each answer down as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, TypeVar, cast

from vnvaxmatch.backends.remote import UNDETERMINED
from vnvaxmatch.backends.remote.client.acaller import AsyncCaller
from vnvaxmatch.bulk.pipes import ahead
from vnvaxmatch.bulk.remote.journal import Journal
from vnvaxmatch.bulk.remote.lines import Line, write_decision
from vnvaxmatch.bulk.remote.plans import Asked, Plan
from vnvaxmatch.errors import RefusedError, ReplyError
from vnvaxmatch.policy import Disclosure

__all__ = ["Round", "driven"]

T = TypeVar("T")

_TOLD_EVERY = 0.1
"""Seconds between two words of progress."""

_STRANGE = 20
"""Replies that are no answers, from the first on, before it is plain that settings are wrong."""


class Round:
    """Asks, journals and counts. ``undetermined`` is how many got no answer in this round."""

    def __init__(
        self,
        caller: AsyncCaller,
        plan: Plan,
        journal: Journal,
        *,
        disclosure: Disclosure,
        told: Callable[[int, int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = caller
        self._plan = plan
        self._journal = journal
        self._disclosure = disclosure
        self._told = told
        self._clock = clock
        self._syncing = False
        self._strange = 0
        self.done = self.undetermined = 0

    async def ask(self, questions: Iterator[list[Asked]]) -> None:
        """Ask all of them. What ends the run is raised; what was answered before is kept."""
        last = self._clock()
        lists = cast("Generator[list[Asked], None, None]", ahead(questions))
        with contextlib.closing(lists):
            answers = self._caller.many(chain.from_iterable(lists), self._ask, window=None)
            async with contextlib.aclosing(answers):
                async for _ in answers:
                    self.done += 1
                    if self._clock() - last >= _TOLD_EVERY:
                        last = self._clock()
                        self._told(self.done, self.undetermined)
        self._told(self.done, self.undetermined)

    async def _ask(self, asked: Asked) -> None:
        """Ask one. A name of its own for each time lets the registry tell a repeat from a retry."""
        question, people = asked.question, self._plan.people
        name = f"{people.times[asked.number] + 1}"
        try:
            response = await self._caller.ask(question.request, name=name)
            decision = question.concluded(response, disclosure=self._disclosure)
        except UNDETERMINED as error:
            line = Line.undetermined(asked.row, question.person, error.kind)
            people.failed(asked.number)
            self.undetermined += 1
            self._look_at(error)
        else:
            line = Line(asked.row, question.person, write_decision(decision))
            people.decision[asked.number] = self._plan.decisions.number(decision)
            self._strange = _STRANGE  # it does answer: what is strange is the one reply
        self._journal.append(line)
        if self._journal.is_due and not self._syncing:
            self._syncing = True
            try:
                await asyncio.to_thread(self._journal.sync)
            finally:
                self._syncing = False

    def _look_at(self, error: Exception) -> None:
        """End the run where whoever is asked speaks another language, which no asking changes."""
        if self._strange < _STRANGE and isinstance(error, ReplyError):
            self._strange += 1
            if self._strange == _STRANGE:
                raise RefusedError(
                    f"the first {_STRANGE} replies are no answers ({error.kind}): check the "
                    "address with its path, and the codec with its options"
                ) from error


def driven(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, also where an event loop is running already (a notebook).

    A signal that whoever runs this wants to know of ends it between two steps and then is
    KeyboardInterrupt: one that cut off the loop itself would leave connections and complaints.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        ended, result = asyncio.run(_until_signal(work))
        if ended:
            raise KeyboardInterrupt from None
        return cast("T", result)
    with ThreadPoolExecutor(1) as other:
        return other.submit(lambda: asyncio.run(work())).result()


async def _until_signal(work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[bool, T | None]:
    """Give whether a signal ended it, and what it came to."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    ended = False

    def end() -> None:
        nonlocal ended
        ended = True
        if task is not None:
            task.cancel()

    before = {}
    if threading.current_thread() is threading.main_thread():
        for sign in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(sign)
            with contextlib.suppress(NotImplementedError):  # Windows
                if callable(handler):
                    loop.add_signal_handler(sign, end)
                    before[sign] = handler
    try:
        return False, await work()
    except asyncio.CancelledError:
        if not ended:
            raise
        return True, None
    finally:
        for sign, handler in before.items():
            loop.remove_signal_handler(sign)
            signal.signal(sign, handler)
