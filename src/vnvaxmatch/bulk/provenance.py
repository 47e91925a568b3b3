"""What a manifest says of where results come from, and how it is written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from vnvaxmatch.bulk.sources.folder import files_of
from vnvaxmatch.bulk.sources.source import Source
from vnvaxmatch.errors import InputError
from vnvaxmatch.model import Weigher
from vnvaxmatch.normalize import Encoding, repair_column

__all__ = [
    "about_input",
    "about_library",
    "about_model",
    "digest",
    "list_bytes",
    "vote",
    "write_json",
]

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
    """Describe the list that was read; of a folder, each of its files.

    Those are read again: a folder that was changed since it was digested is refused with
    :class:`~vnvaxmatch.errors.InputError`.
    """
    about: dict[str, Any] = {
        "name": path.name or path.absolute().name,
        "bytes": list_bytes(path),
        "sha256": sha256,
        "format": source.format,
        **source.details,
        "columns": source.columns.described,
    }
    if path.is_dir():
        digests = {file: digest(file) for file in files_of(path)}
        if _digest_of_all(digests) != sha256:
            raise InputError(f"{path} was changed while it was being read; run again")
        about["files"] = [
            {"name": file.name, "bytes": file.stat().st_size, "sha256": told}
            for file, told in digests.items()
        ]
    return about


def list_bytes(path: Path) -> int:
    """Give the size of a list: that of its file, or of all files of its folder."""
    return sum(file.stat().st_size for file in (files_of(path) if path.is_dir() else [path]))


def digest(path: Path) -> str:
    """Give the SHA-256 digest of a file, or of a folder that is a list.

    That of a folder is the digest of what ``LC_ALL=C sha256sum *`` prints of its files in it: a
    line for each, in the order of their names, of the file's digest, two spaces and its name.
    """
    if path.is_dir():
        return _digest_of_all({file: digest(file) for file in files_of(path)})
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_all(digests: Mapping[Path, str]) -> str:
    lines = (told.encode() + b"  " + os.fsencode(file.name) for file, told in digests.items())
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a report for people and programs; a file name may hold bytes that are no Unicode."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
