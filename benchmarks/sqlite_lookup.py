"""Measure the SQLite registry with a million made-up people: build, look-up, full exact match.

Run it as ``python benchmarks/sqlite_lookup.py [PEOPLE]``.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from vnvaxmatch import Claim, Entry, Exact, match, normalize
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.blocking import KeyKind, keys
from vnvaxmatch.normalize import BirthDate, IdNumber, Sex
from vnvaxmatch.normalize.tables import rows

LOOK_UPS = 20_000
SAMPLED = 20_000


def people(count: int) -> Iterator[Entry]:
    """Make up people of parts, the same ones every time."""
    chance = random.Random(1)
    parts = {
        column: [row[column].title() for row in islice(rows(table), 300)]
        for table, column in (("surnames", "surname"), ("middle_names", "token"))
    }
    given = [row["token"].title() for row in islice(rows("given_names"), 300)]
    places = [row["code3"] for row in rows("province_codes")]
    for i in range(count):
        name = normalize.name(
            f"{chance.choice(parts['surname'])} {chance.choice(parts['token'])}"
            f" {chance.choice(given)}"
        )
        year, sex = chance.randint(1930, 2015), chance.choice(list(Sex))
        digit = 2 * (year // 100 - 19) + (sex is Sex.FEMALE)
        old = (IdNumber(f"{chance.randrange(10**8):09d}"),) if chance.random() < 0.2 else ()
        yield Entry(
            key=f"P{i:08d}",
            name=name.unwrap(),
            birth=BirthDate(year, chance.randint(1, 12), chance.randint(1, 28)),
            sex=sex,
            number=IdNumber(f"{chance.choice(places)}{digit}{year % 100:02d}{i % 1_000_000:06d}"),
            former_numbers=old,
            phone=normalize.phone(f"09{i:08d}").unwrap(),
        )


def report(what: str, calls: list[Callable[[], object]]) -> None:
    """Time every call, and print the median and the 99th percentile in microseconds."""
    times = []
    for call in calls:
        started = perf_counter()
        call()
        times.append(1e6 * (perf_counter() - started))
    cuts = quantiles(times, n=100)
    print(f"{what:<34} p50 {cuts[49]:8.1f} µs   p99 {cuts[98]:8.1f} µs   ({len(calls)} calls)")


def main(count: int) -> None:
    """Build, open, look up and match."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.sqlite"
        started = perf_counter()
        for _ in people(count):
            pass
        making = perf_counter() - started
        started = perf_counter()
        SQLiteRegistry.build(path, people(count))
        building = perf_counter() - started - making
        size = path.stat().st_size / 1e6
        print(f"{count} people: made in {making:.1f} s, built in {building:.1f} s, {size:.0f} MB")
        with SQLiteRegistry(path) as registry:
            step = max(1, count // SAMPLED)
            sample = list(islice(people(count), 0, None, step))[:LOOK_UPS]
            random.Random(2).shuffle(sample)
            for kind in KeyKind:
                asked = [key for entry in sample for key in keys(entry) if key.kind is kind]
                report(
                    f"look-up by {kind}",
                    [lambda key=key: registry.find([key]) for key in asked],  # type: ignore[misc]
                )
            texts = [
                {
                    "name": str(entry.name).upper(),
                    "birth": f"{entry.birth.day:02d}/{entry.birth.month:02d}/{entry.birth.year}",
                    "sex": entry.sex.vietnamese,
                    "id_number": str(entry.number),
                }
                for entry in sample
                if entry.birth and entry.sex
            ]
            report(
                "full exact match from texts",
                [
                    lambda t=t: match(Claim.read(**t), by=Exact(), against=registry)  # type: ignore[misc]
                    for t in texts
                ],
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
