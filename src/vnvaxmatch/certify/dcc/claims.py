"""What is signed: the claims of a CWT (RFC 8392), and the document among them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

import attrs

from vnvaxmatch.certify.dcc.cbor import UnreadableError, read, write
from vnvaxmatch.certify.dcc.outcomes import Caution, Fault
from vnvaxmatch.outcome import redact

__all__ = ["Claims", "open_claims", "write_claims"]

_ISSUER, _EXPIRY, _ISSUED, _HEALTH, _DOCUMENT = 1, 4, 6, -260, 1
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""
_LARGEST: Final = 2**63


@attrs.frozen
class Claims:
    """The claims, with every text of the document in Unicode form NFC.

    A time is None where it is missing or no time. ``document`` is plain JSON, and not checked.
    """

    country: str | None
    issued: datetime | None
    expires: datetime | None
    document: Mapping[str, Any] = attrs.field(repr=redact)
    cautions: tuple[Caution, ...] = ()


def open_claims(payload: bytes, /) -> Claims | Fault:
    """Read the signed payload, or say why it holds no certificate."""
    try:
        claims = read(payload)
    except UnreadableError:
        return Fault.CBOR_UNREADABLE
    if not isinstance(claims, dict):
        return Fault.CLAIMS_STRUCTURE
    health = claims.get(_HEALTH)
    if health is None:
        return Fault.CONTENTS_MISSING
    country = claims.get(_ISSUER)
    if not isinstance(health, dict) or not isinstance(country, str | None):
        return Fault.CLAIMS_STRUCTURE
    if _DOCUMENT not in health:
        return Fault.CONTENTS_MISSING
    try:
        document = _plain(health[_DOCUMENT])
    except UnreadableError:
        return Fault.CLAIMS_STRUCTURE
    if not isinstance(document, dict):
        return Fault.CLAIMS_STRUCTURE
    cautions = [] if country else [Caution.COUNTRY_MISSING]
    if document != health[_DOCUMENT]:
        cautions.append(Caution.NOT_NFC)
    return Claims(
        country=country,
        issued=_time(claims.get(_ISSUED)),
        expires=_time(claims.get(_EXPIRY)),
        document=document,
        cautions=tuple(cautions),
    )


def write_claims(
    document: Mapping[str, Any], /, *, country: str, issued: datetime, expires: datetime
) -> bytes:
    """Write claims as the payload to be signed; whole seconds, texts as they are."""
    return write(
        {
            _ISSUER: country,
            _EXPIRY: int(expires.timestamp()),
            _ISSUED: int(issued.timestamp()),
            _HEALTH: {_DOCUMENT: document},
        }
    )


def _plain(value: Any) -> Any:
    """Copy a value with its texts in NFC; what JSON does not have is not readable."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _plain(item) for name, item in value.items()}
    raise UnreadableError


def _time(value: object) -> datetime | None:
    """Read a time in seconds since 1970, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    return datetime.fromtimestamp(value, UTC) if 0 <= value <= _LATEST else None
