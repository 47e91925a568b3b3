"""Both clients against a server and a network that break in every way we can think of."""

import asyncio
import itertools
import logging
import random
import re
import socket
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.listening import serving
from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    Failure,
    RemoteRegistry,
    Request,
    Response,
)
from vnvaxmatch.errors import RefusedError, RegistryError, UnreachableError

from .faults import Fault, Proxy, Reply, Seen, Stub
from .plain import QUICK, Plain, ask_all, probe, questions

WAYS = pytest.mark.parametrize("way", ["threads", "tasks"])
BUSY = Reply(503, b"{}")
HTTP_FAULTS: dict[str, Reply] = {
    "429": Reply(429, b"{}"),
    "429 with Retry-After": Reply(429, b"{}", {"retry-after": "0.02"}),
    "500": Reply(500, b"{}"),
    "503": BUSY,
    "503 with Retry-After": Reply(503, b"{}", {"retry-after": "0.02"}),
    "error page": Reply(200, b"<html>sorry</html>", {"content-type": "text/html; charset=utf-8"}),
    "slow": Reply(200, b"late", delay=3.0),
}
FAULTS: list[str] = [*HTTP_FAULTS, *(fault for fault in Fault if fault is not Fault.NONE)]


def faulty(faults: Callable[[Seen], str]) -> tuple[Stub, Proxy]:
    """Make a server that echoes what it was asked, and a proxy; faults are by name."""
    chosen: dict[str, str] = {}

    def at_proxy(seen: Seen) -> Fault:
        name = chosen[seen.path] = faults(seen)
        return Fault(name) if name in list(Fault) else Fault.NONE

    def at_server(seen: Seen) -> Reply:
        return HTTP_FAULTS.get(chosen.get(seen.path, ""), Reply(200, seen.body))

    stub = Stub(at_server)
    return stub, Proxy(stub, at_proxy)


def check(requests: list[Request], results: list[Any], *, attempts: int, proxy: Proxy) -> int:
    """Hold the results of a run against what was asked; give how many stayed undetermined."""
    counts = results.pop()
    assert len(results) == len(requests)
    undetermined = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, UnreachableError) for error in undetermined)
    for request, result in zip(requests, results, strict=True):
        assert isinstance(result, Exception) or result.body == request.body
    asked = Counter(proxy.paths)
    assert max(asked.values()) <= attempts
    assert counts.answers == len(requests) - len(undetermined)
    assert counts.attempts >= len(proxy.paths)
    return len(undetermined)


@WAYS
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_now_and_then_costs_no_answer_and_gives_no_wrong_one(way: str, fault: str) -> None:
    """Whatever befalls each third attempt, all are answered in the end, in order and rightly."""
    turns = itertools.count()
    stub, proxy = faulty(lambda seen: fault if next(turns) % 3 == 1 else "none")
    requests = questions(12)
    with serving(stub, proxy):
        got = ask_all(
            way,
            proxy.url,
            requests,
            limits=attrs.evolve(QUICK, in_flight=2, attempts=8, attempt_timeout=0.5),
        )
    assert check(requests, got, attempts=8, proxy=proxy) == 0


PAIRS = list(itertools.combinations(FAULTS, 2))


@WAYS
@pytest.mark.parametrize("share", range(4))
def test_every_pair_of_faults_gives_no_wrong_answer(way: str, share: int) -> None:
    """Two kinds of fault together, half of the attempts: answered rightly, or undetermined."""
    limits = attrs.evolve(
        QUICK, attempt_timeout=0.03, total_timeout=2, in_flight=4, breaker_failures=1000
    )
    for pair in PAIRS[share::4]:
        chance = random.Random(str(pair))
        stub, proxy = faulty(
            lambda seen, c=chance, p=pair: c.choice(p) if c.random() < 0.5 else "none"
        )
        requests = questions(5)
        with serving(stub, proxy):
            got = ask_all(way, proxy.url, requests, limits=limits)
        check(requests, got, attempts=5, proxy=proxy)


@WAYS
def test_a_long_list_with_a_fifth_failing_loses_nobody(way: str) -> None:
    """Of 2,000 questions each is answered rightly or undetermined, and few are undetermined."""
    chance = random.Random(20)
    kinds = [f for f in FAULTS if f not in ("slow", "stall", "drip")] * 6 + ["stall", "drip"]
    stub, proxy = faulty(
        lambda seen: chance.choice(kinds) if chance.random() < 0.2 else "none"
    )  # fmt: skip
    requests = questions(2000)
    with serving(stub, proxy):
        got = ask_all(way, proxy.url, requests, limits=attrs.evolve(QUICK, attempt_timeout=0.5))
    assert check(requests, got, attempts=5, proxy=proxy) <= 40


@WAYS
def test_answers_in_duplicate_are_noticed_without_any_name_on_them(way: str) -> None:
    """An answer that came twice is never given to the next question, though nothing tells them."""
    chance = random.Random(3)
    stub = Stub(lambda seen: Reply(200, seen.body), echoes=False)
    proxy = Proxy(stub, lambda seen: Fault.DUPLICATE if chance.random() < 0.3 else Fault.NONE)
    requests = questions(200)
    with serving(stub, proxy):
        got = ask_all(way, proxy.url, requests)
    assert check(requests, got, attempts=1, proxy=proxy) == 0


@WAYS
@pytest.mark.parametrize("fault", [Fault.DUPLICATE_LATE, Fault.SWAP])
def test_mixed_up_answers_need_names_or_a_connection_each(way: str, fault: Fault) -> None:
    """Without keep-alive a late duplicate goes nowhere; with names only one's own is taken."""
    stub = Stub(lambda seen: Reply(200, seen.body), echoes=fault is Fault.SWAP)
    turns = itertools.count()
    proxy = Proxy(stub, lambda seen: fault if next(turns) % 4 == 1 else Fault.NONE)
    requests = questions(40)
    options = {"must_echo": True} if fault is Fault.SWAP else {"keep_alive": False}
    with serving(stub, proxy):
        got = ask_all(way, proxy.url, requests, **options)
    assert check(requests, got, attempts=5, proxy=proxy) == 0


@WAYS
def test_an_outage_in_the_middle_is_waited_for(way: str) -> None:
    """A registry that goes away and comes back loses nobody's question."""
    stub = Stub(lambda seen: Reply(200, seen.body, delay=0.002))
    with serving(stub) as run:
        url, port = stub.url, stub.port

        def outage() -> Iterator[Request]:
            for place, request in enumerate(questions(300)):
                if place == 100:
                    run(stub.stop())
                    later.start()
                yield request

        later = threading.Timer(0.2, lambda: run(stub.start(port)))
        limits = attrs.evolve(QUICK, in_flight=8, attempts=30, breaker_cap=0.05, retry_quota=500)
        got = ask_all(way, url, outage(), limits=limits)
        later.join()
    counts = got.pop()
    assert [result.body for result in got] == [request.body for request in questions(300)]
    assert counts.outages >= 1


@WAYS
@pytest.mark.parametrize(
    ("address", "kind", "word"),
    [
        ("http://127.0.0.1:{free}", Failure.REFUSED, "listens"),
        ("https://no-such-host.invalid", Failure.HOST_UNKNOWN, "name"),
        ("https://127.0.0.1:{stub}", Failure.TLS, "secure"),
    ],
)
def test_a_probe_tells_what_is_in_the_way(way: str, address: str, kind: Failure, word: str) -> None:
    """The error names the host and the trouble in one line, and says what to do."""
    stub = Stub(lambda seen: Reply())
    with serving(stub), socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = address.format(free=taken.getsockname()[1], stub=stub.port)
        error = probe(way, url)
    assert error is not None
    assert getattr(error, "kind", kind) == kind
    assert word in str(error)
    assert "\n" not in str(error)
    assert "; " in str(error)


@WAYS
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200), None),
        (Reply(404), None),
        (Reply(405), None),
        (Reply(400), None),
        (Reply(401), "NotAuthorisedError"),
        (Reply(403), "NotAuthorisedError"),
        (Reply(503), "UnreachableError"),
        (Reply(302, headers={"location": "/elsewhere"}), "RefusedError"),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.9\r\n"), "UnreachableError"),
    ],
)
def test_a_probe_takes_any_sign_of_life(way: str, reply: Reply, error: str | None) -> None:
    """What does not know the path of a probe is there all the same; who turns us away is not."""
    stub = Stub(lambda seen: reply)
    with serving(stub):
        raised = probe(way, stub.url)
    assert (type(raised).__name__ if raised else None) == error


@WAYS
def test_a_redirect_is_not_followed(way: str) -> None:
    """Nobody can send our questions elsewhere."""
    stub = Stub(lambda seen: Reply(307, headers={"location": "http://127.0.0.1:1/"}))
    with serving(stub), pytest.raises(RefusedError, match="another address"):
        ask_all(way, stub.url, questions(1))
    assert len(stub.seen) == 1


@WAYS
@pytest.mark.parametrize("announced", [True, False])
def test_a_response_that_is_too_large_is_refused(way: str, announced: bool) -> None:
    """No more than the limit is read, whether or not the length is told beforehand."""
    body = b"x" * 50_000
    endless = b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n" + body
    stub = Stub(lambda seen: Reply(200, body) if announced else Reply(raw=endless))
    limits = attrs.evolve(QUICK, body_limit=10_000)
    with serving(stub), pytest.raises(RefusedError, match="larger"):
        ask_all(way, stub.url, questions(1), limits=limits)


@WAYS
def test_compressed_responses_are_not_unpacked(way: str) -> None:
    """A bomb stays closed: compression is not asked for, and not taken."""
    stub = Stub(lambda seen: Reply(200, b"\x1f\x8b", {"content-encoding": "gzip"}))
    with serving(stub):
        result, _ = ask_all(way, stub.url, questions(1))
    assert result.kind == "garbled"
    assert {seen.headers["accept-encoding"] for seen in stub.seen} == {"identity"}


@WAYS
def test_all_attempts_of_a_question_carry_one_name(way: str) -> None:
    """The name is the same in each repeat, another for each question, and tells nothing."""
    turns = itertools.count()
    stub = Stub(lambda seen: BUSY if next(turns) % 2 else Reply(200, seen.body))
    with serving(stub):
        ask_all(way, stub.url, [*questions(20), *questions(20)])
    names: dict[str, set[bytes]] = {}
    for seen in stub.seen:
        names.setdefault(seen.headers["idempotency-key"], set()).add(seen.body)
    assert len(stub.seen) > 40
    assert len(names) == 40
    assert all(len(bodies) == 1 for bodies in names.values())
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


@WAYS
def test_a_name_depends_on_the_key_and_on_what_is_asked(way: str) -> None:
    """The same key and name give the same header again; another key another one."""
    stub = Stub(lambda seen: Reply(200))
    request = questions(1)[0]
    with serving(stub):
        for key, name in ((b"k" * 16, "7"), (b"k" * 16, "7"), (b"l" * 16, "7"), (b"k" * 16, "8")):
            if way == "threads":
                with RemoteRegistry(stub.url, codec=Plain(), key=key) as registry:
                    registry.find(request, name=name)
            else:
                asyncio.run(_find(stub.url, request, key, name))
    first, second, third, fourth = [seen.headers["idempotency-key"] for seen in stub.seen]
    assert first == second
    assert len({first, third, fourth}) == 3


async def _find(url: str, request: Request, key: bytes, name: str) -> Response:
    async with AsyncRemoteRegistry(url, codec=Plain(), key=key) as registry:
        return await registry.find(request, name=name)


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + str(record.exc_info))


@WAYS
@pytest.mark.parametrize("fault", [*FAULTS, "none"])
def test_nothing_says_what_was_asked(way: str, fault: str) -> None:
    """Neither errors with all they hang on, nor any log at any level, nor a repr show a number."""
    stub, proxy = faulty(lambda seen: fault)
    heard, root = _Everything(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(0)
    limits = attrs.evolve(QUICK, attempts=2, attempt_timeout=0.1)
    try:
        with serving(stub, proxy):
            results = ask_all(way, proxy.url, questions(2), limits=limits)
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    said = [*heard.lines, repr(results), repr(stub.seen and results[0])]
    for error in results:
        if isinstance(error, BaseException):
            said += ["".join(traceback.format_exception(error)), str(error), repr(error.args)]
            assert error.__cause__ is None
            assert error.__context__ is None
    text = "\n".join(said)
    assert "0790850" not in text
    assert "number " not in text


BYTES = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=200).map(lambda body: b"HTTP/1.1 200 OK\r\n" + body + b"\r\n\r\n"),
    st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\ntrue",
            b"HTTP/1.1 200 OK\r\ncontent-length: 4, 5\r\n\r\ntrue",
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\ntrue",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\ntrue",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9" + b"9" * 5000 + b"\r\n\r\ntrue",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\ntrue\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ntrue",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-4\r\ntrue\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000 + b"\r\ntrue",
            b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\ntrue",
            b"HTTP/1.1 99999 OK\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
            b"HTTP/1.1 204 Empty\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 200 \xff\xfe\r\nx\x00y: \xff\r\ncontent-length: 1\r\n\r\n1",
            b"HTTP/1.1 200 OK\r\nno colon 079085000123\r\n\r\n",
        ]
    ),
)


@WAYS
def test_whatever_bytes_come_back_are_an_answer_or_our_error(way: str) -> None:
    """No response makes a client hang, raise anything else, or find a status where none was."""
    came: list[bytes] = [b""]
    stub = Stub(lambda seen: Reply(raw=came[0]))
    limits = attrs.evolve(QUICK, attempts=1, attempt_timeout=0.5, breaker_failures=10**6)

    @settings(max_examples=60)
    @given(BYTES)
    def hold(answer: bytes) -> None:
        came[0] = answer
        try:
            result, _ = ask_all(way, stub.url, questions(1), limits=limits)
        except RegistryError:
            return
        if isinstance(result, Response):
            assert answer.startswith((b"HTTP/1.", b"HTTP/9.9", b"HTTP/"))
            assert result.status in (200, 404)
        else:
            assert isinstance(result, UnreachableError)

    with serving(stub):
        hold()


def test_the_limits_of_a_client_hold_over_all_its_threads() -> None:
    """Threads that each put a question of their own share the places."""
    stub = Stub(lambda seen: Reply(200, seen.body, delay=0.01))
    limits = attrs.evolve(QUICK, in_flight=3)
    with serving(stub), RemoteRegistry(stub.url, codec=Plain(), limits=limits) as registry:
        with ThreadPoolExecutor(12) as threads:
            bodies = list(threads.map(lambda r: registry.find(r).body, questions(60)))
        assert stub.connections <= 3
    assert bodies == [request.body for request in questions(60)]
