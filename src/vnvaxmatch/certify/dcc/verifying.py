"""Verify a vaccination certificate, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs

from vnvaxmatch.certify.dcc.algorithms import Algorithm
from vnvaxmatch.certify.dcc.claims import Claims, open_claims
from vnvaxmatch.certify.dcc.contents import Contents, cautions_of, contents_of
from vnvaxmatch.certify.dcc.cose import Signed, open_signed
from vnvaxmatch.certify.dcc.envelopes import open_envelope
from vnvaxmatch.certify.dcc.outcomes import Caution, Fault, Result, Standing, Step, step_of
from vnvaxmatch.certify.dcc.schemas import broken_at, kind_of
from vnvaxmatch.certify.dcc.signers import SignerCertificate, Signers
from vnvaxmatch.certify.dcc.statuses import (
    Fetch,
    SignedList,
    hash_of_identifier,
    hash_of_signature,
    open_list,
)
from vnvaxmatch.errors import CertifyError, VerificationError
from vnvaxmatch.outcome import redact

__all__ = ["Source", "Verified", "Vouch", "verify"]

Source: TypeAlias = SignedList | bytes | Fetch
"""Where to see what counts no longer: a list (verified, or as it was signed), or how to get it."""

Vouch: TypeAlias = Callable[[bytes, datetime], str]
"""Says whether a signer's certificate (DER) is trusted at a time.

``valid``, ``unknown``, or another word for why not, as the path statuses of trust trees are.
"""


@attrs.frozen
class Verified:
    """What checking came to. Only ``valid`` proves anything.

    ``results`` has every step. ``contents`` is there only where a trusted signer signed it and it
    has its form: also of an expired or revoked one, and never of an altered one. ``broken`` is
    where the document breaks its schema. ``status_made`` is when the status list was true.
    """

    standing: Standing
    at: datetime
    results: Mapping[Step, Result] = attrs.field(repr=False)
    faults: tuple[Fault, ...] = ()
    cautions: tuple[Caution, ...] = ()
    broken: str = ""
    contents: Contents | None = attrs.field(default=None, repr=redact)
    signer: SignerCertificate | None = None
    status_made: datetime | None = None

    @property
    def status_age(self) -> timedelta | None:
        """How old the status list was; None where there was none."""
        return None if self.status_made is None else self.at - self.status_made

    def unwrap(self) -> Contents:
        """Give the contents of a valid certificate.

        Raises :class:`~vnvaxmatch.errors.VerificationError` for any other.
        """
        if self.standing is not Standing.VALID or self.contents is None:
            raise VerificationError(self.standing, tuple(self.faults))
        return self.contents


_STANDING: Final[Mapping[Fault, Standing]] = {
    Fault.SIGNER_UNKNOWN: Standing.UNTRUSTED,
    Fault.SIGNER_WEAK: Standing.UNTRUSTED,
    Fault.SIGNER_UNTRUSTED: Standing.UNTRUSTED,
    Fault.LISTED_REVOKED: Standing.REVOKED,
    Fault.LISTED_SUPERSEDED: Standing.SUPERSEDED,
    Fault.AFTER_EXPIRY: Standing.EXPIRED,
    Fault.SIGNER_EXPIRED: Standing.EXPIRED,
    Fault.BEFORE_ISSUE: Standing.NOT_YET,
    Fault.SIGNER_NOT_YET: Standing.NOT_YET,
    Fault.SIGNER_UNDECIDED: Standing.UNKNOWN,
    Fault.STATUS_NOT_GIVEN: Standing.UNKNOWN,
    Fault.STATUS_UNREACHABLE: Standing.UNKNOWN,
    Fault.STATUS_BROKEN: Standing.UNKNOWN,
    Fault.STATUS_OTHER_ISSUER: Standing.UNKNOWN,
    Fault.STATUS_STALE: Standing.UNKNOWN,
    Fault.STATUS_FROM_FUTURE: Standing.UNKNOWN,
}
"""What a fault makes of a certificate; any other makes it invalid."""

_WORST_FIRST: Final = (
    Standing.INVALID, Standing.UNTRUSTED, Standing.REVOKED, Standing.SUPERSEDED, Standing.EXPIRED,
    Standing.NOT_YET, Standing.UNKNOWN,
)  # fmt: skip


class _Checking:
    """What is known so far of one certificate."""

    def __init__(self) -> None:
        self.results = dict.fromkeys(Step, Result.NOT_REACHED)
        self.faults: list[Fault] = []
        self.cautions: list[Caution] = []
        self.broken = ""
        self.contents: Contents | None = None
        self.signer: SignerCertificate | None = None
        self.status_made: datetime | None = None

    def take(self, step: Step, faults: Iterable[Fault] = ()) -> None:
        """Note how a step went."""
        found = list(faults)
        self.faults += found
        undecided = bool(found) and all(_STANDING.get(f) is Standing.UNKNOWN for f in found)
        failed = Result.UNKNOWN if undecided else Result.FAILED
        self.results[step] = failed if found else Result.PASSED

    def stopped(self, fault: Fault) -> None:
        """Note the fault of one of the outer steps, and that those before it passed."""
        last = step_of(fault)
        for step in Step:
            if step is last:
                break
            self.take(step)
        self.take(last, [fault])

    def done(self, at: datetime) -> Verified:
        """Sum up."""
        standings = {_STANDING.get(fault, Standing.INVALID) for fault in self.faults}
        standing = next((s for s in _WORST_FIRST if s in standings), Standing.VALID)
        trusted = standing not in (Standing.INVALID, Standing.UNTRUSTED)
        return Verified(
            standing=standing,
            at=at,
            results=MappingProxyType(self.results),
            faults=tuple(self.faults),
            cautions=tuple(dict.fromkeys(self.cautions)),
            broken=self.broken,
            contents=self.contents if trusted else None,
            signer=self.signer,
            status_made=self.status_made,
        )


def verify(
    text: str,
    /,
    *,
    signers: Signers,
    at: datetime,
    status: Source | None,
    status_max_age: timedelta | None = None,
    vouch: Vouch | None = None,
    accept_without_status: bool = False,
) -> Verified:
    """Verify the text of a certificate's QR code as of a time; no text makes it raise.

    ``signers`` are those whose certificates are believed; ``vouch`` asks a trust tree about the one
    that signed, too. ``status`` says what counts no longer: without it, or with one that is too
    old, broken or another issuer's, the answer is ``unknown``. ``status_max_age`` shortens the time
    that the list itself allows. ``accept_without_status`` is for issuers who publish no list: it
    lets revoked certificates pass.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time without a time zone is no time to check at: give it one")
    found = _Checking()
    data = open_envelope(text)
    signed = data if isinstance(data, Fault) else open_signed(data)
    if isinstance(signed, Fault):
        found.stopped(signed)
        return found.done(at)
    for step in (Step.PREFIX, Step.BASE45, Step.COMPRESSION, Step.COSE):
        found.take(step)
    found.cautions += signed.cautions
    signer = signers.who(signed)
    found.take(Step.SIGNATURE, [signer] if isinstance(signer, Fault) else [])
    found.signer = None if isinstance(signer, Fault) else signer
    claims = _document(found, signed)
    if claims is not None:
        found.take(Step.EXPIRY, _times(claims, found.signer, at))
    if found.signer is not None and claims is not None:
        _usage(found, found.signer, claims)
        found.take(Step.TRUST, _trust(found.signer, at, vouch))
        if status is None and accept_without_status:
            found.results[Step.STATUS] = Result.UNKNOWN
            found.cautions.append(Caution.STATUS_SKIPPED)
        else:
            _status(found, signed, claims, status, signers, at, status_max_age, vouch)
    return found.done(at)


def _document(found: _Checking, signed: Signed) -> Claims | None:
    """Read what is signed, and check its form."""
    claims = open_claims(signed.payload)
    if isinstance(claims, Fault):
        found.take(Step.CBOR, [claims])
        return None
    found.take(Step.CBOR)
    found.cautions += claims.cautions
    broken = broken_at(claims.document)
    found.take(Step.SCHEMA, [] if broken is None else [broken[0]])
    if broken is not None:
        found.broken = broken[1]
    else:
        found.contents = contents_of(claims)
        if found.contents is not None:
            found.cautions += cautions_of(found.contents)
    return claims


def _times(claims: Claims, signer: SignerCertificate | None, at: datetime) -> Iterable[Fault]:
    if claims.issued is None or claims.expires is None:
        yield Fault.TIMES_MISSING
        return
    if claims.expires <= claims.issued:
        yield Fault.TIMES_REVERSED
    if at < claims.issued:
        yield Fault.BEFORE_ISSUE
    if at > claims.expires:
        yield Fault.AFTER_EXPIRY
    if signer is None:
        return
    if at < signer.not_before:
        yield Fault.SIGNER_NOT_YET
    if at > signer.not_after:
        yield Fault.SIGNER_EXPIRED
    if claims.issued < signer.not_before or claims.expires > signer.not_after:
        yield Fault.OUTSIDE_SIGNER


def _usage(found: _Checking, signer: SignerCertificate, claims: Claims) -> None:
    kind = kind_of(claims.document)
    if kind is not None:
        found.take(Step.KEY_USAGE, [] if kind in signer.usages else [Fault.KEY_USAGE_OTHER])


def _trust(signer: SignerCertificate, at: datetime, vouch: Vouch | None) -> list[Fault]:
    word = "valid" if vouch is None else str(vouch(signer.der, at))
    if word == "valid":
        return []
    return [Fault.SIGNER_UNDECIDED if word == "unknown" else Fault.SIGNER_UNTRUSTED]


def _status(
    found: _Checking,
    signed: Signed,
    claims: Claims,
    source: Source | None,
    signers: Signers,
    at: datetime,
    max_age: timedelta | None,
    vouch: Vouch | None,
) -> None:
    """Look the certificate up in the status list."""
    if found.contents is None or found.signer is None:
        return
    listed = Fault.STATUS_NOT_GIVEN if source is None else _open(source, signers)
    if isinstance(listed, Fault):
        found.take(Step.STATUS, [listed])
        return
    if not listed.speaks_for(found.signer, country=claims.country):
        found.take(Step.STATUS, [Fault.STATUS_OTHER_ISSUER])
        return
    if listed.signer != found.signer and _trust(listed.signer, at, vouch):
        found.take(Step.STATUS, [Fault.STATUS_BROKEN])
        return
    found.status_made = listed.statuses.made
    algorithm = found.signer.algorithm or Algorithm.ES256
    fault = listed.statuses.listed(
        *map(hash_of_identifier, found.contents.identifiers),
        hash_of_signature(signed.signature, algorithm),
    )
    # what was withdrawn once stays so: an old list is good enough to say it
    found.take(Step.STATUS, [fault] if fault is not None else _age(listed, at, max_age))


def _open(source: Source, signers: Signers) -> SignedList | Fault:
    if isinstance(source, SignedList):
        return source
    if not isinstance(source, bytes):
        try:
            source = source()
        except Exception:  # noqa: BLE001 - however it failed, there is no list to look at
            return Fault.STATUS_UNREACHABLE
    try:
        return open_list(source, signers=signers)
    except VerificationError:
        return Fault.STATUS_BROKEN


def _age(listed: SignedList, at: datetime, max_age: timedelta | None) -> list[Fault]:
    statuses = listed.statuses
    if at < statuses.made:
        return [Fault.STATUS_FROM_FUTURE]
    stale = at >= statuses.until or (max_age is not None and at - statuses.made > max_age)
    return [Fault.STATUS_STALE] if stale else []
