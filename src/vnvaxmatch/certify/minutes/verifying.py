"""Verify signed minutes: what is signed, by whom, what that is worth, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

import attrs

from vnvaxmatch.certify.forms.certificates import read_certificate
from vnvaxmatch.certify.forms.outcomes import Caution as SignatureCaution
from vnvaxmatch.certify.forms.outcomes import Form, SignatureChecked, SignatureStatus, Tree
from vnvaxmatch.certify.forms.records import Evidence, Signature
from vnvaxmatch.certify.minutes.outcomes import (
    Caution,
    Fault,
    MinutesChecked,
    PartyChecked,
    Signing,
    Standing,
)
from vnvaxmatch.certify.minutes.parties import Fit, fit_of, names_of
from vnvaxmatch.certify.minutes.reading import Held, NoMinutesError, Signed, open_minutes
from vnvaxmatch.certify.minutes.records import Party
from vnvaxmatch.certify.trust import Trust, verify_signature
from vnvaxmatch.errors import CertifyError

__all__ = ["verify_minutes"]

_SIGNING_OF: Final = {
    SignatureStatus.REVOKED: Signing.REVOKED,
    SignatureStatus.EXPIRED: Signing.EXPIRED,
    SignatureStatus.UNTRUSTED: Signing.UNTRUSTED,
    SignatureStatus.UNKNOWN: Signing.UNKNOWN,
    SignatureStatus.INVALID: Signing.INVALID,
}
_STANDING_OF: Final = {
    Signing.INVALID: Standing.INVALID,
    Signing.WRONG_SIGNER: Standing.WRONG_SIGNER,
    Signing.OTHER_BODY: Standing.WRONG_SIGNER,
    Signing.SIGNED_TWICE: Standing.WRONG_SIGNER,
    Signing.UNTRUSTED: Standing.UNTRUSTED,
    Signing.REVOKED: Standing.REVOKED,
    Signing.EXPIRED: Standing.EXPIRED,
    Signing.UNKNOWN: Standing.UNKNOWN,
    Signing.MISSING: Standing.INCOMPLETE,
}
"""What minutes come to by a required party's signature, the worst first."""


def verify_minutes(
    pdf: bytes,
    /,
    *,
    trust: Trust,
    at: datetime,
    tree: Tree | None = None,
    required: Collection[str] | None = None,
) -> MinutesChecked:
    """Verify minutes as things stand at a time, now for the verifier.

    ``required`` are the roles that must have signed; by default those that the minutes themselves
    require. Scans of signatures on paper never count. No bytes make it raise anything;
    :class:`~vnvaxmatch.errors.CertifyError` where ``at`` has no time zone, or the minutes have no
    party of a required role.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time has no time zone: give it one, such as datetime.UTC")
    try:
        held = open_minutes(pdf)
    except NoMinutesError as error:
        return MinutesChecked(Standing.INVALID, faults=(error.fault,))
    parties = [_asked(party, required) for party in held.minutes.parties]
    for role in required or ():
        held.minutes.party(role)
    asked = _Asked(held, trust, at, tree)
    checked = _apart([asked.check(party) for party in parties])
    return MinutesChecked(
        standing=_standing(held.faults, checked),
        faults=held.faults,
        cautions=tuple(dict.fromkeys((*held.cautions, *_cautions(checked)))),
        parties=tuple(checked),
        minutes=held.minutes,
        digest=held.digest,
        strangers=tuple(asked.verified(one) for one in held.strangers),
    )


def _asked(party: Party, required: Collection[str] | None) -> Party:
    return party if required is None else attrs.evolve(party, required=party.role in required)


@attrs.frozen(eq=False)
class _Asked:
    """What is asked of every party."""

    held: Held
    trust: Trust
    at: datetime
    tree: Tree | None

    def check(self, party: Party) -> PartyChecked:
        """Check the signature of one party, first as such, then whether it is theirs."""
        scans = tuple(scan for scan in self.held.scans if scan.role == party.role)
        signed = self.held.signed.get(party.role)
        if signed is None:
            return PartyChecked(party, Signing.MISSING, scans=scans)
        checked = self.verified(signed)
        signing = _SIGNING_OF.get(checked.status, Signing.SIGNED)
        cautions: tuple[Caution, ...] = ()
        others: tuple[str, ...] = ()
        if checked.status is not SignatureStatus.INVALID:
            fit = fit_of(party, checked.certificate)
            if fit is Fit.OTHER:
                signing = Signing.WRONG_SIGNER
                others = tuple(self._whose(checked.certificate))
            elif fit is Fit.OTHER_BODY:
                signing = Signing.OTHER_BODY
            cautions = tuple(self._odd(checked, fit))
        return PartyChecked(
            party, signing, signature=checked, cautions=cautions, scans=scans, others=others
        )

    def _whose(self, certificate: bytes) -> Iterator[str]:
        for party in self.held.minutes.parties:
            if fit_of(party, certificate) in (Fit.PINNED, Fit.NAMED):
                yield party.role

    def verified(self, signed: Signed) -> SignatureChecked:
        """Check a signature as such, whoever made it."""
        held = self.held
        evidence = Evidence(
            certificate=b"",
            chain=tuple(der for der in held.certificates if _is_above(der)),
            crls=held.crls,
            ocsps=held.ocsps,
        )
        return verify_signature(
            signed.content,
            Signature(Form.CADES, signed.value),
            trust=self.trust,
            at=self.at,
            tree=self.tree,
            evidence=evidence,
            stated=signed.stated,
        )

    def _odd(self, checked: SignatureChecked, fit: Fit) -> Iterator[Caution]:
        if fit is Fit.NAMED:
            yield Caution.BY_NAME_ONLY
            if not names_of(checked.certificate)[1]:
                yield Caution.BODY_NOT_NAMED
        if SignatureCaution.TIME_NOT_PROVEN in checked.cautions:
            yield Caution.TIME_NOT_PROVEN
        signed_at = checked.signed_at
        if signed_at is not None and signed_at < self.held.minutes.ended:
            yield Caution.SIGNED_BEFORE_END


def _is_above(der: bytes) -> bool:
    """Tell whether a certificate may be needed for a path: the signers' own come with them."""
    try:
        parsed = read_certificate(der).parsed
    except CertifyError:
        return False
    return bool(parsed.ca) or parsed.extended_key_usage_value is not None


def _apart(checked: list[PartyChecked]) -> list[PartyChecked]:
    """Tell of a certificate that signed for two parties: nobody is two."""
    counts = Counter(one.signature.certificate for one in checked if one.signature is not None)
    return [
        attrs.evolve(one, signing=Signing.SIGNED_TWICE)
        if one.is_signed and one.signature is not None and counts[one.signature.certificate] > 1
        else one
        for one in checked
    ]


def _standing(faults: tuple[Fault, ...], parties: list[PartyChecked]) -> Standing:
    if faults:
        return Standing.INVALID
    found = {one.signing for one in parties if one.party.required}
    # a broken signature spoils the document, whoever made it
    if any(one.signing is Signing.INVALID for one in parties):
        return Standing.INVALID
    return next((to for signing, to in _STANDING_OF.items() if signing in found), Standing.VALID)


def _cautions(parties: list[PartyChecked]) -> Iterator[Caution]:
    for one in parties:
        yield from one.cautions
        optional = not one.party.required and one.signature is not None
        if optional and not one.is_signed:
            yield Caution.OPTIONAL_NOT_VALID
