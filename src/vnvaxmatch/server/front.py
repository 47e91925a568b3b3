"""The way every request takes before a service sees it, and every answer before it leaves."""

from __future__ import annotations

import math
import re
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import attrs

from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.server.bodies import GoneError, read_body
from vnvaxmatch.server.callers import Callers
from vnvaxmatch.server.guarding import LOG, Guards
from vnvaxmatch.server.life import Life
from vnvaxmatch.server.services import (
    Answered,
    Asked,
    MethodError,
    Refusal,
    RefusalError,
    Service,
    found_operation,
)
from vnvaxmatch.server.settings import Settings
from vnvaxmatch.server.shapes import problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["LOG", "Front", "bug", "respond"]

_ECHO: Final = b"idempotency-key"
_VISIBLE: Final = re.compile(rb"[!-~](?:[ -~]{0,126}[!-~])?")
_UNREAD: Final = frozenset(
    {Refusal.STOPPING, Refusal.NO_SUCH_PATH, Refusal.TOO_LARGE, Refusal.TOO_SLOW}
)
"""Refusals at which the body may not have been read: the connection is closed after them."""

_RETRY_LATER: Final = 5.0
_GONE: Final = 499
_NO_ROUTE: Final = "-"
_SECURITY: Final = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_STRICT: Final = (b"strict-transport-security", b"max-age=31536000")


@attrs.define
class _Log:
    """What the access log and the metrics are told of a request once it is over."""

    client: str = "-"
    route: str = _NO_ROUTE
    size: int = 0
    codec: str = ""
    operation: str = ""


class Front:
    """Finds the service of a request, who asks, and whether they may; then lets it be answered.

    The order is fixed: service, a whole body, who asks, path and method, rate, kind of content.
    Whoever is not known learns nothing of what is served. An answer repeats the header
    ``Idempotency-Key``, refusals too, so that a client notices an answer to another question.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        callers: Callers,
        guards: Guards,
        settings: Settings,
        life: Life,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._services = sorted(services, key=lambda service: -len(service.prefix))
        self._callers = callers
        self._guards = guards
        self._settings = settings
        self._life = life
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        started = self._clock()
        path = _raw_path(scope)
        service = self._service(path)
        log = _Log()
        response: Response | None = None
        headers: tuple[tuple[bytes, bytes], ...] = ()
        try:
            answered = await self._answered(scope, receive, service=service, path=path, log=log)
            response = answered.response
            self._count(answered, log, self._clock() - started)
        except RefusalError as refused:
            response, headers = self._refused(refused, service)
        except GoneError:
            pass
        if response is not None:
            log.size = len(response.body)
            await respond(response, scope, send, headers=headers)
        if self._guards.access is not None:
            self._guards.access.write(
                client=log.client,
                method=scope["method"],
                route=log.route,
                status=_GONE if response is None else response.status,
                seconds=self._clock() - started,
                size=log.size,
            )

    def _service(self, path: str) -> Service | None:
        for service in self._services:
            if path == service.prefix or path.startswith(service.prefix + "/"):
                return service
        return None

    async def _answered(
        self, scope: Scope, receive: Receive, *, service: Service | None, path: str, log: _Log
    ) -> Answered:
        """Let the service answer; all that is no answer becomes a RefusalError."""
        if self._life.is_stopping:
            raise RefusalError(Refusal.STOPPING, retry_after=_RETRY_LATER)
        if service is None:
            raise RefusalError(Refusal.NO_SUCH_PATH)
        settings = self._settings
        body = await read_body(receive, limit=settings.body_limit, timeout=settings.read_timeout)
        try:
            asked = self._asked(scope, service=service, path=path, body=body, log=log)
            with self._working():
                return await service.answer(asked)
        except RefusalError:
            raise
        except RegistryError as error:
            LOG.error("a question was not answered: %s", type(error).__name__)
            refusal = Refusal.REGISTRY
        except Exception as error:  # noqa: BLE001 - its text may hold what was asked
            bug(error)
            refusal = Refusal.BUG
        raise RefusalError(refusal, retry_after=_RETRY_LATER)

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Count a question while it is worked on; RefusalError if there are too many."""
        if self._life.at_once >= self._settings.most_at_once:
            raise RefusalError(Refusal.BUSY, retry_after=1.0)
        gauge = None if self._guards.metrics is None else self._guards.metrics.in_flight
        self._life.at_once += 1
        if gauge is not None:
            gauge.inc()
        try:
            yield
        finally:
            self._life.at_once -= 1
            if gauge is not None:
                gauge.dec()

    def _asked(self, scope: Scope, *, service: Service, path: str, body: bytes, log: _Log) -> Asked:
        caller = self._callers.known(scope)
        if caller is None:
            known_by_header = self._callers.challenge is not None
            raise RefusalError(Refusal.CREDENTIALS if known_by_header else Refusal.FORBIDDEN)
        log.client = caller.name
        below = path[len(service.prefix) :]
        operation = found_operation(service, below, method=scope["method"])
        log.route = service.prefix + operation.path
        log.codec, log.operation = service.name, operation.name
        if self._guards.rates is not None and (wait := self._guards.rates.wait(caller.name)):
            raise RefusalError(Refusal.RATE, retry_after=wait)
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        if operation.media and not _is_read(headers.get("content-type", b""), operation.media):
            raise RefusalError(Refusal.MEDIA)
        kept = (
            {"content-type": headers["content-type"].decode("latin-1")} if operation.media else {}
        )
        return Asked(caller, operation, Request(operation.method, below, body, kept))

    def _refused(
        self, refused: RefusalError, service: Service | None
    ) -> tuple[Response, tuple[tuple[bytes, bytes], ...]]:
        """Say a refusal in the shape of the service, with the headers that go with it."""
        refusal = refused.refusal
        if (metrics := self._guards.metrics) is not None:
            (metrics.failed if refusal.is_failure else metrics.refused)(why=refusal)
        headers: list[tuple[bytes, bytes]] = []
        if isinstance(refused, MethodError):
            headers.append((b"allow", ", ".join(refused.allowed).encode()))
        if refusal is Refusal.CREDENTIALS and self._callers.challenge is not None:
            headers.append((b"www-authenticate", self._callers.challenge.encode()))
        if refused.retry_after is not None:
            headers.append((b"retry-after", str(max(1, math.ceil(refused.retry_after))).encode()))
        if refusal in _UNREAD:
            headers.append((b"connection", b"close"))
        said = problem(refusal) if service is None else service.refuse(refusal)
        return said, tuple(headers)

    def _count(self, answered: Answered, log: _Log, seconds: float) -> None:
        if (metrics := self._guards.metrics) is not None:
            metrics.answered(
                codec=log.codec,
                operation=log.operation,
                outcome=answered.outcome,
                seconds=seconds,
                client=log.client,
            )


async def respond(
    response: Response,
    scope: Scope,
    send: Send,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    policy: str | None = None,
) -> None:
    """Send a response with the headers that all of ours have; ``policy`` is of its content."""
    sent = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    sent += [(b"content-length", str(len(response.body)).encode()), *_SECURITY, *headers]
    sent.append((b"content-security-policy", (policy or _POLICY).encode()))
    if scope.get("scheme") == "https":
        sent.append(_STRICT)
    echoes = [value for name, value in scope["headers"] if name == _ECHO]
    if len(echoes) == 1 and _VISIBLE.fullmatch(echoes[0]):
        sent.append((_ECHO, echoes[0]))
    await send({"type": "http.response.start", "status": response.status, "headers": sent})
    body = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})


def bug(error: Exception) -> None:
    """Log where an exception came from, and neither its text nor its traceback."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    LOG.error(
        "this is a bug: %s in %s, line %s; please report it with this line",
        type(error).__name__,
        Path(place.filename).name,
        place.lineno,
    )


def _raw_path(scope: Scope) -> str:
    """Give the path still percent-encoded, without what another application took off it."""
    raw = scope.get("raw_path")
    path = quote(scope["path"]) if raw is None else raw.decode("latin-1").partition("?")[0]
    return path.removeprefix(quote(scope.get("root_path", "")))


def _is_read(given: bytes, media: Sequence[str]) -> bool:
    """Tell whether a kind of content is one of those, in UTF-8."""
    kind, _, parameters = given.decode("latin-1").partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]*)", parameters, re.IGNORECASE)
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        return False
    return kind.strip().lower() in media
