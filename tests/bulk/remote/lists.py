"""Lists and registries of made-up people, and runs over them."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from vnvaxmatch.backends.remote import Limits
from vnvaxmatch.bulk import InputOptions, Run, verify
from vnvaxmatch.bulk.remote import Remote, verify_remote

__all__ = [
    "DAY",
    "HEADINGS",
    "OPTIONS",
    "QUICK",
    "USUAL",
    "coarse",
    "local",
    "official",
    "results",
    "save",
    "verified",
]

DAY = datetime.date(2026, 1, 15)
OPTIONS = InputOptions(reference=DAY)
USUAL: dict[str, Any] = {"options": OPTIONS, "worklists": False}
"""What a run is told where nothing else is: to write worklists takes most of its time."""

HEADINGS = ["record_id", "full_name", "date_of_birth", "sex", "id_number", "nationality"]
QUICK = Limits(
    attempts=2, backoff=0.002, backoff_cap=0.01, attempt_timeout=2.0, breaker_wait=0.01,
    breaker_cap=0.02, patience=0.5, total_timeout=5.0,
)  # fmt: skip


def save(path: Path, *rows: list[str], headings: list[str] = HEADINGS) -> Path:
    """Write a list."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def results(out: Path) -> list[dict[str, Any]]:
    """Read the results."""
    return pq.read_table(out / "results.parquet").to_pylist()


def verified(doses: Path, url: str, out: Path, **given: Any) -> Run:
    """Verify a list over the network, with little patience."""
    about = {"codec": "osia", "codec_options": {"operation": "match"}, "limits": QUICK}
    for name in ("codec", "codec_options", "limits", "auth", "client"):
        if name in given:
            about[name] = given.pop(name)
    remote = Remote(url=url, **about)
    return verify_remote(doses, registry=remote, out=out, **(USUAL | given))


def local(made_up: Path, out: Path, **given: Any) -> list[dict[str, Any]]:
    """Verify the made-up list against its registry here, and read the results."""
    doses, registry = made_up / "doses.csv", made_up / "people.sqlite"
    verify(doses, registry=registry, out=out, **(USUAL | given))
    return results(out)


def official(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Leave outcome and official answer."""
    return [(row["outcome"], row["official"]) for row in rows]


def coarse(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Leave of a result what a protocol can say that knows «fits» and «does not fit» only.

    A row with a gap is not asked about, and so nobody knows how far the rest of it would fit.
    """
    kept = []
    for row in rows:
        levels = [row[f"{f}_level"] for f in ("name", "birth", "sex")]
        if row["outcome"] == "incomplete":
            levels = []
        fits = [level if level in ("same", "missing", None) else "else" for level in levels]
        kept.append((row["row"], row["record_id"], row["outcome"], row["official"], *fits,
                     row["repairs"], row["commune"]))  # fmt: skip
    return kept
