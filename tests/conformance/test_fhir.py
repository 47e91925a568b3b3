"""What our FHIR codec writes, held against the models of fhir.resources."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Disclosure, Entry, Exact, MemoryRegistry, match
from vnvaxmatch.backends.remote.codecs import answerer, codec
from vnvaxmatch.outcome import Reason
from vnvaxmatch.testing import claim_of, claims, entries, populations

FORMS = ("canonical", "upper", "unmarked")
OF_THE_PROFILE = {"resource", "onlyCertainMatches", "count"}


@pytest.fixture(scope="module")
def construct() -> Any:
    """Give what makes a resource of R4B, which is R4 for what is used here, or refuses it."""
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    from fhir.resources.R4B import get_fhir_model_class

    return lambda said: get_fhir_model_class(said["resourceType"]).model_validate(said)


@pytest.mark.parametrize("form", FORMS)
def test_every_request_keeps_to_the_profile(construct: Any, form: str) -> None:
    """Parameters of FHIR, with the three that ITI-119 knows and each of them once."""

    @given(claims(), st.integers(2, 100))
    def law(claim: Claim, count: int) -> None:
        request = codec("fhir", names=form, count=count, system="urn:oid:1.2.3").request(claim)
        if isinstance(request, Reason):
            return
        said = json.loads(request.body)
        construct(said)
        names = [one["name"] for one in said["parameter"]]
        patient = said["parameter"][0]["resource"]
        assert len(names) == len(set(names))
        assert set(names) <= OF_THE_PROFILE
        assert not {"modifierExtension", "implicitRules"} & set(patient)

    law()


def test_every_reply_keeps_to_the_profile(construct: Any) -> None:
    """Each person has a grade and a score, and each OperationOutcome is one."""

    @given(claims(), populations(), entries(key="own", complete=True), st.sampled_from(Disclosure))
    def law(claim: Claim, people: list[Entry], own: Entry, disclosure: Disclosure) -> None:
        for asked in (claim, claim_of(own)):
            verdict = match(asked, by=Exact(), against=MemoryRegistry([*people, own]))
            reply = answerer("fhir").render_answer(verdict, asked, disclosure=disclosure, entry=own)
            said = json.loads(reply.body)
            construct(said)
            assert said["type"] == "searchset"
            assert reply.headers["content-type"].startswith("application/fhir+json")
            for entry in said.get("entry", ()):
                _hold(entry)

    law()


def _hold(entry: dict[str, Any]) -> None:
    search = entry["search"]
    if entry["resource"]["resourceType"] == "OperationOutcome":
        assert search["mode"] == "outcome"
        return
    assert entry["resource"]["resourceType"] == "Patient"
    assert search["mode"] == "match"
    assert 0 < search["score"] <= 1
    assert [one["url"].rpartition("/")[2] for one in search["extension"]] == ["match-grade"]
    assert entry["fullUrl"]
