"""The Vietnamese numbering plan: what a national number is today, and what it was before.

In 2018 the 11-digit mobiles became 10-digit ones (0169… -> 039…), in 2017 the landline area codes
changed (08 -> 028): tables ``mobile_prefix_migration_2018`` and ``landline_migration_2017``. Valid
is what the ``phonenumbers`` library says, save that it knows neither renumbering and takes every
03x for a mobile, also where the table knows an old area code and no mobile (030, 031).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from vnvaxmatch.normalize.folding import lazy_pattern
from vnvaxmatch.normalize.tables import rows
from vnvaxmatch.outcome import Change, Doubt

__all__ = ["PhoneRead", "is_service", "national_pattern", "read_foreign", "read_national"]

_SERVICE = lazy_pattern("1(?:2[02]|[89]00)[0-9]{4,6}")
"""Numbers that are dialled without a 0, as 1900 1234."""


class PhoneRead(NamedTuple):
    """One phone read out of a piece of a cell."""

    text: str
    readings: tuple[str, ...]
    changes: frozenset[Change]
    doubts: frozenset[Doubt]


@cache
def national_pattern() -> re.Pattern[str]:
    """Match what ``phonenumbers`` holds for a valid Vietnamese mobile or landline, with its 0.

    The same answer as its ``is_valid_number``, many times faster; a law compares the two. Old
    landlines under an area code that no mobile begins with do not match: they are to be migrated.
    """
    from phonenumbers import PhoneMetadata  # here, since the import takes 20 ms

    metadata = PhoneMetadata.metadata_for_region("VN", None)
    kinds = (metadata.mobile, metadata.fixed_line) if metadata else ()
    patterns = [k.national_number_pattern for k in kinds if k and k.national_number_pattern]
    table = rows("landline_migration_2017")
    never_mobile = [row["old"] for row in table if row["old_form_collides_with_mobile"] == "no"]
    old = "|".join(code for code in never_mobile if len(code) == 3)
    return re.compile(f"(?!(?:{old})[2-7][0-9]{{6}}$)0(?:{'|'.join(patterns) or '(?!)'})")


@cache
def _mobile_prefixes() -> frozenset[str]:
    """The 3 digits that mobiles begin with, by the library or by the tables.

    The library lists allocated blocks, and lags: within these prefixes an unlisted block is a
    doubt, not a refusal.
    """
    listed = {
        f"0{two:02d}"
        for two in range(100)
        if any(national_pattern().fullmatch(f"0{two:02d}{next_}000000") for next_ in range(10))
    }
    colliding = {old for old, (_, collides) in _landlines_2017().items() if collides}
    return frozenset(listed | {new for new, _ in _mobiles_2018().values()} | colliding)


@cache
def _mobiles_2018() -> dict[str, tuple[str, bool]]:
    """Old 4-digit prefix -> today's 3 digits, and whether the source is weak."""
    table = rows("mobile_prefix_migration_2018")
    return {row["old"]: (row["new"], row["confidence"] == "low") for row in table}


@cache
def _landlines_2017() -> dict[str, tuple[str, bool]]:
    """Old area code -> today's, and whether mobiles of today begin like the old one."""
    table = rows("landline_migration_2017")
    return {
        row["old"]: (row["new"], row["old_form_collides_with_mobile"] == "yes") for row in table
    }


def read_national(
    digits: str, start: int, *, breaks: set[int], changes: set[Change]
) -> PhoneRead | None:
    """Read the national number that starts there, typed with or without its 0.

    ``breaks`` are the places where the writing parts the digits.
    """
    if digits[start : start + 1] == "0":
        start += 1
    national = "0" + digits[start:]
    apart = {at - start + 1 for at in breaks if at > start}
    if start >= 2:
        changes = changes | {Change.PHONE_FORMAT}
    if len(national) == 11 and (moved := _mobiles_2018().get(national[:4])):
        weak = {Doubt.PHONE_MIGRATION_WEAK} if moved[1] else set()
        changes = changes | {Change.PHONE_MOBILE_2018}
        return _one(moved[0] + national[4:], changes=changes, doubts=weak)
    if is_service(national[1:]):
        return _one(national[1:], changes=changes)
    landline = _migrated_landline(national)
    if landline is None:
        return _one(national, changes=changes) if _can_be(national) else None
    old, new, collides = landline
    if not (collides and _can_be(national)):
        return _one(new, changes=changes | {Change.PHONE_LANDLINE_2017})
    if not _sets_area_apart(old, apart):
        return _one(national, changes=changes)
    typed = f"{old} {national[len(old) :]}"
    return PhoneRead(typed, (new, national), frozenset(changes), frozenset())


def _one(text: str, *, changes: set[Change], doubts: set[Doubt] | None = None) -> PhoneRead:
    """Make the one reading of a number; say if it lies in a block that nobody lists."""
    found = set(doubts or ())
    if len(text) == 10 and text[0] == "0" and not national_pattern().fullmatch(text):
        found.add(Doubt.PHONE_UNALLOCATED)
    return PhoneRead(text, (text,), frozenset(changes), frozenset(found))


def _can_be(national: str) -> bool:
    """Say whether a number with its 0 is valid, or a mobile in a block that is not listed."""
    if national_pattern().fullmatch(national):
        return True
    if len(national) == 10 and national[:3] in _mobile_prefixes():
        return True
    international = "+84" + national[1:]
    return _international(international) == international  # a second 0 would be dropped in silence


def _migrated_landline(national: str) -> tuple[str, str, bool] | None:
    """Give the old area code, today's form and whether it collides, of a landline before 2017."""
    for size in (4, 3, 2):
        old = national[:size]
        new, collides = _landlines_2017().get(old, (old, False))
        moved = new + national[size:]
        if old != new and national[size : size + 1] in tuple("234567") and len(moved) == 11:
            return (old, moved, collides) if national_pattern().fullmatch(moved) else None
    return None


def _sets_area_apart(old: str, apart: set[int]) -> bool:
    """Say whether the writing parts the old area code from the rest, as no mobile is written."""
    return len(old) in apart and (len(old) == 2 or len(apart) == 1)


def is_service(digits: str) -> bool:
    """Say whether this is a valid number that is dialled without a 0: 1800 and 1900.

    >>> is_service("19001234")
    True
    """
    return bool(_SERVICE().fullmatch(digits)) and _international("+84" + digits) is not None


def read_foreign(international: str, *, changes: set[Change]) -> PhoneRead | None:
    """Read a number of another country, with its +, into E.164; None if it is not valid.

    >>> read_foreign("+442079460018", changes=set()).text
    '+442079460018'
    """
    text = _international(international)
    if text is None:
        return None
    return PhoneRead(text, (text,), frozenset(changes), frozenset())


def _international(text: str) -> str | None:
    """Give the E.164 form of a valid number with its +, or None."""
    from phonenumbers import (  # here, since the import takes 20 ms
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_valid_number,
        parse,
    )

    try:
        number = parse(text)
    except NumberParseException:
        return None
    if not is_valid_number(number):
        return None
    return str(format_number(number, PhoneNumberFormat.E164))
