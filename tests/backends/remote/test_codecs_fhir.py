"""The FHIR codec: its bodies hold against the models of fhir.resources, and its options."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Disclosure, Entry, Exact, MemoryRegistry, match
from vnvaxmatch.backends.remote.codecs import answerer, codec
from vnvaxmatch.backends.remote.wire import Request
from vnvaxmatch.errors import InputError, RequestError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.testing import claim_of, claims, entries, populations

CLAIM = Claim.read(name="Trần Thị Thử", birth="10/11/1985", sex="Nữ", id_number="001185000123")


@pytest.fixture(scope="module")
def models():
    """Give the models of FHIR R4B, which are those of R4 for what is used here."""
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    from fhir.resources.R4B.bundle import Bundle
    from fhir.resources.R4B.parameters import Parameters

    return {"Parameters": Parameters, "Bundle": Bundle}


def test_every_request_is_valid_fhir(models) -> None:
    """Whatever the claim, the body is Parameters of the standard."""

    @given(claims())
    def law(claim: Claim) -> None:
        request = codec("fhir").request(claim)
        if not isinstance(request, Reason):
            said = models["Parameters"].model_validate_json(request.body)
            assert [p.name for p in said.parameter] == ["resource", "onlyCertainMatches", "count"]

    law()


def test_every_reply_is_a_valid_bundle(models) -> None:
    """Whatever the verdict and however much may be told, the body is a Bundle of the standard."""

    @given(claims(), populations(), entries(key="own", complete=True), st.sampled_from(Disclosure))
    def law(claim: Claim, people: list[Entry], own: Entry, disclosure: Disclosure) -> None:
        for asked in (claim, claim_of(own)):
            verdict = match(asked, by=Exact(), against=MemoryRegistry([*people, own]))
            reply = answerer("fhir").render_answer(verdict, asked, disclosure=disclosure, entry=own)
            bundle = models["Bundle"].model_validate_json(reply.body)
            assert bundle.type == "searchset"

    law()


def test_a_bundle_of_the_models_is_read(models) -> None:
    """What the models write is read as what it says."""
    said = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "entry": [
            {
                "fullUrl": "https://registry.example/Patient/p1",
                "resource": {
                    "resourceType": "Patient",
                    "id": "p1",
                    "meta": {"profile": ["https://profiles.ihe.net/ITI/PDQm/x"]},
                    "text": {
                        "status": "generated",
                        "div": '<div xmlns="http://www.w3.org/1999/xhtml">Thử</div>',
                    },
                    "identifier": [
                        {"system": "urn:x-vnvaxmatch:id-number", "value": "001185000123"}
                    ],
                    "name": [{"use": "official", "family": "Trần", "given": ["Thị", "Thử"]}],
                    "gender": "female",
                    "birthDate": "1985-11-10",
                    "address": [{"state": "WI"}],
                },
                "search": {
                    "mode": "match",
                    "score": 0.9,
                    "extension": [
                        {
                            "url": "http://hl7.org/fhir/StructureDefinition/match-grade",
                            "valueCode": "certain",
                        }
                    ],
                },
            }
        ],
    }
    body = models["Bundle"].model_validate(said).model_dump_json().encode()
    made = codec("fhir")

    from vnvaxmatch.backends.remote.wire import Response

    answer = made.answer(Response(200, body), CLAIM)

    assert [f.level.value for f in answer.evidences[0].findings] == ["same"] * 4
    assert answer.evidences[0].entry_key == "p1"


@pytest.mark.parametrize(
    "options",
    [{"count": 1}, {"count": 0}, {"count": True}, {"count": "5"}, {"system": ""}, {"system": "x"},
     {"names": "Upper"}],
)  # fmt: skip
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object]) -> None:
    """A wrong option is an error when the codec is made, not when it is used."""
    with pytest.raises(InputError):
        codec("fhir", **options)


def test_a_bare_patient_is_a_question_too() -> None:
    """Without other parameters the Patient may come alone."""
    made = codec("fhir")
    good = json.loads(made.request(CLAIM).body)
    patient = good["parameter"][0]["resource"]

    claim = made.parse_request(Request("POST", "/Patient/$match", json.dumps(patient).encode()))

    assert claim == CLAIM


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "shape"),
        (b"[]", "shape"),
        (b'{"resourceType":"Parameters"}', "shape"),
        (b'{"resourceType":"Parameters","parameter":[{"name":"resource"}]}', "shape"),
        (b'{"resourceType":"Patient","gender":"x"}', "shape"),
        (b"{", "not_json"),
        (b"\xff", "encoding"),
    ],
)
def test_a_question_that_is_none_is_refused(body: bytes, kind: str) -> None:
    """The answering side says in a word what is wrong."""
    with pytest.raises(RequestError) as caught:
        codec("fhir").parse_request(Request("POST", "/Patient/$match", body))
    assert caught.value.kind == kind
