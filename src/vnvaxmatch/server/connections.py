"""One connection of HTTP/1.1: uvicorn's, with limits and with the client's certificate."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import attrs

from vnvaxmatch.errors import MissingExtraError

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError as error:
    raise MissingExtraError("server") from error

__all__ = ["Limits", "connection_class"]

_TLS_VERSIONS: Final = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
_LAST_WORDS: Final = 1.0
"""Seconds for the other side of a connection that is closed to take what was sent."""

_PHRASES: Final = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
}


@attrs.frozen
class Limits:
    """What one connection may take, and how many there may be.

    ``head`` is in bytes, from the request line to the last header; ``seconds`` is how long those
    may take to arrive, and how long a new connection may be silent.
    """

    connections: int = 1_000
    head: int = 16 * 1024
    headers: int = 64
    seconds: float = 10.0


def connection_class(limits: Limits, /) -> type[asyncio.Protocol]:
    """Make the class of connections with those limits, as uvicorn's ``http`` wants it."""
    return type("Connection", (_Connection,), {"limits": limits})


class _HeadError(Exception):
    """The head of a request is refused."""


class _Connection(HttpToolsProtocol):
    limits = Limits()
    _status = 400
    _head = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None
    _last: asyncio.TimerHandle | None = None
    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.abort()
            return
        self._tls = _tls_of(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._last is not None:
            self._last.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.limits.head and not self.transport.is_closing():
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._start_timer()
        if self._tls is not None:
            self.scope["extensions"] = {"tls": self._tls}

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_head, self._head = False, 0
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head or len(self.headers) > self.limits.headers:
            self._status = 431
            raise _HeadError
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._status)

    def shutdown(self) -> None:
        super().shutdown()
        self._close_soon()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._close_soon()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.limits.seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._head:
            self._refuse(408)
        else:  # an answer to nothing would be taken for one to what is asked next
            self.transport.close()
            self._close_soon()

    def _close_soon(self) -> None:
        """Cut a connection that is being closed: a silent client of TLS would keep it for long."""
        if self.transport.is_closing() and self._last is None:
            self._last = self.loop.call_later(_LAST_WORDS, self.transport.abort)

    def _refuse(self, status: int) -> None:
        """Answer without the application, and close: what follows on the wire cannot be trusted."""
        self._stop_timer()
        body = b'{"type":"about:blank","title":"%b","status":%d}' % (
            _PHRASES[status].lower(),
            status,
        )
        head = (
            b"HTTP/1.1 %d %b\r\ncontent-type: application/problem+json\r\n"
            b"content-length: %d\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        ) % (status, _PHRASES[status], len(body))
        self.transport.write(head + body)
        self.transport.close()
        self._close_soon()


def _tls_of(transport: asyncio.BaseTransport) -> dict[object, object] | None:
    """Tell of the secure connection what the TLS extension of ASGI has a name for."""
    secure: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if secure is None:
        return None
    certificate = secure.getpeercert(binary_form=True)
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(certificate)] if certificate else [],
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": _TLS_VERSIONS.get(secure.version() or ""),
        "cipher_suite": None,
    }
