"""Casework: from «sai» to a certified record, with nobody's work lost.

A case is what its events in a ledger say. Which event may follow which stands in one table
(:data:`MOVES`), who may do what in an :class:`Authority`; :class:`Casework` puts both to work.
"""

from vnvaxmatch.casework.acts import Act
from vnvaxmatch.casework.authority import Actor, Authority, Role, dispatch
from vnvaxmatch.casework.cases import CaseState, Confirmation, advance, state_of
from vnvaxmatch.casework.opening import NewCase, Opened, Origin
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.standings import Standing
from vnvaxmatch.casework.states import MOVES, SIDES, Guard, Kind, Move, Side, State, Step
from vnvaxmatch.casework.status import Count, Status
from vnvaxmatch.casework.work import Casework, Done

__all__ = [
    "MOVES",
    "SIDES",
    "Act",
    "Actor",
    "Authority",
    "CaseState",
    "Casework",
    "Confirmation",
    "Count",
    "Done",
    "Guard",
    "Kind",
    "Move",
    "NewCase",
    "Opened",
    "Origin",
    "Refusal",
    "Refused",
    "Role",
    "Side",
    "Standing",
    "State",
    "Status",
    "Step",
    "advance",
    "dispatch",
    "state_of",
]
