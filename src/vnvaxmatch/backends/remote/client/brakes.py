"""The small machines that hold a client back: each a pure state that is told the time."""

from __future__ import annotations

from typing import Final

from vnvaxmatch.backends.remote.client.limits import Limits

__all__ = ["FOREVER", "Breaker", "Pace", "Quota", "Width"]

FOREVER: Final = float("inf")
"""Blocked until something else happens, rather than until a time."""


class Quota:
    """How many times all calls together may still ask again: a token bucket.

    Each repeat takes one; each answer gives a share of one back. So repeats cannot storm a registry
    that fails most of the time, and a short burst of failures costs nobody an answer.
    """

    def __init__(self, limits: Limits) -> None:
        self._most = float(limits.retry_quota)
        self._share = limits.retry_share
        self.left = self._most

    def take(self) -> bool:
        """Take one, or tell that there is none."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def give(self) -> None:
        """Give back what one answer earns."""
        self.left = min(self._most, self.left + self._share)


class Breaker:
    """Stop asking a registry that only fails, and try it with one question from time to time.

    >>> breaker = Breaker(Limits(breaker_failures=2, breaker_wait=10))
    >>> for _ in range(2):
    ...     breaker.leave(down=True, trial=breaker.enter(), now=0, chance=1)
    >>> breaker.blocked(5), breaker.blocked(10)
    (10.0, 0.0)
    >>> trial = breaker.enter()
    >>> trial, breaker.blocked(11)
    (True, inf)
    >>> breaker.leave(down=False, trial=trial, now=12, chance=1)
    >>> breaker.is_open
    False
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures = 0
        self._wait = limits.breaker_wait
        self._reopens = 0.0
        self._on_trial = False
        self.since: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the registry is taken to be down."""
        return self.since is not None

    def blocked(self, now: float, /) -> float:
        """Tell until when nobody may be asked: 0 for not at all."""
        if self.since is None:
            return 0.0
        if self._on_trial:
            return FOREVER
        return self._reopens if now < self._reopens else 0.0

    def enter(self) -> bool:
        """Let one question through; True if it is the one that tries an open breaker."""
        self._on_trial = self.is_open
        return self._on_trial

    def well(self) -> None:
        """Take note of an answer while it is closed."""
        self._failures = 0

    def leave(self, *, down: bool | None, trial: bool, now: float, chance: float) -> None:
        """Take note of how it went: None where the question was given up before it was asked.

        ``chance`` from 0 to 1 spreads the next trials of many clients.
        """
        if trial:
            self._on_trial = False
        if down is None:
            return
        if not down:
            self._failures, self._wait, self.since = 0, self._limits.breaker_wait, None
            return
        self._failures += 1
        if self.since is None and self._failures >= self._limits.breaker_failures:
            self.since = now
        elif not trial:
            return
        self._reopens = now + self._wait * (1 + chance) / 2
        self._wait = min(self._limits.breaker_cap, 2 * self._wait)


class Width:
    """How many questions may be asked at a time: more while all goes well, half when strained.

    It starts small and doubles with each round of answers, like a TCP connection, and then grows by
    one a round. Of the questions that were under way together, only the first to fail halves it.
    ``now`` is how many at this time: at least one.
    """

    def __init__(self, limits: Limits) -> None:
        self._most = float(limits.in_flight)
        self._exact = min(4.0, self._most)
        self._doubles_below = self._most
        self._halved = 0.0
        self.now = int(self._exact)

    def widen(self) -> bool:
        """Take note of an answer; whether more may be asked now."""
        if self._exact >= self._most:
            return False
        before = self.now
        step = 1.0 if self._exact < self._doubles_below else 1.0 / self._exact
        self._exact = min(self._most, self._exact + step)
        self.now = int(self._exact)
        return self.now > before

    def narrow(self, *, asked: float, now: float) -> None:
        """Take note of a sign of strain, on a question that was asked at that time."""
        if asked >= self._halved:
            self._exact = self._doubles_below = max(1.0, self._exact / 2)
            self._halved = now
            self.now = int(self._exact)


class Pace:
    """Space attempts evenly, so that no second holds more than the rate.

    A place in the order is reserved first and taken later, perhaps too late for its own time: so
    the gap to the attempt before is kept as well.

    >>> pace = Pace(Limits(rate=2))
    >>> pace.reserve(0), pace.reserve(0), pace.reserve(7)
    (0, 0.5, 7)
    >>> pace.enter(7.25)
    >>> pace.blocked(reserved=7)
    7.75
    """

    def __init__(self, limits: Limits) -> None:
        self._gap = 0.0 if limits.rate is None else 1 / limits.rate
        self._free = 0.0
        self._next = 0.0
        self.is_set = limits.rate is not None

    def reserve(self, now: float, /) -> float:
        """Reserve the next place and give its time."""
        if not self._gap:
            return now
        at = max(now, self.free)
        self._free = at + self._gap
        return at

    @property
    def free(self) -> float:
        """The time of the first place that nobody has."""
        return max(self._free, self._next)

    def blocked(self, *, reserved: float) -> float:
        """Tell when an attempt may be made that has a place."""
        return max(reserved, self._next)

    def enter(self, now: float, /) -> None:
        """Take note of an attempt."""
        self._next = now + self._gap
