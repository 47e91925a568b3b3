import shutil
import subprocess
from datetime import timedelta

import attrs
import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.certify.authority import NOW, TestCA
from tests.certify.minutes.making import (
    BODY,
    NAMES,
    authority,
    minutes,
    party,
    pinned,
    signed,
    signer,
    signer_of,
    trust,
    unsigned,
)
from vnvaxmatch.certify.minutes import (
    Caution,
    Signing,
    Standing,
    make_minutes,
    sign_minutes,
    verify_minutes,
)
from vnvaxmatch.certify.minutes.reading import open_minutes
from vnvaxmatch.certify.signers import Form, KeySigner, PdfSigner, Signer
from vnvaxmatch.certify.trust import Caution as SignatureCaution
from vnvaxmatch.certify.trust import Fault, Tree
from vnvaxmatch.errors import CertifyError, SignerRefusedError, VerificationError

EVERYBODY = tuple(NAMES)


def _checked(pdf, **how):
    return verify_minutes(pdf, **{"trust": trust(), "at": NOW, **how})


def _signing(checked):
    return {one.party.role: one.signing for one in checked.parties}


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(EVERYBODY))
def test_parties_sign_in_any_order(order):
    """Minutes that every required party signed are valid, whoever signed first."""
    checked = _checked(signed(*order))

    assert checked.standing is Standing.VALID
    assert checked.faults == ()
    assert checked.missing == ()


def test_missing_parties_are_named():
    """Minutes that some signed are incomplete, and the verdict names who is missing."""
    checked = _checked(signed("police"))

    assert checked.standing is Standing.INCOMPLETE
    assert [one.role for one in checked.missing] == ["chairman", "site"]
    with pytest.raises(VerificationError, match="chairman: missing"):
        checked.unwrap()


def test_minutes_that_nobody_signed_are_incomplete():
    """Without any signature nothing is altered, and everybody is missing."""
    checked = _checked(unsigned())

    assert checked.standing is Standing.INCOMPLETE
    assert len(checked.missing) == 3


def test_the_verdict_says_who_signed():
    """Each party comes with the subject of the certificate that signed, and the time."""
    checked = _checked(signed(*EVERYBODY))

    for one in checked.parties:
        assert NAMES[one.party.role] in one.signature.signer.subject
        assert one.signature.signed_at == NOW


@attrs.frozen(eq=False)
class _Plain:
    """A signer of somebody else's, that fills the protocol and knows nothing of PDF."""

    inner: KeySigner

    @property
    def certificate(self):
        return self.inner.certificate

    @property
    def chain(self):
        return self.inner.chain

    def about(self):
        return self.inner.about()

    def sign(self, content, /, *, at):
        return self.inner.sign(content, at=at)


def _attributes(pdf):
    value = open_minutes(pdf).signed["site"].value
    (one,) = cms.ContentInfo.load(value)["content"]["signer_infos"]
    return {attribute["type"].native for attribute in one["signed_attrs"]}


@pytest.mark.parametrize("stamped", [False, True])
def test_the_pdf_alone_states_the_time(stamped):
    """PAdES wants no time of signing inside the signature: it stands in the PDF, and is signed."""
    pdf = signed("site", **({"stamping": authority().stamping()} if stamped else {}))

    checked = _checked(pdf, required=["site"])

    assert _attributes(pdf) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert checked.standing is Standing.VALID
    (one,) = (party.signature for party in checked.parties if party.signature)
    assert one.claimed == NOW
    assert one.is_proven is stamped
    assert SignatureCaution.TIME_MISSING not in one.cautions


def test_who_knows_nothing_of_pdf_signs_minutes_all_the_same():
    """Then the signature states the time as well, and the minutes are as good."""
    plain = _Plain(signer(NAMES["site"]))
    assert isinstance(plain, Signer)
    assert not isinstance(plain, PdfSigner)

    pdf = sign_minutes(unsigned(), plain, role="site", at=NOW)

    assert "signing_time" in _attributes(pdf)
    assert _checked(pdf, required=["site"]).standing is Standing.VALID


def test_a_time_in_the_pdf_that_is_ahead_is_told():
    """What the PDF states is held against the clock as what a signature states."""
    checked = _checked(signed("site"), at=NOW - timedelta(days=2), required=["site"])

    (one,) = (party.signature for party in checked.parties if party.signature)
    assert checked.standing is Standing.INVALID
    assert one.reasons == (Fault.SIGNED_IN_FUTURE,)


def test_a_party_that_is_not_required_may_stay_away():
    """A party that the minutes do not require is not missed."""
    witness = party("witness", required=False)
    pdf = make_minutes(minutes(parties=(*minutes().parties, witness))).pdf

    checked = _checked(signed(*EVERYBODY, pdf=pdf))

    assert checked.standing is Standing.VALID
    assert _signing(checked)["witness"] is Signing.MISSING


def test_the_verifier_may_require_others():
    """The roles that a verifier names take the place of those of the minutes."""
    pdf = signed("police")

    assert _checked(pdf, required=["police"]).standing is Standing.VALID
    assert _checked(pdf, required=["site"]).standing is Standing.INCOMPLETE
    with pytest.raises(CertifyError, match="no party of that role"):
        _checked(pdf, required=["mayor"])


def test_a_certificate_in_another_name_is_refused():
    """Nobody signs in the place of somebody else, and nothing is written."""
    with pytest.raises(CertifyError, match="another name"):
        sign_minutes(unsigned(), signer(NAMES["police"]), role="chairman", at=NOW)


def test_a_certificate_of_another_body_is_refused():
    """The right name on the certificate of another body is outside of the office."""
    parties = [party(role, body="Ủy ban nhân dân xã Khác") for role in NAMES]
    pdf = make_minutes(minutes(parties=parties)).pdf

    with pytest.raises(CertifyError, match="another body"):
        sign_minutes(pdf, signer(NAMES["police"]), role="police", at=NOW)


def test_a_named_certificate_is_the_only_one_that_counts():
    """Where the minutes pin a certificate, another one in the same name is refused."""
    own = authority().officer(NAMES["police"])
    fingerprint = signer_of(own).about().fingerprint
    pdf = make_minutes(pinned(minutes(), police=fingerprint)).pdf

    done = sign_minutes(pdf, signer_of(own), role="police", at=NOW)

    assert Caution.BY_NAME_ONLY not in _checked(done).cautions
    with pytest.raises(CertifyError, match="not one of those"):
        sign_minutes(pdf, signer(NAMES["police"]), role="police", at=NOW)


def test_one_certificate_cannot_be_two_parties():
    """A certificate that signs for two parties counts for neither."""
    own = authority().officer(BODY)
    pdf = sign_minutes(unsigned(), signer_of(own), role="chairman", at=NOW)
    pdf = sign_minutes(pdf, signer_of(own), role="police", at=NOW)

    checked = _checked(signed("site", pdf=pdf))

    assert checked.standing is Standing.WRONG_SIGNER
    assert _signing(checked)["chairman"] is Signing.SIGNED_TWICE
    assert _signing(checked)["police"] is Signing.SIGNED_TWICE


def test_nobody_signs_twice_in_a_place():
    """A place that is signed is taken."""
    with pytest.raises(CertifyError, match="signed already"):
        sign_minutes(signed("site"), signer(NAMES["site"]), role="site", at=NOW)


def test_a_role_that_is_not_there_is_refused():
    """The roles that there are stand in the message."""
    with pytest.raises(CertifyError, match="chairman, police, site"):
        sign_minutes(unsigned(), signer(NAMES["site"]), role="mayor", at=NOW)


def test_signing_needs_cades_and_a_time_zone():
    """Another form has no place in a PDF, and a time without its zone is none."""
    other = signer_of(authority().officer(NAMES["site"]), form=Form.JWS)

    with pytest.raises(CertifyError, match="CAdES"):
        sign_minutes(unsigned(), other, role="site", at=NOW)
    with pytest.raises(CertifyError, match="time zone"):
        sign_minutes(unsigned(), signer(NAMES["site"]), role="site", at=NOW.replace(tzinfo=None))


def test_a_revoked_signer_is_refused_before_signing():
    """What the signer refuses is not signed."""
    own = authority().officer(NAMES["site"])
    authority().revoke(own, at=NOW - timedelta(days=1))
    try:
        later = authority().trust()
    finally:
        authority().restore(own)

    with pytest.raises(SignerRefusedError):
        sign_minutes(unsigned(), signer_of(own, trusted=later), role="site", at=NOW)


def test_a_signer_revoked_since_is_named():
    """Without a time stamp, a certificate that was revoked by now is worth nothing."""
    own = authority().officer(NAMES["site"])
    pdf = signed("chairman", "police")
    pdf = sign_minutes(pdf, signer_of(own), role="site", at=NOW)
    authority().revoke(own, at=NOW + timedelta(days=1))
    try:
        crls = [authority().crl(one, at=NOW + timedelta(days=2))
                for one in (authority().root, authority().intermediate)]  # fmt: skip
    finally:
        authority().restore(own)

    checked = _checked(pdf, trust=authority().trust(crls=crls), at=NOW + timedelta(days=2))

    assert checked.standing is Standing.REVOKED
    assert _signing(checked)["site"] is Signing.REVOKED
    assert checked.parties[2].signature.reasons == (Fault.REVOKED,)


def test_an_expired_certificate_is_named():
    """Once certificates have expired, nothing proves that they had not at the time."""
    checked = _checked(signed(*EVERYBODY), at=NOW + timedelta(days=800))

    assert checked.standing is Standing.EXPIRED


def test_time_stamped_minutes_are_verified_years_later_offline():
    """The evidence in the file serves where nothing but the anchors is left."""
    stamping = authority().stamping()
    pdf = signed(*EVERYBODY, stamping=stamping)
    bare = authority().trust(crls=())

    checked = _checked(pdf, trust=bare, at=NOW + timedelta(days=800))

    assert checked.standing is Standing.VALID
    assert Caution.TIME_NOT_PROVEN not in checked.cautions


def test_unknown_revocation_is_not_valid():
    """Where no list is fresh any more, the minutes are unknown, which is not valid."""
    checked = _checked(
        signed(*EVERYBODY), trust=authority().trust(crls=()), at=NOW + timedelta(days=60)
    )

    assert checked.standing is Standing.UNKNOWN
    assert not checked.is_valid


def test_a_signer_of_another_tree_is_untrusted():
    """The tree that the verifier asks for is the only one that counts."""
    checked = _checked(signed(*EVERYBODY), tree=Tree.PUBLIC)

    assert checked.standing is Standing.UNTRUSTED


def test_strangers_are_untrusted():
    """An authority that nobody anchored proves nothing, least of all by bearing a known name."""
    pdf = signed(*EVERYBODY)

    assert _checked(pdf, trust=TestCA("Cơ quan lạ").trust()).standing is Standing.UNTRUSTED
    namesake = TestCA(BODY, owner="somebody else")
    assert _checked(pdf, trust=namesake.trust()).standing is Standing.UNTRUSTED


def test_a_signature_from_before_the_end_is_noted():
    """Who signs before the minutes end signs what was not said yet."""
    checked = _checked(signed(*EVERYBODY, at=NOW - timedelta(hours=2)))

    assert Caution.SIGNED_BEFORE_END in checked.cautions


def test_signing_leaves_what_was_there():
    """The file that was signed is the beginning of the signed one."""
    before = signed("police")

    assert signed("site", pdf=before).startswith(before)


def test_signatures_show_names_on_the_page(tmp_path):
    """The stamp shows the name in the certificate and the time in Vietnam."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")
    path = tmp_path / "minutes.pdf"
    path.write_bytes(signed("site"))

    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout

    assert "Ký số bởi:" in text
    assert text.count(NAMES["site"]) == 3
    assert "16:00:00 01/06/2026 +07:00" in text


def test_pdfsig_agrees(tmp_path):
    """A foreign tool finds each signature valid, and in its party's place."""
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig is not installed (poppler-utils)")
    path = tmp_path / "minutes.pdf"
    path.write_bytes(signed(*EVERYBODY))

    told = subprocess.run(
        ["pdfsig", "-nocert", path], check=False, capture_output=True, text=True
    ).stdout

    assert told.count("Signature is Valid.") == 3
    assert told.count("ETSI.CAdES.detached") == 3
    assert all(f"Signature Field Name: {role}" in told for role in EVERYBODY)


def test_pdfsig_agrees_on_what_was_altered(tmp_path):
    """The foreign tool finds a flipped bit in a page, as we do."""
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig is not installed (poppler-utils)")
    pdf = bytearray(signed("site"))
    pdf[3_000] ^= 1
    path = tmp_path / "minutes.pdf"
    path.write_bytes(pdf)

    told = subprocess.run(
        ["pdfsig", "-nocert", path], check=False, capture_output=True, text=True
    ).stdout

    assert "Signature is Valid." not in told
    assert not _checked(bytes(pdf)).is_valid
