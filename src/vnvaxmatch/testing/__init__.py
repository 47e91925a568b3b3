"""Made-up people and damaged texts, and the laws that normalisers, registries and matchers keep.

Subclass a law in a test module, say what to test, and pytest runs it::

    class TestMyRegistry(RegistryLaws):
        def make(self, entries):
            return MyRegistry(entries)

Nobody here was ever born: people are put together from parts.
"""

from vnvaxmatch.errors import MissingExtraError

try:
    import pytest

    pytest.register_assert_rewrite("vnvaxmatch.testing.laws")
    from vnvaxmatch.testing.damage import misspelt
    from vnvaxmatch.testing.events import events
    from vnvaxmatch.testing.laws import (
        LedgerLaws,
        MatcherLaws,
        NormalizerLaws,
        RegistryLaws,
        WeighingLaws,
    )
    from vnvaxmatch.testing.pairs import crowds, different_people, relatives, same_person
    from vnvaxmatch.testing.strategies import (
        births,
        claim_of,
        claims,
        entries,
        id_numbers,
        names,
        phones,
        populations,
        sexes,
    )
except ModuleNotFoundError as error:
    if error.name not in {"hypothesis", "pytest"}:
        raise
    raise MissingExtraError("testing") from error

__all__ = [
    "LedgerLaws",
    "MatcherLaws",
    "NormalizerLaws",
    "RegistryLaws",
    "WeighingLaws",
    "births",
    "claim_of",
    "claims",
    "crowds",
    "different_people",
    "entries",
    "events",
    "id_numbers",
    "misspelt",
    "names",
    "phones",
    "populations",
    "relatives",
    "same_person",
    "sexes",
]
