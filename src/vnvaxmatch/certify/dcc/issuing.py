"""Issue a vaccination certificate for a certified record."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vnvaxmatch.certify.dcc.algorithms import Sign, sign_with
from vnvaxmatch.certify.dcc.claims import open_claims, write_claims
from vnvaxmatch.certify.dcc.cose import open_signed, seal
from vnvaxmatch.certify.dcc.envelopes import wrap
from vnvaxmatch.certify.dcc.outcomes import Fault
from vnvaxmatch.certify.dcc.records import Certified, Proven, Vaccinated
from vnvaxmatch.certify.dcc.schemas import broken_at
from vnvaxmatch.certify.dcc.signers import Kind, SignerCertificate
from vnvaxmatch.certify.dcc.uvci import new_uvci
from vnvaxmatch.errors import CertifyError, NotCertifiedError
from vnvaxmatch.outcome import redact

__all__ = ["YEAR", "Issued", "Issuer", "issue"]

YEAR: Final = timedelta(days=365)
"""For how long a certificate is good (Decision 5772/QĐ-BYT of 20 December 2021: 12 months)."""

_LONGEST_NAME: Final = 80
_FARTHEST_EAST: Final = timedelta(hours=14)
"""By how much the day of a dose may be ahead of that of UTC."""
_P256: Final = ec.SECP256R1()
_RECORD: Final = re.compile(r"[\x21-\x7e]{1,100}")

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@attrs.frozen
class Issuer:
    """Who issues: the signer's certificate and key, and the office as certificates name it.

    ``name`` is what people read (up to 80 letters), ``code`` what stands in the numbers.
    """

    signer: SignerCertificate
    sign: Sign = attrs.field(repr=False)
    name: str = attrs.field(kw_only=True)
    code: str = attrs.field(kw_only=True)
    country: str = attrs.field(default="VN", kw_only=True)

    @classmethod
    def of(
        cls,
        certificate: bytes,
        key: PrivateKey | Sign,
        *,
        name: str,
        code: str,
        country: str = "VN",
    ) -> Issuer:
        """Put an issuer together from a certificate (DER or PEM) and a private key.

        Instead of a key give a function that signs as :data:`~.algorithms.Sign` says, where the
        key is in a token or with a service. Raises :class:`~vnvaxmatch.errors.CertifyError`.
        """
        signer = SignerCertificate.read(certificate)
        if signer.algorithm is None:
            raise CertifyError(
                "the key of the signer's certificate is too weak, or of a kind that certificates "
                "are not signed with: take ECDSA on P-256, or RSA of 2048 bits or more"
            )
        if getattr(signer.key, "curve", _P256).name != _P256.name:
            raise CertifyError("many readers know no curve but P-256: take a key on it")
        if Kind.VACCINATION not in signer.usages:
            raise CertifyError("the signer's certificate is not for signing vaccinations")
        tidy = " ".join(unicodedata.normalize("NFC", name).split())
        if not tidy.isprintable() or not 0 < len(tidy) <= _LONGEST_NAME:
            raise CertifyError(f"the name of the issuer has 1 to {_LONGEST_NAME} letters")
        new_uvci(country=country, code=code, random=bytes)  # says what is wrong with these two
        sign = sign_with(key) if isinstance(key, PrivateKey) else key
        return cls(signer, sign, name=tidy, code=code, country=country)

    def seal(self, payload: bytes, /, *, content_type: str = "") -> tuple[bytes, bytes]:
        """Sign a payload, and see that the signature is the certificate's."""
        if self.signer.algorithm is None:
            raise CertifyError("the key of the signer's certificate is not one to sign with")
        data, signature = seal(
            payload,
            sign=self.sign,
            algorithm=self.signer.algorithm,
            key_id=self.signer.key_id,
            content_type=content_type,
        )
        signed = open_signed(data)
        if isinstance(signed, Fault) or not self.signer.signed(signed):
            raise CertifyError(
                "the signature does not fit the signer's certificate: the key belongs to another, "
                "or signs in another form"
            )
        return data, signature


@attrs.frozen
class Issued:
    """A certificate: the text of its QR code, its number, and the record that it was issued for."""

    text: str = attrs.field(repr=redact)
    identifier: str = attrs.field(repr=redact)
    record: str
    issued: datetime
    expires: datetime


def issue(
    vaccinated: Vaccinated,
    certified: Certified,
    *,
    issuer: Issuer,
    at: datetime,
    random: Callable[[int], bytes],
    valid_for: timedelta = YEAR,
) -> Issued:
    """Issue a certificate for the last dose of a certified record.

    ``random`` gives so many random bytes that nobody can guess, as :func:`os.urandom` does. Raises
    :class:`~vnvaxmatch.errors.NotCertifiedError` where the proof says anything but ``certified``,
    and :class:`~vnvaxmatch.errors.CertifyError` where the certificate would end after its signer's.
    To let an older one of the same record fail, issue through a :class:`~.registers.Register`.
    """
    proven = certified.proves(vaccinated)
    if proven is not Proven.CERTIFIED:
        raise NotCertifiedError(
            f"no certificate: the proof of this record says {Proven(proven).value}; correct, "
            "confirm and sign the record first"
        )
    if not _RECORD.fullmatch(certified.record) or not _RECORD.fullmatch(certified.edition):
        raise CertifyError(
            "the proof names its record and edition in 1 to 100 ASCII characters, no spaces"
        )
    issued, expires = _times(issuer.signer, at=at, valid_for=valid_for)
    if vaccinated.last.day > (issued + _FARTHEST_EAST).date():
        raise CertifyError("the last dose is dated after the day of issue: correct the record")
    identifier = new_uvci(country=issuer.country, code=issuer.code, random=random)
    document = vaccinated.document(
        country=issuer.country, issuer=issuer.name, identifier=identifier
    )
    payload = write_claims(document, country=issuer.country, issued=issued, expires=expires)
    claims = open_claims(payload)
    broken = claims if isinstance(claims, Fault) else broken_at(claims.document)
    if broken is not None:
        raise CertifyError(f"the certificate would break its own form ({broken}): report this")
    data, _ = issuer.seal(payload)
    return Issued(wrap(data), identifier, certified.record, issued, expires)


def _times(
    signer: SignerCertificate, *, at: datetime, valid_for: timedelta
) -> tuple[datetime, datetime]:
    """Give the times of issue and expiry in whole seconds; both are within the signer's."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time without a time zone cannot be signed: give it one")
    issued = at.astimezone(UTC).replace(microsecond=0)
    expires = issued + valid_for
    if not issued < expires:
        raise CertifyError("a certificate is good for some time: valid_for= is none")
    if not signer.not_before <= issued <= signer.not_after:
        raise CertifyError("the signer's certificate is not valid at the time of issue")
    if expires > signer.not_after:
        raise CertifyError(
            f"the signer's certificate ends on {signer.not_after:%Y-%m-%d}, before what it would "
            "sign: give a shorter valid_for=, or sign with a newer certificate"
        )
    return issued, expires
