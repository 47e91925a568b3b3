"""Our own registries keep the laws that others are held to."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from vnvaxmatch import Entry, MemoryRegistry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.testing import RegistryLaws


class TestMemoryRegistry(RegistryLaws):
    """The registry in memory."""

    def make(self, entries: Sequence[Entry]) -> MemoryRegistry:
        """File them in memory."""
        return MemoryRegistry(entries)


class _FileLaws(RegistryLaws):
    """A registry in a file, built anew for every example."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "registry"


class TestSQLiteRegistry(_FileLaws):
    """The registry for one person at a time."""

    def make(self, entries: Sequence[Entry]) -> SQLiteRegistry:
        """Build a file and open it."""
        SQLiteRegistry.build(self.path, entries)
        return SQLiteRegistry(self.path)


class TestDuckDBRegistry(_FileLaws):
    """The registry for lists."""

    max_examples = 12

    def make(self, entries: Sequence[Entry]) -> DuckDBRegistry:
        """Build a file and open it."""
        DuckDBRegistry.build(self.path, entries)
        return DuckDBRegistry(self.path)
