"""The states of a case, what can happen to one, and which leads where: one table, :data:`MOVES`.

The picture in the documentation is drawn from it. Beside its state a case has two flags, one for
each side that somebody answers for: the police for the identity, the health sector for the
vaccination (dispatch 9438/BYT-CNTT, 5 November 2021). Either may be confirmed first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

__all__ = [
    "CERTIFIED",
    "CLOSED",
    "COMPARISONS",
    "MOVES",
    "OPEN",
    "SIDES",
    "Guard",
    "Kind",
    "Move",
    "Side",
    "State",
    "Step",
    "moves_from",
]


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    """Taken in, and not compared yet."""
    OUT_OF_SCOPE = "out_of_scope"
    """Not Vietnamese: not verified."""
    INCOMPLETE = "incomplete"
    """A mandatory field is missing."""
    MALFORMED = "malformed"
    """The number cannot be one."""
    MISMATCHED = "mismatched"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    ASSIGNED = "assigned"
    """With the commune or the site that is to correct it."""
    CORRECTED = "corrected"
    """Its identity was corrected, and not compared since."""
    MATCHED = "matched"
    """The comparison confirms the identity; the vaccination is not confirmed yet."""
    IDENTITY_CONFIRMED = "identity_confirmed"
    """The police confirm the identity; the vaccination is not confirmed yet."""
    CONFIRMED = "confirmed"
    """Both sides are confirmed."""
    SIGNED = "signed"
    """Certified with a digital signature."""
    MINUTES = "minutes"
    """Certified by minutes (biên bản), where there is no certificate to sign with."""
    SUPERSEDED = "superseded"
    """Another record took the place of the certified one."""
    REVOKED = "revoked"
    """What was certified is withdrawn; a newer list may bring the record in anew."""


class Kind(StrEnum):
    """What an event of a case is: the word that stands in the ledger."""

    RECEIVED = "received"
    """A list brought the record in, as a rule with what its comparison came to."""
    RESTATED = "restated"
    """A newer list says something else than the last one did."""
    COMPARED = "compared"
    ASSIGNED = "assigned"
    CORRECTED = "corrected"
    IDENTITY_CONFIRMED = "identity_confirmed"
    VACCINATION_CONFIRMED = "vaccination_confirmed"
    SIGNED = "signed"
    MINUTES = "minutes"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Step(StrEnum):
    """What the table knows. Most events are one step; a comparison is the one of its outcome.

    A correction is a step for each side that it touches, and a list that brings a record in
    together with its outcome is two: received, then compared.
    """

    RECEIVED = "received"
    MATCHED = "matched"
    MISMATCHED = "mismatched"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    INCOMPLETE = "incomplete"
    MALFORMED = "malformed"
    OUT_OF_SCOPE = "out_of_scope"
    ASSIGNED = "assigned"
    IDENTITY_CORRECTED = "identity_corrected"
    VACCINATION_CORRECTED = "vaccination_corrected"
    CONTACT_CORRECTED = "contact_corrected"
    IDENTITY_CONFIRMED = "identity_confirmed"
    VACCINATION_CONFIRMED = "vaccination_confirmed"
    SIGNED = "signed"
    MINUTES = "minutes"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Side(StrEnum):
    """Which part of a record a field belongs to, and so who answers for it."""

    IDENTITY = "identity"
    VACCINATION = "vaccination"
    CONTACT = "contact"
    """Where somebody is reached. Nobody confirms it, and correcting it undoes nothing."""


SIDES: Final[Mapping[str, Side]] = MappingProxyType(
    {
        "full_name": Side.IDENTITY,
        "date_of_birth": Side.IDENTITY,
        "sex": Side.IDENTITY,
        "id_number": Side.IDENTITY,
        "nationality": Side.IDENTITY,
        "vaccine": Side.VACCINATION,
        "dose_number": Side.VACCINATION,
        "dose_date": Side.VACCINATION,
        "lot": Side.VACCINATION,
        "site": Side.VACCINATION,
        "phone": Side.CONTACT,
        "commune": Side.CONTACT,
        "district": Side.CONTACT,
        "province": Side.CONTACT,
    }
)
"""The fields of a record that can be corrected, by the column they have in a list."""


class Guard(StrEnum):
    """What must hold of a case for a move, beside its state."""

    VACCINATION = "vaccination confirmed"
    NO_VACCINATION = "vaccination not confirmed"
    BY_POLICE = "identity confirmed by the police"
    BY_COMPARISON = "identity confirmed by the comparison"
    WELL_FORMED = "number not malformed"


@attrs.frozen
class Move:
    """A line of the table. ``source`` is None before there is a case; all of ``when`` must hold."""

    source: State | None
    step: Step
    target: State
    when: tuple[Guard, ...] = ()


COMPARISONS: Final = (
    Step.MATCHED, Step.MISMATCHED, Step.NOT_FOUND, Step.AMBIGUOUS,
    Step.INCOMPLETE, Step.MALFORMED, Step.OUT_OF_SCOPE,
)  # fmt: skip
"""The steps of a comparison, one for each outcome."""

CERTIFIED: Final = (State.SIGNED, State.MINUTES)
"""States in which a record is certified."""

CLOSED: Final = (*CERTIFIED, State.SUPERSEDED, State.REVOKED)
"""States in which nothing of a record changes any more."""

OPEN: Final = tuple(state for state in State if state not in CLOSED)
"""States in which there is still something to do."""

_WRONG = (
    State.INCOMPLETE, State.MALFORMED, State.MISMATCHED, State.NOT_FOUND, State.AMBIGUOUS,
)  # fmt: skip
_UNCONFIRMED = (State.RECEIVED, *_WRONG, State.ASSIGNED, State.CORRECTED)
_HELD = (State.CORRECTED, State.MATCHED, State.IDENTITY_CONFIRMED, State.CONFIRMED)


def _table() -> Iterator[Move]:
    yield Move(None, Step.RECEIVED, State.RECEIVED)
    yield Move(State.REVOKED, Step.RECEIVED, State.RECEIVED)
    yield from _compared()
    for state in (*_WRONG, State.ASSIGNED):
        yield Move(state, Step.ASSIGNED, State.ASSIGNED)
    for state in _HELD:  # who is to work on it changes, where it stands does not
        yield Move(state, Step.ASSIGNED, state)
    yield from _corrected()
    yield from _confirmed()
    for step, state in ((Step.SIGNED, State.SIGNED), (Step.MINUTES, State.MINUTES)):
        yield Move(State.CONFIRMED, step, state)
    yield Move(State.MINUTES, Step.SIGNED, State.SIGNED)
    for state in CERTIFIED:
        yield Move(state, Step.SUPERSEDED, State.SUPERSEDED)
        yield Move(state, Step.REVOKED, State.REVOKED)


def _compared() -> Iterator[Move]:
    for step in COMPARISONS:
        outcome = State(step)
        for state in (*_UNCONFIRMED, State.OUT_OF_SCOPE):
            if step is Step.MATCHED:
                yield Move(state, step, State.MATCHED, (Guard.NO_VACCINATION,))
                yield Move(state, step, State.CONFIRMED, (Guard.VACCINATION,))
            else:
                yield Move(state, step, outcome)
        yield Move(State.MATCHED, step, outcome)
        # what the police confirmed, no comparison undoes
        yield Move(State.IDENTITY_CONFIRMED, step, State.IDENTITY_CONFIRMED)
        if step is Step.MATCHED:
            yield Move(State.CONFIRMED, step, State.CONFIRMED)
        else:
            yield Move(State.CONFIRMED, step, State.CONFIRMED, (Guard.BY_POLICE,))
            yield Move(State.CONFIRMED, step, outcome, (Guard.BY_COMPARISON,))


def _corrected() -> Iterator[Move]:
    for state in OPEN:
        yield Move(state, Step.IDENTITY_CORRECTED, State.CORRECTED)
        yield Move(state, Step.CONTACT_CORRECTED, state)
        if state is State.CONFIRMED:
            yield Move(state, Step.VACCINATION_CORRECTED, State.MATCHED, (Guard.BY_COMPARISON,))
            yield Move(
                state, Step.VACCINATION_CORRECTED, State.IDENTITY_CONFIRMED, (Guard.BY_POLICE,)
            )
        else:
            yield Move(state, Step.VACCINATION_CORRECTED, state)


def _confirmed() -> Iterator[Move]:
    police = Step.IDENTITY_CONFIRMED
    for state in (*_WRONG, State.ASSIGNED, State.CORRECTED):
        if state is State.MALFORMED:
            continue  # a number that cannot be one is nobody's to confirm
        guard = (Guard.WELL_FORMED,) if state is State.ASSIGNED else ()
        yield Move(state, police, State.IDENTITY_CONFIRMED, (*guard, Guard.NO_VACCINATION))
        yield Move(state, police, State.CONFIRMED, (*guard, Guard.VACCINATION))
    yield Move(State.MATCHED, police, State.IDENTITY_CONFIRMED)
    yield Move(State.CONFIRMED, police, State.CONFIRMED, (Guard.BY_COMPARISON,))
    for state in _UNCONFIRMED:
        yield Move(state, Step.VACCINATION_CONFIRMED, state, (Guard.NO_VACCINATION,))
    for state in (State.MATCHED, State.IDENTITY_CONFIRMED):
        yield Move(state, Step.VACCINATION_CONFIRMED, State.CONFIRMED)


MOVES: Final[tuple[Move, ...]] = tuple(_table())
"""Every legal move; what is not here is refused. No two lines of a state and a step both hold."""


def _index() -> Mapping[tuple[State | None, Step], tuple[Move, ...]]:
    found: dict[tuple[State | None, Step], tuple[Move, ...]] = {}
    for move in MOVES:
        found[move.source, move.step] = (*found.get((move.source, move.step), ()), move)
    return MappingProxyType(found)


_BY_SOURCE: Final = _index()


def moves_from(state: State | None, step: Step) -> tuple[Move, ...]:
    """Give the lines of a state and a step: none, one, or several with guards.

    >>> [move.target.value for move in moves_from(State.MINUTES, Step.SIGNED)]
    ['signed']
    """
    return _BY_SOURCE.get((state, step), ())
