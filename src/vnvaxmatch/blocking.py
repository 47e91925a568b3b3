"""The keys under which a person is filed and looked up.

A claim and the entry of the same person share keys, because both come from the same fields by the
same functions. A registry may file an entry under :func:`keys` of it, and is asked with keys of
claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeVar

import attrs

from vnvaxmatch.normalize import BirthDate, IdKind, PersonName, Sex
from vnvaxmatch.outcome import Normalized, Reading, redact
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["CAPS", "Key", "KeyKind", "keys", "number_keys", "search_keys"]

T = TypeVar("T")


class KeyKind(StrEnum):
    """What a key is made of."""

    NUMBER = "number"
    """The number held now."""
    FORMER_NUMBER = "former_number"
    """A number held formerly."""
    NAME_BIRTH = "name_birth"
    """The name's key and the birth date."""
    FOLD_BIRTH = "fold_birth"
    """The name without marks and the birth date."""
    BIRTH_SEX_GIVEN = "birth_sex_given"
    """The birth date, the sex (either, where it is missing) and the last word of the name without
    marks."""
    FOLD_YEAR = "fold_year"
    """The name without marks and the year of birth."""
    PHONE = "phone"
    """The phone number."""


CAPS: Final[Mapping[KeyKind, int]] = MappingProxyType(
    {
        KeyKind.NUMBER: 50,
        KeyKind.FORMER_NUMBER: 50,
        KeyKind.NAME_BIRTH: 200,
        KeyKind.FOLD_BIRTH: 200,
        KeyKind.BIRTH_SEX_GIVEN: 500,
        KeyKind.FOLD_YEAR: 500,
        KeyKind.PHONE: 50,
    }
)
"""How many people may share a key of each kind before a registry skips it, and says so."""


@attrs.frozen
class Key:
    """One way to find a person. ``value`` is canonical text, made in this module alone."""

    kind: KeyKind
    value: str = attrs.field(repr=redact)

    @property
    def hash64(self) -> int:
        """A signed 64-bit hash of kind and value, the same on every machine.

        It spreads keys in a store; it hides nothing, since all numbers can be enumerated.

        >>> Key(KeyKind.NUMBER, "1085000123").hash64
        -3923272456036479366
        """
        text = f"{self.kind.value}\0{self.value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def keys(person: Claim | Entry, /) -> tuple[Key, ...]:
    """Give all keys of a person, each once.

    An entry is filed under the number it holds as NUMBER and under each former one as
    FORMER_NUMBER. A claim cannot know which of them it states, so it asks for each of its numbers
    as both. All other keys are alike for both; an ambiguous phone number of a claim asks for every
    reading, and is filed as it was written. A field that is missing, rejected or not the person's
    own (the mother's name on a newborn, a passport) makes no key.

    >>> entry, _ = Entry.read(key="7", name="Trần Thử", birth="10/11/1985", sex="nữ")
    >>> [key.kind.value for key in keys(entry)]
    ['name_birth', 'fold_birth', 'birth_sex_given', 'fold_year']
    """
    if isinstance(person, Entry):
        phones = () if person.phone is None else (person.phone.text,)
        return tuple(
            dict.fromkeys(
                (
                    *_filed_numbers(person),
                    *_keys(person.name, person.birth, person.sex, phones),
                )
            )
        )
    return tuple(dict.fromkeys((*number_keys(person), *_claimed(person))))


def number_keys(claim: Claim, /, *, former: bool = True) -> tuple[Key, ...]:
    """Give the keys of a claim's number, and of the ``former`` ones printed beside it.

    Each number asks for who holds it now and for who held it formerly.
    """
    own = () if claim.gap(Field.ID_NUMBER) else (claim.id_number.unwrap(),)
    numbers = (*own, *(claim.former_numbers if former else ()))
    return tuple(
        Key(kind, str(number.code))
        for number in dict.fromkeys(numbers)
        if number.kind is not IdKind.PASSPORT
        for kind in (KeyKind.NUMBER, KeyKind.FORMER_NUMBER)
    )


def search_keys(claim: Claim, /) -> tuple[Key, ...]:
    """Give the keys to look for a person by whom the number does not settle.

    They are all of :func:`keys` but those of the number, and but NAME_BIRTH: whoever is filed under
    the same name and birth date is filed under the same unmarked name and birth date.

    FOLD_YEAR leads from and to what is no day: a year alone, a month, a 01/01 that stands for its
    year; and to another day of the year, as when day and month are swapped. Nothing more is asked
    for such a birth. The one wider key would be year, sex and given name, and that tells nobody
    apart: of 100 million people 6,000 share it on average, all alike to a claim that agrees in no
    more.

    >>> claim = Claim.read(name="Trần Thử", birth="1985", sex="nữ", phone="0912345678")
    >>> [key.kind.value for key in search_keys(claim)]
    ['fold_birth', 'birth_sex_given', 'fold_year', 'phone']
    """
    return tuple(
        dict.fromkeys(key for key in _claimed(claim) if key.kind is not KeyKind.NAME_BIRTH)
    )


def _claimed(claim: Claim) -> Iterator[Key]:
    """Make the keys of everything that a claim states but its numbers."""
    phone = _value(claim.phone)
    phones = () if phone is None else (phone.text, *phone.readings)
    return _keys(_value(claim.name), _value(claim.birth), _value(claim.sex), phones)


def _filed_numbers(entry: Entry) -> Iterator[Key]:
    if entry.number is not None and entry.number.kind is not IdKind.PASSPORT:
        yield Key(KeyKind.NUMBER, str(entry.number.code))
    for number in entry.former_numbers:
        if number.kind is not IdKind.PASSPORT:
            yield Key(KeyKind.FORMER_NUMBER, str(number.code))


def _keys(
    name: PersonName | None, birth: BirthDate | None, sex: Sex | None, phones: tuple[str, ...]
) -> Iterator[Key]:
    """Make the keys of everything but the numbers."""
    fold = name.fold if name is not None and not name.newborn else ""
    if name is not None and fold and birth is not None:
        born = birth.code
        yield Key(KeyKind.NAME_BIRTH, f"{born} {name.key}")
        yield Key(KeyKind.FOLD_BIRTH, f"{born} {fold}")
        for either in Sex if sex is None else (sex,):
            yield Key(KeyKind.BIRTH_SEX_GIVEN, f"{born} {either.value} {fold.rpartition(' ')[2]}")
        yield Key(KeyKind.FOLD_YEAR, f"{birth.year} {fold}")
    for phone in phones:
        yield Key(KeyKind.PHONE, phone)


def _value(reading: Reading[T]) -> T | None:
    return reading.value if isinstance(reading, Normalized) else None
