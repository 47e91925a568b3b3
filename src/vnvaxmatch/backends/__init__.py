"""Matchers and registries, and the protocols that others fill.

The stores that need more than the standard library's lightest parts are loaded by
:func:`open_registry` and :func:`load_backend` only.
"""

from vnvaxmatch.backends.exact import Decision, Exact, decide
from vnvaxmatch.backends.loading import GROUP, load_backend, open_registry
from vnvaxmatch.backends.matching import amatch, amatch_many, match, match_many
from vnvaxmatch.backends.memory import MemoryRegistry
from vnvaxmatch.backends.protocols import AsyncRegistry, Flow, Found, Matcher, Registry

__all__ = [
    "GROUP",
    "AsyncRegistry",
    "Decision",
    "Exact",
    "Flow",
    "Found",
    "Matcher",
    "MemoryRegistry",
    "Registry",
    "amatch",
    "amatch_many",
    "decide",
    "load_backend",
    "match",
    "match_many",
    "open_registry",
]
