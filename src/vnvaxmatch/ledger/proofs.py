"""Checkpoints and proofs as texts, to be kept and checked away from the log.

A checkpoint is written as the body of a C2SP checkpoint (c2sp.org/tlog-checkpoint): its origin, the
size, the root in base64, each on a line. A proof is JSON.
"""

from __future__ import annotations

import base64
import json
from typing import Final, Self

import attrs

from vnvaxmatch.errors import LedgerError, ProofError
from vnvaxmatch.ledger.canonical import canonical
from vnvaxmatch.ledger.events import Checkpoint
from vnvaxmatch.ledger.protocol import Ledger
from vnvaxmatch.ledger.trees import leaf_hash, verify_consistency, verify_inclusion

__all__ = ["ORIGIN", "Consistency", "Proof", "checkpoint_text", "read_checkpoint"]

ORIGIN: Final = "vnvaxmatch.ledger"
"""Whose checkpoint it is, where nobody says."""

_HASH: Final = 32
_LONGEST: Final = 64


def checkpoint_text(checkpoint: Checkpoint, /, *, origin: str = ORIGIN) -> str:
    """Write a checkpoint.

    >>> print(checkpoint_text(Checkpoint(7, bytes(32))), end="")
    vnvaxmatch.ledger
    7
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    """
    return f"{origin}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n"


def read_checkpoint(text: str, /) -> Checkpoint:
    """Read a checkpoint; what stands after an empty line (signatures) is not looked at.

    Raises :class:`~vnvaxmatch.errors.ProofError` if it is none.
    """
    lines = text.replace("\r\n", "\n").partition("\n\n")[0].removesuffix("\n").split("\n")
    try:
        origin, size, root = lines[:3]
        if origin and size.isascii() and size.isdecimal() and len(size) < 20:
            return Checkpoint(int(size), _hash(root))
    except ValueError:
        pass
    raise ProofError(
        "this is no checkpoint: it has three lines, whose log it is of, how many events, the root"
    )


@attrs.frozen
class Proof:
    """That an event is in the log of a size: what its leaf holds, and the hashes beside its way."""

    index: int
    size: int
    content: bytes
    hashes: tuple[bytes, ...]

    @classmethod
    def of(cls, ledger: Ledger, index: int, /, *, size: int | None = None) -> Self:
        """Prove that an event is in a ledger, now or when it had so many events."""
        size = ledger.size if size is None else size
        return cls(index, size, ledger.content(index), ledger.inclusion(index, size=size))

    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """Read a proof. Raises :class:`~vnvaxmatch.errors.ProofError` if it is none."""
        try:
            told = json.loads(text)
            if type(told["index"]) is int and type(told["size"]) is int:
                hashes = tuple(map(_hash, told["hashes"]))
                content = canonical(told["event"]).encode()
                if len(hashes) <= _LONGEST:
                    return cls(told["index"], told["size"], content, hashes)
        except (KeyError, LedgerError, RecursionError, TypeError, ValueError):
            pass  # the cause would hold what stands in it
        raise ProofError("this is no proof: make one with `vnvaxmatch ledger prove`")

    def to_json(self) -> str:
        """Write the proof, with the event as it stands in the log."""
        return json.dumps(
            {
                "index": self.index,
                "size": self.size,
                "event": json.loads(self.content),
                "hashes": [_base64(one) for one in self.hashes],
            },
            ensure_ascii=False,
            indent=1,
        )

    def verify(self, checkpoint: Checkpoint, /) -> None:
        """Verify it against a checkpoint of its size.

        Raises :class:`~vnvaxmatch.errors.ProofError` if it does not show that the event is there.
        """
        if checkpoint.size != self.size:
            raise ProofError(
                f"the proof is for a log of {self.size} events, and the checkpoint of one of "
                f"{checkpoint.size}: prove it for that size"
            )
        verify_inclusion(
            leaf_hash(self.content), self.hashes, index=self.index, checkpoint=checkpoint
        )


@attrs.frozen
class Consistency:
    """That the log of one size begins with that of another: the sizes, and the hashes for it."""

    first: int
    second: int
    hashes: tuple[bytes, ...]

    @classmethod
    def of(cls, ledger: Ledger, first: int, second: int | None = None, /) -> Self:
        """Prove that a ledger, now or when it had so many events, continues an earlier one."""
        second = ledger.size if second is None else second
        return cls(first, second, ledger.consistency(first, second))

    @classmethod
    def from_json(cls, text: str, /) -> Self:
        """Read a proof. Raises :class:`~vnvaxmatch.errors.ProofError` if it is none."""
        try:
            told = json.loads(text)
            sizes = told["first"], told["second"]
            hashes = tuple(map(_hash, told["hashes"]))
            whole = all(type(size) is int for size in sizes)
            if whole and 0 <= sizes[0] <= sizes[1] < 1 << 63 and len(hashes) <= _LONGEST:
                return cls(*sizes, hashes)
        except (KeyError, RecursionError, TypeError, ValueError):
            pass
        raise ProofError(
            "this is no proof of consistency: make one with `vnvaxmatch ledger consistency`"
        )

    def to_json(self) -> str:
        """Write the proof."""
        told = {
            "first": self.first,
            "second": self.second,
            "hashes": [_base64(one) for one in self.hashes],
        }
        return json.dumps(told, indent=1)

    def verify(self, first: Checkpoint, second: Checkpoint, /) -> None:
        """Verify it between two checkpoints, without the log.

        Raises :class:`~vnvaxmatch.errors.ProofError` if it does not show that the log of the second
        begins with the whole log of the first.
        """
        if (first.size, second.size) != (self.first, self.second):
            raise ProofError(
                f"the proof is between {self.first} and {self.second} events, and the checkpoints "
                f"are of {first.size} and {second.size}: prove it for those"
            )
        verify_consistency(first, second, self.hashes)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _hash(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != _HASH:
        raise ValueError("a hash has 32 bytes")
    return raw
