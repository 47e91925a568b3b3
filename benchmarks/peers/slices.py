"""The hardest claims apart: each kind with its count, and what every tool makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from peers.scoring import Ran, Texts, score

__all__ = ["slice_table"]

ENCODED = ("name_tcvn3", "name_vni", "name_viscii", "name_vps", "name_mojibake", "name_telex",
           "name_cp1258")  # fmt: skip
PARTIAL = {"birth_year_only", "birth_month_only", "birth_zero_parts", "birth_default_day"}
NAME_DAMAGE = {"name_typo", "name_missing_middle", "name_swapped", "name_abbreviated",
               "name_regional", "name_wrong_given", "name_unaccented",
               "name_unaccented_typo", "name_wrong_mark"}  # fmt: skip
BIRTH_DAMAGE = {"birth_digit", "birth_year_off", "birth_swapped", *PARTIAL}
NUMBER_DAMAGE = {"number_digit", "number_transposed", "number_wrong_length", "number_scientific"}

SLICES = {
    "no number": lambda kinds: "number_missing" in kinds,
    "no number, birth a year or 01/01": lambda kinds: "number_missing" in kinds and kinds & PARTIAL,
    "no number, name damaged": lambda kinds: "number_missing" in kinds and kinds & NAME_DAMAGE,
    "no number, birth damaged": lambda kinds: "number_missing" in kinds and kinds & BIRTH_DAMAGE,
    "another person's number": lambda kinds: "number_of_another" in kinds,
    "number and name damaged": lambda kinds: kinds & NUMBER_DAMAGE and kinds & NAME_DAMAGE,
    "number and birth damaged": lambda kinds: kinds & NUMBER_DAMAGE and kinds & BIRTH_DAMAGE,
    "name without marks, and a number damaged or missing": lambda kinds: (
        "name_unaccented" in kinds and kinds & {*NUMBER_DAMAGE, "number_missing"}
    ),
    "name without marks and with a typo": lambda kinds: "name_unaccented_typo" in kinds,
    "encoding of the name": lambda kinds: any(kind.startswith(ENCODED) for kind in kinds),
}


def slice_table(runs: Sequence[Ran], truth: Texts, data: Path, corruptions: Sequence[str]) -> None:
    """Print right and wrong for the hardest kinds of claims."""
    kinds = [{kind for kind in text.split(";") if kind} for text in corruptions]
    slices = {
        name: np.fromiter((bool(rule(some)) for some in kinds), np.bool_, len(kinds))
        for name, rule in SLICES.items()
    }
    damaged = np.fromiter((bool(some) for some in kinds), np.bool_, len(kinds))
    twins, new_year = crowded(data)
    slices["a twin, any damage"] = np.isin(truth, twins) & damaged
    slices["born on 01/01 before 1975, any damage"] = np.isin(truth, new_year) & damaged
    slices["nobody in the population"] = truth == ""
    head = "".join(f" {run.name} |" for run in runs)
    print(f"| claims: right / wrong | number |{head}\n|---|---|{'---|' * len(runs)}")
    for name, where in slices.items():
        cells = ""
        for run in runs:
            counts = score(run.named, truth, where)
            cells += f" {counts.right:,} / {counts.wrong} |"
        print(f"| {name} | {int(where.sum()):,} |{cells}")
    print("\nWho is neither right nor wrong is not named.\n")


def crowded(data: Path) -> tuple[Texts, Texts]:
    """Give the people with a twin (surname, birth, commune), and those of 01/01 before 1975."""
    table = pq.read_table(data / "s" / "population.parquet").to_pydict()
    homes: dict[tuple[str, str, str], list[str]] = {}
    new_year = []
    for key, name, birth, commune in zip(
        table["entry_key"], table["full_name"], table["date_of_birth"], table["commune"],
        strict=True,
    ):  # fmt: skip
        if len(birth) == 10:
            homes.setdefault((name.split()[0], birth, commune), []).append(key)
            if birth[:5] == "01/01" and birth[6:] < "1975":
                new_year.append(key)
    twins = [key for some in homes.values() if len(some) > 1 for key in some]
    return np.array(twins, dtype="U16"), np.array(new_year, dtype="U16")
