"""Phone numbers, on the ``phonenumbers`` library, with the Vietnamese renumberings it lacks.

In 2018 the 11-digit mobiles became 10-digit ones (0169… -> 039…), in 2017 the landline area codes
changed (08 -> 028). Fifteen old area codes begin like mobiles of today. Where the writing sets such
a code apart («08 38256686», «076 3841234»), a text has two readings and stays as it was typed;
written as one block or in a mobile's groups it is the mobile of today. Landline subscribers begin
with 2 to 7 since the renumbering of October 2008, so «08 98123456» is a mobile only.
"""

from __future__ import annotations

import attrs

from vnvaxmatch.normalize.digits import (
    float_digits,
    is_digits,
    is_scientific,
    look_alike_digits,
)
from vnvaxmatch.normalize.folding import MAX_LENGTH, fold, lazy_pattern, narrow, tidy
from vnvaxmatch.normalize.phone_plan import (
    PhoneRead,
    is_service,
    national_pattern,
    read_foreign,
    read_national,
)
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = ["Phone", "phone"]


@attrs.frozen
class Phone:
    """A phone number in national form (a foreign one in E.164), or several that it may be.

    ``readings`` has one item, equal to ``text``, unless the phone is ambiguous: an old landline
    that is also a mobile (``text`` is as typed, the area code apart), or several phones in one cell
    (``text`` joins them by `` / ``).

    >>> phone("08 38256686").unwrap().readings
    ('02838256686', '0838256686')
    """

    text: str = attrs.field(repr=redact)
    readings: tuple[str, ...] = attrs.field(repr=redact)

    def __str__(self) -> str:
        return self.text

    @property
    def ambiguous(self) -> bool:
        """Whether there is more than one reading."""
        return len(self.readings) > 1


def phone(text: str) -> Reading[Phone]:
    """Read a phone number into its national form of today.

    >>> str(phone("+84 (0)1692.345.678").unwrap())
    '0392345678'
    >>> [d.value for d in phone("08 38256686").doubts]
    ['phone_ambiguous']
    """
    if len(text) <= 11 and is_digits(text) and national_pattern().fullmatch(text):
        return Normalized(Phone(text, (text,)))
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    if not text or text.isspace():
        return BLANK
    return _damaged(text)


_LABELS = (
    r"(?:so |s)?(?:dien thoai|dt)(?: di dong| ban| nha| co dinh)?|dd|di dong|co dinh|sdd|tel|mob"
    r"|mobile|cell|phone|telephone|hotline|zalo|viber|lien he|lh|so|call|fax|no"
)
_LABEL = lazy_pattern(rf"(?<![a-z])(?:{_LABELS})(?![a-z])")
_EXTENSION = lazy_pattern(
    r"(?<![\s,;(])[\s,;(]*"
    r"(?:(?:ext(?:ension)?|may le|may nhanh|noi bo|nhanh)[\s.:]*|(?<=[0-9])\s*x\s*)"
    r"[0-9]{1,5}[\s)]*$"
)
_LETTERS = lazy_pattern("[a-z]+")
_BETWEEN = lazy_pattern(
    r"[/;,|&\n\r\\]+|(?<=[0-9)\s])(?=\+)|(?<![a-z])(?:va|hoac|hay|or|and)(?![a-z])"
)
_MASK = lazy_pattern("[*•●…]|#{2,}|x{2,}")
_SPACING = lazy_pattern(r"[\s.,/\\|;:'’‘`\"()\[\]{}_–—−‐‑=#-]+")
_PLUS = lazy_pattern(r"[\s.:'(\[]*\+")


def _damaged(text: str) -> Reading[Phone]:
    """Read a cell that is not simply a valid number: repair, then one phone, then several."""
    cell = fold(narrow(tidy(text)))
    if not cell:
        return BLANK
    changes: set[Change] = set()
    if _MASK().search(cell):
        return Rejected(Reason.PHONE_UNREADABLE)
    if whole := float_digits(cell):
        cell = whole
        changes.add(Change.PHONE_FLOAT)
    elif is_scientific(cell):
        return Rejected(Reason.PHONE_UNREADABLE)
    if (shorter := _EXTENSION().sub("", cell)) != cell:
        cell = shorter
        changes.add(Change.PHONE_EXTENSION)
    cell = _LABEL().sub(" ", cell)
    found, rest = _read_cell(cell)
    if not found:
        digits = any("0" <= c <= "9" for c in cell)
        return Rejected(Reason.PHONE_INVALID if digits else Reason.PHONE_UNREADABLE)
    return _combine(text, found, rest, changes)


def _combine(text: str, found: list[PhoneRead], rest: bool, changes: set[Change]) -> Reading[Phone]:
    distinct = list({read.text: read for read in found}.values())
    canonical = " / ".join(read.text for read in distinct)
    readings = tuple(dict.fromkeys(r for read in distinct for r in read.readings))
    for read in distinct:
        changes |= read.changes
    if not changes and canonical != text:
        changes.add(Change.PHONE_FORMAT)
    doubts = []
    if len(readings) > 1:
        doubts.append(Doubt.PHONE_AMBIGUOUS)
    for doubt in (Doubt.PHONE_MIGRATION_WEAK, Doubt.PHONE_UNALLOCATED):
        if any(doubt in read.doubts for read in distinct):
            doubts.append(doubt)
    if rest:
        doubts.append(Doubt.PHONE_PARTLY_READ)
    ordered = tuple(change for change in Change if change in changes)
    return Normalized(Phone(canonical, readings), ordered, tuple(doubts))


def _read_cell(cell: str) -> tuple[list[PhoneRead], bool]:
    """Read the phones of a cell, and say whether something else stays unread."""
    if read := _read_piece(cell):
        return [read], False
    found: list[PhoneRead] = []
    rest = False
    for segment in _BETWEEN().split(cell):
        parts = [segment] if _as_numeral(segment) else _LETTERS().split(segment)
        rest = rest or len(parts) > 1
        for part in parts:
            reads = _read_run(part)
            found += reads
            rest = rest or (not reads and any("0" <= c <= "9" for c in part))
    return found, rest


def _read_run(part: str) -> list[PhoneRead]:
    """Read one phone, or several that only spaces part: «0912345678 0987654321»."""
    if read := _read_piece(part):
        return [read]
    groups = [g for g in _SPACING().split(part) if g]
    if not 2 <= len(groups) <= 24:
        return []
    found: list[PhoneRead] = []
    start = 0
    while start < len(groups):
        for end in range(min(len(groups), start + 6), start, -1):
            if read := _read_piece(" ".join(groups[start:end])):
                found.append(read)
                start = end
                break
        else:  # a house number or the like: then only whole numbers count
            return [read for g in groups if g[0] in "0+" and (read := _read_piece(g))]
    return found


def _as_numeral(piece: str) -> tuple[str, bool] | None:
    """Give a piece that is a number and spacing, its letters read, and whether it had any."""
    plus = _PLUS().match(piece)
    body = piece[plus.end() :] if plus else piece
    compact = _SPACING().sub("", body)
    digits = compact if is_digits(compact) else look_alike_digits(compact)
    if digits is None or not 7 <= len(digits) <= 17:
        return None
    if digits != compact:
        kept = iter(digits)
        body = "".join(c if _SPACING().fullmatch(c) else next(kept) for c in body)
    return "+" + body if plus else body, digits != compact


def _read_piece(piece: str) -> PhoneRead | None:
    """Read a piece that is one number and nothing else, or give None."""
    read = _as_numeral(piece)
    if read is None:
        return None
    numeral, letters = read
    changes = {Change.PHONE_LETTERS} if letters else set()
    plus = numeral.startswith("+")
    groups = [g for g in _SPACING().split(numeral[plus:]) if g]
    digits = "".join(groups)
    breaks = {sum(map(len, groups[:i])) for i in range(1, len(groups))}
    if plus or digits.startswith("00"):
        skip = 0 if plus else 2
        if not digits.startswith("84", skip):
            return read_foreign("+" + digits[skip:], changes=changes)
        return read_national(digits, skip + 2, breaks=breaks, changes=changes)
    if digits.startswith("0"):
        return read_national(digits, 0, breaks=breaks, changes=changes)
    if digits.startswith("84") and len(digits) >= 11:
        return read_national(digits, 2, breaks=breaks, changes=changes)
    if not is_service(digits):
        changes.add(Change.PHONE_ZERO)
    return read_national(digits, 0, breaks=breaks, changes=changes)
