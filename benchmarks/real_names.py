"""Our default on public data that our generator never saw: ``python real_names.py [--by fuzzy]``.

Names and birth dates of other countries, without ID numbers and mostly without a sex: nothing here
is what the model was made for. One side becomes a registry, the other is verified; what comes out
is printed as it comes out. Needs the peers' environment, which ``linkage.py`` makes too.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from linkage import PYTHON, environment
from peers.scoring import best, of_results, score
from run import BIN, HERE, WORK

UNREAD = frozenset(
    {"name_missing", "name_not_a_name", "name_placeholder", "birth_missing", "birth_unreadable",
     "birth_impossible", "birth_placeholder", "birth_lunar"}
)  # fmt: skip
"""Why a name or a birth date of a claim says nothing."""


def main() -> None:
    """Export, verify each data set, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--by", default="fuzzy", help="our matcher")
    by = parser.parse_args().by
    environment()
    folder = WORK / "public"
    said = subprocess.run(
        [PYTHON, HERE / "peers" / "public_names.py", folder],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    print("| data | claims, people | unread | precision | recall | F1 | best F1 | not named |")
    print("|---|---|---|---|---|---|---|---|")
    for name, what in json.loads(said.stdout.splitlines()[-1]).items():
        cells = verify(folder / name, by) if (folder / name).exists() else "|" + " – |" * 6
        print(f"| {name} | {what} {cells}")
    print("\n«unread»: claims and people whose name or birth date we refuse to read, or lack.")


def verify(folder: Path, by: str) -> str:
    """Build a registry of one side, verify the other, and give the cells of the table."""
    registry, results = folder / "registry.duckdb", folder / "results"
    _run("registry", "build", folder / "people.csv", "--out", registry)
    _run("verify", folder / "claims.csv", "--registry", registry, "--out", results, "--by", by,
         "--disclosure", "values", "--no-worklists")  # fmt: skip
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = np.array([row["entry_key"] for row in csv.DictReader(file)], dtype="U16")
    answers = of_results(results)
    told = score(answers.entry, truth)
    table = pq.read_table(results / "results.parquet")
    reasons = Counter(
        code for text in table.column("reasons").to_pylist() for code in text.split(";")
    )
    claims = ", ".join(f"{code} {reasons[code]:,}" for code in sorted(UNREAD & reasons.keys()))
    people = f"people: {_rejected(registry)}"
    best_f1, weight = best(answers, truth)
    unnamed = int(np.sum(answers.entry == ""))
    return (
        f"| {claims or 'none'}; {people} | {told.precision:.4f} | {told.recall:.4f} "
        f"| {told.f1:.4f} | {best_f1:.4f} (weight {weight:.1f}) | {unnamed:,} |"
    )


def _rejected(registry: Path) -> str:
    import duckdb

    with duckdb.connect(str(registry), read_only=True) as db:
        rows = db.execute(
            "SELECT reason, count(*) FROM rejected WHERE field IN ('name', 'birth') GROUP BY 1"
        ).fetchall()
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(rows)) or "none"


def _run(*arguments: object) -> None:
    command = [str(BIN / "vnvaxmatch"), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=sys.stderr)


if __name__ == "__main__":
    main()
