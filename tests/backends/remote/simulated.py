"""A simulated clock and a simulated registry, for the core of the client."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

from vnvaxmatch.backends.remote import Failure, Limits, Request, Response
from vnvaxmatch.backends.remote.client.calls import Refresh, Send, Wait, ask
from vnvaxmatch.backends.remote.client.pool import Pool
from vnvaxmatch.errors import RegistryError

__all__ = ["ANSWERS", "BUSY", "TRUE", "World", "always", "in_turn"]

ANSWERS = frozenset({200, 404})
TRUE = Response(200, b"true")
BUSY = Response(503)


class World:
    """A clock that jumps to the next thing that happens, and as many calls as are started."""

    def __init__(self, limits: Limits, answer: Callable[[float, Request], Any], seed: int = 0):
        self.now = 0.0
        self.pool = Pool(
            limits, clock=lambda: self.now, wall=lambda: self.now, chance=random.Random(seed).random
        )
        self.answer = answer
        self.sent: list[tuple[float, Request]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.results: dict[int, Response | RegistryError] = {}
        self.ended: dict[int, float] = {}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._asleep: list[Callable[[], None]] = []
        self._ordinals = itertools.count()

    def at(self, time: float, what: Callable[[], None]) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._agenda, (time, next(self._ordinals), what))

    def start(self, place: int, *, auth: Any = None) -> None:
        """Begin a call."""
        call = ask(
            Request("POST", f"/{place}"), pool=self.pool, auth=auth, answers=ANSWERS, host="there"
        )
        self._move(place, call, auth, None)

    def run(self, until: float = float("inf")) -> None:
        """Let happen all that happens until a time."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, what = heapq.heappop(self._agenda)
            what()

    def _move(self, place: int, call: Any, auth: Any, reply: Any) -> None:
        try:
            step = call.send(reply)
        except StopIteration as done:
            self.results[place], self.ended[place] = done.value, self.now
        except RegistryError as error:
            self.results[place], self.ended[place] = error, self.now
        else:
            self._take(step, place, call, auth)
        if self.pool.stirred:
            self.pool.stirred = False
            asleep, self._asleep = self._asleep, []
            for wake in asleep:
                wake()

    def _take(self, step: Any, place: int, call: Any, auth: Any) -> None:
        if isinstance(step, Refresh):
            fresh = auth.generation != step.generation or auth.refresh()
            self.at(self.now, lambda: self._move(place, call, auth, fresh))
        elif isinstance(step, Send):
            self.sent.append((self.now, step.request))
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            took, reply = self.answer(self.now, step.request)
            if took > step.timeout:
                took, reply = step.timeout, Failure.TIMEOUT
            self.at(self.now + took, lambda: self._arrive(place, call, auth, reply))
        else:
            assert isinstance(step, Wait)
            assert step.until >= self.now
            moved = []

            def go() -> None:
                if not moved:
                    moved.append(True)
                    self._move(place, call, auth, None)

            if step.until < float("inf"):
                self.at(step.until, go)
            if step.wakeable:
                self._asleep.append(go)

    def _arrive(self, place: int, call: Any, auth: Any, reply: Any) -> None:
        self.under_way -= 1
        self._move(place, call, auth, reply)


def always(reply: Any, *, takes: float = 0.1) -> Callable[[float, Request], Any]:
    """Answer always the same."""
    return lambda now, request: (takes, reply)


def in_turn(*replies: Any) -> Callable[[float, Request], Any]:
    """Answer one after the other, and then always the last."""
    left = list(replies)
    return lambda now, request: (0.1, left.pop(0) if len(left) > 1 else left[0])
