"""The registry that is asked over a network, by threads."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from vnvaxmatch.backends.matching import match
from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.caller import Ask, Caller
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.pool import Counts
from vnvaxmatch.backends.remote.client.transport import Transport
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.policy import Policy, Verdict, strict
from vnvaxmatch.records import Claim

if TYPE_CHECKING:
    from vnvaxmatch.backends.remote.codecs.protocol import Codec
    from vnvaxmatch.backends.remote.matcher import RemoteFlow

__all__ = ["RemoteRegistry"]


class RemoteRegistry:
    """Somebody else's registry, asked over https: a matcher and its registry in one.

    It may be used by many threads. Close it, or use it in a ``with`` statement. ``codec`` is one,
    or its name. The options are those of
    :class:`~vnvaxmatch.backends.remote.client.asking.Asking`: ``auth`` says who asks, ``tls`` is a
    context as :func:`~vnvaxmatch.backends.remote.tls_context` makes, ``limits`` say how fast and
    how patiently. A network is touched only by :meth:`probe`, :meth:`find` and what calls them. No
    proxy is taken from the environment.
    """

    def __init__(
        self,
        url: str,
        *,
        codec: Codec | str,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        transport: Transport | None = None,
        **options: Any,
    ) -> None:
        from vnvaxmatch.backends.remote.matcher import matcher_of

        self._matcher = matcher_of(codec)
        statuses = self._matcher.codec.statuses
        asking = Asking(url, answers=statuses, auth=auth, tls=tls, limits=limits, **options)
        self._caller = Caller(asking, transport=transport)

    def __repr__(self) -> str:
        return f"RemoteRegistry({self._caller.asking.address.host}, {self.name})"

    def __enter__(self) -> RemoteRegistry:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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

    def find(self, request: Request, /, *, name: str | None = None) -> Response:
        """Ask one question; ``name`` tells it from others when it is asked again.

        Raises :class:`~vnvaxmatch.errors.UnreachableError` if nobody answers within the limits, and
        another :class:`~vnvaxmatch.errors.RegistryError` where asking on is of no use.
        """
        return self._caller.ask(request, name=name)

    def ask_many(
        self, requests: Iterable[Request], /, *, window: int | None = None
    ) -> Iterator[Response | RegistryError]:
        """Ask many questions at a time, lazily; the responses come in the order of the questions.

        At most ``window`` are taken ahead. In place of a response stands the error of one that
        stays undetermined; any other error is raised in its place, and ends the run.
        """
        return self._caller.many(requests, lambda request, ask: ask(request), window=window)

    def match_many(
        self, claims: Iterable[Claim], /, *, policy: Policy = strict, window: int | None = None
    ) -> Iterator[Verdict | RegistryError]:
        """Compare many claims at a time, lazily and in order, as :meth:`ask_many` asks."""

        def matched(claim: Claim, ask: Ask) -> Verdict:
            return match(claim, by=self._matcher, against=_Asked(ask), policy=policy)

        return self._caller.many(claims, matched, window=window)

    def probe(self) -> None:
        """Find out, once and before a run, whether the registry can be asked; ask about nobody.

        Raises the error that says what is in the way and what to do.
        """
        self._caller.probe()

    def close(self) -> None:
        """Close all connections."""
        self._caller.close()


@attrs.frozen
class _Asked:
    """A registry that is asked by a function."""

    find: Ask
