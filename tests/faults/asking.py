"""Both clients, asked for many verdicts at a time, and what must hold of every run."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from vnvaxmatch import Claim, Verdict
from vnvaxmatch.backends.remote import (
    UNDETERMINED,
    AsyncRemoteRegistry,
    Failure,
    Limits,
    RemoteRegistry,
    Request,
    Response,
)
from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.loop import LoopTransport
from vnvaxmatch.backends.remote.client.threads import ThreadTransport
from vnvaxmatch.errors import RegistryError

from .proxy import Fault, Proxy, Schedule
from .registry import asking
from .serving import Asked

__all__ = ["LIMITS", "WAYS", "Run", "check", "run"]

WAYS = ("threads", "tasks")
LIMITS = Limits(
    attempts=5, backoff=0.001, backoff_cap=0.01, attempt_timeout=0.15, breaker_wait=0.005,
    breaker_cap=0.05, in_flight=4, retry_quota=10_000,
)  # fmt: skip
"""The defaults, with less patience."""

_NOWHERE = f"https://{'.'.join(['a' * 60] * 5)}.invalid"
"""A name too long for DNS: it fails as any unknown one does, and without asking a server."""


@attrs.frozen
class Run:
    """What came of the claims, in order, and the error that ended the run early, if one did."""

    results: Sequence[Verdict | RegistryError]
    ended: RegistryError | None


class _Names:
    """Decides which attempts are made at a host whose name nobody knows."""

    def __init__(self, schedule: Schedule | None) -> None:
        self._schedule = schedule
        self._attempts: Counter[bytes] = Counter()

    def fail(self, request: Request) -> bool:
        if self._schedule is None:
            return False
        digest = Asked(f"{request.method} {request.path} HTTP/1.1".encode(), request.body).digest
        self._attempts[digest] += 1
        return self._schedule.at(digest, self._attempts[digest] - 1) is Fault.NO_NAME


class _Threads:
    """A transport of ours, and another one to a host that does not exist."""

    def __init__(self, real: ThreadTransport, lost: ThreadTransport, names: _Names) -> None:
        self._real, self._lost, self._names = real, lost, names

    def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        way = self._lost if self._names.fail(request) else self._real
        return way.send(request, timeout=timeout)

    def close(self) -> None:
        self._real.close()
        self._lost.close()


class _Tasks:
    def __init__(self, real: LoopTransport, lost: LoopTransport, names: _Names) -> None:
        self._real, self._lost, self._names = real, lost, names

    async def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        way = self._lost if self._names.fail(request) else self._real
        return await way.send(request, timeout=timeout)

    async def close(self) -> None:
        await self._real.close()
        await self._lost.close()


def run(
    way: str,
    url: str,
    claims: Sequence[Claim],
    *,
    codec: str,
    tls: ssl.SSLContext | None = None,
    limits: Limits = LIMITS,
    names: Schedule | None = None,
) -> Run:
    """Ask for all claims; ``names`` is the schedule of failures to look up a host."""
    both = _Names(names)
    options: dict[str, Any] = {"tls": tls, "body_limit": 1_000_000, "keep_alive": True}
    places = Address.of(url), Address.of(_NOWHERE)
    given: dict[str, Any] = {"codec": asking(codec), "tls": tls, "limits": limits}
    results: list[Verdict | RegistryError] = []

    async def by_tasks() -> None:
        width = limits.in_flight
        real, lost = (LoopTransport(place, in_flight=width, **options) for place in places)
        made = AsyncRemoteRegistry(url, transport=_Tasks(real, lost, both), **given)
        async with made as registry:
            async for result in registry.match_many(claims):
                results.append(result)

    def by_threads() -> None:
        real, lost = (ThreadTransport(place, **options) for place in places)
        with RemoteRegistry(url, transport=_Threads(real, lost, both), **given) as registry:
            results.extend(registry.match_many(claims))

    try:
        asyncio.run(by_tasks()) if way == "tasks" else by_threads()
    except RegistryError as error:
        return Run(results, error)
    return Run(results, None)


def check(
    got: Run, want: Sequence[Verdict], *, proxy: Proxy, attempts: int = LIMITS.attempts
) -> int:
    """Hold a run against the truth: nothing wrong, lost or asked too often; give how many stayed.

    A run that ended early has answered those before, and rightly.
    """
    assert got.ended is not None or len(got.results) == len(want)
    for result, right in zip(got.results, want, strict=False):
        assert isinstance(result, UNDETERMINED) or result == right
    assert max(proxy.asked.values(), default=0) <= attempts
    assert all(len(names) == 1 for names in proxy.names.values()), "one question, two names"
    assert len(proxy.asked) <= len(want)
    return sum(isinstance(result, RegistryError) for result in got.results)
