"""Evidence: what a verifier years later needs, and can no longer get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vnvaxmatch.certify.forms.certificates import Certificate
from vnvaxmatch.certify.forms.outcomes import SignatureChecked
from vnvaxmatch.certify.forms.records import Evidence
from vnvaxmatch.certify.trust.anchors import Trust

__all__ = ["evidence_of"]


def evidence_of(
    checked: SignatureChecked, /, *, trust: Trust, came: Iterable[Certificate] = ()
) -> Evidence:
    """Gather what was known of the signer, and of who stamped the time.

    ``came`` are certificates that are not in the trust, such as those of the signature. The
    anchors are left out: a verifier has them, or does not believe them.
    """
    branches = tuple(trust.trees.values())
    anchors = {one.fingerprint for branch in branches for one in branch.roots}
    known = {
        one.fingerprint: one
        for one in (*(root for b in branches for root in (*b.roots, *b.pool)), *came)
    }
    path = tuple(dict.fromkeys(_fingerprints(checked)))
    below = [known[name] for name in path if name in known and name not in anchors]
    issuers = {one.parsed.issuer.hashable for one in below}
    serials = {one.parsed.serial_number for one in below}
    crls: dict[bytes, None] = {}
    ocsps: dict[bytes, None] = {}
    for branch in branches:
        for listed in branch.revocations.crls:
            if listed.crl_data.issuer.hashable in issuers:
                crls[listed.crl_data.dump()] = None
        for answer in branch.revocations.ocsps:
            single = answer.extract_single_response()
            if single is not None and single["cert_id"]["serial_number"].native in serials:
                ocsps[answer.ocsp_response_data.dump()] = None
    return Evidence(
        certificate=checked.certificate,
        chain=tuple(one.der for one in below if one.der != checked.certificate),
        crls=tuple(crls),
        ocsps=tuple(ocsps),
        checked=checked.signer,
    )


def _fingerprints(checked: SignatureChecked) -> Iterator[str]:
    if checked.signer is not None:
        yield from checked.signer.path
    if checked.stamp is not None:
        yield from checked.stamp.authority.path
