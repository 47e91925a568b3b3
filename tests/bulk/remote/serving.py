"""A registry on this computer's own address that answers as its codec does, and counts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from vnvaxmatch.backends import Exact, match, open_registry
from vnvaxmatch.backends.remote import Answerer, Request, Response
from vnvaxmatch.backends.remote.codecs import answerer
from vnvaxmatch.policy import Disclosure

__all__ = ["Serving", "serving"]

Fault = Callable[[int, int], int | None]
"""From the number of the question, from 1, and how often it was asked: a status to fail with."""


class Serving:
    """What a server saw. ``asked`` counts requests by path and body, ``names`` their keys."""

    def __init__(self, answers: Answerer, registry: Any) -> None:
        self.answers = answers
        self.registry = registry
        self.asked: Counter[tuple[str, bytes]] = Counter()
        self.names: dict[tuple[str, bytes], list[str]] = {}
        self.numbers: dict[tuple[str, bytes], int] = {}
        self.probes = 0
        self.fault: Fault = lambda number, times: None
        self.delay = 0.0
        self.tokens: frozenset[str] | None = None
        self.lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def respond(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Answer one request."""
        if self.tokens is not None and headers.get("authorization") not in self.tokens:
            return Response(401)
        if request.method == "GET":
            self.probes += 1
            return Response(404)
        with self.lock:
            what = (request.path, request.body)
            self.asked[what] += 1
            self.names.setdefault(what, []).append(headers["idempotency-key"])
            number = self.numbers.setdefault(what, len(self.numbers) + 1)
            times = self.asked[what]
        if self.delay:
            time.sleep(self.delay)
        if status := self.fault(number, times):
            return Response(status)
        claim = self.answers.parse_request(request)
        with self.lock:
            verdict = match(claim, by=Exact(), against=self.registry)
        return self.answers.render_answer(verdict, claim, disclosure=Disclosure.FINDINGS)


@contextmanager
def serving(registry: Path, codec: str, **options: object) -> Iterator[Serving]:
    """Serve a registry file on a port of this computer."""
    with open_registry(registry) as people:
        state = Serving(answerer(codec, **options), people)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["content-length"])))

            def answer(self, body: bytes) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, body)
                response = state.respond(request, headers)
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                if "idempotency-key" in headers:
                    self.send_header("idempotency-key", headers["idempotency-key"])
                self.send_header("content-length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that was killed is no error here."""

        server = Quiet(("127.0.0.1", 0), Handler)
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
