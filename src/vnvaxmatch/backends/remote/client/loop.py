"""The transport for an event loop: aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Final

from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.tls import failure_of
from vnvaxmatch.backends.remote.status import Failure
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import MissingExtraError

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise MissingExtraError("remote") from error

__all__ = ["LoopTransport"]

_CAUGHT: Final = (OSError, EOFError, ValueError, aiohttp.ClientError)
_BROKE_OFF: Final = (
    aiohttp.ServerDisconnectedError,
    aiohttp.ClientOSError,
    aiohttp.ClientPayloadError,
    aiohttp.ClientConnectionError,
)


class _Connector(aiohttp.TCPConnector):
    """Never takes an idle connection on which something came that nobody asked for.

    aiohttp would give it as the answer to the next question: somebody else's.
    """

    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        while True:
            connection = await super().connect(*args, **kwargs)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()


class LoopTransport:
    """A :class:`~vnvaxmatch.backends.remote.AsyncTransport` on aiohttp.

    It belongs to the event loop in which it is first used.
    """

    def __init__(
        self, address: Address, /, *, tls: ssl.SSLContext, body_limit: int, in_flight: int
    ) -> None:
        self._address = address
        self._origin = address.origin
        self._tls = tls
        self._body_limit = body_limit
        self._in_flight = in_flight
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"LoopTransport({self._address.host})"

    async def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Send a request."""
        session = self._session or self._open()
        try:
            async with (
                asyncio.timeout(timeout),
                session.request(
                    request.method,
                    URL(self._origin + request.path, encoded=True),
                    data=request.body or None,
                    headers=request.headers,
                    allow_redirects=False,
                ) as got,
            ):
                return await self._read(got)
        except _CAUGHT as error:
            return _failure(error)

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                ssl=self._tls, limit=self._in_flight, keepalive_timeout=4.0, ttl_dns_cache=60
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"accept-encoding": "identity"},
            skip_auto_headers=("user-agent", "accept", "content-type"),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self._session

    async def _read(self, got: aiohttp.ClientResponse) -> Response | Failure:
        length = got.content_length
        if length is not None and length <= self._body_limit:
            body = await got.read()
        else:
            parts, size = [], 0
            async for part in got.content.iter_any():
                size += len(part)
                if size > self._body_limit:
                    got.close()
                    return Failure.TOO_LARGE
                parts.append(part)
            body = b"".join(parts)
        headers: dict[str, str] = {}
        for name, value in got.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Failure.GARBLED
        return Response(got.status, body, headers)


def _failure(error: BaseException) -> Failure:
    if (found := failure_of(error)) is not None:
        return found
    return Failure.DISCONNECTED if isinstance(error, _BROKE_OFF) else Failure.GARBLED
