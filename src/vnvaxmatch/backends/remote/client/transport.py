"""Bytes in, bytes out: what carries a request to a registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, runtime_checkable

from vnvaxmatch.backends.remote.status import Failure
from vnvaxmatch.backends.remote.wire import Request, Response

__all__ = ["ECHO", "AsyncTransport", "LocalTransport", "Transport", "is_mixed_up"]

ECHO: Final = "idempotency-key"
"""The header that names a question; an answer that carries another one is not ours."""


def is_mixed_up(request: Request, headers: Mapping[str, str], /) -> bool:
    """Tell whether a response says itself that it belongs to another request.

    >>> is_mixed_up(Request("GET", "/", headers={ECHO: "1"}), {ECHO: "2"})
    True
    """
    return headers.get(ECHO, asked := request.headers.get(ECHO)) != asked and asked is not None


@runtime_checkable
class Transport(Protocol):
    """Carries one request, once.

    It must be safe for threads, must give a :class:`Failure` for everything that a network can do
    instead of raising, and must keep to the timeout from the first byte to the last. It must not
    ask twice, follow a redirect, decompress, use a proxy that nobody gave it, or log a path or a
    body. It must not give the answer to another request, and drops a connection on which one came
    (:func:`is_mixed_up`). It may keep connections.
    """

    def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Send a request, its path in full, and give the response, header names in lower case."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


@runtime_checkable
class AsyncTransport(Protocol):
    """A :class:`Transport` whose response is awaited. Cancelling it must close the connection."""

    async def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Send a request, its path in full, and give the response, header names in lower case."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class LocalTransport:
    """A transport without a network, for tests: a function answers.

    >>> transport = LocalTransport(lambda request: Response(200, b"true"))
    >>> transport.send(Request("GET", "/"), timeout=1).status
    200
    """

    def __init__(self, answer: Callable[[Request], Response | Failure], /) -> None:
        self._answer = answer

    def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        """Call the function."""
        return self._answer(request)

    def close(self) -> None:
        """Do nothing."""

    @property
    def awaited(self) -> AsyncTransport:
        """The same, awaited."""
        return _Awaited(self)


class _Awaited:
    def __init__(self, local: LocalTransport) -> None:
        self._local = local

    async def send(self, request: Request, /, *, timeout: float) -> Response | Failure:
        return self._local.send(request, timeout=timeout)

    async def close(self) -> None:
        return None
