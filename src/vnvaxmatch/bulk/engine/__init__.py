"""What moves rows: an engine joins numbers, and keys, with a registry. It knows no rule.

The embedded one is DuckDB on a DuckDB registry. Any other registry is asked one by one.
"""

from vnvaxmatch.backends import Registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.bulk.engine.duckdb import DuckDBEngine
from vnvaxmatch.bulk.engine.protocol import Asked, Blocks, Engine, Joined, Searched
from vnvaxmatch.bulk.engine.registry import RegistryEngine

__all__ = [
    "Asked",
    "Blocks",
    "DuckDBEngine",
    "Engine",
    "Joined",
    "RegistryEngine",
    "Searched",
    "engine_for",
]


def engine_for(registry: Registry, *, threads: int | None = None) -> Engine:
    """Choose the engine for a registry: its own store's, or asking it one by one."""
    if isinstance(registry, DuckDBRegistry):
        return DuckDBEngine(registry, threads=threads)
    return RegistryEngine(registry)
