"""What checking a vaccination certificate comes to: steps, faults, cautions, and the standing."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["FAULTS_OF", "Caution", "Fault", "Result", "Standing", "Step", "step_of"]


class Standing(StrEnum):
    """What a certificate is worth. Whatever is not ``valid`` proves nothing."""

    VALID = "valid"
    REVOKED = "revoked"
    """The issuer withdrew it."""
    SUPERSEDED = "superseded"
    """The record was corrected, and another certificate took the place of this one."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """It is dated after the time at which it was checked."""
    UNTRUSTED = "untrusted"
    """No signer that the verifier trusts signed it."""
    UNKNOWN = "unknown"
    """Something could not be checked. Never to be taken for valid."""
    INVALID = "invalid"
    """It is none, was altered, or its signer may not sign such a thing."""


class Step(StrEnum):
    """The steps of checking, in their order."""

    PREFIX = "prefix"
    BASE45 = "base45"
    COMPRESSION = "compression"
    COSE = "cose"
    SIGNATURE = "signature"
    CBOR = "cbor"
    SCHEMA = "schema"
    EXPIRY = "expiry"
    KEY_USAGE = "key_usage"
    TRUST = "trust"
    STATUS = "status"


class Result(StrEnum):
    """What a step came to."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It could not be decided."""
    NOT_REACHED = "not_reached"
    """A step before it failed, so that there was nothing to check."""


class Fault(StrEnum):
    """Why a certificate is not valid."""

    PREFIX_OTHER = "prefix_other"
    TEXT_TOO_LONG = "text_too_long"
    BASE45_CHARACTER = "base45_character"
    BASE45_LENGTH = "base45_length"
    BASE45_RANGE = "base45_range"
    NOT_COMPRESSED = "not_compressed"
    COMPRESSION_BROKEN = "compression_broken"
    COMPRESSION_TRAILING = "compression_trailing"
    COMPRESSION_TOO_LARGE = "compression_too_large"
    COSE_UNREADABLE = "cose_unreadable"
    COSE_TAG = "cose_tag"
    COSE_STRUCTURE = "cose_structure"
    COSE_CRITICAL = "cose_critical"
    ALGORITHM_OTHER = "algorithm_other"
    SIGNER_UNKNOWN = "signer_unknown"
    SIGNER_WEAK = "signer_weak"
    SIGNATURE_WRONG = "signature_wrong"
    CBOR_UNREADABLE = "cbor_unreadable"
    CLAIMS_STRUCTURE = "claims_structure"
    CONTENTS_MISSING = "contents_missing"
    SCHEMA_VERSION = "schema_version"
    SCHEMA_BROKEN = "schema_broken"
    TIMES_MISSING = "times_missing"
    TIMES_REVERSED = "times_reversed"
    BEFORE_ISSUE = "before_issue"
    AFTER_EXPIRY = "after_expiry"
    SIGNER_NOT_YET = "signer_not_yet"
    SIGNER_EXPIRED = "signer_expired"
    OUTSIDE_SIGNER = "outside_signer"
    KEY_USAGE_OTHER = "key_usage_other"
    SIGNER_UNTRUSTED = "signer_untrusted"
    SIGNER_UNDECIDED = "signer_undecided"
    LISTED_REVOKED = "listed_revoked"
    LISTED_SUPERSEDED = "listed_superseded"
    STATUS_NOT_GIVEN = "status_not_given"
    STATUS_UNREACHABLE = "status_unreachable"
    STATUS_BROKEN = "status_broken"
    STATUS_OTHER_ISSUER = "status_other_issuer"
    STATUS_STALE = "status_stale"
    STATUS_FROM_FUTURE = "status_from_future"


class Caution(StrEnum):
    """What is odd about a certificate that may nevertheless be good."""

    KEY_ID_UNPROTECTED = "key_id_unprotected"
    ALGORITHM_UNPROTECTED = "algorithm_unprotected"
    COUNTRY_MISSING = "country_missing"
    COUNTRY_DIFFERS = "country_differs"
    NOT_NFC = "not_nfc"
    DISEASE_NOT_LISTED = "disease_not_listed"
    PROPHYLAXIS_NOT_LISTED = "prophylaxis_not_listed"
    PRODUCT_NOT_LISTED = "product_not_listed"
    PRODUCT_WITHDRAWN = "product_withdrawn"
    MAKER_NOT_LISTED = "maker_not_listed"
    MAKER_DIFFERS = "maker_differs"
    PLACE_NOT_LISTED = "place_not_listed"
    TEST_NOT_LISTED = "test_not_listed"
    RESULT_NOT_LISTED = "result_not_listed"
    DOSE_AFTER_ISSUE = "dose_after_issue"
    TIME_IN_DATE = "time_in_date"
    STATUS_SKIPPED = "status_skipped"


FAULTS_OF: dict[Step, frozenset[Fault]] = {
    Step.PREFIX: frozenset({Fault.PREFIX_OTHER, Fault.TEXT_TOO_LONG}),
    Step.BASE45: frozenset(
        {Fault.BASE45_CHARACTER, Fault.BASE45_LENGTH, Fault.BASE45_RANGE},
    ),
    Step.COMPRESSION: frozenset(
        {
            Fault.NOT_COMPRESSED, Fault.COMPRESSION_BROKEN, Fault.COMPRESSION_TRAILING,
            Fault.COMPRESSION_TOO_LARGE,
        }
    ),
    Step.COSE: frozenset(
        {Fault.COSE_UNREADABLE, Fault.COSE_TAG, Fault.COSE_STRUCTURE, Fault.COSE_CRITICAL}
    ),
    Step.SIGNATURE: frozenset(
        {
            Fault.ALGORITHM_OTHER, Fault.SIGNER_UNKNOWN, Fault.SIGNER_WEAK, Fault.SIGNATURE_WRONG,
        }
    ),
    Step.CBOR: frozenset({Fault.CBOR_UNREADABLE, Fault.CLAIMS_STRUCTURE, Fault.CONTENTS_MISSING}),
    Step.SCHEMA: frozenset({Fault.SCHEMA_VERSION, Fault.SCHEMA_BROKEN}),
    Step.EXPIRY: frozenset(
        {
            Fault.TIMES_MISSING, Fault.TIMES_REVERSED, Fault.BEFORE_ISSUE, Fault.AFTER_EXPIRY,
            Fault.SIGNER_NOT_YET, Fault.SIGNER_EXPIRED, Fault.OUTSIDE_SIGNER,
        }
    ),
    Step.KEY_USAGE: frozenset({Fault.KEY_USAGE_OTHER}),
    Step.TRUST: frozenset({Fault.SIGNER_UNTRUSTED, Fault.SIGNER_UNDECIDED}),
    Step.STATUS: frozenset(
        {
            Fault.LISTED_REVOKED, Fault.LISTED_SUPERSEDED, Fault.STATUS_NOT_GIVEN,
            Fault.STATUS_UNREACHABLE, Fault.STATUS_BROKEN, Fault.STATUS_OTHER_ISSUER,
            Fault.STATUS_STALE, Fault.STATUS_FROM_FUTURE,
        }
    ),
}  # fmt: skip
"""Which faults belong to which step."""


def step_of(fault: Fault) -> Step:
    """Tell at which step a fault shows.

    >>> step_of(Fault.SIGNATURE_WRONG).value
    'signature'
    """
    return next(step for step, faults in FAULTS_OF.items() if fault in faults)
