"""Compare claims with the registry without holding up the event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from vnvaxmatch.backends import AsyncRegistry, Exact, Found, Matcher, Registry, amatch, match
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.blocking import Key, number_keys
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.policy import Policy, Verdict
from vnvaxmatch.records import Claim, Entry

__all__ = ["Looking"]

T = TypeVar("T")

_THREADS: Final = 4
_SOMEBODY: Final = Claim.read(
    name="Nguyễn Văn Mẫu", birth="10/11/1985", sex="Nam", id_number="001085000000"
)


class Looking:
    """Runs a matcher against a registry, in the event loop or in threads beside it.

    The exact matcher needs two look-ups of some 20 µs in a SQLite file: handing them to a thread
    would cost more than they do. Everything else goes to ``threads``, because weighing may take
    100 ms. What is not answered within ``timeout`` seconds is a
    :class:`~vnvaxmatch.errors.RegistryError`, and so is all else that a registry raises.
    """

    def __init__(
        self,
        registry: Registry | AsyncRegistry,
        *,
        by: Matcher,
        policy: Policy,
        threads: int | None = None,
        timeout: float = 10.0,
    ) -> None:
        self.registry = registry
        self.matcher = by
        self._policy = policy
        self._timeout = timeout
        if threads is None:
            quick = isinstance(by, Exact) and isinstance(registry, SQLiteRegistry)
            threads = 0 if quick or inspect.iscoroutinefunction(registry.find) else _THREADS
        self._probe = number_keys(_SOMEBODY)
        self._pool = ThreadPoolExecutor(threads, "vnvaxmatch") if threads else None

    async def look(self, claim: Claim, /) -> tuple[Verdict, Entry | None]:
        """Give the verdict, and the entry that it is about."""
        held = _Held(self.registry)
        if self._pool is None:
            verdict = await self._in_time(self._amatch(claim, held))
        else:
            loop = asyncio.get_running_loop()
            verdict = await self._in_time(
                loop.run_in_executor(self._pool, self._match, claim, held)
            )
        key = "" if verdict.evidence is None else verdict.evidence.entry_key
        return verdict, held.entries.get(key)

    async def run(self, call: Callable[[], T], /) -> T:
        """Call something that asks the registry, in the same way."""
        if self._pool is None:
            return call()
        loop = asyncio.get_running_loop()
        return await self._in_time(loop.run_in_executor(self._pool, call))

    async def is_there(self) -> bool:
        """Tell whether the registry answers, by asking it for some number."""
        held = _Held(self.registry)
        try:
            if self._pool is None:
                await self._in_time(_asked(held, self._probe))
            else:
                await self.run(partial(held.find, self._probe))
        except Exception:  # noqa: BLE001 - a registry with a bug is none, either
            return False
        return True

    async def warm_up(self) -> None:
        """Compare some claim, so that the first question does not wait for tables to be read."""
        with suppress(Exception):  # whether it is there is asked by whoever wants to know
            await self.look(_SOMEBODY)

    def close(self) -> None:
        """Let the threads go; what they still do is waited for."""
        if self._pool is not None:
            self._pool.shutdown()

    async def _amatch(self, claim: Claim, held: _Held) -> Verdict:
        return await amatch(claim, by=self.matcher, against=held, policy=self._policy)

    def _match(self, claim: Claim, held: _Held) -> Verdict:
        return match(claim, by=self.matcher, against=held, policy=self._policy)

    async def _in_time(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            raise RegistryError("the registry did not answer in time") from None


async def _asked(held: _Held, keys: Sequence[Key]) -> Found:
    found = held.find(keys)
    return found if isinstance(found, Found) else await found


class _Held:
    """A registry that remembers the entries it gave."""

    def __init__(self, registry: Registry | AsyncRegistry) -> None:
        self._registry = registry
        self.entries: dict[str, Entry] = {}

    def find(self, keys: Sequence[Key], /) -> Any:
        found = self._registry.find(keys)
        return self._seen(found) if isinstance(found, Found) else self._await(found)

    async def _await(self, found: Awaitable[Found]) -> Found:
        return self._seen(await found)

    def _seen(self, found: Found) -> Found:
        self.entries.update((entry.key, entry) for entry in found.entries)
        return found
