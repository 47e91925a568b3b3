"""What our own client asks, held against the description that our own server gives of itself."""

import json
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import given

from vnvaxmatch import Claim, Entry
from vnvaxmatch.backends.remote.codecs import codec
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.outcome import Reason
from vnvaxmatch.testing import claims

from .served import served

pytest.importorskip("uvicorn", reason="the extra server is not installed")
schemas = pytest.importorskip(
    "jsonschema_rs", reason="the development requirement schemathesis is missing"
)


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the server says of itself."""
    folder = tmp_path_factory.mktemp("described")
    SQLiteRegistry.build(folder / "people.sqlite", [Entry(key="1")])
    options = ("--codec", "osia,fhir", "--disclosure", "findings")
    with (
        served(folder / "people.sqlite", *options, log=folder / "log") as address,
        urlopen(f"{address}/openapi.json") as response,
    ):
        return json.load(response)


@pytest.mark.parametrize(
    ("name", "options", "path"),
    [
        ("osia", {}, "/osia/v1/persons/{uin}/verify"),
        ("osia", {"operation": "match"}, "/osia/v1/persons/{uin}/match"),
        ("fhir", {}, "/fhir/Patient/$match"),
    ],
)
def test_every_request_is_as_the_server_describes_it(
    description: Any, name: str, options: dict[str, str], path: str
) -> None:
    """Whatever the claim, year-only births included, the body fits the schema of its operation."""
    made = codec(name, **options)
    content = description["paths"][path]["post"]["requestBody"]["content"]

    @given(claims())
    def law(claim: Claim) -> None:
        request = made.request(claim)
        if isinstance(request, Reason):
            return
        schema = content[request.headers["content-type"]]["schema"]
        whole = {**schema, "components": description["components"]}
        schemas.validator_for(whole).validate(json.loads(request.body))

    law()
