"""Tell which kind of store a file is by its first bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["DUCKDB_MAGIC", "SQLITE_MAGIC", "magic"]

SQLITE_MAGIC: Final = b"SQLite format 3\0"
DUCKDB_MAGIC: Final = b"DUCK"


def magic(path: Path) -> bytes | None:
    """Read which kind of store a file is: one of the two magics, b"" for neither, None if empty.

    Raises OSError if it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        return None
    if head == SQLITE_MAGIC:
        return SQLITE_MAGIC
    return DUCKDB_MAGIC if head[8:12] == DUCKDB_MAGIC else b""
