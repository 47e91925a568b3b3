"""Certificates that came with a signature: damaged ones are told, also where no path needs them."""

from __future__ import annotations

from typing import Any, Final

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from cryptography.exceptions import InvalidSignature
    from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["are_intact"]

_MOST_REMEMBERED: Final = 2_000
_VALIDATOR: Final = DefaultSignatureValidator()


def are_intact(ders: tuple[bytes, ...], /, *, trust: Trust) -> bool:
    """Say whether each certificate bears its issuer's signature, where its issuer is known.

    Nobody signs which certificates come along, so that one of them could be altered unseen where
    the verifier's own pool stands in for it.
    """
    known = trust.intact.get(ders)
    if known is None:
        if len(trust.intact) >= _MOST_REMEMBERED:
            trust.intact.clear()
        known = trust.intact[ders] = _are_intact(ders, trust)
    return known


def _are_intact(ders: tuple[bytes, ...], trust: Trust) -> bool:
    try:
        came = [read_certificate(der) for der in ders]
        pool = [one for branch in trust.trees.values() for one in (*branch.roots, *branch.pool)]
        return all(_is_intact(one, [*pool, *came]) for one in came)
    except (CertifyError, ValueError, TypeError, KeyError):
        return False


def _is_intact(one: Certificate, pool: list[Certificate]) -> bool:
    issuers = [other for other in pool if _may_have_issued(other.parsed, one.parsed)]
    return not issuers or any(_signed(one.parsed, issuer.parsed) for issuer in issuers)


def _may_have_issued(issuer: Any, one: Any) -> bool:
    named = issuer.subject.hashable == one.issuer.hashable
    key = one.authority_key_identifier
    return named or (key is not None and key == issuer.key_identifier)


def _signed(one: Any, issuer: Any) -> bool:
    try:
        _VALIDATOR.validate_signature(
            one["signature_value"].native,
            one["tbs_certificate"].dump(),
            issuer.public_key,
            one["signature_algorithm"],
        )
    except (InvalidSignature, ValueError, TypeError, AssertionError):
        return False
    return True
