"""Our default beside Splink and recordlinkage, on the same made-up data: ``python linkage.py``.

Whole processes in turn: one of ours beside each one of theirs, so a machine that slows down slows
both. Data and the peers' environment (``work/peers/.venv``) are made once; seeds are used nowhere
else. Ours starts from the texts of the list and a registry file and writes results as Parquet and
CSV; theirs start from ready columns in Parquet and keep the best pair of each claim: what stands as
train + predict is that alone, without imports and files. Prints Markdown; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

import attrs
import numpy as np
import pyarrow.parquet as pq

from peers.measuring import Cost, measure
from peers.scoring import AT_95, Ran, of_peer, of_results
from peers.slices import slice_table
from peers.tables import accuracy_table, cost_table, outcome_line, ratio
from run import BIN, HERE, WORK, cli
from vnvaxmatch.bulk.evaluation import evaluate

SEEDS = {100_000: 771104, 1_000_000: 771105}
"""Not used in development. Other sizes are for trying this script out."""

PEERS = WORK / "peers"
PYTHON = PEERS / ".venv" / "bin" / "python"
LARGE = 300_000
"""Above so many people recordlinkage is left out: its pairs do not fit well in memory."""

ONE_BY_ONE = 2_000
"""Claims that we match one at a time."""


@attrs.frozen
class Peer:
    """One row of the table: what it is called, its script, and its arguments."""

    name: str
    script: str
    kind: str
    extra: tuple[str, ...] = ()
    up_to: int = 10**9

    @property
    def file(self) -> str:
        """Name of what it writes."""
        return "_".join((self.script, self.kind, *self.extra)).replace("-", "") + ".parquet"


PEER_ROWS = (
    Peer("Splink, raw columns", "splink_link", "raw"),
    Peer("Splink, our normalized columns", "splink_link", "prepared"),
    Peer("the same, 1e7 pairs for u", "splink_link", "prepared", ("--u-pairs", "1e7")),
    Peer("recordlinkage ECM, raw", "ecm_link", "raw", up_to=LARGE),
    Peer("recordlinkage ECM, our columns", "ecm_link", "prepared", up_to=LARGE),
)


ONE_BY_ONE_ROWS = [
    Peer("Splink, raw columns", "splink_link", "raw", ("--one", "20")),
    Peer("Splink, our normalized columns", "splink_link", "prepared", ("--one", "20")),
]


def main() -> None:
    """Make what is missing, run everything, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000, help="and as many claims")
    parser.add_argument("--by", default="fuzzy", help="our matcher")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs for each peer")
    parser.add_argument("--skip-peers", action="store_true", help="ours alone")
    options = parser.parse_args()
    people, by = options.people, options.by
    data = WORK / "linkage" / str(people)
    peers = [] if options.skip_peers else [p for p in PEER_ROWS if people <= p.up_to]
    if peers:
        environment()
    built = prepare(data, people, columns=bool(peers))
    truth = pq.read_table(data / "s" / "truth.parquet")
    keys = np.array(truth.column("entry_key").fill_null("").to_pylist(), dtype="U16")
    ours(data, by)  # caches of the file system
    runs = [ours(data, by)]
    rounds: dict[Peer, list[tuple[Ran, Ran]]] = {peer: [] for peer in peers}
    alone = []
    for _ in range(options.rounds):
        alone.append(matching_alone(data))
        for peer in peers:
            runs.append(ours(data, by))
            rounds[peer].append((runs[-1], theirs(data, peer, len(keys))))
    own = sorted(runs, key=lambda run: run.cost.wall)[len(runs) // 2]
    pairs = [sorted(some, key=ratio)[len(some) // 2] for some in rounds.values()]
    everybody = [own, *(their for _, their in pairs)]
    print(f"## {people:,} claims × {people:,} people, seed {SEEDS.get(people, people)}\n")
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {versions(peers)}\n")
    accuracy_table(everybody, keys)
    cost_table(own, pairs, built, statistics.median(alone))
    slice_table(everybody, keys, data, truth.column("corruptions").to_pylist())
    outcome_line(data)
    reliability(data)
    one_claim(data, by, [] if options.skip_peers or people > LARGE else ONE_BY_ONE_ROWS)


def matching_alone(data: Path) -> float:
    """Measure the part of our run that others call train and predict."""
    script = [sys.executable, HERE / "matching_alone.py", data / "s" / "doses.csv",
              data / "registry.duckdb"]  # fmt: skip
    return float(subprocess.run(script, check=True, capture_output=True, text=True).stdout)


def reliability(data: Path) -> None:
    """Print whether our weights mean what they say."""
    evaluation = evaluate(data / "results", truth=data / "s" / "truth.parquet")
    print("| weight, bits | claims named | wrong if it means what it says | wrong |")
    print("|---|---|---|---|")
    for each in evaluation.reliability(2):
        print(
            f"| {each.weight} to {each.weight + each.width} | {each.rows:,} "
            f"| {each.expected_wrong:.2f} | {each.wrong} |"
        )
    print(f"\nExpected calibration error: {evaluation.calibration_error:.6f}\n")


def prepare(data: Path, people: int, *, columns: bool) -> Cost:
    """Make the population and the list unless they are there; and what follows from them, anew.

    Returns what building the registry cost: once for a population, not for every list.
    """
    if not (data / "s" / "truth.parquet").exists():
        data.mkdir(parents=True, exist_ok=True)
        cli("synth", "--people", people, "--doses", people,
            "--seed", SEEDS.get(people, people), "--out", data / "s")  # fmt: skip
    population = data / "s" / "population.parquet"
    cli("registry", "build", population, "--out", data / "registry.sqlite")
    if columns:
        subprocess.run([sys.executable, HERE / "peers" / "columns.py", data / "s" / "doses.csv",
                        population, data / "columns"], check=True)  # fmt: skip
    return measure([BIN / "vnvaxmatch", "registry", "build", population,
                    "--out", data / "registry.duckdb"])  # fmt: skip


def environment() -> None:
    """Make the peers' own environment, and again where the pinned versions have changed."""
    wanted = (HERE / "peers" / "requirements.txt").read_text()
    stamp = PEERS / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    venv.create(PEERS / ".venv", with_pip=True, clear=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", HERE / "peers" / "requirements.txt"], check=True)
    stamp.write_text(wanted)


def versions(peers: list[Peer]) -> str:
    """Name the versions that matter."""
    if not peers:
        return "no peers"
    pins = (HERE / "peers" / "requirements.txt").read_text().split()
    return ", ".join(p.replace("==", " ") for p in pins if p.startswith(("splink", "recordl")))


def ours(data: Path, by: str) -> Ran:
    """Verify the list as it comes with our default."""
    cost = measure(
        [BIN / "vnvaxmatch", "verify", data / "s" / "doses.csv", "--by", by,
         "--registry", data / "registry.duckdb", "--out", data / "results",
         "--disclosure", "values", "--no-worklists"]
    )  # fmt: skip
    return Ran(f"vnvaxmatch, --by {by}", of_results(data / "results"), -np.inf, cost)


def theirs(data: Path, peer: Peer, rows: int) -> Ran:
    """Run a peer's script in the peers' environment."""
    out, told = data / peer.file, data / "peer.txt"
    script = HERE / "peers" / f"{peer.script}.py"
    try:
        cost = measure([PYTHON, script, data / "columns", peer.kind, out, *peer.extra], out=told)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        raise
    figures = json.loads(told.read_text().splitlines()[-1])
    return Ran(peer.name, of_peer(out, rows), AT_95, cost, figures)


def one_claim(data: Path, by: str, peers: list[Peer]) -> None:
    """Print how long one claim takes, from texts to verdict."""
    from vnvaxmatch import Claim, match
    from vnvaxmatch.backends import load_backend
    from vnvaxmatch.backends.sqlite import SQLiteRegistry
    from vnvaxmatch.bulk.columns import DOSE_COLUMNS
    from vnvaxmatch.bulk.sources import open_source
    from vnvaxmatch.bulk.sources.source import Options

    fields = {"name": "full_name", "birth": "date_of_birth", "sex": "sex", "id_number": "id_number",
              "phone": "phone"}  # fmt: skip
    batch = next(iter(open_source(data / "s" / "doses.csv", Options(known=DOSE_COLUMNS)).batches))
    rows = batch.select(list(fields.values())).to_pylist()
    chosen = random.Random(1).sample(rows, min(ONE_BY_ONE, len(rows)))
    with SQLiteRegistry(data / "registry.sqlite") as registry:
        backend = load_backend(by)
        matcher = backend.against(registry) if hasattr(backend, "against") else backend()
        times = []
        for row in chosen:
            started = time.perf_counter()
            claim = Claim.read(**{field: row[column] for field, column in fields.items()})
            match(claim, by=matcher, against=registry)
            times.append(1000 * (time.perf_counter() - started))
    cuts = statistics.quantiles(times, n=100)
    print("| one claim | median ms | 99 in 100 under, ms |\n|---|---|---|")
    print(f"| vnvaxmatch, SQLite registry | {cuts[49]:.3f} | {cuts[98]:.3f} |")
    for peer in peers:
        run = theirs(data, peer, len(rows))
        print(f"| {peer.name} (`predict_between`) | {run.figures['one_ms']:.0f} | |")
    print()


if __name__ == "__main__":
    main()
