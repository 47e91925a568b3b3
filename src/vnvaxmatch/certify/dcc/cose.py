"""COSE_Sign1 (RFC 9052): a content, who signed it, and the signature."""

from __future__ import annotations

from typing import Any, Final

import attrs

from vnvaxmatch.certify.dcc.algorithms import Algorithm, Sign
from vnvaxmatch.certify.dcc.cbor import Tagged, UnreadableError, read, write
from vnvaxmatch.certify.dcc.outcomes import Caution, Fault
from vnvaxmatch.outcome import redact

__all__ = ["KEY_ID_BYTES", "Signed", "open_signed", "seal"]

KEY_ID_BYTES: Final = 8
"""A key id is so many first bytes of the SHA-256 of the signer's certificate."""

_SIGN1, _CWT = 18, 61
_ALGORITHM, _CRITICAL, _CONTENT_TYPE, _KEY_ID = 1, 2, 3, 4


@attrs.frozen
class Signed:
    """A signed content, taken apart and not yet verified.

    ``content_type`` is there only where the signature covers it.
    """

    key_id: bytes | None
    algorithm: int | None
    content_type: str
    payload: bytes = attrs.field(repr=redact)
    signature: bytes = attrs.field(repr=False)
    signing: bytes = attrs.field(repr=False)
    cautions: tuple[Caution, ...] = ()


def open_signed(data: bytes, /) -> Signed | Fault:
    """Take a COSE_Sign1 apart, with its tag, within that of a CWT, or bare.

    What the protected header says wins over the other header. A critical header that is not known
    here is refused: the signer said that it must be understood.
    """
    try:
        value = read(data, outer=True)
    except UnreadableError:
        return Fault.COSE_UNREADABLE
    for tag in (_CWT, _SIGN1):
        if isinstance(value, Tagged) and value.tag == tag:
            value = value.value
    if isinstance(value, Tagged):
        return Fault.COSE_TAG
    if not isinstance(value, list) or len(value) != 4:
        return Fault.COSE_STRUCTURE
    protected, unprotected, payload, signature = value
    if not (
        isinstance(protected, bytes)
        and isinstance(unprotected, dict)
        and isinstance(payload, bytes)
        and isinstance(signature, bytes)
    ):
        return Fault.COSE_STRUCTURE
    try:
        header = read(protected) if protected else {}
    except UnreadableError:
        return Fault.COSE_UNREADABLE
    if not isinstance(header, dict):
        return Fault.COSE_STRUCTURE
    if _CRITICAL in header or _CRITICAL in unprotected:
        return Fault.COSE_CRITICAL
    return _signed(header, unprotected, protected, payload, signature)


def _signed(
    header: dict[Any, Any],
    unprotected: dict[Any, Any],
    protected: bytes,
    payload: bytes,
    signature: bytes,
) -> Signed | Fault:
    cautions = []
    if _KEY_ID not in header:
        cautions.append(Caution.KEY_ID_UNPROTECTED)
    if _ALGORITHM not in header:
        cautions.append(Caution.ALGORITHM_UNPROTECTED)
    key_id = header.get(_KEY_ID, unprotected.get(_KEY_ID))
    algorithm = header.get(_ALGORITHM, unprotected.get(_ALGORITHM))
    kind = header.get(_CONTENT_TYPE, "")
    if not isinstance(key_id, bytes | None) or isinstance(algorithm, bool):
        return Fault.COSE_STRUCTURE
    return Signed(
        key_id=key_id,
        algorithm=algorithm if isinstance(algorithm, int) else None,
        content_type=kind if isinstance(kind, str) else "",
        payload=payload,
        signature=signature,
        signing=_signing(protected, payload),
        cautions=tuple(cautions),
    )


def seal(
    payload: bytes, /, *, sign: Sign, algorithm: Algorithm, key_id: bytes, content_type: str = ""
) -> tuple[bytes, bytes]:
    """Sign a payload; give the COSE_Sign1, with its tag, and the signature in it."""
    header: dict[int, int | bytes | str] = {_ALGORITHM: int(algorithm), _KEY_ID: key_id}
    if content_type:
        header[_CONTENT_TYPE] = content_type
    protected = write(header)
    signature = sign(_signing(protected, payload))
    return write(Tagged(_SIGN1, [protected, {}, payload, signature])), signature


def _signing(protected: bytes, payload: bytes) -> bytes:
    return write(["Signature1", protected, b"", payload])
