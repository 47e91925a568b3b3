"""What the servers of these tests know of HTTP/1.1.

It is just enough: bodies with Content-Length, and connections that stay open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import attrs

from tests.listening import Reader

__all__ = ["ECHO", "Asked", "message", "reply"]

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
