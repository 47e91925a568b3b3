"""The registry that is asked over a network, by threads."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.brakes import FOREVER
from vnvaxmatch.backends.remote.client.calls import Call, Refresh, Reply, Send, Wait, turn
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.ordering import Stop, by_threads
from vnvaxmatch.backends.remote.client.pool import Counts
from vnvaxmatch.backends.remote.client.probing import judge_probe
from vnvaxmatch.backends.remote.client.transport import Transport
from vnvaxmatch.backends.remote.status import UNDETERMINED
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import NotAuthorisedError, RegistryError
from vnvaxmatch.policy import Policy, Verdict, strict
from vnvaxmatch.records import Claim

if TYPE_CHECKING:
    from vnvaxmatch.backends.remote.codecs.protocol import Codec

__all__ = ["RemoteRegistry"]

_NEVER: Stop = lambda: False  # noqa: E731  # so that a call of its own need not say it


class _Stopped(Exception):  # noqa: N818  # no error: whoever asked is not interested any more
    """The results are not wanted any more."""


class RemoteRegistry:
    """Somebody else's registry, asked over https: a matcher and its registry in one.

    It may be used by many threads. Close it, or use it in a ``with`` statement. The options are
    those of :class:`~vnvaxmatch.backends.remote.client.asking.Asking`: ``auth`` says who asks,
    ``tls`` is a context as :func:`~vnvaxmatch.backends.remote.tls_context` makes, ``limits`` say
    how fast and how patiently. A network is touched only by :meth:`probe`, :meth:`find` and what
    calls them. No proxy is taken from the environment.
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
        self._asking = Asking(url, codec=codec, auth=auth, tls=tls, limits=limits, **options)
        self._changed = threading.Condition()
        self._stirs = 0
        self._renewing = threading.Lock()
        self._transport = transport if transport is not None else self._own_transport()

    def __repr__(self) -> str:
        return f"RemoteRegistry({self._asking.address.host}, {self.name})"

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
        return self._asking.matcher.name

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._asking.counts

    def flow(self, claim: Claim, /, *, policy: Policy) -> Any:
        """Start the conversation that ends in a verdict."""
        return self._asking.matcher.flow(claim, policy=policy)

    def find(self, request: Request, /, *, name: str | None = None) -> Response:
        """Ask one question; ``name`` tells it from others when it is asked again.

        Raises :class:`~vnvaxmatch.errors.UnreachableError` if nobody answers within the limits, and
        another :class:`~vnvaxmatch.errors.RegistryError` where asking on is of no use.
        """
        return self._drive(self._asking.call(request, name=name), _NEVER)

    def ask_many(
        self, requests: Iterable[Request], /, *, window: int | None = None
    ) -> Iterator[Response | RegistryError]:
        """Ask many questions at a time, lazily; the responses come in the order of the questions.

        At most ``window`` are taken ahead. In place of a response stands the error of one that
        stays undetermined; any other error is raised in its place, and ends the run.
        """
        return self._many(
            requests,
            lambda request, stop: self._drive(self._asking.call(request, name=None), stop),
            window,
        )

    def match_many(
        self, claims: Iterable[Claim], /, *, policy: Policy = strict, window: int | None = None
    ) -> Iterator[Verdict | RegistryError]:
        """Compare many claims at a time, lazily and in order, as :meth:`ask_many` asks."""
        return self._many(claims, lambda claim, stop: self._match(claim, policy, stop), window)

    def probe(self) -> None:
        """Find out, once and before a run, whether the registry can be asked; ask about nobody.

        Raises the error that says what is in the way and what to do.
        """
        asking = self._asking
        if asking.auth is not None and not asking.auth.generation:
            self._refresh(0)
        send = Send(asking.probing(), asking.limits.attempt_timeout)
        reply = self._send(send)
        renew = isinstance(reply, Response) and reply.status == 401 and asking.auth is not None
        if renew and self._refresh(asking.auth.generation):  # type: ignore[union-attr]
            reply = self._send(send)
        judge_probe(reply, asking.address, context=asking.tls)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _own_transport(self) -> Transport:
        from vnvaxmatch.backends.remote.client.threads import ThreadTransport

        asking = self._asking
        return ThreadTransport(
            asking.address,
            tls=asking.tls,
            body_limit=asking.limits.body_limit,
            keep_alive=asking.keep_alive,
        )

    def _many(
        self, items: Iterable[Any], work: Callable[[Any, Stop], Any], window: int | None
    ) -> Generator[Any, None, None]:
        width = self._asking.limits.in_flight
        return by_threads(
            items,
            lambda item, stop: _tried(work, item, stop),
            turn=self._turn,
            wake=self._wake,
            width=width,
            window=max(width, window or 16 * width),
        )

    def _match(self, claim: Claim, policy: Policy, stop: Stop) -> Verdict:
        flow = self.flow(claim, policy=policy)
        try:
            request = next(flow)
            while True:
                request = flow.send(self._drive(self._asking.call(request, name=None), stop))
        except StopIteration as done:
            verdict: Verdict = done.value
            return verdict

    def _drive(self, call: Call, stop: Stop) -> Response:
        """Move a call to its end; the lock is held while it moves, and never while it waits."""
        reply: Reply = None
        try:
            while True:
                with self._changed:
                    step = call.send(reply)
                    seen = self._stir()
                if type(step) is Send:
                    reply = self._send(step)
                elif type(step) is Wait:
                    reply = None
                    self._wait(step, seen, stop)
                elif type(step) is Refresh:
                    reply = self._refresh(step.generation)
        except StopIteration as done:
            response: Response = done.value
            return response
        finally:
            with self._changed:
                call.close()
                self._stir()

    def _stir(self) -> int:
        """Wake those that wait, if there is reason to, and give how often there was."""
        if self._asking.pool.stirred:
            self._asking.pool.stirred = False
            self._stirs += 1
            self._changed.notify_all()
        return self._stirs

    def _send(self, step: Send) -> Any:
        return self._transport.send(self._asking.signed(step), timeout=step.timeout)

    def _wait(self, step: Wait, seen: int, stop: Stop) -> None:
        clock = self._asking.pool.clock
        with self._changed:
            while not stop():
                left = step.until - clock()
                if left <= 0 or (step.wakeable and self._stirs != seen):
                    return
                self._changed.wait(None if left == FOREVER else left)
        raise _Stopped

    def _turn(self, place: int, stop: Stop) -> None:
        pool = self._asking.pool
        if not pool.until_turn(pool.clock(), place=place):
            return
        waits = turn(pool, place=place)
        while True:
            with self._changed:
                step, seen = next(waits, None), self._stirs
            if step is None:
                return
            try:
                self._wait(step, seen, stop)
            except _Stopped:
                return

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _refresh(self, generation: int) -> bool:
        auth = self._asking.auth
        assert auth is not None
        with self._renewing:
            if auth.generation != generation:
                return True  # another call was faster
            try:
                renewed = auth.refresh()
            except RegistryError:
                raise
            except Exception as error:
                raise NotAuthorisedError(
                    f"no token could be had ({type(error).__name__}): check what gives the tokens"
                ) from error
        if not isinstance(renewed, bool):
            raise NotAuthorisedError(
                "the token is given asynchronously: use AsyncRemoteRegistry, or give it directly"
            )
        return renewed


def _tried(work: Callable[[Any, Stop], Any], item: Any, stop: Stop) -> Any:
    try:
        return work(item, stop)
    except UNDETERMINED as error:
        return error.with_traceback(None)  # which would keep what was asked
