"""Take a cell that holds an identity number apart: label, mask, float, separators, letters.

What is left is decided in :mod:`vnvaxmatch.normalize.id_numbers`.
"""

from __future__ import annotations

from vnvaxmatch.normalize.digits import (
    float_digits,
    is_digits,
    is_scientific,
    look_alike_digits,
    says_nothing,
)
from vnvaxmatch.normalize.folding import fold, lazy, lazy_pattern, narrow, tidy
from vnvaxmatch.outcome import Change, Reason

__all__ = ["bare_number"]

_LABELS = (
    r"cccd|cmnd|cmtnd|cmtnn|cmt|cmnn|cmqd|cm|cc|cd|cic|id(?: ?card)?|identity|citizen|number|no"
    r"|(?:the )?can cuoc(?: cong dan)?|(?:giay )?chung minh(?: thu)?(?: nhan dan)?"
    r"|ho chieu|passport|hc|so(?: the| hieu)?|(?:ma |so )*dinh danh(?: ca nhan)?|ddcn|sddcn|mdd"
    r"|giay to(?: tuy than)?|gan chip|moi|cu|(?:9|12) so"
)
_LABEL_BEFORE = lazy_pattern(rf"(?:(?:{_LABELS})(?![a-z])[\s.:;,#/()°º–=-]*)+")
_LABEL_AFTER = lazy_pattern(
    r"(?<![\s.,;:/(–-])[\s.,;:/(–-]*(?<![a-z])"
    rf"(?:{_LABELS}|(?:(?:ngay |noi )?cap|do|ca|cong an|cuc)\b.*)[\s).]*$"
)
_SEPARATORS = lazy_pattern(r"[\s.,:;'’‘`´\"“”()\[\]{}=_–—−‐‑-]+")
_MASK = lazy(r"[*•●#…]|(?<=[0-9])x{2,}|x{2,}(?=[0-9])|x{4,}", anywhere=True)
_DATE = lazy(
    r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{4}|[0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2}(?:[t ].*)?"
)
_LETTER = lazy("[a-z]", anywhere=True)
_LETTER_OR_DIGIT = lazy("[a-z0-9]", anywhere=True)
_PLUS = lazy(r"\+[0-9]{8,15}")
_PASSPORT = lazy("[a-z][0-9]{7}")
_WHOLE = lazy_pattern("(?<![0-9])(?:[0-9]{12}|[0-9]{9})(?![0-9])")


def bare_number(text: str) -> tuple[str, tuple[Change, ...]] | Reason:
    """Give the digits, or the letter and digits, that a text holds, and what was taken away.

    >>> bare_number("CMND: 011.234.567")[0]
    '011234567'
    """
    tidied = tidy(text)
    wide = narrow(tidied)
    width_changed = wide != tidied
    folded = fold(wide)
    if not folded:
        return Reason.MISSING
    changes = [Change.ID_NUMBER_WIDTH] if width_changed else []
    # without a letter there is no label, and this is the dearest question
    bare, label_found = _strip_label(folded) if _LETTER(folded) else (folded, False)
    if label_found:
        changes.append(Change.ID_NUMBER_LABEL)
    if refused := _refuse(folded, bare):
        return refused
    whole = float_digits(bare)
    compact = whole or _SEPARATORS().sub("", bare)
    before = bare if label_found else (wide if width_changed else text).lower()
    if whole is not None:
        changes.append(Change.ID_NUMBER_FLOAT)
    elif compact != before:
        changes.append(Change.ID_NUMBER_SEPARATORS)
    if is_digits(compact) and len(compact) < 18:  # no room for two
        return compact, tuple(changes)
    several = set(_WHOLE().findall(bare))
    if len(several) > 1:
        return Reason.ID_NUMBER_AMBIGUOUS
    if several and not _LETTER_OR_DIGIT(_WHOLE().sub("", bare)):
        compact = several.pop()  # also the same number, written twice
    return _read_letters(compact, wide, changes)


def _read_letters(
    compact: str, wide: str, changes: list[Change]
) -> tuple[str, tuple[Change, ...]] | Reason:
    if is_digits(compact):
        return compact, tuple(changes)
    if _PASSPORT(compact):
        number = compact.upper()
        if number[0] not in wide:
            changes.append(Change.ID_NUMBER_LETTERS)
        return number, tuple(changes)
    digits = look_alike_digits(compact)
    if digits is not None:
        return digits, (*changes, Change.ID_NUMBER_LETTERS)
    return Reason.ID_NUMBER_PHONE if _PLUS(compact) else Reason.ID_NUMBER_UNREADABLE


def _strip_label(folded: str) -> tuple[str, bool]:
    found = _LABEL_BEFORE().match(folded)
    bare = folded[found.end() :] if found else folded
    bare = _LABEL_AFTER().sub("", bare)
    return bare, bare != folded


def _refuse(folded: str, bare: str) -> Reason | None:
    """Say why a text cannot be repaired at all, or None."""
    if says_nothing(folded) or (bare != folded and (not bare or says_nothing(bare))):
        return Reason.ID_NUMBER_PLACEHOLDER
    if _MASK(bare):
        return Reason.ID_NUMBER_MASKED
    if is_scientific(bare) and float_digits(bare) is None:
        return Reason.ID_NUMBER_SCIENTIFIC
    if _DATE(bare):
        return Reason.ID_NUMBER_UNREADABLE
    return None
