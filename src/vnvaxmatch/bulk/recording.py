"""Record in a ledger that a list was verified: nobody can change it unnoticed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from vnvaxmatch.bulk.provenance import digest
from vnvaxmatch.bulk.runs import MANIFEST, Run
from vnvaxmatch.ledger import Event, Ledger

__all__ = ["RUNS", "record_run"]

RUNS: Final = "runs"
"""The stream that runs are recorded in."""


def record_run(run: Run, ledger: Ledger, /, *, at: datetime) -> int:
    """Append one event about a run, and give its place in the ledger.

    It holds the digests of manifest, list and results, the names of matcher, policy and registry,
    and counts: no value of any record. Raises :class:`~vnvaxmatch.errors.LedgerError`.
    """
    manifest = run.manifest
    registry: dict[str, str] = {
        name: str(manifest["registry"][name])
        for name in ("backend", "snapshot", "address", "codec")
        if name in manifest.get("registry", {})
    }
    data: dict[str, Any] = {
        "manifest": digest(run.out / MANIFEST),
        "list": manifest["input"]["sha256"],
        "results": dict(manifest["outputs"]),
        "library": manifest["library"]["version"],
        "matcher": manifest.get("matcher"),
        "policy": manifest.get("policy"),
        "disclosure": manifest.get("disclosure"),
        "registry": registry,
        "rows": manifest["rows"],
        "outcomes": dict(run.summary["outcomes"]),
    }
    (index,) = ledger.append([Event(RUNS, "verified", at, data)])
    return index
