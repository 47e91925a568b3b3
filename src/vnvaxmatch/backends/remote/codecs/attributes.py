"""Which attribute of the other side holds which field, as the field map of a codec says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from vnvaxmatch.backends.remote.codecs.forms import (
    SEX_WORDS,
    DateForm,
    NameForm,
    date_form,
    name_form,
    read_birth,
    sex_words,
    write_birth,
    write_name,
)
from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.records import Claim, Field

__all__ = ["DEFAULT_ATTRIBUTES", "FieldMap"]

DEFAULT_ATTRIBUTES: Final[Mapping[str, str]] = {
    "name": "fullName",
    "birth": "dateOfBirth",
    "sex": "gender",
}

_NAME_PARTS: Final = ("name", "surname", "middle", "given", "first_names")
_PARTS: Final = {**dict.fromkeys(_NAME_PARTS, Field.NAME), "birth": Field.BIRTH, "sex": Field.SEX,
                 "id_number": Field.ID_NUMBER}  # fmt: skip
_WHOLE_NAMES: Final = (
    {"name"},
    {"surname", "first_names"},
    {"surname", "middle", "given"},
    set[str](),
)
_LONGEST: Final = 100


def _check(_map: object, _attribute: object, given: Mapping[str, str]) -> None:
    if unknown := sorted(set(given) - set(_PARTS)):
        raise InputError(f"the field map has {', '.join(unknown)}: it can have {', '.join(_PARTS)}")
    names = list(given.values())
    if not all(isinstance(n, str) and n.isprintable() and 0 < len(n) <= _LONGEST for n in names):
        raise InputError("the field map needs the name of an attribute for each of its fields")
    if len(set(names)) != len(names):
        raise InputError("the field map gives two fields the same attribute")
    if not set(given) - {"id_number"}:
        raise InputError("the field map names none of name, birth and sex: nothing could be asked")
    if set(given) & set(_NAME_PARTS) not in _WHOLE_NAMES:
        raise InputError(
            "the field map needs the whole name: `name`, or `surname` with `first_names`, "
            "or `surname`, `middle` and `given`"
        )


@attrs.frozen
class FieldMap:
    """A field map: part of a claim -> attribute, and how values are written.

    The parts are ``name``, or ``surname`` with ``first_names`` (all but the surname), or
    ``surname``, ``middle`` and ``given``; ``birth``; ``sex``; and ``id_number``, for a registry
    that wants it among the attributes too. What the map leaves out is never asked.

    >>> FieldMap({"name": "fullName", "birth": "dob"}).fields == {Field.NAME, Field.BIRTH}
    True
    """

    attributes: Mapping[str, str] = attrs.field(default=DEFAULT_ATTRIBUTES, validator=_check)
    names: NameForm = attrs.field(default=NameForm.CANONICAL, converter=name_form)
    dates: DateForm = attrs.field(default=DateForm.ISO, converter=date_form)
    sexes: Mapping[str, str] = attrs.field(default=SEX_WORDS, converter=sex_words)

    @property
    def fields(self) -> frozenset[Field]:
        """The fields that the map can ask."""
        return frozenset(_PARTS[part] for part in self.attributes)

    @property
    def by_attribute(self) -> Mapping[str, Field]:
        """The field of each attribute."""
        return {attribute: _PARTS[part] for part, attribute in self.attributes.items()}

    def at_least(self, claim: Claim) -> frozenset[Field]:
        """The fields of a claim that are asked less precisely than it states them."""
        unmarked = self.names is NameForm.UNMARKED and claim.gap(Field.NAME) is None
        return frozenset({Field.NAME}) if unmarked and Field.NAME in self.fields else frozenset()

    def write(self, claim: Claim) -> dict[str, str] | None:
        """Write what the claim states, attribute by attribute; None if a part cannot be told.

        A field that the claim cannot give is left out.
        """
        written = {}
        for part, attribute in self.attributes.items():
            if claim.gap(_PARTS[part]) is not None:
                continue
            value = self._value(claim, part)
            if not value or not _encodable(value):
                return None
            written[attribute] = value
        return written

    def _value(self, claim: Claim, part: str) -> str:
        match part:
            case "birth":
                return write_birth(claim.birth.unwrap(), self.dates)
            case "sex":
                return self.sexes[claim.sex.unwrap().value]
            case "id_number":
                return claim.id_number.unwrap().text
            case _:
                return _name_part(claim.name.unwrap(), part, self.names)

    def read(self, values: Mapping[str, str], *, id_number: str) -> Claim | None:
        """Read the claim that attributes state; None if one of them is nothing of its kind."""
        by_part = {part: values[a] for part, a in self.attributes.items() if a in values}
        names = [by_part[part] for part in _NAME_PARTS_IN_ORDER if part in by_part]
        given_parts = set(by_part) & set(_NAME_PARTS)
        if given_parts not in _WHOLE_NAMES or by_part.get("id_number", id_number) != id_number:
            return None
        birth = read_birth(by_part["birth"], self.dates) if "birth" in by_part else None
        sexes = {word: sex for sex, word in self.sexes.items()}
        sex = sexes.get(by_part.get("sex", ""))
        claim = Claim.read(
            name=" ".join(names),
            birth="" if birth is None else str(birth),
            sex=sex or "",
            id_number=id_number,
        )
        given = {_PARTS[part] for part in by_part} - {Field.ID_NUMBER}
        return None if any(claim.gap(field) for field in given) else claim


_NAME_PARTS_IN_ORDER: Final = ("name", "surname", "middle", "first_names", "given")


def _name_part(person: PersonName, part: str, form: NameForm) -> str:
    """Give a part of a name, as the other side writes it; nothing where the name has none."""
    match part:
        case "name":
            return write_name(person, form)
        case "surname":
            text = person.surname
        case "middle":
            text = person.middle
        case "given":
            text = person.given
        case _:
            text = " ".join(filter(None, (person.middle, person.given)))
    return write_name(attrs.evolve(person, text=text, key=text.lower()), form)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
