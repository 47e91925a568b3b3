"""Verify a proof bundle: is it in the batch, who signed that, and does it still count?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

import attrs

from vnvaxmatch.certify.batches import Batch
from vnvaxmatch.certify.bundles import Bundle
from vnvaxmatch.certify.checkpoints import parse_checkpoint
from vnvaxmatch.certify.forms.outcomes import Caution as Odd
from vnvaxmatch.certify.forms.outcomes import SignatureChecked, SignatureStatus, Tree
from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.certify.standings import Caution, Fault, Standing, standing_of
from vnvaxmatch.certify.statements import Statement
from vnvaxmatch.certify.trust import Trust
from vnvaxmatch.certify.trust.verifying import verify_signatures
from vnvaxmatch.certify.withdrawals import SignedWithdrawals, Withdrawals
from vnvaxmatch.errors import CertifyError, ProofError, VerificationError
from vnvaxmatch.ledger import Checkpoint, leaf_hash, root_of, verify_inclusion
from vnvaxmatch.ledger.trees import inclusion_spans

__all__ = [
    "TOLERANCE",
    "CheckSignature",
    "Verified",
    "Verifier",
    "checking",
    "signature_faults",
    "verify",
]

TOLERANCE: Final = timedelta(minutes=5)
"""By so much two clocks may differ before a time is one in the future."""

_HARMLESS: Final = frozenset({Odd.TIME_NOT_PROVEN, Odd.LEAF_ONLY})
"""Cautions of a signature that are told otherwise, or mean nothing here."""

_MOST_REMEMBERED: Final = 1_000

_FAULT_OF: Final = {
    SignatureStatus.INVALID: Fault.SIGNATURE_INVALID,
    SignatureStatus.UNTRUSTED: Fault.SIGNER_UNTRUSTED,
    SignatureStatus.REVOKED: Fault.SIGNER_REVOKED,
    SignatureStatus.EXPIRED: Fault.SIGNER_EXPIRED,
    SignatureStatus.UNKNOWN: Fault.SIGNER_UNDECIDED,
}


class CheckSignature(Protocol):
    """Checks a detached signature at a time, against the trust that it was made with.

    It must give one result for each signer, none where there is no signature, and never raise
    because a signature is bad.
    """

    def __call__(
        self, content: bytes, signature: Signature, /, *, at: datetime
    ) -> Sequence[SignatureChecked]:
        """Check a signature of a content."""
        ...


@attrs.frozen
class Verified:
    """A bundle that was verified at a time, whatever came of it.

    ``statement`` is there where one could be read; it is proven only where ``standing`` is
    ``valid``. ``signatures`` says of each what it is worth and who signed. ``origin``, ``size`` and
    ``index`` tell of which batch, of how many statements, and which of them it is. ``withdrawals``
    is the list that was asked, where it could be believed.
    """

    standing: Standing
    faults: tuple[Fault, ...]
    cautions: tuple[Caution, ...]
    at: datetime
    statement: Statement | None = None
    signatures: tuple[SignatureChecked, ...] = ()
    origin: str = ""
    size: int = 0
    index: int = 0
    withdrawals: Withdrawals | None = None

    def unwrap(self) -> Statement:
        """Give the statement; :class:`~vnvaxmatch.errors.VerificationError` if it is not valid."""
        if self.standing is not Standing.VALID or self.statement is None:
            raise VerificationError(self.standing.value, tuple(one.value for one in self.faults))
        return self.statement


class Verifier:
    """Verifies any number of bundles as of one time.

    A batch has one signature, which is checked once. ``withdrawals`` is the signed list of what
    counts no longer; without one a caution says so, and with ``require_list`` it is a fault.
    ``max_age`` is how old the list may be, if that is less than it says itself.
    """

    def __init__(
        self,
        check: CheckSignature,
        *,
        at: datetime,
        withdrawals: SignedWithdrawals | bytes | None = None,
        max_age: timedelta | None = None,
        require_list: bool = False,
    ) -> None:
        if at.tzinfo is None:
            raise CertifyError("a time without a time zone says nothing: give it one")
        self.at = at
        self._check = check
        self._known: dict[bytes, tuple[SignatureChecked, ...]] = {}
        self._required = require_list
        self._list, self._list_faults, self._list_signers = self._read(withdrawals, max_age)

    def verify(self, bundle: Bundle | bytes, /) -> Verified:
        """Verify a bundle; never raises because of what stands in it."""
        if isinstance(bundle, bytes):
            try:
                bundle = Bundle.from_json(bundle)
            except CertifyError:
                return self._verified([Fault.BUNDLE_UNREADABLE])
        faults = []
        statement = checkpoint = None
        try:
            statement = Statement.read(bundle.content)
        except CertifyError:
            faults.append(Fault.STATEMENT_UNREADABLE)
        try:
            checkpoint = parse_checkpoint(bundle.checkpoint)
        except CertifyError:
            faults.append(Fault.CHECKPOINT_UNREADABLE)
        else:
            faults.extend(_proof_faults(bundle, checkpoint))
        signatures = self.signatures(bundle.checkpoint, bundle.signatures)
        faults.extend(signature_faults(signatures))
        if not bundle.intact:
            faults.append(Fault.BUNDLE_ALTERED)
        if statement is not None:
            faults.extend(self._time_faults(statement, signatures))
            faults.extend(self._listed(statement, signatures))
        return self._verified(
            faults,
            statement=statement,
            signatures=signatures,
            origin=bundle.checkpoint.split(b"\n")[0].decode("ascii", "replace"),
            size=checkpoint.size if checkpoint else 0,
            index=bundle.index,
        )

    def verify_batch(
        self, batch: Batch, /, *, told: Callable[[Statement], None] | None = None
    ) -> Verified:
        """Verify all of a batch: each statement, the tree over them, and the signature of it.

        ``told`` is given each statement. That some of them are listed as withdrawn is no fault of
        the batch: ask by their bundles.
        """
        faults: list[Fault] = []
        first: Statement | None = None

        def leaves() -> Iterator[bytes]:
            nonlocal first
            for index in range(batch.size):
                try:
                    statement = Statement.read_record(batch.line(index), context=batch.context)
                except CertifyError:
                    faults.append(Fault.STATEMENT_UNREADABLE)
                else:
                    first = first or statement
                    if told is not None:
                        told(statement)
                yield batch.leaf(index)

        if root_of(leaves()) != batch.tree.root:
            faults.append(Fault.PROOF_WRONG)
        signatures = self.signatures(batch.checkpoint, batch.signatures)
        faults.extend(signature_faults(signatures))
        if first is not None:
            faults.extend(self._time_faults(first, signatures))
        return self._verified(
            faults,
            signatures=signatures,
            origin=batch.checkpoint.split(b"\n")[0].decode("ascii", "replace"),
            size=batch.size,
        )

    def signatures(
        self, content: bytes, signatures: Sequence[Signature], /
    ) -> tuple[SignatureChecked, ...]:
        """Check signatures of one content, or remember what came of them."""
        key = _key(content, signatures)
        known = self._known.get(key)
        if known is None:
            known = tuple(
                checked for one in signatures for checked in self._check(content, one, at=self.at)
            )
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known

    def _verified(
        self,
        faults: list[Fault],
        *,
        statement: Statement | None = None,
        signatures: tuple[SignatureChecked, ...] = (),
        origin: str = "",
        size: int = 0,
        index: int = 0,
    ) -> Verified:
        found = tuple(dict.fromkeys(faults))
        cautions = []
        if self._list is None and not self._list_faults:
            cautions.append(Caution.LIST_NOT_GIVEN)
        if signatures and not all(one.is_proven for one in signatures):
            cautions.append(Caution.TIME_NOT_PROVEN)
        if any(set(one.cautions) - _HARMLESS for one in signatures):
            cautions.append(Caution.SIGNER_ODD)
        return Verified(
            standing_of(found), found, tuple(cautions), self.at, statement, signatures,
            origin, size, index, self._list,
        )  # fmt: skip

    def _time_faults(
        self, statement: Statement, signatures: Sequence[SignatureChecked]
    ) -> Iterator[Fault]:
        stated = statement.context.at - TOLERANCE
        if stated > self.at:
            yield Fault.STATED_IN_FUTURE
        if any(one.stamp is not None and one.is_proven and stated > one.stamp.at
               for one in signatures):  # fmt: skip
            yield Fault.STATED_AFTER_SIGNING

    def _listed(
        self, statement: Statement, signatures: Sequence[SignatureChecked]
    ) -> Iterator[Fault]:
        if self._list is None:
            yield from self._list_faults
            if self._required and not self._list_faults:
                yield Fault.LIST_MISSING
            return
        if self._list_signers.isdisjoint(map(_who, signatures)):
            yield Fault.LIST_OF_ANOTHER  # nobody takes back what another stated, nor clears it
            return
        listed = self._list.listed(statement.digest)
        if listed is not None:
            yield listed
        yield from self._list_faults

    def _read(
        self, given: SignedWithdrawals | bytes | None, max_age: timedelta | None
    ) -> tuple[Withdrawals | None, list[Fault], frozenset[object]]:
        """Verify the list once. What was withdrawn stays so, also by a list that is stale."""
        if given is None:
            return None, [], frozenset()
        try:
            signed = SignedWithdrawals.from_json(given) if isinstance(given, bytes) else given
        except CertifyError:
            return None, [Fault.LIST_UNREADABLE], frozenset()
        found = signed.withdrawals
        checked = self.signatures(found.content, signed.signatures)
        if not checked or not all(one.is_valid for one in checked):
            return None, [Fault.LIST_UNTRUSTED], frozenset()
        faults = []
        until = found.until if max_age is None else min(found.until, found.at + max_age)
        if until < self.at:
            faults.append(Fault.LIST_STALE)
        if found.at - TOLERANCE > self.at:
            faults.append(Fault.LIST_FROM_FUTURE)
        return found, faults, frozenset(map(_who, checked))


def _key(content: bytes, signatures: Sequence[Signature]) -> bytes:
    """Name what is checked: the content, and all of the signatures that a verifier relies on."""
    told = sha256(sha256(content).digest())
    for one in signatures:
        parts = [one.form.encode(), one.value]
        if one.evidence is not None:
            evidence = one.evidence
            for several in ((evidence.certificate,), evidence.chain, evidence.crls, evidence.ocsps):
                parts += [b"%d" % len(several), *several]
        for part in (b"%d" % len(parts), *parts):
            told.update(sha256(part).digest())
    return told.digest()


def checking(trust: Trust, /, *, tree: Tree | None = None) -> CheckSignature:
    """Check signatures against a trust, in one of its trees or in whichever the signer is."""

    def check(
        content: bytes, signature: Signature, /, *, at: datetime
    ) -> Sequence[SignatureChecked]:
        return verify_signatures(content, signature, trust=trust, at=at, tree=tree)

    return check


def verify(
    bundle: Bundle | bytes,
    /,
    *,
    trust: Trust,
    at: datetime,
    withdrawals: SignedWithdrawals | bytes | None = None,
    max_age: timedelta | None = None,
    require_list: bool = False,
) -> Verified:
    """Verify one bundle; see :class:`Verifier`, which serves for many."""
    return Verifier(
        checking(trust),
        at=at,
        withdrawals=withdrawals,
        max_age=max_age,
        require_list=require_list,
    ).verify(bundle)


def _proof_faults(bundle: Bundle, checkpoint: Checkpoint) -> Iterator[Fault]:
    if not 0 <= bundle.index < checkpoint.size:
        yield Fault.PROOF_INDEX
        return
    if len(bundle.proof) != len(inclusion_spans(bundle.index, size=checkpoint.size)):
        yield Fault.PROOF_LENGTH
        return
    try:
        verify_inclusion(
            leaf_hash(bundle.content), bundle.proof, index=bundle.index, checkpoint=checkpoint
        )
    except ProofError:
        yield Fault.PROOF_WRONG


def signature_faults(signatures: Sequence[SignatureChecked]) -> Iterator[Fault]:
    """Say what is wrong with the signatures of one content: each must be valid, and one there."""
    if not signatures:
        yield Fault.SIGNATURE_MISSING
    for one in signatures:
        if one.status is not SignatureStatus.VALID:
            yield _FAULT_OF[one.status]


def _who(signature: SignatureChecked) -> object:
    """Tell who signed, so that a renewed certificate is the same signer."""
    signer = signature.signer
    if signer is None or not signature.is_valid:
        return object()
    return signer.subject, signer.issuer, signer.tree
