"""Hold what a tool told of every claim against the truth, the same way for every tool.

A tool names at most one entry for a claim: the one it scores highest; two that score the same are
no answer. Precision counts the claims that were given an entry, recall those whose person is in
the population.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from peers.measuring import Cost

__all__ = ["AT_95", "Answers", "Ran", "Score", "best", "of_peer", "of_results", "score"]

AT_95 = log2(0.95 / 0.05)
"""The match weight at which a match probability is 0.95."""

Texts = npt.NDArray[np.str_]
Floats = npt.NDArray[np.float64]


@attrs.frozen
class Answers:
    """For every claim the entry that a tool names (empty where none), and its weight."""

    entry: Texts
    weight: Floats

    def above(self, threshold: float) -> Texts:
        """Give the entries that weigh at least so much."""
        return np.where(self.weight >= threshold, self.entry, "")


@attrs.frozen
class Ran:
    """One process that was measured: what it told, what it cost, and its own figures."""

    name: str
    told: Answers
    threshold: float
    cost: Cost
    figures: Mapping[str, Any] = attrs.Factory(dict)

    @property
    def named(self) -> Texts:
        """Give the entries that it names at its own threshold."""
        return self.told.above(self.threshold)


@attrs.frozen
class Score:
    """Counts of claims: named rightly, named wrongly, and whose person is in the population."""

    right: int
    wrong: int
    present: int

    @property
    def precision(self) -> float:
        """Share of the named claims that are named rightly."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of the claims with a person that are named rightly."""
        return self.right / max(self.present, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return 2 * self.right / max(self.right + self.wrong + self.present, 1)


def of_peer(path: Path, rows: int) -> Answers:
    """Read what a peer's script wrote: ``row, entry_key, weight, second``."""
    table = pq.read_table(path)
    row = table.column("row").to_numpy() - 1
    weight = np.nan_to_num(table.column("weight").to_numpy(), nan=-np.inf)
    second = table.column("second").cast("float64").fill_null(-np.inf).to_numpy()
    tied = np.isclose(weight, second, rtol=0, atol=1e-9)
    entry = np.full(rows, "", dtype="U16")
    weights = np.full(rows, -np.inf)
    entry[row] = np.where(tied, "", np.array(table.column("entry_key").to_pylist(), dtype="U16"))
    weights[row] = weight
    return Answers(entry, weights)


def of_results(folder: Path) -> Answers:
    """Read a results folder of ours: an entry is named where it was identified."""
    table = pq.read_table(folder / "results.parquet")
    entry = np.array(table.column("entry_key").fill_null("").to_pylist(), dtype="U16")
    if "weight" not in table.schema.names:
        return Answers(entry, np.where(entry == "", -np.inf, 0.0))
    return Answers(entry, table.column("weight").fill_null(-np.inf).to_numpy())


def score(told: Texts, truth: Texts, where: npt.NDArray[np.bool_] | None = None) -> Score:
    """Count what was named rightly and wrongly, among all claims or some."""
    if where is not None:
        told, truth = told[where], truth[where]
    named = told != ""
    right = int(np.sum(named & (told == truth)))
    return Score(right, int(np.sum(named)) - right, int(np.sum(truth != "")))


def best(answers: Answers, truth: Texts) -> tuple[float, float]:
    """Give the best F1 of any threshold, chosen on the truth, and that threshold."""
    named = np.flatnonzero(answers.entry != "")
    order = named[np.argsort(-answers.weight[named], kind="stable")]
    right = np.cumsum(answers.entry[order] == truth[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + np.sum(truth != ""))
    weight = answers.weight[order]
    # equal weights pass a threshold together
    last = np.append(weight[1:] != weight[:-1], True) if len(order) else np.empty(0, np.bool_)
    if not last.any():
        return 0.0, 0.0
    at = np.flatnonzero(last)[np.argmax(f1[last])]
    return float(f1[at]), float(weight[at])
