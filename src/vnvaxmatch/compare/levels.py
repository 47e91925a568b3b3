"""How alike two values are, and the evidence that the likenesses of a pair make up."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import attrs

from vnvaxmatch.outcome import Reason, redact
from vnvaxmatch.records import Field

__all__ = ["LEVELS", "SAME", "Evidence", "Finding", "Level", "Likeness"]


class Level(StrEnum):
    """How alike a field's two values are."""

    SAME = "same"
    """Equal once both are canonical."""
    LINKED = "linked"
    """A former number of that same entry."""
    UNMARKED = "unmarked"
    """Equal without tone and vowel marks."""
    CLOSE = "close"
    """Alike in a way that is known to happen to one and the same person's data."""
    DIFFERENT = "different"
    """Not alike."""
    MISSING = "missing"
    """Not compared: a value is missing on one side. None of the others, and below none of them."""


LEVELS: Final = (Level.SAME, Level.LINKED, Level.UNMARKED, Level.CLOSE, Level.DIFFERENT)
"""The levels of compared values, the most alike first. MISSING has no place among them."""

Likeness: TypeAlias = tuple[Level, Reason | None]
"""What a comparison of two values gives: how alike, and why it is not ``same``."""

SAME: Final[Likeness] = (Level.SAME, None)


@attrs.frozen
class Finding:
    """How alike one field is, and why it is not the same.

    ``weight`` is what that is worth (log2 of the Bayes factor), where a model weighed it.
    """

    field: Field
    level: Level
    reason: Reason | None = None
    weight: float | None = None


@attrs.frozen
class Evidence:
    """What comparing a claim with one entry found, in the order of :class:`Field`.

    Where a model weighed it, ``prior`` is the log2 odds before any field was compared, and
    ``weight`` the match weight: the log2 odds that claim and entry are one person, which is the
    prior and the weights of the findings together.
    """

    entry_key: str = attrs.field(repr=redact)
    findings: tuple[Finding, ...]
    weight: float | None = None
    prior: float | None = None

    @property
    def levels(self) -> Mapping[Field, Level]:
        """The level of every field."""
        return {finding.field: finding.level for finding in self.findings}
