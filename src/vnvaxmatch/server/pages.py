"""The pages about the server itself: health, metrics, and what it serves."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import attrs

from vnvaxmatch.backends.remote.codecs.texts import dump_json
from vnvaxmatch.backends.remote.wire import Response
from vnvaxmatch.errors import MissingExtraError
from vnvaxmatch.server.callers import Callers
from vnvaxmatch.server.front import bug, respond
from vnvaxmatch.server.guarding import Guards
from vnvaxmatch.server.life import Life
from vnvaxmatch.server.looking import Looking
from vnvaxmatch.server.openapi import document
from vnvaxmatch.server.page import PAGE_POLICY, page
from vnvaxmatch.server.services import Refusal, Service
from vnvaxmatch.server.shapes import problem

try:
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send
except ImportError as error:
    raise MissingExtraError("server") from error

__all__ = ["Pages"]

_JSON: Final = {"content-type": "application/json"}


class Pages:
    """Health, metrics and description. Only the metrics want to know who asks."""

    def __init__(
        self,
        services: Sequence[Service],
        *,
        looking: Looking,
        callers: Callers,
        guards: Guards,
        life: Life,
    ) -> None:
        self._services = services
        self._looking = looking
        self._callers = callers
        self._guards = guards
        self._life = life

    def routes(self) -> list[Route]:
        """Give the routes."""
        made = document(self._services, callers=self._callers)
        described = Response(200, dump_json(made), _JSON)
        shown = Response(200, page(made), {"content-type": "text/html; charset=utf-8"})
        pages: dict[str, _Make] = {
            "/health/live": self._live,
            "/health/ready": self._ready,
            "/metrics": self._metrics,
            "/openapi.json": lambda _scope: _always(described),
            "/docs": lambda _scope: _always(shown),
        }
        return [
            Route(path, _Page(make, path=path, guards=self._guards), include_in_schema=False)
            for path, make in pages.items()
        ]

    async def _live(self, _scope: Scope) -> Response:
        return Response(200, dump_json({"status": "live"}), _JSON)

    async def _ready(self, _scope: Scope) -> Response:
        if self._life.is_ready and not self._life.is_stopping and await self._looking.is_there():
            return Response(200, dump_json({"status": "ready"}), _JSON)
        return Response(503, dump_json({"status": "not ready"}), {**_JSON, "retry-after": "5"})

    async def _metrics(self, scope: Scope) -> Response:
        if self._callers.known(scope) is None:
            challenge = self._callers.challenge
            if challenge is None:
                return problem(Refusal.FORBIDDEN)
            refused = problem(Refusal.CREDENTIALS)
            headers = {**refused.headers, "www-authenticate": challenge}
            return attrs.evolve(refused, headers=headers)
        if self._guards.metrics is None:
            return problem(Refusal.NO_SUCH_PATH)
        body, media = self._guards.metrics.page()
        return Response(200, body, {"content-type": media})


async def _always(response: Response) -> Response:
    return response


_Make: TypeAlias = Callable[[Scope], Awaitable[Response]]


class _Page:
    """An endpoint that a function of the scope answers; GET and HEAD, and nothing else."""

    def __init__(self, make: _Make, *, path: str, guards: Guards) -> None:
        self._make = make
        self._path = path
        self._guards = guards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        started = time.perf_counter()
        headers: list[tuple[bytes, bytes]] = []
        if scope["method"] in ("GET", "HEAD"):
            try:
                response = await self._make(scope)
            except Exception as error:  # noqa: BLE001 - a page must not show where it failed
                bug(error)
                response = problem(Refusal.BUG)
        else:
            response = problem(Refusal.METHOD)
            headers = [(b"allow", b"GET, HEAD"), (b"connection", b"close")]
        is_page = self._path == "/docs" and response.status == 200
        policy = PAGE_POLICY if is_page else None
        await respond(response, scope, send, headers=headers, policy=policy)
        if self._guards.access is not None and not self._path.startswith("/health"):
            self._guards.access.write(
                client="-",
                method=scope["method"],
                route=self._path,
                status=response.status,
                seconds=time.perf_counter() - started,
                size=len(response.body),
            )
