"""A codec that any bytes go through, and clients that wait for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    Limits,
    RemoteRegistry,
    Request,
    Response,
)
from vnvaxmatch.errors import RegistryError

__all__ = ["ASKING", "QUICK", "Plain", "ask_all", "probe", "questions"]

QUICK = Limits(backoff=0.002, backoff_cap=0.01, breaker_wait=0.01)
"""The default limits, waiting less before asking again.

Answers are waited for as long as by default: on a busy machine a shorter patience makes attempts
that no test meant. Tests in which answers never come say how long they wait.
"""


class Plain:
    """A codec for tests of what lies below codecs."""

    name = "plain/1"
    asks = frozenset()
    statuses = frozenset({200, 404})

    def request(self, claim: object, /) -> Request:
        """Never called."""
        raise AssertionError

    def answer(self, response: Response, claim: object, /) -> Any:
        """Never called."""
        raise AssertionError


def questions(count: int) -> list[Request]:
    """Make questions that tell each other apart, in the path as in the body."""
    return [Request("POST", f"p/0790850{i:05}", f"number {i}".encode()) for i in range(count)]


def by_threads(url: str, requests: Iterable[Request], **options: Any) -> list[Any]:
    """Ask with threads."""
    with RemoteRegistry(url, codec=Plain(), **({"limits": QUICK} | options)) as registry:
        return [*registry.ask_many(requests), registry.counts]


def by_tasks(url: str, requests: Iterable[Request], **options: Any) -> list[Any]:
    """Ask with tasks."""

    async def run() -> list[Any]:
        made = AsyncRemoteRegistry(url, codec=Plain(), **({"limits": QUICK} | options))
        async with made as registry:
            return [*[one async for one in registry.ask_many(requests)], registry.counts]

    return asyncio.run(run())


ASKING = {"threads": by_threads, "tasks": by_tasks}
"""The two ways to ask. The last thing that each gives are the counts."""


def ask_all(way: str, url: str, requests: Iterable[Request], **options: Any) -> list[Any]:
    """Ask in one of the two ways."""
    return ASKING[way](url, requests, **options)


def probe(way: str, url: str, **options: Any) -> RegistryError | None:
    """Give what a probe raises."""
    given = {"limits": QUICK} | options

    async def run() -> None:
        async with AsyncRemoteRegistry(url, codec=Plain(), **given) as registry:
            await registry.probe()

    try:
        if way == "tasks":
            asyncio.run(run())
        else:
            with RemoteRegistry(url, codec=Plain(), **given) as registry:
                registry.probe()
    except RegistryError as error:
        return error
    return None
