"""What a vaccination record claims of a person, and what a registry knows of one.

A :class:`Claim` never raises: each of its fields was read, was rejected with a reason, or is
missing. An :class:`Entry` is a person in the registry, with its number and its former ones.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

import attrs

from vnvaxmatch import normalize
from vnvaxmatch.normalize import (
    BirthDate,
    Card,
    Commune,
    Encoding,
    IdKind,
    IdNumber,
    Nationality,
    PersonName,
    Phone,
    Sex,
    Vaccine,
    Vintage,
)
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected, redact

__all__ = [
    "CHILD_BELOW",
    "Claim",
    "Dose",
    "Entry",
    "Field",
    "Rejection",
    "is_child",
    "name_gap",
    "number_gap",
    "reading_gap",
]

T = TypeVar("T")

CHILD_BELOW = 14
"""Years of age below which a person without a number is a child, not an error (cards from 14)."""


class Field(StrEnum):
    """The four mandatory fields of the comparison (dispatch 9438/BYT-CNTT, 5 November 2021)."""

    NAME = "name"
    BIRTH = "birth"
    SEX = "sex"
    ID_NUMBER = "id_number"


def _value(reading: Reading[T]) -> T | None:
    return reading.value if isinstance(reading, Normalized) else None


@attrs.frozen
class Claim:
    """What one vaccination record states of a person, read.

    ``reference`` is the day the statement was taken down (the day of the dose, if known): two-digit
    years and ages count from it. ``former_numbers`` are those printed beside the current one, as a
    card's QR code does.
    """

    name: Reading[PersonName] = BLANK
    birth: Reading[BirthDate] = BLANK
    sex: Reading[Sex] = BLANK
    id_number: Reading[IdNumber] = BLANK
    nationality: Reading[Nationality] = BLANK
    commune: Reading[Commune] = BLANK
    phone: Reading[Phone] = BLANK
    former_numbers: tuple[IdNumber, ...] = attrs.field(default=(), repr=redact)
    reference: datetime.date | None = None

    @classmethod
    def read(
        cls,
        *,
        name: str = "",
        birth: str = "",
        sex: str = "",
        id_number: str = "",
        nationality: str = "",
        commune: str = "",
        district: str = "",
        province: str = "",
        vintage: Vintage | None = None,
        phone: str = "",
        reference: datetime.date | None = None,
        encoding: Encoding | None = None,
    ) -> Claim:
        """Read a claim from the texts of a record; no text makes it raise.

        The number is read with the birth date and the sex beside it: eaten zeros are restored
        only where one reading is possible. ``encoding`` is the vote of the column that the name
        comes from (:func:`vnvaxmatch.normalize.repair_column`).

        >>> claim = Claim.read(name="NGUYỄN  VĂN AN", birth="10/11/1985", sex="nam",
        ...                    id_number="001085000123")
        >>> str(claim.name.unwrap()), claim.gap(Field.NAME)
        ('Nguyễn Văn An', None)
        """
        read_birth = normalize.birth(birth, reference_date=reference)
        read_sex = normalize.sex(sex)
        return cls(
            name=normalize.name(name, encoding=encoding),
            birth=read_birth,
            sex=read_sex,
            id_number=normalize.id_number(
                id_number, birth=_value(read_birth), sex=_value(read_sex)
            ),
            nationality=normalize.nationality(nationality),
            commune=normalize.commune(
                commune, district=district, province=province, vintage=vintage
            ),
            phone=normalize.phone(phone),
            reference=reference,
        )

    @classmethod
    def from_card(cls, card: Card, *, reference: datetime.date | None = None) -> Claim:
        """Take what a scanned card says as the claim."""
        return cls(
            name=card.name,
            birth=card.birth,
            sex=card.sex,
            id_number=card.id_number,
            former_numbers=card.former_numbers,
            reference=reference,
        )

    def gap(self, field: Field) -> Reason | None:
        """Say why this field cannot be compared, or None where it can."""
        match field:
            case Field.NAME:
                return name_gap(self.name)
            case Field.BIRTH:
                return reading_gap(self.birth, Reason.BIRTH_MISSING)
            case Field.SEX:
                return reading_gap(self.sex, Reason.SEX_MISSING)
            case Field.ID_NUMBER:
                born = _value(self.birth)
                child = born is not None and is_child(born, self.reference)
                return number_gap(self.id_number, child)

    @property
    def gaps(self) -> tuple[Reason | None, ...]:
        """Why each field cannot be compared, in the order of :class:`Field`."""
        return tuple(self.gap(field) for field in Field)

    @property
    def is_foreign(self) -> bool:
        """Whether the record says a nationality, and not the Vietnamese one."""
        nationality = _value(self.nationality)
        return nationality is not None and not nationality.vietnamese

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that was changed in reading, field by field; the phone, not compared, is left out."""
        return tuple(c for r in self._readings() if isinstance(r, Normalized) for c in r.changes)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """All that is doubtful, field by field, and what the number says against the rest."""
        own = tuple(d for r in self._readings() if isinstance(r, Normalized) for d in r.doubts)
        number = _value(self.id_number)
        if number is None:
            return own
        return own + normalize.cross_check(number, birth=_value(self.birth), sex=_value(self.sex))

    @property
    def rejections(self) -> tuple[Reason, ...]:
        """Why texts outside the four mandatory fields were rejected (a blank one is no reason)."""
        optional = (self.nationality, self.commune)
        return tuple(r.reason for r in optional if isinstance(r, Rejected) and not r.missing)

    def _readings(self) -> tuple[Reading[object], ...]:
        return (
            self.name,
            self.birth,
            self.sex,
            self.id_number,
            self.nationality,
            self.commune,
        )


def reading_gap(reading: Reading[object], missing: Reason) -> Reason | None:
    """Say why a reading cannot be compared: ``missing`` for a blank, else why it was rejected."""
    if isinstance(reading, Normalized):
        return None
    return missing if reading.missing else reading.reason


def name_gap(reading: Reading[PersonName]) -> Reason | None:
    """Say why a name cannot be compared: missing, rejected, or the mother's on a newborn."""
    if isinstance(reading, Normalized) and reading.value.newborn:
        return Reason.NAME_OF_MOTHER
    return reading_gap(reading, Reason.NAME_MISSING)


def number_gap(reading: Reading[IdNumber], child: bool) -> Reason | None:
    """Say why a number cannot be asked for: missing, a child's, a passport's, or rejected."""
    if isinstance(reading, Normalized):
        return Reason.ID_NUMBER_PASSPORT if reading.value.kind is IdKind.PASSPORT else None
    if reading.missing and child:
        return Reason.ID_NUMBER_CHILD
    return reading_gap(reading, Reason.ID_NUMBER_MISSING)


def is_child(born: BirthDate, reference: datetime.date | None) -> bool:
    """Whether somebody born then was certainly below :data:`CHILD_BELOW` on the reference day.

    >>> is_child(BirthDate(2010), datetime.date(2022, 5, 1))
    True
    """
    if reference is None:
        return False
    earliest_birthday = (born.year + CHILD_BELOW, born.month or 1, born.day or 1)
    return (reference.year, reference.month, reference.day) < earliest_birthday


@attrs.frozen
class Rejection:
    """A field of a registry's row that could not be read, and why."""

    field: str
    reason: Reason


def _in_order(numbers: Iterable[IdNumber]) -> tuple[IdNumber, ...]:
    return tuple(sorted(set(numbers), key=lambda number: number.code))


@attrs.frozen
class Entry:
    """A person in the registry. What could not be read there is None, never guessed.

    ``commune`` is the five-digit code of 2025. Former numbers are a set: kept each once, in order.
    """

    key: str = attrs.field(repr=redact)
    name: PersonName | None = attrs.field(default=None, repr=redact)
    birth: BirthDate | None = attrs.field(default=None, repr=redact)
    sex: Sex | None = attrs.field(default=None, repr=redact)
    number: IdNumber | None = attrs.field(default=None, repr=redact)
    former_numbers: tuple[IdNumber, ...] = attrs.field(default=(), converter=_in_order, repr=redact)
    commune: str | None = attrs.field(default=None, repr=redact)
    phone: Phone | None = attrs.field(default=None, repr=redact)

    @classmethod
    def read(
        cls,
        *,
        key: str,
        name: str = "",
        birth: str = "",
        sex: str = "",
        id_number: str = "",
        former_id_number: str = "",
        commune: str = "",
        phone: str = "",
    ) -> tuple[Entry, tuple[Rejection, ...]]:
        """Read a registry's row from its texts; several former numbers are separated by ``;``.

        What cannot be read is left out of the entry and returned beside it.

        >>> entry, rejected = Entry.read(key="7", name="Trần Thị Thử", birth="31/02/1985")
        >>> str(entry.name), [(r.field, r.reason.value) for r in rejected]
        ('Trần Thị Thử', [('birth', 'birth_impossible')])
        """
        rejections: list[Rejection] = []

        def accept(field: str, reading: Reading[T]) -> T | None:
            if isinstance(reading, Rejected) and not reading.missing:
                rejections.append(Rejection(field, reading.reason))
            return _value(reading)

        read_birth = accept("birth", normalize.birth(birth))
        read_sex = accept("sex", normalize.sex(sex))
        former = [
            accept("former_id_number", normalize.id_number(text))
            for text in _split(former_id_number)
        ]
        read_commune = accept("commune", normalize.commune(commune, vintage=Vintage.FROM_2025))
        if read_commune is not None and read_commune.code is None:
            rejections.append(Rejection("commune", Reason.COMMUNE_UNKNOWN))
        entry = cls(
            key=key,
            name=accept("name", normalize.name(name)),
            birth=read_birth,
            sex=read_sex,
            number=accept(
                "id_number", normalize.id_number(id_number, birth=read_birth, sex=read_sex)
            ),
            former_numbers=tuple(number for number in former if number is not None),
            commune=read_commune.code if read_commune else None,
            phone=accept("phone", normalize.phone(phone)),
        )
        return entry, tuple(rejections)


def _split(numbers: str) -> list[str]:
    """Part former numbers; a cell too long to be read stays whole, and is rejected as such."""
    return [numbers] if len(numbers) > 1_000 else numbers.split(";")


@attrs.frozen
class Dose:
    """One vaccination as recorded. ``lot`` and ``site`` are kept as they came."""

    vaccine: Reading[Vaccine] = BLANK
    number: Reading[int] = BLANK
    date: Reading[datetime.date] = BLANK
    lot: str = attrs.field(default="", repr=redact)
    site: str = attrs.field(default="", repr=redact)
    doubts: tuple[Doubt, ...] = ()

    @classmethod
    def read(
        cls,
        *,
        vaccine: str = "",
        number: str = "",
        date: str = "",
        lot: str = "",
        site: str = "",
        birth: BirthDate | None = None,
        reference: datetime.date | None = None,
    ) -> Dose:
        """Read a dose from the texts of a record, and judge its day against birth and reference."""
        read_vaccine = normalize.vaccine(vaccine)
        read_number = normalize.dose_number(number)
        read_date = normalize.dose_date(date)
        own = tuple(
            d
            for r in (read_vaccine, read_number, read_date)
            if isinstance(r, Normalized)
            for d in r.doubts
        )
        day = _value(read_date)
        judged = (
            () if day is None
            else normalize.dose_doubts(day, birth=birth, reference_date=reference)
        )  # fmt: skip
        return cls(read_vaccine, read_number, read_date, lot, site, own + judged)

    @property
    def codes(self) -> tuple[Doubt | Reason, ...]:
        """Why parts were rejected and what is doubtful, for a results row."""
        parts = (self.vaccine, self.number, self.date)
        rejected = tuple(r.reason for r in parts if isinstance(r, Rejected) and not r.missing)
        return rejected + self.doubts
