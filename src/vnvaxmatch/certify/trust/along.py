"""One path from a certificate to an anchor: does it hold, and was nothing on it revoked?

Path validation (RFC 5280), lists and answers on revocation are pyhanko-certvalidator's. What stands
here says what is asked of it, and what its answers are called.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import attrs

from vnvaxmatch.certify.forms.certificates import read_certificate, weakness
from vnvaxmatch.certify.forms.outcomes import Caution, Fault, PathStatus
from vnvaxmatch.certify.trust.issuers import KeyKinds
from vnvaxmatch.certify.trust.material import Material
from vnvaxmatch.certify.trust.revocation import Revocations
from vnvaxmatch.errors import MissingExtraError

try:
    from pyhanko_certvalidator.context import ValidationContext
    from pyhanko_certvalidator.errors import (
        CRLValidationError,
        ExpiredError,
        InsufficientRevinfoError,
        NotYetValidError,
        OCSPValidationError,
        RevokedError,
        StaleRevinfoError,
        ValidationError,
    )
    from pyhanko_certvalidator.ltv.poe import POEManager
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo, ValidationTimingParams
    from pyhanko_certvalidator.path import ValidationPath
    from pyhanko_certvalidator.policy_decl import (
        NO_REVOCATION,
        REQUIRE_REVINFO,
        CertRevTrustPolicy,
        FreshnessReqType,
    )
    from pyhanko_certvalidator.registry import CertificateRegistry, SimpleTrustManager
    from pyhanko_certvalidator.revinfo.manager import RevinfoManager
    from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
    from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response
    from pyhanko_certvalidator.validate import async_validate_path
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["FAILURES", "Along", "Asked", "Found"]

_T = TypeVar("_T")

_TOLERANCE: Final = timedelta(seconds=1)

_ANY_AGE: Final = CertRevTrustPolicy(
    NO_REVOCATION,
    freshness=timedelta(days=100 * 365),
    freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
)
_FRESH: Final = CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True)
_HARMLESS: Final = frozenset({"affiliation_changed", "superseded", "cessation_of_operation"})
"""Reasons for which an authority that stamps times is revoked, and its older stamps stay good."""
FAILURES: Final = (
    ValidationError, CRLValidationError, OCSPValidationError, ValueError, TypeError, KeyError,
    OverflowError, NotImplementedError, RecursionError, AssertionError, AttributeError,
)  # fmt: skip
"""What the validator ends in, where a path or a list is bad, or is no such thing at all."""


@attrs.frozen(eq=False)
class Asked:
    """What is asked: at which time, with what came along, and whether for stamping times."""

    at: datetime
    came: Material
    stamping: bool


@attrs.frozen
class Found:
    """What one path, or one tree, comes to."""

    status: PathStatus
    reasons: tuple[Fault, ...] = ()
    cautions: tuple[Caution, ...] = ()
    path: tuple[str, ...] = ()
    revoked: datetime | None = None


@attrs.frozen(eq=False)
class Along:
    """One path, and what it is checked with."""

    path: ValidationPath
    manager: SimpleTrustManager
    registry: CertificateRegistry
    revocations: Revocations
    asked: Asked

    def found(self) -> Found:
        """Check the path as such, then whether anything says revoked, then whether that is fresh.

        A list out of date proves nothing good, but what it says was revoked was revoked.
        """
        context = self._context(self.revocations, _ANY_AGE)
        if (broken := self._as_such(context)) is not None:
            return broken
        names = tuple(one.sha256.hex() for one in reversed([self.path.first, *self.certificates]))
        held: Found | None = None
        cautions: tuple[Caution, ...] = ()
        for certificate, error in self._ever_revoked(context):
            reason = error.reason.native
            if error.revocation_dt > self.asked.at and not (
                # what a stolen key stamps bears any date (RFC 3161, section 4)
                self.asked.stamping and reason not in _HARMLESS
            ):
                cautions = (Caution.REVOKED_LATER,)
                continue
            above = certificate is not self.certificates[-1]
            hold = reason == "certificate_hold"
            fault = Fault.ON_HOLD if hold else Fault.ISSUER_REVOKED if above else Fault.REVOKED
            revoked = Found(PathStatus.REVOKED, (fault,), path=names, revoked=error.revocation_dt)
            if not hold:
                return revoked
            held = held or revoked  # a hold may have been lifted since: what is fresh tells
        fresh = self._freshly()
        if fresh.status is not PathStatus.VALID:
            return held or attrs.evolve(fresh, path=names)
        return attrs.evolve(fresh, path=names, cautions=cautions)

    @property
    def certificates(self) -> list[Any]:
        """The certificates below the anchor, the lowest last."""
        return [self.path[index] for index in range(1, self.path.pkix_len + 1)]

    def _as_such(self, context: ValidationContext) -> Found | None:
        names = tuple(one.sha256.hex() for one in reversed([self.path.first, *self.certificates]))
        try:
            if any(weakness(one.public_key) for one in self.certificates):
                return Found(PathStatus.UNTRUSTED, (Fault.KEY_WEAK,), path=names)
            _driven(async_validate_path(context, self.path))
            if fault := read_certificate(self.path.first.dump()).covers(self.asked.at):
                return Found(PathStatus.EXPIRED, (fault,), path=names)
        except ExpiredError:
            return Found(PathStatus.EXPIRED, (Fault.PAST_VALIDITY,), path=names)
        except NotYetValidError:
            return Found(PathStatus.EXPIRED, (Fault.NOT_YET_VALID,), path=names)
        except FAILURES:
            return Found(PathStatus.UNTRUSTED, (Fault.PATH_BROKEN,))
        return None

    def _ever_revoked(self, context: ValidationContext) -> Iterator[tuple[Any, RevokedError]]:
        """Give what any list or answer, of whatever age, says was ever revoked on the path."""
        for certificate in self.certificates:
            for look in (verify_crl, verify_ocsp_response):
                try:
                    _driven(look(certificate, self.path, context))
                except RevokedError as error:
                    yield certificate, error
                except FAILURES:
                    continue

    def _freshly(self) -> Found:
        """Ask for a word on every certificate of the path, in force at the time or given later."""
        known = self.revocations.usable(self.certificates)
        try:
            _driven(async_validate_path(self._context(known, _FRESH), self.path))
        except RevokedError as error:
            return Found(PathStatus.REVOKED, (Fault.REVOKED,), revoked=error.revocation_dt)
        except StaleRevinfoError:
            return Found(PathStatus.UNKNOWN, (Fault.REVOCATION_STALE,))
        except InsufficientRevinfoError:
            fault = Fault.REVOCATION_BROKEN if known else Fault.REVOCATION_MISSING
            return Found(PathStatus.UNKNOWN, (fault,))
        except FAILURES:
            return Found(PathStatus.UNKNOWN, (Fault.REVOCATION_BROKEN,))
        return Found(PathStatus.VALID)

    def _context(self, known: Revocations, policy: CertRevTrustPolicy) -> ValidationContext:
        proofs = POEManager()
        context = ValidationContext(
            trust_manager=self.manager,
            certificate_registry=self.registry,
            moment=self.asked.at,
            revinfo_policy=policy,
            time_tolerance=_TOLERANCE,
            poe_manager=proofs,
            signature_validator=KeyKinds(),
            revinfo_manager=RevinfoManager(self.registry, proofs, known.crls, known.ocsps),
        )
        if policy is _ANY_AGE:  # so that it tells also what was revoked after that time, and when
            at = self.asked.at
            context.timing_params = ValidationTimingParams(
                ValidationTimingInfo(at, at, point_in_time_validation=False), _TOLERANCE
            )
        return context


def _driven(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to its end what never waits: nothing is fetched here, so there is nothing to wait for.

    No event loop is needed, so that it works inside of one as well.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        result: _T = stop.value
        return result
    finally:
        work.close()
    raise RuntimeError("the validator waited for something, and nothing was to be fetched")
