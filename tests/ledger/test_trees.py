"""The tree is that of RFC 6962, and nothing but a right proof verifies."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.errors import ProofError
from vnvaxmatch.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from vnvaxmatch.ledger.filing import grow
from vnvaxmatch.ledger.trees import consistency_spans, inclusion_spans

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "trees.json").read_text("utf-8")
)
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
SIZES = st.integers(0, 70)


def leaves(size: int) -> list[bytes]:
    """So many leaves, each its own."""
    return [leaf_hash(b"%d" % i) for i in range(size)]


def slow_root(of: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, as it stands there."""
    if len(of) < 2:
        return of[0] if of else EMPTY_ROOT
    half = 1
    while half * 2 < len(of):
        half *= 2
    return node_hash(slow_root(of[:half]), slow_root(of[half:]))


def slow_path(index: int, of: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(of) < 2:
        return []
    half = 1
    while half * 2 < len(of):
        half *= 2
    if index < half:
        return [*slow_path(index, of[:half]), slow_root(of[half:])]
    return [*slow_path(index - half, of[half:]), slow_root(of[:half])]


def slow_proof(first: int, of: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if first == len(of):
        return [] if whole else [slow_root(of)]
    half = 1
    while half * 2 < len(of):
        half *= 2
    if first <= half:
        return [*slow_proof(first, of[:half], whole), slow_root(of[half:])]
    return [*slow_proof(first - half, of[half:], False), slow_root(of[:half])]


def pin(of: list[bytes]) -> Checkpoint:
    """The checkpoint of a log of these leaves."""
    return Checkpoint(len(of), slow_root(of))


def unhex(proof: list[str]) -> list[bytes]:
    """Hashes of a vector."""
    return [bytes.fromhex(node) for node in proof]


def test_roots_are_the_published_ones() -> None:
    """The roots over the first leaves are those that others compute."""
    assert root_of([]).hex() == VECTORS["empty"]
    assert [root_of(LEAVES[: i + 1]).hex() for i in range(8)] == VECTORS["roots"]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: v["id"])
def test_a_published_inclusion_proof_verifies(vector: dict[str, Any]) -> None:
    """It verifies, and it is the one that we make."""
    index, size, proof = vector["index"], vector["size"], unhex(vector["proof"])
    verify_inclusion(LEAVES[index], proof, index=index, checkpoint=pin(LEAVES[:size]))
    made = [slow_root(LEAVES[low:high]) for low, high in inclusion_spans(index, size=size)]
    assert made == proof


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: v["id"])
def test_a_published_consistency_proof_verifies(vector: dict[str, Any]) -> None:
    """It verifies, and it is the one that we make."""
    first, second, proof = vector["first"], vector["second"], unhex(vector["proof"])
    verify_consistency(pin(LEAVES[:first]), pin(LEAVES[:second]), proof)
    made = [slow_root(LEAVES[low:high]) for low, high in consistency_spans(first, second)]
    assert made == proof


@given(SIZES)
def test_a_root_is_as_defined(size: int) -> None:
    """The root computed in one pass is that of the recursive definition."""
    assert root_of(iter(leaves(size))) == slow_root(leaves(size))


@given(SIZES, SIZES)
def test_a_tree_that_grows_is_the_tree(before: int, more: int) -> None:
    """Grown in two steps, it has the root of all its leaves, and every full node once."""
    rows, peaks = grow(leaves(before), size=0, peaks=b"")
    others, peaks = grow(leaves(before + more)[before:], size=before, peaks=peaks)
    rows += others
    total = leaves(before + more)
    for index, hashes in enumerate(rows):
        for level in range(len(hashes) // 32):
            below = total[index + 1 - (1 << level) : index + 1]
            assert hashes[level * 32 : level * 32 + 32] == slow_root(below)
    whole, completed = before + more, 0
    while whole:
        completed += whole
        whole //= 2
    assert sum(map(len, rows)) == completed * 32
    assert len(peaks) == (before + more).bit_count() * 32


@given(st.data())
def test_proofs_are_as_defined(data: st.DataObject) -> None:
    """The spans that proofs are made of are those of the recursive definitions."""
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    all_leaves = leaves(size)
    made = [slow_root(all_leaves[low:high]) for low, high in inclusion_spans(index, size=size)]
    assert made == slow_path(index, all_leaves)
    made = [slow_root(all_leaves[low:high]) for low, high in consistency_spans(first, size)]
    assert made == slow_proof(first, all_leaves)


@given(st.data())
def test_only_the_right_inclusion_proof_verifies(data: st.DataObject) -> None:
    """The right one does; one with a hash changed, left out or added, or elsewhere, does not."""
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    all_leaves = leaves(size)
    proof, checkpoint = slow_path(index, all_leaves), pin(all_leaves)
    verify_inclusion(all_leaves[index], proof, index=index, checkpoint=checkpoint)
    for wrong in _spoilt(data, proof):
        with pytest.raises(ProofError):
            verify_inclusion(all_leaves[index], wrong, index=index, checkpoint=checkpoint)
    elsewhere = data.draw(st.integers(-1, size).filter(lambda other: other != index))
    with pytest.raises(ProofError):
        verify_inclusion(all_leaves[index], proof, index=elsewhere, checkpoint=checkpoint)


@given(st.data())
def test_only_the_right_consistency_proof_verifies(data: st.DataObject) -> None:
    """The right one does; a spoilt one, or one of a log that was rewritten, does not."""
    second = data.draw(st.integers(1, 70))
    first = data.draw(st.integers(1, second))
    all_leaves = leaves(second)
    proof = slow_proof(first, all_leaves)
    verify_consistency(pin(all_leaves[:first]), pin(all_leaves), proof)
    for wrong in _spoilt(data, proof):
        with pytest.raises(ProofError):
            verify_consistency(pin(all_leaves[:first]), pin(all_leaves), wrong)
    rewritten = list(all_leaves)
    rewritten[data.draw(st.integers(0, first - 1))] = leaf_hash(b"another")
    with pytest.raises(ProofError):
        verify_consistency(pin(all_leaves[:first]), pin(rewritten), slow_proof(first, rewritten))


def test_a_log_continues_the_empty_one() -> None:
    """Every log begins with nothing, which needs no proof; none begins with what is longer."""
    verify_consistency(pin([]), pin(leaves(5)), [])
    with pytest.raises(ProofError, match="continues none"):
        verify_consistency(pin(leaves(5)), pin(leaves(4)), [])
    with pytest.raises(ProofError):
        verify_consistency(Checkpoint(0, b"\0" * 32), pin(leaves(5)), [])


def test_a_leaf_is_no_node() -> None:
    """Two hashes as the content of a leaf are not the node above them."""
    one, two = leaves(2)
    assert leaf_hash(one + two) != node_hash(one, two)


def _spoilt(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    wrong = [[*proof, b"\1" * 32], [b"\1" * 32, *proof]]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        wrong += [proof[:place] + proof[place + 1 :]]
        wrong += [[*proof[:place], b"\2" * 32, *proof[place + 1 :]]]
    return wrong
