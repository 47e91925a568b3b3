"""The two algorithms that certificates are signed with: ES256 and PS256 (RFC 8152, RFC 8230)."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = [
    "Algorithm",
    "PublicKey",
    "Sign",
    "algorithm_of",
    "revocable_part",
    "sign_with",
    "verify",
]

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Sign: TypeAlias = Callable[[bytes], bytes]
"""Signs a content, not its digest, as COSE writes signatures.

That is r and s one after the other for ES256 (64 bytes on P-256), and PSS with a salt of 32 bytes
for PS256. A token or a remote service may stand behind it.
"""

_SALT: Final = 32
_CURVES: Final = ec.SECP256R1, ec.SECP384R1, ec.SECP521R1
_FEWEST_BITS: Final = 2048
_MOST_BITS: Final = 8192
_PSS: Final = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=_SALT)


class Algorithm(IntEnum):
    """An algorithm by its number in COSE."""

    ES256 = -7
    PS256 = -37


def algorithm_of(key: object, /) -> Algorithm | None:
    """Tell which algorithm a public key is good for: None where it is weak, or of another kind.

    ECDSA on P-256 and the larger curves of its family (ES256 names the hash, not the curve), RSA of
    2048 bits and more. A key has one algorithm, whatever a header says.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        return Algorithm.ES256 if isinstance(key.curve, _CURVES) else None
    if isinstance(key, rsa.RSAPublicKey):
        return Algorithm.PS256 if _FEWEST_BITS <= key.key_size <= _MOST_BITS else None
    return None


def verify(key: PublicKey, /, *, signature: bytes, content: bytes) -> bool:
    """Say whether a signature is this key's over this content."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, _PSS, SHA256())
        elif len(signature) != 2 * _width(key):
            return False
        else:
            r, s = (int.from_bytes(part, "big") for part in _halves(signature))
            key.verify(encode_dss_signature(r, s), content, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def sign_with(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, /) -> Sign:
    """Make a function that signs with a private key."""

    def sign(content: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(content, _PSS, SHA256())
        r, s = decode_dss_signature(key.sign(content, ec.ECDSA(SHA256())))
        width = _width(key.public_key())
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")

    return sign


def revocable_part(signature: bytes, algorithm: Algorithm, /) -> bytes:
    """Give the hash by which a signature is listed as revoked: of ES256, that of its first half.

    From r and s anybody can make r and n - s, which verifies as well: r alone names both.
    """
    told = _halves(signature)[0] if algorithm is Algorithm.ES256 else signature
    return sha256(told).digest()


def _halves(signature: bytes) -> tuple[bytes, bytes]:
    middle = len(signature) // 2
    return signature[:middle], signature[middle:]


def _width(key: ec.EllipticCurvePublicKey) -> int:
    """Tell how many bytes each half of a signature has."""
    return (key.key_size + 7) // 8
