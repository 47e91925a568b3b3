"""What is known of revocation: lists (CRL) and answers (OCSP), read once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import attrs

from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import crl, ocsp
    from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer, RevinfoContainer
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Revocations"]


@attrs.frozen(eq=False)
class Revocations:
    """Lists and answers, as the validator takes them. ``digest`` names this very collection."""

    crls: tuple[CRLContainer, ...]
    ocsps: tuple[OCSPContainer, ...]
    digest: bytes = attrs.field(repr=False)

    @classmethod
    def read(cls, crls: Iterable[bytes], ocsps: Iterable[bytes]) -> Revocations:
        """Read DER; :class:`~vnvaxmatch.errors.CertifyError` where one is neither."""
        lists, answers = tuple(crls), tuple(ocsps)
        digest = sha256(b"".join(sha256(der).digest() for der in (*lists, b"", *answers)))
        return cls(
            tuple(_read_crl(der) for der in lists),
            tuple(one for der in answers for one in _read_ocsp(der)),
            digest.digest(),
        )

    def __bool__(self) -> bool:
        return bool(self.crls or self.ocsps)

    def adding(self, other: Revocations, /) -> Revocations:
        """Give both together."""
        if not other:
            return self
        digest = sha256(self.digest + other.digest).digest()
        return Revocations(self.crls + other.crls, self.ocsps + other.ocsps, digest)

    def names(self, serial: int, /) -> bool:
        """Say whether an answer is on the certificate of a number."""
        found = (one.extract_single_response() for one in self.ocsps)
        return any(one["cert_id"]["serial_number"].native == serial for one in found if one)

    def usable(self, path: Iterable[Any]) -> Revocations:
        """Leave out what says nothing of the certificates of a path.

        An authority may drop a certificate from its lists once it has expired, so that a list made
        after that is no word on whether the certificate was revoked before.
        """
        ends: dict[str, datetime] = {}
        for one in path:
            name, end = one.issuer.hashable, one["tbs_certificate"]["validity"]["not_after"].native
            ends[name] = min(end, ends.get(name, end))
        last = min(ends.values())
        return Revocations(
            tuple(
                one
                for one in self.crls
                if _issued(one) <= ends.get(one.crl_data.issuer.hashable, _issued(one))
            ),
            tuple(one for one in self.ocsps if _issued(one) <= last),
            self.digest,
        )


def _issued(one: RevinfoContainer) -> datetime:
    """Tell when a list or an answer was made: what does not say so was refused when read."""
    when = one.issuance_date
    if when is None or when.tzinfo is None:
        raise ValueError("no time of issue")
    return when


@lru_cache(maxsize=128)
def _read_crl(der: bytes) -> CRLContainer:
    try:
        parsed = crl.CertificateList.load(der, strict=True)
        container = CRLContainer(parsed)
        _ = (parsed.issuer.hashable, parsed.critical_extensions, parsed.signature)
        _issued(container)
        return container
    except Exception as error:  # hostile DER ends in errors of every kind
        raise CertifyError("this is no list of revoked certificates (CRL): get it anew") from error


@lru_cache(maxsize=128)
def _read_ocsp(der: bytes) -> tuple[OCSPContainer, ...]:
    try:
        containers = tuple(OCSPContainer.load_multi(ocsp.OCSPResponse.load(der, strict=True)))
        if not containers or len(containers) > 20:
            raise ValueError("no answers, or too many")
        for one in containers:
            _issued(one)
        return containers
    except Exception as error:  # hostile DER ends in errors of every kind
        raise CertifyError("this is no answer on revocation (OCSP): ask for it anew") from error
