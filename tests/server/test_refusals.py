"""What the server does not answer, and how it says so: the same bytes each time, and no value."""

import json
import logging
import threading
from datetime import UTC, datetime

import pytest

from vnvaxmatch import Found, match
from vnvaxmatch.backends.remote import Limits, RemoteRegistry
from vnvaxmatch.errors import InputError, LedgerError, RefusedError, ReplyError, UnreachableError
from vnvaxmatch.ledger import MemoryLedger
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.server import Guards, Settings
from vnvaxmatch.server.guards import Audit, Rates, Walking, WalkingSettings
from vnvaxmatch.server.guards.metrics import Metrics

from .serving import ASKED, HELD, NUMBER, Broken, asking, body, claim, get, post, raw, serving

XML = '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"/>'


@pytest.fixture(scope="module")
def url():
    """A server of all codecs, with small limits."""
    settings = Settings(codecs=("osia", "fhir", "ndxp"), body_limit=4096, read_timeout=0.5)
    with pytest.warns(UserWarning, match="unverified"), serving(settings=settings) as address:
        yield address


class Buggy:
    """A registry with a bug, whose text holds what was asked."""

    def find(self, keys):
        """Fail."""
        raise ZeroDivisionError(f"{keys[0].value} {HELD['name']}")


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"{", b"[]", b"{}", b"true", b"null", b"\xff\xfe", b"[" * 4000, b'[{"a":1}]',
        b'[{"attributeName":"fullName","operator":"<","value":"A"}]',
        b'[{"attributeName":"mother","operator":"=","value":"A"}]',
        b'[{"attributeName":"fullName","operator":"=","value":7}]',
        b'[{"attributeName":"dateOfBirth","operator":"=","value":"31/02/1985"}]',
    ],
)  # fmt: skip
def test_what_is_no_question_is_400(url, sent):
    """In the shape of OSIA, and always the same."""
    got = post(url, sent)
    assert (got.status, got.json["code"]) == (400, 400)
    assert got.body == post(url, b"{").body


def test_fhir_says_it_as_an_outcome(url):
    """An OperationOutcome with an error, which no client takes for an empty answer."""
    got = post(url, b"{}", path="/fhir/Patient/$match", media="application/fhir+json")
    assert (got.status, got.headers["content-type"]) == (400, "application/fhir+json")
    assert got.json["issue"][0]["severity"] == "error"


def test_ndxp_says_it_as_a_fault(url):
    """A fault of SOAP 1.1, blamed on the client."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' + XML.encode()
    for sent in (b"<a/>", XML.encode(), bomb):
        got = post(url, sent, path="/ndxp/", media="text/xml")
        assert (got.status, got.headers["content-type"]) == (400, "text/xml; charset=utf-8")
        assert b"<faultcode>soapenv:Client</faultcode>" in got.body


@pytest.mark.parametrize(
    "path",
    [
        "/osia/v1/persons/001085000123", "/osia/v1/persons//verify", "/osia/v1/persons/1/2/verify",
        "/osia/v2/persons/1/verify", "/osia", "/osia/", "/osiaa/v1/persons/1/verify",
        "/v1/persons/001085000123/verify", "/", "/osia/../osia/v1/persons/1/verify",
        "/osia/v1/persons/1/verify/", "/%6Fsia/v1/persons/1/verify",
    ],
)  # fmt: skip
def test_a_path_that_is_not_there_is_no_unknown_number(url, path):
    """404 with what our client cannot take for «nobody has that number»."""
    host = url.partition("//")[2].encode()
    sent = raw(
        url,
        b"POST %b HTTP/1.1\r\nhost: %b\r\ncontent-type: application/json\r\n"
        b"connection: close\r\ncontent-length: 2\r\n\r\n[]" % (path.encode(), host),
    )
    head, _, said = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"application/problem+json" in head
    assert set(json.loads(said)) == {"type", "title", "status"}


@pytest.mark.parametrize("prefix", ["/osia/osia", "/osai", "", "/fhir"])
def test_a_wrong_address_ends_in_an_error(url, prefix):
    """Whatever the client takes it for, it is never an answer."""
    with (
        RemoteRegistry(url + prefix, codec="osia", limits=Limits(attempts=1)) as registry,
        pytest.raises((RefusedError, ReplyError, UnreachableError)),
    ):
        match(claim(), by=registry, against=registry)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_405(url, method):
    """With the one that there is."""
    got = post(url, b"", method=method)
    assert (got.status, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "media",
    [None, "", "text/plain", "application/xml", "application/json; charset=utf-16",
     "application/jsonx", "multipart/form-data; boundary=x"],
)  # fmt: skip
def test_other_kinds_of_content_are_415(url, media):
    """They are not read at all."""
    assert post(url, media=media).status == 415


@pytest.mark.parametrize(
    "media",
    ["application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_the_kind_of_content_may_be_written_otherwise(url, media):
    """Case, spaces and UTF-8 by name."""
    assert post(url, media=media).status == 200


def test_a_large_body_is_413(url):
    """However it is sent."""
    assert post(url, b" " * 4096 + body()).status == 413
    pieces = (b" " * 1000 for _ in range(10))
    chunked = asking(
        url, f"/osia/v1/persons/{NUMBER}/verify", body=pieces,
        headers={"content-type": "application/json"}, chunked=True,
    )  # fmt: skip
    assert chunked.status == 413
    assert post(url, body() + b" " * (4096 - len(body()))).status == 200


def test_an_endless_body_is_cut_off(url):
    """After some more than the limit, whatever it says of its length."""
    head = (
        b"POST /osia/v1/persons/1/verify HTTP/1.1\r\nhost: a\r\n"
        b"content-type: application/json\r\ncontent-length: 99999999999\r\n\r\n"
    )
    assert raw(url, head, *(b" " * 60_000 for _ in range(20))).startswith(b"HTTP/1.1 413 ")


def test_a_slow_body_is_408(url):
    """The connection is closed with it."""
    head = (
        b"POST /osia/v1/persons/1/verify HTTP/1.1\r\nhost: a\r\n"
        b"content-type: application/json\r\ncontent-length: 10\r\n\r\n["
    )
    assert raw(url, head).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"POST /osia", b"GET / HTTP/1.1\r\nhost: a\r\nx: "])
def test_a_slow_head_is_408(url, sent):
    """Wherever in it the client stops."""
    assert raw(url, sent).startswith(b"HTTP/1.1 408 ")


def test_a_silent_connection_is_closed(url):
    """Without a word, which would be taken for the answer to what is asked next."""
    assert raw(url, b"") == b""


@pytest.mark.parametrize(
    "head",
    [
        b"x: " + b"y" * 20_000,
        b"\r\n".join(b"x%d: y" % n for n in range(100)),
        b"\r\n".join(b"x%d: %b" % (n, b"y" * 1000) for n in range(20)),
    ],
    ids=["long", "many", "much"],
)
def test_a_large_head_is_431(url, head):
    """One header that never ends, or many."""
    sent = b"GET /docs HTTP/1.1\r\nhost: a\r\n" + head
    assert raw(url, sent + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
    assert raw(url, b"GET /" + b"a" * 20_000).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00", b"HELO a\r\n\r\n", b"GET / HTTP/9\r\n\r\n"]
)
def test_what_is_not_http_is_400(url, sent):
    """A client that speaks TLS to a plain port gets a word, too."""
    assert raw(url, sent).startswith(b"HTTP/1.1 400 ")


def test_all_refusals_echo_the_name_of_the_question(url):
    """So that the client can tell whose they are."""
    for got in (
        post(url, idempotency_key="q-1"),
        post(url, b"{", idempotency_key="q-1"),
        post(url, path="/nothing", idempotency_key="q-1"),
        post(url, media="text/plain", idempotency_key="q-1"),
        get(url, "/health/live", idempotency_key="q-1"),
    ):
        assert got.headers["idempotency-key"] == "q-1"


@pytest.mark.parametrize("name", ["a" * 128, "~", "a b"])
def test_a_name_that_may_be_repeated_is(url, name):
    """128 visible characters of ASCII."""
    assert post(url, idempotency_key=name).headers["idempotency-key"] == name


@pytest.mark.parametrize("name", [b"a" * 129, b"\xc4\x90", b"a\tb"])
def test_another_name_is_left_out(url, name):
    """And the question is answered all the same."""
    head = b"GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\nidempotency-key: "
    got = raw(url, head + name + b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 ")
    assert b"idempotency-key" not in got


def test_two_names_are_none(url):
    """Nobody can tell which of them is meant."""
    head = b"GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
    got = raw(url, head + b"idempotency-key: a\r\nidempotency-key: b\r\n\r\n")
    assert b"idempotency-key" not in got


def test_every_answer_has_the_headers_of_security(url):
    """Nothing is kept, framed or sniffed, and nobody is told which server this is."""
    for got in (post(url), post(url, b"{"), get(url, "/docs"), get(url, "/nothing")):
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in got.headers["content-security-policy"]
        assert "server" not in got.headers


def test_a_registry_out_of_order_is_503(caplog):
    """With Retry-After, and a line that holds nothing of the question."""
    with caplog.at_level(logging.INFO), serving(Broken()) as url:
        got = post(url)
        ready, live = get(url, "/health/ready"), get(url, "/health/live")
    assert (got.status, got.headers["retry-after"]) == (503, "5")
    assert (ready.status, live.status) == (503, 200)
    assert "RegistryError" in caplog.text
    assert NUMBER not in caplog.text


def test_a_bug_is_500_without_its_text(caplog):
    """Neither to the client nor to the log."""
    with caplog.at_level(logging.DEBUG), serving(Buggy()) as url:
        got = post(url)
    assert (got.status, got.json) == (500, {"code": 500, "message": "unexpected error"})
    assert "ZeroDivisionError in test_refusals.py" in caplog.text
    ours = " ".join(r.getMessage() for r in caplog.records if not r.name.startswith("urllib3"))
    assert all(value not in ours for value in (NUMBER, NUMBER[2:], HELD["name"], "Traceback"))


def test_the_rate_is_kept_for_each_client():
    """429 with Retry-After once the burst is spent."""
    now = [0.0]
    guards = Guards(rates=Rates(per_second=0.25, burst=2, clock=lambda: now[0]))
    with serving(guards=guards) as url:
        got = [post(url) for _ in range(3)]
        now[0] += 4
        after = post(url)
    assert [one.status for one in got] == [200, 200, 429]
    assert got[2].headers["retry-after"] == "4"
    assert after.status == 200


@pytest.mark.parametrize("left_out", [{}, {"gender": None}], ids=["whole", "without-sex"])
def test_whoever_walks_through_numbers_is_refused_and_reported(caplog, left_out):
    """429, and a line that names the client and no number; also where less is stated."""
    settings = WalkingSettings(suspicious=5, refused=10, gap=0.001)
    guards = Guards(walking=Walking(settings, clock=lambda: 0.0), metrics=Metrics())
    with caplog.at_level(logging.INFO), serving(guards=guards) as url:
        statuses = [
            post(url, body(**left_out), path=f"/osia/v1/persons/001085{serial:06}/verify").status
            for serial in range(500, 530)
        ]
        page = get(url, "/metrics").body.decode()
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert 'vnvaxmatch_refused_total{why="walking"}' in page
    assert "vnvaxmatch_walks_total" in page
    assert "client address:127.0.0.1 seems to walk" in caplog.text
    assert "001085" not in caplog.text + page


def test_too_many_questions_at_once_are_refused():
    """503 for what is over the limit; what runs is answered."""
    gate, entered = threading.Event(), threading.Event()

    class Slow:
        """A registry that waits."""

        waits = False

        def find(self, keys):
            """Wait."""
            if self.waits:
                entered.set()
                gate.wait(10)
            return Found()

    slow = Slow()
    with serving(slow, settings=Settings(most_at_once=1, threads=2)) as url:
        slow.waits = True
        first: list[int] = []
        thread = threading.Thread(target=lambda: first.append(post(url).status))
        thread.start()
        assert entered.wait(10)
        second = post(url)
        gate.set()
        thread.join()
    assert (first, second.status, second.headers["retry-after"]) == ([200], 503, "1")


def test_a_registry_that_does_not_answer_is_503():
    """It is not waited for beyond the limit."""
    gate = threading.Event()

    class Stuck:
        """A registry that hangs."""

        def find(self, keys):
            """Hang."""
            gate.wait(10)
            return Found()

    with serving(Stuck(), settings=Settings(answer_timeout=0.2, threads=4)) as url:
        got = post(url)
        gate.set()
    assert got.status == 503


@pytest.mark.parametrize("wrong", [{"codecs": ("osia", "osia")}, {"body_limit": 0}])
def test_settings_that_cannot_be_are_refused(wrong):
    """Before anything is served."""
    with pytest.raises(InputError):
        Settings(**wrong)


def test_a_number_may_be_percent_encoded():
    """The number is read from the path as it was sent."""
    with serving(settings=Settings(disclosure=Disclosure.FINDINGS)) as url:
        stated = json.dumps(ASKED).encode()
        coded = "".join(f"%{ord(digit):02X}" for digit in NUMBER)
        assert post(url, stated, path=f"/osia/v1/persons/{coded}/match").json == []
        assert post(url, stated, path="/osia/v1/persons/a%2Fb/match").status == 404


class FullDisk(MemoryLedger):
    """A ledger that cannot be written to."""

    def append(self, events, /, *, expected=None):
        """Fail."""
        raise LedgerError("the disk is full")


def test_no_answer_leaves_without_its_line(caplog):
    """A question that cannot be recorded is not answered, whatever it came to."""
    audit = Audit(FullDisk(), key=bytes(32), clock=_now)
    with caplog.at_level(logging.INFO), serving(guards=Guards(audit=audit)) as url:
        got = [post(url), post(url, path="/osia/v1/persons/001099999999/verify")]
    assert [one.status for one in got] == [503, 503]
    assert got[0].body == got[1].body
    assert "an audit line was not written" in caplog.text


def test_a_question_without_an_answer_is_recorded():
    """That somebody asked while the registry was out of order, and that nothing was told."""
    ledger = MemoryLedger()
    audit = Audit(ledger, key=bytes(32), clock=_now)
    with serving(Broken(), guards=Guards(audit=audit)) as url:
        post(url)
    with serving(guards=Guards(audit=Audit(ledger, key=bytes(32), clock=_now))) as url:
        post(url, json.dumps(ASKED).encode(), path=f"/osia/v1/persons/{NUMBER}/match")
    lines = [recorded.event.data for recorded in ledger.scan()]
    assert [(line["outcome"], line["disclosed"]) for line in lines] == [
        ("undetermined", "nothing"),
        ("forbidden", "nothing"),
    ]
    assert lines[0]["claim"] == lines[1]["claim"]


def _now():
    return datetime.now(UTC)
