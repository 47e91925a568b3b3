"""The FHIR codec against the examples that IHE publishes with the transaction ITI-119."""

import json
from pathlib import Path
from typing import Any

import pytest

from vnvaxmatch import Claim, Field, Level, Outcome, Verdict, match
from vnvaxmatch.backends.remote import (
    Limits,
    LocalTransport,
    RemoteRegistry,
    Request,
    Response,
)
from vnvaxmatch.backends.remote.answers import Presence
from vnvaxmatch.backends.remote.codecs import answerer, codec
from vnvaxmatch.errors import ReplyError, RequestError
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Normalized

EXAMPLES = Path(__file__).parents[1] / "data" / "pdqm"
SYSTEM = "http://example.org/exampleSystem"
CLAIM = Claim.read(name="Schmidt John", birth="25/07/1923", sex="Nam", id_number="001023000123")
JSON = {"content-type": "application/fhir+json"}
INPUTS = ("patient", "patient-only", "onlyCertainMatches", "count")
NO_ANSWERS = ("ex-match-output-error", "ex-match-output-warning-as-published", "ex-match-failure")


def example(name: str) -> bytes:
    """Give the body of an example."""
    return (EXAMPLES / f"{name}.json").read_bytes()


def question(body: bytes) -> Request:
    return Request("POST", "/Patient/$match", body, JSON)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_an_example_is_valid_fhir(path: Path) -> None:
    """What was written as JSON by hand holds against the models of the standard."""
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    from fhir.resources.R4B import get_fhir_model_class

    said = json.loads(path.read_bytes())

    assert get_fhir_model_class(said["resourceType"]).model_validate(said)


@pytest.mark.parametrize("name", INPUTS)
def test_an_example_of_a_question_is_understood(name: str) -> None:
    """Name and birth are read; the number is another system's, and the sex is neither of ours."""
    claim = answerer("fhir").parse_request(question(example(f"ex-match-input-{name}")))

    assert isinstance(claim.name, Normalized)
    assert claim.name.value.key == "schmidt john"
    assert claim.birth.unwrap() == BirthDate(1923, 7, 25)
    assert claim.gap(Field.ID_NUMBER) is not None
    assert claim.gap(Field.SEX) is not None


def test_the_number_is_read_where_its_system_is_named() -> None:
    """A registry whose numbers are of that system reads the identifier, and refuses its form."""
    claim = answerer("fhir", system=SYSTEM).parse_request(
        question(example("ex-match-input-patient-only"))
    )

    assert claim.gap(Field.ID_NUMBER) is not None


def test_a_question_without_its_patient_is_refused() -> None:
    """An answer, sent as a question, is none."""
    with pytest.raises(RequestError):
        answerer("fhir").parse_request(question(example("ex-match-output")))


def read(name: str) -> Any:
    """Read an example as the answer to our claim."""
    return codec("fhir").answer(Response(200, example(name), JSON), CLAIM)


def said(body: bytes) -> Verdict:
    """Give the verdict that a client comes to when it is answered so."""
    transport = LocalTransport(lambda request: Response(200, body, JSON))
    made = RemoteRegistry(
        "https://registry.example", codec="fhir", transport=transport, limits=Limits(attempts=1)
    )
    with made as registry:
        return match(CLAIM, by=registry, against=registry)


def test_the_one_patient_is_compared() -> None:
    """A certain hit is the person: name and birth agree, the rest it does not tell."""
    (evidence,) = read("ex-match-output").evidences

    assert evidence.levels == {
        Field.NAME: Level.SAME,
        Field.BIRTH: Level.SAME,
        Field.SEX: Level.MISSING,
        Field.ID_NUMBER: Level.MISSING,
    }
    assert evidence.entry_key == "ex-patient"


def test_a_certain_hit_that_lacks_our_number_does_not_match() -> None:
    """What the other side is sure of is still judged by our policy, and a gap is no agreement."""
    assert said(example("ex-match-output")).outcome is Outcome.INCOMPLETE


def test_two_patients_are_for_a_person_to_decide() -> None:
    """A probable and a possible hit, neither by number."""
    answer = read("ex-match-output-multiple")

    assert answer.presence is Presence.SEVERAL
    assert said(example("ex-match-output-multiple")).outcome is Outcome.AMBIGUOUS


def test_nobody_is_nobody() -> None:
    """An empty Bundle says that nobody fits."""
    assert read("ex-match-output-empty").presence is Presence.ABSENT
    assert said(example("ex-match-output-empty")).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_failure_is_no_answer(name: str) -> None:
    """A Bundle that holds an error, with or without people, is not «nobody»."""
    with pytest.raises(ReplyError) as caught:
        said(example(name))
    assert caught.value.kind == "error_reported"


def test_a_search_that_was_cut_short_is_no_answer() -> None:
    """The warning says that not everybody was looked at, so a better hit may be missing."""
    with pytest.raises(ReplyError) as caught:
        said(example("ex-match-output-warning"))
    assert caught.value.kind == "search_cut_short"
