"""A whole country on one machine: ``nation.py [--people N,N] [--doses M] [--folder DIR]``.

Makes a population of each size and a list of its vaccinations, builds the registry, verifies the
list ``--by fuzzy``, and prints for every command wall and processor seconds, the memory of its
largest process and of all of them together. 100,000,000 people need 20 GB of disk and an hour; what
is there already is not made again, and a verification that was killed goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
SEED = 20261123


@attrs.frozen
class Cost:
    """What a command took; memory in bytes, the sum of proportional shares for all processes."""

    wall: float
    processor: float
    largest: int
    together: int


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", default="1000000,10000000,100000000")
    parser.add_argument("--doses", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=HERE / "work" / "nation")
    parser.add_argument("--memory", default="7GB")
    options = parser.parse_args()
    print("| people | doses | command | wall s | processor s | largest process MB | together MB |")
    print("|---|---|---|---|---|---|---|")
    for people in map(int, options.people.split(",")):
        one_size(
            options.folder / f"{people}x{options.doses}", people, options.doses, options.memory
        )


def one_size(folder: Path, people: int, doses: int, memory: str) -> None:
    """Make, build and verify, and print a line for each."""
    made, registry = folder / "made", folder / "registry.duckdb"
    folder.mkdir(parents=True, exist_ok=True)

    def told(name: str, *arguments: object) -> Cost:
        cost = measured([str(BIN / "vnvaxmatch"), *map(str, arguments)])
        print(
            f"| {people:,} | {doses:,} | {name} | {cost.wall:.0f} | {cost.processor:.0f} "
            f"| {cost.largest / 1e6:.0f} | {cost.together / 1e6:.0f} |",
            flush=True,
        )
        return cost

    if not made.exists():
        told(
            "synth", "synth", "--people", people, "--doses", doses, "--seed", SEED, "--format",
            "parquet", "--rows-per-file", 5_000_000, "--out", made,
        )  # fmt: skip
    if not registry.exists():
        told(
            "registry build", "registry", "build", made / "population", "--out", registry,
            "--memory", memory,
        )  # fmt: skip
    shutil.rmtree(folder / "spill", ignore_errors=True)
    cost = told(
        "verify --by fuzzy", "verify", made / "doses", "--registry", registry, "--by", "fuzzy",
        "--out", folder / "results", "--no-worklists", "--reference-date", "2022-12-31",
        "--memory", memory, "--spill", folder / "spill",
    )  # fmt: skip
    print(
        f"\nregistry {registry.stat().st_size / 1e6:,.0f} MB; "
        f"{cost.wall / doses * 1e6:.1f} µs of wall, {cost.processor / doses * 1e6:.1f} µs of "
        "processor for each dose\n",
        flush=True,
    )


def measured(command: list[str]) -> Cost:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    )
    together = largest = 0
    while process.poll() is None:
        shares, sizes = [], []
        for pid in _family(process.pid):
            shares.append(_field(pid, "smaps_rollup", "Pss:"))
            sizes.append(_field(pid, "status", "VmHWM:"))
        together, largest = max(together, sum(shares)), max([largest, *sizes])
        time.sleep(0.5)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - start, used, largest, together)


def _family(pid: int) -> Iterator[int]:
    """Give a process and all that it began."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _field(pid: int, file: str, name: str) -> int:
    """Read a size in bytes of what the system tells of a process; 0 once it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
