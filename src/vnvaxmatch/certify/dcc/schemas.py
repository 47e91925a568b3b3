"""The published schemas of the document: which one fits, and where the document breaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from vnvaxmatch.certify.dcc.outcomes import Fault
from vnvaxmatch.certify.dcc.signers import Kind
from vnvaxmatch.errors import MissingExtraError

try:
    from jsonschema import Draft202012Validator, FormatChecker
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["GROUPS", "VERSIONS", "broken_at", "kind_of"]

GROUPS: Final = {"v": Kind.VACCINATION, "t": Kind.TEST, "r": Kind.RECOVERY}
"""What a document attests, by the name of the group that it has."""

VERSIONS: Final = ((1, 0, 0), (1, 1, 0), (1, 2, 1), (1, 3, 0), (1, 3, 3))
"""The versions whose schemas are here, in their order."""

_VERSION: Final = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMATS: Final = FormatChecker(formats=())


def _is_day(value: object) -> bool:
    # issuers write a time of day too, and the schema's dialect leaves formats to its reader
    if isinstance(value, str) and not _DAY.fullmatch(value):
        datetime.fromisoformat(value)
        return _DAY.match(value) is not None
    if isinstance(value, str):
        date.fromisoformat(value)
    return True  # another rule speaks of what is no text


def _is_time(value: object) -> bool:
    if isinstance(value, str):
        datetime.fromisoformat(value)
    return True


_FORMATS.checks("date", raises=ValueError)(_is_day)
_FORMATS.checks("date-time", raises=ValueError)(_is_time)


def kind_of(document: Mapping[str, Any], /) -> Kind | None:
    """Tell what a document attests: None unless it is one kind of thing."""
    found = [kind for name, kind in GROUPS.items() if name in document]
    return found[0] if len(found) == 1 else None


def broken_at(document: Mapping[str, Any], /) -> tuple[Fault, str] | None:
    """Tell the first place where a document breaks the schema of its version; None where nowhere.

    The place is a path of names, without any value. Whatever its schema allows, a document has one
    group: two would be two certificates under one signature.

    >>> broken_at({"ver": "1.3.0", "nam": {"fnt": 7}, "dob": "", "v": []})
    (<Fault.SCHEMA_BROKEN: 'schema_broken'>, 'nam.fnt')
    """
    version = document.get("ver")
    read = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if read is None or read[1] != "1":
        return Fault.SCHEMA_VERSION, "ver"
    if kind_of(document) is None:
        return Fault.SCHEMA_BROKEN, next((name for name in GROUPS if name in document), "v")
    numbers = int(read[1]), int(read[2]), int(read[3])
    for broken in _validator(_fitting(numbers)).iter_errors(document):
        return Fault.SCHEMA_BROKEN, ".".join(str(step) for step in broken.absolute_path)
    return None


def _fitting(numbers: tuple[int, int, int]) -> tuple[int, int, int]:
    """Choose the schema of a version: its own, else the next of its line, else the last before."""
    line = [known for known in VERSIONS if known[:2] == numbers[:2]]
    return next((known for known in line if known >= numbers), line[-1] if line else VERSIONS[-1])


@cache
def _validator(version: tuple[int, int, int]) -> Any:
    name = ".".join(map(str, version))
    file = resources.files("vnvaxmatch.certify.dcc") / "data" / "schema" / f"{name}.json"
    schema = json.loads(file.read_text(encoding="utf-8"), object_hook=_exact)
    return Draft202012Validator(schema, format_checker=_FORMATS)


def _exact(part: dict[str, Any]) -> dict[str, Any]:
    """Write patterns so that they mean in Python what they mean in a schema.

    In Python ``\\d`` is a digit of any script, and ``$`` stands before a last line end too.
    """
    if isinstance(part.get("pattern"), str):
        part["pattern"] = part["pattern"].replace(r"\d", "[0-9]").replace("$", r"\Z")
    return part
