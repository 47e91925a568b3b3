"""Lists of certificates that count no longer: signed, dated, and good until a day that they name.

A list holds the first 16 bytes of SHA-256 hashes of certificates' numbers or signatures. The number
has 128 random bits, so that a hash of it tells nobody whose certificate it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, TypeAlias

import attrs

from vnvaxmatch.certify.dcc.algorithms import Algorithm, revocable_part
from vnvaxmatch.certify.dcc.cbor import UnreadableError, read, write
from vnvaxmatch.certify.dcc.cose import open_signed
from vnvaxmatch.certify.dcc.issuing import Issuer
from vnvaxmatch.certify.dcc.outcomes import Fault, Standing
from vnvaxmatch.certify.dcc.signers import SignerCertificate, Signers
from vnvaxmatch.errors import CertifyError, VerificationError

__all__ = [
    "Fetch",
    "SignedList",
    "StatusList",
    "hash_of_identifier",
    "hash_of_signature",
    "make_list",
    "open_list",
    "sign_list",
]

HASH_BYTES: Final = 16
MOST_BYTES: Final = 100_000_000
_CONTENT_TYPE: Final = "application/vnd.vnvaxmatch.dcc-status+cbor"
_VERSION: Final = 1
_LATEST: Final = 253_402_300_799

Fetch: TypeAlias = Callable[[], bytes]
"""Gets the present list from wherever the issuer publishes it; may raise whatever it likes."""


def hash_of_identifier(identifier: str, /) -> bytes:
    """Give the hash by which a certificate's number is listed."""
    return sha256(identifier.encode()).digest()[:HASH_BYTES]


def hash_of_signature(signature: bytes, algorithm: Algorithm, /) -> bytes:
    """Give the hash by which a certificate's signature is listed."""
    return revocable_part(signature, algorithm)[:HASH_BYTES]


def _count(hashes: bytes) -> str:
    return str(len(hashes) // HASH_BYTES)


@attrs.frozen
class StatusList:
    """What counts no longer, of one country's issuers.

    ``number`` grows with every list. ``made`` is when it was true, ``until`` to when it may be
    relied on without asking again. Both sets are hashes one behind the other, in order.
    """

    country: str
    number: int
    made: datetime
    until: datetime
    revoked: bytes = attrs.field(repr=_count)
    superseded: bytes = attrs.field(repr=_count)

    def listed(self, *hashes: bytes) -> Fault | None:
        """Say how one of these hashes is listed, or None."""
        if any(_holds(self.revoked, one) for one in hashes):
            return Fault.LISTED_REVOKED
        if any(_holds(self.superseded, one) for one in hashes):
            return Fault.LISTED_SUPERSEDED
        return None


@attrs.frozen
class SignedList:
    """A status list whose signature was verified, and who signed it."""

    statuses: StatusList
    signer: SignerCertificate

    def speaks_for(self, signer: SignerCertificate, *, country: str | None) -> bool:
        """Say whether it may tell of what this signer signed.

        It must be of the same country, and its signer the same, or the same with a newer
        certificate: nobody clears another's certificates.
        """
        own = self.signer
        same = own.der == signer.der or (own.subject, own.issuer) == (signer.subject, signer.issuer)
        return same and self.statuses.country == country


def make_list(
    *,
    country: str,
    number: int,
    made: datetime,
    good_for: timedelta,
    revoked: Iterable[bytes] = (),
    superseded: Iterable[bytes] = (),
) -> StatusList:
    """Put a list together; whole seconds, hashes in any order."""
    if made.tzinfo is None or not good_for > timedelta(0) or number < 1:
        raise CertifyError(
            "a status list needs a number above 0, a time with a time zone, and some time that it "
            "is good for"
        )
    made = made.astimezone(UTC).replace(microsecond=0)
    sets = [sorted(set(hashes)) for hashes in (revoked, superseded)]
    if any(len(one) != HASH_BYTES for hashes in sets for one in hashes):
        raise CertifyError(f"a hash in a status list has {HASH_BYTES} bytes")
    return StatusList(country, number, made, made + good_for, b"".join(sets[0]), b"".join(sets[1]))


def sign_list(statuses: StatusList, /, *, issuer: Issuer) -> bytes:
    """Sign a list, so that it can be published anywhere or carried along.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where it would outlive its signer.
    """
    signer = issuer.signer
    if not signer.not_before <= statuses.made < statuses.until <= signer.not_after:
        raise CertifyError("the list must begin and end while the signer's certificate is valid")
    if statuses.country != issuer.country:
        raise CertifyError("the list and its issuer are of different countries")
    payload = write(
        [
            _VERSION,
            statuses.country,
            statuses.number,
            int(statuses.made.timestamp()),
            int(statuses.until.timestamp()),
            statuses.revoked,
            statuses.superseded,
        ]
    )
    data, _ = issuer.seal(payload, content_type=_CONTENT_TYPE)
    return data


def open_list(data: bytes, /, *, signers: Signers) -> SignedList:
    """Verify a signed list; :class:`~vnvaxmatch.errors.VerificationError` where it is none.

    Whether it is too old is asked when it is used.
    """
    signed = open_signed(data) if len(data) <= MOST_BYTES else Fault.STATUS_BROKEN
    if isinstance(signed, Fault):
        raise VerificationError(Standing.INVALID, (signed,))
    signer = signers.who(signed)
    if isinstance(signer, Fault):
        raise VerificationError(Standing.UNTRUSTED, (signer,))
    statuses = _statuses(signed.payload) if signed.content_type == _CONTENT_TYPE else None
    if statuses is None or not (
        signer.not_before <= statuses.made < statuses.until <= signer.not_after
    ):
        raise VerificationError(Standing.INVALID, (Fault.STATUS_BROKEN,))
    return SignedList(statuses, signer)


def _statuses(payload: bytes) -> StatusList | None:
    try:
        value = read(payload)
    except UnreadableError:
        return None
    if not isinstance(value, list) or len(value) != 7:
        return None
    version, country, number, made, until, revoked, superseded = value
    if not (
        version == _VERSION
        and isinstance(country, str)
        and _is_count(number)
        and _is_count(made)
        and _is_count(until)
        and _is_ordered(revoked)
        and _is_ordered(superseded)
    ):
        return None
    return StatusList(
        country,
        number,
        datetime.fromtimestamp(made, UTC),
        datetime.fromtimestamp(until, UTC),
        revoked,
        superseded,
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST


def _is_ordered(hashes: Any) -> bool:
    if not isinstance(hashes, bytes) or len(hashes) % HASH_BYTES:
        return False
    each = (hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES))
    return all(one < next_one for one, next_one in pairwise(each))


def _holds(hashes: bytes, wanted: bytes) -> bool:
    low, high = 0, len(hashes) // HASH_BYTES
    while low < high:
        middle = (low + high) // 2
        found = hashes[middle * HASH_BYTES : (middle + 1) * HASH_BYTES]
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False
