"""The OSIA codec: field maps, and what is sent."""

import json
import re
from pathlib import Path

import pytest

from vnvaxmatch import Claim, Field
from vnvaxmatch.backends.remote.codecs import CODECS, codec
from vnvaxmatch.backends.remote.codecs.forms import DateForm, read_birth, write_birth
from vnvaxmatch.backends.remote.wire import Request
from vnvaxmatch.errors import BackendError, InputError, RequestError
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Reason

TEXTS = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ", "id_number": "001185000123"}
CLAIM = Claim.read(**TEXTS)
STANDARD = Path(__file__).parents[2] / "data" / "osia" / "dataaccess.yaml"


def sent(claim: Claim = CLAIM, **options: object) -> object:
    """Give the parsed body of a request."""
    return json.loads(codec("osia", **options).request(claim).body)


def test_verify_sends_expressions_of_equality() -> None:
    """The number is in the path, the rest in expressions."""
    request = codec("osia").request(CLAIM)

    assert (request.method, request.path) == ("POST", "/v1/persons/001185000123/verify")
    assert request.headers["content-type"] == "application/json"
    assert sent() == [
        {"attributeName": "fullName", "operator": "=", "value": "Trần Thị Thử"},
        {"attributeName": "dateOfBirth", "operator": "=", "value": "1985-11-10"},
        {"attributeName": "gender", "operator": "=", "value": "female"},
    ]


def test_match_sends_a_flat_object_after_the_map() -> None:
    """The map says which attribute is which, and how values are written."""
    parts = {"surname": "lastName", "middle": "middleName", "given": "firstName", "birth": "dob",
             "sex": "sex", "id_number": "uin"}  # fmt: skip
    sexes = {"male": "1", "female": "2"}

    assert sent(
        operation="match", attributes=parts, dates="basic", names="unmarked", sexes=sexes
    ) == {
        "lastName": "TRAN",
        "middleName": "THI",
        "firstName": "THU",
        "dob": "19851110",
        "sex": "2",
        "uin": "001185000123",
    }


def test_a_name_without_a_part_that_is_asked_cannot_be_asked() -> None:
    """A name of two words has no middle name to send."""
    attributes = {"surname": "a", "middle": "b", "given": "c"}
    claim = Claim.read(**{**TEXTS, "name": "Trần Thử"})

    assert codec("osia", attributes=attributes).request(claim) is Reason.CANNOT_BE_ASKED
    one = Claim.read(**{**TEXTS, "name": "Thử"})
    pair = {"surname": "a", "first_names": "b"}
    assert codec("osia", attributes=pair).request(one) is Reason.CANNOT_BE_ASKED


def test_what_the_map_leaves_out_is_not_asked() -> None:
    """The codec says so, and does not send it."""
    made = codec("osia", attributes={"name": "n", "birth": "b"})

    assert made.asks == {Field.NAME, Field.BIRTH, Field.ID_NUMBER}
    assert b"female" not in made.request(CLAIM).body


@pytest.mark.parametrize(
    "options",
    [
        {"attributes": {}},
        {"attributes": {"id_number": "uin"}},
        {"attributes": {"nom": "n"}},
        {"attributes": {"surname": "s"}},
        {"attributes": {"surname": "s", "given": "g"}},
        {"attributes": {"name": "n", "surname": "s", "first_names": "f"}},
        {"attributes": {"name": "same", "birth": "same"}},
        {"attributes": {"name": ""}},
        {"attributes": {"name": 7}},
        {"attributes": {"name": "a\nb"}},
        {"attributes": {"name": "x" * 101}},
        {"operation": "read"},
        {"operation": None},
        {"names": "title"},
        {"dates": "us"},
        {"sexes": {"male": "1"}},
        {"sexes": {"male": "1", "female": "1"}},
        {"sexes": {"male": "1", "female": "2", "other": "3"}},
        {"sexes": {"male": "", "female": "2"}},
        {"no_such_option": 1},
    ],
)
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object]) -> None:
    """A wrong map is an error when the codec is made, not when it is used."""
    with pytest.raises(InputError):
        codec("osia", **options)


def test_an_unknown_codec_is_refused_by_name() -> None:
    """The error names those that there are."""
    with pytest.raises(BackendError, match="osia, fhir, ndxp"):
        codec("soap")
    assert list(CODECS) == ["osia", "fhir", "ndxp"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"path": "/v1/persons/001185000123/match"}, "path"),
        ({"path": "/v1/persons/1/2/verify"}, "path"),
        ({"path": "/v1/persons//verify"}, "path"),
        ({"path": "/v1/persons/1/verify?x=1"}, "path"),
        ({"method": "GET"}, "method"),
        ({"body": b"[]"}, "shape"),
        ({"body": b"{}"}, "shape"),
        ({"body": b"true"}, "shape"),
        ({"body": b"["}, "not_json"),
        ({"body": b'[{"attributeName":"fullName","operator":"<","value":"x"}]'}, "operator"),
        ({"body": b'[{"attributeName":"fullName","operator":"="}]'}, "shape"),
        ({"body": b'[{"attributeName":"fullName","operator":"=","value":1}]'}, "value"),
        ({"body": b'[{"attributeName":"gender","operator":"=","value":"Nu"}]'}, "value"),
        ({"body": b'[{"attributeName":"dateOfBirth","operator":"=","value":"1985-02-31"}]'},
         "value"),
        ({"body": b'[{"attributeName":"shoe","operator":"=","value":"44"}]'}, "unknown_attribute"),
        ({"body": b'[{"attributeName":"gender","operator":"=","value":"male"},'
                  b'{"attributeName":"gender","operator":"=","value":"female"}]'}, "value"),
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_refused(change: dict[str, object], kind: str) -> None:
    """The answering side says in a word what is wrong."""
    good = codec("osia").request(CLAIM)
    request = Request(
        **{"method": good.method, "path": good.path, "body": good.body, **change}  # type: ignore[arg-type]
    )

    with pytest.raises(RequestError) as caught:
        codec("osia").parse_request(request)
    assert caught.value.kind == kind


def test_two_numbers_in_one_question_are_refused() -> None:
    """The number in the path and the one in the body must be the same."""
    made = codec("osia", attributes={"name": "n", "id_number": "uin"})
    good = made.request(CLAIM)
    other = good.path.replace("0123", "0124")

    assert made.parse_request(good).id_number == CLAIM.id_number
    with pytest.raises(RequestError):
        made.parse_request(Request(good.method, other, good.body))


@pytest.mark.parametrize("form", DateForm)
@pytest.mark.parametrize("birth", [BirthDate(1985), BirthDate(1985, 1), BirthDate(1985, 1, 2)])
def test_a_date_comes_back_as_precise_as_it_was(form: DateForm, birth: BirthDate) -> None:
    """Each way of writing a date is read back the same."""
    assert read_birth(write_birth(birth, form), form) == birth


def test_paths_and_words_are_those_of_the_standard() -> None:
    """The operations, the operator and the error codes are in the published interface."""
    text = STANDARD.read_text("utf-8")

    for operation in ("verify", "match"):
        path = codec("osia", operation=operation).request(CLAIM).path
        assert f"\n  {path.replace('001185000123', '{uin}')}:\n" in text
    for word in ("attributeName", "operator", "value", "errorCode"):
        assert re.search(rf"\n\s+{word}:\n", text)
    assert "enum: ['<', '>', '=', '>=', '<=']" in text
