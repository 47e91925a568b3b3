"""CBOR and COSE: hostile bytes, duplicate names, tags, headers."""

import unicodedata

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.certify.dcc import Caution, Fault
from vnvaxmatch.certify.dcc.cbor import UnreadableError, read
from vnvaxmatch.certify.dcc.claims import Claims, open_claims
from vnvaxmatch.certify.dcc.cose import Signed, open_signed

from .making import document


@pytest.mark.parametrize(
    "data",
    [
        "",
        "0000",
        "a201010102",
        "bf01010102ff",
        "a1616101" + "00",
        "5bffffffffffffffff",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "7b00000000ffffffff61",
        "81" * 17 + "00",
        "81" * 5000,
        "c249010000000000000000",
        "c4821a3b9aca0001",
        "c5821a3b9aca0001",
        "d81c80",
        "d81d00",
        "d8238161",
        "d9010080",
        "d9d9f700",
        "da0001000000",
        "dbffffffffffffffff00",
        "c001",
        "d9010242c0a8",
        "ff",
        "61ff",
        "1f",
        "d28443a1012 6a0405840".replace(" ", ""),
    ],
)
def test_hostile_bytes_are_refused(data):
    """Lengths beyond the end, deep nesting, duplicates, foreign tags and rests end in one error."""
    with pytest.raises(UnreadableError):
        read(bytes.fromhex(data))


@pytest.mark.parametrize("tag", ["c0", "d903ec"])
def test_a_tagged_date_stays_a_text(tag):
    """Some issuers tag times and days; their text is what counts."""
    assert read(bytes.fromhex(tag) + cbor2.dumps("2021-02-20")) == "2021-02-20"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    """Nothing but a value or the one error comes of bytes."""
    for outer in (False, True):
        try:
            read(data, outer=outer)
        except UnreadableError:
            continue


@given(st.binary(max_size=300))
def test_any_bytes_are_a_signature_envelope_or_not(data):
    """Nothing but parts or a fault comes of bytes."""
    assert isinstance(open_signed(data), Signed | Fault)
    assert isinstance(open_claims(data), Claims | Fault)


PARTS = [cbor2.dumps({1: -7, 4: b"12345678"}), {}, b"payload", b"s" * 64]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (cbor2.CBORTag(18, PARTS), None),
        (cbor2.CBORTag(61, cbor2.CBORTag(18, PARTS)), None),
        (PARTS, None),
        (cbor2.CBORTag(61, PARTS), None),
        (cbor2.CBORTag(18, cbor2.CBORTag(18, PARTS)), Fault.COSE_TAG),
        (cbor2.CBORTag(18, cbor2.CBORTag(61, PARTS)), Fault.COSE_TAG),
        (cbor2.CBORTag(98, PARTS), Fault.COSE_UNREADABLE),
        (cbor2.CBORTag(17, PARTS), Fault.COSE_UNREADABLE),
        (PARTS[:3], Fault.COSE_STRUCTURE),
        ([*PARTS, b""], Fault.COSE_STRUCTURE),
        ({1: 2}, Fault.COSE_STRUCTURE),
        (7, Fault.COSE_STRUCTURE),
        ([{}, {}, b"", b""], Fault.COSE_STRUCTURE),
        ([b"", [], b"", b""], Fault.COSE_STRUCTURE),
        ([b"", {}, None, b""], Fault.COSE_STRUCTURE),
        ([b"", {}, b"", "x"], Fault.COSE_STRUCTURE),
        ([b"\x80", {}, b"", b""], Fault.COSE_STRUCTURE),
        ([b"\xff", {}, b"", b""], Fault.COSE_UNREADABLE),
        ([bytes.fromhex("a2012601382401"), {}, b"", b""], Fault.COSE_UNREADABLE),
        ([cbor2.dumps({4: "text"}), {}, b"", b""], Fault.COSE_STRUCTURE),
        ([cbor2.dumps({1: True}), {}, b"", b""], Fault.COSE_STRUCTURE),
        ([cbor2.dumps({1: -7, 2: [99]}), {}, b"", b""], Fault.COSE_CRITICAL),
        ([b"", {2: [99]}, b"", b""], Fault.COSE_CRITICAL),
    ],
)
def test_an_envelope_has_one_structure(value, fault):
    """Four parts of their kinds, under no other tags, with no critical header."""
    read_back = open_signed(cbor2.dumps(value))
    assert read_back == fault if fault else isinstance(read_back, Signed)


def test_the_protected_header_wins():
    """A key id and an algorithm outside the signature are not believed over those within."""
    value = [cbor2.dumps({1: -7, 4: b"within"}), {1: -37, 4: b"outside"}, b"", b""]
    signed = open_signed(cbor2.dumps(value))
    assert (signed.key_id, signed.algorithm, signed.cautions) == (b"within", -7, ())


def test_what_only_the_other_header_says_is_a_caution():
    """Some issuers put them there; it is told."""
    signed = open_signed(cbor2.dumps([b"", {1: -37, 4: b"outside"}, b"", b""]))
    assert (signed.key_id, signed.algorithm) == (b"outside", -37)
    assert signed.cautions == (Caution.KEY_ID_UNPROTECTED, Caution.ALGORITHM_UNPROTECTED)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (7, Fault.CLAIMS_STRUCTURE),
        ({}, Fault.CONTENTS_MISSING),
        ({-260: {}}, Fault.CONTENTS_MISSING),
        ({-260: {2: {}}}, Fault.CONTENTS_MISSING),
        ({-260: None}, Fault.CONTENTS_MISSING),
        ({-260: []}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: []}}, Fault.CLAIMS_STRUCTURE),
        ({1: 7, -260: {1: {}}}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: {7: "x"}}}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: {"x": b"bytes"}}}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: {"x": [{"y": cbor2.undefined}]}}}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: {"x": cbor2.CBORSimpleValue(99)}}}, Fault.CLAIMS_STRUCTURE),
        ({-260: {1: {"x": 2**64 - 1}}}, Fault.CLAIMS_STRUCTURE),
    ],
)
def test_claims_have_one_structure(payload, fault):
    """A document of plain JSON under the claim for health certificates, or a reason."""
    assert open_claims(cbor2.dumps(payload)) is fault


@pytest.mark.parametrize(
    "seconds",
    [None, True, "1", -1, 10**18, float("nan"), float("inf"), -0.5, [1], b"1", 253402300800],
)
def test_a_time_that_is_none_is_missing(seconds):
    """Nothing that a clock could not show is taken for a time."""
    read_back = open_claims(cbor2.dumps({4: seconds, 6: seconds, -260: {1: document()}}))
    assert (read_back.issued, read_back.expires) == (None, None)


def test_texts_are_brought_into_one_form():
    """Decomposed letters are composed, and that is told."""
    told = document(nam={"fn": unicodedata.normalize("NFD", "Trần"), "fnt": "TRAN"})
    read_back = open_claims(cbor2.dumps({1: "VN", -260: {1: told}}))
    assert read_back.document["nam"]["fn"] == "Trần"
    assert Caution.NOT_NFC in read_back.cautions
