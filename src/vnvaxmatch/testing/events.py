"""Hypothesis strategies for events of a ledger, and for what writers might try to put into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from unicodedata import normalize

from hypothesis import strategies as st

from vnvaxmatch.ledger import JSON, Event
from vnvaxmatch.testing.strategies import births, id_numbers, names

__all__ = ["composed", "events", "json_values", "odd_events"]

_STREAMS: Final = ("audit", "case/1", "case/10", "case/2", 'case/"\\', "case0", "person/7")
_LABELS: Final = ("matched", "mismatched", "đang chờ", "")
_ASCII: Final = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
_ZONES: Final = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9))])
_LARGEST: Final = 2**53 - 1


def json_values() -> st.SearchStrategy[JSON]:
    """What may stand in an event's data."""
    texts = st.text(st.characters(codec="utf-8"), max_size=12)
    simple = st.one_of(st.none(), st.booleans(), st.integers(-_LARGEST, _LARGEST), texts)
    keys = st.text(st.characters(max_codepoint=0x7F), max_size=6)
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=6,
    )


def composed(value: Any) -> Any:
    """Give a value of an event's data as a ledger gives it back: with its texts in form NFC."""
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, Mapping):
        return {name: composed(inner) for name, inner in value.items()}
    return [composed(inner) for inner in value] if isinstance(value, Sequence) else value


@st.composite
def events(draw: st.DrawFn, *, personal: bool = True) -> Event:
    """An event of one of a few streams, so that streams grow; with personal values or without."""
    values: dict[str, str] = {}
    if personal and draw(st.booleans()):
        values = {
            "name": str(draw(names())),
            "birth": str(draw(births())),
            "number": str(draw(id_numbers())),
        }
    return Event(
        stream=draw(st.one_of(st.sampled_from(_STREAMS), st.text(_ASCII, min_size=1, max_size=9))),
        kind=draw(st.sampled_from(["received", "compared", "corrected", 'odd "kind" \\'])),
        at=draw(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=_ZONES)),
        data=draw(st.dictionaries(st.sampled_from("abcd"), json_values(), max_size=3)),
        personal=values,
        person=draw(st.sampled_from(["", "", "person/7", "case/2"])) if values else "",
        label=draw(st.one_of(st.none(), st.sampled_from(_LABELS))),
    )


def odd_events() -> st.SearchStrategy[Event]:
    """Events that no ledger keeps."""
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return st.sampled_from(
        [
            Event("", "received", at),
            Event("hồ sơ", "received", at),
            Event("case\n1", "received", at),
            Event("c" * 201, "received", at),
            Event("case/1", "", at),
            Event("case/1", "nhận", at),
            Event("case/1", "received", at.replace(tzinfo=None)),
            Event("case/1", "received", datetime.max.replace(tzinfo=timezone(timedelta(hours=-9)))),
            Event("case/1", "received", at, {"weight": 0.5}),  # type: ignore[dict-item]
            Event("case/1", "received", at, {"count": 2**53}),
            Event("case/1", "received", at, {"tên": 1}),
            Event("case/1", "received", at, {"text": "\ud800"}),
            Event("case/1", "received", at, {"raw": b"1"}),
            Event("case/1", "received", at, {1: 1}),  # type: ignore[dict-item]
            Event("case/1", "received", at, personal={"name": "\ud800"}),
            Event("case/1", "received", at, personal={"name": 1}),  # type: ignore[dict-item]
            Event("case/1", "received", at, personal={"name": "x"}, person="người"),
            Event("case/1", "received", at, label="l" * 201),
            Event("case/1", "received", at, label="two\nlines"),
        ]
    )
