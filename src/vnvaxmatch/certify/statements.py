"""A statement: what was verified of one record, against what, how, when, by whom, and the outcome.

It is canonical JSON and holds nothing personal: the record is in it as salted digests. ::

    {"context":{"about":{...},"at":"2026-05-04T01:02:03Z","kind":"compared","office":"...",
                "place":"..."},
     "record":{"claim":"<hex>","dose":"<hex>","finding":{...},"reference":"row/17",
               "revokes":[],"supersedes":[]},
     "type":"vnvaxmatch.statement/1"}

The context is that of a whole batch. The digest of a statement, by which others name it, is the
hash of its leaf in the batch's tree.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, NoReturn

import attrs

from vnvaxmatch.certify.salted import Match, Salts, claim_text, digest, dose_text
from vnvaxmatch.errors import CertifyError, LedgerError
from vnvaxmatch.ledger import JSON, leaf_hash
from vnvaxmatch.ledger.canonical import canonical, quoted
from vnvaxmatch.normalize import Encoding

__all__ = [
    "LONGEST",
    "TYPE",
    "Context",
    "Kind",
    "Matches",
    "Statement",
    "parse_time",
    "read_json",
    "time_text",
]

TYPE: Final = "vnvaxmatch.statement/1"
LONGEST: Final = 1 << 18
"""Bytes of a statement."""

_LONGEST_WORDS: Final = 200
_MOST_NAMED: Final = 1_000
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_REFERENCE: Final = re.compile(r"[a-z]+/[A-Za-z0-9._-]{1,100}")


class Kind(StrEnum):
    """What a statement attests."""

    COMPARED = "compared"
    """The identity in the record was compared with a registry; the finding is its outcome."""
    CONFIRMED = "confirmed"
    """The identity and the vaccination were confirmed, by those whom the finding names."""


_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.COMPARED: ("compared", "library", "list", "matcher", "model", "policy", "registry",
                    "tables"),
    Kind.CONFIRMED: ("authority", "ledger", "library", "tables"),
}  # fmt: skip
"""What a context must say, by what its statements attest."""


@attrs.frozen
class Context:
    """What all statements of a batch have in common.

    ``office`` is who states it and ``place`` where, as people write them; ``at`` when, in whole
    seconds. ``about`` says how it was verified. Of a comparison: ``registry`` (its snapshot),
    ``policy``, ``matcher``, ``model``, ``tables``, ``library`` (its version), ``list`` (the digest
    of what was verified) and ``compared`` (when). Of what was confirmed: ``authority`` (the policy
    of who may confirm what), ``ledger`` (size and root of the log of the cases), ``tables`` and
    ``library``. Nothing personal; no fractions.
    """

    kind: Kind = attrs.field(converter=Kind)
    at: datetime = attrs.field(kw_only=True)
    office: str = attrs.field(kw_only=True)
    place: str = attrs.field(default="", kw_only=True)
    about: Mapping[str, JSON] = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        time_text(self.at)
        if not self.office or any(not _is_plain(text) for text in (self.office, self.place)):
            raise CertifyError(
                "the office that states it, and the place, are one line of no more than "
                f"{_LONGEST_WORDS} printable characters"
            )
        missing = [name for name in _NEEDED[self.kind] if name not in self.about]
        if missing:
            raise CertifyError(f"a statement must also say its {', '.join(missing)}")
        self.to_json()

    def to_json(self) -> str:
        """Write it as canonical JSON. Raises :class:`~vnvaxmatch.errors.CertifyError`."""
        return _canonical(
            {
                "about": self.about,
                "at": time_text(self.at),
                "kind": self.kind.value,
                "office": self.office,
                "place": self.place,
            }
        )

    @classmethod
    def of(cls, told: Any, /) -> Context:
        """Read it from parsed JSON; ValueError, TypeError or KeyError where it is none."""
        if set(told) != {"about", "at", "kind", "office", "place"}:
            raise ValueError
        office, place, about = told["office"], told["place"], told["about"]
        if not (isinstance(office, str) and isinstance(place, str) and isinstance(about, dict)):
            raise TypeError
        at = parse_time(told["at"])
        return cls(Kind(told["kind"]), at=at, office=office, place=place, about=about)


@attrs.frozen
class Matches:
    """Whether a statement is about a record that somebody shows: the person, and the dose."""

    claim: Match
    dose: Match

    @property
    def is_shown(self) -> bool:
        """Say whether the person is the same, and nothing that was shown differs."""
        return self.claim is Match.SAME and self.dose is not Match.DIFFERENT


@attrs.frozen
class Statement:
    """What is stated of one record.

    ``claim`` and ``dose`` are salted digests in hexadecimal digits (see :mod:`.salted`), None where
    nothing is stated. ``finding`` is what it came to. ``reference`` names the record without saying
    whose it is: ``row/17`` of the list, ``case/…`` of the ledger. ``supersedes`` and ``revokes``
    are digests of earlier statements of the same office that this one takes back.
    """

    context: Context
    claim: str | None
    dose: str | None
    finding: Mapping[str, JSON]
    reference: str
    supersedes: tuple[str, ...] = ()
    revokes: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        named = (*self.supersedes, *self.revokes)
        digests = [one for one in (self.claim, self.dose) if one is not None]
        if not all(isinstance(one, str) and _HEX.fullmatch(one) for one in (*digests, *named)):
            raise CertifyError("a digest is 64 hexadecimal digits")
        if len(named) > _MOST_NAMED:
            raise CertifyError(f"a statement takes back no more than {_MOST_NAMED} others")
        if not isinstance(self.reference, str) or not _REFERENCE.fullmatch(self.reference):
            raise CertifyError("a reference is a word, a slash, and a number or name in ASCII")

    @property
    def content(self) -> bytes:
        """What the leaf of the statement holds: canonical JSON, in UTF-8."""
        record = record_json(
            self.claim, self.dose, _canonical(self.finding), self.reference,
            supersedes=self.supersedes, revokes=self.revokes,
        )  # fmt: skip
        return (opening(self.context) + record + CLOSING).encode()

    @property
    def digest(self) -> str:
        """The digest by which other statements and lists name it."""
        return leaf_hash(self.content).hex()

    def matches(
        self,
        record: Mapping[str, str],
        /,
        *,
        salts: Salts,
        reference: date | None = None,
        encoding: Encoding | None = None,
    ) -> Matches:
        """Tell whether it is about a record, by its texts and the salts that its holder has.

        ``record`` has texts by column, as a list does; the rest is as in
        :func:`~vnvaxmatch.certify.salted.claim_text`.
        """
        person = claim_text(record, reference=reference, encoding=encoding)
        return Matches(
            _match(self.claim, salts.claim, person),
            _match(self.dose, salts.dose, dose_text(record)),
        )

    @classmethod
    def read(cls, content: bytes, /) -> Statement:
        """Read what a leaf holds; :class:`~vnvaxmatch.errors.CertifyError` if it is no statement.

        It must be the one way of writing it, to the byte.
        """
        told = read_json(content, LONGEST, "a statement")
        try:
            if set(told) != {"context", "record", "type"} or told["type"] != TYPE:
                raise ValueError
            record = told["record"]
            if set(record) != _OF_RECORD or not isinstance(record["finding"], dict):
                raise ValueError
            statement = cls(
                context=Context.of(told["context"]),
                claim=record["claim"],
                dose=record["dose"],
                finding=record["finding"],
                reference=record["reference"],
                supersedes=_texts(record["supersedes"]),
                revokes=_texts(record["revokes"]),
            )
            same = statement.content == content
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            _refuse("a statement")
        if not same:
            _refuse("a statement")
        return statement


_OF_RECORD: Final = {"claim", "dose", "finding", "reference", "revokes", "supersedes"}
CLOSING: Final = f',"type":"{TYPE}"}}'


def opening(context: Context, /) -> str:
    """Write what statements of one context begin with."""
    return f'{{"context":{context.to_json()},"record":'


def record_json(
    claim: str | None,
    dose: str | None,
    finding: str,
    reference: str,
    /,
    *,
    supersedes: Sequence[str] = (),
    revokes: Sequence[str] = (),
) -> str:
    """Write what is stated of one record; the finding is canonical JSON, the rest well-formed."""
    return (
        f'{{"claim":{_hex(claim)},"dose":{_hex(dose)},"finding":{finding},'
        f'"reference":{quoted(reference)},"revokes":{_list(revokes)},'
        f'"supersedes":{_list(supersedes)}}}'
    )


def time_text(at: datetime, /) -> str:
    """Write a time in UTC and whole seconds; one without a time zone is refused.

    >>> time_text(datetime(2026, 5, 4, 1, 2, 3, tzinfo=UTC))
    '2026-05-04T01:02:03Z'
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time without a time zone cannot be certified: give it one")
    told = at.astimezone(UTC)
    if told.year < 1970:
        raise CertifyError("a time before 1970 cannot be certified: set the clock")
    return f"{told.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def parse_time(text: object, /) -> datetime:
    """Read a time as :func:`time_text` writes it; ValueError where it is none."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError("not a time")
    return datetime.fromisoformat(text)


def read_json(content: bytes, most: int, what: str, /) -> dict[str, Any]:
    """Parse a JSON object of no more than so many bytes, or raise CertifyError."""
    try:
        if len(content) > most:
            raise ValueError
        told = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (RecursionError, ValueError):
        _refuse(what)
    if not isinstance(told, dict):
        _refuse(what)
    return told


def _refuse(what: str) -> NoReturn:
    # the cause would hold what stands in it
    raise CertifyError(f"this is not {what}, or it was altered") from None


def _no_constant(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")


def _canonical(value: object) -> str:
    try:
        return canonical(value)
    except LedgerError as error:
        raise CertifyError(f"it cannot be written: {error}") from error


def _is_plain(text: str) -> bool:
    return (
        len(text) <= _LONGEST_WORDS
        and text.isprintable()
        and unicodedata.is_normalized("NFC", text)
        and " ".join(text.split()) == text
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(value)


def _hex(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def _list(digests: Sequence[str]) -> str:
    return f"[{','.join(map(_hex, digests))}]" if digests else "[]"


def _match(stated: str | None, salt: bytes | None, text: str) -> Match:
    if stated is None:
        return Match.NOT_STATED
    if salt is None:
        return Match.NOT_SHOWN
    return Match.SAME if digest(salt, text) == stated else Match.DIFFERENT
