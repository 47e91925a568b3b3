"""The published interoperability cases of the EU: every step comes out as its issuer expects.

They are large, and stand beside the project: where they are absent, this is skipped with a word.
"""

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from vnvaxmatch.certify.dcc import Result, Signers, Step, Verified, base45, verify
from vnvaxmatch.certify.dcc.claims import open_claims
from vnvaxmatch.certify.dcc.cose import open_signed
from vnvaxmatch.certify.dcc.envelopes import open_envelope

FOLDER = Path("../shared/data/dcc/testdata")
CASES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json"))
pytestmark = pytest.mark.skipif(not CASES, reason=f"{FOLDER} is not there")

EXPECTED = {
    "EXPECTEDUNPREFIX": Step.PREFIX,
    "EXPECTEDB45DECODE": Step.BASE45,
    "EXPECTEDCOMPRESSION": Step.COMPRESSION,
    "EXPECTEDVERIFY": Step.SIGNATURE,
    "EXPECTEDDECODE": Step.CBOR,
    "EXPECTEDSCHEMAVALIDATION": Step.SCHEMA,
    "EXPECTEDEXPIRATIONCHECK": Step.EXPIRY,
    "EXPECTEDKEYUSAGE": Step.KEY_USAGE,
}
FAULTY = {
    ("BG/2DCode/raw/1.json", "EXPECTEDSCHEMAVALIDATION"): "null where a group is absent",
    ("BG/2DCode/raw/2.json", "EXPECTEDSCHEMAVALIDATION"): "null where a group is absent",
    ("IS/2DCode/raw/3.json", "EXPECTEDKEYUSAGE"): "its certificate names no usage of ours",
}
"""What is wrong in the data themselves."""


def read(name: str) -> dict[str, Any]:
    """Read a case."""
    case: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return case


def having(part: str, expected: str) -> list[str]:
    """List the cases that have a part, and expect it to come out."""
    cases = ((name, read(name)) for name in CASES)
    return [name for name, case in cases if part in case and case["EXPECTEDRESULTS"].get(expected)]


def verified(case: dict[str, Any]) -> Verified:
    """Verify its text as of its own clock, with its own signer."""
    context = case["TESTCTX"]
    clock, fraction, rest = context["VALIDATIONCLOCK"].partition(".")
    # some clocks have seven decimals, and some no zone
    zone = rest.lstrip("0123456789") if fraction else ""
    at = datetime.fromisoformat(clock + zone)
    return verify(
        case["PREFIX"],
        signers=Signers.of([base64.b64decode(context["CERTIFICATE"])]),
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        status=None,
        accept_without_status=True,
    )


@pytest.mark.parametrize("name", CASES)
def test_every_step_comes_out_as_expected(name):
    """Signature, base45, compression, CBOR, schema, expiry and key usage."""
    case = read(name)
    checked = verified(case)
    for what, step in EXPECTED.items():
        wanted = case["EXPECTEDRESULTS"].get(what)
        if wanted is not None and (name, what) not in FAULTY:
            assert (checked.results[step] is Result.PASSED) is wanted, what


@pytest.mark.parametrize(("name", "what"), sorted(FAULTY))
def test_the_faults_of_the_data_are_still_there(name, what):
    """A case that is put right leaves the list of faults."""
    case = read(name)
    assert (verified(case).results[EXPECTED[what]] is Result.PASSED) is not case["EXPECTEDRESULTS"][
        what
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_inner_layers_are_those_of_the_case(name):
    """What is unpacked is, byte for byte, what the case holds of each layer."""
    case = read(name)
    told = case["EXPECTEDRESULTS"]
    if told.get("EXPECTEDB45DECODE") and "BASE45" in case and "COMPRESSED" in case:
        assert base45.decode(case["BASE45"]) == bytes.fromhex(case["COMPRESSED"])
    if told.get("EXPECTEDCOMPRESSION") and "COSE" in case:
        assert open_envelope(case["PREFIX"]) == bytes.fromhex(case["COSE"])


WRONG_JSON = {"FR/2DCode/raw/test_pcr_ok.json": "its JSON has another time of day"}


def with_times(document: dict[str, Any]) -> dict[str, Any]:
    """Read the times of sample collection: Z and +00:00 are one zone."""
    tests = [{**one, "sc": datetime.fromisoformat(one["sc"])} for one in document.get("t", [])]
    return {**document, "t": tests}


@pytest.mark.parametrize("name", sorted(set(having("JSON", "EXPECTEDVALIDJSON")) - set(WRONG_JSON)))
def test_the_document_is_that_of_the_case(name):
    """What is signed is the JSON beside it, where the case says that it is."""
    case = read(name)
    claims = open_claims(open_signed(open_envelope(case["PREFIX"])).payload)
    assert with_times(claims.document) == with_times(case["JSON"])


@pytest.mark.parametrize("name", having("2DCODE", "EXPECTEDPICTUREDECODE"))
def test_another_decoder_reads_their_pictures(name):
    """The text that we verify is the one in the picture."""
    case = read(name)
    image = Image.open(io.BytesIO(base64.b64decode(case["2DCODE"])))
    assert case["PREFIX"] in [code.text for code in zxingcpp.read_barcodes(image)]
