"""Fetch what is known of revocation, from where the certificates say that it is to be had.

Nothing is fetched unless this is called: checking and verifying never ask anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from http.client import HTTPException
from itertools import pairwise
from typing import Any, Final, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from vnvaxmatch.certify.forms.certificates import Certificate, ders_of, read_certificate
from vnvaxmatch.certify.forms.outcomes import Tree
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.certify.trust.paths import check_certificate
from vnvaxmatch.certify.trust.revocation import Revocations
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_der_x509_certificate
    from cryptography.x509.ocsp import OCSPRequestBuilder
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Fetch", "fetch_over_http", "refreshed"]

Fetch: TypeAlias = Callable[[str, bytes | None], bytes]
"""Fetch an address, sending bytes where there are any; CertifyError where there is no answer."""

_MOST_BYTES: Final = 50_000_000
_MOST_ADDRESSES: Final = 4


def fetch_over_http(address: str, body: bytes | None, /, *, timeout: float = 30.0) -> bytes:
    """Fetch by HTTP; :class:`~vnvaxmatch.errors.CertifyError` where there is no answer.

    Lists and answers are signed, so that they come in clear as a rule.
    """
    headers = {} if body is None else {"Content-Type": "application/ocsp-request"}
    try:
        request = Request(address, data=body, headers=headers)
        with build_opener().open(request, timeout=timeout) as answer:
            found: bytes = answer.read(_MOST_BYTES + 1)
    except (URLError, OSError, ValueError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise CertifyError(f"{address} gave no answer: try again") from error
    if len(found) > _MOST_BYTES:
        raise CertifyError(f"{address} gave more than 50 MB: that is no list")
    return found


def refreshed(
    trust: Trust,
    certificate: bytes,
    /,
    *,
    at: datetime,
    chain: Iterable[bytes] = (),
    fetch: Fetch = fetch_over_http,
) -> Trust:
    """Give the trust with fresh lists and answers on a certificate (DER) and those above it.

    Of each certificate the answer (OCSP) is asked for first, and the list (CRL) only where there is
    none. What cannot be fetched is left out: the certificate is then UNKNOWN when it is checked.
    """
    came = Material.of(chain)
    for tree in trust.trees:
        checked = check_certificate(certificate, trust=trust, at=at, tree=tree, material=came)
        path = _known(checked.path, trust, (read_certificate(certificate), *came.certificates))
        for one, issuer in pairwise(path):
            trust = _asking(trust, tree, one, issuer, fetch)
    return trust


def _known(path: tuple[str, ...], trust: Trust, came: tuple[Certificate, ...]) -> list[Certificate]:
    """Find the certificates of a path by their fingerprints, from the lowest to the anchor."""
    pool = [one for branch in trust.trees.values() for one in (*branch.pool, *branch.roots)]
    known = {one.fingerprint: one for one in (*came, *pool)}
    return [known[name] for name in path if name in known]


def _asking(trust: Trust, tree: Tree, one: Certificate, issuer: Certificate, fetch: Fetch) -> Trust:
    for address in _ocsp_addresses(one.parsed):
        try:
            # responders know a certificate by SHA-1 of its issuer (RFC 5019); it protects nothing
            question = OCSPRequestBuilder().add_certificate(
                load_der_x509_certificate(one.der), load_der_x509_certificate(issuer.der), SHA1()
            )
            answer = fetch(address, question.build().public_bytes(Encoding.DER))
            if not Revocations.read((), (answer,)).names(one.parsed.serial_number):
                continue
        except (CertifyError, ValueError):
            continue
        return trust.adding(tree, ocsps=(answer,))
    for address in _crl_addresses(one.parsed):
        try:
            lists = ders_of(fetch(address, None), label="X509 CRL")
            Revocations.read(lists, ())
        except CertifyError:
            continue
        if lists:
            return trust.adding(tree, crls=lists)
    return trust


def _ocsp_addresses(parsed: Any) -> list[str]:
    return list(_web(parsed.ocsp_urls))[:_MOST_ADDRESSES]


def _crl_addresses(parsed: Any) -> list[str]:
    found = (point.url for point in parsed.crl_distribution_points)
    return list(_web(url for url in found if url is not None))[:_MOST_ADDRESSES]


def _web(addresses: Iterable[str]) -> Iterator[str]:
    """Leave directories (LDAP) and files of this machine out."""
    for address in addresses:
        if urlsplit(address).scheme in ("http", "https"):
            yield address
