"""What moves rows: an engine joins numbers, and keys, with a registry. It knows no rule.

The embedded one takes a batch at a time and finds in DuckDB, if the registry is a DuckDB file; any
other registry is asked one by one. For Spark see :mod:`vnvaxmatch.bulk.spark`.
"""

from vnvaxmatch.backends import Registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.bulk.engine.duckdb import DuckDBFinder, Room
from vnvaxmatch.bulk.engine.protocol import (
    Answer,
    Asked,
    Blocks,
    Engine,
    Finder,
    Joined,
    Numbers,
    Question,
    Searched,
    Stage,
    carry_out,
)
from vnvaxmatch.bulk.engine.registry import RegistryFinder

__all__ = [
    "Answer",
    "Asked",
    "Blocks",
    "DuckDBFinder",
    "Engine",
    "Finder",
    "Joined",
    "Numbers",
    "Question",
    "RegistryFinder",
    "Room",
    "Searched",
    "Stage",
    "carry_out",
    "finder_for",
]


def finder_for(registry: Registry, *, room: Room | None = None) -> Finder:
    """Choose how to join with a registry: in its own store, or asking it one by one."""
    if isinstance(registry, DuckDBRegistry):
        return DuckDBFinder(registry, room=room or Room())
    return RegistryFinder(registry)
