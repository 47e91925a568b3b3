"""The laws of signers and trust hold for ours, and catch what breaks them."""

import subprocess
import sys

import attrs
import pytest
from hypothesis import Phase, settings

from vnvaxmatch.certify.signers import (
    KeySigner,
    callable_signer,
    pem_signer,
    pkcs12_signer,
)
from vnvaxmatch.certify.trust import SignatureStatus, load_trust, save_trust
from vnvaxmatch.certify.verifying import checking
from vnvaxmatch.errors import VnvaxmatchError
from vnvaxmatch.testing import SignerLaws, TestCA, TrustLaws


class InFolder:
    """A law whose subjects need files."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path


class TestPKCS12(InFolder, SignerLaws):
    """Signers of a file of PKCS#12."""

    def make(self, issued, trust):
        """Make one."""
        path = self.folder / "signer.p12"
        path.write_bytes(issued.p12(b"a password"))
        return pkcs12_signer(path, "a password", trust=trust)


class TestPEM(InFolder, SignerLaws):
    """Signers of a key of PEM."""

    def make(self, issued, trust):
        """Make one."""
        (self.folder / "key.pem").write_bytes(issued.key_pem())
        (self.folder / "one.pem").write_bytes(issued.pem)
        return pem_signer(self.folder / "key.pem", self.folder / "one.pem", trust=trust)


class TestService(SignerLaws):
    """Signers whose key is elsewhere."""

    def make(self, issued, trust):
        """Make one."""
        return callable_signer(issued.der, issued.chain, sign_hash=issued.sign_hash, trust=trust)


class TestTrust(TrustLaws):
    """Our own checking."""

    def make(self, trust):
        """Make one."""
        return checking(trust)


class TestTrustOfFolder(InFolder, TrustLaws):
    """The same, written to a folder and read again."""

    def make(self, trust):
        """Make one."""
        where = self.folder / str(len(list(self.folder.iterdir())))
        save_trust(trust, where)
        return checking(load_trust(where))


def test_three_lines_are_enough():
    """An authority, a signature, its verification; the repr shows no key."""
    ca = TestCA()
    signature = ca.signer().sign(b"a text", at=ca.at)
    (checked,) = checking(ca.trust())(b"a text", signature, at=ca.at)

    assert checked.unwrap() is checked
    assert "key" not in repr(ca.officer())


def test_importing_the_laws_loads_nothing_of_signing():
    """Whoever tests a normaliser needs no library for certificates."""
    code = (
        "import sys, vnvaxmatch.testing\n"
        "found = {'pyhanko', 'asn1crypto', 'joserfc', 'vnvaxmatch.certify'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def first_failure_will_do():
    """Do not look for the smallest counterexample: any will do here."""
    before = settings.get_current_profile_name()
    settings.register_profile("unshrunk", settings(), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("unshrunk")
    yield
    settings.load_profile(before)


BROKEN = (AssertionError, VnvaxmatchError, pytest.fail.Exception)
"""How a law tells that it does not hold."""


@attrs.frozen(eq=False)
class Careless:
    """A signer that is spoilt in one way."""

    signer: KeySigner
    spoilt: str
    name: str = ""

    @property
    def certificate(self):
        """The certificate, or another."""
        return self.signer.chain[0] if self.spoilt == "certificate" else self.signer.certificate

    @property
    def chain(self):
        """Those above it."""
        return self.signer.chain

    def about(self):
        """Who signs."""
        return self.signer.about()

    def sign(self, content, /, *, at):
        """Sign."""
        if self.spoilt == "content":
            content = content.rstrip(b"\0")
        signature = self.signer.sign(content, at=at)
        return attrs.evolve(signature, evidence=None) if self.spoilt == "evidence" else signature


@pytest.mark.parametrize(
    ("spoilt", "law"),
    [
        ("certificate", "the_certificate_shown_is_the_one_that_signs"),
        ("content", "what_is_signed_verifies_and_nothing_else_does"),
        ("evidence", "the_evidence_is_stored_with_the_signature"),
        ("unknown", "unknown_signs_nothing_unless_that_is_asked_for"),
        ("repr", "the_repr_shows_nobody"),
    ],
)
@pytest.mark.usefixtures("first_failure_will_do")
def test_the_laws_catch_a_careless_signer(spoilt, law):
    """What shows another certificate, signs other bytes, keeps no evidence, or signs blindly."""

    class Spoilt(SignerLaws):
        __test__ = False

        def make(self, issued, trust):
            """Make one."""
            signer = callable_signer(
                issued.der,
                issued.chain,
                sign_hash=issued.sign_hash,
                trust=trust,
                accept_unknown=spoilt == "unknown",
            )
            name = issued.certificate.subject.rfc4514_string() if spoilt == "repr" else ""
            return Careless(signer, spoilt, name)

    with pytest.raises(BROKEN):
        getattr(Spoilt(), f"test_{law}")()


@pytest.mark.parametrize(
    ("spoilt", "law"),
    [
        ("unknown", "unknown_is_never_valid"),
        ("revoked", "who_was_revoked_is_revoked"),
        ("expired", "past_its_validity_it_is_expired"),
        ("untrusted", "a_name_is_anybodys"),
        ("invalid", "it_is_of_these_bytes_alone"),
        ("nothing", "a_good_signature_is_valid_and_names_its_signer"),
    ],
)
@pytest.mark.usefixtures("first_failure_will_do")
def test_the_laws_catch_a_careless_trust(spoilt, law):
    """What takes one kind of bad signature for a good one, or finds no good one."""

    class Spoilt(TrustLaws):
        __test__ = False

        def make(self, trust):
            """Make one."""
            check = checking(trust)

            def careless(content, signature, /, *, at):
                found = check(content, signature, at=at)
                valid = SignatureStatus.VALID
                if spoilt == "nothing":
                    return ()
                return [attrs.evolve(one, status=valid) if one.status == spoilt else one
                        for one in found]  # fmt: skip

            return careless

    with pytest.raises(BROKEN):
        getattr(Spoilt(), f"test_{law}")()
