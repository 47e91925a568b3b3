"""Keys and certificates as an authority for tests gives them out."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import attrs

from vnvaxmatch.errors import MissingExtraError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        pkcs12,
    )
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["Issued", "Key", "key_of"]

_DIGESTS: Final = {kind.digest_size: kind
                   for kind in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())}  # fmt: skip


class Key(StrEnum):
    """The kinds of keys: strong ones, and from ``RSA_1024`` on those that nobody may sign with."""

    RSA_2048 = "rsa_2048"
    RSA_3072 = "rsa_3072"
    P_256 = "p_256"
    P_384 = "p_384"
    P_521 = "p_521"
    RSA_1024 = "rsa_1024"
    P_192 = "p_192"
    ED25519 = "ed25519"


@lru_cache(maxsize=64)
def key_of(kind: Key, owner: str) -> Any:
    """Make a key once for each owner: the making takes its time."""
    match kind:
        case Key.P_256 | Key.P_384 | Key.P_521 | Key.P_192:
            curves: dict[Key, ec.EllipticCurve] = {
                Key.P_256: ec.SECP256R1(),
                Key.P_384: ec.SECP384R1(),
                Key.P_521: ec.SECP521R1(),
                Key.P_192: ec.SECP192R1(),
            }
            return ec.generate_private_key(curves[kind])
        case Key.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(65537, int(kind.value.removeprefix("rsa_")))


@attrs.frozen(eq=False)
class Issued:
    """A certificate with its key, and those above it up to the root, which is the last."""

    certificate: x509.Certificate
    key: Any = attrs.field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_id(self) -> x509.SubjectKeyIdentifier:
        """What it says of its key."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The intermediates above it."""
        return tuple(one.public_bytes(Encoding.DER) for one in self.above[:-1])

    @property
    def pem(self) -> bytes:
        """The certificate as PEM, with its intermediates."""
        several = (self.certificate, *self.above[:-1])
        return b"".join(one.public_bytes(Encoding.PEM) for one in several)

    def key_pem(self, password: bytes | None = None) -> bytes:
        """The key as PEM."""
        how = BestAvailableEncryption(password) if password else NoEncryption()
        pem: bytes = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
        return pem

    def sign_hash(self, digest: bytes, /) -> bytes:
        """Sign a digest as a service would: by RSA-PSS, or by ECDSA as DER."""
        kind = _DIGESTS[len(digest)]
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
            return self.key.sign(digest, pss, Prehashed(kind))
        signature: bytes = self.key.sign(digest, ec.ECDSA(Prehashed(kind)))
        return signature

    def p12(self, password: bytes | None) -> bytes:
        """The key with its certificates as PKCS#12."""
        how = BestAvailableEncryption(password) if password else NoEncryption()
        return pkcs12.serialize_key_and_certificates(
            b"signer", self.key, self.certificate, list(self.above[:-1]), how
        )
