"""What checking signed minutes comes to: the words, and the records that hold them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from vnvaxmatch.certify.forms.outcomes import SignatureChecked
from vnvaxmatch.certify.minutes.records import Minutes, Party
from vnvaxmatch.errors import VerificationError
from vnvaxmatch.outcome import redact

__all__ = [
    "Caution",
    "Fault",
    "MinutesChecked",
    "PartyChecked",
    "Scan",
    "Signing",
    "Standing",
]


class Standing(StrEnum):
    """What minutes are worth. Whatever is not ``valid`` proves nothing."""

    VALID = "valid"
    """Every required party signed, each in their own place, and nothing was altered."""
    INCOMPLETE = "incomplete"
    """What is signed is good, and a required signature is missing."""
    WRONG_SIGNER = "wrong_signer"
    """Somebody signed in the place of a required party who is not that party."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"
    """Something could not be checked. Never to be taken for valid."""
    INVALID = "invalid"
    """These are no minutes, or they were altered."""


class Signing(StrEnum):
    """Whether a party signed, and what that is worth."""

    SIGNED = "signed"
    MISSING = "missing"
    WRONG_SIGNER = "wrong_signer"
    OTHER_BODY = "other_body"
    """In the name of the party, by a certificate of another body: outside of the office."""
    SIGNED_TWICE = "signed_twice"
    """By a certificate that signed for another party as well."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"
    INVALID = "invalid"


class Fault(StrEnum):
    """What is wrong with the document as such."""

    UNREADABLE = "unreadable"
    TWIN_MISSING = "twin_missing"
    TWIN_UNREADABLE = "twin_unreadable"
    PAGES_DIFFER = "pages_differ"
    """The pages do not say what the data attached to them say."""
    PLACES_DIFFER = "places_differ"
    """The places to sign at are not those of the parties."""
    COVERAGE = "coverage"
    """A signature does not cover all that was there when it was made."""
    ALTERED = "altered"
    """Something else than a signature was added or changed after one was made."""
    STRANGER = "stranger"
    """A signature stands in no party's place."""
    SCAN_ALTERED = "scan_altered"
    """A scan is not the one that its conversion mark names."""


class Caution(StrEnum):
    """What to mind about minutes that may nevertheless be good."""

    PAGES_NOT_COMPARED = "pages_not_compared"
    """They were laid out by another version: read the pages against the data."""
    BY_NAME_ONLY = "by_name_only"
    """A signer was told by name alone, without the certificate being given beforehand."""
    BODY_NOT_NAMED = "body_not_named"
    """The certificate of a signer names no body."""
    SIGNED_BEFORE_END = "signed_before_end"
    """A signature says that it was made before the minutes ended."""
    TIME_NOT_PROVEN = "time_not_proven"
    """No trusted time stamp says when a signature was made."""
    OPTIONAL_NOT_VALID = "optional_not_valid"
    """A signature that nobody requires is not valid."""
    SCANS = "scans"
    """There are scans of signatures on paper: evidence of its own kind, and no signature here."""


@attrs.frozen
class Scan:
    """A signature on paper, scanned and attached, with its conversion mark.

    ``digest`` is the SHA-256 of the scan, ``by`` and ``office`` are who converted it, ``at`` when.
    """

    role: str
    name: str
    media: str
    digest: str
    by: str = attrs.field(repr=redact)
    office: str
    at: datetime


@attrs.frozen
class PartyChecked:
    """A party, whether it signed, and by whose certificate.

    ``signature`` is None where there is none; ``scans`` are never counted as one. ``others`` are
    the roles of those parties whose certificate it is instead, where somebody else signed.
    """

    party: Party
    signing: Signing
    signature: SignatureChecked | None = None
    cautions: tuple[Caution, ...] = ()
    scans: tuple[Scan, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_signed(self) -> bool:
        """Say whether the party signed validly."""
        return self.signing is Signing.SIGNED


@attrs.frozen
class MinutesChecked:
    """Minutes, checked.

    ``minutes`` and ``digest`` are of the twin, None where it cannot be read. ``strangers`` are the
    signatures that stand in no party's place.
    """

    standing: Standing
    faults: tuple[Fault, ...] = ()
    cautions: tuple[Caution, ...] = ()
    parties: tuple[PartyChecked, ...] = ()
    minutes: Minutes | None = None
    digest: str | None = None
    strangers: tuple[SignatureChecked, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Say whether the standing is ``valid``."""
        return self.standing is Standing.VALID

    @property
    def missing(self) -> tuple[Party, ...]:
        """The required parties who did not sign validly."""
        return tuple(one.party for one in self.parties if one.party.required and not one.is_signed)

    def unwrap(self) -> MinutesChecked:
        """Give it back where it is valid; else :class:`~vnvaxmatch.errors.VerificationError`."""
        if not self.is_valid:
            reasons = [fault.value for fault in self.faults]
            reasons += [
                f"{one.party.role}: {one.signing}"
                for one in self.parties
                if one.party.required and not one.is_signed
            ]
            raise VerificationError(self.standing.value, tuple(reasons))
        return self
