"""The application: services by prefix, and the pages about the server itself.

A service is anything that fills :class:`~vnvaxmatch.server.services.Service`. Those of the codecs
are made from the settings; more are given to :func:`make_app` as ``services``::

    make_app(registry, settings=settings, services=[MyService(...)])

The one whose prefix is the first part of the path gets the request, after
:class:`~vnvaxmatch.server.front.Front` found out who asks and whether they may.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from vnvaxmatch.backends import AsyncRegistry, Exact, Matcher, Registry
from vnvaxmatch.errors import InputError, MissingExtraError
from vnvaxmatch.server.callers import Anybody, Callers
from vnvaxmatch.server.claims import claim_services
from vnvaxmatch.server.entries import entry_services
from vnvaxmatch.server.front import Front
from vnvaxmatch.server.guarding import Guards
from vnvaxmatch.server.life import Life
from vnvaxmatch.server.looking import Looking
from vnvaxmatch.server.pages import Pages
from vnvaxmatch.server.services import Service
from vnvaxmatch.server.settings import Settings

try:
    from starlette.applications import Starlette
except ImportError as error:
    raise MissingExtraError("server") from error

__all__ = ["make_app"]


def make_app(
    registry: Registry | AsyncRegistry,
    *,
    settings: Settings | None = None,
    by: Matcher | None = None,
    callers: Callers | None = None,
    guards: Guards | None = None,
    services: Sequence[Service] = (),
    life: Life | None = None,
) -> Starlette:
    """Make the ASGI application that answers for a registry.

    ``by`` is the matcher (exact if not given). Without ``callers`` everybody may ask, without
    ``guards`` nothing is limited, counted or recorded: whoever embeds this says who may ask. The
    registry is not closed; ``life`` is kept by whoever stops the server.
    """
    settings, guards = settings or Settings(), guards or Guards()
    callers, life = callers or Anybody(), life or Life()
    looking = Looking(
        registry,
        by=by or Exact(),
        policy=settings.policy,
        threads=settings.threads,
        timeout=settings.answer_timeout,
    )
    served: list[Service] = [
        *claim_services(looking=looking, settings=settings, guards=guards),
        *entry_services(looking=looking, settings=settings, guards=guards),
        *services,
    ]
    if len({service.prefix for service in served}) != len(served):
        raise InputError("two services have the same prefix: give each its own")
    front = Front(served, callers=callers, guards=guards, settings=settings, life=life)
    pages = Pages(served, looking=looking, callers=callers, guards=guards, life=life)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if guards.audit is not None:
            try:
                await guards.audit.start()
            except Exception as failure:
                life.failure = failure
                raise
        await looking.warm_up()
        try:
            yield
        finally:
            looking.close()
            if guards.audit is not None:
                await guards.audit.stop()

    app = Starlette(routes=pages.routes(), lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = front
    return app
