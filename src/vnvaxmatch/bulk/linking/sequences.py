"""The doses of each person: which were entered twice, and which cannot follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from vnvaxmatch.bulk.linking.statements import DoseRows
from vnvaxmatch.normalize import Vaccine, sequence_doubts
from vnvaxmatch.normalize.doses import ANY_INTERVAL, MOST_DOSES, SHORTEST_INTERVAL
from vnvaxmatch.outcome import Doubt

__all__ = ["dose_duplicates", "doubts_of_doses", "person_doubts"]

Ints: TypeAlias = npt.NDArray[Any]
Doses: TypeAlias = Sequence[tuple[Vaccine | None, int | None, date | None]]


def dose_duplicates(person: Ints, rows: DoseRows) -> Ints:
    """Give for each row the first row of the same person with the same dose, or -1 for itself.

    The same dose has the same day, which must be known, the same number and the same vaccine; what
    is missing in both is the same.
    """
    order = np.lexsort((rows.vaccine, rows.number, rows.day, person))  # stable: rows stay in order
    same = np.ones(len(order), dtype=np.bool_)
    for column in (person, rows.day, rows.number, rows.vaccine):
        same[1:] &= column[order[1:]] == column[order[:-1]]
    same[:1] = False
    same &= rows.day[order] > 0
    begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    first = np.full(len(order), -1, dtype=np.int64)
    first[order[same]] = order[begins[same]]
    return first


def doubts_of_doses(person: Ints, rows: DoseRows, duplicate: Ints) -> dict[int, tuple[Doubt, ...]]:
    """Judge the doses of each person against each other; give the doubts by row.

    Doses are taken by day, those of a day by number. Of a duplicate it is only said that it is one:
    its first row says the rest. Only those are judged one by
    one whose doses are not plainly in order: known days at known numbers that rise together, no
    interval short for any vaccine.
    """
    twice: tuple[Doubt, ...] = (Doubt.DOSE_DUPLICATE,)
    found = dict.fromkeys(np.flatnonzero(duplicate >= 0).tolist(), twice)
    kept = np.flatnonzero(duplicate < 0)
    order = kept[np.lexsort((rows.number[kept], rows.day[kept], person[kept]))]
    several = np.bincount(person[order], minlength=len(person))
    order = order[several[person[order]] > 1]
    suspect = np.zeros(len(person), dtype=np.bool_)
    known = (rows.day[order] > 0) & (rows.number[order] > 0)
    suspect[person[order[~known]]] = True
    before, after = order[:-1], order[1:]
    follows = person[before] == person[after]
    fine = (rows.number[after] > rows.number[before]) & (
        rows.day[after] - rows.day[before] >= _LONG_ENOUGH
    )
    suspect[person[after[follows & ~fine]]] = True
    suspect[several > MOST_DOSES] = True
    look = order[suspect[person[order]]]
    starts = np.flatnonzero(np.r_[True, person[look[1:]] != person[look[:-1]]]) if len(look) else ()
    for places in np.split(look, starts[1:]) if len(look) else ():
        doses = [
            (
                rows.vaccines[rows.vaccine[row]],
                int(rows.number[row]) or None,
                date.fromordinal(int(rows.day[row])) if rows.day[row] else None,
            )
            for row in places.tolist()
        ]
        for row, doubts in zip(places.tolist(), person_doubts(doses), strict=True):
            if doubts:
                found[row] = doubts
    return found


def person_doubts(doses: Doses, /) -> tuple[tuple[Doubt, ...], ...]:
    """Judge the doses of one person, each once: one tuple for each dose, in the order given.

    Beside what ``normalize.sequence_doubts`` tells: two vaccines on one day, and more doses than
    anybody gets, which is doubted on every one of them.

    >>> first, second = (Vaccine("Abdala", ""), 1, date(2021, 9, 1)), (None, 2, date(2021, 9, 5))
    >>> [[doubt.value for doubt in doubts] for doubts in person_doubts([first, second])]
    [[], ['dose_interval_short']]
    """
    too_many = (Doubt.DOSE_TOO_MANY,) if len(doses) > MOST_DOSES else ()
    given: dict[date, set[Vaccine]] = {}
    for vaccine, _, day in doses:
        if vaccine is not None and day is not None:
            given.setdefault(day, set()).add(vaccine)
    mixed = {day for day, vaccines in given.items() if len(vaccines) > 1}
    return tuple(
        (
            *doubts,
            *((Doubt.DOSE_VACCINES_DIFFER,) if day in mixed and vaccine is not None else ()),
            *too_many,
        )
        for (vaccine, _, day), doubts in zip(doses, sequence_doubts(doses), strict=True)
    )


_LONG_ENOUGH: Final = max(ANY_INTERVAL, *SHORTEST_INTERVAL.values())
"""Days that are enough after any vaccine."""
