"""Asks by tasks of an event loop, as :mod:`.caller` does by threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.client.auth import no_token
from vnvaxmatch.backends.remote.client.brakes import FOREVER
from vnvaxmatch.backends.remote.client.calls import Refresh, Reply, Send, Wait, turn
from vnvaxmatch.backends.remote.client.ordering import by_tasks
from vnvaxmatch.backends.remote.client.probing import judge_probe
from vnvaxmatch.backends.remote.client.transport import AsyncTransport
from vnvaxmatch.backends.remote.status import UNDETERMINED
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import RegistryError

__all__ = ["AsyncCaller"]


class AsyncCaller:
    """A :class:`~vnvaxmatch.backends.remote.client.caller.Caller` whose answers are awaited.

    It belongs to the event loop in which it is first used.
    """

    def __init__(self, asking: Asking, /, *, transport: AsyncTransport | None) -> None:
        self.asking = asking
        self._waiting: list[asyncio.Future[None]] = []
        self._renewing = asyncio.Lock()
        self._transport = transport if transport is not None else self._own_transport()

    async def ask(self, request: Request, /, *, name: str | None = None) -> Response:
        """Ask one question, as :meth:`.caller.Caller.ask` does."""
        call, pool = self.asking.call(request, name=name), self.asking.pool
        reply: Reply = None
        try:
            while True:
                step = call.send(reply)
                if pool.stirred:
                    self._stir()
                if type(step) is Send:
                    asked = self.asking.signed(step)
                    reply = await self._transport.send(asked, timeout=step.timeout)
                elif type(step) is Wait:
                    reply = None
                    await self._wait(step)
                elif type(step) is Refresh:
                    reply = await self._refresh(step.generation)
        except StopIteration as done:
            response: Response = done.value
            return response
        finally:
            call.close()
            self._stir()

    def many(
        self, items: Iterable[Any], work: Callable[[Any], Awaitable[Any]], /, *, window: int | None
    ) -> AsyncGenerator[Any, None]:
        """Do work that asks for many items at a time, as :meth:`.caller.Caller.many` does."""

        async def tried(item: Any) -> Any:
            try:
                return await work(item)
            except UNDETERMINED as error:
                return error.with_traceback(None)  # which would keep what was asked

        width = self.asking.limits.in_flight
        return by_tasks(
            items, tried, turn=self._turn, width=width, window=max(width, window or 16 * width)
        )

    async def probe(self) -> None:
        """Find out whether the registry can be asked, and ask about nobody."""
        asking = self.asking
        if asking.auth is not None and not asking.auth.generation:
            await self._refresh(0)
        send = Send(asking.probing(), asking.limits.attempt_timeout)
        reply = await self._send(send)
        renew = isinstance(reply, Response) and reply.status == 401 and asking.auth is not None
        if renew and await self._refresh(asking.auth.generation):  # type: ignore[union-attr]
            reply = await self._send(send)
        await asyncio.to_thread(judge_probe, reply, asking.address, context=asking.tls)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    def _own_transport(self) -> AsyncTransport:
        from vnvaxmatch.backends.remote.client.loop import LoopTransport

        asking = self.asking
        return LoopTransport(
            asking.address,
            tls=asking.tls,
            body_limit=asking.limits.body_limit,
            in_flight=asking.limits.in_flight,
            keep_alive=asking.keep_alive,
        )

    def _stir(self) -> None:
        """Wake those that wait, if there is reason to."""
        if self.asking.pool.stirred:
            self.asking.pool.stirred = False
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                if not one.done():
                    one.set_result(None)

    async def _send(self, step: Send) -> Any:
        return await self._transport.send(self.asking.signed(step), timeout=step.timeout)

    async def _wait(self, step: Wait) -> None:
        left = step.until - self.asking.pool.clock()
        if not step.wakeable:
            await asyncio.sleep(left)
            return
        stirred = asyncio.get_running_loop().create_future()
        self._waiting.append(stirred)
        try:
            async with asyncio.timeout(None if left == FOREVER else max(0.0, left)):
                await stirred
        except TimeoutError:
            pass

    def _turn(self, place: int) -> Awaitable[None] | None:
        pool = self.asking.pool
        return self._wait_turn(place) if pool.until_turn(pool.clock(), place=place) else None

    async def _wait_turn(self, place: int) -> None:
        for step in turn(self.asking.pool, place=place):
            await self._wait(step)

    async def _refresh(self, generation: int) -> bool:
        auth = self.asking.auth
        assert auth is not None
        async with self._renewing:
            if auth.generation != generation:
                return True  # another call was faster
            try:
                renewed = await asyncio.to_thread(auth.refresh)
                return renewed if isinstance(renewed, bool) else await renewed
            except RegistryError as error:
                raise error from None  # what it was made of could hold a secret
            except Exception as error:  # noqa: BLE001  # whatever it is, its text is not ours
                name = type(error).__name__
        raise no_token(name)
