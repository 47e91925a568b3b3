"""What a report tells: figures alone, with nothing in them that is anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

from vnvaxmatch.casework.states import CERTIFIED, OPEN, State
from vnvaxmatch.casework.status import Count, Status
from vnvaxmatch.ledger import Checkpoint

__all__ = ["AGES", "STAGES", "TO_DO", "Campaign", "Correction", "Site", "Stage"]


class Stage(StrEnum):
    """How far a case has come, as far as a chart tells it; every state to be verified is of one."""

    CERTIFIED = "certified"
    CONFIRMED = "confirmed"
    """Both sides are confirmed: it is to be certified."""
    HALF = "half"
    """The identity is right: the vaccination is to be confirmed."""
    WORK = "work"
    """Somebody works on it, or it is to be compared."""
    WRONG = "wrong"
    """Wrong or incomplete, and nobody's yet."""
    ENDED = "ended"
    """It was certified, and is so no more."""


STAGES: Final[Mapping[Stage, tuple[State, ...]]] = MappingProxyType(
    {
        Stage.CERTIFIED: CERTIFIED,
        Stage.CONFIRMED: (State.CONFIRMED,),
        Stage.HALF: (State.MATCHED, State.IDENTITY_CONFIRMED),
        Stage.WORK: (State.RECEIVED, State.ASSIGNED, State.CORRECTED),
        Stage.WRONG: (
            State.INCOMPLETE, State.MALFORMED, State.MISMATCHED, State.NOT_FOUND, State.AMBIGUOUS,
        ),
        Stage.ENDED: (State.SUPERSEDED, State.REVOKED),
    }
)  # fmt: skip
"""The states of each stage. What is not verified at all is of none."""

TO_DO: Final = tuple(state for state in OPEN if state is not State.OUT_OF_SCOPE)
"""States in which somebody has something to do."""

AGES: Final = (0, 7, 14, 30, 60, 90)
"""The days that open cases are grouped by: each group ends before the next begins."""


@attrs.frozen
class Correction:
    """What was corrected: a column, the cause that was stated, what a comparison had found of it.

    ``cause`` and ``findings`` are codes; there may be none.
    """

    column: str
    cause: str = ""
    findings: tuple[str, ...] = ()


@attrs.frozen
class Site:
    """How many open cases a site was assigned, and how many of them nobody touched for long."""

    cases: int = 0
    untouched: int = 0


@attrs.frozen
class Campaign:
    """Where all cases of a ledger stand at a time.

    ``since_opened`` and ``since_touched`` count the open cases by groups of :data:`AGES`.
    ``corrections`` counts each field that a correction wrote; ``corrected`` the cases that ever
    had one, and ``mended`` those of them whose identity is confirmed by now.
    ``sites`` are those that open cases were assigned to, by their names. ``checkpoint`` says of
    which log all this is told.
    """

    at: datetime
    untouched_for: timedelta
    status: Status
    since_opened: tuple[int, ...]
    since_touched: tuple[int, ...]
    corrections: Mapping[Correction, int]
    corrected: int
    mended: int
    sites: Mapping[str, Site]
    checkpoint: Checkpoint

    @property
    def both(self) -> int:
        """How many have both sides confirmed now, certified or not."""
        states = (*STAGES[Stage.CERTIFIED], *STAGES[Stage.CONFIRMED])
        return sum(self.status.states[state].cases for state in states)

    @property
    def to_do(self) -> Count:
        """Those in which somebody has something to do."""
        return sum((self.status.states[state] for state in TO_DO), Count())

    def stages(self, states: Mapping[State, Count]) -> dict[Stage, int]:
        """Count cases by stage, given those of some commune by state."""
        return {
            stage: sum(states[state].cases for state in of if state in states)
            for stage, of in STAGES.items()
        }
