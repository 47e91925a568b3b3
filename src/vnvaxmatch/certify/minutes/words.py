"""The words of minutes: days and times as administrative documents write them, fields, people."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from vnvaxmatch.certify.minutes.outcomes import Caution, Fault, Signing, Standing
from vnvaxmatch.certify.minutes.records import Confirmed, Correction
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.normalize import commune_name

__all__ = [
    "HANOI",
    "count_text",
    "day_text",
    "field_text",
    "moment_text",
    "office_text",
    "time_text",
    "who_text",
    "words_of",
]

HANOI: Final = timezone(timedelta(hours=7))

_COMPARED: Final = {
    "full_name": "field.name",
    "date_of_birth": "field.birth",
    "sex": "field.sex",
    "id_number": "field.id_number",
}
_DIGITS: Final = (
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười",
)  # fmt: skip


def words_of(code: Standing | Fault | Caution | Signing, /, *, lang: Lang = "vi") -> str:
    """Give the words for a code.

    >>> words_of(Standing.INCOMPLETE, lang="en")
    'A required signature is missing'
    """
    return message(f"certify.minutes.{type(code).__name__.lower()}.{code.value}", lang=lang)


def day_text(at: datetime, /) -> str:
    """Write a day as Decree 30/2020/NĐ-CP does: a zero before days below 10, and months 1 and 2.

    >>> day_text(datetime(2026, 2, 3, 1, tzinfo=HANOI))
    'ngày 03 tháng 02 năm 2026'
    >>> day_text(datetime(2026, 3, 31, tzinfo=HANOI))
    'ngày 31 tháng 3 năm 2026'
    """
    local = at.astimezone(HANOI)
    month = f"{local.month:02}" if local.month < 3 else f"{local.month}"
    return f"ngày {local.day:02} tháng {month} năm {local.year:04}"


def time_text(at: datetime, /) -> str:
    """Write a time of a day in words.

    >>> time_text(datetime(2026, 2, 3, 1, 30, tzinfo=timezone.utc))
    '08 giờ 30 phút, ngày 03 tháng 02 năm 2026'
    """
    local = at.astimezone(HANOI)
    return f"{local.hour:02} giờ {local.minute:02} phút, {day_text(at)}"


def moment_text(at: datetime, /) -> str:
    """Write a time in figures.

    >>> moment_text(datetime(2026, 2, 3, 1, 30, tzinfo=timezone.utc))
    '08:30 03/02/2026'
    """
    return f"{at.astimezone(HANOI):%H:%M %d/%m/%Y}"


def count_text(count: int, /) -> str:
    """Write a small count in figures and, up to ten, in words.

    >>> count_text(3), count_text(12)
    ('03 (ba)', '12')
    """
    return f"{count:02} ({_DIGITS[count]})" if count < len(_DIGITS) else str(count)


def field_text(column: str, /) -> str:
    """Name a column of a record; one that is not known stands as it is."""
    try:
        return message(_COMPARED.get(column, f"column.{column}"))
    except KeyError:
        return column


def office_text(office: str, /) -> str:
    """Name an office: a commune by its code of 2025, anything else as it stands."""
    try:
        return commune_name(office)
    except KeyError:
        return office


def who_text(who: Confirmed | Correction, /, *, commune: str = "") -> str:
    """Name who did something: the account, in which capacity, of which office.

    The office is left out where it is the commune that the whole text is about.
    """
    try:
        role = message(f"role.{who.role}")
    except KeyError:
        role = who.role
    told = [who.by, role]
    if who.office and who.office != commune:
        told.append(office_text(who.office))
    return ", ".join(told)
