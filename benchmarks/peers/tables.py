"""The tables of ``linkage.py``: how well, at what cost, and what our own run came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from peers.measuring import Cost
from peers.scoring import Ran, Texts, best, score

__all__ = ["accuracy_table", "cost_table", "outcome_line", "ratio"]


def accuracy_table(runs: Sequence[Ran], truth: Texts) -> None:
    """Print how well each finds people, at what a user without labels takes."""
    print("| | precision | recall | F1 | named wrongly | best F1 (threshold chosen on the truth) |")
    print("|---|---|---|---|---|---|")
    for run in runs:
        told = score(run.named, truth)
        best_f1, weight = best(run.told, truth)
        print(
            f"| {run.name} | {told.precision:.5f} | {told.recall:.4f} | {told.f1:.4f} "
            f"| {told.wrong} | {best_f1:.4f} (weight {weight:.1f}) |"
        )
    print(
        "\nOurs: as shipped, named where identified, so its best F1 is among those alone. Theirs: "
        "the best entry of\na claim at match probability 0.95; two that score the same are no "
        "answer.\n"
    )


def ratio(pair: tuple[Ran, Ran]) -> float:
    """Give their train + predict by our whole process beside it."""
    our, their = pair
    return (their.figures["train_s"] + their.figures["predict_s"]) / our.cost.wall


def cost_table(own: Ran, pairs: Sequence[tuple[Ran, Ran]], built: Cost, alone: float) -> None:
    """Print what each costs, and the ratios to ours: matching alone, and the whole run."""
    print(
        "| | train + predict s | × our matching alone | × our whole process beside it "
        "| whole process s | processor s | peak MB |"
    )
    print("|---|---|---|---|---|---|---|")
    print(f"| {own.name} | {alone:.2f} (matching alone) | 1 | 1 {_cells(own.cost)}")
    print(f"| registry build, once | – | – | – {_cells(built)}")
    for pair in pairs:
        _, their = pair
        train, predict = their.figures["train_s"], their.figures["predict_s"]
        print(
            f"| {their.name} | {train:.2f} + {predict:.2f} | {(train + predict) / alone:.1f} "
            f"| {ratio(pair):.1f} {_cells(their.cost)}"
        )
    print(
        "\nThe runs of the median wall time, or ratio. Ours is the whole process: start, reading "
        "the CSV, normalizing, matching,\nwriting Parquet and CSV. Train + predict leaves out "
        "start, files and normalizing; so does our matching\nalone, which needs "
        "no training. Memory is that of all processes together.\n"
    )


def _cells(cost: Cost) -> str:
    return f"| {cost.wall:.2f} | {cost.processor:.2f} | {cost.peak:.0f} |"


def outcome_line(data: Path) -> None:
    """Print what our run came to, and how many were matched with another person's entry."""
    told = pq.read_table(data / "results" / "results.parquet", columns=["outcome", "entry_key"])
    truth = pq.read_table(data / "s" / "truth.parquet", columns=["entry_key"])
    outcome = np.array(told.column("outcome").to_pylist())
    key, true = (
        np.array(t.column("entry_key").fill_null("").to_pylist(), dtype="U16")
        for t in (told, truth)
    )
    counted = np.unique(outcome, return_counts=True)
    counts = ", ".join(f"{n} {c:,}" for n, c in zip(*counted, strict=True))
    wrongly = int(np.sum((outcome == "matched") & (key != true)))
    print(f"Our outcomes: {counts}. Matched with another person's entry: **{wrongly}**.\n")
