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
    from joserfc.jwa import JWSAlgModel
    from joserfc.jwk import ECKey, RSAKey
    from joserfc.jws import GeneralJSONSerialization, JWSRegistry
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["joined_jws", "make_jws", "read_jws"]

_MOST_BYTES: Final = 1_000_000
_ALGORITHMS: Final = ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_UNREADABLE: Final = (
    ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, OSError,
)  # fmt: skip
"""What reading a header ends in, where it is none."""
_CURVE_OF: Final = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_COORDINATE: Final = {"ES256": 32, "ES384": 48, "ES512": 66}


class _Registry(JWSRegistry):
    """How large things may be: a chain of certificates stands in the header."""

    max_header_length = 400_000
    max_payload_length = 2_000_000_000
    max_signature_length = 2_000

    def __init__(self, algorithm: JWSAlgModel | None = None) -> None:
        super().__init__(algorithms=_ALGORITHMS, strict_check_header=False)
        self._algorithm = algorithm

    def get_alg(self, name: str) -> JWSAlgModel:
        """Give the algorithm of that name, or the one that signs."""
        return self._algorithm or super().get_alg(name)


class _Elsewhere(JWSAlgModel):
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


def make_jws(
    content: bytes, /, *, key: HashSigner, at: datetime, stamping: Authority | None = None
) -> bytes:
    """Sign bytes, detached; give JSON (UTF-8). With ``stamping`` the signature is time-stamped.

    The certificate with its chain (``x5c``), its digest and the time (``iat``) are signed; the time
    stamp stands where JAdES has it. Raises :class:`~vnvaxmatch.errors.CertifyError`.
    """
    mechanism, certificate = mechanism_of(key.certificate), key.certificate
    header = {
        "alg": mechanism.jws,
        "iat": int(at.astimezone(UTC).timestamp()),
        "x5c": [b64encode(der).decode("ascii") for der in (certificate.der, *key.chain)],
        "x5t#S256": _text(sha256(certificate.der).digest()),
    }
    made = jws.serialize_json(
        [{"protected": header}], content, _key(certificate), registry=_signing(key, mechanism)
    )
    signature: dict[str, Any] = dict(made["signatures"][0])
    if stamping is not None:
        token = stamp_of(signature["signature"].encode("ascii"), authority=stamping)
        stamp = {"tstTokens": [{"val": b64encode(token).decode("ascii")}]}
        signature["header"] = {"etsiU": [{"sigTst": stamp}]}
    return canonical({"signatures": [signature]}).encode("utf-8")


def _signing(key: HashSigner, mechanism: Mechanism) -> _Registry:
    return _Registry(_Elsewhere(key, mechanism))


def _key(certificate: Certificate) -> RSAKey | ECKey:
    public = public_key_of(certificate)
    if certificate.parsed.public_key.algorithm == "ec":
        return ECKey.import_key(public)
    return RSAKey.import_key(public)


def joined_jws(values: Sequence[bytes], /) -> bytes:
    """Put the signers of several detached signatures of the same bytes into one (JSON)."""
    return canonical({"signatures": [one for value in values for one in _read(value)]}).encode()


def read_jws(value: bytes, content: bytes, /) -> tuple[Part, ...]:
    """Read a detached signature, one part for each signer.

    Raises :class:`UnreadableError`; no bytes make it raise anything else.
    """
    payload = _text(content)
    return tuple(_part(one, payload) for one in _read(value))


def _read(value: bytes) -> list[dict[str, Any]]:
    if len(value) > _MOST_BYTES:
        raise UnreadableError(Fault.TOO_LARGE)
    try:
        data = json.loads(value.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
        if "payload" in data:
            raise UnreadableError(Fault.NOT_DETACHED)
        signatures = data["signatures"]
        if not isinstance(signatures, list) or not all(map(_is_signature, signatures)):
            raise UnreadableError(Fault.NOT_A_SIGNATURE)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableError(Fault.NOT_A_SIGNATURE) from error
    if len(signatures) > MOST_SIGNERS:
        raise UnreadableError(Fault.TOO_MANY)
    if not signatures:
        raise UnreadableError(Fault.NO_SIGNER)
    return signatures


def _is_signature(one: object) -> bool:
    return (
        isinstance(one, dict)
        and {"protected", "signature"} <= set(one) <= {"protected", "signature", "header"}
        and isinstance(one["protected"], str)
        and isinstance(one["signature"], str)
        and isinstance(one.get("header", {}), dict)
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice in one object")
    return found


def _never(_: str) -> Any:
    raise ValueError("no number")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """Read base64url, and nothing that only looks like it: one value has one text."""
    value = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(value) != text:
        raise ValueError("not canonical base64")
    return value


def _part(one: Mapping[str, Any], payload: str) -> Part:
    try:
        header = json.loads(
            _bytes(one["protected"]), object_pairs_hook=_once, parse_constant=_never
        )
        signature = _bytes(one["signature"])
        if not isinstance(header, dict) or not signature:
            raise ValueError("no header, or no signature")
        if {"crit", "b64"} & set(header) or {"crit", "b64", "alg"} & set(one.get("header", {})):
            return Part(None, faults=(Fault.HEADER_CRITICAL,))
        chain = [_canonical_bytes(text) for text in header.get("x5c", [])]
        claimed = _time(header.get("iat"))
        stamps = tuple(_stamps(one.get("header", {})))
    except _UNREADABLE:
        return Part(None, faults=(Fault.NOT_A_SIGNATURE,))
    if not chain:
        return Part(None, faults=(Fault.CERTIFICATE_MISSING,))
    if len(chain) > MOST_CERTIFICATES:
        return Part(None, faults=(Fault.TOO_MANY,))
    try:
        certificate = read_certificate(chain[0])
    except CertifyError:
        return Part(None, faults=(Fault.CERTIFICATE_UNREADABLE,))
    fault = _judged(one, header, certificate, payload)
    return Part(
        certificate=certificate,
        others=tuple(chain[1:]),
        faults=() if fault is None else (fault,),
        cautions=() if chain[1:] else (Caution.LEAF_ONLY,),
        claimed=claimed,
        stamps=stamps,
        stamped=one["signature"].encode("ascii"),
    )


def _time(seconds: object) -> datetime | None:
    if seconds is None:
        return None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError("no time")
    return datetime.fromtimestamp(seconds, UTC)


def _stamps(header: Mapping[str, Any]) -> list[bytes]:
    """Find the time stamps of a header that nobody signed; anything else has no place in it."""
    found = []
    if header.keys() - {"etsiU"}:
        raise ValueError("what is not signed")
    for one in header.get("etsiU", []):
        held = json.loads(_bytes(one)) if isinstance(one, str) else one
        (stamp,) = held.values()
        if held.keys() != {"sigTst"} or stamp.keys() != {"tstTokens"}:
            raise ValueError("what is no time stamp")
        for token in stamp["tstTokens"]:
            found.append(_canonical_bytes(token["val"]))
    return found


def _canonical_bytes(text: str) -> bytes:
    value = b64decode(text, validate=True)
    if b64encode(value).decode("ascii") != text:
        raise ValueError("not canonical base64")
    return value


def _judged(
    one: Mapping[str, Any], header: Mapping[str, Any], certificate: Certificate, payload: str
) -> Fault | None:
    """Hold one signature against the content, by the certificate that its header names."""
    algorithm, public = header.get("alg"), certificate.parsed.public_key
    if algorithm not in _ALGORITHMS:
        return Fault.ALGORITHM_WEAK
    if weakness(public) is not None:
        return Fault.KEY_WEAK
    is_ec = public.algorithm == "ec"
    if is_ec != (algorithm in _CURVE_OF) or (is_ec and public.curve[1] != _CURVE_OF[algorithm]):
        return Fault.DIGEST_MISMATCH
    named = header.get("x5t#S256")
    if named is not None and named != _text(sha256(certificate.der).digest()):
        return Fault.SIGNER_SWAPPED
    signed: GeneralJSONSerialization = {
        "payload": payload,
        "signatures": [{"protected": one["protected"], "signature": one["signature"]}],
    }
    try:
        jws.deserialize_json(signed, _key(certificate), registry=_Registry())
    except (JoseError, ValueError, TypeError):
        return Fault.SIGNATURE_WRONG
    return None
