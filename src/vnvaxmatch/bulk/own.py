"""What is true of one field of a claim by itself: the unit that columns hold the number of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from vnvaxmatch.outcome import Change, Doubt, Normalized, Reading, Reason

__all__ = ["Own", "own_of"]


@attrs.frozen
class Own:
    """Why a field cannot be compared, what is doubtful about it and what was changed."""

    gap: Reason | None = None
    doubts: Sequence[Doubt | Reason] = ()
    changes: tuple[Change, ...] = ()
    foreign: bool = False


def own_of(reading: Reading[Any], gap: Reason | None, *, foreign: bool = False) -> Own:
    """Say what is true of a reading, whose ``gap`` is known."""
    if isinstance(reading, Normalized):
        return Own(gap, reading.doubts, reading.changes, foreign)
    return Own(gap)
