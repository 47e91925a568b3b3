"""The tables that the rules read: package data, each with its source and date beside it.

``data/SOURCES.csv`` says for every table where it comes from, when it was read, under which
licence, and how sure it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

__all__ = ["rows", "tables_digest"]


_DATA = os.path.join(os.path.dirname(__file__), "data")  # importlib.resources is slow to import


def rows(table: str) -> Iterator[dict[str, str]]:
    """Read one table, row by row, as column name -> text.

    >>> next(rows("surnames"))
    {'surname': 'Nguyễn', 'count': '12104'}
    """
    import csv  # here and below, since the library reads no table until it must

    with open(os.path.join(_DATA, f"{table}.csv"), encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def tables_digest() -> str:
    """SHA-256 over all tables: the version of the facts that a result was made with."""
    import hashlib

    digest = hashlib.sha256()
    for name in sorted(os.listdir(_DATA)):
        if name.endswith(".csv"):
            with open(os.path.join(_DATA, name), "rb") as file:
                digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()
