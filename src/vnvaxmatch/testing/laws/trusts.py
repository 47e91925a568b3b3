"""The laws of whatever says whether a signature is to be believed."""

from __future__ import annotations

from typing import Final

import attrs
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.certify.signers import Form, Signature
from vnvaxmatch.certify.trust import SignatureChecked, SignatureStatus, Tree, Trust
from vnvaxmatch.certify.verifying import CheckSignature
from vnvaxmatch.testing.authority import DAY, NOW, Key, TestCA
from vnvaxmatch.testing.laws.checking import Laws

__all__ = ["TrustLaws"]

_CONTENT: Final = b"a checkpoint"


class TrustLaws(Laws):
    """What a :class:`~vnvaxmatch.certify.verifying.CheckSignature` keeps to.

    Fill ``make``, which gives one that believes whom a trust believes, and knows what it knows of
    revocation::

        class TestMyTrust(TrustLaws):
            def make(self, trust):
                return MyStore(trust.trees).check

    Whatever it is asked, it must not ask a network.
    """

    def make(self, trust: Trust) -> CheckSignature:
        """Make what checks signatures against a trust."""
        raise NotImplementedError

    def test_a_good_signature_is_valid_and_names_its_signer(self) -> None:
        """Of each form and kind of key: by whom, by its certificate, and in which tree."""
        ca = _authority()
        for form in Form:
            for kind in (Key.P_256, Key.P_384, Key.RSA_2048):
                officer = ca.officer(kind=kind)
                signature = ca.signer(officer, form=form).sign(_CONTENT, at=NOW)
                for tree in Tree:
                    one = self._check(ca.trust(tree), signature)
                    assert one.status is SignatureStatus.VALID, one.reasons
                    assert one.certificate == officer.der
                    assert one.signer is not None
                    assert (one.signer.tree, one.signer.status.value) == (tree, "valid")

    def test_it_is_of_these_bytes_alone(self) -> None:
        """Any other content has no valid signature by it."""
        ca = _authority()
        check, signature = self.make(ca.trust()), ca.signer().sign(_CONTENT, at=NOW)

        @given(st.binary(max_size=200))
        def law(content: bytes) -> None:
            valid = [one.is_valid for one in check(content, signature, at=NOW)]
            assert valid == [content == _CONTENT]

        self.check(law)

    def test_any_bytes_are_a_signature_or_are_refused(self) -> None:
        """It never raises, and what was made up or altered is never another's valid signature."""
        ca = _authority()
        check = self.make(ca.trust())
        officer = ca.officer()
        good = {form: ca.signer(officer, form=form).sign(_CONTENT, at=NOW) for form in Form}

        @given(st.sampled_from(Form), st.integers(0), st.integers(0, 255), st.binary(max_size=300))
        def law(form: Form, place: int, byte: int, made_up: bytes) -> None:
            value = good[form].value
            place %= len(value)
            altered = value[:place] + bytes([byte]) + value[place + 1 :]
            for one in check(_CONTENT, attrs.evolve(good[form], value=altered), at=NOW):
                assert not one.is_valid or one.certificate == officer.der
            for junk in (made_up, value[:place], b""):
                found = check(_CONTENT, Signature(form, junk), at=NOW)
                assert not any(one.is_valid for one in found)

        self.check(law)

    def test_unknown_is_never_valid(self) -> None:
        """No list, a stale one, or another authority's: it is unknown, and says so."""
        ca = _authority()
        bare = _bare(ca.signer().sign(_CONTENT, at=NOW))
        others = TestCA("Other").crls()
        for crls in ((), ca.crls(at=NOW - 60 * DAY), others):
            one = self._check(ca.trust(crls=crls), bare)
            assert one.status is SignatureStatus.UNKNOWN
            assert not one.is_valid
            assert one.reasons

    def test_who_was_revoked_is_revoked(self) -> None:
        """The signer, or the authority above it; also where the evidence is of before."""
        for of_issuer in (False, True):
            ca = _authority()
            officer = ca.officer("Office Revoked")
            signature = ca.signer(officer).sign(_CONTENT, at=NOW)
            ca.revoke(ca.intermediate if of_issuer else officer, at=NOW - DAY)
            for one in (signature, _bare(signature)):
                assert self._check(ca.trust(), one).status is SignatureStatus.REVOKED

    def test_past_its_validity_it_is_expired(self) -> None:
        """Without a time stamp what counts is the time of checking."""
        ca = _authority()
        signature = ca.signer(ca.officer("Office Brief", end=NOW + 3 * DAY)).sign(_CONTENT, at=NOW)
        trust = ca.trust(crls=ca.crls(at=NOW + 4 * DAY))

        (one,) = self.make(trust)(_CONTENT, signature, at=NOW + 4 * DAY)

        assert one.status is SignatureStatus.EXPIRED

    def test_a_name_is_anybodys(self) -> None:
        """An authority of the same names with another key vouches for nobody here."""
        ca, impostor = _authority(), TestCA("Trust laws", owner="Impostor")
        signature = impostor.signer(impostor.officer()).sign(_CONTENT, at=NOW)

        one = self._check(ca.trust(), signature)

        assert not one.is_valid
        assert one.status in (SignatureStatus.UNTRUSTED, SignatureStatus.INVALID)

    def test_the_trees_are_not_merged(self) -> None:
        """Each signer is of the tree that its own root is in, where both are known."""
        ours, theirs = _authority(), TestCA("Other")
        trust = Trust({Tree.GOVERNMENT: ours.branch(), Tree.PUBLIC: theirs.branch()})
        for ca, tree in ((ours, Tree.GOVERNMENT), (theirs, Tree.PUBLIC)):
            one = self._check(trust, ca.signer().sign(_CONTENT, at=NOW))
            assert one.is_valid
            assert one.signer is not None
            assert one.signer.tree is tree

    def test_anothers_evidence_helps_nobody(self) -> None:
        """What is stored with one signature does not make another one valid."""
        ca, other = _authority(), TestCA("Other")
        signature = ca.signer().sign(_CONTENT, at=NOW)
        theirs = other.signer().sign(_CONTENT, at=NOW).evidence

        one = self._check(ca.trust(crls=()), attrs.evolve(signature, evidence=theirs))

        assert not one.is_valid

    def _check(self, trust: Trust, signature: Signature) -> SignatureChecked:
        found = self.make(trust)(_CONTENT, signature, at=NOW)
        assert len(found) == 1, "one signer, and one answer"
        return found[0]


def _authority() -> TestCA:
    return TestCA("Trust laws")


def _bare(signature: Signature) -> Signature:
    return attrs.evolve(signature, evidence=None)
