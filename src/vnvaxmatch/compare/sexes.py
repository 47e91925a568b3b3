"""Compare two sexes."""

from __future__ import annotations

from typing import Final

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import Sex
from vnvaxmatch.outcome import Reason

__all__ = ["compare_sexes"]

_DIFFERS: Final = (Level.DIFFERENT, Reason.SEX_DIFFERS)


def compare_sexes(a: Sex, b: Sex, /) -> Likeness:
    """Say whether two sexes are the same.

    >>> compare_sexes(Sex.MALE, Sex.FEMALE)
    (<Level.DIFFERENT: 'different'>, <Reason.SEX_DIFFERS: 'sex_differs'>)
    """
    return SAME if a is b else _DIFFERS
