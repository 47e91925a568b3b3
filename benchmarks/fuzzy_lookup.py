"""One claim at a time against a SQLite registry: ``python fuzzy_lookup.py [PEOPLE]``.

The claims are the rows of a broken list, damage and all; the clock runs from their texts to the
verdict.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import islice
from statistics import quantiles
from time import perf_counter

from run import WORK, cli
from vnvaxmatch import Fuzzy, match
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.reading import ReadingRules, read_row
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.normalize import Vintage
from vnvaxmatch.synthetic import LAST_DAY

CLAIMS = 20_000
SEED = 20260712


def main(people: int) -> None:
    """Make the data once, match, and print the percentiles."""
    folder = WORK / "lookup" / str(people)
    if not (folder / "registry.sqlite").exists():
        folder.mkdir(parents=True, exist_ok=True)
        cli("synth", "--people", people, "--doses", CLAIMS, "--seed", SEED, "--out", folder / "s")
        cli("registry", "build", folder / "s" / "population.parquet",
            "--out", folder / "registry.sqlite")  # fmt: skip
    rules = ReadingRules(LAST_DAY, None, Vintage.UNTIL_2025)
    batches = open_source(folder / "s" / "doses.csv", Options(known=DOSE_COLUMNS)).batches
    rows = islice((row for batch in batches for row in batch.to_pylist()), CLAIMS)
    times: defaultdict[str, list[float]] = defaultdict(list)
    with SQLiteRegistry(folder / "registry.sqlite") as registry:
        fuzzy = Fuzzy.against(registry)
        for row in rows:
            start = perf_counter()
            claim, _ = read_row(row, rules)
            verdict = match(claim, by=fuzzy, against=registry)
            spent = 1e3 * (perf_counter() - start)
            times["all"].append(spent)
            times[verdict.outcome.value].append(spent)
    print(f"{people:,} people, {CLAIMS:,} claims, milliseconds\n")
    print("| | claims | p50 | p99 | longest |\n|---|---|---|---|---|")
    for what, spent in times.items():
        if len(spent) > 1:
            cuts = quantiles(spent, n=100)
            cells = f"{cuts[49]:.3f} | {cuts[98]:.3f} | {max(spent):.1f}"
            print(f"| {what} | {len(spent):,} | {cells} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
