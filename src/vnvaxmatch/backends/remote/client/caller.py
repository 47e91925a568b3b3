"""Asks by threads: moves calls, waits for their turns and keeps their answers in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeAlias

from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import no_token
from vnvaxmatch.backends.remote.client.brakes import FOREVER
from vnvaxmatch.backends.remote.client.calls import Call, Refresh, Reply, Send, Wait, turn
from vnvaxmatch.backends.remote.client.ordering import Stop, by_threads
from vnvaxmatch.backends.remote.client.probing import judge_probe
from vnvaxmatch.backends.remote.client.transport import Transport
from vnvaxmatch.backends.remote.status import UNDETERMINED
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import NotAuthorisedError, RegistryError

__all__ = ["Ask", "Caller"]

Ask: TypeAlias = Callable[[Request], Response]
"""Asks one question, until there is an answer or an error."""

_NEVER: Stop = lambda: False  # noqa: E731  # so that a call of its own need not say it


class _Stopped(Exception):  # noqa: N818  # no error: whoever asked is not interested any more
    """The results are not wanted any more."""


class Caller:
    """Asks whatever the protocol is, within the settings of an :class:`Asking`.

    It may be used by many threads. Without a ``transport`` it makes its own.
    """

    def __init__(self, asking: Asking, /, *, transport: Transport | None) -> None:
        self.asking = asking
        self._changed = threading.Condition()
        self._stirs = 0
        self._renewing = threading.Lock()
        self._transport = transport if transport is not None else self._own_transport()

    def ask(self, request: Request, /, *, name: str | None = None, stop: Stop = _NEVER) -> Response:
        """Ask one question; ``name`` tells it from others when it is asked again."""
        return self._drive(self.asking.call(request, name=name), stop)

    def many(
        self, items: Iterable[Any], work: Callable[[Any, Ask], Any], /, *, window: int | None
    ) -> Generator[Any, None, None]:
        """Do work that asks for many items at a time, lazily; the results come in their order.

        At most ``window`` items are taken ahead. In place of a result stands the error of a
        question that stays undetermined; any other error is raised in its place, and ends it all.
        """
        width = self.asking.limits.in_flight
        return by_threads(
            items,
            lambda item, stop: self._tried(work, item, stop),
            turn=self._turn,
            wake=self._wake,
            width=width,
            window=max(width, window or 16 * width),
        )

    def probe(self) -> None:
        """Find out whether the registry can be asked, and ask about nobody."""
        asking = self.asking
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

        asking = self.asking
        return ThreadTransport(
            asking.address,
            tls=asking.tls,
            body_limit=asking.limits.body_limit,
            keep_alive=asking.keep_alive,
        )

    def _tried(self, work: Callable[[Any, Ask], Any], item: Any, stop: Stop) -> Any:
        try:
            return work(item, lambda request: self.ask(request, stop=stop))
        except UNDETERMINED as error:
            return error.with_traceback(None)  # which would keep what was asked

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
        if self.asking.pool.stirred:
            self.asking.pool.stirred = False
            self._stirs += 1
            self._changed.notify_all()
        return self._stirs

    def _send(self, step: Send) -> Any:
        return self._transport.send(self.asking.signed(step), timeout=step.timeout)

    def _wait(self, step: Wait, seen: int, stop: Stop) -> None:
        clock = self.asking.pool.clock
        with self._changed:
            while not stop():
                left = step.until - clock()
                if left <= 0 or (step.wakeable and self._stirs != seen):
                    return
                self._changed.wait(None if left == FOREVER else left)
        raise _Stopped

    def _turn(self, place: int, stop: Stop) -> None:
        pool = self.asking.pool
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
        auth = self.asking.auth
        assert auth is not None
        with self._renewing:
            if auth.generation != generation:
                return True  # another call was faster
            try:
                renewed = auth.refresh()
            except RegistryError as error:
                raise error from None  # what it was made of could hold a secret
            except Exception as error:  # noqa: BLE001  # whatever it is, its text is not ours
                name = type(error).__name__
            else:
                if isinstance(renewed, bool):
                    return renewed
                raise NotAuthorisedError(
                    "the token is given asynchronously: use AsyncRemoteRegistry, or give it "
                    "directly"
                )
        raise no_token(name)
