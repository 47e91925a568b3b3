"""What checking a proof bundle comes to: the standing, the faults, and what to mind."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from vnvaxmatch.certify.salted import Match
from vnvaxmatch.certify.statements import Kind
from vnvaxmatch.messages import Lang, message

__all__ = ["Caution", "Fault", "Phrase", "Standing", "standing_of", "words_of"]


class Standing(StrEnum):
    """What a statement is worth. Whatever is not ``valid`` proves nothing."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    """The office that stated it took it back."""
    SUPERSEDED = "superseded"
    """The record was corrected, and another statement took the place of this one."""
    REVOKED = "revoked"
    """The signer's certificate was revoked before it is proven to have signed."""
    EXPIRED = "expired"
    """The signer's certificate was not valid at that time."""
    NOT_YET = "not_yet"
    """It is dated after the time at which it was checked."""
    UNTRUSTED = "untrusted"
    """No signer that the verifier trusts signed it."""
    UNKNOWN = "unknown"
    """Something could not be checked. Never to be taken for valid."""
    INVALID = "invalid"
    """It is none, or it was altered."""


class Fault(StrEnum):
    """Why a statement is not valid."""

    BUNDLE_UNREADABLE = "bundle_unreadable"
    STATEMENT_UNREADABLE = "statement_unreadable"
    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    PROOF_INDEX = "proof_index"
    PROOF_LENGTH = "proof_length"
    PROOF_WRONG = "proof_wrong"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_INVALID = "signature_invalid"
    SIGNER_UNTRUSTED = "signer_untrusted"
    SIGNER_REVOKED = "signer_revoked"
    SIGNER_EXPIRED = "signer_expired"
    SIGNER_UNDECIDED = "signer_undecided"
    BUNDLE_ALTERED = "bundle_altered"
    STATED_IN_FUTURE = "stated_in_future"
    STATED_AFTER_SIGNING = "stated_after_signing"
    LISTED_WITHDRAWN = "listed_withdrawn"
    LISTED_SUPERSEDED = "listed_superseded"
    LIST_MISSING = "list_missing"
    LIST_UNREADABLE = "list_unreadable"
    LIST_UNTRUSTED = "list_untrusted"
    LIST_OF_ANOTHER = "list_of_another"
    LIST_STALE = "list_stale"
    LIST_FROM_FUTURE = "list_from_future"


class Caution(StrEnum):
    """What to mind about a statement that may nevertheless be good."""

    LIST_NOT_GIVEN = "list_not_given"
    """Whether it was withdrawn since was not asked."""
    TIME_NOT_PROVEN = "time_not_proven"
    """No trusted time stamp says when it was signed."""
    SIGNER_ODD = "signer_odd"
    """Something is odd about a signature; see its own cautions."""


class Phrase(StrEnum):
    """What a verifier is told beside the codes, by its message."""

    SIGNER = "certify.batch.phrase.signer"
    ISSUER = "certify.batch.phrase.issuer"
    TREE = "certify.batch.phrase.tree"
    SIGNED = "certify.batch.phrase.signed"
    OFFICE = "certify.batch.phrase.office"
    PLACE = "certify.batch.phrase.place"
    STATED = "certify.batch.phrase.stated"
    WHAT = "certify.batch.phrase.what"
    FINDING = "certify.batch.phrase.finding"
    FIELDS = "certify.batch.phrase.fields"
    REASONS = "certify.batch.phrase.reasons"
    IDENTITY = "certify.batch.phrase.identity"
    VACCINATION = "certify.batch.phrase.vaccination"
    REGISTRY = "certify.batch.phrase.registry"
    METHOD = "certify.batch.phrase.method"
    RECORD = "certify.batch.phrase.record"
    DIGEST = "certify.batch.phrase.digest"
    BATCH = "certify.batch.phrase.batch"
    LIST = "certify.batch.phrase.list"
    CHECKED = "certify.batch.phrase.checked"
    PERSON = "certify.batch.phrase.person"
    DOSE = "certify.batch.phrase.dose"
    NOT_PROVEN = "certify.batch.phrase.not_proven"


_STANDING_OF: Final = {
    Fault.SIGNER_UNTRUSTED: Standing.UNTRUSTED,
    Fault.SIGNER_REVOKED: Standing.REVOKED,
    Fault.SIGNER_EXPIRED: Standing.EXPIRED,
    Fault.SIGNER_UNDECIDED: Standing.UNKNOWN,
    Fault.STATED_IN_FUTURE: Standing.NOT_YET,
    Fault.LISTED_WITHDRAWN: Standing.WITHDRAWN,
    Fault.LISTED_SUPERSEDED: Standing.SUPERSEDED,
    Fault.LIST_MISSING: Standing.UNKNOWN,
    Fault.LIST_UNREADABLE: Standing.UNKNOWN,
    Fault.LIST_UNTRUSTED: Standing.UNKNOWN,
    Fault.LIST_OF_ANOTHER: Standing.UNKNOWN,
    Fault.LIST_STALE: Standing.UNKNOWN,
    Fault.LIST_FROM_FUTURE: Standing.UNKNOWN,
}
_WORST_FIRST: Final = (
    Standing.INVALID,
    Standing.UNTRUSTED,
    Standing.REVOKED,
    Standing.EXPIRED,
    Standing.WITHDRAWN,
    Standing.SUPERSEDED,
    Standing.NOT_YET,
    Standing.UNKNOWN,
    Standing.VALID,
)


def standing_of(faults: Iterable[Fault], /) -> Standing:
    """Give the standing that faults come to: the worst of them, valid where there is none.

    >>> standing_of([Fault.LIST_STALE, Fault.SIGNER_REVOKED]).value, standing_of([]).value
    ('revoked', 'valid')
    """
    found = {_STANDING_OF.get(fault, Standing.INVALID) for fault in faults}
    return next((one for one in _WORST_FIRST if one in found), Standing.VALID)


def words_of(code: Standing | Fault | Caution | Kind | Match, /, *, lang: Lang = "vi") -> str:
    """Give the words for a code.

    >>> words_of(Standing.WITHDRAWN, lang="en")
    'Withdrawn by the office that stated it'
    """
    return message(f"certify.batch.{type(code).__name__.lower()}.{code.value}", lang=lang)
