"""What all calls of one client share: the brakes, the pause, and the counts."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from vnvaxmatch.backends.remote.client.brakes import FOREVER, Breaker, Pace, Quota, Width
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.status import Failure, Meaning, Rule

__all__ = ["Counts", "Pool", "Ticket"]


@attrs.frozen
class Counts:
    """What a client has done so far. No personal data.

    ``calls`` are questions, ``attempts`` how often something was sent for them, ``answers`` how
    many of them were answered; ``width`` is how many are asked at a time now. ``pauses`` and
    ``outages`` count how often all calls were held back, and why.
    """

    calls: int = 0
    attempts: int = 0
    answers: int = 0
    pauses: int = 0
    outages: int = 0
    width: int = 0


@attrs.frozen
class Ticket:
    """The leave to ask once."""

    asked: float
    trial: bool


class Pool:
    """The shared state of the calls of one client.

    It does no input or output, and is not safe for threads: whoever drives the calls holds a lock
    while one of them moves. ``clock`` gives seconds that never go back, ``wall`` seconds since
    1970, ``chance`` a random number from 0 to 1. ``stirred`` is set when those that wait should
    look again, and is for the driver to clear; ``waiting`` counts the calls that wait for leave.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.wall = wall
        self.chance = chance
        self.quota = Quota(limits)
        self.breaker = Breaker(limits)
        self.width = Width(limits)
        self.pace = Pace(limits)
        self.stirred = False
        self.waiting = 0
        self.calls = self.attempts = self.answers = self.pauses = self.outages = 0
        self._paused_until = 0.0
        self._by_rate = limits.in_flight
        if limits.rate is not None:
            self._by_rate = max(1, int(min(limits.rate * limits.total_timeout / 4, 1e9)))
        self._in_flight = 0

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return Counts(
            self.calls, self.attempts, self.answers, self.pauses, self.outages, self.width.now
        )

    def blocked(self, now: float, /) -> tuple[float, Failure]:
        """Tell until when nobody may ask (0: not at all) and what to call it."""
        if now < self._paused_until:
            return self._paused_until, Failure.PAUSED
        if until := self.breaker.blocked(now):
            return until, Failure.BREAKER_OPEN
        if self._in_flight >= self.width.now:
            return FOREVER, Failure.BUSY
        return 0.0, Failure.BUSY

    def is_free(self, now: float, /) -> bool:
        """Tell quickly whether nothing at all is in the way, which is nearly always."""
        return (
            self.breaker.since is None
            and now >= self._paused_until
            and self._in_flight < self.width.now
            and not self.pace.is_set
        )

    def is_hopeless(self, now: float, /) -> bool:
        """Tell whether the registry has been down for longer than one is willing to wait."""
        since = self.breaker.since
        return since is not None and now - since > self.limits.patience

    def until_turn(self, now: float, /, *, place: int) -> float:
        """Tell until when the worker at a place may not begin another question: 0 for it may.

        Of many workers only as many begin as may ask at a time, and only the first tries an open
        breaker: otherwise each would lose a question to an outage.
        """
        if self.is_hopeless(now):
            return 0.0
        if now < self._paused_until:
            return self._paused_until
        if place and (self.breaker.is_open or place >= min(self.width.now, self._by_rate)):
            return FOREVER
        # A call that waits long for its turn would run out of time before it is asked.
        backlog = self.pace.free - self.limits.total_timeout / 4
        return max(self.breaker.blocked(now), backlog if backlog > now else 0.0)

    def enter(self, now: float, /) -> Ticket:
        """Let one attempt begin. Each ticket must be given back (:meth:`leave`)."""
        self.attempts += 1
        self._in_flight += 1
        self.pace.enter(now)
        return Ticket(now, self.breaker.enter())

    def leave(self, ticket: Ticket, /, *, rule: Rule | None) -> None:
        """Take note of how an attempt went; None where it was given up."""
        self._in_flight -= 1
        if rule is not None and rule.meaning is Meaning.ANSWER and self.breaker.since is None:
            self.quota.give()
            self.breaker.well()
            self.stirred = self.width.widen() or self.waiting > 0 or self.stirred
            return
        now, was_open, width = self.clock(), self.breaker.is_open, self.width.now
        down = None if rule is None else rule.down
        self.breaker.leave(down=down, trial=ticket.trial, now=now, chance=self.chance())
        self.outages += self.breaker.is_open and not was_open
        if rule is not None and rule.strain:
            self.width.narrow(asked=ticket.asked, now=now)
        if rule is not None and rule.meaning is Meaning.ANSWER:
            self.quota.give()
            self.width.widen()
        if self.waiting or ticket.trial or self.width.now > width or was_open:
            self.stirred = True

    def pause(self, seconds: float, /) -> None:
        """Hold all calls back for so long, or for the cap."""
        until = self.clock() + min(seconds, self.limits.pause_cap)
        if until > self._paused_until:
            self._paused_until = until
            self.pauses += 1
