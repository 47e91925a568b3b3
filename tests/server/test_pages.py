"""The pages about the server: health, metrics, and a description that is true."""

import json
import re

import pytest

from vnvaxmatch.policy import Disclosure
from vnvaxmatch.server import Guards, Settings, Tokens, make_app, new_token
from vnvaxmatch.server.guards.metrics import Metrics

from .serving import ASKED, NUMBER, PEOPLE, asking, body, get, post, serving

ALL = ("osia", "fhir")


@pytest.fixture(scope="module")
def url():
    """A server at findings, with metrics."""
    settings = Settings(codecs=ALL, disclosure=Disclosure.FINDINGS)
    with serving(settings=settings, guards=Guards(metrics=Metrics())) as address:
        yield address


@pytest.fixture(scope="module")
def described(url):
    """The OpenAPI document."""
    return get(url, "/openapi.json").json


def test_health_is_told(url):
    """Alive, and ready to answer."""
    assert get(url, "/health/live").json == {"status": "live"}
    assert get(url, "/health/ready").json == {"status": "ready"}


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/docs", "/openapi.json"])
def test_pages_are_read_and_nothing_else(url, path):
    """GET and HEAD, or 405."""
    got = asking(url, path, "HEAD")
    assert (got.status, got.body) == (200, b"")
    refused = asking(url, path, "POST", body=b"x" * 100)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


def test_the_page_for_people_needs_no_network(url, described):
    """No script, no address but our own, and every operation is on it."""
    got = get(url, "/docs")
    text = got.body.decode()
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in text
    assert set(re.findall(r"(?:href|src)=[\"']?([^\"' >]+)", text)) == {"openapi.json"}
    assert all(path in text for path in described["paths"])


def test_every_reference_leads_somewhere(described):
    """And each operation has a name of its own."""
    written = json.dumps(described)
    for name in re.findall(r"#/components/schemas/(\w+)", written):
        assert name in described["components"]["schemas"]
    names = [op["operationId"] for item in described["paths"].values() for op in item.values()]
    assert len(set(names)) == len(names)


def test_every_operation_that_answers_is_described(described):
    """And no other."""
    assert set(described["paths"]) == {
        "/osia/v1/persons/{uin}/verify",
        "/osia/v1/persons/{uin}/match",
        "/fhir/Patient/$match",
        "/health/live",
        "/health/ready",
        "/metrics",
    }


@pytest.mark.parametrize(
    ("sent", "media"),
    [(body(), "application/json"), (b"{", "application/json"), (body(), "text/plain"),
     (b" " * 70_000, "application/json")],
)  # fmt: skip
def test_answers_are_among_those_described(url, described, sent, media):
    """With the content that is described."""
    got = post(url, sent, media=media)
    responses = described["paths"]["/osia/v1/persons/{uin}/verify"]["post"]["responses"]
    assert got.headers["content-type"] in responses[str(got.status)]["content"]


def test_what_the_disclosure_forbids_is_described(url, described):
    """At verdict match has no answer but 403; a 404 is described only where it is told."""
    with serving() as secret:
        less = get(secret, "/openapi.json").json
    forbidden = less["paths"]["/osia/v1/persons/{uin}/match"]["post"]["responses"]
    assert "403" in forbidden
    assert not {"200", "404", "409"} & set(forbidden)
    verify = "/osia/v1/persons/{uin}/verify"
    assert "404" not in less["paths"][verify]["post"]["responses"]
    assert "404" in described["paths"][verify]["post"]["responses"]


def test_security_is_described(tmp_path, described):
    """With tokens, the scheme and the 401; without, neither."""
    (tmp_path / "tokens").write_text(new_token("a")[1], "utf-8")
    with serving(callers=Tokens(tmp_path / "tokens")) as url:
        made = get(url, "/openapi.json").json
    asked = made["paths"]["/osia/v1/persons/{uin}/verify"]["post"]
    assert asked["security"] == [{"token": []}]
    assert "401" in asked["responses"]
    assert made["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "securitySchemes" not in described["components"]
    assert "401" not in described["paths"]["/osia/v1/persons/{uin}/verify"]["post"]["responses"]


def test_questions_are_counted(url):
    """By codec, operation and outcome; refusals by their word."""
    post(url)
    post(url, json.dumps({**ASKED, "gender": "female"}).encode(), path=_match(NUMBER))
    post(url, b"{")
    page = get(url, "/metrics").body.decode()
    count = 'vnvaxmatch_answers_total{codec="osia",operation="verify",outcome="matched"}'
    assert count in page
    assert 'vnvaxmatch_answers_total{codec="osia",operation="match",outcome="mismatched"}' in page
    assert 'vnvaxmatch_refused_total{why="malformed"}' in page
    assert "vnvaxmatch_in_flight 0.0" in page
    assert NUMBER not in page


def _match(number):
    return f"/osia/v1/persons/{number}/match"


def test_without_metrics_there_is_no_such_page():
    """Nothing pretends to count."""
    with serving() as address:
        assert get(address, "/metrics").status == 404


def test_an_app_is_one_to_embed():
    """It is made without a network, a signal or a log, once for each registry."""
    from vnvaxmatch import MemoryRegistry

    one, other = (make_app(MemoryRegistry(PEOPLE)) for _ in range(2))
    assert one is not other
