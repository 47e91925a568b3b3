"""Read the body of a request: whole, not too large, and in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from vnvaxmatch.server.services import Refusal, RefusalError

if TYPE_CHECKING:
    from starlette.types import Receive

__all__ = ["GoneError", "read_body"]

_DRAINED: Final = 16
"""So many times the limit is read and thrown away, so that the client lives to see the refusal."""


class GoneError(Exception):
    """The client went away before its request was whole. Stays within the server."""


async def read_body(receive: Receive, /, *, limit: int, timeout: float) -> bytes:
    """Read a body; RefusalError if it is too large, or takes more than ``timeout`` seconds."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise GoneError
                piece: bytes = message.get("body", b"")
                size += len(piece)
                if size <= limit:
                    pieces.append(piece)
                if not message.get("more_body", False) or size > limit * _DRAINED:
                    break
    except TimeoutError:
        raise RefusalError(Refusal.TOO_SLOW) from None
    if size > limit:
        raise RefusalError(Refusal.TOO_LARGE)
    return b"".join(pieces)
