"""Signed checkpoints of a ledger, and the audit that holds a whole ledger against them.

A signed checkpoint is a folder, in the forms of a batch::

    checkpoint          the text that is signed: whose log, how many events, the root
    checkpoint.p7s      the signature of it as openssl reads it (or .jws)
    signatures.json     the signatures, with the evidence of their time
    consistency.json    that the log continues an earlier checkpoint, where one was named

``checkpoint`` is what :meth:`vnvaxmatch.ledger.Proof.verify` wants, and
:meth:`vnvaxmatch.ledger.Consistency.verify`: both need neither the ledger nor a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import attrs

from vnvaxmatch.certify.batches import CHECKPOINT, ENDINGS, SIGNATURES
from vnvaxmatch.certify.bundles import LONGEST, MOST_SIGNATURES
from vnvaxmatch.certify.checkpoints import origin_of, parse_checkpoint, write_checkpoint
from vnvaxmatch.certify.folders import new_folder
from vnvaxmatch.certify.forms.outcomes import SignatureChecked
from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.certify.signers import Signer
from vnvaxmatch.certify.signers.protocol import sign_by_all
from vnvaxmatch.certify.standings import Fault, Standing, standing_of
from vnvaxmatch.certify.texts import read_json, refuse, written
from vnvaxmatch.certify.verifying import CheckSignature, Verifier, signature_faults
from vnvaxmatch.errors import CertifyError, InputError, LedgerError, ProofError, VerificationError
from vnvaxmatch.ledger import (
    Checked,
    Checkpoint,
    Consistency,
    Ledger,
    Progress,
    verify_consistency,
)
from vnvaxmatch.ledger.proofs import ORIGIN

__all__ = [
    "CONSISTENCY",
    "Audited",
    "Continuity",
    "Pinned",
    "SignedCheckpoint",
    "audit",
    "sign_checkpoint",
]

CONSISTENCY: Final = "consistency.json"
_WHAT: Final = "a signed checkpoint of a ledger"


class Continuity(StrEnum):
    """How a log stands to a checkpoint that was taken earlier."""

    CONTINUED = "continued"
    """The log begins with all that the checkpoint is of."""
    DIFFERENT = "different"
    """The log begins with something else: it was written anew."""
    SHORTER = "shorter"
    """The log has fewer events than the checkpoint: the last ones are gone."""
    OTHER_ORIGIN = "other_origin"
    """The checkpoint says that it is of another log, or of a batch."""
    UNDECIDED = "undecided"
    """The log is not sound before that size, so that nothing can be said."""


@attrs.frozen
class SignedCheckpoint:
    """A checkpoint of a ledger with its signatures, read. It is not checked yet."""

    content: bytes
    signatures: tuple[Signature, ...] = attrs.field(repr=False)

    @classmethod
    def read(cls, folder: str | Path, /) -> SignedCheckpoint:
        """Read a folder that :func:`sign_checkpoint` wrote.

        Raises :class:`~vnvaxmatch.errors.VerificationError` if it is none or was altered, and
        :class:`~vnvaxmatch.errors.InputError` where a file is missing or cannot be opened.
        """
        where = Path(folder)
        content, kept = _content(where / CHECKPOINT), _content(where / SIGNATURES)
        try:
            parse_checkpoint(content)
            return cls(content, _signatures(kept))
        except CertifyError:
            # the cause would hold what stands in it
            faults = (Fault.CHECKPOINT_UNREADABLE.value,)
            raise VerificationError(Standing.INVALID.value, faults) from None

    @property
    def checkpoint(self) -> Checkpoint:
        """The size and the root that were signed."""
        return parse_checkpoint(self.content)

    @property
    def origin(self) -> str:
        """Whose log it is."""
        return origin_of(self.content.decode("ascii"))


@attrs.frozen
class Pinned:
    """One signed checkpoint, held against the log: does the log continue it, and who signed it?"""

    checkpoint: Checkpoint
    continuity: Continuity
    faults: tuple[Fault, ...]
    signatures: tuple[SignatureChecked, ...] = ()


@attrs.frozen
class Audited:
    """A ledger that was audited at a time: what computing it anew came to, and each checkpoint."""

    log: Checked
    pinned: tuple[Pinned, ...]
    at: datetime

    @property
    def standing(self) -> Standing:
        """Say what the audit comes to: the worst of all that was found."""
        pins = self.pinned
        if not self.log.sound or any(one.continuity is not Continuity.CONTINUED for one in pins):
            return Standing.INVALID
        return standing_of(fault for one in pins for fault in one.faults)

    def unwrap(self) -> Checkpoint:
        """Give the checkpoint of the log; raise where the audit did not come to ``valid``.

        The error is a :class:`~vnvaxmatch.errors.VerificationError`.
        """
        if self.standing is not Standing.VALID:
            faults = [] if self.log.fault is None else [self.log.fault.value]
            if self.log.astray:
                faults.append("astray")
            for one in self.pinned:
                if one.continuity is not Continuity.CONTINUED:
                    faults.append(one.continuity.value)
                faults += [fault.value for fault in one.faults]
            raise VerificationError(self.standing.value, tuple(dict.fromkeys(faults)))
        return self.log.checkpoint


def sign_checkpoint(
    ledger: Ledger,
    /,
    *,
    signers: Sequence[Signer],
    out: Path,
    at: datetime,
    since: Checkpoint | None = None,
    origin: str = ORIGIN,
    progress: Progress | None = None,
) -> SignedCheckpoint:
    """Compute a ledger anew, sign its checkpoint, and write both as a new folder.

    What is not sound, empty, or does not continue ``since`` is not signed:
    :class:`~vnvaxmatch.errors.CertifyError`. The folder appears whole or not at all.
    """
    if not signers:
        raise CertifyError("a checkpoint needs a signer")
    checked = ledger.check(since=since, progress=progress)
    if not checked.sound:
        why = "astray" if checked.fault is None else f"event {checked.index}: {checked.fault}"
        raise CertifyError(
            f"the ledger is not sound ({why}), and was not signed: see `vnvaxmatch ledger check`"
        )
    end = checked.checkpoint
    if not end.size:
        raise CertifyError("the ledger has no events: there is nothing to sign")
    content = write_checkpoint(end, origin=origin)
    with new_folder(out) as folder:
        signed = SignedCheckpoint(content, sign_by_all(signers, content, at=at))
        (folder / CHECKPOINT).write_bytes(content)
        for number, signature in enumerate(signed.signatures):
            suffix = "" if number == 0 else f"-{number + 1}"
            name = f"{CHECKPOINT}{suffix}{ENDINGS[signature.form]}"
            (folder / name).write_bytes(signature.value)
        told = {"signatures": [one.as_data() for one in signed.signatures]}
        (folder / SIGNATURES).write_text(written(told) + "\n", encoding="utf-8")
        if since is not None:
            proof = Consistency.of(ledger, since.size, end.size)
            (folder / CONSISTENCY).write_text(proof.to_json() + "\n", encoding="utf-8")
    return signed


def audit(
    ledger: Ledger,
    /,
    *,
    at: datetime,
    pinned: Sequence[SignedCheckpoint] = (),
    check: CheckSignature | None = None,
    origin: str = ORIGIN,
    progress: Progress | None = None,
) -> Audited:
    """Compute a whole ledger anew, and hold it against checkpoints that were signed earlier.

    ``check`` is made by :func:`~vnvaxmatch.certify.verifying.checking`; without it no signature is
    believed, and the audit of a ledger with checkpoints is ``unknown``. Personal values that were
    destroyed are none that is missed.
    """
    log = ledger.check(progress=progress)
    verifier = None if check is None else Verifier(check, at=at)
    found = []
    for one in pinned:
        signatures: tuple[SignatureChecked, ...] = ()
        faults = [Fault.SIGNER_UNDECIDED]
        if verifier is not None:
            signatures = verifier.signatures(one.content, one.signatures)
            faults = list(dict.fromkeys(signature_faults(signatures)))
        continuity = _continuity(ledger, one, log, origin=origin)
        found.append(Pinned(one.checkpoint, continuity, tuple(faults), signatures))
    return Audited(log, tuple(found), at)


def _continuity(ledger: Ledger, pin: SignedCheckpoint, log: Checked, *, origin: str) -> Continuity:
    """Hold a checkpoint against what was computed anew, not against what the ledger says."""
    first, end = pin.checkpoint, log.checkpoint
    if pin.origin != origin:
        return Continuity.OTHER_ORIGIN
    if first.size > end.size:
        return Continuity.SHORTER if log.fault is None else Continuity.UNDECIDED
    try:
        verify_consistency(first, end, ledger.consistency(first.size, end.size))
    except ProofError:
        return Continuity.DIFFERENT
    except LedgerError:
        return Continuity.UNDECIDED
    return Continuity.CONTINUED


def _signatures(content: bytes) -> tuple[Signature, ...]:
    told = read_json(content, LONGEST, _WHAT)
    several = told.get("signatures")
    # there is one way of writing it, so that nothing stands in it that nobody reads
    if set(told) != {"signatures"} or f"{written(told)}\n".encode() != content:
        refuse(_WHAT)
    if not isinstance(several, list) or len(several) > MOST_SIGNATURES:
        refuse(_WHAT)
    return tuple(map(Signature.from_data, several))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{path.parent} is no signed checkpoint: it has no {path.name}; name a folder that "
            "`vnvaxmatch certify checkpoint` wrote"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
