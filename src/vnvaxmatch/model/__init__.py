"""What likenesses are worth: match weights after Fellegi and Sunter (1969), in bits.

A :class:`Model` says how probable every likeness is between two records of one person (m) and of
two people (u); a :class:`Frequencies` how common the agreeing name and birth date are; a
:class:`Weigher` puts both together.
"""

from vnvaxmatch.model.estimating import Pattern, estimate, pattern_of, patterns_of, refine
from vnvaxmatch.model.frequencies import LISTED, NATION, RAREST, Frequencies, most_common
from vnvaxmatch.model.models import CODES, SAME, Chance, Model, Scale, code_of, default_model
from vnvaxmatch.model.weighing import NEAR_NUMBERS, Weigher

__all__ = [
    "CODES",
    "LISTED",
    "NATION",
    "NEAR_NUMBERS",
    "RAREST",
    "SAME",
    "Chance",
    "Frequencies",
    "Model",
    "Pattern",
    "Scale",
    "Weigher",
    "code_of",
    "default_model",
    "estimate",
    "most_common",
    "pattern_of",
    "patterns_of",
    "refine",
]
