"""A person as a Patient of FHIR R4: what is needed of it, and no more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.forms import DateForm, NameForm, read_birth, write_name
from vnvaxmatch.backends.remote.codecs.shapes import Json, objects, take, word
from vnvaxmatch.compare import Finding, Level
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.normalize import BirthDate, IdKind, IdNumber, PersonName, Sex, id_number, name
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.records import Entry, Field

__all__ = [
    "FINDING_URL",
    "SYSTEM",
    "findings_told",
    "id_of",
    "read_entry",
    "write_findings",
    "write_patient",
]

SYSTEM: Final = "urn:x-vnvaxmatch:id-number"
"""The default system of an identifier that is an ID number: a registry's own is an option."""

FINDING_URL: Final = "urn:x-vnvaxmatch:finding"
"""Our extension that tells of a field that it differs, where the value is not to be told."""

_ID: Final = re.compile(r"[A-Za-z0-9.\-]{1,64}")
_DATE: Final = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_GENDERS: Final = frozenset({"male", "female", "other", "unknown"})
_NAME_USES: Final = ("official", "usual", None)
"""Uses of a name that may be a person's own today, the best first."""
_USES_OF_NAMES: Final = frozenset(
    {"official", "usual", "temp", "nickname", "anonymous", "old", "maiden"}
)
_USES: Final = frozenset({"official", "usual", "temp", "secondary", "old"})
_DISAGREEING: Final = (Level.UNMARKED, Level.CLOSE, Level.DIFFERENT)


def write_patient(
    *,
    person: PersonName | None,
    birth: BirthDate | None,
    sex: Sex | None,
    number: IdNumber | None,
    system: str,
    former: Sequence[IdNumber] = (),
    names: NameForm = NameForm.CANONICAL,
) -> dict[str, object]:
    """Write a Patient of what is given."""
    patient: dict[str, object] = {"resourceType": "Patient"}
    identifiers = [
        *([{"use": "official", "system": system, "value": number.text}] if number else ()),
        *({"use": "old", "system": system, "value": old.text} for old in former),
    ]
    if identifiers:
        patient["identifier"] = identifiers
    if person is not None:
        patient["name"] = [{"text": write_name(person, names)}]
    if sex is not None:
        patient["gender"] = sex.value
    if birth is not None:
        patient["birthDate"] = str(birth)
    return patient


def write_findings(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Write our extension for the fields that differ."""
    return [
        {
            "url": FINDING_URL,
            "extension": [
                {"url": "field", "valueCode": finding.field.value},
                {"url": "level", "valueCode": finding.level.value},
                *([{"url": "reason", "valueCode": finding.reason}] if finding.reason else ()),
            ],
        }
        for finding in findings
        if finding.level in _DISAGREEING
    ]


def findings_told(patient: Json) -> dict[Field, Finding]:
    """Read our extension. It can say that a field differs, never that it agrees."""
    found: dict[Field, Finding] = {}
    for extension in objects(patient, "extension"):
        if extension.get("url") != FINDING_URL:
            continue
        parts = {
            take(p, "url", str): take(p, "valueCode", str) for p in objects(extension, "extension")
        }
        field, level, reason = parts.get("field"), parts.get("level"), parts.get("reason")
        if field not in list(Field) or level not in _DISAGREEING or Field(field) in found:
            raise ReplyError(ReplyFault.SHAPE)
        if reason is not None and reason not in list(Reason):
            raise ReplyError(ReplyFault.SHAPE)
        told = None if reason is None else Reason(reason)
        found[Field(field)] = Finding(Field(field), Level(level), told)
    return found


def read_entry(patient: Json, *, system: str) -> Entry:
    """Read of a Patient what is compared. What cannot be read is missing, never guessed.

    Identifiers of the given system count alone: a 9-digit hospital number is no ID number. Those
    marked ``old``, and any beside the current one, are former numbers of that same person.
    """
    current, former = _numbers(patient, system)
    date = take(patient, "birthDate", str)
    if date is not None and not _DATE.fullmatch(date):
        raise ReplyError(ReplyFault.SHAPE)
    gender = word(patient, "gender", _GENDERS)
    return Entry(
        key=_key(patient),
        name=_name(patient),
        birth=None if date is None else read_birth(date, DateForm.ISO),
        sex=Sex(gender) if gender in list(Sex) else None,
        number=current,
        former_numbers=former,
    )


def _key(patient: Json) -> str:
    given = take(patient, "id", str)
    if given is not None and not _ID.fullmatch(given):
        raise ReplyError(ReplyFault.SHAPE)
    return given or ""


def id_of(key: str) -> dict[str, str]:
    """Give an entry key as the id of a resource, if it can be one."""
    return {"id": key} if _ID.fullmatch(key) else {}


def _numbers(patient: Json, system: str) -> tuple[IdNumber | None, tuple[IdNumber, ...]]:
    current: list[IdNumber] = []
    former: list[IdNumber] = []
    for identifier in objects(patient, "identifier"):
        use, value = word(identifier, "use", _USES), take(identifier, "value", str)
        if take(identifier, "system", str) != system or value is None:
            continue
        reading = id_number(value)
        if isinstance(reading, Normalized):
            (former if use == "old" else current).append(reading.value)
    current.sort(key=lambda number: number.kind is not IdKind.CCCD)
    return (current[0] if current else None), (*former, *current[1:])


def _name(patient: Json) -> PersonName | None:
    by_use: dict[str | None, Json] = {}
    for human in objects(patient, "name"):
        by_use.setdefault(word(human, "use", _USES_OF_NAMES), human)
    for use in _NAME_USES:
        if use in by_use:
            reading = name(_text(by_use[use]))
            return reading.value if isinstance(reading, Normalized) else None
    return None


def _text(human: Json) -> str:
    """Give a name as written, or of its parts in the order of Vietnamese names."""
    text = take(human, "text", str)
    if text is not None:
        return text
    given = take(human, "given", list) or []
    if not all(isinstance(part, str) for part in given):
        raise ReplyError(ReplyFault.SHAPE)
    return " ".join(filter(None, (take(human, "family", str), *given)))
