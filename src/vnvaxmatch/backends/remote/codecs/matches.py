"""Read the Bundle that ``$match`` gives: graded hits, what was reported, whether it is all."""

from __future__ import annotations

from typing import Final

import attrs

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.shapes import Json, objects, take, thing, word
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.outcome import redact

__all__ = ["GRADE_URL", "OUTCOME_SYSTEM", "Hit", "Matches", "read_matches"]

GRADE_URL: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
OUTCOME_SYSTEM: Final = "urn:x-vnvaxmatch:outcome"
"""The system of our own words for an outcome that a Bundle cannot say without people in it."""

_GRADES: Final = frozenset({"certain", "probable", "possible", "certainly-not"})
_SEVERITIES: Final = frozenset({"fatal", "error", "warning", "information"})
_FAILED: Final = frozenset({"fatal", "error"})
_CUT_SHORT: Final = frozenset(
    {"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled",
     "too-costly", "too-long", "suppressed", "security", "login", "forbidden", "expired"}
)  # fmt: skip
"""Types of an issue that say, even as a warning, that not everybody was looked at or shown."""
_MODES: Final = frozenset({"match", "include", "outcome"})


@attrs.frozen
class Hit:
    """One person of the Bundle, with the grade that the other side gives."""

    patient: Json = attrs.field(repr=redact)
    grade: str
    active: bool


@attrs.frozen
class Matches:
    """All that was found. ``outcome`` is our own word for it, where our answering side says one."""

    hits: tuple[Hit, ...]
    cut_short: bool
    outcome: str | None


def read_matches(bundle: Json) -> Matches:
    """Read the Bundle; ReplyError if it is none, or says that the search failed."""
    if bundle.get("resourceType") == "OperationOutcome":
        raise ReplyError(ReplyFault.ERROR_REPORTED)
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "searchset":
        raise ReplyError(ReplyFault.SHAPE)
    hits: list[Hit] = []
    issues: list[Json] = []
    entries = objects(bundle, "entry")
    for entry in entries:
        resource = thing(entry.get("resource"))
        match resource.get("resourceType"):
            case "Patient":
                hits.append(_hit(resource, _part(entry, "search")))
            case "OperationOutcome":
                issues += _issues(resource)
            case _:
                raise ReplyError(ReplyFault.SHAPE)
    kinds = {take(issue, "code", str) for issue in issues}
    return Matches(
        tuple(hits),
        _has_more(bundle, len(hits), len(entries)) or not _CUT_SHORT.isdisjoint(kinds),
        _own_word(issues, "multiple-matches" in kinds),
    )


def _part(holder: Json, key: str) -> Json:
    """Take an object, empty where it is absent."""
    return thing(holder.get(key) or {})


def _hit(patient: Json, search: Json) -> Hit:
    if word(search, "mode", _MODES) not in ("match", None):
        raise ReplyError(ReplyFault.SHAPE)
    grades = [e.get("valueCode") for e in objects(search, "extension") if e.get("url") == GRADE_URL]
    if len(grades) != 1 or not isinstance(grades[0], str) or grades[0] not in _GRADES:
        raise ReplyError(ReplyFault.NO_GRADE)
    return Hit(patient, grades[0], take(patient, "active", bool) is not False)


def _issues(outcome: Json) -> list[Json]:
    """Read what is reported; an error makes the whole reply none."""
    issues = objects(outcome, "issue")
    severities = [word(issue, "severity", _SEVERITIES) for issue in issues]
    if not issues or None in severities:
        raise ReplyError(ReplyFault.SHAPE)
    if not _FAILED.isdisjoint(severities):
        raise ReplyError(ReplyFault.ERROR_REPORTED)
    return issues


def _has_more(bundle: Json, shown: int, entries: int) -> bool:
    """Whether the Bundle says that more fit than it holds."""
    total = take(bundle, "total", int)
    if total is not None and total < shown:
        raise ReplyError(ReplyFault.CONTRADICTION)
    following = any(link.get("relation") == "next" for link in objects(bundle, "link"))
    return following or (total is not None and total > entries)


def _own_word(issues: list[Json], several: bool) -> str | None:
    words = [
        take(coding, "code", str)
        for issue in issues
        for coding in objects(_part(issue, "details"), "coding")
        if coding.get("system") == OUTCOME_SYSTEM
    ]
    if len(words) > 1:
        raise ReplyError(ReplyFault.CONTRADICTION)
    return words[0] if words else "ambiguous" if several else None
