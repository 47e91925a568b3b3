"""What minutes (biên bản) say: who met, where and when, and what they confirm of which cases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sized
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger import Checkpoint
from vnvaxmatch.outcome import redact

__all__ = ["SALT_BYTES", "Confirmed", "Correction", "Minutes", "MinutesCase", "Party", "sized"]

SALT_BYTES: Final = 16
MOST_PARTIES: Final = 12
MOST_CASES: Final = 1_000
_MOST_BASES: Final = 20
_LONGEST_LINE: Final = 200
_LONGEST_BASIS: Final = 600
_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_COMMUNE: Final = re.compile(r"[0-9]{5}")
_MOST_CORRECTIONS: Final = 30
_CASE: Final = re.compile(r"[A-Za-z0-9]{1,100}")


def sized(value: Sized) -> str:
    """Show how much there is of something, and nothing of it."""
    return f"<{len(value)}>"


def _tidy(text: Any) -> str:
    if not isinstance(text, str):
        raise CertifyError("what minutes say is text: put it in quotation marks")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _line(text: str, what: str, /, *, most: int = _LONGEST_LINE, blank: bool = False) -> None:
    if (not text and not blank) or len(text) > most or not text.isprintable():
        raise CertifyError(f"{what} is one line of {0 if blank else 1} to {most} characters")


def _aware(at: datetime, what: str, /) -> None:
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError(f"{what} has no time zone: give it one")


@attrs.frozen
class Party:
    """Somebody who takes part, and in which capacity.

    ``role`` is a word of the minutes' own, such as ``chairman``; it names the place to sign at.
    ``title`` is the office that they hold, ``body`` the one that they speak for. ``certificates``
    are the SHA-256 fingerprints of those that may sign here; where none is given, one in the name
    of the party or of the body may.
    """

    role: str
    name: str = attrs.field(converter=_tidy, repr=redact, kw_only=True)
    title: str = attrs.field(converter=_tidy, kw_only=True)
    body: str = attrs.field(converter=_tidy, kw_only=True)
    required: bool = attrs.field(default=True, kw_only=True)
    certificates: tuple[str, ...] = attrs.field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.role, str) or not _ROLE.fullmatch(self.role):
            raise CertifyError("a role is a word of a-z, 0-9 and _, such as chairman or police")
        for text, what in ((self.name, "name"), (self.title, "title"), (self.body, "body")):
            _line(text, f"the {what} of the party {self.role}", blank=what == "name")
        if not all(isinstance(one, str) and _HEX.fullmatch(one) for one in self.certificates):
            raise CertifyError(
                f"a certificate of the party {self.role} is named by its SHA-256: 64 hexadecimal "
                "digits in small letters"
            )
        if type(self.required) is not bool:
            raise CertifyError(f"whether the party {self.role} is required is true or false")


@attrs.frozen
class Correction:
    """A field (by its column) that says something else than the list did, and why.

    ``by``, ``role`` and ``office`` are of whoever put the present value there: an account.
    ``restated`` where nobody corrected it, and a newer list says so.
    """

    field: str
    before: str = attrs.field(repr=redact)
    after: str = attrs.field(repr=redact)
    reason: str = attrs.field(repr=redact)
    by: str
    role: str
    office: str
    at: datetime
    restated: bool = False


@attrs.frozen
class Confirmed:
    """Who confirmed a side of a record, and when; ``comparison`` where the registry did."""

    by: str
    role: str
    office: str
    at: datetime
    comparison: bool = False


def _bases(several: Iterable[str]) -> tuple[str, ...]:
    return tuple(_tidy(one) for one in several)


def _frozen(values: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(values))


@attrs.frozen
class MinutesCase:
    """A case as the minutes confirm it.

    ``events`` is how many it had, ``index`` and ``leaf`` are those of the last one in the ledger;
    ``row`` is the one of the list that last brought the record in.
    """

    case: str
    row: int
    events: int
    index: int
    leaf: str
    values: Mapping[str, str] = attrs.field(converter=_frozen, repr=redact)
    corrections: tuple[Correction, ...]
    identity: Confirmed
    vaccination: Confirmed

    def __attrs_post_init__(self) -> None:
        if not _CASE.fullmatch(self.case) or not _HEX.fullmatch(self.leaf):
            raise CertifyError("a case has a number of letters and digits, and a leaf in the log")
        if len(self.corrections) > _MOST_CORRECTIONS:
            raise CertifyError(f"case {self.case} has more corrections than a record has fields")
        if min(self.events, self.index + 1, self.row + 1) < 1:
            raise CertifyError(f"case {self.case} has no events, or no place in the log")


def _several(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(items)


@attrs.frozen
class Minutes:
    """Minutes, before anybody signed them: all that stands on their pages.

    ``place`` stands beside the date, ``venue`` is where they met. ``office`` draws them up, under
    ``superior`` if any; ``commune`` is its code of 2025. ``checkpoint`` is that of the ledger when
    the cases were read. ``salt`` (16 random bytes) keeps the digest of the minutes, which stands in
    the clear in the ledger, from being guessed. ``made_with`` names what lays them out.
    """

    number: str = attrs.field(converter=_tidy)
    place: str = attrs.field(converter=_tidy, kw_only=True)
    venue: str = attrs.field(converter=_tidy, kw_only=True)
    began: datetime = attrs.field(kw_only=True)
    ended: datetime = attrs.field(kw_only=True)
    commune: str = attrs.field(kw_only=True)
    office: str = attrs.field(converter=_tidy, kw_only=True)
    superior: str = attrs.field(default="", converter=_tidy, kw_only=True)
    parties: tuple[Party, ...] = attrs.field(converter=_several, kw_only=True)
    bases: tuple[str, ...] = attrs.field(default=(), converter=_bases, kw_only=True)
    cases: tuple[MinutesCase, ...] = attrs.field(converter=_several, repr=sized, kw_only=True)
    checkpoint: Checkpoint = attrs.field(kw_only=True)
    copies: int = attrs.field(default=2, kw_only=True)
    salt: bytes = attrs.field(repr=redact, kw_only=True)
    made_with: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        _line(self.number, "the number of the minutes", most=60)
        for text, what in ((self.place, "place"), (self.venue, "venue"), (self.office, "office")):
            _line(text, f"the {what}")
        _line(self.superior, "the superior office", blank=True)
        for basis in self.bases:
            _line(basis, "a basis", most=_LONGEST_BASIS)
        _aware(self.began, "the beginning")
        _aware(self.ended, "the end")
        if self.ended < self.began:
            raise CertifyError("the minutes end before they begin: give the times anew")
        if not _COMMUNE.fullmatch(self.commune):  # of whichever year: minutes outlive a reform
            raise CertifyError("a commune is its five-digit code since 2025")
        if len(self.salt) != SALT_BYTES or not 1 <= self.copies <= 99:
            raise CertifyError("a salt has 16 bytes, and there are 1 to 99 copies")
        self._check_counts()

    def _check_counts(self) -> None:
        if len(self.bases) > _MOST_BASES:
            raise CertifyError(f"minutes have no more than {_MOST_BASES} bases")
        if not 1 <= len(self.parties) <= MOST_PARTIES:
            raise CertifyError(f"minutes have 1 to {MOST_PARTIES} parties")
        roles = [party.role for party in self.parties]
        if len(set(roles)) != len(roles):
            raise CertifyError("two parties have the same role: give each a word of its own")
        if not any(party.required for party in self.parties):
            raise CertifyError("no party is required: nobody would have to sign")
        if not 1 <= len(self.cases) <= MOST_CASES:
            raise CertifyError(
                f"minutes are of 1 to {MOST_CASES} cases: draw up several, or wait for a case to "
                "be confirmed"
            )
        if len({one.case for one in self.cases}) != len(self.cases):
            raise CertifyError("the same case stands twice in the minutes")

    def party(self, role: str, /) -> Party:
        """Give the party of a role; :class:`~vnvaxmatch.errors.CertifyError` if there is none."""
        for party in self.parties:
            if party.role == role:
                return party
        known = ", ".join(party.role for party in self.parties)
        raise CertifyError(f"the minutes have no party of that role; theirs are {known}")
