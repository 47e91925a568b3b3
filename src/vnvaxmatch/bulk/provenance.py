"""What a manifest says of where results come from, and how it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from vnvaxmatch.bulk.sources.source import Source
from vnvaxmatch.model import Weigher
from vnvaxmatch.normalize import Encoding, repair_column

__all__ = ["about_input", "about_library", "about_model", "digest", "vote", "write_json"]

_VOTERS = 1_000
"""So many of a list's first distinct names vote on the encoding of the column."""


def vote(batch: pa.RecordBatch) -> Encoding | None:
    """Let the first distinct names vote on the encoding of the column; None is Unicode."""
    names = batch.column("full_name").unique()[:_VOTERS].to_pylist()
    encoding = repair_column(names).encoding
    return None if encoding is Encoding.UNICODE else encoding


def about_library() -> dict[str, str]:
    """Name the library and its version."""
    from vnvaxmatch import __version__

    return {"name": "vnvaxmatch", "version": __version__}


def about_model(weigher: Weigher) -> dict[str, Any]:
    """Say by which model weights were made, and what was enough."""
    model = weigher.model
    return {
        "name": str(model),
        "prior": round(weigher.prior, 3),
        "coverage": model.coverage,
        "threshold": model.threshold,
        "margin": model.margin,
        "possible": model.possible,
        "sha256": hashlib.sha256(model.to_json().encode()).hexdigest(),
    }


def about_input(path: Path, source: Source, sha256: str) -> dict[str, Any]:
    """Describe the list that was read."""
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256,
        "format": source.format,
        **source.details,
        "columns": source.columns.described,
    }


def digest(path: Path) -> str:
    """Give the SHA-256 digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a report for people and programs; a file name may hold bytes that are no Unicode."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
