"""Checkpoints and proofs as texts: what is written is read, and nothing else is taken for one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.errors import LedgerError, ProofError
from vnvaxmatch.ledger import (
    Checkpoint,
    Event,
    KeyRing,
    MemoryLedger,
    Proof,
    checkpoint_text,
    leaf_hash,
    read_checkpoint,
)
from vnvaxmatch.testing import events
from vnvaxmatch.testing.strategies import texts

RING = KeyRing({"a": bytes(32)}, current="a")
AT = datetime(2026, 5, 4, tzinfo=UTC)


@given(st.integers(0, 2**63), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    """Also with Windows' line ends, and with signatures below."""
    text = checkpoint_text(Checkpoint(size, root), origin="so.example.vn/log")
    for form in (text, text.replace("\n", "\r\n"), f"{text}\n— so.example.vn Az3grl==\n"):
        assert read_checkpoint(form) == Checkpoint(size, root)


@given(texts())
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """No text makes it crash."""
    with pytest.raises(ProofError, match="no checkpoint"):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "lines",
    [
        ["", "7", "A" * 43 + "="],
        ["log", "-7", "A" * 43 + "="],
        ["log", "٧", "A" * 43 + "="],
        ["log", "7", "A" * 40],
        ["log", "7", "*" * 43 + "="],
        ["log", "7"],
    ],
)
def test_a_checkpoint_with_a_bad_line_is_refused(lines: list[str]) -> None:
    """Each line has its form."""
    with pytest.raises(ProofError):
        read_checkpoint("\n".join(lines) + "\n")


@given(st.lists(events(), min_size=1, max_size=9), st.data())
def test_a_proof_is_verified_away_from_the_log(many: list[Event], data: st.DataObject) -> None:
    """Written, read again elsewhere and reformatted, it proves that event in that log only."""
    with MemoryLedger(keys=RING) as ledger:
        ledger.append(many)
        size = data.draw(st.integers(1, len(many)))
        index = data.draw(st.integers(0, size - 1))
        text = Proof.of(ledger, index, size=size).to_json()
        pinned = ledger.checkpoint(size)
    proof = Proof.from_json(json.dumps(json.loads(text), indent=4, sort_keys=True))
    proof.verify(pinned)
    told = json.loads(text)
    told["event"]["number"] += 1
    with pytest.raises(ProofError):
        Proof.from_json(json.dumps(told)).verify(pinned)
    with pytest.raises(ProofError, match="prove it for that size"):
        proof.verify(Checkpoint(size + 1, pinned.root))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"index": 0, "size": 1, "event": {}, "hashes": "AAAA"}',
        '{"index": true, "size": 1, "event": {}, "hashes": []}',
        '{"index": 0, "size": 1, "event": {"a": 0.5}, "hashes": []}',
        '{"index": 0, "size": 1, "event": {}, "hashes": ["AAAA"]}',
        '{"index": 0, "size": 1, "event": {}, "hashes": [1]}',
        '{"index": 0, "size": 1, "hashes": []}',
        "[" * 100_000,
    ],
    ids=range(10),
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    """Nothing makes it crash, and its content is not told."""
    with pytest.raises(ProofError, match="no proof"):
        Proof.from_json(text)


def test_the_content_of_a_leaf_gives_its_hash() -> None:
    """What the log says of an event is what its leaf hash is over; there is none beyond the end."""
    with MemoryLedger() as ledger:
        ledger.append([Event("case/1", "received", AT, {"row": 1})])
        assert leaf_hash(ledger.content(0)) == ledger.read("case/1")[0].leaf
        for index in (1, -1):
            with pytest.raises(LedgerError, match="there is no event"):
                ledger.content(index)
