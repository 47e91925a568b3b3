"""The tables that the rules read: package data, each with its source and date beside it.

``data/SOURCES.csv`` says for every table where it comes from, when it was read, under which
licence, and how sure it is.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["rows", "tables_digest"]


_DATA = Path(__file__).parent / "data"  # importlib.resources is a tenth of the import


def rows(table: str) -> Iterator[dict[str, str]]:
    """Read one table, row by row, as column name -> text.

    >>> next(rows("surnames"))
    {'surname': 'Nguyễn', 'count': '12104'}
    """
    with (_DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def tables_digest() -> str:
    """SHA-256 over all tables: the version of the facts that a result was made with."""
    digest = hashlib.sha256()
    for path in sorted(_DATA.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".csv"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
