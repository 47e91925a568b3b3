"""The transport for threads: urllib3's connections, in a pool of our own.

urllib3's pool writes the path of every request to its log, takes no time limit for a whole
response, and cannot tell that more bytes came than were asked for. So only its connections are
used, and responses are read here.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.tls import failure_of
from vnvaxmatch.backends.remote.client.transport import is_mixed_up
from vnvaxmatch.backends.remote.status import Failure
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import MissingExtraError

try:
    import urllib3.connection as connections
    import urllib3.exceptions
    import urllib3.util
except ImportError as error:
    raise MissingExtraError("remote") from error

__all__ = ["ThreadTransport"]

_CHUNK: Final = 65_536
_IDLE: Final = 4.0
"""Seconds after which an unused connection is not used again: servers close them too."""
_CAUGHT: Final = (
    OSError,
    EOFError,
    ValueError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
)


class _Timed(io.RawIOBase):
    """What comes from a socket, until a time: a slow drip does not make it later."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return 0
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Buffered(io.BufferedReader):
    """Remembers, when it is closed, whether more came than one response."""

    raw: _Timed
    has_more = False

    def makefile(self, mode: str) -> _Buffered:
        """Stand in for a socket, which the response asks for its file."""
        return self

    def close(self) -> None:
        if not self.closed:
            self.raw.ended = True  # so that only what lies in the buffer is looked at
            self.has_more = bool(self.peek(1))
        super().close()


class _Reply(http.client.HTTPResponse):
    """A response that is read until a time."""

    def __init__(self, sock: socket.socket, *, deadline: float, method: str | None = None) -> None:
        self.stream = _Buffered(_Timed(sock, deadline))
        super().__init__(self.stream, method=method)  # type: ignore[arg-type]  # its file is all


class _Plain(connections.HTTPConnection):
    used = 0.0


class _Secure(connections.HTTPSConnection):
    used = 0.0


class ThreadTransport:
    """A :class:`~vnvaxmatch.backends.remote.Transport` for threads, on urllib3.

    Looking up the host's name has no time limit of its own. Once anything came that nobody had
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
        keep_alive: bool = True,
    ) -> None:
        self._address = address
        self._tls = tls
        self._body_limit = body_limit
        self._idle: deque[_Plain | _Secure] = deque()
        self._keeps = keep_alive

    def __repr__(self) -> str:
        return f"ThreadTransport({self._address.host})"

    def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Send a request on a connection that is idle, or on a new one."""
        deadline = time.monotonic() + timeout
        connection = self._take()
        try:
            reply = self._exchange(connection, request, deadline)
        except _CAUGHT as error:
            connection.close()
            if time.monotonic() >= deadline:
                return Failure.TIMEOUT
            return failure_of(error) or _of_http(error)
        except BaseException:
            connection.close()
            raise
        return reply

    def close(self) -> None:
        """Close the connections that are idle; those in use are closed once they are not."""
        self._keeps = False
        while self._idle:
            self._idle.pop().close()

    def _exchange(
        self, connection: _Plain | _Secure, request: Request, deadline: float
    ) -> Response | Failure:
        left = deadline - time.monotonic()
        connection.timeout = left
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(max(0.001, deadline - time.monotonic()))
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have said why already
            connection.request(
                request.method,
                request.path,
                body=request.body or None,
                headers=_to_send(request, keep=self._keeps),
            )
        connection.response_class = lambda sock, **kw: _Reply(sock, deadline=deadline, **kw)  # type: ignore[assignment]
        # Not urllib3's own: it writes the whole address to the log when a header is malformed.
        got: Any = http.client.HTTPConnection.getresponse(connection)
        stream: _Buffered = got.stream
        body = self._body(got)
        if body is None:
            connection.close()
            stream.close()
            return Failure.TOO_LARGE
        headers: dict[str, str] = {}
        for name, value in got.getheaders():
            name = name.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        mixed_up = is_mixed_up(request, headers)
        if stream.has_more or mixed_up:
            self._keeps = False
        if got.will_close or not self._keeps:
            connection.close()
        else:
            connection.used = time.monotonic()
            self._idle.append(connection)
        if mixed_up:
            return Failure.WRONG_ECHO
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Failure.GARBLED
        return Response(got.status, body, headers)

    def _body(self, got: http.client.HTTPResponse) -> bytes | None:
        """Read the whole body; None where it is too large."""
        if got.length is not None:
            return got.read() if got.length <= self._body_limit else None
        parts, size = [], 0
        while part := got.read(_CHUNK):
            size += len(part)
            if size > self._body_limit:
                return None
            parts.append(part)
        return b"".join(parts)

    def _take(self) -> _Plain | _Secure:
        now = time.monotonic()
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if now - connection.used < _IDLE and self._keeps and self._is_silent(connection):
                return connection
            connection.close()
        address = self._address
        if address.is_secure:
            return _Secure(address.host, address.port, ssl_context=self._tls)
        return _Plain(address.host, address.port)

    def _is_silent(self, connection: _Plain | _Secure) -> bool:
        """Tell whether an idle connection is still open, and nothing came that nobody asked for."""
        if connection.is_connected:  # which only says that there is nothing to read
            return True
        if connection.sock is None:
            return False
        connection.sock.settimeout(0)
        try:
            came = connection.sock.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            return True  # a message of TLS itself
        except OSError:
            return False
        if came:
            self._keeps = False
        return False


def _to_send(request: Request, *, keep: bool) -> dict[str, str]:
    headers = {"accept-encoding": "identity", **request.headers}
    if not keep:
        headers["connection"] = "close"
    return headers


def _of_http(error: BaseException) -> Failure:
    if isinstance(error, (http.client.IncompleteRead, http.client.RemoteDisconnected)):
        return Failure.DISCONNECTED
    return Failure.GARBLED if not isinstance(error, OSError) else Failure.DISCONNECTED
