"""Made-up people and damaged texts, and the laws that normalisers, registries and matchers keep.

Subclass a law in a test module, say what to test, and pytest runs it::

    class TestMyRegistry(RegistryLaws):
        def make(self, entries):
            return MyRegistry(entries)

Whatever signs, and whoever says whom to believe, have their laws too; :class:`TestCA` is an
authority to try them with, and needs the extra ``certify``.

Nobody here was ever born: people are put together from parts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from vnvaxmatch.testing.authority import TestCA
    from vnvaxmatch.testing.laws.signers import SignerLaws
    from vnvaxmatch.testing.laws.trusts import TrustLaws

__all__ = [
    "LedgerLaws",
    "MatcherLaws",
    "NormalizerLaws",
    "RegistryLaws",
    "SignerLaws",
    "TestCA",
    "TrustLaws",
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

_LAZY = {
    "SignerLaws": "vnvaxmatch.testing.laws.signers",
    "TestCA": "vnvaxmatch.testing.authority",
    "TrustLaws": "vnvaxmatch.testing.laws.trusts",
}
"""What needs the extra ``certify``, and where it is."""


def __getattr__(name: str) -> Any:
    """Load what needs more than the rest when it is asked for."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
