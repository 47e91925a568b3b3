"""What happens to birth dates, sexes, numbers, phones and places in vaccination lists.

Each function takes a source of randomness and what the field should say, and gives the damaged
text, or None where that damage has nothing to take hold of.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from random import Random
from typing import TypeAlias

from vnvaxmatch.synthetic.name_damage import legacy, pick, typo, unmarked

__all__ = [
    "BIRTH_DAMAGE", "COMMUNE_DAMAGE", "DOSE_DATE_DAMAGE", "NUMBER_DAMAGE", "PHONE_DAMAGE",
    "SEX_DAMAGE", "FieldDamage", "scientific",
]  # fmt: skip

FieldDamage: TypeAlias = Callable[[Random, str], str | None]
DateDamage: TypeAlias = Callable[[Random, date], str | None]

_SERIAL_ZERO = date(1899, 12, 30)
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OLD_MOBILE = {
    "070": "0120", "079": "0121", "077": "0122", "076": "0126", "078": "0128", "083": "0123",
    "084": "0124", "085": "0125", "081": "0127", "082": "0129", "032": "0162", "033": "0163",
    "034": "0164", "035": "0165", "036": "0166", "037": "0167", "038": "0168", "039": "0169",
    "056": "0186", "058": "0188",
}  # fmt: skip
_PLACEHOLDERS = ("000000000", "000000000000", "123456789", "0", "999999999", "không có", "chưa có")
_SHORT_TYPES = {
    "Phường ": ("P. ", "P.", "P ", "phường "), "Xã ": ("X. ", "xã ", "X ", ""),
    "Thị trấn ": ("TT. ", "TT ", "thị trấn ", ""),
}  # fmt: skip


def _full(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _format(rng: Random, day: date) -> str:
    y, m, d = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    return pick(
        rng,
        (
            f"{y}-{m}-{d}", f"{d}-{m}-{y}", f"{d}.{m}.{y}", f"{d}{m}{y}", f"{d} {m} {y}",
            f"{day.day}/{day.month}/{y}.", f"{d}/{m}/{y} ", f"{d}-{_MONTHS_EN[day.month - 1]}-{y}",
        ),
    )  # fmt: skip


def _swapped(_: Random, day: date) -> str | None:
    # days above 12 show the swap, the others hide it: both occur
    return f"{day.month:02}/{day.day:02}/{day.year:04}" if day.month != day.day else None


def _words(rng: Random, day: date) -> str:
    return pick(
        rng,
        (
            f"ngày {day.day} tháng {day.month} năm {day.year}",
            f"Ngày {day.day:02} tháng {day.month:02} năm {day.year}",
            f"sinh năm {day.year}",
            f"{day.day} tháng {day.month}, {day.year}",
        ),
    )


def _letters(rng: Random, day: date) -> str | None:
    text = _full(day)
    damaged = text.replace("0", pick(rng, "Oo")) if "0" in text else text
    if rng.random() < 0.4:
        damaged = damaged.replace("1", "l", 1)
    return damaged if damaged != text else None


def _digit(rng: Random, day: date) -> str | None:
    """Change one digit so that another real date stands there."""
    text = _full(day)
    for _ in range(20):
        n = pick(rng, (0, 1, 3, 4, 8, 9))
        changed = text[:n] + pick(rng, "0123456789") + text[n + 1 :]
        d, m, y = int(changed[:2]), int(changed[3:5]), int(changed[6:])
        if changed != text and 1 <= m <= 12 and 1 <= d <= monthrange(y, m)[1] and y <= 2021:
            return changed
    return None


def _year_off(rng: Random, day: date) -> str:
    year = day.year + pick(rng, (-1, 1, -2, 2, -10, 10))
    return f"{min(day.day, 28):02}/{day.month:02}/{year if year <= 2021 else year - 20:04}"


def _impossible(rng: Random, day: date) -> str:
    return pick(rng, (f"31/02/{day.year}", f"30/02/{day.year}", f"31/11/{day.year}", "32/01/1980"))


def _zero_parts(rng: Random, day: date) -> str:
    return pick(rng, (f"00/00/{day.year}", f"00/{day.month:02}/{day.year}"))


def _two_digits(rng: Random, day: date) -> str:
    year = f"{day.year % 100:02}"
    return pick(rng, (f"{day.day}/{day.month}/{year}", f"{day.day:02}/{day.month:02}/{year}"))


BIRTH_DAMAGE: dict[str, DateDamage] = {
    "birth_format": _format,
    "birth_time": lambda rng, day: f"{day.isoformat()}{pick(rng, (' 00:00:00', 'T00:00:00'))}",
    "birth_words": _words,
    "birth_serial": lambda _, day: str((day - _SERIAL_ZERO).days) if day.year > 1927 else None,
    "birth_two_digit_year": _two_digits,
    "birth_letters": _letters,
    "birth_year_only": lambda _, day: str(day.year),
    "birth_month_only": lambda _, day: f"{day.month:02}/{day.year}",
    "birth_zero_parts": _zero_parts,
    "birth_default_day": lambda _, day: (
        f"01/01/{day.year}" if (day.day, day.month) != (1, 1) else None
    ),
    "birth_swapped": _swapped,
    "birth_digit": _digit,
    "birth_year_off": _year_off,
    "birth_impossible": _impossible,
    "birth_missing": lambda *_: "",
}
"""Every kind of damage to a birth date, by its code."""

_MALE_WORDS = ("NAM", "nam", "Nam ", "Male", "M", "male", "ông")
_FEMALE_WORDS = ("NỮ", "nữ", "Nu", "nu", "Female", "F", "NU", "bà")


def _sex_words(rng: Random, sex: str) -> str:
    return pick(rng, _MALE_WORDS if sex == "Nam" else _FEMALE_WORDS)


SEX_DAMAGE: dict[str, FieldDamage] = {
    "sex_words": _sex_words,
    "sex_coded": lambda _, sex: "1" if sex == "Nam" else "0",
    "sex_encoded": lambda rng, sex: (
        legacy(sex, encoding=pick(rng, ("tcvn3", "vni"))) if sex == "Nữ" else None
    ),
    "sex_wrong": lambda _, sex: "Nam" if sex == "Nữ" else "Nữ",
    "sex_missing": lambda *_: "",
}
"""Every kind of damage to a sex, by its code."""


def scientific(number: str) -> str:
    """Show a number as a narrow spreadsheet column does: the last digits are gone.

    >>> scientific("001085000123")
    '1.085E+09'
    """
    digits = number.lstrip("0")
    mantissa = f"{digits[0]}.{digits[1:4]}".rstrip("0").rstrip(".")
    return f"{mantissa}E+{len(digits) - 1:02}"


def _separated(rng: Random, number: str) -> str:
    by = pick(rng, " .- \u00a0")
    return by.join(number[n : n + 3] for n in range(0, len(number), 3))


def _with_letters(rng: Random, number: str) -> str | None:
    damaged = number.replace("0", pick(rng, "Oo"))
    if rng.random() < 0.4 or damaged == number:
        damaged = damaged.replace("1", pick(rng, "lI"))
    return damaged if damaged != number else None


def _another_digit(rng: Random, number: str) -> str:
    n = int(rng.random() * len(number))
    return number[:n] + pick(rng, [d for d in "0123456789" if d != number[n]]) + number[n + 1 :]


def _transposed(rng: Random, number: str) -> str | None:
    spots = [n for n in range(len(number) - 1) if number[n] != number[n + 1]]
    if not spots:
        return None
    n = pick(rng, spots)
    return number[:n] + number[n + 1] + number[n] + number[n + 2 :]


def _wrong_length(rng: Random, number: str) -> str:
    n = int(rng.random() * len(number))
    if rng.random() < 0.6:
        return number[:n] + number[n + 1 :]
    return number[:n] + number[n] + number[n:]


NUMBER_DAMAGE: dict[str, FieldDamage] = {
    "number_separators": _separated,
    "number_letters": _with_letters,
    "number_lost_zeros": lambda _, number: number.lstrip("0") if number[0] == "0" else None,
    "number_float": lambda _, number: f"{number.lstrip('0')}.0",
    "number_label": lambda rng, number: (
        pick(rng, ("CCCD ", "CMND: ", "Số ", "'", "CCCD:")) + number
    ),
    "number_full_width": lambda _, number: "".join(chr(ord(d) + 0xFEE0) for d in number),
    "number_scientific": lambda _, number: scientific(number),
    "number_digit": _another_digit,
    "number_transposed": _transposed,
    "number_wrong_length": _wrong_length,
    "number_placeholder": lambda rng, _: pick(rng, _PLACEHOLDERS),
    "number_passport": lambda rng, _: f"{pick(rng, 'BCN')}{int(rng.random() * 10_000_000):07}",
    "number_missing": lambda *_: "",
}
"""Every kind of damage to a number that needs nothing else, by its code."""

PHONE_DAMAGE: dict[str, FieldDamage] = {
    "phone_before_2018": lambda _, phone: (
        f"{_OLD_MOBILE[phone[:3]]}{phone[3:]}" if phone[:3] in _OLD_MOBILE else None
    ),
    "phone_lost_zero": lambda _, phone: phone.lstrip("0") or None,
    "phone_format": lambda rng, phone: pick(
        rng,
        (f"+84{phone[1:]}", f"{phone[:4]} {phone[4:7]} {phone[7:]}", f"{phone}.0",
         f"{phone[:4]}.{phone[4:7]}.{phone[7:]}", f"84{phone[1:]}"),
    ) if phone else None,
}  # fmt: skip
"""Every kind of damage to a telephone number, by its code."""


def _short_commune(rng: Random, commune: str) -> str | None:
    for long, short in _SHORT_TYPES.items():
        if commune.startswith(long):
            return pick(rng, short) + commune.removeprefix(long)
    return None


COMMUNE_DAMAGE: dict[str, FieldDamage] = {
    "commune_abbreviated": _short_commune,
    "commune_case": lambda rng, commune: pick(rng, (commune.upper(), commune.lower())),
    "commune_unaccented": lambda _, commune: unmarked(commune),
    "commune_misspelt": typo,
    "commune_missing": lambda *_: "",
}
"""Every kind of damage to a commune's name, by its code."""

DOSE_DATE_DAMAGE: dict[str, DateDamage] = {
    "dose_date_early": lambda _, day: _full(day.replace(year=day.year - 1, day=1)),
    "dose_date_late": lambda _, day: _full(day.replace(year=day.year + 10, day=1)),
    "dose_date_format": _format,
    "dose_date_missing": lambda *_: "",
}
"""Every kind of damage to the date of a dose, by its code."""
