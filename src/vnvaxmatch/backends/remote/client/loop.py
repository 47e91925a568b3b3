"""The transport for an event loop: aiohttp."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import Any, Final

from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.tls import failure_of
from vnvaxmatch.backends.remote.client.transport import is_mixed_up
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

    aiohttp would give it as the answer to the next question: somebody else's. ``was_surprised`` is
    set once that happened.
    """

    was_surprised = False

    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if protocol is None:
                return connection
            # a connection that is given up would wait for the other side's goodbye over TLS
            protocol.close = protocol.abort  # type: ignore[method-assign]
            if not protocol.should_close:
                return connection
            self.was_surprised = True
            connection.close()


class LoopTransport:
    """A :class:`~vnvaxmatch.backends.remote.AsyncTransport` on aiohttp.

    It belongs to the event loop in which it is first used. Once anything came that nobody had
    asked for, each request has a connection of its own: what duplicates answers would otherwise
    give them to other questions.
    """

    def __init__(
        self,
        address: Address,
        /,
        *,
        tls: ssl.SSLContext | None,
        body_limit: int,
        in_flight: int,
        keep_alive: bool = True,
    ) -> None:
        self._address = address
        self._origin = address.origin
        self._tls = tls
        self._body_limit = body_limit
        self._in_flight = in_flight
        self._keeps = keep_alive
        self._connector: _Connector | None = None
        self._sessions: list[aiohttp.ClientSession] = []

    def __repr__(self) -> str:
        return f"LoopTransport({self._address.host})"

    async def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Send a request."""
        connector = self._connector
        if connector is None or (connector.was_surprised and self._keeps):
            self._open()
        session = self._sessions[-1]
        try:
            async with session.request(
                request.method,
                URL(self._origin + request.path, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=_total(timeout),
            ) as got:
                return await self._read(got, request)
        except _CAUGHT as error:
            return _failure(error)

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions, self._connector = self._sessions, [], None
        for session in sessions:
            await session.close()

    def _open(self) -> None:
        if self._connector is not None:
            self._keeps = False  # the old session stays for what is under way
        keeps: dict[str, Any] = {"keepalive_timeout": 4.0} if self._keeps else {"force_close": True}
        self._connector = _Connector(
            ssl=True if self._tls is None else self._tls,
            limit=self._in_flight,
            ttl_dns_cache=60,
            **keeps,
        )
        session = aiohttp.ClientSession(
            connector=self._connector,
            headers={"accept-encoding": "identity"},
            skip_auto_headers=("user-agent", "accept", "content-type"),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        self._sessions.append(session)

    async def _read(self, got: aiohttp.ClientResponse, request: Request) -> Response | Failure:
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
        headers = {name.lower(): value for name, value in got.headers.items()}
        if len(headers) < len(got.headers):
            headers = {name: ", ".join(got.headers.getall(name)) for name in headers}
        if is_mixed_up(request, headers):
            if self._connector is not None:
                self._connector.was_surprised = True
            return Failure.WRONG_ECHO
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Failure.GARBLED
        return Response(got.status, body, headers)


@lru_cache(maxsize=16)
def _total(seconds: float) -> aiohttp.ClientTimeout:
    """Limit the time from the connection to the last byte; longer ones end on whole seconds."""
    return aiohttp.ClientTimeout(total=max(seconds, 0.001))


def _failure(error: BaseException) -> Failure:
    if (found := failure_of(error)) is not None:
        return found
    return Failure.DISCONNECTED if isinstance(error, _BROKE_OFF) else Failure.GARBLED
