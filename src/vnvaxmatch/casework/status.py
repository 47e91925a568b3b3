"""How far the work has come: counts by state, commune and field, out of the ledger's labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import attrs

from vnvaxmatch.casework.standings import Standing, day_of
from vnvaxmatch.casework.states import CERTIFIED, OPEN, State
from vnvaxmatch.ledger import Head, Tally
from vnvaxmatch.records import Field

__all__ = ["Count", "Status", "status_of"]

_TO_DO = tuple(state for state in OPEN if state is not State.OUT_OF_SCOPE)


@attrs.frozen
class Count:
    """How many cases, when the one longest untouched was last touched, how many are overdue.

    ``identity`` and ``vaccination`` count those with that side confirmed.
    """

    cases: int = 0
    oldest: datetime | None = None
    untouched: int = 0
    identity: int = 0
    vaccination: int = 0

    def __add__(self, other: Count) -> Count:
        times = [time for time in (self.oldest, other.oldest) if time is not None]
        return Count(
            self.cases + other.cases,
            min(times, default=None),
            self.untouched + other.untouched,
            self.identity + other.identity,
            self.vaccination + other.vaccination,
        )


@attrs.frozen
class Status:
    """Where cases stand, in the order of :class:`State`; nothing personal.

    ``communes`` counts by commune and state (an empty code where the commune is unknown), ``wrong``
    how often a field is still to be looked at again in an open case.
    """

    states: Mapping[State, Count]
    communes: Mapping[str, Mapping[State, Count]]
    wrong: Mapping[Field, int]

    @property
    def total(self) -> Count:
        """All of them."""
        return sum(self.states.values(), Count())

    @property
    def scope(self) -> int:
        """How many are to be certified: all but those that are not verified."""
        return self.total.cases - self.states[State.OUT_OF_SCOPE].cases

    @property
    def certified(self) -> int:
        """How many are certified."""
        return sum(self.states[state].cases for state in CERTIFIED)

    @property
    def done(self) -> float:
        """Which share of those that are to be certified is: from 0 to 1."""
        return self.certified / self.scope if self.scope else 0.0


def status_of(
    tally: Mapping[str, Tally],
    heads: Callable[[Collection[str]], Iterable[Head]],
    *,
    commune: str | None = None,
    untouched_since: datetime | None = None,
) -> Status:
    """Count by labels; only cases last touched on the very day of the deadline are looked at."""
    states = dict.fromkeys(State, Count())
    communes: dict[str, dict[State, Count]] = {}
    wrong = dict.fromkeys(Field, 0)
    on_the_day: dict[str, Standing] = {}
    limit = None if untouched_since is None else day_of(untouched_since)
    for label, found in tally.items():
        told = Standing.parse(label)
        if commune is not None and (told.commune or "") != commune:
            continue
        late = 0
        if limit is not None and told.state in _TO_DO:
            if told.day < limit:
                late = found.count
            elif told.day == limit:
                on_the_day[label] = told
        count = Count(
            found.count,
            found.oldest,
            late,
            found.count if told.identity else 0,
            found.count if told.vaccination else 0,
        )
        _add(states, communes, told, count)
        if told.state in OPEN:
            for field in told.wrong:
                wrong[field] += found.count
    if on_the_day and untouched_since is not None:
        for head in heads(list(on_the_day)):
            if head.at <= untouched_since:
                _add(states, communes, on_the_day[head.label], Count(untouched=1))
    return Status(states, communes, wrong)


def _add(
    states: dict[State, Count],
    communes: dict[str, dict[State, Count]],
    told: Standing,
    count: Count,
) -> None:
    states[told.state] += count
    of_commune = communes.setdefault(told.commune or "", {})
    of_commune[told.state] = of_commune.get(told.state, Count()) + count
