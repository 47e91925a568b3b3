"""The OSIA codec against prism, which holds every request against the published description."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Level, Outcome, Verdict, match
from vnvaxmatch.backends.remote import Bearer, Limits, RemoteRegistry, Request, codec
from vnvaxmatch.backends.remote.client import SignedHeaders
from vnvaxmatch.errors import (
    NotAuthorisedError,
    RefusedError,
    RegistryError,
    ReplyError,
    UnreachableError,
)
from vnvaxmatch.outcome import Reason
from vnvaxmatch.testing import claim_of, claims, entries

from .prism import STANDARD, UnavailableError, installed, running

CLAIM = Claim.read(name="Trần Thị Thử", birth="10/11/1985", sex="Nữ", id_number="001185000123")
QUICK = Limits(attempts=2, backoff=0.001, attempt_timeout=20)

MAPS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "unmarked, with other words": {
        "names": "unmarked",
        "dates": "basic",
        "sexes": {"male": "1", "female": "2"},
    },
    "names in two": {
        "attributes": {"surname": "lastName", "first_names": "firstName", "birth": "dateOfBirth"},
        "names": "upper",
    },
    "names in three, and the number": {
        "attributes": {
            "surname": "họ",
            "middle": "chữ đệm",
            "given": "tên",
            "birth": "ngày sinh",
            "sex": "giới tính",
            "id_number": "uin",
        },
        "dates": "slash",
        "sexes": {"male": "Nam", "female": "Nữ"},
    },
}


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """Give the address of a prism that runs the description."""
    try:
        program = installed()
        with running(program) as address:
            yield address
    except UnavailableError as error:
        pytest.skip(f"prism is not available: {error}")


def asking(url: str, prefer: str = "", **options: Any) -> RemoteRegistry:
    """Make a client; ``prefer`` tells prism which of its answers to give."""
    headers = {"authorization": "Bearer token"} | ({"prefer": prefer} if prefer else {})
    return RemoteRegistry(
        url, codec=codec("osia", **options), auth=SignedHeaders(lambda _: headers), limits=QUICK
    )


@pytest.mark.parametrize("fields", MAPS)
@pytest.mark.parametrize("operation", ["verify", "match"])
def test_every_request_is_one_of_the_standard(prism: str, operation: str, fields: str) -> None:
    """Whatever the claim and the field map, nothing of the request violates the description."""
    made = codec("osia", operation=operation, **MAPS[fields])
    sent = []

    with RemoteRegistry(prism, codec=made, auth=Bearer("token"), limits=QUICK) as registry:

        @given(st.one_of(claims(), entries(complete=True).map(claim_of)))
        def law(claim: Claim) -> None:
            request = made.request(claim)
            if isinstance(request, Reason):
                return
            response = registry.find(request)
            sent.append(response.status)
            assert "sl-violations" not in response.headers
            assert response.status == 200

        law()
    assert sent


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/persons/1/verify", b'[{"attributeName":"a","operator":"~","value":"b"}]'),
        ("/v1/persons/1/verify", b'[{"attributeName":"a","operator":"="}]'),
        ("/v1/persons/1/verify", b'{"a":"b"}'),
        ("/v1/persons/1/match", b"[]"),
        ("/v1/persons/1/match", b'{"a":null}'),
    ],
)
def test_the_judge_is_awake(prism: str, path: str, body: bytes) -> None:
    """What the standard does not know is refused, so that its consent means something."""
    with asking(prism) as registry, pytest.raises(RefusedError):
        registry.find(Request("POST", path, body, {"content-type": "application/json"}))


def test_a_request_without_a_token_is_refused(prism: str) -> None:
    """The error says so, and names no path."""
    with RemoteRegistry(prism, codec="osia", limits=QUICK) as registry:
        got = said(registry)

    assert isinstance(got, NotAuthorisedError)
    assert "001185000123" not in str(got)


def said(registry: RemoteRegistry, claim: Claim = CLAIM) -> Verdict | RegistryError:
    """Give what comes of one claim."""
    try:
        return match(claim, by=registry, against=registry)
    except RegistryError as error:
        return error


@pytest.mark.parametrize("operation", ["verify", "match"])
@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, RefusedError),
        (401, NotAuthorisedError),
        (403, NotAuthorisedError),
        (500, UnreachableError),
    ],
)
def test_an_error_of_the_standard_is_never_an_answer(
    prism: str, operation: str, status: int, meaning: type[RegistryError]
) -> None:
    """Each has the meaning that the table of statuses gives it."""
    with asking(prism, f"code={status}", operation=operation) as registry:
        got = said(registry)

    assert type(got) is meaning
    assert registry.counts.attempts == (2 if meaning is UnreachableError else 1)


@pytest.mark.parametrize("operation", ["verify", "match"])
def test_an_unknown_number_is_not_found(prism: str, operation: str) -> None:
    """404 as the standard has it, without a body."""
    with asking(prism, "code=404", operation=operation) as registry:
        got = said(registry)

    assert isinstance(got, Verdict)
    assert got.outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("operation", ["verify", "match"])
def test_a_wrong_address_is_not_an_unknown_number(prism: str, operation: str) -> None:
    """The 404 of a server that has no such path is no answer."""
    with asking(f"{prism}/elsewhere", operation=operation) as registry:
        got = said(registry)

    assert isinstance(got, ReplyError)


def test_true_and_false_are_read(prism: str) -> None:
    """The example says true; of answers by chance both come, and each is what it says."""
    with asking(prism) as registry:
        example = said(registry)
    with asking(prism, "dynamic=true") as registry:
        drawn = [said(registry) for _ in range(40)]

    assert isinstance(example, Verdict)
    assert example.outcome is Outcome.MATCHED
    assert {verdict.outcome for verdict in drawn} == {Outcome.MATCHED, Outcome.MISMATCHED}


def test_the_list_of_what_does_not_fit_is_read(prism: str) -> None:
    """The example says that the first name differs, and nothing else."""
    fields: Mapping[str, str] = {"surname": "lastName", "first_names": "firstName", "birth": "dob",
                                 "sex": "gender"}  # fmt: skip
    with asking(prism, operation="match", attributes=fields) as registry:
        got = said(registry)

    assert isinstance(got, Verdict)
    assert got.outcome is Outcome.MISMATCHED
    assert [finding.level for finding in got.evidence.findings] == [
        Level.DIFFERENT,
        Level.SAME,
        Level.SAME,
        Level.SAME,
    ]


def test_a_list_that_speaks_of_something_else_is_no_answer(prism: str) -> None:
    """Attributes that were not asked, drawn by chance, settle nothing."""
    with asking(prism, "dynamic=true", operation="match") as registry:
        drawn = [said(registry) for _ in range(20)]

    for got in drawn:
        empty = isinstance(got, Verdict) and got.outcome is Outcome.MATCHED
        assert empty or isinstance(got, ReplyError)
    assert any(isinstance(got, ReplyError) for got in drawn)


def test_the_description_is_the_published_one() -> None:
    """The copy is whole, and its licence and its source lie beside it."""
    assert "title: OSIA Data Access Interface" in STANDARD.read_text("utf-8")
    assert "Secure Identity Alliance" in (STANDARD.parent / "LICENSE").read_text("utf-8")
    assert "Copyright © Secure Identity Alliance (2022)" in (
        STANDARD.parent / "README.md"
    ).read_text("utf-8")
