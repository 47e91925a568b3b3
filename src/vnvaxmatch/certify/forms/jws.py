"""JSON Web Signatures, general JSON form with the payload detached (RFC 7515, appendix F)."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate, weakness
from vnvaxmatch.certify.forms.mechanisms import HashSigner, Mechanism, mechanism_of, public_key_of
from vnvaxmatch.certify.forms.outcomes import Caution, Fault
from vnvaxmatch.certify.forms.parts import (
    MOST_CERTIFICATES,
    MOST_SIGNERS,
    Part,
    UnreadableError,
)
from vnvaxmatch.certify.forms.timestamps import Authority, stamp_of
from vnvaxmatch.errors import CertifyError, MissingExtraError
from vnvaxmatch.ledger.canonical import canonical

try:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey
    from joserfc.jws import JWSRegistry
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["joined_jws", "make_jws", "read_jws"]

_MOST_BYTES: Final = 1_000_000
_HEADER: Final = frozenset({"alg", "x5c", "x5t#S256", "iat", "typ", "cty", "kid"})
_COORDINATE: Final = {"ES256": 32, "ES384": 48, "ES512": 66}


class _Registry(JWSRegistry):
    """What a header may hold, and how large things may be."""

    max_header_length = 200_000
    max_payload_length = 1_000_000_000
    max_signature_length = 2_000


class _Elsewhere(jws.JWSRegistry.algorithms["ES256"].__class__.__mro__[1]):  # type: ignore[misc]
    """An algorithm that has its digests signed elsewhere: by file, token or service."""

    def __init__(self, key: HashSigner, mechanism: Mechanism) -> None:
        self.name, self._key, self._mechanism = mechanism.jws, key, mechanism

    def check_key(self, key: Any) -> None:
        """Leave it: the key is not here."""

    def sign(self, msg: bytes, key: Any) -> bytes:
        """Sign, and write it as JWS does: an ECDSA signature as two numbers of fixed length."""
        signature = self._key.sign_hash(self._mechanism.hashed(msg))
        if self._mechanism.is_rsa:
            return signature
        length = _COORDINATE[self.name]
        try:
            return b"".join(one.to_bytes(length, "big") for one in decode_dss_signature(signature))
        except (ValueError, OverflowError) as error:
            raise CertifyError("the signer gave no signature of ECDSA as DER") from error

    def verify(self, msg: bytes, sig: bytes, key: Any) -> bool:
        """Never: this is for signing."""
        raise NotImplementedError
