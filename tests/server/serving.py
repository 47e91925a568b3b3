"""The real server on a free port of this computer, made-up people, and requests byte by byte."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import urllib3

from vnvaxmatch import Claim, Entry, MemoryRegistry
from vnvaxmatch.backends import Found
from vnvaxmatch.blocking import Key
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.server import Life, Listening, Settings, make_app, run

__all__ = [
    "ASKED", "BROTHER", "HELD", "NUMBER", "PEOPLE", "Broken", "Got", "asking", "body", "claim",
    "get", "post", "raw", "serving",
]  # fmt: skip

NUMBER = "001085000123"
HELD = {"name": "Trần Thử Nghiệm", "birth": "10/11/1985", "sex": "Nam", "id_number": NUMBER}
BROTHER = {**HELD, "name": "Trần Mẫu Nghiệm", "birth": "01/02/1979", "id_number": "001079000456"}
PEOPLE = (
    Entry.read(key="1", **HELD, former_id_number="012345678")[0],
    Entry.read(key="2", **BROTHER, former_id_number="012345678")[0],
    Entry.read(key="3", name="Lê Thiếu", birth="05/05/1990", id_number="001090000789")[0],
)
ASKED = {"fullName": "Trần Thử Nghiệm", "dateOfBirth": "1985-11-10", "gender": "male"}
"""What OSIA's ``match`` states of the first of them."""


class Broken:
    """A registry that is out of order."""

    def find(self, keys: Sequence[Key], /) -> Found:
        """Fail."""
        raise RegistryError(f"cannot read {NUMBER}")


@attrs.frozen
class Got:
    """A response, header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


def claim(**changed: str) -> Claim:
    """Make the claim of the first person, with changes."""
    return Claim.read(**{**HELD, **changed})


def body(**changed: str | None) -> bytes:
    """Make the body of OSIA's ``verify``, with changes; None leaves an attribute out."""
    stated = {name: value for name, value in {**ASKED, **changed}.items() if value is not None}
    return json.dumps(
        [{"attributeName": n, "operator": "=", "value": v} for n, v in stated.items()]
    ).encode()


@contextlib.contextmanager
def serving(
    registry: Any = None,
    *,
    settings: Settings | None = None,
    tls: ssl.SSLContext | None = None,
    life: Life | None = None,
    **options: Any,
) -> Iterator[str]:
    """Serve until the block is left, and give the address."""
    settings, life = settings or Settings(), life or Life()
    app = make_app(
        MemoryRegistry(PEOPLE) if registry is None else registry,
        settings=settings, life=life, **options,
    )  # fmt: skip
    started: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(
        target=run,
        args=(app,),
        kwargs={
            "listening": Listening(port=0, tls=tls),
            "settings": settings,
            "life": life,
            "started": started.put,
        },
    )
    thread.start()
    try:
        yield started.get(timeout=20)
    finally:
        life.is_stopping = True
        thread.join(20)
        assert not thread.is_alive()


def asking(url: str, path: str, method: str = "POST", **options: Any) -> Got:
    """Send a request by a library that knows nothing of us."""
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        reply = pool.request(method, url + path, **options)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Got(reply.status, headers, reply.data)


def get(url: str, path: str, **headers: str) -> Got:
    """Get a page."""
    return asking(url, path, "GET", headers={n.replace("_", "-"): v for n, v in headers.items()})


def post(
    url: str,
    sent: bytes | None = None,
    *,
    path: str = f"/osia/v1/persons/{NUMBER}/verify",
    method: str = "POST",
    media: str | None = "application/json",
    **headers: str,
) -> Got:
    """Ask a question of OSIA, unless said otherwise."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if media is not None:
        given["content-type"] = media
    return asking(url, path, method, body=body() if sent is None else sent, headers=given)


def raw(url: str, *pieces: bytes, wait: float = 5.0) -> bytes:
    """Send bytes, and give all that comes back until the other side closes."""
    host, _, port = url.partition("//")[2].partition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                received += data
    return received
