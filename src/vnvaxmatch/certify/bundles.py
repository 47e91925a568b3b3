"""A proof bundle: all that is needed to check one statement, in one JSON file that stands alone.

::

    {"checkpoint":"<origin>\\n<size>\\n<root>\\n","index":16,"proof":["<base64>", ...],
     "sha256":"<of this file without it>","signatures":[{...}],"statement":{...},
     "type":"vnvaxmatch.bundle/1"}

It is written in one way only (canonical JSON), so that no byte of it can change unseen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.certify.texts import read_json, written
from vnvaxmatch.errors import CertifyError

__all__ = ["LONGEST", "TYPE", "Bundle"]

TYPE: Final = "vnvaxmatch.bundle/1"
LONGEST: Final = 20_000_000
"""Bytes of a bundle; a signature brings the revocation lists of its time with it."""

MOST_SIGNATURES: Final = 16
_MOST_HASHES: Final = 64
_HASH: Final = 32
_PARTS: Final = {"checkpoint", "index", "proof", "sha256", "signatures", "statement", "type"}


@attrs.frozen
class Bundle:
    """A statement, the proof that it is in a batch, and what was signed of that batch.

    ``content`` is what the statement's leaf holds, and ``checkpoint`` the bytes that were signed.
    It is not checked yet: see :func:`~vnvaxmatch.certify.verifying.verify`. ``intact`` is whether
    its own digest fits.
    """

    content: bytes = attrs.field(repr=False)
    index: int
    proof: tuple[bytes, ...] = attrs.field(repr=False)
    checkpoint: bytes
    signatures: tuple[Signature, ...] = attrs.field(repr=False)
    intact: bool = True

    def to_json(self) -> bytes:
        """Write the bundle."""
        told = self._told()
        return written({**told, "sha256": _digest(told)}).encode()

    def _told(self) -> dict[str, Any]:
        return {
            "checkpoint": self.checkpoint.decode("ascii"),
            "index": self.index,
            "proof": [base64.b64encode(one).decode("ascii") for one in self.proof],
            "signatures": [one.as_data() for one in self.signatures],
            "statement": read_json(self.content, LONGEST, "a statement"),
            "type": TYPE,
        }

    @classmethod
    def from_json(cls, data: bytes, /) -> Bundle:
        """Read a bundle; :class:`~vnvaxmatch.errors.CertifyError` if it is none."""
        told = read_json(data, LONGEST, "a proof bundle")
        try:
            if set(told) != _PARTS or told["type"] != TYPE or written(told).encode() != data:
                raise ValueError
            if type(told["index"]) is not int or not 0 <= told["index"] < 2**53:
                raise ValueError
            if not isinstance(told["statement"], dict):
                raise TypeError
            stated = told.pop("sha256")
            read = cls(
                content=written(told["statement"]).encode(),
                index=told["index"],
                proof=tuple(_hash(one) for one in _some(told["proof"], _MOST_HASHES)),
                checkpoint=told["checkpoint"].encode("ascii"),
                signatures=tuple(
                    Signature.from_data(one) for one in _some(told["signatures"], MOST_SIGNATURES)
                ),
                intact=stated == _digest(told),
            )
            if read._told() != told:  # something stands in it that nobody reads
                raise ValueError
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            # the cause would hold what stands in it
            raise CertifyError("this is not a proof bundle, or it was altered") from None
        return read


def _digest(told: dict[str, Any]) -> str:
    return sha256(written(told).encode()).hexdigest()


def _some(values: object, most: int) -> Sequence[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise TypeError
    return values


def _hash(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError from None
    if len(raw) != _HASH or base64.b64encode(raw).decode("ascii") != text:
        raise ValueError
    return raw
