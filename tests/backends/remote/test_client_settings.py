"""Where a registry is, who asks, and what a client tells of itself."""

import asyncio
import contextlib
import itertools
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.listening import serving
from vnvaxmatch import Claim, match
from vnvaxmatch.backends import amatch
from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    AsyncTransport,
    Auth,
    Bearer,
    Failure,
    LocalTransport,
    RemoteRegistry,
    Request,
    Response,
    SignedHeaders,
    Transport,
)
from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.errors import (
    CertificateError,
    InputError,
    NotAuthorisedError,
    RefusedError,
    RegistryError,
    ReplyError,
    UnreachableError,
    VnvaxmatchError,
)

from .faults import Reply, Stub
from .plain import QUICK, Plain, ask_all, probe, questions

WAYS = pytest.mark.parametrize("way", ["threads", "tasks"])


@pytest.mark.parametrize(
    "url",
    [
        "http://registry.example",
        "http://10.0.0.1/api",
        "http://localhost.example",
        "ftp://registry.example",
        "registry.example",
        "https://",
        "https://user:secret@registry.example",
        "https://registry.example/?key=secret",
        "https://registry.example/#x",
        "https://registry.example:0",
        "https://registry.example:99999",
        "https://registry.example/a b",
        "https://registry.example/../x",
        "https://reg istry.example",
        "https://[::1",
        "",
    ],
)
def test_addresses_that_are_not_safe_are_refused(url: str) -> None:
    """What is not https, or holds a secret, or cannot be read, is refused, and shows no secret."""
    with pytest.raises(InputError) as caught:
        Address.of(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://registry.example", "https://registry.example", "/"),
        ("https://registry.example:8443/api/v1/", "https://registry.example:8443", "/api/v1/"),
        ("https://đăng-ký.example", "https://xn--ng-k-1ta5t71c.example", "/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "/"),
        ("http://localhost", "http://localhost", "/"),
        ("http://[::1]:8080/x", "http://[::1]:8080", "/x"),
    ],
)
def test_addresses_are_read(url: str, origin: str, path: str) -> None:
    """https anywhere, http on this computer only."""
    address = Address.of(url)
    assert address.origin.startswith(origin.partition("xn--")[0])
    assert address.path == path


def test_http_elsewhere_must_be_allowed() -> None:
    """Whoever wants it has to say so."""
    assert Address.of("http://10.0.0.1", allow_http=True).origin == "http://10.0.0.1"


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "a\r\nx: y"),
        Request("POST", "a b"),
        Request("POST", "../secret"),
        Request("POST", "a/%2e%2E/b"),
        Request("POST", "số"),
        Request("POST", "a#b"),
        Request("post it", "a"),
        Request("POST", "a", headers={"x": "y\r\nz: 1"}),
        Request("POST", "a", headers={"x y": "z"}),
        Request("POST", "a", headers={"x": "số"}),
    ],
)
def test_requests_that_would_say_something_else_are_not_sent(request_: Request) -> None:
    """Nothing that a codec makes can add a header or go to another path, and nothing is shown."""
    sent: list[Request] = []
    transport = LocalTransport(lambda r: sent.append(r) or Response(200))
    with (
        RemoteRegistry("https://there.example", codec=Plain(), transport=transport) as registry,
        pytest.raises(RefusedError) as caught,
    ):
        registry.find(request_)
    assert sent == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/services/citizens", "/services/citizens/", "/"])
def test_a_question_without_a_path_goes_to_the_address_as_given(path: str) -> None:
    """One service at one address: a slash more or less would be another one."""
    address = Address.of(f"https://there.example{path}")
    assert address.complete(Request("POST", ""), {}).path == path


@given(st.text(max_size=30))
def test_no_path_leaves_the_prefix(path: str) -> None:
    """Whatever the path, it is refused or stands below the address."""
    address = Address.of("https://there.example/api")
    try:
        sent = address.complete(Request("GET", path), {}).path
    except RefusedError:
        return
    assert sent.startswith("/api/") or (sent == "/api" and not path.strip("/"))
    assert not {"..", "."} & set(sent.partition("?")[0].split("/"))
    assert sent.isascii()


@WAYS
def test_a_token_is_had_once_for_all_calls_and_renewed_once_for_all(way: str) -> None:
    """Many calls that are refused together cause one renewal."""
    tokens = itertools.count(1)
    fresh: list[int] = []

    def token() -> str:
        fresh.append(next(tokens))
        return f"token-{fresh[-1]}"

    def answer(seen: Any) -> Reply:
        good = seen.headers.get("authorization") == "Bearer token-2"
        return Reply(200, seen.body) if good else Reply(401, b"{}")

    stub = Stub(answer)
    with serving(stub):
        got = ask_all(way, stub.url, questions(60), auth=Bearer(token))
    assert [answer.body for answer in got[:-1]] == [request.body for request in questions(60)]
    assert fresh == [1, 2]


@WAYS
@pytest.mark.parametrize("auth", [None, Bearer("wrong"), Bearer(lambda: "wrong")])
def test_credentials_that_are_not_taken_end_the_run(way: str, auth: Any) -> None:
    """After one renewal at most an error says what to do, for a run as for a probe."""
    stub = Stub(lambda seen: Reply(401, b"{}"))
    with serving(stub):
        with pytest.raises(NotAuthorisedError, match="renew the token"):
            ask_all(way, stub.url, questions(1), auth=auth)
        assert isinstance(probe(way, stub.url, auth=auth), NotAuthorisedError)
    assert 2 <= len(stub.seen) <= 4


def test_a_token_may_be_awaited() -> None:
    """An asynchronous client takes an asynchronous source; another client says that it cannot."""

    async def token() -> str:
        return "fresh"

    stub = Stub(lambda seen: Reply(200, seen.headers["authorization"].encode()))
    with serving(stub):
        got = ask_all("tasks", stub.url, questions(1), auth=Bearer(token))
        with pytest.raises(NotAuthorisedError, match="AsyncRemoteRegistry"):
            ask_all("threads", stub.url, questions(1), auth=_Awaited())
    assert got[0].body == b"Bearer fresh"


class _Awaited(Bearer):
    """Gives something to await, which nobody starts."""

    def __init__(self) -> None:
        super().__init__(lambda: "never")

    def refresh(self) -> Any:
        class Later:
            def __await__(self) -> Iterator[None]:
                yield

        return Later()


@WAYS
def test_a_source_of_tokens_that_fails_ends_the_run(way: str) -> None:
    """What it raises is told by its kind."""

    def token() -> str:
        raise PermissionError("password 12345")

    stub = Stub(lambda seen: Reply())
    with serving(stub), pytest.raises(NotAuthorisedError, match="PermissionError") as caught:
        ask_all(way, stub.url, questions(1), auth=Bearer(token))
    assert "12345" not in str(caught.value)
    assert stub.seen == []


@WAYS
@pytest.mark.parametrize("kind", [PermissionError, KeyError, UnicodeError, NotAuthorisedError])
def test_what_a_source_of_tokens_raises_hangs_on_no_error(way: str, kind: type[Exception]) -> None:
    """The secret that it failed with is nowhere in the traceback, for a run as for a probe."""
    secret = "-".join(["hush", "12345"])  # so that no line of this file holds it

    def token() -> str:
        try:
            raise ValueError(secret)
        except ValueError as error:
            if kind is NotAuthorisedError:
                raise NotAuthorisedError("there: no") from error
            raise kind(secret) from error

    stub = Stub(lambda seen: Reply())
    with serving(stub):
        with pytest.raises(NotAuthorisedError) as caught:
            ask_all(way, stub.url, questions(1), auth=Bearer(token))
        found = probe(way, stub.url, auth=Bearer(token))
    assert isinstance(found, NotAuthorisedError)
    for error in (caught.value, found):
        assert secret not in "".join(traceback.format_exception(error))
        assert error.__suppress_context__ or error.__context__ is None


@WAYS
def test_each_attempt_is_signed(way: str) -> None:
    """The signer sees each attempt as it will be sent, and what it raises shows nothing."""
    signed: list[Request] = []

    def sign(request: Request) -> dict[str, str]:
        signed.append(request)
        if b"3" in request.body:
            raise ValueError(request.body)
        return {"X-Signature": f"s{len(signed)}"}

    turns = itertools.count()
    stub = Stub(lambda seen: Reply(503, b"{}") if next(turns) % 2 else Reply(200, seen.body))
    with serving(stub):
        ask_all(way, f"{stub.url}/base", questions(3), auth=SignedHeaders(sign))
        with pytest.raises(NotAuthorisedError) as caught:
            ask_all(way, stub.url, questions(4)[3:], auth=SignedHeaders(sign))
    assert caught.value.__context__ is None
    assert "number" not in str(caught.value)
    assert len(signed) == len(stub.seen) + 1
    assert {seen.headers["x-signature"] for seen in stub.seen} == {
        f"s{i + 1}" for i in range(len(stub.seen))
    }
    assert all(r.path.startswith("/base/p/") and r.headers["host"] for r in signed[:-1])


@pytest.mark.parametrize("token", ["", "hu sh", "hush\n", "số", "\x00"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    """The error does not show it."""
    with pytest.raises(InputError) as caught:
        Bearer(token)
    assert not token or token not in str(caught.value)


def test_the_doubles_and_the_plugs_fill_their_protocols() -> None:
    """What we offer is what we ask for."""
    assert isinstance(Bearer("x"), Auth)
    assert isinstance(SignedHeaders(lambda request: {}), Auth)
    local = LocalTransport(lambda request: Response(200))
    assert isinstance(local, Transport)
    assert isinstance(local.awaited, AsyncTransport)


def test_nothing_secret_shows() -> None:
    """Neither a client nor its parts show a token or an address beyond the host."""
    registry = RemoteRegistry("https://there.example/p/x", codec=Plain(), auth=Bearer("hush"))
    other = AsyncRemoteRegistry("https://there.example/p/x", codec=Plain(), auth=Bearer("hush"))
    shown = repr([registry, other, Bearer("hush"), SignedHeaders(lambda r: {}), registry.counts])
    assert "hush" not in shown
    assert "/p/x" not in shown
    registry.close()


CLAIM = Claim.read(name="Trần Thử Nghiệm", birth="10/11/1985", sex="Nam", id_number="001085000123")


def told(request: Request) -> Response:
    """Answer as a registry of the protocol osia does that says yes to all."""
    return Response(200, b"true", {"content-type": "application/json"})


def test_it_is_a_matcher_and_its_registry_in_one() -> None:
    """``match`` and ``amatch`` take it on both sides, and it can match many."""
    local = LocalTransport(told)
    url = "https://there.example"
    one = RemoteRegistry(url, codec="osia", transport=local)
    two = AsyncRemoteRegistry(url, codec="osia", transport=local.awaited)

    async def many() -> list[Any]:
        return [verdict async for verdict in two.match_many([CLAIM] * 5)]

    verdict = match(CLAIM, by=one, against=one)
    assert verdict == asyncio.run(amatch(CLAIM, by=two, against=two))
    assert [verdict] * 5 == list(one.match_many([CLAIM] * 5)) == asyncio.run(many())
    assert verdict.matcher == one.name == two.name


def test_what_stays_undetermined_stands_in_its_place() -> None:
    """No answer, or one that is none, is an error among the verdicts, without what was asked."""
    replies = iter([Response(200, b"true"), Response(200, b"perhaps"), Response(200, b"true")])
    one = RemoteRegistry(
        "https://there.example",
        codec="osia",
        transport=LocalTransport(lambda request: next(replies, Failure.REFUSED)),
        limits=attrs.evolve(QUICK, in_flight=1, attempts=1),
    )
    verdicts = list(one.match_many([CLAIM] * 4))
    assert [type(verdict).__name__ for verdict in verdicts] == [
        "Verdict", "ReplyError", "Verdict", "UnreachableError",
    ]  # fmt: skip
    assert all(v.__traceback__ is None for v in verdicts if isinstance(v, RegistryError))


ERRORS = [
    UnreachableError("there: nobody", "refused"),
    NotAuthorisedError("there: no"),
    CertificateError("there: no"),
    RefusedError("there: no"),
    ReplyError("shape"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_travel(error: VnvaxmatchError) -> None:
    """They pickle, with all they say."""
    back = pickle.loads(pickle.dumps(error))
    assert str(back) == str(error)
    assert vars(back) == vars(error)
    assert isinstance(error, RegistryError)


def test_loading_it_loads_no_http_library() -> None:
    """Neither the library nor this package load one before a client is made."""
    heavy = {"urllib3", "aiohttp", "lxml", "ssl"}
    code = (
        "import sys, vnvaxmatch.backends; a = set(sys.modules);"
        "import vnvaxmatch.backends.remote; b = set(sys.modules);"
        f"print({heavy!r} & a, 'vnvaxmatch.backends.remote' in a, ({heavy!r} - {{'ssl'}}) & b)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set() False set()\n"


def test_a_server_that_gives_its_reason_is_believed(tmp_path: Any) -> None:
    """A server that sends the alert of TLS is understood as one that only goes away."""
    trustme = pytest.importorskip(
        "trustme", reason="the development requirement trustme is missing"
    )
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    ca = ssl.create_default_context()
    authority.configure_trust(ca)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    bare, _ = server.accept()
                except OSError:
                    return
                with bare, contextlib.suppress(OSError):
                    context.wrap_socket(bare, server_side=True).close()

        threading.Thread(target=serve, daemon=True).start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        for way in ("threads", "tasks"):
            error = probe(way, url, tls=ca)
            assert isinstance(error, CertificateError)
            assert "wants a client certificate" in str(error)
        server.shutdown(socket.SHUT_RDWR)
