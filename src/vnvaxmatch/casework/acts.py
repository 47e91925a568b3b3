"""What somebody wants done to a case, and whether it may be: before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from vnvaxmatch import normalize
from vnvaxmatch.casework.authority import Actor, Authority
from vnvaxmatch.casework.cases import PREFIX, CaseState, advance, steps_of
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.states import SIDES, Kind, Side
from vnvaxmatch.errors import InputError
from vnvaxmatch.ledger import JSON, Event, Seal
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.outcome import Rejected, redact
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

__all__ = ["Act", "prepare"]

_LONGEST: Final = 200
"""Characters of a reference; a digest or the number of minutes has fewer."""

_LONGEST_NOTE: Final = 2_000

_CONFIRMS: Final = {
    Kind.IDENTITY_CONFIRMED: Side.IDENTITY,
    Kind.VACCINATION_CONFIRMED: Side.VACCINATION,
}

_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "full_name": normalize.name,
        "date_of_birth": normalize.birth,
        "sex": normalize.sex,
        "id_number": normalize.id_number,
        "nationality": normalize.nationality,
        "vaccine": normalize.vaccine,
        "dose_number": normalize.dose_number,
        "dose_date": normalize.dose_date,
    }
)
"""What must be readable, so that a correction does not make a record worse."""


def _frozen(values: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(values))


@attrs.frozen
class Act:
    """Something to be done to a case: made by one of the class methods, done by :class:`Casework`.

    ``note`` is a word to whoever reads the case later. It may be personal, and is kept encrypted.
    """

    kind: Kind
    data: Mapping[str, JSON] = attrs.Factory(dict)
    values: Mapping[str, str] = attrs.field(factory=dict, converter=_frozen, repr=redact)
    note: str = attrs.field(default="", repr=redact)

    @classmethod
    def compared(
        cls,
        outcome: Outcome,
        *,
        wrong: Sequence[Field] = (),
        reasons: Sequence[str] = (),
        made: datetime | None = None,
        about: Mapping[str, JSON] | None = None,
    ) -> Act:
        """Record a comparison of the present values: its outcome and the fields to look at again.

        ``made`` is when it was; ``about`` may name the matcher, the policy and the registry.
        """
        data: dict[str, JSON] = {
            "outcome": Outcome(outcome).value,
            "wrong": [Field(field).value for field in wrong],
            "reasons": list(reasons),
        }
        if made is not None:
            data["made"] = _aware(made).isoformat()
        if about:
            data["about"] = dict(about)
        return cls(Kind.COMPARED, data)

    @classmethod
    def assigned(cls, *, commune: str = "", site: str = "", note: str = "") -> Act:
        """Give a case to a commune of 2025, by its code, or to a vaccination site, or to both."""
        if not commune and not site:
            raise InputError("an assignment names a commune or a site")
        if commune:
            try:
                commune_name(commune)
            except KeyError:
                raise InputError(
                    "a case is assigned to a commune by its five-digit code since 2025"
                ) from None
        data: dict[str, JSON] = {}
        if commune:
            data["commune"] = commune
        if site:
            data["site"] = _reference(site)
        return cls(Kind.ASSIGNED, data, note=_note(note))

    @classmethod
    def corrected(cls, values: Mapping[str, str], *, note: str = "") -> Act:
        """Put right values into fields, by their columns (:data:`~.states.SIDES`)."""
        tidy = {field: " ".join(text.split()) for field, text in values.items()}
        return cls(Kind.CORRECTED, values=tidy, note=_note(note))

    @classmethod
    def confirmed(cls, side: Side, *, note: str = "") -> Act:
        """Say that a side of the record is right as it stands."""
        kinds = {side: kind for kind, side in _CONFIRMS.items()}
        if side not in kinds:
            raise InputError("what is confirmed is the identity or the vaccination")
        return cls(kinds[side], note=_note(note))

    @classmethod
    def signed(cls, reference: str, *, note: str = "") -> Act:
        """Certify with a digital signature; ``reference`` is its digest or number."""
        return cls(Kind.SIGNED, {"reference": _reference(reference)}, note=_note(note))

    @classmethod
    def minutes(cls, reference: str, *, note: str = "") -> Act:
        """Certify by minutes (biên bản); ``reference`` is their number."""
        return cls(Kind.MINUTES, {"reference": _reference(reference)}, note=_note(note))

    @classmethod
    def superseded(cls, reference: str, *, note: str = "") -> Act:
        """Say that another record took this one's place; ``reference`` names it."""
        return cls(Kind.SUPERSEDED, {"reference": _reference(reference)}, note=_note(note))

    @classmethod
    def revoked(cls, reference: str, *, note: str = "") -> Act:
        """Withdraw what was certified; ``reference`` names the decision to do so."""
        return cls(Kind.REVOKED, {"reference": _reference(reference)}, note=_note(note))


def _reference(text: str) -> str:
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > _LONGEST:
        raise InputError(f"a reference has 1 to {_LONGEST} characters, and nothing personal")
    return tidy


def _note(text: str) -> str:
    if len(text) > _LONGEST_NOTE:
        raise InputError(f"a note has no more than {_LONGEST_NOTE} characters")
    return text


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError("a time without a time zone cannot be recorded: give it one")
    return at


def prepare(
    case: CaseState, act: Act, *, actor: Actor, authority: Authority, at: datetime
) -> tuple[Event, CaseState] | Refused:
    """Give the event that an act is, and the state after it, or say why it is refused.

    The role is asked first and the office next, so that nobody learns of a case by trying.
    """
    data = {
        **act.data,
        "actor": actor.id,
        "role": actor.role.value,
        "office": actor.office,
        "authority": str(authority),
    }
    personal = dict(act.values)
    if act.kind is Kind.CORRECTED:
        unknown = tuple(field for field in act.values if field not in SIDES)
        if unknown:
            return Refused(case.case, Refusal.FIELD_UNKNOWN)
        data["fields"] = list(act.values)
    event = Event(f"{PREFIX}{case.case}", act.kind.value, _aware(at), data, personal)
    refusal = _authorised(case, event, actor, authority)
    if refusal is not None:
        return Refused(case.case, refusal)
    if act.kind is Kind.CORRECTED:
        sifted = _sift(case, act.values)
        if isinstance(sifted, Refused):
            # what cannot be corrected at all is not a matter of values
            closed = advance(case, event)
            return Refused(case.case, closed) if isinstance(closed, Refusal) else sifted
        event = attrs.evolve(event, data={**data, "fields": list(sifted)}, personal=dict(sifted))
    after = advance(case, event)
    if isinstance(after, Refusal):
        return Refused(case.case, after)
    side = _CONFIRMS.get(act.kind)
    if side is not None and authority.two_people:
        own = tuple(f for f, who in case.correctors.items() if who == actor.key)
        if any(SIDES.get(field) is side for field in own):
            return Refused(case.case, Refusal.OWN_CORRECTION, own)
    if act.note:
        event = attrs.evolve(event, personal={**event.personal, "note": act.note})
    return attrs.evolve(event, label=after.label), after


def _authorised(
    case: CaseState, event: Event, actor: Actor, authority: Authority
) -> Refusal | None:
    if not authority.allows(actor.role, steps_of(event)):
        return Refusal.ROLE
    sites = (case.site, case.values.get("site", ""))
    if not authority.covers(actor, commune=case.commune, sites=sites):
        return Refusal.OFFICE
    return None


def _sift(case: CaseState, values: Mapping[str, str]) -> Mapping[str, str] | Refused:
    """Leave out what is there already; refuse what cannot be read, or takes a value away."""
    if case.seal is Seal.DESTROYED:
        return Refused(case.case, Refusal.PURGED)
    if case.seal is Seal.LOCKED:
        return Refused(case.case, Refusal.LOCKED)
    new = {f: text for f, text in values.items() if text != _squeezed(case.values.get(f, ""))}
    if not new:
        return Refused(case.case, Refusal.UNCHANGED)
    blank = tuple(f for f, text in new.items() if not text and SIDES[f] is not Side.CONTACT)
    if blank:
        return Refused(case.case, Refusal.VALUE_MISSING, blank)
    bad = tuple(f for f, text in new.items() if text and not _is_readable(f, text))
    if bad:
        return Refused(case.case, Refusal.VALUE_UNREADABLE, bad)
    return new


def _squeezed(text: str) -> str:
    return " ".join(text.split())


_HALF = re.compile("[\ud800-\udfff\x00-\x1f\x7f]")


def _is_readable(field: str, text: str) -> bool:
    if _HALF.search(text) or len(text) > _LONGEST_NOTE:
        return False
    reader = _READERS.get(field)
    return reader is None or not isinstance(reader(text), Rejected)
