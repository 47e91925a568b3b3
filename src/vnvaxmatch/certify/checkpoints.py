"""The text that is signed for a whole batch: a checkpoint as C2SP writes it.

Source: c2sp.org/tlog-checkpoint (2024). Three lines: whose tree it is (the origin), how many
statements it has, the root in base64. A detached signature covers just these bytes.
"""

from __future__ import annotations

import re
from typing import Final

from vnvaxmatch.errors import CertifyError, ProofError
from vnvaxmatch.ledger import Checkpoint, checkpoint_text, read_checkpoint

__all__ = ["LONGEST", "ORIGIN", "origin_of", "parse_checkpoint", "write_checkpoint"]

ORIGIN: Final = "vnvaxmatch.batch"
"""Whose tree it is, where nobody says. The ledger's is another."""

LONGEST: Final = 500
_ORIGIN: Final = re.compile(r"[!-*,-~]{1,200}")


def write_checkpoint(checkpoint: Checkpoint, /, *, origin: str = ORIGIN) -> bytes:
    """Write a checkpoint; :class:`~vnvaxmatch.errors.CertifyError` for an origin that is none.

    >>> write_checkpoint(Checkpoint(7, bytes(32)), origin="tyt.example/2026").split(b"\\n")[:2]
    [b'tyt.example/2026', b'7']
    """
    if not _ORIGIN.fullmatch(origin):
        raise CertifyError(
            "an origin is 1 to 200 printable ASCII characters without a space or a plus sign, "
            "such as tyt.example/2026"
        )
    return checkpoint_text(checkpoint, origin=origin).encode("ascii")


def parse_checkpoint(content: bytes, /) -> Checkpoint:
    """Read a checkpoint; :class:`~vnvaxmatch.errors.CertifyError` if it is none.

    It must be the one way of writing it, to the byte, of a tree that has a statement.
    """
    try:
        if len(content) <= LONGEST:
            text = content.decode("ascii")
            checkpoint = read_checkpoint(text)
            if checkpoint.size and write_checkpoint(checkpoint, origin=origin_of(text)) == content:
                return checkpoint
    except (CertifyError, ProofError, UnicodeDecodeError):
        pass  # the cause would hold what stands in it
    raise CertifyError("this is no checkpoint of a batch, or it was altered")


def origin_of(checkpoint: str, /) -> str:
    """Give the origin of a checkpoint's text."""
    return checkpoint.partition("\n")[0]
