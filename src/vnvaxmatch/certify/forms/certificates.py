"""Certificates (X.509) as signers have them: read, named, and asked what they are good for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.outcomes import Caution, Fault
from vnvaxmatch.errors import CertifyError, MissingExtraError
from vnvaxmatch.outcome import redact

try:
    from asn1crypto import pem, x509
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = [
    "MIN_EC_BITS",
    "MIN_RSA_BITS",
    "Certificate",
    "SignerInfo",
    "cautions_of",
    "ders_of",
    "misuse",
    "name_text",
    "read_certificate",
    "weakness",
]

MIN_RSA_BITS: Final = 2048
MIN_EC_BITS: Final = 256
_MOST_BYTES: Final = 100_000
_CURVES: Final = {"secp256r1": 256, "secp384r1": 384, "secp521r1": 521}
_SHORT: Final = {
    "common_name": "CN",
    "country_name": "C",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "serial_number": "SERIALNUMBER",
    "title": "title",
    "user_id": "UID",
    "email_address": "emailAddress",
    "domain_component": "DC",
}
_SIGNING_EKUS: Final = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "client_auth",
        "code_signing",
        "microsoft_document_signing",
        "1.3.6.1.4.1.311.10.3.12",  # document signing, by Microsoft
        "1.2.840.113583.1.1.5",  # document signing, by Adobe
        "1.3.6.1.5.5.7.3.36",  # document signing (RFC 9336)
        "adobe_authentic_documents_trust",
        "pdf_signing",
    }
)


@attrs.frozen
class SignerInfo:
    """Who signs, as the certificate says it. ``fingerprint`` is its SHA-256 in hexadecimal."""

    subject: str = attrs.field(repr=redact)
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


@attrs.frozen(eq=False)
class Certificate:
    """A certificate, read. ``parsed`` is asn1crypto's."""

    der: bytes = attrs.field(repr=False)
    info: SignerInfo
    parsed: Any = attrs.field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in hexadecimal digits."""
        return self.info.fingerprint

    def covers(self, moment: datetime, /) -> Fault | None:
        """Say why a time is outside the validity, or None where it is within."""
        if moment < self.info.not_before:
            return Fault.NOT_YET_VALID
        return Fault.PAST_VALIDITY if moment > self.info.not_after else None


@lru_cache(maxsize=512)
def read_certificate(der: bytes, /) -> Certificate:
    """Read a certificate of DER; :class:`~vnvaxmatch.errors.CertifyError` where it is none.

    Whatever is needed later is read here, so that what cannot be read shows at once.
    """
    if len(der) > _MOST_BYTES:
        raise CertifyError(f"a certificate has more than {_MOST_BYTES} bytes: it is none")
    try:
        parsed = x509.Certificate.load(der, strict=True)
        info = SignerInfo(
            subject=name_text(parsed.subject),
            issuer=name_text(parsed.issuer),
            not_before=parsed["tbs_certificate"]["validity"]["not_before"].native,
            not_after=parsed["tbs_certificate"]["validity"]["not_after"].native,
            fingerprint=sha256(der).hexdigest(),
        )
        if not (info.not_before.tzinfo and info.not_after.tzinfo):
            raise ValueError("times without a zone")
        _ = (parsed["tbs_certificate"].native, parsed.signature, weakness(parsed.public_key))
        _ = (parsed.subject.hashable, parsed.issuer.hashable, parsed.issuer_serial)
        _ = (parsed.authority_key_identifier, parsed.authority_issuer_serial, parsed.ca)
        if parsed["signature_value"].contents[:1] != b"\0":
            raise ValueError("a signature that is no whole bytes")
        return Certificate(der, info, parsed)
    except Exception as error:  # hostile DER ends in errors of every kind
        raise CertifyError("this is no certificate: give X.509 as DER or PEM") from error


def ders_of(data: bytes, /, *, label: str = "CERTIFICATE") -> tuple[bytes, ...]:
    """Take what a file holds apart: PEM with any number of objects, or one of DER.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where PEM is damaged; objects of PEM with
    another label are passed over.
    """
    try:
        if not pem.detect(data):
            return (data,) if data else ()
        return tuple(der for kind, _, der in pem.unarmor(data, multiple=True) if kind == label)
    except (ValueError, TypeError) as error:
        raise CertifyError("a file of PEM is damaged: get it again") from error


def name_text(name: Any, /) -> str:
    """Write a name as RFC 4514 does, most telling part first; nothing in it can move a terminal.

    The name is asn1crypto's.
    """
    parts = []
    for relative in reversed(list(name.chosen)):
        values = (f"{_label(one)}={_escaped(str(one['value'].native))}" for one in relative)
        parts.append("+".join(values))
    return ",".join(parts)


def _label(one: Any) -> str:
    native: str = one["type"].native
    return _SHORT.get(native, native)


def _escaped(text: str) -> str:
    return "".join(_escaped_letters(text.strip()))


def _escaped_letters(text: str) -> Iterator[str]:
    for place, letter in enumerate(text):
        if letter in ',+"\\<>;=' or (letter == "#" and place == 0):
            yield f"\\{letter}"
        elif unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029":
            yield "".join(f"\\{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
        else:
            yield letter


def weakness(public_key: Any, /) -> Fault | None:
    """Say why nothing should be signed with a key (asn1crypto's), or None where it is strong.

    Strong are RSA from 2048 bits on, and ECDSA on P-256, P-384 and P-521.
    """
    if public_key.algorithm in ("rsa", "rsassa_pss"):
        return None if public_key.bit_size >= MIN_RSA_BITS else Fault.KEY_WEAK
    if public_key.algorithm == "ec":
        kind, curve = public_key.curve
        known = kind == "named" and _CURVES.get(curve, 0) >= MIN_EC_BITS
        return None if known else Fault.KEY_WEAK
    return Fault.KEY_WEAK


def misuse(certificate: Certificate, /, *, stamping: bool = False) -> Fault | None:
    """Say why a certificate may not sign documents (or stamp times), or None where it may."""
    parsed = certificate.parsed
    if parsed.ca:
        return Fault.IS_AUTHORITY
    usage = parsed.key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & set(usage.native):
        return Fault.KEY_USAGE_OTHER
    purposes = _purposes(parsed)
    if stamping:
        return None if purposes and "time_stamping" in purposes else Fault.KEY_USAGE_OTHER
    critical = "extended_key_usage" in parsed.critical_extensions
    if critical and not (purposes or frozenset()) & _SIGNING_EKUS:
        return Fault.KEY_USAGE_OTHER
    return None


def _purposes(parsed: Any) -> frozenset[str] | None:
    value = parsed.extended_key_usage_value
    return None if value is None else frozenset(value.native)


def cautions_of(certificate: Certificate, /) -> tuple[Caution, ...]:
    """Tell what is odd about a certificate that signs documents."""
    found = []
    purposes = _purposes(certificate.parsed)
    if purposes is not None and not purposes:
        found.append(Caution.EKU_EMPTY)
    elif purposes and not purposes & _SIGNING_EKUS:
        found.append(Caution.EKU_ODD)
    if certificate.parsed.key_usage_value is None:
        found.append(Caution.KEY_USAGE_MISSING)
    return tuple(found)
