"""A proxy that stands between a client and a registry, and breaks things after a seeded schedule.

It ends TLS, so that it can show any certificate, and carries whole exchanges, so that it can do to
each what a network, a gateway or a registry in trouble does.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import attrs

from tests.listening import Listener, Reader, Writer

from .serving import Asked, message, reply

__all__ = ["CERTIFICATES", "UNREADABLE", "Certificates", "Fault", "Proxy", "Schedule"]


class Fault(StrEnum):
    """What is done to one exchange."""

    REFUSED = "connection refused"
    NO_NAME = "DNS failure"  # by the client's transport, not by the proxy: see asking.py
    RESET = "reset before the question is passed on"
    RESET_MID_BODY = "reset mid-body"
    CLOSED = "closed without an answer"
    CUT_OFF = "fewer bytes than announced"
    STALL = "stall"
    STALL_MID_BODY = "stall mid-body"
    DRIP = "slow drip"
    GARBAGE = "something that is not HTTP"
    S429 = "429"
    S429_WAIT = "429 with Retry-After"
    S500 = "500"
    S503_WAIT = "503 with Retry-After"
    BURST_500 = "burst of 500"
    BURST_503 = "burst of 503"
    PAGE = "200 with an error page"
    LYING_PAGE = "200 with an error page that says it is an answer"
    EMPTY = "200 with nothing"
    TRUNCATED = "truncated text in a whole body"
    DUPLICATE = "answer twice"
    DUPLICATE_LATE = "answer twice, the second late"
    REORDERED = "answers reordered"
    WRONG_HOST = "certificate of another host"
    UNTRUSTED = "certificate of an unknown authority"
    EXPIRED = "expired certificate"


CERTIFICATES = (Fault.WRONG_HOST, Fault.UNTRUSTED, Fault.EXPIRED)
"""After these nobody must ask on: what answers is not the registry, as far as one can tell."""

UNREADABLE = (Fault.LYING_PAGE, Fault.EMPTY, Fault.TRUNCATED)
"""After these the question stays undetermined without asking again: it was answered, badly."""

_STATUSES: Mapping[Fault, tuple[int, Mapping[str, str]]] = {
    Fault.S429: (429, {}),
    Fault.S429_WAIT: (429, {"retry-after": "0.03"}),
    Fault.S500: (500, {}),
    Fault.S503_WAIT: (503, {"retry-after": "0.03"}),
    Fault.BURST_500: (500, {}),
    Fault.BURST_503: (503, {}),
}
_ENDS = (Fault.RESET_MID_BODY, Fault.CUT_OFF, Fault.STALL, Fault.STALL_MID_BODY, Fault.GARBAGE)
_BURST = 4
_OUTAGE = 0.03
_PAGE = b"<!DOCTYPE html><html><title>true</title><body>Service temporarily true</body></html>"
_NOT_HTTP = b"\x16\x03\x01\x00\x00 this is no HTTP at all\r\n\r\n"


@attrs.frozen
class Schedule:
    """Which attempt at which question meets which fault: the same again for the same seed.

    ``share`` of the attempts do, up to the one numbered ``until`` (from 0) of each question.
    """

    faults: Sequence[Fault]
    seed: str = ""
    share: float = 1 / 3
    until: int = 1_000_000

    def at(self, asked: bytes, attempt: int, /) -> Fault | None:
        """Give the fault, if there is one."""
        if attempt >= self.until or not self.faults:
            return None
        text = b"\0".join((self.seed.encode(), asked, str(attempt).encode()))
        drawn = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
        if drawn / 2**64 >= self.share:
            return None
        return self.faults[drawn % len(self.faults)]


@attrs.frozen
class Certificates:
    """The context of a server for each certificate it may show."""

    right: ssl.SSLContext
    wrong: Mapping[Fault, ssl.SSLContext]


class Proxy(Listener):
    """Stands before a registry on a ``port`` of this computer, without TLS.

    ``asked`` counts how often each question came, by the name that the client gives it; ``names``
    which names each question had; ``met`` the faults that were met.
    """

    def __init__(
        self,
        port: Callable[[], int],
        /,
        *,
        schedule: Schedule,
        certificates: Certificates | None = None,
    ) -> None:
        super().__init__(tls=certificates.right if certificates else None)
        self._upstream = port
        self._schedule = schedule
        self._certificates = certificates
        self._shows: Fault | None = None
        self._burst: list[Fault] = []
        self._kept = b""
        self._outage: asyncio.Task[None] | None = None
        self._attempts: Counter[bytes] = Counter()
        self.asked: Counter[str] = Counter()
        self.names: dict[bytes, set[str]] = {}
        self.met: Counter[Fault] = Counter()
        if self.tls is not None:
            self.tls.sni_callback = self._show

    def calm(self) -> None:
        """Break nothing any more."""
        self._schedule = Schedule(())
        self._burst = []

    def _show(self, secure: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        assert self._certificates is not None
        if self._shows is not None:
            secure.context = self._certificates.wrong[self._shows]

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """Carry exchanges until one side goes."""
        there, back = await asyncio.open_connection("127.0.0.1", self._upstream())
        try:
            while True:
                asked = await message(reader)
                fault = self._fault(asked)
                if fault is None:
                    answer = await self._answer(asked, there, back)
                    writer.write(answer.head + b"\r\n\r\n" + answer.body)
                    await writer.drain()
                elif not await self._before(fault, asked, writer):
                    answer = await self._answer(asked, there, back)
                    if not await self._after(fault, answer, reader, writer):
                        return
                elif fault not in _STATUSES:
                    return
        finally:
            back.close()

    def _fault(self, asked: Asked) -> Fault | None:
        if asked.method != "POST":
            return None  # a probe
        digest = asked.digest
        self.asked[asked.name] += 1
        self.names.setdefault(digest, set()).add(asked.name)
        attempt = self._attempts[digest]
        self._attempts[digest] += 1
        fault = self._schedule.at(digest, attempt)
        if fault is Fault.NO_NAME:
            return None
        if self._burst:
            fault = self._burst.pop()
        elif fault in (Fault.BURST_500, Fault.BURST_503):
            self._burst = [fault] * (_BURST - 1)
        if fault is not None:
            self.met[fault] += 1
        return fault

    async def _answer(self, asked: Asked, there: Reader, back: Writer) -> Asked:
        back.write(asked.head + b"\r\n\r\n" + asked.body)
        await back.drain()
        return await message(there)

    async def _before(self, fault: Fault, asked: Asked, writer: Writer) -> bool:
        """Do what keeps the question from the registry; False if it is to be passed on."""
        if fault in _STATUSES:
            status, headers = _STATUSES[fault]
            kind = {"content-type": "text/plain"}
            writer.write(reply(status, b"busy", {**kind, **headers}, asked=asked))
            await writer.drain()
        elif fault is Fault.RESET:
            _reset(writer)
        elif fault is Fault.REFUSED:
            _reset(writer)
            self.shut()
            self._outage = asyncio.create_task(self._reopen())
        elif fault in CERTIFICATES:
            self._shows = fault  # from now on, and nobody keeps a connection from before
            for task in self._tasks:
                task.cancel()
        else:
            return fault is Fault.CLOSED
        return True

    async def _reopen(self) -> None:
        """End an outage; the port may be somebody's for a moment, who connects from it."""
        await asyncio.sleep(_OUTAGE)
        while self._server is not None and not self._server.is_serving():
            try:
                await self.start()
            except OSError:
                await asyncio.sleep(_OUTAGE)

    async def stop(self) -> None:
        """Stop for good."""
        if self._outage is not None:
            self._outage.cancel()
        await super().stop()

    async def _after(self, fault: Fault, answer: Asked, reader: Reader, writer: Writer) -> bool:
        """Pass an answer on as the fault has it; whether the connection goes on."""
        whole = answer.head + b"\r\n\r\n" + answer.body
        if fault in _ENDS:
            await self._break_off(fault, whole, reader, writer)
            return False
        if fault is Fault.DRIP:
            for byte in whole:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)
            return True
        if fault is Fault.REORDERED:
            whole, self._kept = self._kept or whole, whole
        writer.write(_changed(fault, answer) or whole)
        await writer.drain()
        if fault is Fault.DUPLICATE_LATE:
            await asyncio.sleep(0.002)
            writer.write(whole)
            await writer.drain()
        return True

    async def _break_off(self, fault: Fault, whole: bytes, reader: Reader, writer: Writer) -> None:
        """Give less than an answer, or something else."""
        if fault is not Fault.STALL:
            writer.write(_NOT_HTTP if fault is Fault.GARBAGE else whole[:-1])
            await writer.drain()
        if fault in (Fault.STALL, Fault.STALL_MID_BODY):
            await reader.read(1)
        elif fault is Fault.RESET_MID_BODY:
            await asyncio.sleep(0.005)
            _reset(writer)


def _changed(fault: Fault, answer: Asked) -> bytes:
    """Give an answer that says something else; nothing where the fault leaves it as it is."""
    match fault:
        case Fault.PAGE:
            return _with(answer, _PAGE, kind=b"text/html; charset=utf-8")
        case Fault.LYING_PAGE:
            return _with(answer, _PAGE)
        case Fault.EMPTY:
            return _with(answer, b"")
        case Fault.TRUNCATED:
            return _with(answer, answer.body[: len(answer.body) // 2])
        case Fault.DUPLICATE:
            whole = answer.head + b"\r\n\r\n" + answer.body
            return whole + whole
        case _:
            return b""


def _with(answer: Asked, body: bytes, *, kind: bytes | None = None) -> bytes:
    """Give an answer with another body."""
    lines = [
        line
        for line in answer.head.split(b"\r\n")
        if not line.lower().startswith(b"content-length:")
        and not (kind and line.lower().startswith(b"content-type:"))
    ]
    lines += [b"content-length: %d" % len(body), *([b"content-type: " + kind] if kind else ())]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _reset(writer: Writer) -> None:
    """End a connection so that the other side sees a reset."""
    bare = writer.get_extra_info("socket")
    if bare is not None:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
