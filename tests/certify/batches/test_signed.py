"""Batches with real signatures, of every kind that is made; and openssl, which agrees."""

import os
import shutil
import subprocess
from datetime import timedelta

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certify.authority.issuing import DAY, NOW, Key, TestCA
from tests.certify.batches.making import context, statements
from vnvaxmatch.certify.batches import Batch, sign_batch
from vnvaxmatch.certify.bundles import Bundle
from vnvaxmatch.certify.forms import Form
from vnvaxmatch.certify.signers import pkcs12_signer
from vnvaxmatch.certify.standings import Caution, Fault, Standing
from vnvaxmatch.certify.trust import Tree, Trust
from vnvaxmatch.certify.verifying import Verifier, checking, verify
from vnvaxmatch.certify.withdrawals import Withdrawals, sign_withdrawals
from vnvaxmatch.errors import SignerRefusedError

DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"
KINDS = [Key.P_256, Key.P_384, Key.RSA_2048]


@pytest.fixture(scope="module")
def authority():
    """An authority with lists of the day."""
    return TestCA("Batches")


def signer_of(authority, folder, *, kind=Key.P_256, name="Office", **how):
    path = folder / f"{name}-{kind}.p12"
    path.write_bytes(authority.officer(name, kind=kind).p12(b"x"))
    return pkcs12_signer(path, "x", trust=how.pop("trust", authority.trust()), **how)


def bundles_of(out, signer, *, at=NOW, **given):
    about = context(at=at)
    with sign_batch(
        statements(5), context=about, signers=[signer], out=out, at=at, **given
    ) as batch:
        return [batch.bundle(index) for index in range(batch.size)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", list(Form))
def test_every_kind_of_signature_proves(authority, tmp_path, kind, form):
    """Whatever the key and the form, each record proves alone, and the file reads back."""
    signer = signer_of(authority, tmp_path, kind=kind, form=form)
    for bundle in bundles_of(tmp_path / "out", signer):
        checked = verify(bundle.to_json(), trust=authority.trust(), at=NOW)
        assert checked.standing is Standing.VALID
        assert "Office" in checked.signatures[0].signer.subject
        assert checked.signatures[0].signer.tree is Tree.GOVERNMENT


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stamped", [False, True])
def test_openssl_agrees_on_every_kind_of_batch(authority, tmp_path, kind, stamped):
    """The folder has the text that was signed and its signature as openssl reads them."""
    stamping = authority.stamping() if stamped else None
    signer = signer_of(authority, tmp_path, kind=kind, stamping=stamping)
    bundles_of(tmp_path / "out", signer)
    (tmp_path / "root.pem").write_bytes(authority.root.certificate.public_bytes(Encoding.PEM))
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER",
         "-in", "out/checkpoint.p7s", "-content", "out/checkpoint", "-CAfile", "root.pem",
         "-attime", str(int(NOW.timestamp())), "-out", "out.txt"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "out" / "checkpoint").read_bytes()


def test_no_byte_of_a_signed_bundle_can_change(authority, tmp_path):
    """Signature and evidence included, whichever byte is another one."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[2]
    data = bundle.to_json()
    one = Verifier(checking(authority.trust()), at=NOW)
    assert one.verify(data).standing is Standing.VALID

    for at in range(0, len(data), 1 if DEEP else 37):
        altered = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert one.verify(altered).standing is not Standing.VALID, at


def test_signatures_of_two_batches_cannot_be_swapped(authority, tmp_path):
    """A real signature of another batch by the same signer does not fit."""
    signer = signer_of(authority, tmp_path)
    one, two = (bundles_of(tmp_path / name, signer)[0] for name in ("one", "two"))
    swapped = attrs.evolve(one, signatures=two.signatures)
    checked = verify(swapped, trust=authority.trust(), at=NOW)

    assert (checked.standing, checked.faults) == (Standing.INVALID, (Fault.SIGNATURE_INVALID,))


def test_a_revoked_signer_fails_what_has_no_time_stamp(authority, tmp_path):
    """Nobody knows that it was signed before."""
    again = TestCA("Revoking")
    officer = again.officer()
    (tmp_path / "o.p12").write_bytes(officer.p12(b"x"))
    signer = pkcs12_signer(tmp_path / "o.p12", "x", trust=again.trust())
    bundle = bundles_of(tmp_path / "out", signer)[0]
    again.revoke(officer, at=NOW + timedelta(hours=1))
    checked = verify(bundle, trust=again.trust(crls=again.crls(at=NOW + DAY)), at=NOW + DAY)

    assert (checked.standing, checked.faults) == (Standing.REVOKED, (Fault.SIGNER_REVOKED,))


def test_a_revoked_signer_does_not_undo_what_is_stamped_before(tmp_path):
    """A trusted time stamp proves that it was signed while the certificate was good."""
    again = TestCA("Stamping")
    officer = again.officer()
    (tmp_path / "o.p12").write_bytes(officer.p12(b"x"))
    signer = pkcs12_signer(tmp_path / "o.p12", "x", trust=again.trust(), stamping=again.stamping())
    bundle = bundles_of(tmp_path / "out", signer)[0]
    again.revoke(officer, at=NOW + timedelta(hours=1))
    later = again.trust(crls=again.crls(at=NOW + DAY))
    checked = verify(bundle, trust=later, at=NOW + DAY)

    assert checked.standing is Standing.VALID
    assert Caution.TIME_NOT_PROVEN not in checked.cautions


def test_an_expired_signer_fails_what_has_no_time_stamp(authority, tmp_path):
    """After its certificate has ended a signature alone proves nothing."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    at = NOW + 800 * DAY
    checked = verify(bundle, trust=authority.trust(crls=authority.crls(at=at)), at=at)

    assert (checked.standing, checked.faults) == (Standing.EXPIRED, (Fault.SIGNER_EXPIRED,))


def test_stale_lists_are_unknown_and_not_valid(authority, tmp_path):
    """Whoever has only old lists cannot tell."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    checked = verify(bundle, trust=authority.trust(), at=NOW + 60 * DAY)

    assert (checked.standing, checked.faults) == (Standing.UNKNOWN, (Fault.SIGNER_UNDECIDED,))


def test_the_right_name_in_another_tree_is_another_signer(authority, tmp_path):
    """A batch of one tree is not taken back by the same name in the other one."""
    twin = TestCA("Batches", owner="Twin")
    both = Trust({Tree.GOVERNMENT: authority.branch(), Tree.PUBLIC: twin.branch()})
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    digest = verify(bundle, trust=both, at=NOW).unwrap().digest
    told = Withdrawals("x", 1, NOW, NOW + DAY, (digest,), ())
    signer = signer_of(twin, tmp_path, trust=both)
    checked = verify(
        bundle, trust=both, at=NOW, withdrawals=sign_withdrawals(told, signers=[signer], at=NOW)
    )

    assert (checked.standing, checked.faults) == (Standing.UNKNOWN, (Fault.LIST_OF_ANOTHER,))


def test_a_signer_of_no_known_authority_is_untrusted(authority, tmp_path):
    """The signature holds, and nobody vouches for it."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    checked = verify(bundle, trust=TestCA("Elsewhere").trust(), at=NOW)

    assert (checked.standing, checked.faults) == (Standing.UNTRUSTED, (Fault.SIGNER_UNTRUSTED,))


def test_a_signer_of_an_authority_of_the_same_name_is_untrusted(authority, tmp_path):
    """Whoever bears the names of an authority but has other keys vouches for nobody."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    checked = verify(bundle, trust=TestCA("Batches", owner="Namesake").trust(), at=NOW)

    assert (checked.standing, checked.faults) == (Standing.UNTRUSTED, (Fault.SIGNER_UNTRUSTED,))


def test_a_batch_is_not_written_by_a_signer_that_is_revoked(tmp_path):
    """Nothing is left of it."""
    again = TestCA("Gone")
    officer = again.officer()
    again.revoke(officer, at=NOW - DAY)
    (tmp_path / "o.p12").write_bytes(officer.p12(b"x"))
    signer = pkcs12_signer(tmp_path / "o.p12", "x", trust=again.trust())

    with pytest.raises(SignerRefusedError):
        bundles_of(tmp_path / "out", signer)
    assert [path.name for path in tmp_path.iterdir()] == ["o.p12"]


def test_two_signers_of_one_batch_are_both_checked(authority, tmp_path):
    """Both sign the same checkpoint; a bundle has both, and both are shown."""
    signers = [signer_of(authority, tmp_path, name=name) for name in ("First", "Second")]
    with sign_batch(
        statements(2), context=context(at=NOW), signers=signers, out=tmp_path / "out", at=NOW
    ) as batch:
        checked = verify(batch.bundle(0), trust=authority.trust(), at=NOW)
    files = {path.name for path in (tmp_path / "out").iterdir()}

    assert checked.standing is Standing.VALID
    assert [one.signer.subject[:8] for one in checked.signatures] == ["CN=First", "CN=Secon"]
    assert {"checkpoint.p7s", "checkpoint-2.p7s"} <= files


def test_a_whole_batch_verifies_at_once(authority, tmp_path):
    """Every statement is told, and the tree and its signature are checked."""
    bundles_of(tmp_path / "out", signer_of(authority, tmp_path))
    told = []
    with Batch(tmp_path / "out") as batch:
        one = Verifier(checking(authority.trust()), at=NOW)
        checked = one.verify_batch(batch, told=told.append)

    assert checked.standing is Standing.VALID
    assert [one.reference for one in told] == [f"row/{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("statements.jsonl", b'"row/2"', b'"row/9"', Fault.PROOF_WRONG),
        ("statements.jsonl", b'"official":true', b'"official":TRUE', Fault.STATEMENT_UNREADABLE),
        ("batch.json", b"strict/1", b"strict/2", Fault.PROOF_WRONG),
        ("checkpoint", b"batch", b"watch", Fault.SIGNATURE_INVALID),
    ],
)
def test_whatever_is_altered_in_a_batch_is_told(authority, tmp_path, name, old, new, fault):
    """The lines, what they have in common, and the text that was signed."""
    bundles_of(tmp_path / "out", signer_of(authority, tmp_path))
    path = tmp_path / "out" / name
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with Batch(tmp_path / "out") as batch:
        checked = Verifier(checking(authority.trust()), at=NOW).verify_batch(batch)

    assert checked.standing is Standing.INVALID
    assert fault in checked.faults


def test_evidence_is_kept_with_the_signature(authority, tmp_path):
    """A bundle has what the signer's certificate was judged by, and works without our lists."""
    bundle = bundles_of(tmp_path / "out", signer_of(authority, tmp_path))[0]
    bare = authority.trust(crls=())
    read = Bundle.from_json(bundle.to_json())

    assert read.signatures[0].evidence.crls
    assert verify(read, trust=bare, at=NOW).standing is Standing.VALID
