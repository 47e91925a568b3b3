"""Compare two ID numbers, each with the former ones that are known beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vnvaxmatch.compare.levels import SAME, Level, Likeness
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.outcome import Reason

__all__ = ["compare_number_texts", "compare_numbers"]

_LINKED: Final = (Level.LINKED, Reason.ID_NUMBER_FORMER)
_BOTH_FORMER: Final = (Level.CLOSE, Reason.ID_NUMBER_FORMER_SHARED)
_TYPO: Final = (Level.CLOSE, Reason.ID_NUMBER_TYPO)
_TRANSPOSED: Final = (Level.CLOSE, Reason.ID_NUMBER_TRANSPOSED)
_ZEROS: Final = (Level.CLOSE, Reason.ID_NUMBER_LEADING_ZEROS)
_OTHER_KIND: Final = (Level.DIFFERENT, Reason.ID_NUMBER_OTHER_KIND)
_DIFFERS: Final = (Level.DIFFERENT, Reason.ID_NUMBER_DIFFERS)
_MISSING: Final = (Level.MISSING, Reason.ID_NUMBER_NOT_COMPARED)

_NUMBERS: Final = {9, 12}
"""Digits of a CMND and of a CCCD."""

_SLIPS: Final = (_ZEROS, _TRANSPOSED, _TYPO)
"""The most telling first: where several numbers are known, the best pair speaks."""


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
    two that only share a former one are close, because nine-digit numbers were issued twice. Close,
    also to a former number, is what is equal but for leading zeros, two neighbours swapped or one
    digit. A CMND says nothing against a person of whom only a CCCD is known, nor the other way
    round: ``id_number_other_kind``. An entry without a current number differs from none: missing.

    >>> old, new = IdNumber("271234567"), IdNumber("001085000123")
    >>> compare_numbers(old, new, former=(old,))
    (<Level.LINKED: 'linked'>, <Reason.ID_NUMBER_FORMER: 'id_number_former'>)
    >>> compare_numbers(old, new)
    (<Level.DIFFERENT: 'different'>, <Reason.ID_NUMBER_OTHER_KIND: 'id_number_other_kind'>)
    """
    return compare_number_texts(
        claimed.text,
        None if held is None else held.text,
        former=[number.text for number in former] if former else (),
        claim_former=[number.text for number in claim_former] if claim_former else (),
    )


def compare_number_texts(
    claimed: str,
    held: str | None,
    /,
    *,
    former: Sequence[str] = (),
    claim_former: Sequence[str] = (),
) -> Likeness:
    """Compare canonical texts of numbers, as compare_numbers does.

    >>> compare_number_texts("001085000123", "001085000132")
    (<Level.CLOSE: 'close'>, <Reason.ID_NUMBER_TRANSPOSED: 'id_number_transposed'>)
    """
    if claimed == held:
        return SAME
    if not former and not claim_former:
        return _MISSING if held is None else _slip(claimed, held) or _difference(claimed, held)
    if claimed in former or (held is not None and held in claim_former):
        return _LINKED
    if any(number in former for number in claim_former):
        return _BOTH_FORMER
    pairs = list(_pairs(claimed, held, former, claim_former))
    if slips := {found for pair in pairs if (found := _slip(*pair))}:
        return min(slips, key=_SLIPS.index)
    if held is None:
        return _MISSING
    differences = {_difference(*pair) for pair in pairs}
    return _DIFFERS if _DIFFERS in differences else _OTHER_KIND


def _pairs(
    claimed: str, held: str | None, former: Sequence[str], claim_former: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Set each side's current number against all of the other's."""
    if held is not None:
        yield claimed, held
        for number in claim_former:
            yield number, held
    for number in former:
        yield claimed, number


def _difference(a: str, b: str) -> Likeness:
    return _OTHER_KIND if {len(a), len(b)} == _NUMBERS else _DIFFERS


def _slip(a: str, b: str) -> Likeness | None:
    """Say by which slip two numbers may be one."""
    size = len(a)
    if size != len(b):
        return _ZEROS if a.lstrip("0") == b.lstrip("0") else None
    half = size // 2
    if a[:half] != b[:half] and a[half:] != b[half:]:
        # two halves differ: only neighbours at the seam can be all
        around = a[: half - 1] == b[: half - 1] and a[half + 1 :] == b[half + 1 :]
        return _TRANSPOSED if around and _is_swap(a, b, half - 1) else None
    off = [at for at in range(size) if a[at] != b[at]]
    if len(off) == 1:
        return _TYPO
    swapped = len(off) == 2 and off[1] == off[0] + 1 and _is_swap(a, b, off[0])
    return _TRANSPOSED if swapped else None


def _is_swap(a: str, b: str, at: int) -> bool:
    return a[at] == b[at + 1] and a[at + 1] == b[at]
