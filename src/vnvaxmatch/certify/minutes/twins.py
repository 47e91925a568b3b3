"""The machine twin of minutes: all that stands on the pages, as canonical JSON.

It is attached to the PDF and kept beside it; its digest is printed on every page, so that paper and
file can be held against each other. It holds personal values, as the pages do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from vnvaxmatch.certify.minutes.records import Confirmed, Correction, Minutes, MinutesCase, Party
from vnvaxmatch.certify.texts import parse_time, read_json, time_text
from vnvaxmatch.errors import CertifyError, LedgerError
from vnvaxmatch.ledger import Checkpoint
from vnvaxmatch.ledger.canonical import canonical

__all__ = ["LONGEST", "digest_of", "read_twin", "short_digest", "write_twin"]

LONGEST: Final = 2 << 20
"""Bytes of a twin."""

_TYPE: Final = "vnvaxmatch.minutes/1"


def write_twin(minutes: Minutes, /) -> bytes:
    """Write the twin: the same minutes give the same bytes. Times are in UTC and whole seconds."""
    told = {
        "bases": list(minutes.bases),
        "began": time_text(minutes.began),
        "cases": [_case_data(one) for one in minutes.cases],
        "checkpoint": {
            "root": minutes.checkpoint.root.hex(),
            "size": minutes.checkpoint.size,
        },
        "commune": minutes.commune,
        "copies": minutes.copies,
        "ended": time_text(minutes.ended),
        "made_with": minutes.made_with,
        "number": minutes.number,
        "office": minutes.office,
        "parties": [_party_data(one) for one in minutes.parties],
        "place": minutes.place,
        "salt": minutes.salt.hex(),
        "superior": minutes.superior,
        "type": _TYPE,
        "venue": minutes.venue,
    }
    try:
        twin = canonical(told).encode()
    except LedgerError as error:
        raise CertifyError(f"the minutes cannot be written: {error}") from error
    if len(twin) > LONGEST:
        raise CertifyError("the minutes are too long: draw up several, of fewer cases each")
    return twin


def read_twin(content: bytes, /) -> Minutes:
    """Read a twin; :class:`~vnvaxmatch.errors.CertifyError` if it is none.

    It must be the one way of writing it, to the byte.
    """
    told = read_json(content, LONGEST, "the twin of minutes")
    try:
        if told.get("type") != _TYPE:
            raise ValueError
        minutes = Minutes(
            _text(told["number"]),
            place=_text(told["place"]),
            venue=_text(told["venue"]),
            began=parse_time(told["began"]),
            ended=parse_time(told["ended"]),
            commune=_text(told["commune"]),
            office=_text(told["office"]),
            superior=_text(told["superior"]),
            parties=tuple(_party(one) for one in _list(told["parties"])),
            bases=tuple(_text(one) for one in _list(told["bases"])),
            cases=tuple(_case(one) for one in _list(told["cases"])),
            checkpoint=Checkpoint(
                _number(told["checkpoint"]["size"]),
                bytes.fromhex(_text(told["checkpoint"]["root"])),
            ),
            copies=_number(told["copies"]),
            salt=bytes.fromhex(_text(told["salt"])),
            made_with=_text(told["made_with"]),
        )
        if write_twin(minutes) == content:
            return minutes
    except (AttributeError, CertifyError, KeyError, OverflowError, TypeError, ValueError):
        pass  # the cause would hold what stands in it
    raise CertifyError("this is no twin of minutes, or it was altered")


def digest_of(twin: bytes, /) -> str:
    """Give the digest of a twin: SHA-256, in hexadecimal digits."""
    return sha256(twin).hexdigest()


def short_digest(digest: str, /) -> str:
    """Write the beginning of a digest as people compare it: 64 bits in groups of four digits.

    >>> short_digest("0123456789abcdef" * 4)
    '0123 4567 89AB CDEF'
    """
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4)).upper()


def _party_data(party: Party) -> dict[str, Any]:
    return {
        "body": party.body,
        "certificates": list(party.certificates),
        "name": party.name,
        "required": party.required,
        "role": party.role,
        "title": party.title,
    }


def _party(told: Mapping[str, Any]) -> Party:
    return Party(
        _text(told["role"]),
        name=_text(told["name"]),
        title=_text(told["title"]),
        body=_text(told["body"]),
        required=told["required"],
        certificates=tuple(_text(one) for one in _list(told["certificates"])),
    )


def _case_data(case: MinutesCase) -> dict[str, Any]:
    return {
        "case": case.case,
        "corrections": [
            {"after": one.after, "before": one.before, "field": one.field, "reason": one.reason,
             "restated": one.restated, **_who_data(one)}
            for one in case.corrections
        ],
        "events": case.events,
        "identity": _confirmed_data(case.identity),
        "index": case.index,
        "leaf": case.leaf,
        "row": case.row,
        "vaccination": _confirmed_data(case.vaccination),
        "values": dict(case.values),
    }  # fmt: skip


def _case(told: Mapping[str, Any]) -> MinutesCase:
    return MinutesCase(
        case=_text(told["case"]),
        row=_number(told["row"]),
        events=_number(told["events"]),
        index=_number(told["index"]),
        leaf=_text(told["leaf"]),
        values={_text(name): _text(value) for name, value in told["values"].items()},
        corrections=tuple(_correction(one) for one in _list(told["corrections"])),
        identity=_confirmed(told["identity"]),
        vaccination=_confirmed(told["vaccination"]),
    )


def _correction(told: Mapping[str, Any]) -> Correction:
    return Correction(
        field=_text(told["field"]),
        before=_text(told["before"]),
        after=_text(told["after"]),
        reason=_text(told["reason"]),
        restated=_bool(told["restated"]),
        **_who(told),
    )


def _confirmed_data(one: Confirmed) -> dict[str, Any]:
    return {"comparison": one.comparison, **_who_data(one)}


def _confirmed(told: Mapping[str, Any]) -> Confirmed:
    return Confirmed(**_who(told), comparison=_bool(told["comparison"]))


def _who_data(one: Confirmed | Correction) -> dict[str, Any]:
    return {"at": time_text(one.at), "by": one.by, "office": one.office, "role": one.role}


def _who(told: Mapping[str, Any]) -> dict[str, Any]:
    at: datetime = parse_time(told["at"])
    return {"at": at, **{name: _text(told[name]) for name in ("by", "role", "office")}}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _bool(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
