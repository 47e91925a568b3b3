"""The list of statements that count no longer: signed, dated, and good until a day that it names.

What is signed is canonical JSON; the file holds it with its signatures. ::

    {"list":{"at":"...","number":2,"office":"...","revoked":["<digest>", ...],
             "superseded":[...],"type":"vnvaxmatch.withdrawals/1","until":"..."},
     "signatures":[{...}],"type":"vnvaxmatch.signed-withdrawals/1"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs

from vnvaxmatch.certify.bundles import MOST_SIGNATURES
from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.certify.signers import Signer
from vnvaxmatch.certify.standings import Fault
from vnvaxmatch.certify.texts import parse_time, read_json, time_text, written
from vnvaxmatch.errors import CertifyError

__all__ = ["LONGEST", "SignedWithdrawals", "Withdrawals", "sign_withdrawals"]

LONGEST: Final = 200_000_000
_TYPE: Final = "vnvaxmatch.withdrawals/1"
_SIGNED_TYPE: Final = "vnvaxmatch.signed-withdrawals/1"
_PARTS: Final = {"at", "number", "office", "revoked", "superseded", "type", "until"}
_HEX: Final = re.compile(r"[0-9a-f]{64}")


def _set(digests: Iterable[str]) -> frozenset[str]:
    return frozenset(digests)


def _count(digests: frozenset[str]) -> str:
    return f"<{len(digests)}>"


@attrs.frozen
class Withdrawals:
    """What an office takes back: digests of statements (:attr:`Statement.digest`).

    ``number`` grows with every list. ``at`` is when it was true, ``until`` to when it may be relied
    on without asking again.
    """

    office: str
    number: int
    at: datetime
    until: datetime
    revoked: frozenset[str] = attrs.field(converter=_set, repr=_count)
    superseded: frozenset[str] = attrs.field(converter=_set, repr=_count)

    def __attrs_post_init__(self) -> None:
        if self.number < 0 or not self.at <= self.until:
            raise CertifyError("a list has a number, and some time that it is good for")
        if not all(_HEX.fullmatch(one) for one in (*self.revoked, *self.superseded)):
            raise CertifyError("a list names statements by their digests of 64 hexadecimal digits")

    @classmethod
    def before(cls, *, office: str, at: datetime) -> Withdrawals:
        """Give what comes before an office's first list: nothing is withdrawn, and none signs it.

        >>> from datetime import UTC
        >>> nothing = Withdrawals.before(office="x", at=datetime(2026, 5, 4, tzinfo=UTC))
        >>> nothing.next(at=nothing.at, good_for=timedelta(days=7)).number
        1
        """
        return cls(office, 0, at, at, (), ())

    @property
    def content(self) -> bytes:
        """The bytes that are signed."""
        return written(self._told()).encode()

    def listed(self, digest: str, /) -> Fault | None:
        """Say how a statement is listed, or None."""
        if digest in self.revoked:
            return Fault.LISTED_WITHDRAWN
        return Fault.LISTED_SUPERSEDED if digest in self.superseded else None

    def next(
        self,
        *,
        at: datetime,
        good_for: timedelta,
        revoked: Iterable[str] = (),
        superseded: Iterable[str] = (),
    ) -> Withdrawals:
        """Give the list that follows: what was withdrawn stays so."""
        return attrs.evolve(
            self,
            number=self.number + 1,
            at=at,
            until=at + good_for,
            revoked=self.revoked | set(revoked),
            superseded=self.superseded | set(superseded),
        )

    def _told(self) -> dict[str, Any]:
        return {
            "at": time_text(self.at),
            "number": self.number,
            "office": self.office,
            "revoked": sorted(self.revoked),
            "superseded": sorted(self.superseded),
            "type": _TYPE,
            "until": time_text(self.until),
        }


@attrs.frozen
class SignedWithdrawals:
    """A list with its signatures, read. It is not checked yet."""

    withdrawals: Withdrawals
    signatures: tuple[Signature, ...] = attrs.field(repr=False)

    def to_json(self) -> bytes:
        """Write it."""
        told = {
            "list": self.withdrawals._told(),
            "signatures": [one.as_data() for one in self.signatures],
            "type": _SIGNED_TYPE,
        }
        return written(told).encode()

    @classmethod
    def from_json(cls, data: bytes, /) -> SignedWithdrawals:
        """Read one; :class:`~vnvaxmatch.errors.CertifyError` if it is none."""
        told = read_json(data, LONGEST, "a list of withdrawn statements")
        try:
            if set(told) != {"list", "signatures", "type"} or told["type"] != _SIGNED_TYPE:
                raise ValueError
            signatures = told["signatures"]
            if not isinstance(signatures, list) or len(signatures) > MOST_SIGNATURES:
                raise TypeError
            read = cls(
                _withdrawals(told["list"]), tuple(Signature.from_data(one) for one in signatures)
            )
            if written(told).encode() == data == read.to_json():
                return read
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            pass  # the cause would hold what stands in it
        raise CertifyError("this is not a list of withdrawn statements, or it was altered")


def sign_withdrawals(
    withdrawals: Withdrawals, /, *, signers: Sequence[Signer], at: datetime
) -> SignedWithdrawals:
    """Sign a list. It counts for statements that the same signer signed."""
    if not withdrawals.number or not withdrawals.at < withdrawals.until:
        raise CertifyError("a list needs a number above 0, and some time that it is good for")
    if not signers:
        raise CertifyError("a list of withdrawn statements needs a signer")
    content = withdrawals.content
    return SignedWithdrawals(withdrawals, tuple(one.sign(content, at=at) for one in signers))


def _withdrawals(told: Any) -> Withdrawals:
    if set(told) != _PARTS or told["type"] != _TYPE or not isinstance(told["office"], str):
        raise ValueError
    if type(told["number"]) is not int or told["number"] < 1:
        raise ValueError
    return Withdrawals(
        told["office"],
        told["number"],
        parse_time(told["at"]),
        parse_time(told["until"]),
        _digests(told["revoked"]),
        _digests(told["superseded"]),
    )


def _digests(texts: Any) -> frozenset[str]:
    if not isinstance(texts, list) or any(one >= other for one, other in pairwise(texts)):
        raise ValueError
    return frozenset(texts)
