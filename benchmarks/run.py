"""All benchmarks, side by side in one run: ``make bench``. Prints Markdown; asserts nothing.

Ratios are of pairs of whole processes run in turn, so a machine that slows down slows both. Data
are made once, in ``benchmarks/work/`` (about 2 GB). ``--small`` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
WORK = HERE / "work"
BIN = Path(sys.executable).parent


def main() -> None:
    """Make the data, run everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of runs for each ratio")
    options = parser.parse_args()
    people, doses = (500_000, 100_000) if options.small else (5_000_000, 1_000_000)
    data = prepare(people, doses)
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, seed 20260711\n")
    against_floor(data, doses, people, options.pairs)
    fuzzy_against_exact(data, options.pairs)
    growth(data, doses)
    people = "100000" if options.small else "1000000"
    for script, *arguments in (
        ("names.py",),
        ("bulk_names.py",),
        ("accuracy.py", str(data)),
        ("sqlite_lookup.py",),
        ("fuzzy_lookup.py", people),
        ("real_names.py",),
        ("linkage.py", "--people", "100000"),
        ("linkage.py", "--people", people),
    ):
        print(f"\n## {script}\n", flush=True)
        subprocess.run([sys.executable, HERE / script, *arguments], check=True)


def prepare(people: int, doses: int) -> Path:
    """Make a population, its registry and a broken list, unless they are there."""
    folder = WORK / f"{people}x{doses}"
    if not (folder / "registry.duckdb").exists():
        WORK.mkdir(exist_ok=True)
        cli(
            "synth", "--people", people, "--doses", doses, "--seed", 20260711, "--out", folder / "s"
        )
        cli("registry", "build", folder / "s" / "population.parquet", "--out",
            folder / "registry.duckdb")  # fmt: skip
    return folder


def cli(*arguments: object) -> None:
    """Run the command line quietly."""
    command = [str(BIN / "vnvaxmatch"), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def timed(command: list[str]) -> tuple[float, float, float]:
    """Run a process: wall seconds, processor seconds, peak MB of its largest process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    code = (
        "import resource, subprocess, sys; r = subprocess.run(sys.argv[1:], stdout=-3).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(r)"
    )
    # compiled modules are kept, as they are wherever a package is installed
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used, int(done.stdout) / 1024


def verify(doses: Path, data: Path, *extra: str) -> list[str]:
    """Give the command that verifies a list."""
    return [
        str(BIN / "vnvaxmatch"), "verify", str(doses), "--registry", str(data / "registry.duckdb"),
        "--out", str(data / "results"), "--no-worklists", *extra,
    ]  # fmt: skip


def against_floor(data: Path, doses: int, people: int, pairs: int) -> None:
    """Compare a verification with the raw floor, pair by pair."""
    print(f"## verify against the raw floor: {doses:,} doses, {people:,} people\n")
    csv = data / "s" / "doses.csv"
    floor = [sys.executable, str(HERE / "floor.py"), str(csv), str(data / "registry.duckdb"),
             str(data / "floor")]  # fmt: skip
    timed(floor)
    timed(verify(csv, data))
    in_pairs({"verify": verify(csv, data), "floor (DuckDB alone)": floor}, pairs)


def fuzzy_against_exact(data: Path, pairs: int) -> None:
    """Compare a fuzzy verification with an exact one, pair by pair."""
    print("## verify --by fuzzy against --by exact: the same list and registry\n")
    csv = data / "s" / "doses.csv"
    in_pairs({by: verify(csv, data, "--by", by) for by in ("fuzzy", "exact")}, pairs)


def in_pairs(commands: dict[str, list[str]], pairs: int) -> None:
    """Run two commands in turn, and print the medians of each and of the ratio of their times."""
    rows = [[timed(command) for command in commands.values()] for _ in range(pairs)]
    print("| | wall s | processor s | peak MB of a process |\n|---|---|---|---|")
    for side, name in enumerate(commands):
        cells = [statistics.median(row[side][i] for row in rows) for i in range(3)]
        print(f"| {name} | {cells[0]:.2f} | {cells[1]:.2f} | {cells[2]:.0f} |")
    ratios = [ours[0] / theirs[0] for ours, theirs in rows]
    print(
        f"\nwall ratio, median of {pairs} pairs: **{statistics.median(ratios):.2f}** "
        f"(from {min(ratios):.2f} to {max(ratios):.2f})\n",
        flush=True,
    )


def growth(data: Path, doses: int) -> None:
    """Show how cost grows with the length of the list."""
    print("## growth with the length of the list\n")
    print(
        "| doses | wall s | processor s | peak MB | µs of processor a dose |\n|---|---|---|---|---|"
    )
    text = (data / "s" / "doses.csv").read_bytes().split(b"\n")
    for size in (doses // 100, doses // 10, doses):
        part = data / "part.csv"
        part.write_bytes(b"\n".join(text[: size + 1]) + b"\n")
        wall, used, peak = timed(verify(part, data))
        print(f"| {size:,} | {wall:.2f} | {used:.2f} | {peak:.0f} | {1e6 * used / size:.1f} |")
    part.unlink()


if __name__ == "__main__":
    main()
