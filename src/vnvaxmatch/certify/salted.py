"""What a statement holds of a record: keyed digests of its canonical values, never the values.

A name, a birth date and a number can be guessed from a plain digest. So each record has two random
keys of 128 bits, one for the four fields of the person and one for the dose, which are kept apart
from the statement: who holds the record and a key can show that the statement is about it, and who
holds the key of the person alone learns nothing of the dose.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch import normalize
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger.canonical import quoted
from vnvaxmatch.normalize import Encoding, PersonName
from vnvaxmatch.outcome import Normalized, Reading, redact
from vnvaxmatch.records import Claim, Field

__all__ = [
    "DOSE_VALUES",
    "SALT_BYTES",
    "Match",
    "Salts",
    "claim_text",
    "digest",
    "dose_json",
    "dose_text",
    "identity_json",
    "tidy",
    "unread",
]

SALT_BYTES: Final = 16

_COLUMN_OF: Final = {
    Field.NAME: "full_name",
    Field.BIRTH: "date_of_birth",
    Field.SEX: "sex",
    Field.ID_NUMBER: "id_number",
}


class Match(StrEnum):
    """Whether a statement is about the values that somebody shows."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_STATED = "not_stated"
    """The statement says nothing of them."""
    NOT_SHOWN = "not_shown"
    """The key to them was not given."""


def _is_salt(_record: object, _attribute: object, value: bytes | None) -> None:
    if value is not None and not (isinstance(value, bytes) and len(value) == SALT_BYTES):
        raise CertifyError(f"a salt has {SALT_BYTES} bytes")


@attrs.frozen
class Salts:
    """The keys of one record: of its four fields, and of its dose where there is one to be shown.

    >>> Salts(bytes(16))
    Salts(claim=<redacted>, dose=None)
    """

    claim: bytes | None = attrs.field(repr=redact, validator=_is_salt)
    dose: bytes | None = attrs.field(default=None, repr=redact, validator=_is_salt)


def digest(salt: bytes, text: str, /) -> str:
    """Give the digest of a canonical text under a salt: HMAC-SHA256, in hexadecimal digits.

    >>> digest(bytes(16), "")[:16]
    'b613679a0814d9ec'
    """
    return hmac.digest(salt, text.encode(), "sha256").hex()


def claim_text(
    record: Mapping[str, str],
    /,
    *,
    reference: date | None = None,
    encoding: Encoding | None = None,
) -> str:
    """Write the four fields of a record as canonical JSON; no text makes it raise.

    ``record`` has texts by column: ``full_name``, ``date_of_birth``, ``sex``, ``id_number``. A
    value is written as the comparison sees it, so that another spelling of the same gives the same
    text; what cannot be read stands as it was written, after a question mark. ``reference`` is the
    day that two-digit years count from where the record has no date of its dose, ``encoding`` the
    vote of the column that the name comes from, where it was a legacy one.

    >>> claim_text({"full_name": "NGUYỄN  VĂN AN", "date_of_birth": "10/11/1985", "sex": "nam",
    ...             "id_number": "001085000123"})
    '{"birth":"1985-11-10","id_number":"001085000123","name":"nguyễn văn an","sex":"male"}'
    """
    day = normalize.dose_date(record.get("dose_date", ""))
    claim = Claim.read(
        name=record.get("full_name", ""),
        birth=record.get("date_of_birth", ""),
        sex=record.get("sex", ""),
        id_number=record.get("id_number", ""),
        reference=day.value if isinstance(day, Normalized) else reference,
        encoding=encoding,
    )
    readings: dict[Field, Reading[object]] = {
        Field.NAME: claim.name,
        Field.BIRTH: claim.birth,
        Field.SEX: claim.sex,
        Field.ID_NUMBER: claim.id_number,
    }
    told = {}
    for field, reading in readings.items():
        if claim.gap(field) is None and isinstance(reading, Normalized):
            value = reading.value
            told[field] = value.key if isinstance(value, PersonName) else str(value)
        else:
            told[field] = unread(record.get(_COLUMN_OF[field], ""))
    return identity_json(
        told[Field.NAME], told[Field.BIRTH], told[Field.SEX], told[Field.ID_NUMBER]
    )


def identity_json(name: str, birth: str, sex: str, number: str, /) -> str:
    """Write four canonical values as the text that is digested; they are in form NFC."""
    return (
        f'{{"birth":{quoted(birth)},"id_number":{quoted(number)},'
        f'"name":{quoted(name)},"sex":{quoted(sex)}}}'
    )


def dose_text(record: Mapping[str, str], /) -> str:
    """Write the dose of a record as canonical JSON; no text makes it raise.

    >>> dose_text({"vaccine": "abdalla", "dose_number": "mũi 2", "dose_date": "8/3/21"})
    '{"date":"2021-03-08","lot":"","number":"2","site":"","vaccine":"Abdala"}'
    """
    return dose_json(*(read(record.get(column, "")) for column, read in DOSE_VALUES.items()))


def dose_json(date: str, lot: str, number: str, site: str, vaccine: str, /) -> str:
    """Write five canonical values, in the order of :data:`DOSE_VALUES`, as what is digested."""
    return (
        f'{{"date":{quoted(date)},"lot":{quoted(lot)},"number":{quoted(number)},'
        f'"site":{quoted(site)},"vaccine":{quoted(vaccine)}}}'
    )


def unread(text: str, /) -> str:
    """Write a text that could not be read; a blank is a blank.

    >>> unread(" 12  Ab "), unread(" ")
    ('?12 Ab', '')
    """
    told = tidy(text)
    return f"?{told}" if told else ""


def tidy(text: str, /) -> str:
    """Write a text in one form: NFC, and single spaces.

    >>> tidy("  Trạm  Y tế ")
    'Trạm Y tế'
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")  # half a character is none
    return " ".join(unicodedata.normalize("NFC", whole).split())


def _reader(rule: Callable[[str], Reading[object]]) -> Callable[[str], str]:
    def read(text: str) -> str:
        reading = rule(text)
        return str(reading.value) if isinstance(reading, Normalized) else unread(text)

    return read


DOSE_VALUES: Final[Mapping[str, Callable[[str], str]]] = {
    "dose_date": _reader(normalize.dose_date),
    "lot": tidy,
    "dose_number": _reader(normalize.dose_number),
    "site": tidy,
    "vaccine": _reader(normalize.vaccine),
}
"""The columns of a dose, and how the canonical value of each is read from its text."""
