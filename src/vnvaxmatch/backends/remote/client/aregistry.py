"""The registry that is asked over a network, by tasks of an event loop."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vnvaxmatch.backends.matching import amatch
from vnvaxmatch.backends.remote.client.acaller import AsyncCaller
from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.pool import Counts
from vnvaxmatch.backends.remote.client.transport import AsyncTransport
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.policy import Policy, Verdict, strict
from vnvaxmatch.records import Claim

if TYPE_CHECKING:
    from vnvaxmatch.backends.remote.codecs.protocol import Codec
    from vnvaxmatch.backends.remote.matcher import RemoteFlow

__all__ = ["AsyncRemoteRegistry"]


class AsyncRemoteRegistry:
    """A :class:`~vnvaxmatch.backends.remote.RemoteRegistry` whose answers are awaited.

    It belongs to the event loop in which it is first used.
    """

    def __init__(
        self,
        url: str,
        *,
        codec: Codec | str,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        transport: AsyncTransport | None = None,
        **options: Any,
    ) -> None:
        from vnvaxmatch.backends.remote.matcher import matcher_of

        self._matcher = matcher_of(codec)
        statuses = self._matcher.codec.statuses
        asking = Asking(url, answers=statuses, auth=auth, tls=tls, limits=limits, **options)
        self._caller = AsyncCaller(asking, transport=transport)

    def __repr__(self) -> str:
        return f"AsyncRemoteRegistry({self._caller.asking.address.host}, {self.name})"

    async def __aenter__(self) -> AsyncRemoteRegistry:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """Name and version of the matcher, as results record it."""
        return self._matcher.name

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._caller.asking.counts

    def flow(self, claim: Claim, /, *, policy: Policy) -> RemoteFlow:
        """Start the conversation that ends in a verdict."""
        return self._matcher.flow(claim, policy=policy)

    async def find(self, request: Request, /, *, name: str | None = None) -> Response:
        """Ask one question, as :meth:`RemoteRegistry.find` does."""
        return await self._caller.ask(request, name=name)

    def ask_many(
        self, requests: Iterable[Request], /, *, window: int | None = None
    ) -> AsyncIterator[Response | RegistryError]:
        """Ask many questions at a time, as :meth:`RemoteRegistry.ask_many` does."""
        return self._caller.many(requests, self._caller.ask, window=window)

    def match_many(
        self, claims: Iterable[Claim], /, *, policy: Policy = strict, window: int | None = None
    ) -> AsyncIterator[Verdict | RegistryError]:
        """Compare many claims at a time, lazily and in order, as :meth:`ask_many` asks."""

        async def matched(claim: Claim) -> Verdict:
            return await amatch(claim, by=self._matcher, against=self, policy=policy)

        return self._caller.many(claims, matched, window=window)

    async def probe(self) -> None:
        """Find out whether the registry can be asked, as :meth:`RemoteRegistry.probe` does."""
        await self._caller.probe()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()
