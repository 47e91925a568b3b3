"""The laws of a signer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch.certify.signers import Signature, Signer
from vnvaxmatch.certify.trust import SignatureStatus, Tree, Trust, verify_signature
from vnvaxmatch.errors import CertifyError, SignerRefusedError
from vnvaxmatch.testing.authority import DAY, NOW, Issued, Key, TestCA
from vnvaxmatch.testing.laws.checking import Laws

__all__ = ["SignerLaws"]

_STRONG: Final = (Key.P_256, Key.P_384, Key.P_521, Key.RSA_2048, Key.RSA_3072)
_WEAK: Final = (Key.RSA_1024, Key.P_192, Key.ED25519)


class SignerLaws(Laws):
    """What a :class:`~vnvaxmatch.certify.signers.Signer` keeps to.

    Fill ``make``, which gives a signer with a certificate and its key, and with whom to trust::

        class TestMySigner(SignerLaws):
            def make(self, issued, trust):
                return MySigner(issued.certificate, issued.key, trust=trust)

    It gives None for a kind of key that the signer has not; one that is weak it must refuse.
    """

    max_examples = 5

    def make(self, issued: Issued, trust: Trust) -> Signer | None:
        """Make a signer, or give None where it cannot have such a key."""
        raise NotImplementedError

    def test_what_is_signed_verifies_and_nothing_else_does(self) -> None:
        """With every strong key: these bytes are valid under it, and any others are not."""
        ca, trust, made = _authority(), _authority().trust(), 0
        for kind in _STRONG:
            signer = self.make(ca.officer(kind=kind), trust)
            if signer is None:
                continue
            made += 1
            self.check(_signs(signer, trust))
        assert made, "it has no strong key of any kind"

    def test_it_fills_the_protocol(self) -> None:
        """It can be asked as the protocol says."""
        assert isinstance(self._signer(), Signer)

    def test_the_certificate_shown_is_the_one_that_signs(self) -> None:
        """Who is shown before is who is found in the signature, to the byte."""
        ca = _authority()
        officer = ca.officer("Office Shown")
        signer = self._signer(officer)

        signature = signer.sign(b"content", at=NOW)
        checked = verify_signature(b"content", signature, trust=ca.trust(), at=NOW)

        assert signer.certificate == officer.der == checked.certificate
        assert signer.about().fingerprint == sha256(officer.der).hexdigest()
        assert checked.signer is not None
        assert checked.signer.subject == signer.about().subject

    def test_a_weak_key_is_refused(self) -> None:
        """When the signer is made, or at the latest when it is to sign."""
        ca = _authority()
        for kind in _WEAK:
            with pytest.raises(CertifyError):
                self._sign(ca.officer(f"Weak {kind}", kind=kind), ca.trust())

    def test_what_may_not_sign_signs_nothing(self) -> None:
        """Revoked, expired, not begun, for another purpose, of an authority nobody knows."""
        ca = _authority()
        revoked = ca.officer("Office Revoked")
        ca.revoke(revoked, at=NOW - DAY)
        refused = {
            "revoked": (revoked, ca.trust()),
            "expired": (ca.officer("Office Past", end=NOW - DAY), ca.trust()),
            "not begun": (ca.officer("Office Coming", start=NOW + DAY), ca.trust()),
            "of other use": (ca.officer("Office Else", usages=("key_encipherment",)), ca.trust()),
            "unknown authority": (ca.officer(), TestCA("Elsewhere").trust()),
        }
        for why, (issued, trust) in refused.items():
            with pytest.raises(SignerRefusedError) as caught:
                self._sign(issued, trust)
            assert caught.value.status != "valid", why
            assert issued.certificate.subject.rfc4514_string() not in str(caught.value)

    def test_unknown_signs_nothing_unless_that_is_asked_for(self) -> None:
        """Without a list, or with a stale one, nobody can say that it was not revoked."""
        ca = _authority()
        stale = ca.crls(at=NOW - 60 * DAY)
        for crls in ((), stale):
            with pytest.raises(SignerRefusedError) as caught:
                self._sign(ca.officer(), ca.trust(crls=crls))
            assert caught.value.status == "unknown"

    def test_the_evidence_is_stored_with_the_signature(self) -> None:
        """Written down and read again, it verifies where no list can be had any more."""
        ca = _authority()
        kept = Signature.from_data(self._signer().sign(b"content", at=NOW).as_data())

        checked = verify_signature(b"content", kept, trust=ca.trust(crls=()), at=NOW)

        assert kept.evidence is not None
        assert checked.status is SignatureStatus.VALID

    def test_a_time_needs_its_zone(self) -> None:
        """What cannot be told to be now is refused; another zone is the same moment."""
        signer = self._signer()
        with pytest.raises(CertifyError):
            signer.sign(b"content", at=NOW.replace(tzinfo=None))
        with pytest.raises(CertifyError):
            signer.sign(b"content", at=NOW + timedelta(days=4000))

    def test_the_repr_shows_nobody(self) -> None:
        """Neither who signs nor the key stands in it."""
        officer = _authority().officer("Office Hidden")
        shown = repr(self._signer(officer)) + repr(self._signer(officer).about())
        assert "Hidden" not in shown
        assert "PRIVATE" not in shown

    def _signer(self, issued: Issued | None = None) -> Signer:
        """Make one with whichever kind of key it can have."""
        ca = _authority()
        if issued is not None:
            made = self.make(issued, ca.trust())
            if made is not None:
                return made
        for kind in _STRONG:
            made = self.make(ca.officer(kind=kind), ca.trust())
            if made is not None:
                return made
        raise AssertionError("it has no strong key of any kind")

    def _sign(self, issued: Issued, trust: Trust) -> None:
        signer = self.make(issued, trust)
        if signer is None:
            raise CertifyError("it has no such key")
        signer.sign(b"content", at=NOW)


def _authority() -> TestCA:
    return TestCA("Signer laws")


def _signs(signer: Signer, trust: Trust) -> Callable[[], None]:
    @given(st.binary(max_size=2_000), st.binary(max_size=40))
    @example(b" a text\r\n\0", b"")  # whoever trims, or reads it as text, shows
    @example(b"", b"\0")
    def law(content: bytes, other: bytes) -> None:
        signature = signer.sign(content, at=NOW)
        good = verify_signature(content, signature, trust=trust, at=NOW)
        assert good.status is SignatureStatus.VALID, good.reasons
        assert good.signer is not None
        assert good.signer.tree is Tree.GOVERNMENT
        for changed in (content + b"\0", content[1:], other):
            if changed != content:
                bad = verify_signature(changed, signature, trust=trust, at=NOW)
                assert bad.status is SignatureStatus.INVALID

    return law
