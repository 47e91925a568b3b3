"""Verify signatures: of these bytes, by whom, when, and whether that is to be believed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from vnvaxmatch.certify.forms.cms import read_cms
from vnvaxmatch.certify.forms.jws import read_jws
from vnvaxmatch.certify.forms.outcomes import (
    Caution,
    Fault,
    Form,
    SignatureChecked,
    SignatureStatus,
    Stamped,
    Tree,
)
from vnvaxmatch.certify.forms.parts import Part, UnreadableError
from vnvaxmatch.certify.forms.records import Evidence, Signature
from vnvaxmatch.certify.forms.timestamps import Token, read_token
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.certify.trust.attached import are_intact
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.certify.trust.paths import check_certificate
from vnvaxmatch.errors import CertifyError

__all__ = ["TOLERANCE", "verify_signature", "verify_signatures"]

TOLERANCE: Final = timedelta(minutes=10)
"""How far clocks may be apart."""
_LOCAL: Final = timedelta(hours=7)
"""By how much the clocks of Vietnam are ahead of UTC."""
_MOST_STAMPS: Final = 4


def verify_signature(
    content: bytes,
    signature: Signature,
    /,
    *,
    trust: Trust,
    at: datetime,
    tree: Tree | None = None,
    evidence: Evidence | None = None,
    stated: datetime | None = None,
) -> SignatureChecked:
    """Verify a detached signature of one signer, as things stand at a time.

    ``at`` is now for the verifier; ``tree`` the one that the signer must belong to. ``evidence`` is
    what was stored with the signature, where that is elsewhere; ``stated`` the time that the signed
    content gives for its signing, such as a PDF's, where the signature gives none. Where a trusted
    time stamp proves when it was signed, the certificate is checked at that time, otherwise at
    ``at``. No content and no signature makes it raise anything;
    :class:`~vnvaxmatch.errors.CertifyError` where ``at`` has no time zone.
    """
    several = verify_signatures(
        content, signature, trust=trust, at=at, tree=tree, evidence=evidence, stated=stated
    )
    if len(several) == 1:
        return several[0]
    return _invalid((Fault.SEVERAL_SIGNERS,), form=signature.form, at=several[0].at)


def verify_signatures(
    content: bytes,
    signature: Signature,
    /,
    *,
    trust: Trust,
    at: datetime,
    tree: Tree | None = None,
    evidence: Evidence | None = None,
    stated: datetime | None = None,
) -> tuple[SignatureChecked, ...]:
    """Verify a detached signature of any number of signers: one answer for each, at least one."""
    if at.tzinfo is None:
        raise CertifyError("a time has no time zone: give it one, such as datetime.UTC")
    now, form = at.astimezone(UTC), signature.form
    stored = evidence or signature.evidence
    known = () if stored is None else (stored.certificate,)
    try:
        if form is Form.CADES:
            parts = read_cms(signature.value, content, known=known)
        else:
            parts = read_jws(signature.value, content)
    except UnreadableError as error:
        return (_invalid((Fault(error.fault),), form=form, at=now),)
    asked = _Asked(trust, now, tree, form, stored, stated)
    return tuple(asked.verify(part) for part in parts)


def _invalid(
    faults: tuple[Fault, ...], *, form: Form, at: datetime, part: Part | None = None
) -> SignatureChecked:
    certificate = b"" if part is None or part.certificate is None else part.certificate.der
    return SignatureChecked(
        status=SignatureStatus.INVALID,
        reasons=faults,
        cautions=() if part is None else part.cautions,
        form=form,
        at=at,
        claimed=None if part is None else part.claimed,
        certificate=certificate,
    )


@attrs.frozen(eq=False)
class _Asked:
    """What is asked of every signer of one signature."""

    trust: Trust
    now: datetime
    tree: Tree | None
    form: Form
    evidence: Evidence | None
    stated: datetime | None

    def verify(self, part: Part) -> SignatureChecked:
        """Verify what one signer made: first that it holds, then when, then by whom."""
        if part.claimed is None:
            part = attrs.evolve(part, claimed=self.stated)
        if part.faults or part.certificate is None:
            return _invalid(part.faults, form=self.form, at=self.now, part=part)
        stamp = self._stamped(part)
        if not self._are_intact(part.others):
            stamp = Fault.CERTIFICATE_BROKEN
        if isinstance(stamp, Fault):
            return _invalid((stamp,), form=self.form, at=self.now, part=part)
        proven = stamp is not None and stamp.authority.is_valid
        moment = stamp.at if stamp is not None and proven else self.now
        fault, cautions = _timing(part.claimed, stamp if proven else None, now=self.now)
        if fault is not None:
            return _invalid((fault,), form=self.form, at=self.now, part=part)
        if stamp is not None and not proven:
            cautions = (*cautions, Caution.TIMESTAMP_UNTRUSTED)
        signer = check_certificate(
            part.certificate.der,
            trust=self.trust,
            at=moment,
            tree=self.tree,
            material=self._material(part.others),
        )
        status, reasons = SignatureStatus(signer.status.value), signer.reasons
        outside = part.claimed is not None and part.claimed < part.certificate.info.not_before
        if status is SignatureStatus.VALID and outside:
            status, reasons = SignatureStatus.EXPIRED, (Fault.SIGNED_OUTSIDE,)
        return SignatureChecked(
            status=status,
            reasons=reasons,
            cautions=(*part.cautions, *cautions, *signer.cautions),
            form=self.form,
            at=moment,
            signer=signer,
            claimed=part.claimed,
            stamp=stamp,
            certificate=part.certificate.der,
        )

    def _are_intact(self, others: tuple[bytes, ...]) -> bool:
        beside = () if self.evidence is None else self.evidence.chain
        return are_intact(others, trust=self.trust, beside=beside)

    def _material(self, others: Iterable[bytes]) -> Material:
        if self.evidence is None:
            return Material.of(others)
        kept = self.evidence
        return Material.of((*others, *kept.chain), crls=kept.crls, ocsps=kept.ocsps)

    def _stamped(self, part: Part) -> Stamped | Fault | None:
        """Find the earliest time that a trusted stamp proves; else any stamp, untrusted."""
        found: list[Stamped] = []
        for der in part.stamps[:_MOST_STAMPS]:
            token = read_token(der, part.stamped)
            if isinstance(token, Fault):
                return token
            if token.at > self.now + TOLERANCE:
                return Fault.TIMESTAMP_IN_FUTURE
            if not self._are_intact(token.others):
                return Fault.TIMESTAMP_BROKEN
            found.append(self._checked(token))
        trusted = [one for one in found if one.authority.is_valid]
        return min(trusted or found, key=lambda one: one.at, default=None)

    def _checked(self, token: Token) -> Stamped:
        """Check who stamped, in any tree: at that time, and that it has not expired since.

        A key outlives the care that is taken of it: after its certificate has expired, nobody says
        any more whether it was stolen, and what it stamps bears any date.
        """
        certificate = token.certificate
        late = certificate.covers(self.now) is Fault.PAST_VALIDITY
        authority = check_certificate(
            certificate.der,
            trust=self.trust,
            at=self.now if late else token.at,
            material=self._material(token.others),
            stamping=True,
        )
        return Stamped(token.at, authority, (certificate.der, *token.others))


def _timing(
    claimed: datetime | None, stamp: Stamped | None, *, now: datetime
) -> tuple[Fault | None, tuple[Caution, ...]]:
    """Hold the time that the signer states against the proven one, or against now."""
    cautions = () if stamp is not None else (Caution.TIME_NOT_PROVEN,)
    if claimed is None:
        return None, (*cautions, Caution.TIME_MISSING)
    if claimed.tzinfo is None:
        return Fault.NOT_A_SIGNATURE, ()
    ahead = claimed - (now if stamp is None else stamp.at)
    if TOLERANCE < ahead <= _LOCAL + TOLERANCE and (stamp is None or ahead >= _LOCAL - TOLERANCE):
        return None, (*cautions, Caution.LOCAL_TIME)
    if stamp is None:
        return (Fault.SIGNED_IN_FUTURE, ()) if ahead > TOLERANCE else (None, cautions)
    apart = abs(ahead) > timedelta(days=1) or ahead > TOLERANCE
    return None, (*cautions, Caution.TIMES_DIFFER) if apart else cautions
