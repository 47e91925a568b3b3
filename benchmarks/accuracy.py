"""What verifying a broken list comes to, kind of damage by kind: ``python accuracy.py``.

A row is right if it is «matched» with its own entry. Kinds that leave the information whole must
come out right after repair; kinds that change it must never. Seeds are those of ``run.py``.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from vnvaxmatch.bulk import InputOptions, verify
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.synthetic import KINDS, LAST_DAY

WORK = Path(__file__).parent / "work"


def main(folder: Path) -> None:
    """Verify, and hold every row against the truth."""
    run = verify(
        folder / "s" / "doses.csv",
        registry=folder / "registry.duckdb",
        out=folder / "accuracy",
        disclosure=Disclosure.VALUES,
        options=InputOptions(reference=LAST_DAY),
        worklists=False,
    )
    told = pq.read_table(run.out / "results.parquet", columns=["outcome", "entry_key"]).to_pydict()
    truth = pq.read_table(folder / "s" / "truth.parquet").to_pydict()
    tallies: dict[str, Counter[str]] = {}
    wrongly = reparable = repaired = 0
    for outcome, key, true, codes in zip(
        told["outcome"], told["entry_key"], truth["entry_key"], truth["corruptions"], strict=True
    ):
        kinds = [code for code in codes.split(";") if code]
        wrongly += outcome == "matched" and key != true
        if all(KINDS[code].reparable for code in kinds) and true is not None:
            reparable += 1
            repaired += outcome == "matched"
        # a kind is judged by the rows that have no other
        tallies.setdefault(
            kinds[0] if len(kinds) == 1 else "" if not kinds else "several", Counter()
        )[outcome] += 1
    rows = len(told["outcome"])
    print(f"{rows:,} rows; matched with another person's entry: {wrongly}")
    print(
        f"rows that hold the right information, however spelt: {reparable:,}; of these matched: "
        f"{repaired:,} ({100 * repaired / reparable:.2f} %)\n"
    )
    print("| damage (alone in its row) | rows | matched % | other outcomes |\n|---|---|---|---|")
    for kind, counts in sorted(tallies.items(), key=lambda item: (_rank(item[0]), item[0])):
        total = counts.total()
        others = ", ".join(f"{o} {n}" for o, n in counts.most_common() if o != "matched")
        share = 100 * counts["matched"] / total
        print(f"| {kind or 'none'} | {total:,} | {share:.1f} | {others} |")


def _rank(kind: str) -> int:
    return 0 if not kind else 2 if kind not in KINDS else 1 if KINDS[kind].reparable else 3


if __name__ == "__main__":
    chosen = sys.argv[1:] or [max(WORK.glob("*x*"), key=lambda p: int(p.name.partition("x")[0]))]
    main(Path(chosen[0]))
