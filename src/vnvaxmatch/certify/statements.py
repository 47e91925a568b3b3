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

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import attrs

from vnvaxmatch.certify.salted import Match, Salts, claim_text, digest, dose_text
from vnvaxmatch.certify.texts import parse_time, read_json, refuse, time_text, written
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger import JSON, leaf_hash
from vnvaxmatch.ledger.canonical import quoted
from vnvaxmatch.normalize import Encoding

__all__ = [
    "LONGEST",
    "TYPE",
    "Context",
    "Kind",
    "Matches",
    "Statement",
    "check_statement",
    "opening",
    "record_json",
]

TYPE: Final = "vnvaxmatch.statement/1"
LONGEST: Final = 1 << 18
"""Bytes of a statement."""

_LONGEST_WORDS: Final = 200
_MOST_NAMED: Final = 1_000
_HEX: Final = re.compile(r"[0-9a-f]{64}")
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
        return written(
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
        for one in (self.claim, self.dose):
            if one is not None and not _HEX.fullmatch(one):
                raise CertifyError("a digest is 64 hexadecimal digits")
        _check_names(self.reference, (*self.supersedes, *self.revokes))

    @property
    def content(self) -> bytes:
        """What the leaf of the statement holds: canonical JSON, in UTF-8."""
        return (opening(self.context) + self._record() + CLOSING).encode()

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
            statement = cls._of(Context.of(told["context"]), told["record"])
            same = statement.content == content
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            refuse("a statement")
        if not same:
            refuse("a statement")
        return statement

    @classmethod
    def read_record(cls, line: bytes, /, *, context: Context) -> Statement:
        """Read what is stated of one record, in a context that was read before; as :meth:`read`."""
        told = read_json(line, LONGEST, "a statement")
        try:
            statement = cls._of(context, told)
            same = statement._record().encode() == line
        except (AttributeError, CertifyError, KeyError, TypeError, ValueError):
            refuse("a statement")
        if not same:
            refuse("a statement")
        return statement

    @classmethod
    def _of(cls, context: Context, record: Any) -> Statement:
        if set(record) != _OF_RECORD or not isinstance(record["finding"], dict):
            raise ValueError
        return cls(
            context=context,
            claim=record["claim"],
            dose=record["dose"],
            finding=record["finding"],
            reference=record["reference"],
            supersedes=_texts(record["supersedes"]),
            revokes=_texts(record["revokes"]),
        )

    def _record(self) -> str:
        return record_json(
            self.claim,
            self.dose,
            written(self.finding),
            self.reference,
            supersedes=self.supersedes,
            revokes=self.revokes,
        )


_OF_RECORD: Final = {"claim", "dose", "finding", "reference", "revokes", "supersedes"}
CLOSING: Final = f',"type":"{TYPE}"}}'


def opening(context: Context, /) -> str:
    """Write what statements of one context begin with."""
    return f'{{"context":{context.to_json()},"record":'


def check_statement(finding: str, reference: str, named: Sequence[str], /) -> None:
    """Refuse what would be signed, and could then be read by nobody.

    The finding is canonical JSON, ``named`` digests of other statements. Raises
    :class:`~vnvaxmatch.errors.CertifyError`.
    """
    _check_finding(finding)
    _check_names(reference, named)


def _check_names(reference: str, named: Sequence[str]) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise CertifyError("a reference is a word, a slash, and a number or name in ASCII")
    if len(named) > _MOST_NAMED or not all(_HEX.fullmatch(one) for one in named):
        raise CertifyError(
            f"a statement takes back no more than {_MOST_NAMED} others, by their digests of 64 "
            "hexadecimal digits"
        )


@lru_cache(maxsize=1 << 14)
def _check_finding(finding: str) -> None:
    if written(read_json(finding.encode(), LONGEST // 2, "a finding")) != finding:
        raise CertifyError("a finding is an object of canonical JSON: write it with canonical()")


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
