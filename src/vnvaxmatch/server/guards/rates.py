"""How often each client may ask: a token bucket a client."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import inf

from vnvaxmatch.errors import InputError

__all__ = ["Rates"]

_SLACK = 1e-6
"""Seconds by which a token may come early: whoever waited as told is let in, whatever rounding."""


class Rates:
    """A token bucket for each client: ``per_second`` tokens come in, ``burst`` of them fit.

    In any stretch of ``t`` seconds a client takes at most ``burst + t * per_second`` tokens. A full
    bucket is not kept, because a client that nobody remembers has one too; so what is kept is
    bounded by who asked within the last ``burst / per_second`` seconds. Of those, too, at most
    ``most_clients`` have a bucket of their own, and all others share one: to come under ever new
    names gains nothing. ``clock`` gives seconds that never go back.

    Not safe for threads: it belongs to one event loop, and never waits itself.

    >>> now = [0.0]
    >>> rates = Rates(per_second=2, burst=3, clock=lambda: now[0])
    >>> [rates.wait("clinic") for _ in range(4)]
    [0.0, 0.0, 0.0, 0.5]
    >>> now[0] += 0.5
    >>> rates.wait("clinic"), rates.wait("another")
    (0.0, 0.0)
    """

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        clock: Callable[[], float],
        most_clients: int = 100_000,
    ) -> None:
        if not 0 < per_second < inf:
            raise InputError("a rate must be a number of questions a second above 0: give one")
        if burst < 1 or most_clients < 1:
            raise InputError("a burst, and how many clients are kept, must be 1 or more: raise it")
        self._gap = 1 / per_second
        self._allowance = (burst - 1) * self._gap
        self._clock = clock
        self._most = most_clients
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._shared_full_at = -inf

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, client: str, /) -> float:
        """Take one token and give 0, or take none and give the seconds until there is one."""
        now = self._clock()
        self._forget(now)
        full_at = self._full_at.get(client)
        own = full_at is not None or len(self._full_at) < self._most
        if full_at is None:  # who is new here may have taken from the shared one before
            full_at = self._shared_full_at
        start = max(full_at, now)
        early = start - self._allowance - now
        if early > _SLACK:
            return early
        if own:
            self._full_at[client] = start + self._gap
            self._full_at.move_to_end(client)
        else:
            self._shared_full_at = start + self._gap
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop full buckets, from the client on that has not been let in for longest."""
        while self._full_at:
            client, full_at = next(iter(self._full_at.items()))
            if full_at > now:
                return
            del self._full_at[client]
