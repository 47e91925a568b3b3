"""Gather what a report tells: one pass over where cases stand, one over what happened to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain, repeat
from typing import Final

import attrs

from vnvaxmatch.casework.cases import PREFIX
from vnvaxmatch.casework.report.campaigns import AGES, TO_DO, Campaign, Site
from vnvaxmatch.casework.report.histories import Histories
from vnvaxmatch.casework.standings import Standing, day_of
from vnvaxmatch.casework.status import status_of
from vnvaxmatch.errors import InputError
from vnvaxmatch.ledger import Head, Ledger, Progress, Recorded, Tally

__all__ = ["gather"]

_READ_ONE: Final = 5
"""Reading one case costs as much as so many events of a scan."""

_DAY = timedelta(days=1)


@attrs.define
class _Pass:
    """What one pass over all cases comes to.

    ``moved`` are the cases with more than one event: their labels, and whether they are overdue.
    """

    tally: dict[str, Tally]
    late: Counter[str]
    moved: dict[str, tuple[str, bool]]
    latest: datetime | None = None


def gather(
    ledger: Ledger,
    *,
    at: datetime,
    untouched_for: timedelta = timedelta(days=30),
    progress: Progress | None = None,
) -> Campaign:
    """Tell where all cases of a ledger stand; ages and deadlines count back from ``at``.

    Cases of one event need no reading; of the others, some hundred bytes each are kept. Raises
    :class:`~vnvaxmatch.errors.InputError` where ``at`` is no time of a time zone, or is before
    what the ledger holds: where cases stood then, their labels do not say.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError("a report is made at a time of some time zone: give it one")
    if untouched_for < timedelta(0):
        raise InputError("cases are untouched for some days, or for none: give 0 or more")
    checkpoint = ledger.checkpoint()
    cutoff = at.astimezone(UTC) - untouched_for
    told = _pass(ledger, cutoff)
    if told.latest is not None and told.latest - at > _DAY:  # clocks differ, though not by more
        raise InputError(
            f"the ledger has events until {told.latest:%Y-%m-%d}: a report says where cases stand "
            "now, and not where they stood before; give that day or a later one"
        )
    standings = {label: Standing.parse(label) for label in told.tally}

    def on_the_day(labels: Collection[str]) -> Iterator[Head]:
        return chain.from_iterable(
            repeat(Head("", 1, label, cutoff), told.late[label]) for label in labels
        )

    histories = Histories()
    for recorded in _events(ledger, told.moved, checkpoint.size, progress):
        histories.take(recorded)
    today = day_of(at)
    status = status_of(told.tally, on_the_day, untouched_since=cutoff)
    since_opened, since_touched = _ages(told, standings, histories, today)
    corrected = [stream for stream, case in histories.of.items() if case.corrected]
    return Campaign(
        at=at,
        untouched_for=untouched_for,
        status=status,
        since_opened=since_opened,
        since_touched=since_touched,
        corrections=dict(histories.corrections),
        corrected=len(corrected),
        mended=sum(standings[told.moved[stream][0]].identity for stream in corrected),
        sites=_sites(told, standings, histories),
        checkpoint=checkpoint,
    )


def _pass(ledger: Ledger, cutoff: datetime) -> _Pass:
    counts: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    late: Counter[str] = Counter()
    moved: dict[str, tuple[str, bool]] = {}
    shared: dict[tuple[str, bool], tuple[str, bool]] = {}
    latest: datetime | None = None
    for head in ledger.heads(prefix=PREFIX):
        label, at = head.label, head.at
        counts[label] += 1
        if label not in oldest or at < oldest[label]:
            oldest[label] = at
        if latest is None or at > latest:
            latest = at
        overdue = at <= cutoff
        if overdue:
            late[label] += 1
        if head.number > 1:
            key = (label, overdue)
            moved[head.stream] = shared.setdefault(key, key)
    tally = {label: Tally(count, oldest[label]) for label, count in counts.items()}
    return _Pass(tally, late, moved, latest)


def _events(
    ledger: Ledger, moved: Collection[str], size: int, progress: Progress | None
) -> Iterator[Recorded]:
    """Give the events of some cases, each case's in their order, in the cheaper of two ways."""
    if _READ_ONE * len(moved) < size:
        for done, stream in enumerate(moved, 1):
            yield from ledger.read(stream)
            if progress is not None:
                progress(done, len(moved))
        return
    for recorded in ledger.scan(0, size):
        if recorded.event.stream in moved:
            yield recorded
        done = recorded.index + 1
        if progress is not None and (done % 1_000 == 0 or done == size):
            progress(done, size)


def _ages(
    told: _Pass, standings: Mapping[str, Standing], histories: Histories, today: date
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count open cases by the days since they were opened, and since they were touched."""
    opened: Counter[date] = Counter()
    touched: Counter[date] = Counter()
    for label, standing in standings.items():
        if standing.state in TO_DO:
            touched[standing.day] += told.tally[label].count
            opened[standing.day] += told.tally[label].count
    for stream, case in histories.of.items():
        standing = standings[told.moved[stream][0]]
        if standing.state in TO_DO:
            opened[standing.day] -= 1
            opened[case.opened] += 1
    return _grouped(opened, today), _grouped(touched, today)


def _grouped(days: Mapping[date, int], today: date) -> tuple[int, ...]:
    found = [0] * len(AGES)
    for day, count in days.items():
        age = max(0, (today - day).days)
        found[sum(age >= least for least in AGES) - 1] += count
    return tuple(found)


def _sites(told: _Pass, standings: Mapping[str, Standing], histories: Histories) -> dict[str, Site]:
    found: dict[str, Site] = {}
    for stream, case in histories.of.items():
        label, late = told.moved[stream]
        if case.site and standings[label].state in TO_DO:
            site = found.get(case.site, Site())
            found[case.site] = Site(site.cases + 1, site.untouched + late)
    return found
