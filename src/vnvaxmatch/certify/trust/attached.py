"""Certificates that came with a signature: damaged ones are told, also where no path needs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.certify.trust.issuers import signed_by
from vnvaxmatch.errors import CertifyError

__all__ = ["are_intact"]

_MOST_REMEMBERED: Final = 2_000


def are_intact(ders: tuple[bytes, ...], /, *, trust: Trust, beside: tuple[bytes, ...] = ()) -> bool:
    """Say whether no certificate is an altered copy of one that is known.

    Nobody signs which certificates come along, so that one of them could be altered unseen where
    another copy stands in for it: from the verifier's own pool, or from ``beside`` (DER). What is
    merely of an authority that nobody knows, under whatever name, is intact: whether it leads
    anywhere, the path tells.
    """
    key = (ders, beside)
    known = trust.intact.get(key)
    if known is None:
        if len(trust.intact) >= _MOST_REMEMBERED:
            trust.intact.clear()
        known = trust.intact[key] = _are_intact(ders, beside, trust)
    return known


def _are_intact(ders: tuple[bytes, ...], beside: tuple[bytes, ...], trust: Trust) -> bool:
    try:
        came = [read_certificate(der) for der in ders]
    except CertifyError:
        return False
    pool = [one for branch in trust.trees.values() for one in (*branch.roots, *branch.pool)]
    known = {one.der: one for one in (*pool, *came, *_readable(beside))}
    return not any(_is_altered(one, known) for one in came)


def _readable(ders: Iterable[bytes]) -> Iterable[Certificate]:
    for der in ders:
        try:
            yield read_certificate(der)
        except CertifyError:
            continue


def _is_altered(one: Certificate, known: dict[bytes, Certificate]) -> bool:
    """Say whether another has its signature, or its content, and the issuer signed only that."""
    copies = [other for other in known.values() if other.der != one.der and _is_copy(one, other)]
    named = {copy.parsed.issuer.hashable for copy in (one, *copies)} if copies else set()
    issuers = [other for other in known.values() if other.parsed.subject.hashable in named]
    return bool(issuers) and not any(signed_by(issuer, one) for issuer in issuers)


def _is_copy(one: Certificate, other: Certificate) -> bool:
    return _signature(one) == _signature(other) or _signed(one) == _signed(other)


def _signature(one: Certificate) -> bytes:
    value: bytes = one.parsed["signature_value"].native
    return value


def _signed(one: Certificate) -> bytes:
    content: bytes = one.parsed["tbs_certificate"].dump()
    return content
