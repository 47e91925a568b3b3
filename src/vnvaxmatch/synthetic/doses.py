"""A made-up vaccination list, a block of rows at a time: who was vaccinated when, and with what."""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.synthetic.parts import Weighted, places
from vnvaxmatch.synthetic.people import (
    BLOCK,
    Bools,
    Ints,
    People,
    block_count,
    generator,
    people_block,
)

__all__ = ["LAST_DAY", "ROW_KINDS", "Doses", "doses_block", "place_texts", "vaccine_texts"]

LAST_DAY = date(2022, 12, 31)
"""No dose is later: the day to read the list from."""

ROW_KINDS = ("", "not_in_population", "foreigner", "newborn", "duplicate_dose")
"""What may be wrong with a whole row; the first is nothing."""

_DOSES_A_PERSON = 1.8
_YOUNGEST = np.datetime64("2016-12-31")
_VACCINES = Weighted.of(
    (
        "AstraZeneca",
        "Pfizer",
        "Vero Cell",
        "Moderna",
        "Abdala",
        "Hayat-Vax",
        "Sputnik V",
        "Janssen",
    ),
    (0.30, 0.30, 0.25, 0.08, 0.03, 0.02, 0.01, 0.01),
)
_PFIZER = 1
_STARTS = (
    # born up to, first day of first doses, days over which they spread
    ("2003-12-31", "2021-03-15", 300),
    ("2009-12-31", "2021-10-27", 120),
    ("2016-12-31", "2022-04-20", 120),
)
_INTERVALS = ((28, 56), (90, 110))


@attrs.frozen(eq=False)
class Doses:
    """Rows of a list before anything is damaged."""

    first: int
    people: People
    """The person of every row, drawn anew where the row is of nobody in the population."""
    kind: Ints
    """What is wrong with the row: an index of ROW_KINDS."""
    dose_number: Ints
    day: npt.NDArray[np.datetime64]
    vaccine: Ints
    lot: Ints
    site: Ints

    def __len__(self) -> int:
        return len(self.kind)


def doses_block(
    seed: int, block: int, *, people: int, doses: int, rates: tuple[float, ...]
) -> Doses:
    """Draw one block of rows; ``rates`` are those of ROW_KINDS after the first."""
    rows = min(BLOCK, doses - block * BLOCK)
    rng = generator(seed, 2, block)
    who, number, day, vaccine = _vaccinated(rng, seed, block, rows, people=people, doses=doses)
    kind = np.searchsorted(np.cumsum(rates), rng.random(rows), side="right").astype(np.int64)
    kind = (kind + 1) % len(ROW_KINDS)
    again = np.flatnonzero(kind == ROW_KINDS.index("duplicate_dose"))
    twice = again[(again > 0) & (kind[again - 1] == 0)]
    kind[np.setdiff1d(again, twice)] = 0
    # a newborn is written under its mother's name
    kind[(kind == ROW_KINDS.index("newborn")) & ~who.female] = 0
    source = np.arange(rows)
    source[twice] -= 1
    who, number, day, vaccine = who.take(source), number[source], day[source], vaccine[source]
    return Doses(
        first=block * BLOCK,
        people=_with_strangers(rng, seed, who, kind == 1, total=people),
        kind=kind,
        dose_number=number,
        day=day,
        vaccine=vaccine,
        lot=(rng.random(rows) * 400).astype(np.int64),
        site=(rng.random(rows) * 3).astype(np.int64),
    )


def _vaccinated(
    rng: np.random.Generator, seed: int, block: int, rows: int, *, people: int, doses: int
) -> tuple[People, Ints, npt.NDArray[np.datetime64], Ints]:
    """Draw who is in the block and their doses, from this block's share of the population."""
    blocks = block_count(doses)
    low = block * people // blocks
    high = max(low + 1, (block + 1) * people // blocks)
    chosen, numbers, days, vaccines = [], [], [], []
    done = 0
    for source in range(low // BLOCK, (high - 1) // BLOCK + 1):
        some = people_block(seed, source, total=people)
        start = max(low, source * BLOCK)
        end = min(high, source * BLOCK + len(some))
        upto = rows * (end - low) // (high - low)
        which = np.arange(start, end) - source * BLOCK
        position, number = _who(rng, which, some.birth[which], upto - done)
        chosen.append(some.take(position))
        numbers.append(number)
        day, vaccine = _days(rng, some, position, number)
        days.append(day)
        vaccines.append(vaccine)
        done = upto
    order = rng.permutation(rows)
    return (
        People.concatenate(chosen).take(order),
        np.concatenate(numbers)[order],
        np.concatenate(days)[order],
        np.concatenate(vaccines)[order],
    )


def _who(
    rng: np.random.Generator, which: Ints, birth: npt.NDArray[np.datetime64], rows: int
) -> tuple[Ints, Ints]:
    """Draw people and give them one to three doses each, ``rows`` in all."""
    old_enough = which[birth <= _YOUNGEST]
    pool = old_enough if len(old_enough) else which
    several = min(len(pool), int(rows / _DOSES_A_PERSON) + 1, max(rows, 1))
    chosen = rng.permutation(pool)[:several]
    more = rows - several
    if more <= 2 * several:
        extra = np.repeat(np.arange(several), 2)[rng.permutation(2 * several)[: max(more, 0)]]
        counts = 1 + np.bincount(extra, minlength=several)
    else:
        counts = rows // several + (np.arange(several) < rows % several)
    counts = counts if rows else np.zeros_like(counts)
    starts = np.cumsum(counts) - counts
    number = np.arange(rows) - np.repeat(starts, counts) + 1
    return np.repeat(chosen, counts), number


def _days(
    rng: np.random.Generator, people: People, position: Ints, number: Ints
) -> tuple[npt.NDArray[np.datetime64], Ints]:
    """Draw the day of every dose: a person's doses follow each other at plausible intervals."""
    size = len(people)
    birth = people.birth
    first = np.full(size, np.datetime64("2022-06-01"))
    spread = rng.random(size)
    for until, start, days in reversed(_STARTS):
        fits = birth <= np.datetime64(until)
        first[fits] = (np.datetime64(start) + (spread * days).astype("timedelta64[D]"))[fits]
    gaps = [low + (rng.random(size) * (high - low)).astype(np.int64) for low, high in _INTERVALS]
    wait = np.where(number >= 2, gaps[0][position], 0)
    wait = wait + np.where(number >= 3, (number - 2) * gaps[1][position], 0)
    vaccine = _VACCINES.draw(rng.random(size)).astype(np.int64)
    vaccine[birth > np.datetime64("2003-12-31")] = _PFIZER
    day = first[position] + wait.astype("timedelta64[D]")
    return np.minimum(day, np.datetime64(LAST_DAY)), vaccine[position]


@lru_cache(maxsize=1)
def _strangers(seed: int, total: int) -> People:
    return people_block(seed, block_count(total), total=total)


def _with_strangers(
    rng: np.random.Generator, seed: int, people: People, stranger: Bools, *, total: int
) -> People:
    """Put somebody who is not in the population in the place of those marked."""
    nobody = _strangers(seed, total)
    drawn = (rng.random(len(people)) * len(nobody)).astype(np.int64)
    which = np.where(stranger, drawn + len(people), np.arange(len(people)))
    return People.concatenate([people, nobody]).take(which)


def vaccine_texts(doses: Doses) -> tuple[pa.Array, pa.Array]:
    """Render the vaccine and the lot of every row."""
    names = pa.array(_VACCINES.items)
    lots = pa.array(
        [
            f"{_VACCINES.items[vaccine][:2].upper()}{(vaccine * 400 + lot) * 7919 % 100_000:05}"
            for vaccine in range(len(_VACCINES.items))
            for lot in range(400)
        ]
    )
    return names.take(pa.array(doses.vaccine)), lots.take(pa.array(doses.vaccine * 400 + doses.lot))


@cache
def _place_items() -> tuple[pa.Array, ...]:
    communes = places().communes
    sites = [
        site
        for row in communes
        for site in (
            f"Trạm Y tế {row['name'][0].lower()}{row['name'][1:]}",
            f"Trung tâm Y tế {row['district']}",
            f"Bệnh viện đa khoa {row['district']}",
        )
    ]
    return (
        pa.array([row["province"] for row in communes]),
        pa.array([row["district"] for row in communes]),
        pa.array([row["name"] for row in communes]),
        pa.array(sites),
    )


def place_texts(doses: Doses) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Render province, district and commune (units until 2025) and the site of every row."""
    provinces, districts, communes, sites = _place_items()
    where = pa.array(doses.people.commune)
    site = pa.array(doses.people.commune * 3 + doses.site)
    return provinces.take(where), districts.take(where), communes.take(where), sites.take(site)
