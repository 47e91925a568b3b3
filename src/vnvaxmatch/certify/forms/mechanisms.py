"""By what means a key signs: RSA-PSS or ECDSA, with the digest that befits the key."""

from __future__ import annotations

from hashlib import new
from typing import Any, Final, Protocol

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate, weakness
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import algos
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.serialization import load_der_public_key
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["DIGESTS", "HashSigner", "Mechanism", "is_signed", "mechanism_of", "public_key_of"]

DIGESTS: Final = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
"""The digests that signatures may have."""
_JWS_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_DIGEST_OF: Final = {"ES256": "sha256", "ES384": "sha384", "ES512": "sha512", "PS256": "sha256"}


class HashSigner(Protocol):
    """What holds a private key: the least that a signer must be able to do.

    ``sign_hash`` must sign the digest that it is given, without hashing it again: with RSA-PSS
    (MGF1 of the same digest, salt as long as the digest) or with ECDSA (as DER). It may ask a
    person for a PIN. It must not keep the digest, and raises
    :class:`~vnvaxmatch.errors.CertifyError` where it cannot sign.
    """

    @property
    def certificate(self) -> Certificate:
        """The signer's certificate."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates above it (DER), as far as they are known."""
        ...

    def sign_hash(self, digest: bytes, /) -> bytes:
        """Sign a digest."""
        ...


@attrs.frozen
class Mechanism:
    """A way of signing: ``jws`` is its name in JOSE, ``digest`` that of the digest."""

    jws: str
    digest: str

    @property
    def is_rsa(self) -> bool:
        """Say whether it is RSA-PSS rather than ECDSA."""
        return self.jws.startswith("PS")

    def hashed(self, content: bytes, /) -> bytes:
        """Digest the content."""
        return new(self.digest, content).digest()

    @property
    def algorithm(self) -> Any:
        """Name it as CMS does: asn1crypto's ``SignedDigestAlgorithm``."""
        if not self.is_rsa:
            return algos.SignedDigestAlgorithm({"algorithm": f"{self.digest}_ecdsa"})
        digest = algos.DigestAlgorithm({"algorithm": self.digest})
        mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": digest})
        return algos.SignedDigestAlgorithm(
            {
                "algorithm": "rsassa_pss",
                "parameters": algos.RSASSAPSSParams(
                    {
                        "hash_algorithm": digest,
                        "mask_gen_algorithm": mask,
                        "salt_length": DIGESTS[self.digest].digest_size,
                    }
                ),
            }
        )


def mechanism_of(certificate: Certificate, /) -> Mechanism:
    """Choose how the key of a certificate signs.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where the key is weak or of another kind.
    """
    key = certificate.parsed.public_key
    if weakness(key) is not None:
        raise CertifyError(
            "the key of the certificate is weak or of another kind, and nothing is signed with it: "
            "get one of RSA from 2048 bits on, or of P-256, P-384 or P-521"
        )
    jws = "PS256" if key.algorithm in ("rsa", "rsassa_pss") else _JWS_CURVES[key.curve[1]]
    return Mechanism(jws, _DIGEST_OF[jws])


def public_key_of(certificate: Certificate, /) -> Any:
    """Load the public key of a certificate as one of ``cryptography``."""
    key = certificate.parsed.public_key
    if key.algorithm == "rsassa_pss":  # a key for this padding only, which is told by its name
        key = key.copy()
        key["algorithm"] = {"algorithm": "rsa"}
    return load_der_public_key(key.dump())


def is_signed(certificate: Certificate, digest: bytes, signature: bytes, /) -> bool:
    """Say whether a signature of a digest is by the key of a certificate, by its own mechanism."""
    mechanism, key = mechanism_of(certificate), public_key_of(certificate)
    kind = DIGESTS[mechanism.digest]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
            key.verify(signature, digest, pss, Prehashed(kind))
        else:
            key.verify(signature, digest, ec.ECDSA(Prehashed(kind)))
    except InvalidSignature:
        return False
    return True
