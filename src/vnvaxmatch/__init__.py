"""Verify vaccination records against a population registry: which field is wrong, and why."""

from vnvaxmatch import normalize
from vnvaxmatch.backends import (
    Exact,
    Found,
    Fuzzy,
    Matcher,
    MemoryRegistry,
    Registry,
    amatch,
    amatch_many,
    load_backend,
    match,
    match_many,
)
from vnvaxmatch.blocking import Key, KeyKind
from vnvaxmatch.compare import Evidence, Finding, Level, compare
from vnvaxmatch.errors import VnvaxmatchError
from vnvaxmatch.outcome import Change, Doubt, Normalized, Reason, Rejected
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict, strict
from vnvaxmatch.records import Claim, Dose, Entry, Field

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Claim",
    "Disclosure",
    "Dose",
    "Doubt",
    "Entry",
    "Evidence",
    "Exact",
    "Field",
    "Finding",
    "Found",
    "Fuzzy",
    "Key",
    "KeyKind",
    "Level",
    "Matcher",
    "MemoryRegistry",
    "Normalized",
    "Outcome",
    "Policy",
    "Reason",
    "Registry",
    "Rejected",
    "Verdict",
    "VnvaxmatchError",
    "__version__",
    "amatch",
    "amatch_many",
    "compare",
    "load_backend",
    "match",
    "match_many",
    "normalize",
    "strict",
]
