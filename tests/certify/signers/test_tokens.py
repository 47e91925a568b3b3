import os
import subprocess

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key

from tests.certify.authority import NOW, Key, TestCA
from tests.certify.authority.tools import softhsm, verify_by_openssl
from vnvaxmatch.certify.signers import Form, pkcs11_signer
from vnvaxmatch.certify.trust import verify_signature
from vnvaxmatch.errors import CertifyError

CONTENT = b"vnvaxmatch.test/batch\n3\nm2Wn6y2x0kXo1mCqkY2m3wq0g3m1yJX2r0sGxJg1b1E=\n"
KINDS = (Key.P_256, Key.P_384, Key.RSA_2048)
PIN = "4321"


class Tokens:
    """Software tokens: one for each kind of key, one with two keys, and one without certificate."""

    def __init__(self, module, folder):
        self.module, self.folder = module, folder
        self.ca = TestCA("Government")
        self.library = pkcs11.lib(module)
        self.issued = {kind: self.ca.officer(f"Token {kind}", kind=kind) for kind in KINDS}
        for kind in KINDS:
            self.fill(kind.value, [(b"one", self.issued[kind])])
        two = [(b"one", self.issued[Key.P_256]), (b"two", self.issued[Key.P_384])]
        self.fill("two", two)
        self.fill("bare", two[:1], certificates=False)

    def fill(self, label, held, *, certificates=True):
        """Make a token, and put keys on it."""
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN,
             "--so-pin", "87654321"],
            check=True, capture_output=True,
        )  # fmt: skip
        self.library.reinitialize()
        with self.library.get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
            for name, issued in held:
                session.create_object(_private(issued, name))
                if certificates:
                    session.create_object(_certificate(issued.der, name))
                    for der in issued.chain:
                        session.create_object(_certificate(der, b"above"))

    def signer(self, token, /, **how):
        """Open a token."""
        how = {"pin": PIN, "trust": self.ca.trust(), **how}
        return pkcs11_signer(self.module, token, **how)


def _private(issued, name):
    pkcs8 = (Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    der = issued.key.private_bytes(*pkcs8)
    is_ec = hasattr(issued.key, "curve")
    made = decode_ec_private_key(der) if is_ec else decode_rsa_private_key(der)
    return {
        **made,
        Attribute.KEY_TYPE: KeyType.EC if is_ec else KeyType.RSA,
        Attribute.TOKEN: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
        Attribute.ID: name,
        Attribute.LABEL: name.decode(),
    }


def _certificate(der, name):
    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
        Attribute.TOKEN: True,
        Attribute.ID: name,
        Attribute.VALUE: der,
        Attribute.SUBJECT: b"",
    }


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    module = softhsm()
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "store").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'store'}\nobjectstore.backend = file\n", "utf-8"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield Tokens(module, folder)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", Form)
def test_a_token_signs_what_verifies(tokens, kind, form):
    """RSA-PSS and ECDSA on a token, in each form, with the certificates that are on it."""
    with tokens.signer(kind.value, form=form) as signer:
        signature = signer.sign(CONTENT, at=NOW)
        again = signer.sign(b"more", at=NOW)

    assert signer.certificate == tokens.issued[kind].der
    assert signer.chain == tokens.issued[kind].chain
    assert verify_signature(CONTENT, signature, trust=tokens.ca.trust(), at=NOW).is_valid
    assert verify_signature(b"more", again, trust=tokens.ca.trust(), at=NOW).is_valid


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_agrees_with_a_token(tokens, tmp_path, kind):
    """``openssl cms -verify -cades`` takes it, time stamp and all."""
    with tokens.signer(kind.value, stamping=tokens.ca.stamping()) as signer:
        value = signer.sign(CONTENT, at=NOW).value

    done = verify_by_openssl(tmp_path, content=CONTENT, value=value, roots=[tokens.ca.root])
    assert done.returncode == 0, done.stderr


def test_the_pin_is_asked_for_once(tokens):
    """One PIN serves for as many signatures as the session lasts."""
    asked = []

    def ask():
        asked.append("PIN")
        return PIN

    with tokens.signer(Key.P_256.value, pin=ask) as signer:
        for number in range(3):
            signer.sign(b"%d" % number, at=NOW)

    assert asked == ["PIN"]


def test_a_closed_token_signs_nothing(tokens):
    """After its end the session is gone, and closing it again does no harm."""
    with tokens.signer(Key.P_256.value) as signer:
        pass
    signer.close()

    with pytest.raises(CertifyError, match="is closed"):
        signer.sign(CONTENT, at=NOW)


def test_one_of_several_keys_is_chosen_by_its_label(tokens):
    """Where a token has several keys, nobody guesses."""
    with pytest.raises(CertifyError, match="several keys"):
        tokens.signer("two")
    with tokens.signer("two", label="two") as signer:
        assert signer.certificate == tokens.issued[Key.P_384].der


def test_a_certificate_that_is_not_on_the_token_is_given(tokens):
    """A token without certificates wants them from elsewhere."""
    issued = tokens.issued[Key.P_256]

    with pytest.raises(CertifyError, match="certificate="):
        tokens.signer("bare")
    with tokens.signer("bare", certificate=issued.pem) as signer:
        signature = signer.sign(CONTENT, at=NOW)

    assert verify_signature(CONTENT, signature, trust=tokens.ca.trust(), at=NOW).is_valid


def test_a_certificate_of_another_key_is_found_out(tokens):
    """What the token signs is held against the certificate."""
    other = tokens.ca.officer("Other")

    with (
        tokens.signer("bare", certificate=other.pem) as signer,
        pytest.raises(CertifyError, match="not the key of the certificate"),
    ):
        signer.sign(CONTENT, at=NOW)


def test_what_is_wrong_with_a_token_is_told(tokens, tmp_path):
    """Wrong PIN, wrong label, no such key, no such module; the PIN is in no message."""
    with pytest.raises(CertifyError, match="PIN is wrong") as caught:
        tokens.signer(Key.P_256.value, pin="9999")
    assert "9999" not in str(caught.value)
    with pytest.raises(CertifyError, match="no token"):
        tokens.signer("nobody's")
    with pytest.raises(CertifyError, match="no such key"):
        tokens.signer(Key.P_256.value, label="nobody's")
    with pytest.raises(CertifyError, match="no library for tokens"):
        pkcs11_signer(tmp_path / "no.so", "x", pin=PIN, trust=tokens.ca.trust())


def test_two_signers_may_use_one_token(tokens):
    """A second session needs no second PIN, and the end of one is not that of the other."""
    with tokens.signer(Key.P_256.value) as first:
        with tokens.signer(Key.P_256.value) as second:
            second.sign(CONTENT, at=NOW)
        signature = first.sign(CONTENT, at=NOW)

    assert verify_signature(CONTENT, signature, trust=tokens.ca.trust(), at=NOW).is_valid
