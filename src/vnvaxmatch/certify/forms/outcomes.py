"""What checking a signature or a certificate comes to: the words, and the records that hold them.

These stand below :mod:`vnvaxmatch.certify.trust` and :mod:`vnvaxmatch.certify.signers`, which both
speak them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from vnvaxmatch.errors import VerificationError
from vnvaxmatch.outcome import redact

__all__ = [
    "Caution",
    "Checked",
    "Fault",
    "Form",
    "PathStatus",
    "SignatureChecked",
    "SignatureStatus",
    "Stamped",
    "Tree",
]


class Form(StrEnum):
    """How a detached signature is written."""

    CADES = "cades"
    """CMS with the attributes of CAdES-B, or of CAdES-T where it is time-stamped; DER."""
    JWS = "jws"
    """JSON Web Signature, general JSON form without its payload; UTF-8."""


class Tree(StrEnum):
    """The two trees of trust. They are never merged: a path stays within one of them."""

    GOVERNMENT = "government"
    """Chuyên dùng công vụ: certificates for the service of the state."""
    PUBLIC = "public"
    """Công cộng: certificates of licensed providers."""


class PathStatus(StrEnum):
    """What a certificate is worth at a time. Whatever is not ``valid`` proves nothing."""

    VALID = "valid"
    REVOKED = "revoked"
    """Its issuer withdrew it, or one above it, at or before that time."""
    EXPIRED = "expired"
    """That time is outside its validity, or of one above it: past, or not yet begun."""
    UNTRUSTED = "untrusted"
    """No path leads from it to an anchor of the tree, or it may not sign such a thing."""
    UNKNOWN = "unknown"
    """Whether it was revoked cannot be told. Never to be taken for valid."""


class SignatureStatus(StrEnum):
    """What a signature is worth. Whatever is not ``valid`` proves nothing."""

    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"
    INVALID = "invalid"
    """It is none, or not of these bytes, or it was altered or made by weak means."""


class Fault(StrEnum):
    """Why a signature or a certificate is not valid."""

    NOT_A_SIGNATURE = "not_a_signature"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    NOT_DETACHED = "not_detached"
    SEVERAL_SIGNERS = "several_signers"
    NO_SIGNER = "no_signer"
    ATTRIBUTES_MISSING = "attributes_missing"
    ATTRIBUTES_TWICE = "attributes_twice"
    DIGEST_MISMATCH = "digest_mismatch"
    CONTENT_DIFFERS = "content_differs"
    SIGNATURE_WRONG = "signature_wrong"
    SIGNER_SWAPPED = "signer_swapped"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    CERTIFICATE_BROKEN = "certificate_broken"
    ALGORITHM_WEAK = "algorithm_weak"
    KEY_WEAK = "key_weak"
    HEADER_CRITICAL = "header_critical"
    SIGNED_IN_FUTURE = "signed_in_future"
    SIGNED_OUTSIDE = "signed_outside"
    TIMESTAMP_BROKEN = "timestamp_broken"
    TIMESTAMP_OF_ANOTHER = "timestamp_of_another"
    TIMESTAMP_IN_FUTURE = "timestamp_in_future"
    KEY_USAGE_OTHER = "key_usage_other"
    IS_AUTHORITY = "is_authority"
    NO_PATH = "no_path"
    OTHER_TREE = "other_tree"
    ISSUER_OTHER_KEY = "issuer_other_key"
    PATH_BROKEN = "path_broken"
    NOT_YET_VALID = "not_yet_valid"
    PAST_VALIDITY = "past_validity"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    ISSUER_REVOKED = "issuer_revoked"
    REVOCATION_MISSING = "revocation_missing"
    REVOCATION_STALE = "revocation_stale"
    REVOCATION_BROKEN = "revocation_broken"


class Caution(StrEnum):
    """What is odd about a signature that may nevertheless be good."""

    NOT_CADES = "not_cades"
    """The certificate is not named in what is signed."""
    PADDING_OLD = "padding_old"
    """RSA with the padding of PKCS#1 v1.5, which new signatures should not have."""
    LEAF_ONLY = "leaf_only"
    """It came without the certificates above the signer's: the verifier's own served."""
    LOCAL_TIME = "local_time"
    """The time that the signer states is seven hours ahead: local time written as UTC."""
    TIMES_DIFFER = "times_differ"
    """The time that the signer states and the time stamp are far apart."""
    TIME_MISSING = "time_missing"
    """The signer states no time."""
    TIME_NOT_PROVEN = "time_not_proven"
    """No trusted time stamp: the certificate was checked at the time of verifying."""
    TIMESTAMP_UNTRUSTED = "timestamp_untrusted"
    """There is a time stamp, but its authority is not trusted, and so proves no time."""
    EKU_EMPTY = "eku_empty"
    """The list of what the certificate is for (extended key usage) is there, and empty."""
    EKU_ODD = "eku_odd"
    """That list names nothing that has to do with signing."""
    REVOKED_LATER = "revoked_later"
    """The certificate was revoked after the proven time of signing."""
    KEY_USAGE_MISSING = "key_usage_missing"
    """The certificate does not say what its key is for."""


@attrs.frozen
class Checked:
    """A certificate, checked against the trust at a time.

    ``tree`` is the tree in which a path was found, if any. ``path`` are the SHA-256 fingerprints
    from the certificate to its anchor. ``revoked`` is when it was, where it was.
    """

    status: PathStatus
    reasons: tuple[Fault, ...]
    cautions: tuple[Caution, ...]
    subject: str = attrs.field(repr=redact)
    issuer: str
    tree: Tree | None
    at: datetime
    path: tuple[str, ...] = ()
    revoked: datetime | None = None

    @property
    def is_valid(self) -> bool:
        """Say whether the status is ``valid``."""
        return self.status is PathStatus.VALID


@attrs.frozen
class Stamped:
    """A time stamp (RFC 3161), checked. ``authority`` is the certificate of who made it.

    ``certificates`` (DER) are that certificate and those that came with it.
    """

    at: datetime
    authority: Checked
    certificates: tuple[bytes, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class SignatureChecked:
    """One signature of one signer, checked.

    ``signer`` is None where no certificate could be read. ``claimed`` is the time that the signer
    states; ``stamp`` the time stamp; ``at`` the time at which the certificate was checked: the
    stamp's where it proves one (``is_proven``), otherwise that of verifying.
    """

    status: SignatureStatus
    reasons: tuple[Fault, ...]
    cautions: tuple[Caution, ...]
    form: Form
    at: datetime
    signer: Checked | None = None
    claimed: datetime | None = None
    stamp: Stamped | None = None
    certificate: bytes = attrs.field(default=b"", repr=False)

    @property
    def is_valid(self) -> bool:
        """Say whether the status is ``valid``."""
        return self.status is SignatureStatus.VALID

    @property
    def is_proven(self) -> bool:
        """Say whether a trusted time stamp proves when it was signed, at the latest."""
        return self.stamp is not None and self.stamp.authority.is_valid

    @property
    def signed_at(self) -> datetime | None:
        """The best time known: the proven one, or else what the signer states."""
        return self.stamp.at if self.stamp is not None and self.is_proven else self.claimed

    def unwrap(self) -> SignatureChecked:
        """Give it back where it is valid; else :class:`~vnvaxmatch.errors.VerificationError`."""
        if not self.is_valid:
            raise VerificationError(self.status.value, tuple(fault.value for fault in self.reasons))
        return self
