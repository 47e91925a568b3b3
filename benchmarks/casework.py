"""Measure casework on a SQLite ledger: opening a million cases, opening them again, their status.

Run it as ``python benchmarks/casework.py [CASES]``. The list and its results are made up and made
before; what is measured is ``casework open`` and ``casework status`` as a person runs them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

_PEOPLE_A_DOSE = 0.5


def run(*arguments: object, quiet: bool = True) -> float:
    """Run a command line in a process of its own, and give the seconds that it took."""
    started = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "vnvaxmatch", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    return perf_counter() - started


def main(cases: int) -> None:
    """Make a list, verify it, open its cases, and look at them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made, results, ledger = folder / "made", folder / "results", folder / "cases.db"
        registry, keys = folder / "people.duckdb", folder / "keys.json"
        people = max(1, int(cases * _PEOPLE_A_DOSE))
        run("synth", "--people", people, "--doses", cases, "--out", made)
        run("registry", "build", made / "population.parquet", "--out", registry)
        doses = made / "doses.csv"
        run("verify", doses, "--registry", registry, "--out", results, "--no-worklists")
        run("casework", "keys", keys)
        opening = ("casework", "open", results, "--doses", doses, "--ledger", ledger,
                   "--keys", keys, "--by", "benchmark", "--source", "made-up")  # fmt: skip
        for what, arguments in (
            ("open", opening),
            ("open again", opening),
            ("status", ("casework", "status", "--ledger", ledger)),
            ("status by commune", ("casework", "status", "--ledger", ledger, "--by-commune")),
        ):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = run(*arguments)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{what:<18} {cases:,} cases  {seconds:7.2f} s  processor {used:7.2f} s  "
                f"peak so far {after.ru_maxrss / 1024:,.0f} MB"
            )
        size = sum(path.stat().st_size for path in folder.glob("cases.db*")) / 1e6
        print(f"ledger {size:,.0f} MB, {1e6 * size / cases:,.0f} bytes a case")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
