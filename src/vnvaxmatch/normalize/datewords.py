"""Words around and inside dates: Vietnamese, the English of spreadsheets, and times of day.

Everything here looks at folded text (lower case, no marks): «ngày 10 tháng 11 năm 1985» comes as
``ngay 10 thang 11 nam 1985``.
"""

from __future__ import annotations

import re

from vnvaxmatch.normalize.folding import lazy

__all__ = ["LABEL", "LUNAR", "NOTHING", "SOLAR", "TIME", "late_in_utc", "spelled_out"]

_MONTHS_VI = {
    "muoi hai": 12, "muoi mot": 11, "muoi": 10, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4,
    "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
}  # fmt: skip
_MONTHS_EN = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "may": "may",
    "jun": "june", "jul": "july", "aug": "august", "sep": "september", "oct": "october",
    "nov": "november", "dec": "december",
}  # fmt: skip
_MONTH_OF = {short: n for n, short in enumerate(_MONTHS_EN, start=1)}

LUNAR = lazy(r"\bam lich\b|\(\s*a\.?l\.?\s*\)|\bal$|\bthang (?:gieng|chap)\b", anywhere=True)
"""Whether a text says that its date is of the lunar calendar (âm lịch): never converted."""

SOLAR = lazy(r"\s*(?:\(\s*(?:d\.?l\.?|duong lich)\s*\)|\bduong lich|\bdl)$", anywhere=True)
"""Take off «dương lịch» (of the solar calendar), which says nothing new."""

LABEL = lazy(
    r"^(?:(?:ngay\W*(?:thang\W*)?(?:nam\W*)?)?sinh(?:\s*(?:ngay(?!\s*thang)|nam(?!\s*sinh)|vao))?"
    r"|nam(?: sinh)?|sn|s\.n\.?|ns|n\.s\.?|dob|date of birth|birthday|born(?: in| on)?"
    r")(?=[^a-z])[\s:.=\-]*(?=[0-9a-z])",
    anywhere=True,
)
"""Take off what a cell says before the date: «sinh năm», «SN», «ngày sinh:», «DOB»."""

TIME = lazy(
    r"(?:(?:[t ]|, )\s*([0-9]{1,2})(?::[0-9]{2}){1,2}|(?<=[0-9])t([0-9]{2})[0-9]{2}(?:[0-9]{2})?)"
    r"(?:[.,][0-9]{1,9})?\s*(?:am|pm|sa|ch)?"
    r"\s*(z|utc|(?:utc|gmt)?\s*[+\-][0-9]{2}:?(?:[0-9]{2})?|gmt)?(?:\s*\([a-z0-9 +:\-]*\))?$",
    anywhere=True,
)
"""Find the time of day at the end of a text."""

NOTHING = lazy(
    r"(?:khong|ko|chua|k|kh)(?: (?:co|ro|biet|nho|xac dinh|khai|thong tin))*"
    r"|n/?a|#n/a|#(?:value|ref|num|null|name)[!?]|#+|null|none|nan|nat|unknown|unk|trong|\(trong\)"
    r"|99[/.\- ]?99[/.\- ]?9999"
)
"""Whether a text stands for «no date»."""

_ZERO_ZONES = ("z", "", "+00:00", "+0000", "+00", "-00:00")

_DAY = r"(?:(?:ngay|mung|mong)\s*)*([0-9]{1,2})"
_YEAR = r"(?:nam\s*)?([0-9]{4}|[0-9]{2})"
_GAP = r"[\s,./\-]*"
_MONTH = (
    rf"(?:(?:thang|thg|th|t)\.?\s*(?:([0-9]{{1,2}})(?![0-9])|({'|'.join(_MONTHS_VI)}))"
    rf"|({'|'.join(f'{short}(?:{full[3:]})?' for short, full in _MONTHS_EN.items())}|sept)\.?)"
)
_DAY_MONTH_YEAR = lazy(rf"{_DAY}{_GAP}{_MONTH}(?![a-z]){_GAP}{_YEAR}")
_NUMBERED = lazy(
    r"ngay\s*([0-9]{1,2})\s*[/.\-]\s*([0-9]{1,2})\s*(?:[/.\-]|nam)\s*([0-9]{4}|[0-9]{2})"
)
# «tháng năm 1960» is May 1960 or a form without its month: only the year is certain
_HALF_FILLED = lazy(r"(?:ngay[\s._…]*)?thang[\s._…]*(?:([0-9]{1,2})[\s._…]*)?nam[\s._…]*([0-9]{4})")
_MONTH_YEAR = lazy(rf"{_MONTH}(?![a-z]){_GAP}{_YEAR}")
_AMERICAN = lazy(
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?{_MONTH}"
    r"\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})"
)


def spelled_out(text: str) -> tuple[str, str, str] | None:
    """Read a date that names its month: year, month, day as digits, "" where there is none.

    >>> spelled_out("ngay 10 thang 11 nam 1985"), spelled_out("10-nov-85")
    (('1985', '11', '10'), ('85', '11', '10'))
    >>> spelled_out("ngay... thang... nam 1985")
    ('1985', '', '')
    """
    if m := _HALF_FILLED(text):
        return m[2], m[1] or "", ""
    if m := _NUMBERED(text):
        return m[3], m[2], m[1]
    if (m := _DAY_MONTH_YEAR(text)) and not (m[3] == "nam" and "nam nam" not in text):
        return m[5], _month(m[2], m[3], m[4]), m[1]
    if m := _AMERICAN(text):
        return m[5], _month(m[1], m[2], m[3]), m[4]
    if (m := _MONTH_YEAR(text)) and (len(m[4]) == 4 or int(m[4]) > 31):
        return m[4], _month(m[1], m[2], m[3]), ""
    return None


def _month(digits: str | None, vietnamese: str | None, english: str | None) -> str:
    if digits is not None:
        return digits
    return str(_MONTHS_VI[vietnamese] if vietnamese else _MONTH_OF[(english or "")[:3]])


def late_in_utc(time: re.Match[str]) -> bool:
    """Whether a time is given in UTC and late enough to be the next day in Vietnam.

    Midnight of a birthday, kept by a program as UTC, reads 17:00 or 16:00 of the day before.
    """
    zone = (time[3] or "").removeprefix("utc").removeprefix("gmt").strip()
    return time[3] is not None and zone in _ZERO_ZONES and int(time[1] or time[2]) >= 15
