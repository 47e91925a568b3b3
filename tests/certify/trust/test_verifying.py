import json
import os
import time
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms, core
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from tests.certify.authority import NOW, Key, TestCA
from tests.certify.authority.tools import openssl, sign_by_openssl
from vnvaxmatch.certify.signers import Form, Signature, joined, pkcs12_signer
from vnvaxmatch.certify.trust import (
    Caution,
    Fault,
    SignatureStatus,
    Tree,
    Trust,
    verify_signature,
    verify_signatures,
)
from vnvaxmatch.errors import CertifyError, VerificationError

CONTENT = b"vnvaxmatch.test/batch\n10000\nm2Wn6y2x0kXo1mCqkY2m3wq0g3m1yJX2r0sGxJg1b1E=\n"
DAY = timedelta(days=1)
LONG = NOW + 3900 * DAY
"""For what openssl signs, by the clock of the machine."""
DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"


class World:
    """One authority, and signatures made once."""

    def __init__(self, folder):
        self.ca = TestCA("Government")
        self.officer = self.ca.officer()
        self.trust = self.ca.trust(intermediates=self.officer.chain)
        self.folder = folder
        self.made = {}

    def sign(self, form=Form.CADES, *, stamped=False, content=CONTENT, officer=None, at=NOW):
        """Sign, or give what was signed so before."""
        key = (form, stamped, content, officer, at)
        if key not in self.made:
            (self.folder / "signer.p12").write_bytes((officer or self.officer).p12(b"p"))
            stamping = self.ca.stamping(at=at) if stamped else None
            signer = pkcs12_signer(
                self.folder / "signer.p12", "p", trust=self.trust, form=form, stamping=stamping
            )
            self.made[key] = signer.sign(content, at=at)
        return self.made[key]

    def verify(self, value, *, form=Form.CADES, content=CONTENT, at=NOW, **how):
        """Verify bytes."""
        trust = how.pop("trust", self.trust)
        return verify_signature(content, Signature(form, value), trust=trust, at=at, **how)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"))


def told(checked):
    return checked.status, checked.reasons


def altered(value, change):
    """Read CMS, change its signed data, and write it again."""
    info = cms.ContentInfo.load(value)
    change(info["content"])
    return info.dump(force=True)


FOREIGN = {
    "cades, pss": (Key.RSA_2048, True, ("-keyopt", "rsa_padding_mode:pss"), ()),
    "cades, ecdsa": (Key.P_256, True, (), ()),
    "cades, p-384": (Key.P_384, True, (), ()),
    "cades, old padding": (Key.RSA_2048, True, (), (Caution.PADDING_OLD,)),
    "plain": (Key.P_256, False, (), (Caution.NOT_CADES,)),
    "named by key": (Key.P_256, True, ("-keyid",), ()),
    "no capabilities": (Key.P_256, True, ("-nosmimecap",), ()),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("chain", [False, True])
def test_what_openssl_signed_verifies(world, tmp_path, name, chain):
    """Foreign signatures are read, those with the leaf only as well; quirks are cautions."""
    kind, cades, words, cautions = FOREIGN[name]
    officer = world.ca.officer(f"Foreign {name}", kind=kind, end=LONG)
    if chain:
        (tmp_path / "chain.pem").write_bytes(world.ca.intermediate.pem)
        words = (*words, "-certfile", os.fspath(tmp_path / "chain.pem"))

    value = sign_by_openssl(tmp_path, *words, content=CONTENT, signer=officer, cades=cades)
    # it signs with the clock of this machine
    checked = world.verify(value, at=max(NOW, _claimed(value)), trust=_lasting(world))

    assert told(checked) == (SignatureStatus.VALID, ())
    leaf_only = () if chain else (Caution.LEAF_ONLY,)
    assert set(checked.cautions) == {*cautions, *leaf_only, Caution.TIME_NOT_PROVEN}


def _claimed(value):
    data = cms.ContentInfo.load(value)["content"]
    for one in data["signer_infos"][0]["signed_attrs"]:
        if one["type"].native == "signing_time":
            return one["values"][0].native
    raise AssertionError("openssl states the time")


def _lasting(world):
    """A trust whose lists are in force whenever the tests run, and certificates that are too."""
    return world.ca.trust(intermediates=world.officer.chain, crls=world.ca.crls(lasts=LONG - NOW))


def test_several_signers_by_openssl_are_each_verified(world, tmp_path):
    """A file of openssl with two signers has two answers."""
    one, two = world.ca.officer("One", end=LONG), world.ca.officer("Two", end=LONG)
    (tmp_path / "two.pem").write_bytes(two.pem)
    (tmp_path / "two.key").write_bytes(two.key_pem())
    words = ("-signer", os.fspath(tmp_path / "two.pem"), "-inkey", os.fspath(tmp_path / "two.key"))

    value = sign_by_openssl(tmp_path, *words, content=CONTENT, signer=one)
    checked = verify_signatures(
        CONTENT,
        Signature(Form.CADES, value),
        trust=_lasting(world),
        at=max(NOW, _claimed(value)),
    )

    assert [one.status for one in checked] == [SignatureStatus.VALID] * 2
    assert len({one.signer.subject for one in checked}) == 2


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("-noattr",), Fault.ATTRIBUTES_MISSING),
        (("-nocerts",), Fault.CERTIFICATE_MISSING),
        (("-nodetach",), Fault.NOT_DETACHED),
        (("-stream",), Fault.NOT_DETACHED),
        (("-md", "sha1"), Fault.ALGORITHM_WEAK),
    ],
)
def test_what_openssl_signed_loosely_is_refused(world, tmp_path, words, fault):
    """Without attributes or certificate, with its own content, or by SHA-1, it is not valid."""
    plain = "-noattr" in words or "-md" in words
    value = sign_by_openssl(
        tmp_path, *words, content=CONTENT, signer=world.officer, cades=not plain
    )

    checked = world.verify(value, at=NOW + 600 * DAY)

    assert told(checked) == (SignatureStatus.INVALID, (fault,))


def test_a_certificate_from_the_evidence_serves(world, tmp_path):
    """A signature without certificates is verified by those stored with it."""
    officer = world.ca.officer("Lasting", end=LONG)
    value = sign_by_openssl(tmp_path, "-nocerts", content=CONTENT, signer=officer)
    evidence = world.sign(officer=officer).evidence

    checked = verify_signature(
        CONTENT,
        Signature(Form.CADES, value),
        trust=_lasting(world),
        at=max(NOW, _claimed(value)),
        evidence=evidence,
    )

    assert checked.is_valid


def test_openssl_agrees_with_the_time_stamp(world, tmp_path):
    """``openssl ts -verify`` takes the stamp for the signature, and for nothing else."""
    signer = cms.ContentInfo.load(world.sign(stamped=True).value)["content"]["signer_infos"][0]
    (token,) = (
        value.dump()
        for one in signer["unsigned_attrs"]
        if one["type"].native == "signature_time_stamp_token"
        for value in one["values"]
    )
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "signature").write_bytes(signer["signature"].native)
    (tmp_path / "other").write_bytes(CONTENT)
    (tmp_path / "roots.pem").write_bytes(world.ca.root.pem)

    def verify(name):
        return openssl(
            "ts", "-verify", "-token_in", "-in", tmp_path / "token", "-data", tmp_path / name,
            "-CAfile", tmp_path / "roots.pem", "-attime", str(int(NOW.timestamp())),
        )  # fmt: skip

    assert "Verification: OK" in verify("signature").stdout
    assert verify("other").returncode != 0


def test_a_stamp_by_openssl_is_taken(world, tmp_path):
    """``openssl ts -reply`` as the authority: what it stamps proves the time."""
    tsa = world.ca.tsa(end=LONG)
    (tmp_path / "tsa.pem").write_bytes(tsa.pem)
    (tmp_path / "tsa.key").write_bytes(tsa.key_pem())
    (tmp_path / "chain.pem").write_bytes(world.ca.intermediate.pem)
    (tmp_path / "ts.cnf").write_text(
        "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\ndefault_policy = 1.2.3.4.1\n"
        "digests = sha256\nsigner_digest = sha256\nordering = yes\n",
        "utf-8",
    )

    def stamping(request):
        (tmp_path / "request").write_bytes(request)
        (tmp_path / "serial").write_text("01\n", "ascii")
        config = (tmp_path / "ts.cnf").read_text("utf-8")
        config = config.replace("= serial", f"= {tmp_path / 'serial'}")
        (tmp_path / "ts.cnf").write_text(config, "utf-8")
        done = openssl(
            "ts", "-reply", "-queryfile", tmp_path / "request", "-signer", tmp_path / "tsa.pem",
            "-inkey", tmp_path / "tsa.key", "-chain", tmp_path / "chain.pem", "-config",
            tmp_path / "ts.cnf", "-out", tmp_path / "answer",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return (tmp_path / "answer").read_bytes()

    (tmp_path / "signer.p12").write_bytes(world.ca.officer("Lasting", end=LONG).p12(b"p"))
    now = datetime.now(UTC)
    trust = _lasting(world)
    signer = pkcs12_signer(tmp_path / "signer.p12", "p", trust=trust, stamping=stamping)

    checked = verify_signature(CONTENT, signer.sign(CONTENT, at=now), trust=trust, at=now)

    assert checked.is_valid
    assert checked.is_proven


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"\n", b"\n" + CONTENT])
def test_other_content_is_not_what_was_signed(world, form, content):
    """Not a byte more, not a byte less."""
    checked = world.verify(world.sign(form).value, form=form, content=content)

    assert checked.status is SignatureStatus.INVALID
    fault = Fault.CONTENT_DIFFERS if form is Form.CADES else Fault.SIGNATURE_WRONG
    assert checked.reasons == (fault,)
    with pytest.raises(VerificationError, match=fault.value):
        checked.unwrap()


def test_empty_content_can_be_signed(world):
    """Nothing is content, too."""
    for form in Form:
        value = world.sign(form, content=b"").value
        assert world.verify(value, form=form, content=b"").is_valid


@pytest.mark.parametrize("form", Form)
def test_a_form_is_not_read_as_another(world, form):
    """CMS is no JSON."""
    other = next(one for one in Form if one is not form)

    assert world.verify(world.sign(form).value, form=other).reasons == (Fault.NOT_A_SIGNATURE,)


def test_a_swapped_signer_is_told(world):
    """Another certificate of the same key does not become the signer."""
    twin = world.ca.officer(owner="Government Signing Office 7", end=NOW + 9 * DAY)

    def swap(data):
        certificate = cms.Certificate.load(twin.der)
        data["certificates"] = [cms.CertificateChoices("certificate", certificate)]
        sid = data["signer_infos"][0]["sid"].chosen
        sid["serial_number"] = twin.certificate.serial_number

    checked = world.verify(altered(world.sign().value, swap))

    assert told(checked) == (SignatureStatus.INVALID, (Fault.SIGNER_SWAPPED,))


@pytest.mark.parametrize("name", ["content_type", "message_digest"])
def test_missing_attributes_are_told(world, name):
    """Without what kind of content it is, or its digest, nothing is signed."""

    def drop(data):
        signer = data["signer_infos"][0]
        left = [one for one in signer["signed_attrs"] if one["type"].native != name]
        signer["signed_attrs"] = cms.CMSAttributes(left)

    checked = world.verify(altered(world.sign().value, drop))

    assert told(checked) == (SignatureStatus.INVALID, (Fault.ATTRIBUTES_MISSING,))


def test_attributes_twice_are_told(world):
    """Two digests of which a verifier might take either are none."""

    def twice(data):
        signer = data["signer_infos"][0]
        found = [one for one in signer["signed_attrs"] if one["type"].native == "message_digest"]
        more = cms.CMSAttribute({"type": "message_digest", "values": [core.OctetString(b"x" * 32)]})
        signer["signed_attrs"] = cms.CMSAttributes([*signer["signed_attrs"], more])
        assert found

    checked = world.verify(altered(world.sign().value, twice))

    assert told(checked) == (SignatureStatus.INVALID, (Fault.ATTRIBUTES_TWICE,))


@pytest.mark.parametrize(
    ("part", "name", "fault"),
    [
        ("digest_algorithm", "sha512", Fault.DIGEST_MISMATCH),
        ("digest_algorithm", "sha1", Fault.ALGORITHM_WEAK),
        ("digest_algorithm", "md5", Fault.ALGORITHM_WEAK),
        ("signature_algorithm", "sha1_ecdsa", Fault.DIGEST_MISMATCH),
        ("signature_algorithm", "sha384_ecdsa", Fault.DIGEST_MISMATCH),
        ("signature_algorithm", "sha256_rsa", Fault.SIGNATURE_WRONG),
        ("signature_algorithm", "sha256_dsa", Fault.ALGORITHM_WEAK),
        ("signature_algorithm", "ed25519", Fault.ALGORITHM_WEAK),
    ],
)
def test_digests_that_do_not_fit_are_told(world, part, name, fault):
    """What is named outside of what is signed must fit what was signed."""

    def change(data):
        data["signer_infos"][0][part] = {"algorithm": name}

    checked = world.verify(altered(world.sign().value, change))

    assert checked.status is SignatureStatus.INVALID
    assert fault in checked.reasons or checked.reasons == (Fault.NOT_A_SIGNATURE,)


def _stamp(value):
    return cms.ContentInfo.load(value)["content"]["signer_infos"][0]["unsigned_attrs"]


def test_a_stamp_of_another_signature_is_told(world):
    """A stamp is of the signature that it was made for."""
    other = _stamp(world.sign(stamped=True, content=b"other").value)

    def put(data):
        data["signer_infos"][0]["unsigned_attrs"] = other

    checked = world.verify(altered(world.sign().value, put))

    assert told(checked) == (SignatureStatus.INVALID, (Fault.TIMESTAMP_OF_ANOTHER,))


def test_a_stamp_is_no_signature_of_a_document(world):
    """What signs times says nothing of a document, though its bytes may be given as one."""
    (token,) = (value for one in _stamp(world.sign(stamped=True).value) for value in one["values"])
    data = token["content"]
    content = bytes(data["encap_content_info"]["content"])
    data["encap_content_info"] = {"content_type": "tst_info"}

    checked = world.verify(token.dump(force=True), content=content)

    assert told(checked) == (SignatureStatus.INVALID, (Fault.NOT_A_SIGNATURE,))


def test_a_stamp_that_was_altered_is_told(world):
    """An earlier time in the stamp breaks it."""
    value = world.sign(stamped=True).value
    earlier = value.replace(b"20260601090000Z", b"20250601090000Z")

    assert earlier != value
    assert told(world.verify(earlier)) == (SignatureStatus.INVALID, (Fault.TIMESTAMP_BROKEN,))


def test_a_stamp_from_the_future_is_told(world):
    """A clock that is before the stamp cannot be right, nor can the stamp."""
    checked = world.verify(world.sign(stamped=True).value, at=NOW - DAY)

    assert told(checked) == (SignatureStatus.INVALID, (Fault.TIMESTAMP_IN_FUTURE,))


def test_a_stamp_by_nobody_one_trusts_proves_no_time(world, tmp_path):
    """It is a caution: the certificate is then checked as of now."""
    value = world.sign(stamped=True).value
    ca = TestCA("Government")
    ca.revoke(ca.tsa(), at=NOW)
    tsa_serial = next(iter(_serials_of_stamp(value)))
    ca.revoked = {tsa_serial: (NOW + DAY, x509.ReasonFlags.key_compromise)}
    trust = ca.trust(crls=ca.crls(at=NOW + 2 * DAY), intermediates=world.officer.chain)

    checked = world.verify(value, trust=trust, at=NOW + 2 * DAY)
    late = world.verify(value, trust=trust, at=NOW + 900 * DAY)

    assert checked.is_valid
    assert not checked.is_proven
    assert Caution.TIMESTAMP_UNTRUSTED in checked.cautions
    assert checked.at == NOW + 2 * DAY
    assert late.status is SignatureStatus.EXPIRED


def _serials_of_stamp(value):
    for one in _stamp(value):
        for token in one["values"]:
            yield token["content"]["signer_infos"][0]["sid"].chosen["serial_number"].native


def test_revoked_after_a_proven_time_stays_valid(world):
    """Signed first and revoked later: valid with a stamp, revoked without."""
    officer = world.ca.officer("Retired")
    stamped, bare = (world.sign(stamped=one, officer=officer).value for one in (True, False))
    world.ca.revoke(officer, at=NOW + DAY)
    try:
        lists = (*world.ca.crls(), *world.ca.crls(at=NOW + 2 * DAY))
    finally:
        world.ca.restore(officer)
    trust = world.ca.trust(crls=lists, intermediates=officer.chain)

    proven = world.verify(stamped, trust=trust, at=NOW + 2 * DAY)
    claimed = world.verify(bare, trust=trust, at=NOW + 2 * DAY)

    assert proven.is_valid
    assert Caution.REVOKED_LATER in proven.cautions
    assert told(claimed) == (SignatureStatus.REVOKED, (Fault.REVOKED,))


def test_evidence_cannot_make_a_revoked_one_valid(world):
    """Older lists stored with a signature do not outweigh what the verifier knows."""
    signature = world.sign()
    world.ca.revoke(world.officer, at=NOW - timedelta(hours=1))
    try:
        trust = world.ca.trust(crls=world.ca.crls())
    finally:
        world.ca.restore(world.officer)

    checked = verify_signature(CONTENT, signature, trust=trust, at=NOW)

    assert checked.status is SignatureStatus.REVOKED


def test_stale_evidence_does_not_help_without_a_stamp(world):
    """What was known at the stated time says nothing of a time that is not proven."""
    trust = world.ca.trust(crls=(), intermediates=world.officer.chain)

    checked = verify_signature(CONTENT, world.sign(), trust=trust, at=NOW + 60 * DAY)

    assert told(checked) == (SignatureStatus.UNKNOWN, (Fault.REVOCATION_STALE,))


def test_an_untrusted_signer_is_told(world):
    """Who is in nobody's tree is shown, and not believed."""
    checked = world.verify(world.sign().value, trust=TestCA("Other").trust())

    assert told(checked) == (SignatureStatus.UNTRUSTED, (Fault.NO_PATH,))
    assert checked.signer.subject.startswith("CN=Signing Office 7")


def _false_signer(world, tmp_path):
    """Sign by an authority that bears the names of another, which the signature brings along."""
    false = TestCA("Government", owner="False")
    (tmp_path / "false.p12").write_bytes(false.officer().p12(b"p"))
    return false, pkcs12_signer(tmp_path / "false.p12", "p", trust=false.trust())


def test_a_signer_of_an_authority_of_the_same_name_is_untrusted(world, tmp_path):
    """Nothing was damaged: somebody else signed, whom nobody vouches for."""
    signature = _false_signer(world, tmp_path)[1].sign(CONTENT, at=NOW)

    for trust in (world.trust, world.ca.trust()):
        for brought in (signature, Signature(Form.CADES, signature.value)):
            checked = verify_signature(CONTENT, brought, trust=trust, at=NOW)
            assert told(checked) == (SignatureStatus.UNTRUSTED, (Fault.ISSUER_OTHER_KEY,))


def test_a_signer_of_a_tree_of_the_same_name_is_told(world, tmp_path):
    """The trees are told apart by their keys, also where the names are the same."""
    false, signer = _false_signer(world, tmp_path)
    signature = signer.sign(CONTENT, at=NOW)
    trust = Trust({Tree.GOVERNMENT: world.ca.branch(), Tree.PUBLIC: false.branch()})

    checked = verify_signature(CONTENT, signature, trust=trust, at=NOW, tree=Tree.GOVERNMENT)

    assert told(checked) == (SignatureStatus.UNTRUSTED, (Fault.OTHER_TREE,))
    assert verify_signature(CONTENT, signature, trust=trust, at=NOW).signer.tree is Tree.PUBLIC


def test_a_stamp_of_an_authority_of_the_same_name_proves_no_time(world, tmp_path):
    """It is no broken stamp, but one by somebody whom nobody vouches for."""
    false = TestCA("Government", owner="False")
    both = Trust({Tree.GOVERNMENT: world.ca.branch(), Tree.PUBLIC: false.branch()})
    (tmp_path / "signer.p12").write_bytes(world.officer.p12(b"p"))
    signer = pkcs12_signer(tmp_path / "signer.p12", "p", trust=both, stamping=false.stamping())

    checked = world.verify(signer.sign(CONTENT, at=NOW).value)

    assert told(checked) == (SignatureStatus.VALID, ())
    assert Caution.TIMESTAMP_UNTRUSTED in checked.cautions
    assert checked.stamp.authority.reasons == (Fault.ISSUER_OTHER_KEY,)


def test_a_namesake_that_came_along_spoils_nothing(world):
    """Anybody can put certificates beside a signature: only an altered copy of one is damage."""
    false = TestCA("Government", owner="False")

    def add(*ders):
        def change(data):
            more = [cms.CertificateChoices.load(der) for der in ders]
            data["certificates"] = cms.CertificateSet([*more, *data["certificates"]])

        return altered(world.sign().value, change)

    damaged = world.ca.intermediate.der[:-1] + bytes([world.ca.intermediate.der[-1] ^ 1])

    assert world.verify(add(false.intermediate.der, false.root.der)).is_valid
    assert told(world.verify(add(damaged))) == (
        SignatureStatus.INVALID,
        (Fault.CERTIFICATE_BROKEN,),
    )


def test_a_signer_of_the_other_tree_is_told(world):
    """A signature of the public tree is none of the government's."""
    trust = Trust({Tree.PUBLIC: world.ca.branch(), Tree.GOVERNMENT: TestCA("Other").branch()})

    checked = world.verify(world.sign().value, trust=trust, tree=Tree.GOVERNMENT)

    assert told(checked) == (SignatureStatus.UNTRUSTED, (Fault.OTHER_TREE,))


@pytest.mark.parametrize(
    ("ahead", "fault", "caution"),
    [
        (timedelta(minutes=5), None, None),
        (timedelta(hours=7), None, Caution.LOCAL_TIME),
        (timedelta(hours=8), Fault.SIGNED_IN_FUTURE, None),
        (3 * DAY, Fault.SIGNED_IN_FUTURE, None),
    ],
)
@pytest.mark.parametrize("form", Form)
def test_a_stated_time_in_the_future_is_told(world, form, ahead, fault, caution):
    """Seven hours are local time written as UTC, more is no time."""
    checked = world.verify(world.sign(form).value, form=form, at=NOW - ahead)

    assert checked.reasons == (() if fault is None else (fault,))
    assert (Caution.LOCAL_TIME in checked.cautions) is (caution is Caution.LOCAL_TIME)


@pytest.mark.parametrize("form", Form)
def test_each_byte_altered_is_refused(world, form):
    """Of a signature without a stamp no byte can be altered: all positions in the deep profile."""
    value = world.sign(form).value

    for place in range(0, len(value), 1 if DEEP else 7):
        for mask in (1, 255) if DEEP else (1 << place % 8,):
            changed = value[:place] + bytes([value[place] ^ mask]) + value[place + 1 :]
            checked = world.verify(changed, form=form)
            assert not checked.is_valid, place
            assert checked.reasons


@pytest.mark.parametrize("form", Form)
def test_each_byte_of_a_stamped_one_altered_proves_no_time(world, form):
    """With a stamp, what is altered is refused, or there is no stamp left to be seen."""
    value = world.sign(form, stamped=True).value

    for place in range(0, len(value), 1 if DEEP else 17):
        changed = value[:place] + bytes([value[place] ^ (1 << place % 8)]) + value[place + 1 :]
        checked = world.verify(changed, form=form)
        assert not (checked.is_valid and checked.is_proven), place
        assert not checked.is_valid or checked.stamp is None, place


@pytest.mark.parametrize("form", Form)
def test_each_truncation_is_refused(world, form):
    """Nor can anything be cut off its end, or put there."""
    value = world.sign(form, stamped=True).value

    for length in range(0, len(value), 1 if DEEP else 29):
        assert world.verify(value[:length], form=form).status is SignatureStatus.INVALID
    assert world.verify(value + b"\0", form=form).status is SignatureStatus.INVALID
    assert world.verify(value + value, form=form).status is SignatureStatus.INVALID


def _nested(depth):
    value = b""
    for _ in range(depth):
        size = len(value)
        length = bytes([size]) if size < 128 else b"\x83" + size.to_bytes(3, "big")
        value = b"\x30" + length + value
    return value


HOSTILE = {
    "nested": _nested(3000),
    "nested without lengths": b"\x30\x80" * 300_000,
    "a length of 4 GB": b"\x30\x84\xff\xff\xff\xff" + b"0" * 100,
    "zeros": bytes(999_999),
    "sequences": b"\x30" * 999_999,
    "too large": bytes(1_000_001),
    "nested lists": b"[" * 500_000,
    "nested objects": b'{"signatures":' * 50_000,
    "a long number": b'{"signatures":[' + b"1" * 900_000 + b"]}",
    "many signers": b'{"signatures":[' + b'{"protected":"","signature":""},' * 29_000 + b"1]}",
    "a name twice": b'{"signatures":[],"signatures":[]}',
    "nan": b'{"signatures":[NaN]}',
    "null": b"null",
    "not utf-8": b'{"signatures":["\xff"]}',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", Form)
def test_hostile_bytes_are_refused_soon(world, name, form):
    """Depth, length and number of what is no signature cost next to nothing."""
    started = time.perf_counter()

    checked = world.verify(HOSTILE[name], form=form)

    assert checked.status is SignatureStatus.INVALID
    assert checked.reasons
    assert time.perf_counter() - started < 5


def test_many_signers_are_refused(world):
    """As many as one likes may not be put into one signature."""
    one = cms.ContentInfo.load(world.sign().value)

    def multiply(data):
        data["signer_infos"] = cms.SignerInfos([*data["signer_infos"]] * 21)

    checked = world.verify(altered(one.dump(), multiply))

    assert checked.reasons == (Fault.TOO_MANY,)


@given(data=st.binary(max_size=400), form=st.sampled_from(Form))
@example(data=b"", form=Form.CADES)
def test_any_bytes_are_an_answer(world, data, form):
    """Whatever is given as a signature, the answer is that it is none."""
    checked = world.verify(data, form=form)

    assert checked.status is SignatureStatus.INVALID
    with pytest.raises(VerificationError):
        checked.unwrap()


@example(place=0, cuts=[1, 1], junk=b" ", form=Form.JWS)
@given(
    place=st.integers(0, 1), cuts=st.lists(st.integers(0, 5000), min_size=2, max_size=2),
    junk=st.binary(max_size=40), form=st.sampled_from(Form),
)  # fmt: skip
def test_any_splice_is_an_answer(world, place, cuts, junk, form):
    """A signature with a piece exchanged for any other is never valid, unless it says the same."""
    value = world.sign(form, stamped=bool(place)).value
    first, last = sorted(cut % len(value) for cut in cuts)
    spliced = value[:first] + junk + value[last:]

    checked = world.verify(spliced, form=form)

    if checked.is_valid and form is Form.CADES:
        assert spliced == value or (place and checked.stamp is None)
    elif checked.is_valid:  # space in JSON says nothing
        assert json.loads(spliced) == json.loads(value)


def _jws(value):
    return json.loads(value)


def _text(data):
    return urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: one.update(protected=_text({"alg": "none"})), Fault.CERTIFICATE_MISSING),
        (lambda one: one.update(protected=_text({"alg": "HS256"})), Fault.CERTIFICATE_MISSING),
        (lambda one: one.update(protected=_text({"crit": ["b64"], "b64": False})),
         Fault.HEADER_CRITICAL),
        (lambda one: one.update(header={"alg": "none"}), Fault.HEADER_CRITICAL),
        (lambda one: one.update(header={"x5c": []}), Fault.NOT_A_SIGNATURE),
        (lambda one: one.update(header={"etsiU": [{"sigTst": {"tstTokens": [{"val": "AA=="}]}}]}),
         Fault.TIMESTAMP_BROKEN),
        (lambda one: one.update(header={"etsiU": [7]}), Fault.NOT_A_SIGNATURE),
        (lambda one: one.update(header={"etsiU": {}}), None),
        (lambda one: one.update(signature=""), Fault.NOT_A_SIGNATURE),
        (lambda one: one.update(signature=one["signature"] + "="), Fault.NOT_A_SIGNATURE),
        (lambda one: one.update(signature="AAAA"), Fault.SIGNATURE_WRONG),
        (lambda one: one.update(protected="e30"), Fault.CERTIFICATE_MISSING),
    ],
)  # fmt: skip
def test_headers_that_ask_for_other_rules_are_refused(world, change, fault):
    """No algorithm but ours, nothing critical, nothing that is not signed but time stamps."""
    data = _jws(world.sign(Form.JWS).value)
    change(data["signatures"][0])

    checked = world.verify(json.dumps(data).encode(), form=Form.JWS)

    assert checked.reasons == (() if fault is None else (fault,))


def test_jws_with_a_payload_is_not_detached(world):
    """What brings its own content might be of another."""
    data = {**_jws(world.sign(Form.JWS).value), "payload": ""}

    assert world.verify(json.dumps(data).encode(), form=Form.JWS).reasons == (Fault.NOT_DETACHED,)


def test_swapped_signatures_of_two_signers_are_told(world):
    """A signature under another's header is nobody's."""
    both = joined([world.sign(Form.JWS), world.sign(Form.JWS, officer=world.ca.officer("Another"))])
    data = _jws(both.value)
    first, second = data["signatures"]
    first["signature"], second["signature"] = second["signature"], first["signature"]

    checked = verify_signatures(
        CONTENT,
        Signature(Form.JWS, json.dumps(data).encode()),
        trust=world.trust,
        at=NOW,
    )

    assert [one.reasons for one in checked] == [(Fault.SIGNATURE_WRONG,)] * 2


def test_joserfc_alone_verifies_what_we_signed(world):
    """Whoever has a library for JOSE needs nothing of ours."""
    data = _jws(world.sign(Form.JWS).value)
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    registry.max_header_length = 100_000
    key = ECKey.import_key(world.officer.certificate.public_key())
    payload = urlsafe_b64encode(CONTENT).rstrip(b"=").decode()

    read = jws.deserialize_json({**data, "payload": payload}, key, registry=registry)

    assert read.payload == CONTENT
    assert b64decode(read.members[0].protected["x5c"][0]) == world.officer.der


def test_a_time_without_a_zone_is_refused(world):
    """Nobody knows which time that is."""
    with pytest.raises(CertifyError, match="time zone"):
        world.verify(world.sign().value, at=NOW.replace(tzinfo=None))


def test_nothing_personal_is_in_a_repr_or_a_log(world, caplog):
    """Not the signer, and not the certificate, whether it is believed or not."""
    caplog.set_level("DEBUG")
    value = world.sign(stamped=True, content=b"logged").value

    for trust in (world.trust, world.ca.trust(crls=()), TestCA("Other").trust()):
        for content in (b"logged", b"other"):
            checked = world.verify(value, content=content, trust=trust)
            assert "Office" not in repr(checked)

    assert "Office" not in caplog.text
