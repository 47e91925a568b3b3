"""Check a certificate: is there a path to an anchor, and was nothing on it revoked at that time?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import attrs

from vnvaxmatch.certify.forms.certificates import (
    Certificate,
    cautions_of,
    misuse,
    read_certificate,
    weakness,
)
from vnvaxmatch.certify.forms.outcomes import Checked, Fault, PathStatus, Tree
from vnvaxmatch.certify.trust.along import FAILURES, Along, Asked, Found
from vnvaxmatch.certify.trust.anchors import Branch, Trust
from vnvaxmatch.certify.trust.issuers import Issuers
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.registry import CertificateRegistry, SimpleTrustManager
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["check_certificate"]

_MOST_PATHS: Final = 8
_MOST_REMEMBERED: Final = 2_000


def check_certificate(
    certificate: bytes,
    /,
    *,
    trust: Trust,
    at: datetime,
    tree: Tree | None = None,
    material: Material | None = None,
    stamping: bool = False,
) -> Checked:
    """Check a certificate (DER) at a time, in one tree, or in each of them where none is named.

    ``material`` is what came with it; ``stamping`` asks whether it may stamp times rather than sign
    documents. Raises :class:`~vnvaxmatch.errors.CertifyError` where it is no certificate, or
    ``at`` has no time zone.
    """
    if at.tzinfo is None:
        raise CertifyError("a time has no time zone: give it one, such as datetime.UTC")
    one, came = read_certificate(certificate), material or Material()
    key = (one.fingerprint, at, tree, stamping, came.digest)
    if (known := trust.remembered.get(key)) is not None:
        return known
    asked = Asked(at.astimezone(UTC), came, stamping)
    checked = _checked(one, asked, trust=trust, tree=tree)
    if len(trust.remembered) >= _MOST_REMEMBERED:
        trust.remembered.clear()
    trust.remembered[key] = checked
    return checked


_RANK: Final = (
    PathStatus.REVOKED, PathStatus.VALID, PathStatus.EXPIRED, PathStatus.UNKNOWN,
    PathStatus.UNTRUSTED,
)  # fmt: skip
"""Which of several paths tells: that any of them was revoked, then whether any is good."""


_NOWHERE: Final = ((Fault.ISSUER_OTHER_KEY,), (Fault.NO_PATH,))


def _told_last(one: Found) -> int:
    return _NOWHERE.index(one.reasons) + 1 if one.reasons in _NOWHERE else 0


def _best(found: Sequence[Found]) -> Found:
    return min(found, key=lambda one: (_RANK.index(one.status), _told_last(one)))


def _checked(one: Certificate, asked: Asked, *, trust: Trust, tree: Tree | None) -> Checked:
    """Check it in the trees asked for; a path in the other one is told, and is none."""
    own = weakness(one.parsed.public_key) or misuse(one, stamping=asked.stamping)
    cautions = () if asked.stamping else cautions_of(one)
    found = {
        which: _in_tree(one, branch, asked)
        for which, branch in trust.trees.items()
        if tree in (None, which)
    }
    best = _best([*found.values(), Found(PathStatus.UNTRUSTED, (Fault.NO_PATH,))])
    where = next((which for which, this in found.items() if this is best and this.path), None)
    if best.reasons in _NOWHERE:
        elsewhere = [branch for which, branch in trust.trees.items() if which not in found]
        if any(_in_tree(one, branch, asked).path for branch in elsewhere):
            best = Found(PathStatus.UNTRUSTED, (Fault.OTHER_TREE,))
    if own is not None and best.status is not PathStatus.REVOKED:
        reasons = (own, *(reason for reason in best.reasons if reason is not own))
        best = attrs.evolve(best, status=PathStatus.UNTRUSTED, reasons=reasons)
    return Checked(
        status=best.status,
        reasons=best.reasons,
        cautions=(*cautions, *best.cautions),
        subject=one.info.subject,
        issuer=one.info.issuer,
        tree=where,
        at=asked.at,
        path=best.path,
        revoked=best.revoked,
    )


def _in_tree(one: Certificate, branch: Branch, asked: Asked) -> Found:
    manager = SimpleTrustManager.build(trust_roots=[root.parsed for root in branch.roots])
    if manager.is_root(one.parsed):
        return Found(PathStatus.UNTRUSTED, (Fault.IS_AUTHORITY,))
    issuers = Issuers(branch.roots, branch.pool, asked.came.certificates)
    revocations = branch.revocations.adding(asked.came.revocations)
    found = []
    try:
        for path in islice(issuers.paths(one), _MOST_PATHS):
            known = _registry(path, branch, asked.came)
            found.append(Along(path, manager, known, revocations, asked).found())
            if found[-1].status is PathStatus.VALID:
                break
    except FAILURES:
        found.append(Found(PathStatus.UNTRUSTED, (Fault.PATH_BROKEN,)))
    if found:
        return _best(found)
    fault = Fault.ISSUER_OTHER_KEY if issuers.other_key(one) else Fault.NO_PATH
    return Found(PathStatus.UNTRUSTED, (fault,))


def _registry(path: ValidationPath, branch: Branch, came: Material) -> CertificateRegistry:
    """Register the path first: of two with the same issuer and number only one is taken."""
    others = (known.parsed for known in (*branch.pool, *came.certificates, *branch.roots))
    known: CertificateRegistry = CertificateRegistry.build([*path, *others])
    return known
