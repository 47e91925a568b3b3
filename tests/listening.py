"""Servers of the tests' own on free ports of this computer, all in one thread with an event loop.

What they say is theirs: :mod:`tests.faults` and :mod:`tests.backends.remote` speak HTTP by them.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator

__all__ = ["Listener", "Reader", "Writer", "serving"]

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Listener:
    """Something that listens, until it is stopped."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.port = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen, on the port of before if there was one, unless another is given."""
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", port or self.port, ssl=self.tls, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Stop listening and drop all connections: from now on, nobody listens there."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Shut, and wait until all has ended."""
        self.shut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self.talk(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """Serve one connection."""
        raise NotImplementedError


async def _end() -> None:
    """End what is still going on, such as a connection that was accepted at the last moment."""
    own = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not own]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)  # what was aborted is closed in the next rounds of the loop


@contextlib.contextmanager
def serving(*listeners: Listener) -> Iterator[Callable[[Awaitable[object]], object]]:
    """Run them in a thread; gives a function that runs something in their loop."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # broken connections are what this is for
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(job: Awaitable[object]) -> object:
        return asyncio.run_coroutine_threadsafe(job, loop).result(10)  # type: ignore[arg-type]

    try:
        for one in listeners:
            run(one.start())
        yield run
    finally:
        for one in reversed(listeners):
            run(one.stop())
        run(_end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
