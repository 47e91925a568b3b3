"""Build a registry from a population: texts to parts, parts to one file, bounded memory throughout.

:class:`PopulationReader` is the rules of a row, lifted over a batch: it knows no file and no store.
"""

from vnvaxmatch.bulk.population.building import Built, build_registry, kept_beside
from vnvaxmatch.bulk.population.reading import PopulationReader, ReadPeople

__all__ = ["Built", "PopulationReader", "ReadPeople", "build_registry", "kept_beside"]
