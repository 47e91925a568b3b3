"""A real server on this computer, whose registry the tests exchange."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from vnvaxmatch import Entry, Found, Key, MemoryRegistry
from vnvaxmatch.model import Frequencies
from vnvaxmatch.server import Settings, make_app
from vnvaxmatch.server.connections import Limits, connection_class
from vnvaxmatch.server.running import listen

__all__ = ["Exchange", "Served", "served"]


class Exchange:
    """A registry in memory in the place of which another is put."""

    def __init__(self) -> None:
        self.now = MemoryRegistry([])

    def fill(self, entries: Sequence[Entry]) -> None:
        """Put a registry of these people in place."""
        self.now = MemoryRegistry(entries)

    def find(self, keys: Sequence[Key], /) -> Found:
        """Ask the one that is there now."""
        return self.now.find(keys)

    def frequencies(self) -> Frequencies:
        """Ask the one that is there now."""
        return self.now.frequencies()


class Served:
    """Where a server listens, and its registry."""

    def __init__(self, url: str, registry: Exchange) -> None:
        self.url = url
        self.registry = registry


@contextmanager
def served(settings: Settings, *, registry: Any = None, **options: Any) -> Iterator[Served]:
    """Serve on a free port, as ``vnvaxmatch serve`` does, until the block is left."""
    registry = registry or Exchange()
    app = make_app(registry, settings=settings, **options)
    limits = Limits(connections=settings.most_connections, seconds=settings.read_timeout)
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(
        uvicorn.Config(
            app, http=connection_class(limits), ws="none", lifespan="on", log_config=None,
            access_log=False, server_header=False, timeout_graceful_shutdown=2,
        )
    )  # fmt: skip
    with listen("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            assert started.wait(20)
            yield Served(f"http://127.0.0.1:{port}", registry)
        finally:
            server.should_exit = True
            thread.join(20)
