"""Verifying: what was altered, forged, out of time or of another signer never passes."""

import os
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.certify.dcc import (
    Caution,
    Fault,
    Result,
    SignerCertificate,
    Signers,
    Standing,
    Step,
    verify,
)
from vnvaxmatch.certify.dcc.envelopes import open_envelope, wrap
from vnvaxmatch.certify.dcc.outcomes import FAULTS_OF
from vnvaxmatch.errors import CertifyError, VerificationError
from vnvaxmatch.testing.strategies import texts

from .making import (
    AT,
    DAY,
    certificate,
    check,
    claims,
    document,
    forge,
    issuer,
    key_of,
    status,
    text_of,
)

TEXT = text_of()
DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def test_a_good_certificate_passes_every_step():
    """Each step says so, and the contents are there."""
    checked = check(TEXT)
    assert set(checked.results.values()) == {Result.PASSED}
    assert (checked.standing, checked.faults, checked.cautions) == (Standing.VALID, (), ())
    assert checked.signer == issuer().signer
    assert checked.unwrap() is checked.contents


def test_unwrapping_says_why_there_is_nothing():
    """The error has the standing and the faults, and nothing of the person."""
    with pytest.raises(VerificationError, match="expired") as caught:
        check(TEXT, at=AT + 366 * DAY, status=status(made=AT + 365 * DAY)).unwrap()
    assert (caught.value.standing, caught.value.faults) == ("expired", ("after_expiry",))


@pytest.mark.parametrize("place", range(len(TEXT)) if DEEP else range(4, len(TEXT), 17))
def test_no_letter_can_be_changed(place):
    """Each letter of the text, put into another, makes it invalid."""
    for letter in LETTERS if DEEP else LETTERS[place % 7 :: 9]:
        altered = TEXT[:place] + letter + TEXT[place + 1 :]
        checked = check(altered)
        assert altered == TEXT or checked.standing is not Standing.VALID
        assert altered == TEXT or checked.contents is None


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_no_byte_can_be_changed(kind):
    """Each byte within the envelope, with any bit of it flipped, makes it invalid."""
    by = issuer(kind)
    data = open_envelope(text_of(by))
    signers, listed = Signers.of([by.signer]), status(by)
    for place in range(0, len(data), 1 if DEEP else 5):
        altered = bytearray(data)
        altered[place] ^= 1 << (place % 8)
        checked = check(wrap(bytes(altered)), signers=signers, status=listed)
        assert checked.standing in (Standing.INVALID, Standing.UNTRUSTED)
        assert checked.contents is None


@given(texts())
def test_any_text_is_verified_as_something(text):
    """No text makes it raise, and no text but a certificate is one."""
    for tried in (text, "HC1:" + text):
        checked = check(tried)
        assert checked.standing is Standing.INVALID
        assert checked.contents is None


@given(st.binary(max_size=200))
def test_any_bytes_in_the_envelope_are_verified_as_something(data):
    """The same within base45 and zlib."""
    assert check(wrap(data)).standing in (Standing.INVALID, Standing.UNTRUSTED)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from(
    ["ver", "nam", "dob", "v", "t", "r"]
    + [f"v.{name}" for name in ("tg", "vp", "mp", "ma", "dn", "sd", "dt", "co", "is", "ci")]
    + [f"nam.{name}" for name in ("fn", "fnt", "gn", "gnt")]
)


@settings(max_examples=200)
@given(field=_FIELDS, value=_JSON)
def test_what_a_good_key_signs_is_checked_all_the_same(field, value):
    """A trusted signer's nonsense in any field is refused, or is contents that can be shown."""
    told = document()
    group, _, name = field.partition(".")
    if name:
        part = told[group][0] if group == "v" else told[group]
        part[name] = value
    else:
        told[group] = value
    try:
        text = forge(claims(told))
    except UnicodeEncodeError:
        return  # half a character cannot be written at all
    checked = check(text)
    assert checked.standing in (Standing.VALID, Standing.INVALID)
    if checked.contents is not None:
        assert isinstance(checked.contents.identifier, str)
        assert isinstance(checked.contents.name, str)


@pytest.mark.parametrize(
    "payload",
    [
        b"\xa2\x04\x00\x04\x00",
        b"\xa0\xa0",
        b"\x81" * 10_000,
        b"\xa1\x39\x01\x03\xa1\x01\xc5\x82\x1a\x3b\x9a\xca\x00\x01",
        b"\xa1\x39\x01\x03\xa1\x01\xa1\x61\x78\xd8\x1c\x81\xd8\x1d\x00",
        cbor2.dumps({-260: {1: {"x": 1}}}) + b"\0",
    ],
)
def test_hostile_claims_under_a_good_signature_are_refused(payload):
    """Duplicates, rests, depth, references and numbers of any size do no harm."""
    checked = check(forge(payload, raw=True))
    assert checked.results[Step.SIGNATURE] is Result.PASSED
    assert checked.standing is Standing.INVALID


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"ver": "2.0.0"}, "ver"),
        ({"ver": "1.3"}, "ver"),
        ({"ver": "١.٣.٠"}, "ver"),
        ({"ver": None}, "ver"),
        ({"nam": {"gn": "A"}}, "nam"),
        ({"nam": {"fnt": "a"}}, "nam.fnt"),
        ({"nam": {"fnt": "A\n"}}, "nam.fnt"),
        ({"dob": "1990-1-1"}, "dob"),
        ({"dob": "1890-01-01"}, "dob"),
        ({"dob": "1990-01-01\n"}, "dob"),
        ({"dob": "٢٠٢٠-01-01"}, "dob"),
        ({"v": []}, "v"),
        ({"v": None}, "v"),
        ({"t": []}, "v"),
        ({"t": None}, "v"),
        ({"v": document()["v"] * 2}, "v"),
        ({"v": [{**document()["v"][0], "dt": "2021-02-30"}]}, "v.0.dt"),
        ({"v": [{**document()["v"][0], "dt": "20210220"}]}, "v.0.dt"),
        ({"v": [{**document()["v"][0], "dn": 0}]}, "v.0.dn"),
        ({"v": [{**document()["v"][0], "dn": True}]}, "v.0.dn"),
        ({"v": [{**document()["v"][0], "dn": "1"}]}, "v.0.dn"),
        ({"v": [{**document()["v"][0], "ci": "x" * 81}]}, "v.0.ci"),
        ({"v": [{k: w for k, w in document()["v"][0].items() if k != "ma"}]}, "v.0"),
    ],
)
def test_a_document_that_breaks_its_schema_is_refused(changes, place):
    """The place is named; no value is."""
    checked = check(forge(claims(document(**changes))))
    assert checked.results[Step.SCHEMA] is Result.FAILED
    assert (checked.standing, checked.broken) == (Standing.INVALID, place)


def test_two_groups_are_two_certificates():
    """A vaccination and a recovery under one signature are refused, whatever an old schema says."""
    recovery = {
        "tg": "840539006", "fr": "2021-01-01", "co": "VN", "is": "x", "df": "2021-02-01",
        "du": "2021-06-01", "ci": "URN:UVCI:01:VN:B#1",
    }  # fmt: skip
    checked = check(forge(claims(document(ver="1.0.0", r=[recovery]))))
    assert checked.faults == (Fault.SCHEMA_BROKEN,)


@pytest.mark.parametrize(
    ("changes", "caution"),
    [
        ({"tg": "1"}, Caution.DISEASE_NOT_LISTED),
        ({"vp": "1"}, Caution.PROPHYLAXIS_NOT_LISTED),
        ({"mp": "1"}, Caution.PRODUCT_NOT_LISTED),
        ({"mp": "EU/1/20/1528"}, Caution.MAKER_DIFFERS),
        ({"ma": "ORG-1"}, Caution.MAKER_NOT_LISTED),
        ({"co": "DE"}, Caution.COUNTRY_DIFFERS),
        ({"co": "XQ"}, Caution.PLACE_NOT_LISTED),
        ({"dt": "2026-05-05"}, Caution.DOSE_AFTER_ISSUE),
        ({"dt": "2021-09-01T00:00:00"}, Caution.TIME_IN_DATE),
        ({"mp": "VLA2001", "ma": "ORG-100036422"}, Caution.PRODUCT_WITHDRAWN),
    ],
)
def test_an_unknown_code_is_a_caution(changes, caution):
    """Value sets grow: what is not in ours is told, and is no reason to refuse."""
    told = document()
    told["v"][0].update(changes)
    checked = check(forge(claims(told)))
    assert checked.standing is Standing.VALID
    assert caution in checked.cautions


@pytest.mark.parametrize(
    ("at", "standing", "fault"),
    [
        (AT - timedelta(seconds=1), Standing.NOT_YET, Fault.BEFORE_ISSUE),
        (AT, Standing.VALID, None),
        (AT + 365 * DAY, Standing.VALID, None),
        (AT + 365 * DAY + timedelta(seconds=1), Standing.EXPIRED, Fault.AFTER_EXPIRY),
    ],
)
def test_a_certificate_has_its_time(at, standing, fault):
    """From the second of issue to that of expiry, and no longer."""
    made = max(AT, at - DAY)
    checked = check(TEXT, at=at, status=status(made=made))
    assert checked.standing is standing
    assert fault is None or fault in checked.faults


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        ({6: None}, Fault.TIMES_MISSING),
        ({4: "soon"}, Fault.TIMES_MISSING),
        ({4: int(AT.timestamp())}, Fault.TIMES_REVERSED),
        ({4: int((AT + 900 * DAY).timestamp())}, Fault.OUTSIDE_SIGNER),
        ({6: int((AT - 11 * DAY).timestamp())}, Fault.OUTSIDE_SIGNER),
    ],
)
def test_times_that_cannot_be_right_make_it_invalid(times, fault):
    """Missing, reversed, or outside those of the signer's certificate."""
    checked = check(forge(claims(document(), claims=times)))
    assert (checked.standing, checked.results[Step.EXPIRY]) == (Standing.INVALID, Result.FAILED)
    assert fault in checked.faults


def test_an_expired_signer_is_told():
    """After the end of the signer's certificate nothing of it is valid."""
    checked = check(TEXT, at=AT + 801 * DAY)
    assert {Fault.AFTER_EXPIRY, Fault.SIGNER_EXPIRED} <= set(checked.faults)


def test_a_time_without_a_zone_is_no_time():
    """It would be seven hours wrong."""
    with pytest.raises(CertifyError):
        check(TEXT, at=datetime(2026, 5, 5))


def test_another_signer_is_not_believed():
    """The right name and another key is nobody."""
    other = certificate(key_of("ec-other"))
    checked = check(TEXT, signers=Signers.of([other]))
    assert (checked.standing, checked.faults) == (Standing.UNTRUSTED, (Fault.SIGNER_UNKNOWN,))
    assert checked.contents is None


def test_every_signer_of_one_key_id_is_tried():
    """Eight bytes are few: two signers may share them."""
    own, other = issuer().signer, SignerCertificate.read(certificate(key_of("ec-other")))
    for order in ((own, other), (other, own)):
        checked = check(TEXT, signers=Signers({own.key_id: order}))
        assert checked.signer == own


def test_a_signature_of_another_with_that_key_id_is_wrong():
    """The id alone proves nothing."""
    own, other = issuer().signer, SignerCertificate.read(certificate(key_of("ec-other")))
    checked = check(TEXT, signers=Signers({own.key_id: (other,)}))
    assert (checked.standing, checked.faults) == (Standing.INVALID, (Fault.SIGNATURE_WRONG,))


def test_a_weak_key_is_not_believed():
    """RSA of 1024 bits may have signed it, and so may anybody."""
    weak = SignerCertificate.read(certificate(key_of("rsa-weak")))
    checked = check(TEXT, signers=Signers({issuer().signer.key_id: (weak,)}))
    assert checked.faults == (Fault.SIGNER_WEAK,)


@pytest.mark.parametrize("algorithm", [-257, -8, 0, None])
def test_another_algorithm_is_not_accepted(algorithm):
    """Only the two, whatever a header says."""
    header = cbor2.dumps({1: algorithm, 4: issuer().signer.key_id})
    text = wrap(cbor2.dumps(cbor2.CBORTag(18, [header, {}, b"", bytes(64)])))
    assert check(text).faults[0] is Fault.ALGORITHM_OTHER


def test_an_algorithm_of_another_key_is_not_tried():
    """A header that names PS256 does not make an ECDSA key sign it."""
    header = cbor2.dumps({1: -37, 4: issuer().signer.key_id})
    text = wrap(cbor2.dumps(cbor2.CBORTag(18, [header, {}, b"", bytes(64)])))
    assert check(text).faults[0] is Fault.SIGNATURE_WRONG


@pytest.mark.parametrize(
    ("usages", "result"),
    [
        (None, Result.PASSED),
        (["vaccination"], Result.PASSED),
        (["test", "vaccination", "recovery"], Result.PASSED),
        (["test"], Result.FAILED),
        (["recovery", "test"], Result.FAILED),
    ],
)
def test_a_key_signs_what_it_is_for(usages, result):
    """The usages of the signer's certificate; one that names none may sign all."""
    key = key_of("ec-other")
    der = certificate(key, usages=usages)
    own = issuer("ec-other")
    # signed by the same key under a certificate without usages, found by its key id
    text = text_of(own)
    signers = Signers({own.signer.key_id: (SignerCertificate.read(der),)})
    checked = check(text, signers=signers, status=None, accept_without_status=True)
    assert checked.results[Step.KEY_USAGE] is result


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        ("valid", Standing.VALID),
        ("unknown", Standing.UNKNOWN),
        ("revoked", Standing.UNTRUSTED),
        ("expired", Standing.UNTRUSTED),
        ("untrusted", Standing.UNTRUSTED),
        ("VALID", Standing.UNTRUSTED),
        ("", Standing.UNTRUSTED),
    ],
)
def test_a_trust_tree_is_asked_about_the_signer(word, standing):
    """Only ``valid`` is; ``unknown`` never counts as it."""
    asked = []

    def vouch(der: bytes, at: datetime) -> str:
        asked.append((der, at))
        return word

    checked = check(TEXT, vouch=vouch)
    assert checked.standing is standing
    assert (issuer().signer.der, AT + DAY) in asked


def test_every_fault_belongs_to_one_step():
    """Each stands in the table once."""
    listed = [fault for faults in FAULTS_OF.values() for fault in faults]
    assert sorted(listed) == sorted(Fault)
    assert list(FAULTS_OF) == list(Step)


def test_verifying_is_bounded_in_time():
    """A certificate of the largest size, signed by a good key and full of entries, takes little."""
    many = {f"x{n}": ["y"] * 20 for n in range(700)}
    start = datetime.now(UTC)
    checked = verify(
        forge(claims({**document(), "more": many})),
        signers=Signers.of([issuer().signer]),
        at=AT,
        status=status(),
    )
    assert checked.standing in (Standing.VALID, Standing.INVALID)
    assert datetime.now(UTC) - start < timedelta(seconds=2)
