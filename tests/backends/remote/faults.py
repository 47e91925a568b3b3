"""A little HTTP server that answers as it is told, and a proxy before it that breaks things.

They know just enough of HTTP/1.1 for the tests: bodies with Content-Length, and connections that
stay open.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from enum import StrEnum

import attrs

from tests.listening import Listener, Reader, Writer

__all__ = ["Fault", "Proxy", "Reply", "Seen", "Stub"]


@attrs.frozen
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@attrs.frozen
class Reply:
    """What the server answers; ``raw`` instead of all the rest, if given."""

    status: int = 200
    body: bytes = b"true"
    headers: Mapping[str, str] = attrs.field(factory=dict)
    raw: bytes | None = None
    delay: float = 0.0

    def bytes_for(self, seen: Seen, *, echoes: bool) -> bytes:
        """Write it as HTTP."""
        if self.raw is not None:
            return self.raw
        headers = {"content-type": "application/json", "content-length": str(len(self.body))}
        if echoes and "idempotency-key" in seen.headers:
            headers["idempotency-key"] = seen.headers["idempotency-key"]
        lines = [f"{name}: {value}" for name, value in (headers | dict(self.headers)).items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} X", *lines, "", ""]).encode() + self.body


class Fault(StrEnum):
    """What the proxy does to one exchange."""

    NONE = "none"
    RESET = "reset"
    RESET_MID_BODY = "reset_mid_body"
    CLOSE = "close"
    TRUNCATE = "truncate"
    STALL = "stall"
    DRIP = "drip"
    GARBAGE = "garbage"
    DUPLICATE = "duplicate"
    DUPLICATE_LATE = "duplicate_late"
    SWAP = "swap"


class Stub(Listener):
    """An HTTP server: ``answer`` says what to reply to each request, in the order they came."""

    def __init__(
        self,
        answer: Callable[[Seen], Reply],
        *,
        tls: ssl.SSLContext | None = None,
        echoes: bool = True,
    ) -> None:
        super().__init__(tls=tls)
        self.answer = answer
        self.echoes = echoes
        self.seen: list[Seen] = []

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """Answer until the client goes."""
        while True:
            begun = await reader.readexactly(1)
            if begun == b"\x16":  # TLS, which is not spoken here
                writer.write(b"HTTP/1.1 400 X\r\n\r\n")
                await writer.drain()
                return
            head, body = await _message(reader, begun)
            first, *rest = head.decode("latin-1").split("\r\n")
            method, path, _ = first.split(" ")
            pairs = (line.partition(":") for line in rest if line)
            seen = Seen(method, path, {n.lower(): v.strip() for n, _, v in pairs}, body)
            self.seen.append(seen)
            reply = self.answer(seen)
            if reply.delay:
                await asyncio.sleep(reply.delay)
            writer.write(reply.bytes_for(seen, echoes=self.echoes))
            await writer.drain()
            if seen.headers.get("connection") == "close" or reply.raw is not None:
                return


class Proxy(Listener):
    """Stands before a server, and does to each exchange what ``faults`` says."""

    def __init__(self, upstream: Listener, faults: Callable[[Seen], Fault]) -> None:
        super().__init__()
        self._upstream = upstream
        self._faults = faults
        self._before = b""
        self.paths: list[str] = []

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """Carry exchanges until one side goes."""
        there, back = await asyncio.open_connection("127.0.0.1", self._upstream.port)
        try:
            while True:
                head, body = await _message(reader)
                line = head.decode("latin-1").split("\r\n")[0].split(" ")
                fault = self._faults(Seen(line[0], line[1], {}, body))
                self.paths.append(line[1])
                if fault is Fault.RESET:
                    return _reset(writer)
                if fault is Fault.CLOSE:
                    return None
                back.write(head + b"\r\n\r\n" + body)
                answer = b"\r\n\r\n".join(await _message(there))
                swapped, self._before = self._before, answer
                if not await _break(fault, answer, swapped, reader, writer):
                    return None
        finally:
            back.close()


async def _break(
    fault: Fault, answer: bytes, swapped: bytes, reader: Reader, writer: Writer
) -> bool:
    """Write an answer as the fault has it; whether the connection goes on."""
    if fault is Fault.RESET_MID_BODY:
        writer.write(answer[:-2])
        await writer.drain()
        await asyncio.sleep(0.005)
        _reset(writer)
        return False
    if fault is Fault.TRUNCATE:
        writer.write(answer[:-2])
        await writer.drain()
        return False
    if fault is Fault.STALL:
        await reader.read(1)
        return False
    if fault is Fault.GARBAGE:
        writer.write(b"\x16\x03\x01\x00\x00 this is no HTTP at all\r\n\r\n")
        await writer.drain()
        return False
    if fault is Fault.DRIP:
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)
        return True
    if fault is Fault.SWAP:
        answer = swapped or answer
    writer.write(answer * 2 if fault is Fault.DUPLICATE else answer)
    await writer.drain()
    if fault is Fault.DUPLICATE_LATE:
        await asyncio.sleep(0.002)
        writer.write(answer)
        await writer.drain()
    return True


async def _message(reader: Reader, begun: bytes = b"") -> tuple[bytes, bytes]:
    """Read a head and its body."""
    head = begun + (await reader.readuntil(b"\r\n\r\n"))[:-4]
    lines = head.decode("latin-1").lower().split("\r\n")
    lengths = [int(line.split(":")[1]) for line in lines if line.startswith("content-length:")]
    return head, await reader.readexactly(lengths[0]) if lengths else b""


def _reset(writer: Writer) -> None:
    transport = writer.transport
    transport.abort()
