"""What both registries have in common: settings, the requests they send, and what they share."""

from __future__ import annotations

import hmac
import itertools
import random
import secrets
import ssl
import time
from collections.abc import Callable, Collection
from typing import Final

import vnvaxmatch
from vnvaxmatch.backends.remote.client.address import Address, checked_headers
from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.calls import Call, Send, ask
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.pool import Counts, Pool
from vnvaxmatch.backends.remote.client.tls import check_context, tls_context
from vnvaxmatch.backends.remote.client.transport import ECHO
from vnvaxmatch.backends.remote.wire import Request
from vnvaxmatch.errors import InputError

__all__ = ["Asking"]

_SHORTEST_KEY: Final = 16


class Asking:
    """The settings of one client, and the state that its calls share.

    ``answers`` are the statuses that an answer may come with. ``key`` makes the names of questions
    (HMAC), which a registry may use to tell a repeat from a new question; it should be given where
    a run is to be resumed.
    ``must_echo`` takes only answers that repeat that name, ``keep_alive`` lets a connection carry
    more than one question; ``probe_path`` is what a probe asks for, below the address.
    ``clock``, ``wall`` and ``chance`` are the time and the randomness.
    """

    def __init__(
        self,
        url: str,
        *,
        answers: Collection[int],
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        allow_http: bool = False,
        must_echo: bool = False,
        keep_alive: bool = True,
        probe_path: str = "",
        key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if key is not None and len(key) < _SHORTEST_KEY:
            raise InputError(f"the key for the names of questions needs {_SHORTEST_KEY} bytes")
        self.address = Address.of(url, allow_http=allow_http)
        self._answers = answers
        self.auth = auth
        self.tls = None if tls is None else check_context(tls)
        if self.tls is None and self.address.is_secure:
            self.tls = tls_context()
        self.limits = limits or Limits()
        self.pool = Pool(self.limits, clock=clock, wall=wall, chance=chance)
        self._headers = {
            "user-agent": f"vnvaxmatch/{vnvaxmatch.__version__}",
            "host": self.address.origin.partition("//")[2],
        }
        self.keep_alive = keep_alive
        self._must_echo = must_echo
        self._probe_path = probe_path
        self._key = key or secrets.token_bytes(32)
        self._ordinals = itertools.count(1)

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self.pool.counts

    def call(self, request: Request, /, *, name: str | None) -> Call:
        """Begin to ask; ``name`` tells this question from others, or it is given one."""
        name = name or f"#{next(self._ordinals)}"
        headers = {**self._headers, ECHO: self._name(request, name)}
        return ask(
            self.address.complete(request, headers),
            pool=self.pool,
            auth=self.auth,
            answers=self._answers,
            host=self.address.host,
            must_echo=self._must_echo,
        )

    def _name(self, request: Request, name: str) -> str:
        parts = (name.encode("utf-8", "surrogatepass"), request.path.encode(), request.body)
        return hmac.digest(self._key, b"\0".join(parts), "sha256").hex()[:32]

    def signed(self, step: Send, /) -> Request:
        """Put the credentials on a request."""
        if self.auth is None:
            return step.request
        asked = step.request
        headers = {**asked.headers, **checked_headers(self.auth.headers(asked))}
        return Request(asked.method, asked.path, asked.body, headers)

    def probing(self) -> Request:
        """Give the request of a probe, which asks about nobody."""
        return self.address.complete(Request("GET", self._probe_path), self._headers)
