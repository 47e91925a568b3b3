"""Serve an application: listen, tell where, and stop when told to."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

import attrs

from vnvaxmatch.errors import InputError, MissingExtraError, OutputError, VnvaxmatchError
from vnvaxmatch.server.connections import Limits, connection_class
from vnvaxmatch.server.guarding import LOG
from vnvaxmatch.server.life import Life
from vnvaxmatch.server.settings import Settings

try:
    import uvicorn
    from starlette.types import ASGIApp
except ImportError as error:
    raise MissingExtraError("server") from error

__all__ = ["Listening", "is_loopback", "listen", "run"]

_BACKLOG: Final = 512
_IDLE: Final = 75
"""Seconds that a connection may be idle between two requests."""

_WHY: Final = {
    errno.EADDRINUSE: "something else listens there; stop it, or choose another --port",
    errno.EACCES: "this needs more rights; choose a --port above 1023",
    errno.EADDRNOTAVAIL: "this computer does not have that address; check --host",
}


@attrs.frozen
class Listening:
    """Where a server listens; ``port`` 0 takes one that is free."""

    host: str = "127.0.0.1"
    port: int = 8443
    tls: ssl.SSLContext | None = None

    def url(self, port: int) -> str:
        """Give the address with the port that was taken.

        >>> Listening("::1").url(8443)
        'http://[::1]:8443'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'' if self.tls is None else 's'}://{host}:{port}"


def is_loopback(host: str, /) -> bool:
    """Tell whether only this computer can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Open the socket; InputError or OutputError in one line if that cannot be."""
    try:
        ((family, kind, protocol, _, address), *_) = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise InputError(f"there is no address {host}: check --host") from error
    opened = socket.socket(family, kind, protocol)
    try:
        if os.name != "nt":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
        opened.setblocking(False)
    except OSError as error:
        opened.close()
        why = _WHY.get(error.errno or 0, error.strerror)
        raise OutputError(f"cannot listen on {host}, port {port}: {why}") from error
    return opened


def run(
    app: ASGIApp,
    /,
    *,
    listening: Listening,
    settings: Settings,
    life: Life,
    started: Callable[[str], None] = lambda _url: None,
    hung_up: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT, finish what runs, and return.

    ``life`` is the one that the application was made with. ``started`` is told the address once
    connections are taken; ``hung_up`` is called on SIGHUP. A second signal stops at once. Raises
    what kept the application from starting.
    """
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # its texts may hold what was sent
    limits = Limits(connections=settings.most_connections, seconds=settings.read_timeout)
    config = uvicorn.Config(
        app,
        http=connection_class(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a client that could name its own address would have many
        server_header=False,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=max(1, round(settings.stop_timeout)),
        ssl_context_factory=None if listening.tls is None else lambda *_: _given(listening.tls),
    )
    with listen(listening.host, listening.port) as opened:
        url = listening.url(opened.getsockname()[1])
        server = _Server(
            config,
            life=life,
            drain=settings.drain,
            started=lambda: started(url),
            hung_up=hung_up,
        )
        with contextlib.suppress(SystemExit):  # its way to say that the application did not start
            server.run(sockets=[opened])
    if isinstance(life.failure, VnvaxmatchError):
        raise life.failure
    if not server.started:
        raise OutputError("the server could not be started")


def _given(tls: ssl.SSLContext | None) -> ssl.SSLContext:
    assert tls is not None
    return tls


class _Server(uvicorn.Server):
    """uvicorn's server, that ends well when told to stop: the signal is not raised again."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        life: Life,
        drain: float,
        started: Callable[[], None],
        hung_up: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._life = life
        self._drain = drain
        self._told = started
        self._hung_up = hung_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_quietly)
        await super().startup(sockets)
        if self.started:
            self._told()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.stop)

        def hang_up(_signal: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._hung_up)

        caught = {signal.SIGINT: stop, signal.SIGTERM: stop}
        if hasattr(signal, "SIGHUP"):
            caught[signal.SIGHUP] = hang_up
        before = {number: signal.signal(number, handler) for number, handler in caught.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def on_tick(self, counter: int) -> bool:
        if self._life.is_stopping:
            self._close()
        return await super().on_tick(counter)

    def stop(self) -> None:
        """Begin to stop: first not ready, after the drain no connections; the second time, now."""
        if self._life.is_stopping:
            self.force_exit = True
        elif self._life.is_ready and self._drain > 0:
            self._life.is_ready = False
            asyncio.get_running_loop().call_later(self._drain, self._close)
        else:
            self._close()

    def _close(self) -> None:
        self._life.is_ready, self._life.is_stopping = False, True
        self.should_exit = True


def _quietly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what kind of thing went wrong beside all requests, without its text."""
    error = context.get("exception")
    LOG.info("a connection failed: %s", type(error).__name__ if error else "unknown")
