"""Cards: the QR of the chip CCCD, the QR of PC-Covid, the machine-readable zone, into their fields.

Layouts: table ``card_qr_formats`` of the project's facts. The chip CCCD of 2021 has seven fields
between ``|`` (6 and 8 were seen too): number, old CMND or nothing, name, ddmmyyyy, Nam/Nữ,
residence, ddmmyyyy of issue. The card of July 2024 was not seen: what starts alike is read alike,
and what follows is kept unread. The PC-Covid QR (1405/QĐ-BTTTT, version 1.1) hides with ``*``.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import attrs

from vnvaxmatch.normalize.births import BirthDate, birth
from vnvaxmatch.normalize.folding import MAX_LENGTH, lazy_pattern
from vnvaxmatch.normalize.id_numbers import IdNumber, id_number
from vnvaxmatch.normalize.mrz import Mrz, looks_like_mrz, read_mrz
from vnvaxmatch.normalize.names import PersonName, name
from vnvaxmatch.normalize.sexes import Sex, sex
from vnvaxmatch.outcome import BLANK, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = ["Card", "CardSource", "card"]


class CardSource(StrEnum):
    """Where a card's fields were read from."""

    CHIP_CCCD = "chip_cccd"
    PC_COVID = "pc_covid"
    MRZ_TD1 = "mrz_td1"


@attrs.frozen
class Card:
    """What a card says of its holder: each field read, rejected with a reason, or missing.

    ``former_numbers`` are the numbers that the card names beside the current one. ``extra`` holds
    what stands there unread: further fields, and an old number that is none.
    """

    source: CardSource
    name: Reading[PersonName] = BLANK
    sex: Reading[Sex] = BLANK
    birth: Reading[BirthDate] = BLANK
    id_number: Reading[IdNumber] = BLANK
    former_numbers: tuple[IdNumber, ...] = attrs.field(default=(), repr=redact)
    residence: str = attrs.field(default="", repr=redact)
    issued: date | None = attrs.field(default=None, repr=redact)
    extra: tuple[str, ...] = attrs.field(default=(), repr=redact)


def card(text: str, *, reference_date: date | None = None) -> Reading[Card]:
    """Read the payload of a card's QR, or its machine-readable zone.

    ``reference_date`` is the day of reading: the zone's two-digit birth year counts from it where
    the number does not tell the century.

    >>> read = card("001085000123|011234567|Nguyễn Văn Mẫu|10111985|Nam|Hà Nội|15042021").unwrap()
    >>> str(read.id_number.unwrap()), str(read.birth.unwrap()), str(read.former_numbers[0])
    ('001085000123', '1985-11-10', '011234567')
    """
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    payload = text.strip("\ufeff\0 \t\r\n")
    if not payload or payload.isspace():
        return BLANK
    if "|" in payload:
        return _read_qr([field.strip() for field in payload.split("|")], reference_date)
    if looks_like_mrz(payload):
        zone = read_mrz(payload)
        if isinstance(zone, Reason):
            return Rejected(zone)
        return Normalized(_from_mrz(zone, reference_date))
    return Rejected(Reason.CARD_UNKNOWN_FORMAT)


_NUMBER = lazy_pattern(r"(?=.*[0-9*])[0-9A-Za-z* .-]{6,16}")
_OLD_NUMBER = lazy_pattern(r"[0-9 .*-]*")
_COVID_BIRTH = lazy_pattern(r"[0-9*]{4}-[0-9*]{2}-[0-9*]{2}")
_DDMMYYYY = lazy_pattern(r"([0-9]{2})([/.-]?)([0-9]{2})\2([0-9]{4})")
_EXT_SEX = {"1": Normalized(Sex.MALE), "2": Normalized(Sex.FEMALE)}


def _read_qr(fields: list[str], reference_date: date | None) -> Reading[Card]:
    if not _NUMBER().fullmatch(fields[0]):
        return Rejected(Reason.CARD_UNKNOWN_FORMAT)
    if len(fields) < 6:
        return Rejected(Reason.CARD_TRUNCATED)
    if _COVID_BIRTH().fullmatch(fields[2]):
        return Normalized(_from_pc_covid(fields, reference_date))
    return Normalized(_from_chip_cccd(fields, reference_date))


def _from_chip_cccd(fields: list[str], reference_date: date | None) -> Card:
    number, old, *rest = fields
    if not _OLD_NUMBER().fullmatch(old):  # six fields without the one for the old number
        old, rest = "", [old, *rest]
    rest += [""] * (5 - len(rest))
    name_, birth_, sex_, residence, issued, *extra = rest
    read_birth = birth(_iso(birth_), reference_date=reference_date)
    read_sex = sex(sex_)
    if not issued and _DDMMYYYY().fullmatch(residence):  # six fields without residence, or sex
        issued, residence = residence, ""
        if isinstance(read_sex, Rejected):
            residence, read_sex = sex_, BLANK
    read_number = _number(number, read_birth, read_sex)
    former, unread = _former(old, read_number)
    day = _day(issued)
    if issued and day is None:
        unread = (*unread, issued)
    return Card(
        source=CardSource.CHIP_CCCD,
        name=name(name_),
        sex=read_sex,
        birth=read_birth,
        id_number=read_number,
        former_numbers=former,
        residence=residence,
        issued=day,
        extra=(*unread, *(field for field in extra if field)),
    )


def _from_pc_covid(fields: list[str], reference_date: date | None) -> Card:
    """Read the PC-Covid fields; a hidden day and month leave a year, which is what is known."""
    number, name_, birth_, *extra = fields
    read_birth = birth(
        birth_.removesuffix("-**").removesuffix("-**"), reference_date=reference_date
    )
    read_sex = _EXT_SEX.get(extra[2].split("<")[0].strip(), BLANK)
    return Card(
        source=CardSource.PC_COVID,
        name=_unaccented(name_),
        sex=read_sex,
        birth=read_birth,
        id_number=_number(number, read_birth, read_sex),
        extra=tuple(extra),
    )


def _from_mrz(zone: Mrz, reference_date: date | None) -> Card:
    sex_ = {"M": Normalized(Sex.MALE), "F": Normalized(Sex.FEMALE)}.get(zone.sex, BLANK)
    number = id_number(zone.number)
    return Card(
        source=CardSource.MRZ_TD1,
        name=_unaccented(zone.name),
        sex=sex_,
        birth=_mrz_birth(zone.birth, number, reference_date),
        id_number=number,
    )


def _unaccented(text: str) -> Reading[PersonName]:
    """Read a name that its card writes without marks: always a doubt, whatever the letters."""
    if "*" in text:
        return Rejected(Reason.NAME_NOT_A_NAME)
    read = name(text)
    if isinstance(read, Rejected) or Doubt.NAME_UNACCENTED in read.doubts:
        return read
    return attrs.evolve(read, doubts=(*read.doubts, Doubt.NAME_UNACCENTED))


def _mrz_birth(
    yymmdd: str, number: Reading[IdNumber], reference_date: date | None
) -> Reading[BirthDate]:
    """Give a birth date its century: the number's, or else the latest before the reference."""
    year, month, day = yymmdd[:2], yymmdd[2:4], yymmdd[4:]
    of_number = number.value.birth_year if isinstance(number, Normalized) else None
    if of_number is not None and f"{of_number % 100:02d}" == year:
        return birth(_cut(f"{of_number:04d}", month, day), reference_date=reference_date)
    # day/month/yy is the one form with two digits of the year; «00» stands for what is absent
    parts = [part.replace("<<", "00") for part in (day, month, year)]
    return birth("/".join(parts), reference_date=reference_date)


def _cut(year: str, month: str, day: str) -> str:
    """Write an ISO date, cut where a part is absent (``<<`` or ``00``)."""
    absent = ("<<", "00")
    if month in absent:
        return year
    return f"{year}-{month}" if day in absent else f"{year}-{month}-{day}"


def _iso(ddmmyyyy: str) -> str:
    """Write the card's ddmmyyyy as ISO, so that nothing else can be read into it."""
    found = _DDMMYYYY().fullmatch(ddmmyyyy)
    return _cut(found[4], found[3], found[1]) if found else ddmmyyyy


def _day(ddmmyyyy: str) -> date | None:
    found = _DDMMYYYY().fullmatch(ddmmyyyy)
    try:
        return date(int(found[4]), int(found[3]), int(found[1])) if found else None
    except ValueError:
        return None


def _number(text: str, born: Reading[BirthDate], sex_: Reading[Sex]) -> Reading[IdNumber]:
    return id_number(
        text,
        birth=born.value if isinstance(born, Normalized) else None,
        sex=sex_.value if isinstance(sex_, Normalized) else None,
    )


def _former(old: str, current: Reading[IdNumber]) -> tuple[tuple[IdNumber, ...], tuple[str, ...]]:
    """Give the old number, or the text of what is none; the current one is not a former one."""
    read = id_number(old)
    if isinstance(read, Rejected):
        return (), () if read.missing else (old,)
    if isinstance(current, Normalized) and current.value == read.value:
        return (), ()
    return (read.value,), ()
