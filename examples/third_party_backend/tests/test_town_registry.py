"""The town's registry keeps the laws of every registry."""

import tempfile
from pathlib import Path

from town_registry import TownRegistry, write_people

from vnvaxmatch import Exact, load_backend
from vnvaxmatch.testing import MatcherLaws, RegistryLaws


class TestTownRegistry(RegistryLaws):
    """Every law of a registry, on fewer people than usual: each example writes a file."""

    max_examples = 20

    def make(self, entries):
        """Write the people to a file, and open it."""
        with tempfile.TemporaryDirectory() as folder:
            write_people(Path(folder) / "people.csv", entries)
            return TownRegistry(Path(folder) / "people.csv")


class TestExactOnTownRegistry(MatcherLaws):
    """Every law of a matcher holds on it too."""

    max_examples = 20

    make_registry = TestTownRegistry.make

    def make_matcher(self):
        """Take the exact matcher."""
        return Exact()


def test_it_is_found_by_the_name_it_announces():
    """Installing the package is all it takes."""
    assert load_backend("town") is TownRegistry
