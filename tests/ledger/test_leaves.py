"""What a leaf holds: canonical JSON, the same from every writer."""

import base64
from datetime import UTC, datetime
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger import Event, KeyRing, MemoryLedger, leaf_hash
from vnvaxmatch.ledger.canonical import canonical
from vnvaxmatch.testing import events
from vnvaxmatch.testing.events import composed, json_values

AT = datetime(2026, 5, 4, 1, 2, 3, 4, tzinfo=UTC)
RING = KeyRing({"a": bytes(32)}, current="a")


@given(json_values())
def test_it_is_the_canonical_json_of_rfc_8785(value: object) -> None:
    """For every value that may be kept, it is what another implementation writes, in NFC."""
    assert canonical(value).encode() == rfc8785.dumps(composed(value))


@given(events())
def test_a_leaf_is_made_of_the_event_alone(event: Event) -> None:
    """Anyone can compute it from what the log gives back, by another implementation."""
    with MemoryLedger(keys=RING) as ledger:
        ledger.append([event])
        (recorded,) = ledger.scan()
        (kept,) = ledger._store.rows(0, 1)
    content = {
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"),
        "data": recorded.event.data,
        "index": 0,
        "kind": event.kind,
        "number": 1,
        "stream": event.stream,
        "v": 1,
    }
    if event.personal:
        content["key"] = 1
        content["person"] = event.person or event.stream
        content["personal"] = base64.b64encode(kept.row.sealed).decode("ascii")
    assert recorded.leaf == leaf_hash(rfc8785.dumps(content))


def test_composed_and_decomposed_letters_are_one_leaf() -> None:
    """A text in Unicode form NFD gives the leaf of the same text in NFC."""
    leaves = set()
    for form in ("NFC", "NFD"):
        with MemoryLedger() as ledger:
            ledger.append([Event("case/1", "received", AT, {"ward": normalize(form, "Hà Nội")})])
            leaves.add(ledger.read("case/1")[0].leaf)
    assert len(leaves) == 1


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, {"b": 0.5}]}, "data.a[1].b is of type float"),
        ({"a": 2**53}, "data.a is an integer beyond"),
        ({"a": {1: 2}}, "a name in data.a is not ASCII"),
        ({"a": {"é": 2}}, "a name in data.a is not ASCII"),
        ({"a": "\udc00"}, "data.a is not Unicode"),
        ({"a": {1, 2}}, "data.a is of type set"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_has_no_canonical_form_is_refused(value: object, place: str) -> None:
    """The error names the place, and not the value."""
    with pytest.raises(LedgerError, match=place.replace("[", r"\[").replace("]", r"\]")):
        canonical(value)


def test_what_is_nested_without_end_is_refused() -> None:
    """A list inside itself is an error, not a crash."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(LedgerError, match="nested"):
        canonical(loop)


@given(st.text(st.characters(codec="utf-8")))
def test_personal_values_come_back_letter_by_letter(value: str) -> None:
    """They are not normalised: what was written is what is read."""
    with MemoryLedger(keys=RING) as ledger:
        ledger.append([Event("case/1", "received", AT, personal={"name": value})])
        assert ledger.read("case/1")[0].event.personal == {"name": value}


def test_the_length_of_a_short_value_does_not_show() -> None:
    """Values of different lengths have ciphertexts of the same."""
    with MemoryLedger(keys=RING) as ledger:
        ledger.append(
            [Event(f"case/{n}", "received", AT, personal={"name": "x" * n}) for n in (1, 9, 18)]
        )
        assert len({len(kept.row.sealed) for kept in ledger._store.rows(0, 3)}) == 1
