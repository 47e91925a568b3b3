"""The OpenAPI description of the service of whole entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from vnvaxmatch.backends.remote.entries import KEYS_LIMIT
from vnvaxmatch.backends.stored import FORMAT
from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.server.openapi import COMMON, Item, operation_item, said
from vnvaxmatch.server.services import Described, Operation, Refusal, Service

__all__ = ["describe_entries"]

_MEDIA: Final = "application/problem+json"
_NO_BODY: Final = (Refusal.REQUEST, Refusal.MEDIA)


def describe_entries(service: Service, find: Operation, frequencies: Operation, /) -> Described:
    """Describe the two operations."""
    found = said("Everybody who has one of the keys, whole.", "application/json", _ref("Found"))
    counted = said("The counts.", "application/json", _ref("Frequencies"))
    paths = {
        find.path: {
            "post": operation_item(
                service,
                find,
                summary="Who has one of these keys?",
                body=_ref("Keys"),
                answers={200: found},
                error_media=_MEDIA,
                error=_ref("Problem", prefix=""),
            )
        },
        frequencies.path: {
            "get": operation_item(
                service,
                frequencies,
                summary="How common are names and birth dates?",
                body=None,
                answers={200: counted},
                error_media=_MEDIA,
                error=_ref("Problem", prefix=""),
                refusals=[refusal for refusal in COMMON if refusal not in _NO_BODY],
            )
        },
    }
    return Described(paths, _SCHEMAS)


def _ref(name: str, *, prefix: str = "Entries") -> Item:
    return {"$ref": f"#/components/schemas/{prefix}{name}"}


def _object(optional: Collection[str] = (), /, **members: object) -> Item:
    return {
        "type": "object",
        "required": [name for name in members if name not in optional],
        "additionalProperties": False,
        "properties": members,
    }


_BORN: Final = "(19[0-9]{2}|20[01][0-9])(0000|(0[1-9]|1[0-2])(0[0-9]|1[0-9]|2[0-8]))"
_WORDS: Final = "[a-z]{1,20}( [a-z]{1,20}){0,5}"
_FORMS: Final[Mapping[KeyKind, str]] = {
    KeyKind.NUMBER: "[1-9][0-9]{0,11}",
    KeyKind.FORMER_NUMBER: "[1-9][0-9]{0,11}",
    KeyKind.NAME_BIRTH: f"{_BORN} [a-zà-ỹ]{{1,20}}( [a-zà-ỹ]{{1,20}}){{0,5}}",
    KeyKind.FOLD_BIRTH: f"{_BORN} {_WORDS}",
    KeyKind.BIRTH_SEX_GIVEN: f"{_BORN} (male|female) [a-z]{{1,20}}",
    KeyKind.FOLD_YEAR: f"(19[0-9]{{2}}|20[01][0-9]) {_WORDS}",
    KeyKind.PHONE: "[0-9]{8,12}",
}
"""What most keys look like; a few that are stranger are taken too."""

_TEXT: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_KIND: Final = {"type": "string", "enum": [kind.value for kind in KeyKind]}
_FORMAT: Final = {"type": "string", "const": FORMAT, "description": "That of registry files."}
_COUNTS: Final = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
_SCHEMAS: Final[Mapping[str, object]] = {
    "EntriesKeys": _object(
        keys={
            "type": "array",
            "maxItems": KEYS_LIMIT,
            "items": {
                "oneOf": [
                    _object(
                        kind={"const": kind.value},
                        value={"type": "string", "pattern": f"^{_FORMS[kind]}$"},
                    )
                    for kind in KeyKind
                ]
            },
        }
    ),
    "EntriesFound": _object(
        format=_FORMAT,
        entries={"type": "array", "items": _ref("Entry")},
        skipped={"type": "array", "items": _KIND},
        blocks=_COUNTS,
    ),
    "EntriesEntry": _object(
        ("number", "name_text", "name_key", "birth", "sex", "commune", "phone", "former_numbers"),
        entry_key=_TEXT,
        number=_INTEGER,
        name_text=_TEXT,
        name_key=_TEXT,
        birth=_INTEGER,
        sex={"type": "integer", "enum": [1, 2]},
        commune=_TEXT,
        phone=_TEXT,
        former_numbers={"type": "array", "items": _INTEGER},
    ),
    "EntriesFrequencies": _object(
        format=_FORMAT,
        total={"type": "integer", "minimum": 0},
        surnames=_COUNTS,
        rests=_COUNTS,
        births=_COUNTS,
    ),
}
