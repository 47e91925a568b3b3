"""Every exception this library raises on purpose.

::

    VnvaxmatchError
    ├── RejectedError          .unwrap() of a text that was rejected
    ├── InputError             a file, a column or an option cannot be used
    │   ├── ColumnError            a mandatory column is missing, or two fit
    │   └── RequestError           a question that was put to us over the wire is none
    ├── OutputError            a result cannot be written
    ├── RegistryError          a registry cannot be opened, read, asked or built
    │   ├── UnreachableError       no answer after all attempts: ask again later
    │   ├── ReplyError             what a remote registry sent back is no answer
    │   ├── NotAuthorisedError     it does not know this client, or does not let it ask
    │   ├── CertificateError       a certificate is missing, expired, or not trusted
    │   └── RefusedError           it refuses the question: wrong address, protocol or settings
    ├── BackendError           no backend of that name, or not a backend
    ├── ModelError             a model cannot be read, or lacks a part
    ├── LedgerError            a ledger cannot be opened, read or written, or an event is none
    │   ├── ConflictError          somebody else wrote to the stream first
    │   └── ProofError             a proof does not prove it
    ├── CaseError              a case cannot be read, or its history is not one
    ├── CertifyError           a certificate, signature or proof cannot be made or read
    │   ├── NotCertifiedError      a record is not certified: nothing is issued for it
    │   ├── SignerRefusedError     a certificate may not sign now: nothing was signed
    │   └── VerificationError      what was checked is not valid
    └── MissingExtraError      an optional part is not installed

A message says what is wrong, where, and what to do; it never holds a value from a record.
All of them take plain arguments, so they pickle.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "CaseError",
    "CertificateError",
    "CertifyError",
    "ColumnError",
    "ConflictError",
    "InputError",
    "LedgerError",
    "MissingExtraError",
    "ModelError",
    "NotAuthorisedError",
    "NotCertifiedError",
    "OutputError",
    "ProofError",
    "RefusedError",
    "RegistryError",
    "RejectedError",
    "ReplyError",
    "RequestError",
    "SignerRefusedError",
    "UnreachableError",
    "VerificationError",
    "VnvaxmatchError",
]


class VnvaxmatchError(Exception):
    """The root of the tree: catch it to catch all of them."""


class RejectedError(VnvaxmatchError):
    """A rejected text was unwrapped. ``reason`` is the code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InputError(VnvaxmatchError):
    """An input cannot be used as it is."""


class ColumnError(InputError):
    """A mandatory column is missing, or several could be meant."""


class RequestError(InputError):
    """A question that came over the wire cannot be read. ``kind`` says how, in one word."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"the request is no question that this codec knows ({self.kind})"


class OutputError(VnvaxmatchError):
    """A result cannot be written."""


class RegistryError(VnvaxmatchError):
    """A registry cannot be opened, read, asked or built. Never means «not found»."""


class ReplyError(RegistryError):
    """A remote registry sent back what is no answer. ``kind`` says how, in one word."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return (
            f"what the registry sent back is no answer ({self.kind}), and nothing is concluded "
            "from it; check the address and the settings of the codec"
        )


class UnreachableError(RegistryError):
    """A registry gave no answer after all attempts: what was asked is undetermined.

    ``kind`` is the last thing that went wrong, a word of
    :class:`vnvaxmatch.backends.remote.Failure`, or ``status_503`` and the like.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message, kind)
        self.kind = kind

    def __str__(self) -> str:
        return str(self.args[0])


class NotAuthorisedError(RegistryError):
    """A registry does not know this client, or does not let it ask. Asking on is of no use."""


class CertificateError(RegistryError):
    """A certificate, the registry's or one's own, is missing, expired or not trusted."""


class RefusedError(RegistryError):
    """A registry refuses the question as such: the address, protocol or settings do not fit."""


class BackendError(VnvaxmatchError):
    """No backend has that name, or what has it is not a backend."""


class ModelError(VnvaxmatchError):
    """A model of match weights cannot be read, or lacks a part."""


class LedgerError(VnvaxmatchError):
    """A ledger cannot be opened, read or written, or what it should keep is no event."""


class ConflictError(LedgerError):
    """A stream has another number of events than its writer expected; nothing was written.

    Read the stream again, decide again, and append again.
    """

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(stream, expected, actual)
        self.stream = stream
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return (
            f"{self.stream} has {self.actual} events, and {self.expected} were expected: somebody "
            "else wrote to it; read it again, and decide again"
        )


class ProofError(LedgerError):
    """A proof does not show what it should: the log is another, or the proof is damaged."""


class CaseError(VnvaxmatchError):
    """A case is not there, cannot be read, or has a history that the rules do not allow."""


class CertifyError(VnvaxmatchError):
    """A certificate, a signature or a proof cannot be made, or cannot be read."""


class NotCertifiedError(CertifyError):
    """A record is not certified, or is no longer: no vaccination certificate is issued for it."""


class SignerRefusedError(CertifyError):
    """A signer's certificate is not valid, and nothing was signed.

    ``status`` says what it is instead, ``faults`` why.
    """

    def __init__(self, status: str, faults: tuple[str, ...], advice: str) -> None:
        super().__init__(status, faults, advice)
        self.status = status
        self.faults = faults
        self.advice = advice

    def __str__(self) -> str:
        why = f" ({', '.join(self.faults)})" if self.faults else ""
        return f"the signer's certificate is {self.status}{why}, nothing was signed: {self.advice}"


class VerificationError(CertifyError):
    """What was checked is not valid. ``standing`` says what it is instead, ``faults`` why."""

    def __init__(self, standing: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(standing, faults)
        self.standing = standing
        self.faults = faults

    def __str__(self) -> str:
        why = f" ({', '.join(self.faults)})" if self.faults else ""
        return f"not valid: {self.standing}{why}"


class MissingExtraError(VnvaxmatchError):
    """An optional part is not installed."""

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.extra = extra

    def __str__(self) -> str:
        return f"this needs an optional part: pip install 'vnvaxmatch[{self.extra}]'"
