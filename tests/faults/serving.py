"""Servers of the tests' own on free ports of this computer, all in one thread with an event loop.

They know just enough of HTTP/1.1: bodies with Content-Length, and connections that stay open.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
import threading
from collections.abc import Awaitable, Iterator, Mapping

import attrs

__all__ = ["ECHO", "Asked", "Listener", "Reader", "Writer", "message", "reply", "serving"]

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
ECHO = "idempotency-key"


@attrs.frozen
class Asked:
    """A request: its head without the empty line, and its body."""

    head: bytes
    body: bytes

    @property
    def method(self) -> str:
        """GET or POST."""
        return self.head.split(b" ", 1)[0].decode()

    @property
    def path(self) -> str:
        """The path as it was sent."""
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return {name.lower(): value.strip() for name, _, value in pairs}

    @property
    def name(self) -> str:
        """What the client calls this question, the same each time that it asks it again."""
        return self.headers.get(ECHO, "")

    @property
    def digest(self) -> bytes:
        """What tells questions apart, whoever asks them and however often."""
        return hashlib.sha256(self.path.encode() + b"\0" + self.body).digest()


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

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", self.port, ssl=self.tls, backlog=512
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


async def message(reader: Reader) -> Asked:
    """Read a head and its body: a request, or a response."""
    head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
    found = head.lower().partition(b"\r\ncontent-length:")[2]
    assert found or b"transfer-encoding" not in head.lower(), "chunks are not understood here"
    return Asked(head, await reader.readexactly(int(found.split(b"\r\n")[0] or 0)))


def reply(
    status: int, body: bytes, headers: Mapping[str, str], *, asked: Asked, echoes: bool = True
) -> bytes:
    """Write a response, with the name of the question on it unless told otherwise."""
    named = {ECHO: asked.name} if echoes and asked.name else {}
    all_headers = {**headers, **named, "content-length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in all_headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + body


async def _end() -> None:
    """End what is still going on, such as a connection that was accepted at the last moment."""
    own = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not own]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)  # what was aborted is closed in the next rounds of the loop


@contextlib.contextmanager
def serving(*listeners: Listener) -> Iterator[asyncio.AbstractEventLoop]:
    """Run them in a thread."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # broken connections are what this is for
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(job: Awaitable[object]) -> None:
        asyncio.run_coroutine_threadsafe(job, loop).result(10)  # type: ignore[arg-type]

    try:
        for one in listeners:
            run(one.start())
        yield loop
    finally:
        for one in reversed(listeners):
            run(one.stop())
        run(_end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
