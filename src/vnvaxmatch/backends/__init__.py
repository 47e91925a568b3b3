"""Matchers and registries, and the protocols that others fill.

The stores that need more than the standard library's lightest parts are loaded by
:func:`open_registry` and :func:`load_backend` only.
"""

from vnvaxmatch.backends.decisions import Decision, suggest, verdict_of, written
from vnvaxmatch.backends.exact import Exact, decide
from vnvaxmatch.backends.fuzzy import (
    Fuzzy,
    identify,
    is_another_person,
    is_settled,
    states_person,
    unseen,
)
from vnvaxmatch.backends.loading import GROUP, load_backend, open_registry
from vnvaxmatch.backends.matching import amatch, amatch_many, match, match_many
from vnvaxmatch.backends.memory import MemoryRegistry
from vnvaxmatch.backends.protocols import (
    AsyncRegistry,
    Conversation,
    CountedRegistry,
    Flow,
    Found,
    Matcher,
    MatcherOf,
    Registry,
    RegistryOf,
)

__all__ = [
    "GROUP",
    "AsyncRegistry",
    "Conversation",
    "CountedRegistry",
    "Decision",
    "Exact",
    "Flow",
    "Found",
    "Fuzzy",
    "Matcher",
    "MatcherOf",
    "MemoryRegistry",
    "Registry",
    "RegistryOf",
    "amatch",
    "amatch_many",
    "decide",
    "identify",
    "is_another_person",
    "is_settled",
    "load_backend",
    "match",
    "match_many",
    "open_registry",
    "states_person",
    "suggest",
    "unseen",
    "verdict_of",
    "written",
]
