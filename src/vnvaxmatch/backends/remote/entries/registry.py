"""A registry of one's own body, asked for its entries over a network."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import attrs

from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.backends.remote.client.acaller import AsyncCaller
from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.caller import Caller
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.pool import Counts
from vnvaxmatch.backends.remote.client.transport import AsyncTransport, Transport
from vnvaxmatch.backends.remote.entries.protocol import (
    BODY_LIMIT,
    STATUSES,
    ask_find,
    ask_frequencies,
    read_found,
    read_frequencies,
)
from vnvaxmatch.blocking import Key
from vnvaxmatch.model.frequencies import Frequencies

__all__ = ["AsyncRemoteEntries", "RemoteEntries"]


class RemoteEntries:
    """The entries of a registry somewhere else: a :class:`~vnvaxmatch.CountedRegistry`.

    The other side hands out whole people, so it must be the body that we belong to. All matchers
    run against it, the fuzzy one too, and come to what they come to beside the registry.

    It may be used by many threads. Close it, or use it in a ``with`` statement. Options and errors
    are those of :class:`~vnvaxmatch.backends.remote.RemoteRegistry`, but that an answer may have
    16 MB where ``limits`` say less.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        transport: Transport | None = None,
        **options: Any,
    ) -> None:
        asking = _asking(url, auth=auth, tls=tls, limits=limits, **options)
        self._caller = Caller(asking, transport=transport)

    def __repr__(self) -> str:
        return f"RemoteEntries({self._caller.asking.address.host})"

    def __enter__(self) -> RemoteEntries:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._caller.asking.counts

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys; without keys nobody is asked."""
        return read_found(self._caller.ask(ask_find(keys)), keys) if keys else Found()

    def frequencies(self) -> Frequencies:
        """Give the counts of names and birth dates; those of the nation where it has none."""
        return read_frequencies(self._caller.ask(ask_frequencies()))

    def probe(self) -> None:
        """Find out, once and before a run, whether the registry can be asked; ask about nobody."""
        self._caller.probe()

    def close(self) -> None:
        """Close all connections."""
        self._caller.close()


class AsyncRemoteEntries:
    """A :class:`RemoteEntries` whose answers are awaited.

    It belongs to the event loop in which it is first used. A matcher that weighs is given the
    counts, ``Fuzzy(frequencies=await registry.frequencies())``, for it cannot await them.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        transport: AsyncTransport | None = None,
        **options: Any,
    ) -> None:
        asking = _asking(url, auth=auth, tls=tls, limits=limits, **options)
        self._caller = AsyncCaller(asking, transport=transport)

    def __repr__(self) -> str:
        return f"AsyncRemoteEntries({self._caller.asking.address.host})"

    async def __aenter__(self) -> AsyncRemoteEntries:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._caller.asking.counts

    async def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys; without keys nobody is asked."""
        return read_found(await self._caller.ask(ask_find(keys)), keys) if keys else Found()

    async def frequencies(self) -> Frequencies:
        """Give the counts of names and birth dates, as :meth:`RemoteEntries.frequencies` does."""
        return read_frequencies(await self._caller.ask(ask_frequencies()))

    async def probe(self) -> None:
        """Find out whether the registry can be asked, as :meth:`RemoteEntries.probe` does."""
        await self._caller.probe()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()


def _asking(url: str, *, limits: Limits | None, **options: Any) -> Asking:
    limits = limits or Limits()
    body_limit = max(limits.body_limit, BODY_LIMIT)
    return Asking(
        url, answers=STATUSES, limits=attrs.evolve(limits, body_limit=body_limit), **options
    )
