"""Compare two ID numbers, each with the former ones that are known beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.outcome import Reason

__all__ = ["compare_numbers"]

_LINKED: Final = (Level.LINKED, Reason.ID_NUMBER_FORMER)
_BOTH_FORMER: Final = (Level.CLOSE, Reason.ID_NUMBER_FORMER)
_TYPO: Final = (Level.CLOSE, Reason.ID_NUMBER_TYPO)
_DIFFERS: Final = (Level.DIFFERENT, Reason.ID_NUMBER_DIFFERS)
_MISSING: Final = (Level.MISSING, Reason.ID_NUMBER_NOT_COMPARED)


def compare_numbers(
    claimed: IdNumber,
    held: IdNumber | None,
    /,
    *,
    former: Sequence[IdNumber] = (),
    claim_former: Sequence[IdNumber] = (),
) -> Likeness:
    """Say how alike a claimed number and an entry's are.

    ``former`` are the entry's former numbers, ``claim_former`` those printed beside the claimed one
    (a card's QR code prints them). A number that was the other side's former one is linked to it;
    two that only share a former one are close, because nine-digit numbers were issued twice. One
    digit off or two neighbours swapped is close, also against a former number. An entry without a
    current number differs from none: that is missing.

    >>> old, new = IdNumber("271234567"), IdNumber("001085000123")
    >>> compare_numbers(old, new, former=(old,))
    (<Level.LINKED: 'linked'>, <Reason.ID_NUMBER_FORMER: 'id_number_former'>)
    """
    if claimed == held:
        return SAME
    if claimed in former or (held is not None and held in claim_former):
        return _LINKED
    if any(number in former for number in claim_former):
        return _BOTH_FORMER
    pairs = [(claimed, other) for other in (held, *former) if other is not None]
    if held is not None:
        pairs += [(number, held) for number in claim_former]
    if any(_is_typo(a.text, b.text) for a, b in pairs):
        return _TYPO
    return _MISSING if held is None else _DIFFERS


def _is_typo(a: str, b: str) -> bool:
    """Tell whether one digit differs, or two neighbours are swapped."""
    if len(a) != len(b):
        return False
    off = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(off) == 1:
        return True
    return (
        len(off) == 2 and off[1] == off[0] + 1 and a[off[0]] == b[off[1]] and a[off[1]] == b[off[0]]
    )
