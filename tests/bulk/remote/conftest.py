"""A made-up population, its registry, and a broken list of its vaccinations."""

from pathlib import Path

import pytest

from vnvaxmatch.bulk import build_registry
from vnvaxmatch.synthetic import synthesize

from .serving import serving


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``people.sqlite`` and ``doses.csv``: 200 people, 300 rows."""
    folder = tmp_path_factory.mktemp("made_up")
    synthesize(people=200, doses=300, seed=7, out=folder / "synthetic")
    build_registry(folder / "synthetic" / "population.csv", out=folder / "people.sqlite")
    (folder / "synthetic" / "doses.csv").rename(folder / "doses.csv")
    return folder


@pytest.fixture
def osia(made_up: Path):
    """The registry, asked by ``osia`` with ``match``."""
    with serving(made_up / "people.sqlite", "osia", operation="match") as server:
        yield server
