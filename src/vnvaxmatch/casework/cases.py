"""A case is what its events say: a pure fold over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from vnvaxmatch.casework.authority import Role, plain
from vnvaxmatch.casework.refusals import Refusal
from vnvaxmatch.casework.standings import Standing, day_of
from vnvaxmatch.casework.states import (
    CERTIFIED,
    CLOSED,
    COMPARISONS,
    SIDES,
    Guard,
    Kind,
    Side,
    State,
    Step,
    moves_from,
)
from vnvaxmatch.errors import CaseError
from vnvaxmatch.ledger import Event, Recorded, Seal
from vnvaxmatch.outcome import redact
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

__all__ = [
    "BESIDE",
    "FIELD_OF",
    "PREFIX",
    "CaseState",
    "Confirmation",
    "advance",
    "state_of",
    "steps_of",
]

PREFIX: Final = "case/"
"""What the names of the streams of cases begin with."""

FIELD_OF: Final[Mapping[str, Field]] = {
    "full_name": Field.NAME,
    "date_of_birth": Field.BIRTH,
    "sex": Field.SEX,
    "id_number": Field.ID_NUMBER,
}
"""Columns that are compared, and the fields they are."""


BESIDE: Final = frozenset({"note"})
"""Personal texts of an event that are no values of the record."""

_LOST: Final = frozenset({Seal.LOCKED, Seal.DESTROYED})


@attrs.frozen
class Confirmation:
    """Who confirmed a side, when, and by which event. ``comparison``: the registry did."""

    by: str
    role: Role
    at: datetime
    number: int
    comparison: bool = False


@attrs.frozen
class CaseState:
    """Where a case stands after so many events.

    ``outcome``, ``wrong`` (fields to look at again) and ``reasons`` are those of the last
    comparison, as far as it still speaks of the present values. ``stated`` is what lists last
    said, ``values`` what holds now; both by column, and empty where they cannot be read (``seal``).
    ``correctors`` names who put the present value into a field. ``undone`` are the sides whose
    confirmation the last event undid.
    """

    case: str
    state: State
    number: int
    opened: datetime
    touched: datetime
    commune: str | None = None
    site: str = ""
    list_id: str = ""
    row: int = 0
    made: str = ""
    outcome: Outcome | None = None
    wrong: tuple[Field, ...] = ()
    reasons: tuple[str, ...] = ()
    identity: Confirmation | None = None
    vaccination: Confirmation | None = None
    correctors: Mapping[str, str] = attrs.Factory(dict)
    values: Mapping[str, str] = attrs.field(factory=dict, repr=redact)
    stated: Mapping[str, str] = attrs.field(factory=dict, repr=redact)
    undone: tuple[Side, ...] = ()
    seal: Seal = Seal.NONE

    @property
    def label(self) -> str:
        """What the ledger keeps beside its stream, to count by."""
        return Standing(
            state=self.state,
            commune=self.commune,
            wrong=self.wrong,
            identity=self.identity is not None,
            vaccination=self.vaccination is not None,
            day=day_of(self.touched),
        ).label


def state_of(events: Iterable[Recorded]) -> CaseState:
    """Fold the events of one case into its state.

    Raises :class:`CaseError` where there are none, or one of them could not have happened.
    """
    case: CaseState | None = None
    for recorded in events:
        event = recorded.event
        try:
            after = advance(case, event, seal=recorded.seal)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CaseError(
                f"event {recorded.number} of {event.stream} cannot be read: the ledger was written "
                "by something else, or by a newer version"
            ) from error
        if isinstance(after, Refusal):
            where = "nothing" if case is None else case.state.value
            raise CaseError(
                f"event {recorded.number} of {event.stream} ({event.kind}) cannot follow {where}: "
                f"{after}; the ledger was written by something else"
            )
        case = after
    if case is None:
        raise CaseError(
            "there is no such case: the result sheet of `casework apply` names those of its rows"
        )
    return case


def steps_of(event: Event) -> tuple[Step, ...]:
    """Tell which steps of the table an event is, in their order."""
    kind = Kind(event.kind)
    outcome = event.data.get("outcome")
    compared = () if outcome is None else (Step(Outcome(str(outcome))),)
    match kind:
        case Kind.RECEIVED:
            return (Step.RECEIVED, *compared)
        case Kind.COMPARED:
            return (Step(Outcome(str(event.data["outcome"]))),)
        case Kind.CORRECTED | Kind.RESTATED:
            touched = {SIDES[field] for field in _texts(event.data["fields"])}
            return (*(Step(f"{side}_corrected") for side in Side if side in touched), *compared)
        case _:
            return (Step(kind),)


def advance(case: CaseState | None, event: Event, *, seal: Seal = Seal.OPEN) -> CaseState | Refusal:
    """Give the state after an event, or why it cannot happen.

    It does not ask who acts: that is the authority's. What stands in the event is trusted to be
    well-formed.
    """
    if case is None and event.kind != Kind.RECEIVED:
        return Refusal.NO_SUCH_CASE
    at = event.at.astimezone(UTC)
    before = case or CaseState(event.stream.removeprefix(PREFIX), State.RECEIVED, 0, at, at)
    after: CaseState | Refusal = attrs.evolve(
        before, number=before.number + 1, touched=max(before.touched, at), undone=()
    )
    source = None if case is None else case.state
    for step in steps_of(event):
        if isinstance(after, Refusal):
            return after
        after = _take(after, source, step, event)
        source = None if isinstance(after, Refusal) else after.state
    return after if isinstance(after, Refusal) else _written(after, event, seal)


def _take(case: CaseState, source: State | None, step: Step, event: Event) -> CaseState | Refusal:
    """Take one step of the table."""
    lines = [m for m in moves_from(source, step) if all(_holds(case, g) for g in m.when)]
    if not lines:
        return _why_not(case, source, step)
    (move,) = lines
    changes: dict[str, Any] = {"state": move.target}
    if step is Step.RECEIVED:
        changes.update(
            outcome=None, wrong=(), reasons=(), identity=None, vaccination=None, correctors={}
        )
    elif step in COMPARISONS:
        changes.update(_compared(case, step, event))
    elif step is Step.IDENTITY_CORRECTED:
        touched = {FIELD_OF.get(field) for field in _texts(event.data["fields"])}
        left = tuple(field for field in case.wrong if field not in touched)
        changes.update(outcome=None, wrong=left, reasons=(), identity=None)
    elif step is Step.VACCINATION_CORRECTED:
        changes.update(vaccination=None)
    elif step is Step.IDENTITY_CONFIRMED:
        changes.update(identity=_confirmation(case, event), wrong=())
    elif step is Step.VACCINATION_CONFIRMED:
        changes.update(vaccination=_confirmation(case, event))
    after = attrs.evolve(case, **changes)
    undone = tuple(
        side
        for side, had, has in (
            (Side.IDENTITY, case.identity, after.identity),
            (Side.VACCINATION, case.vaccination, after.vaccination),
        )
        if had is not None and has is None
    )
    return attrs.evolve(after, undone=(*case.undone, *undone))


def _compared(case: CaseState, step: Step, event: Event) -> dict[str, Any]:
    """Tell what a comparison changes; what the police confirmed stays theirs."""
    changes: dict[str, Any] = {
        "outcome": Outcome(step),
        "wrong": tuple(Field(field) for field in _texts(event.data.get("wrong", ()))),
        "reasons": _texts(event.data.get("reasons", ())),
    }
    if case.identity is None or case.identity.comparison:
        matched = step is Step.MATCHED
        changes["identity"] = _confirmation(case, event, comparison=True) if matched else None
    return changes


def _confirmation(case: CaseState, event: Event, *, comparison: bool = False) -> Confirmation:
    return Confirmation(
        by=str(event.data["actor"]),
        role=Role(str(event.data["role"])),
        at=event.at,
        number=case.number,
        comparison=comparison,
    )


def _written(case: CaseState, event: Event, seal: Seal) -> CaseState:
    """Take over what an event writes: values, who put them there, where the case belongs."""
    kind, data = Kind(event.kind), event.data
    changes = _values(case, event, seal)
    if kind is Kind.RECEIVED or kind is Kind.RESTATED:
        changes.update(list_id=data["list"], row=data["row"], made=data["made"])
    elif kind is Kind.COMPARED:
        changes["made"] = data.get("made", case.made)
    if kind in (Kind.RECEIVED, Kind.RESTATED, Kind.ASSIGNED) and data.get("commune"):
        changes["commune"] = data["commune"]
    if kind is Kind.ASSIGNED and data.get("site"):
        changes["site"] = data["site"]
    if kind is Kind.CORRECTED:
        key = plain(str(data["actor"]))
        changes["correctors"] = {**case.correctors, **dict.fromkeys(_texts(data["fields"]), key)}
    elif kind is Kind.RESTATED:
        gone = set(_texts(data["fields"]))
        changes["correctors"] = {f: who for f, who in case.correctors.items() if f not in gone}
    return attrs.evolve(case, **changes)


def _values(case: CaseState, event: Event, seal: Seal) -> dict[str, Any]:
    """Tell the values after an event; none at all where some cannot be read."""
    told = {name: text for name, text in event.personal.items() if name not in BESIDE}
    if event.kind == Kind.RECEIVED:  # also when it comes in anew: whatever was before is over
        return {"seal": seal if seal in _LOST or told else Seal.NONE, "values": told,
                "stated": told}  # fmt: skip
    if seal in _LOST or case.seal in _LOST:
        return {"seal": seal if seal in _LOST else case.seal, "values": {}, "stated": {}}
    if not told:
        return {}
    if event.kind == Kind.RESTATED:
        touched = {f: text for f, text in told.items() if f in _texts(event.data["fields"])}
        return {
            "seal": Seal.OPEN,
            "values": {**case.values, **touched},
            "stated": {**case.stated, **told},
        }
    return {"seal": Seal.OPEN, "values": {**case.values, **told}}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()


def _holds(case: CaseState, guard: Guard) -> bool:
    match guard:
        case Guard.VACCINATION:
            return case.vaccination is not None
        case Guard.NO_VACCINATION:
            return case.vaccination is None
        case Guard.BY_POLICE:
            return case.identity is not None and not case.identity.comparison
        case Guard.BY_COMPARISON:
            return case.identity is not None and case.identity.comparison
        case Guard.WELL_FORMED:
            return case.outcome is not Outcome.MALFORMED


_NOT_CONFIRMED: Final = {
    (False, False): Refusal.NOT_CONFIRMED,
    (False, True): Refusal.IDENTITY_NOT_CONFIRMED,
    (True, False): Refusal.VACCINATION_NOT_CONFIRMED,
}


def _why_not(case: CaseState, source: State | None, step: Step) -> Refusal:
    """Say why the table has no line; the first reason that a person can do something about."""
    if source is None:
        return Refusal.NO_SUCH_CASE
    if step is Step.RECEIVED:
        return Refusal.ALREADY_RECEIVED
    if source in CERTIFIED:
        return Refusal.ALREADY_CERTIFIED
    if source in CLOSED:
        return Refusal.CLOSED
    if step in (Step.SUPERSEDED, Step.REVOKED):
        return Refusal.NOT_CERTIFIED
    if step in (Step.SIGNED, Step.MINUTES):
        return _NOT_CONFIRMED[case.identity is not None, case.vaccination is not None]
    if source is State.OUT_OF_SCOPE:
        return Refusal.NOT_VERIFIED
    if source is State.RECEIVED and step in (Step.ASSIGNED, Step.IDENTITY_CONFIRMED):
        return Refusal.NOT_COMPARED
    if case.outcome is Outcome.MALFORMED and step is Step.IDENTITY_CONFIRMED:
        return Refusal.NUMBER_MALFORMED
    return Refusal.ALREADY_CONFIRMED
