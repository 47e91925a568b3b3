"""Signers of certificates: document signer certificates, found by the key id that is signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs
from cryptography import x509

from vnvaxmatch.certify.dcc.algorithms import Algorithm, PublicKey, algorithm_of, verify
from vnvaxmatch.certify.dcc.cose import KEY_ID_BYTES, Signed
from vnvaxmatch.certify.dcc.outcomes import Fault
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import pem
    from asn1crypto import x509 as asn1
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Kind", "SignerCertificate", "Signers", "load_signers"]

_MOST_BYTES: Final = 10_000_000
_ENDINGS: Final = (".pem", ".crt", ".cer", ".der")


class Kind(StrEnum):
    """What a certificate attests."""

    VACCINATION = "vaccination"
    TEST = "test"
    RECOVERY = "recovery"


_USAGES: Final = {
    f"{root}.{number}": kind
    # the second was printed in the first specification, and stands in many certificates
    for root in ("1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1")
    for number, kind in enumerate((Kind.TEST, Kind.VACCINATION, Kind.RECOVERY), 1)
}


@attrs.frozen
class SignerCertificate:
    """A document signer certificate (X.509), read.

    ``usages`` are the kinds that it may sign: all, where it names none of them. ``algorithm`` is
    None where its key is weak or of another kind; then nothing that it signed is believed.
    """

    der: bytes = attrs.field(repr=False)
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    usages: frozenset[Kind]
    algorithm: Algorithm | None
    key: Any = attrs.field(repr=False, eq=False)

    @classmethod
    def read(cls, certificate: bytes, /) -> SignerCertificate:
        """Read a certificate of DER or PEM; :class:`~vnvaxmatch.errors.CertifyError` if it is none.

        Signers are found whose certificates break a rule that has nothing to do with signing, so
        that the extensions are read one by one.
        """
        try:
            der = pem.unarmor(certificate)[2] if pem.detect(certificate) else certificate
            parsed = x509.load_der_x509_certificate(der)
            key = parsed.public_key()
            return cls(
                der=der,
                subject=parsed.subject.rfc4514_string(),
                issuer=parsed.issuer.rfc4514_string(),
                not_before=parsed.not_valid_before_utc,
                not_after=parsed.not_valid_after_utc,
                usages=_usages(der),
                algorithm=algorithm_of(key),
                key=key,
            )
        except Exception as error:  # hostile DER ends in errors of every kind
            raise CertifyError(
                "this is no certificate of a signer: give X.509 as DER or PEM"
            ) from error

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in hexadecimal digits."""
        return sha256(self.der).hexdigest()

    @property
    def key_id(self) -> bytes:
        """The id by which signatures name it."""
        return sha256(self.der).digest()[:KEY_ID_BYTES]

    def signed(self, signed: Signed, /) -> bool:
        """Say whether this signer's key made a signature."""
        if self.algorithm is None or signed.algorithm != self.algorithm:
            return False
        key: PublicKey = self.key
        return verify(key, signature=signed.signature, content=signed.signing)


def _usages(der: bytes) -> frozenset[Kind]:
    named: set[Kind] = set()
    for extension in asn1.Certificate.load(der, strict=True)["tbs_certificate"]["extensions"]:
        if extension["extn_id"].native == "extended_key_usage":
            found = (_USAGES.get(usage.dotted) for usage in extension["extn_value"].parsed)
            named |= {kind for kind in found if kind is not None}
    return frozenset(named or Kind)


def _by_key_id(
    certificates: Iterable[SignerCertificate],
) -> Mapping[bytes, tuple[SignerCertificate, ...]]:
    found: dict[bytes, dict[bytes, SignerCertificate]] = {}
    for certificate in certificates:
        found.setdefault(certificate.key_id, {})[certificate.der] = certificate
    return MappingProxyType({key: tuple(several.values()) for key, several in found.items()})


def _count(signers: Mapping[bytes, object]) -> str:
    return str(len(signers))


@attrs.frozen
class Signers:
    """The signers that a verifier trusts. Several may have one key id: each of them is tried."""

    by_key_id: Mapping[bytes, tuple[SignerCertificate, ...]] = attrs.field(repr=_count)

    @classmethod
    def of(cls, certificates: Iterable[SignerCertificate | bytes], /) -> Signers:
        """Take certificates, read or to be read."""
        return cls(
            _by_key_id(
                one if isinstance(one, SignerCertificate) else SignerCertificate.read(one)
                for one in certificates
            )
        )

    def who(self, signed: Signed, /) -> SignerCertificate | Fault:
        """Find the signer of a signature and verify it, or say why that cannot be."""
        if signed.algorithm not in set(Algorithm):
            return Fault.ALGORITHM_OTHER
        fitting = self.by_key_id.get(signed.key_id or b"", ())
        if not fitting:
            return Fault.SIGNER_UNKNOWN
        for signer in fitting:
            if signer.signed(signed):
                return signer
        weak = all(signer.algorithm is None for signer in fitting)
        return Fault.SIGNER_WEAK if weak else Fault.SIGNATURE_WRONG


def load_signers(path: str | Path, /) -> Signers:
    """Read the signers of a file (PEM with any number of them, or DER), or of a folder of such.

    Raises :class:`~vnvaxmatch.errors.CertifyError`, also where there is none.
    """
    where = Path(path)
    try:
        files = (
            sorted(file for file in where.iterdir() if file.suffix.lower() in _ENDINGS)
            if where.is_dir()
            else [where]
        )
        read = [one for file in files for one in _certificates(file)]
    except OSError as error:
        raise CertifyError(f"{where} cannot be read ({error.strerror}): check the path") from error
    if not read:
        raise CertifyError(
            f"{where} holds no certificate of a signer: put them there as {', '.join(_ENDINGS)}"
        )
    return Signers.of(read)


def _certificates(file: Path) -> list[SignerCertificate]:
    data = file.read_bytes() if file.stat().st_size <= _MOST_BYTES else b""
    try:
        parts = (
            [der for _, _, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
        )
        return [SignerCertificate.read(part) for part in parts]
    except (CertifyError, ValueError) as error:
        raise CertifyError(
            f"{file} is no certificate of a signer: give X.509 as DER or PEM"
        ) from error
