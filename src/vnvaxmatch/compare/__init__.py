"""Compare a claim with an entry, field by field: how alike, and why not the same.

Every rule here is a pure and symmetric function of one pair of values; what a likeness is worth is
a policy's business. What is missing on either side is MISSING, never different.
"""

from vnvaxmatch.compare.births import compare_birth_codes, compare_births
from vnvaxmatch.compare.evidence import compare
from vnvaxmatch.compare.levels import LEVELS, Evidence, Finding, Level, Likeness
from vnvaxmatch.compare.names import compare_folds, compare_names
from vnvaxmatch.compare.numbers import compare_number_texts, compare_numbers
from vnvaxmatch.compare.sexes import compare_sexes

__all__ = [
    "LEVELS",
    "Evidence",
    "Finding",
    "Level",
    "Likeness",
    "compare",
    "compare_birth_codes",
    "compare_births",
    "compare_folds",
    "compare_names",
    "compare_number_texts",
    "compare_numbers",
    "compare_sexes",
]
