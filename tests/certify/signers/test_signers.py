import asyncio
import os
from datetime import UTC, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certify.authority import NOW, Key, TestCA
from tests.certify.authority.tools import verify_by_openssl
from vnvaxmatch.certify.signers import (
    Form,
    Signature,
    Signer,
    callable_signer,
    joined,
    pem_signer,
    pkcs12_signer,
    sign_all,
)
from vnvaxmatch.certify.trust import (
    Caution,
    PathStatus,
    SignatureStatus,
    Tree,
    Trust,
    verify_signature,
    verify_signatures,
)
from vnvaxmatch.errors import CertifyError, SignerRefusedError

CONTENT = b"vnvaxmatch.test/batch\n10000\nm2Wn6y2x0kXo1mCqkY2m3wq0g3m1yJX2r0sGxJg1b1E=\n"
DAY = timedelta(days=1)
STRONG = (Key.RSA_2048, Key.RSA_3072, Key.P_256, Key.P_384, Key.P_521)
DIGEST = {Key.P_384: hashes.SHA384(), Key.P_521: hashes.SHA512()}


@pytest.fixture
def ca():
    return TestCA("Government")


def by_p12(issued, folder, **how):
    (folder / "signer.p12").write_bytes(issued.p12(b"a password"))
    return pkcs12_signer(folder / "signer.p12", "a password", **how)


def by_pem(issued, folder, **how):
    (folder / "key.pem").write_bytes(issued.key_pem(b"a password"))
    (folder / "certificate.pem").write_bytes(issued.pem)
    return pem_signer(folder / "key.pem", folder / "certificate.pem", password="a password", **how)


def by_service(issued, _, **how):
    kind = next((one for key, one in DIGEST.items() if _is(issued, key)), hashes.SHA256())

    def sign_hash(digest):
        if isinstance(issued.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
            return issued.key.sign(digest, pss, Prehashed(kind))
        return issued.key.sign(digest, ec.ECDSA(Prehashed(kind)))

    return callable_signer(issued.der, issued.chain, sign_hash=sign_hash, **how)


def _is(issued, key):
    size = getattr(issued.key, "key_size", 0)
    return {Key.P_384: 384, Key.P_521: 521}[key] == size


@pytest.mark.parametrize("make", [by_p12, by_pem, by_service])
@pytest.mark.parametrize("kind", STRONG)
@pytest.mark.parametrize("stamped", [False, True])
def test_openssl_agrees_with_every_kind_of_signature(ca, tmp_path, make, kind, stamped):
    """``openssl cms -verify -cades`` takes what is signed, and refuses it of other bytes."""
    stamping = ca.stamping() if stamped else None
    signer = make(ca.officer(kind=kind), tmp_path, trust=ca.trust(), stamping=stamping)

    value = signer.sign(CONTENT, at=NOW).value

    good = verify_by_openssl(tmp_path, content=CONTENT, value=value, roots=[ca.root])
    bad = verify_by_openssl(tmp_path, content=CONTENT + b".", value=value, roots=[ca.root])
    assert good.returncode == 0, good.stderr
    assert bad.returncode != 0


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", STRONG)
@pytest.mark.parametrize("stamped", [False, True])
def test_what_is_signed_verifies(ca, tmp_path, form, kind, stamped):
    """Each form, of each kind of key, is valid, names its signer, and proves a time if stamped."""
    stamping = ca.stamping() if stamped else None
    signer = by_p12(ca.officer(kind=kind), tmp_path, trust=ca.trust(), form=form, stamping=stamping)

    signature = signer.sign(CONTENT, at=NOW)
    checked = verify_signature(CONTENT, signature, trust=ca.trust(), at=NOW + DAY)

    assert checked.status is SignatureStatus.VALID
    assert checked.unwrap() is checked
    assert checked.signer.subject == signer.about().subject
    assert checked.claimed == NOW
    assert checked.is_proven is stamped
    assert (Caution.TIME_NOT_PROVEN in checked.cautions) is not stamped


@pytest.mark.parametrize("form", Form)
def test_a_stamped_signature_verifies_years_later_offline(ca, tmp_path, form):
    """With the evidence alone, after the certificate expired, the lists are long out of date."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), form=form, stamping=ca.stamping())
    signature = Signature.from_data(signer.sign(CONTENT, at=NOW).as_data())
    later = NOW + 1500 * DAY

    with_evidence = verify_signature(CONTENT, signature, trust=ca.trust(crls=()), at=later)
    without = verify_signature(
        CONTENT, Signature(form, signature.value), trust=ca.trust(crls=()), at=later
    )

    assert with_evidence.status is SignatureStatus.VALID
    assert with_evidence.at == NOW
    assert without.status is not SignatureStatus.VALID


def test_without_a_stamp_years_later_it_is_expired(ca, tmp_path):
    """What the signer states of the time proves nothing."""
    signature = by_p12(ca.officer(), tmp_path, trust=ca.trust()).sign(CONTENT, at=NOW)

    checked = verify_signature(CONTENT, signature, trust=ca.trust(), at=NOW + 1500 * DAY)

    assert checked.status is SignatureStatus.EXPIRED


def test_the_signer_is_shown_and_checked_before_signing(ca, tmp_path):
    """What the certificate says of the signer is there without asking the key."""
    officer = ca.officer("Signing Office 9")
    signer = by_p12(officer, tmp_path, trust=ca.trust(Tree.PUBLIC))

    about = signer.about()

    assert isinstance(signer, Signer)
    assert about.subject == "CN=Signing Office 9,O=Government,C=VN"
    assert about.not_before < NOW < about.not_after
    assert about.fingerprint == officer.certificate.fingerprint(hashes.SHA256()).hex()
    assert "Office 9" not in repr(about)
    assert "Office 9" not in repr(signer)
    assert signer.certificate == officer.der
    assert signer.chain == officer.chain
    assert signer.check(at=NOW).tree is Tree.PUBLIC


@pytest.mark.parametrize(
    ("how", "after", "status"),
    [
        ({"end": NOW + DAY}, 2 * DAY, "expired"),
        ({"start": NOW + DAY}, 0 * DAY, "expired"),
        ({"usages": ("key_encipherment",)}, 0 * DAY, "untrusted"),
        ({"usages": None}, 0 * DAY, "untrusted"),
        ({"ca": True}, 0 * DAY, "untrusted"),
        (
            {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "critical_purposes": True},
            0 * DAY,
            "untrusted",
        ),
        ({}, 30 * DAY, "unknown"),
    ],
)
def test_an_invalid_certificate_signs_nothing(ca, how, after, status):
    """It is refused before the key is asked, with what to do."""
    officer = ca.officer("Refused", **how)
    signer = callable_signer(officer.der, officer.chain, sign_hash=_never, trust=ca.trust())

    with pytest.raises(SignerRefusedError, match="nothing was signed") as caught:
        signer.sign(CONTENT, at=NOW + after)
    assert caught.value.status == status
    assert caught.value.faults
    assert caught.value.advice
    assert "Refused" not in str(caught.value)


def _never(digest):
    raise AssertionError("the key was asked")


def test_a_revoked_certificate_signs_nothing(ca):
    """Nor does one whose issuer was revoked."""
    officer = ca.officer()
    ca.revoke(officer, at=NOW - DAY)
    signer = callable_signer(officer.der, officer.chain, sign_hash=_never, trust=ca.trust())

    with pytest.raises(SignerRefusedError) as caught:
        signer.sign(CONTENT, at=NOW)
    assert caught.value.status == PathStatus.REVOKED


def test_one_of_another_tree_signs_nothing():
    """Where a tree is demanded, a certificate of the other is refused."""
    ours, theirs = TestCA("One"), TestCA("Two")
    trust = Trust({Tree.GOVERNMENT: ours.branch(), Tree.PUBLIC: theirs.branch()})
    officer = theirs.officer()
    signer = callable_signer(
        officer.der, officer.chain, sign_hash=_never, trust=trust, tree=Tree.GOVERNMENT
    )

    with pytest.raises(SignerRefusedError, match="other_tree"):
        signer.sign(CONTENT, at=NOW)


def test_unknown_signs_only_where_that_is_said(ca, tmp_path):
    """Where no list can be had a user may sign all the same, and the evidence says so."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(crls=()), accept_unknown=True)

    signature = signer.sign(CONTENT, at=NOW)

    assert signature.evidence.checked.status is PathStatus.UNKNOWN
    checked = verify_signature(CONTENT, signature, trust=ca.trust(crls=()), at=NOW)
    assert checked.status is SignatureStatus.UNKNOWN


@pytest.mark.parametrize("kind", [Key.RSA_1024, Key.P_192, Key.ED25519])
@pytest.mark.parametrize("make", [by_p12, by_pem])
def test_a_weak_key_is_refused_at_once(ca, tmp_path, kind, make):
    """Before anybody counts on it."""
    with pytest.raises(CertifyError, match="weak"):
        make(ca.officer("Weak", kind=kind), tmp_path, trust=ca.trust())
    with pytest.raises(CertifyError, match="weak"):
        callable_signer(ca.officer("Weak", kind=kind).der, (), sign_hash=_never, trust=ca.trust())


@pytest.mark.parametrize("password", ["wrong", "", None])
def test_a_wrong_password_is_told(ca, tmp_path, password):
    """And it does not stand in the message."""
    (tmp_path / "signer.p12").write_bytes(ca.officer().p12(b"right"))
    (tmp_path / "key.pem").write_bytes(ca.officer().key_pem(b"right"))
    (tmp_path / "certificate.pem").write_bytes(ca.officer().pem)

    with pytest.raises(CertifyError, match="password is wrong") as first:
        pkcs12_signer(tmp_path / "signer.p12", password, trust=ca.trust())
    with pytest.raises(CertifyError, match="password is wrong"):
        pem_signer(
            tmp_path / "key.pem", tmp_path / "certificate.pem", password=password, trust=ca.trust()
        )
    assert "right" not in str(first.value)


@pytest.mark.parametrize("data", [b"", b"rubbish", b"-----BEGIN PRIVATE KEY-----\nx\n", b"0\x80"])
def test_files_that_are_none_are_told(ca, tmp_path, data):
    """No file makes a traceback."""
    path = tmp_path / "file"
    path.write_bytes(data)
    (tmp_path / "certificate.pem").write_bytes(ca.officer().pem)
    (tmp_path / "key.pem").write_bytes(ca.officer().key_pem())

    with pytest.raises(CertifyError, match="file"):
        pkcs12_signer(path, "", trust=ca.trust())
    with pytest.raises(CertifyError, match="file"):
        pem_signer(path, tmp_path / "certificate.pem", trust=ca.trust())
    with pytest.raises(CertifyError):
        pem_signer(tmp_path / "key.pem", path, trust=ca.trust())
    with pytest.raises(CertifyError, match="cannot be read"):
        pkcs12_signer(tmp_path / "nowhere", "", trust=ca.trust())


def test_a_key_of_another_certificate_is_refused(ca, tmp_path):
    """Key and certificate must belong together, also where the key is elsewhere."""
    one, other = ca.officer("One"), ca.officer("Other")
    (tmp_path / "key.pem").write_bytes(other.key_pem())
    (tmp_path / "certificate.pem").write_bytes(one.pem)
    other_signs = by_service(other, tmp_path, trust=ca.trust()).key.sign_hash
    remote = callable_signer(one.der, one.chain, sign_hash=other_signs, trust=ca.trust())

    with pytest.raises(CertifyError, match="another certificate"):
        pem_signer(tmp_path / "key.pem", tmp_path / "certificate.pem", trust=ca.trust())
    with pytest.raises(CertifyError, match="not the key of the certificate"):
        remote.sign(CONTENT, at=NOW)


@pytest.mark.parametrize("answer", [b"", b"rubbish", b"\x30\x06\x02\x01\x01\x02\x01\x01", None])
@pytest.mark.parametrize("form", Form)
def test_a_service_that_signs_nothing_is_told(ca, answer, form):
    """What comes back is held against the certificate before it is given out."""
    officer = ca.officer()
    signer = callable_signer(
        officer.der, officer.chain, sign_hash=lambda _: answer, trust=ca.trust(), form=form
    )

    with pytest.raises(CertifyError, match="not the key of the certificate"):
        signer.sign(CONTENT, at=NOW)


def test_a_service_that_signs_by_old_padding_is_refused(ca):
    """RSA with the padding of PKCS#1 v1.5 is not signed with."""
    officer = ca.officer(kind=Key.RSA_2048)

    def old(digest):
        return officer.key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))

    signer = callable_signer(officer.der, officer.chain, sign_hash=old, trust=ca.trust())

    with pytest.raises(CertifyError, match="RSA-PSS"):
        signer.sign(CONTENT, at=NOW)


@pytest.mark.parametrize("answer", [b"", b"rubbish", b"0\x00"])
@pytest.mark.parametrize("form", Form)
def test_an_authority_that_stamps_nothing_is_told(ca, tmp_path, answer, form):
    """Where a time stamp is wanted and cannot be had, nothing is given out."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), form=form, stamping=lambda _: answer)

    with pytest.raises(CertifyError, match="time stamping authority"):
        signer.sign(CONTENT, at=NOW)


def test_a_stamp_of_another_question_is_refused(ca, tmp_path):
    """An authority that answers with an older stamp has stamped nothing."""
    stamping, kept = ca.stamping(), []

    def replaying(request):
        kept.append(stamping(request))
        return kept[0]

    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), stamping=replaying)
    signer.sign(CONTENT, at=NOW)

    with pytest.raises(CertifyError, match="no time stamp of this"):
        signer.sign(b"other", at=NOW)


def test_an_untrusted_authority_for_times_is_refused(ca, tmp_path):
    """A stamp that no verifier would believe is of no use, and the user is told before."""
    stamping = TestCA("Elsewhere").stamping()
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), stamping=stamping)

    with pytest.raises(CertifyError, match="not trusted"):
        signer.sign(CONTENT, at=NOW)


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_is_wrong_is_told(ca, tmp_path, hours):
    """Where the clock and the time stamp are far apart, the clock is before or after the truth."""
    at = NOW + timedelta(hours=hours)
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), stamping=ca.stamping(at=at))
    if hours > 0:
        with pytest.raises(CertifyError, match="clock"):
            signer.sign(CONTENT, at=NOW)
    else:
        trust = ca.trust(crls=(*ca.crls(at=NOW - 3 * DAY), *ca.crls()))
        signer = by_p12(ca.officer(), tmp_path, trust=trust, stamping=ca.stamping(at=at))
        checked = verify_signature(CONTENT, signer.sign(CONTENT, at=NOW), trust=trust, at=NOW)
        assert Caution.TIMES_DIFFER in checked.cautions


def test_the_time_is_taken_whatever_its_zone(ca, tmp_path):
    """Local time with its zone is the same moment in UTC."""
    local = NOW.astimezone(timezone(timedelta(hours=7)))

    signature = by_p12(ca.officer(), tmp_path, trust=ca.trust()).sign(CONTENT, at=local)
    checked = verify_signature(CONTENT, signature, trust=ca.trust(), at=NOW)

    assert checked.claimed == NOW
    assert checked.claimed.tzinfo is UTC


@pytest.mark.parametrize("form", Form)
def test_parallel_signatures_are_each_on_its_own(ca, tmp_path, form):
    """Several sign the same bytes; joined or apart, each is verified by itself."""
    officers = [ca.officer(f"Office {n}", kind=kind) for n, kind in enumerate(STRONG[2:])]
    signers = []
    for number, officer in enumerate(officers):
        (tmp_path / str(number)).mkdir()
        signers.append(by_p12(officer, tmp_path / str(number), trust=ca.trust(), form=form))

    apart = sign_all(CONTENT, signers, at=NOW)
    together = joined(apart)
    checked = verify_signatures(CONTENT, together, trust=ca.trust(), at=NOW)
    ca.revoke(officers[1], at=NOW - DAY)
    after = verify_signatures(CONTENT, together, trust=ca.trust(), at=NOW)

    assert [one.status for one in checked] == [SignatureStatus.VALID] * 3
    assert {one.signer.subject for one in checked} == {one.about().subject for one in signers}
    assert sorted(one.status for one in after) == ["revoked", "valid", "valid"]
    only_one = verify_signature(CONTENT, together, trust=ca.trust(), at=NOW)
    assert only_one.reasons == ("several_signers",)


def test_openssl_agrees_with_parallel_signatures(ca, tmp_path):
    """Also where they are in one file."""
    folders = [tmp_path / str(number) for number in range(2)]
    for folder in folders:
        folder.mkdir()
    signers = [
        by_p12(ca.officer("One", kind=Key.RSA_2048), folders[0], trust=ca.trust()),
        by_p12(ca.officer("Two"), folders[1], trust=ca.trust(), stamping=ca.stamping()),
    ]

    value = joined(sign_all(CONTENT, signers, at=NOW)).value

    done = verify_by_openssl(tmp_path, content=CONTENT, value=value, roots=[ca.root])
    assert done.returncode == 0, done.stderr


def test_signatures_of_two_forms_are_not_joined(ca, tmp_path):
    """One file has one form."""
    officer = ca.officer()
    both = [by_p12(officer, tmp_path, trust=ca.trust(), form=form) for form in Form]

    with pytest.raises(CertifyError, match="one form"):
        joined(sign_all(CONTENT, both, at=NOW))
    with pytest.raises(CertifyError, match="at least one"):
        joined([])


def test_signing_works_inside_of_an_event_loop(ca, tmp_path):
    """A server that signs runs a loop already."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), stamping=ca.stamping())

    async def sign():
        return signer.sign(CONTENT, at=NOW)

    signature = asyncio.run(sign())

    assert verify_signature(CONTENT, signature, trust=ca.trust(), at=NOW).is_valid


def test_evidence_and_signature_go_through_json(ca, tmp_path):
    """What is stored is read again as it was."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust(), stamping=ca.stamping())

    signature = signer.sign(CONTENT, at=NOW)

    assert Signature.from_data(signature.as_data()) == signature
    assert len(signature.evidence.crls) == 2
    assert signature.evidence.checked.is_valid
    assert "Office" not in repr(signature)


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"form": "cades"}, {"form": "pgp", "value": ""},
        {"form": "cades", "value": "!"}, {"form": "cades", "value": "AB=="},
        {"form": "cades", "value": 7}, {"form": "cades", "value": "", "evidence": []},
        {"form": "cades", "value": "", "evidence": {"certificate": "AA==", "crls": "AA=="}},
        {"form": "cades", "value": "", "evidence": {"certificate": "AA==", "checked": {}}},
        {"form": "cades", "value": "", "evidence": {"certificate": "", "crls": [""] * 51}},
    ],
)  # fmt: skip
def test_data_that_is_no_signature_is_refused(data):
    """Whatever JSON holds, it is a signature or a CertifyError."""
    with pytest.raises(CertifyError, match="this is no"):
        Signature.from_data(data)


def test_nothing_is_written_where_it_signs(ca, tmp_path):
    """A signer leaves no file behind."""
    signer = by_p12(ca.officer(), tmp_path, trust=ca.trust())
    before = sorted(os.listdir(tmp_path))

    signer.sign(CONTENT, at=NOW)

    assert sorted(os.listdir(tmp_path)) == before
