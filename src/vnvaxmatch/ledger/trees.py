"""The Merkle tree of RFC 6962: hashes, roots, proofs, and how to verify them without the log.

A leaf is hashed after a byte 0, a node after a byte 1 (SHA-256), so that neither passes for the
other. Wherever leaves are meant below, they are leaf hashes. Source: RFC 6962 section 2.1 (June
2013), and RFC 9162 sections 2.1.3 and 2.1.4 (December 2021) for verifying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

from vnvaxmatch.errors import ProofError
from vnvaxmatch.ledger.events import Checkpoint

__all__ = [
    "EMPTY_ROOT",
    "Node",
    "consistency_spans",
    "full_nodes",
    "inclusion_spans",
    "leaf_hash",
    "node_hash",
    "root_of",
    "span_hash",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

Node: TypeAlias = tuple[int, int]
"""A full node: its level above the leaves, and its place in that level."""
Span: TypeAlias = tuple[int, int]
"""The leaves below a node that may not be full: the first, and the one after the last."""


def leaf_hash(data: bytes, /) -> bytes:
    """Hash what a leaf holds."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes, /) -> bytes:
    """Hash two nodes into the one above them."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Iterable[bytes], /) -> bytes:
    """Compute the root over leaf hashes.

    >>> root_of([]) == EMPTY_ROOT
    True
    >>> one, two, three = map(leaf_hash, [b"1", b"2", b"3"])
    >>> root_of([one, two, three]) == node_hash(node_hash(one, two), three)
    True
    """
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        node, rest = leaf, size
        while rest & 1:
            node = node_hash(peaks.pop(), node)
            rest >>= 1
        peaks.append(node)
    return bagged(peaks)


def bagged(peaks: Sequence[bytes], /) -> bytes:
    """Put the full trees of a log, the largest first, under one root."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for left in reversed(peaks[:-1]):
        node = node_hash(left, node)
    return node


def inclusion_spans(index: int, /, *, size: int) -> tuple[Span, ...]:
    """Tell over which leaves the nodes of an inclusion proof are, the lowest first."""
    spans: list[Span] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _half(high - low)
        if index < middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    return tuple(reversed(spans))


def consistency_spans(first: int, second: int, /) -> tuple[Span, ...]:
    """Tell over which leaves the nodes of a consistency proof are, the lowest first."""
    if first in (0, second):
        return ()
    spans: list[Span] = []
    low, high = 0, second
    while first < high:
        middle = low + _half(high - low)
        if first <= middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    if low > 0:  # otherwise it is the first tree itself, which a verifier knows
        spans.append((low, high))
    return tuple(reversed(spans))


def full_nodes(span: Span, /) -> tuple[Node, ...]:
    """Name the full nodes that make up a span of a tree, from left to right.

    >>> full_nodes((4, 7))
    ((1, 2), (0, 6))
    """
    low, high = span
    nodes = []
    while low < high:
        level = (high - low).bit_length() - 1
        nodes.append((level, low >> level))
        low += 1 << level
    return tuple(nodes)


def span_hash(span: Span, stored: Callable[[Node], bytes], /) -> bytes:
    """Hash a span of a tree from the full nodes that make it up."""
    return bagged([stored(node) for node in full_nodes(span)])


def verify_inclusion(
    leaf: bytes, proof: Sequence[bytes], /, *, index: int, checkpoint: Checkpoint
) -> None:
    """Verify that a leaf hash stands at an index of the log that a checkpoint is of.

    Raises :class:`~vnvaxmatch.errors.ProofError` if the proof does not show it.
    """
    if not 0 <= index < checkpoint.size:
        raise ProofError(f"there is no event {index} in a log of {checkpoint.size} events")
    left, last, node = index, checkpoint.size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long for a log of this size")
        if left & 1 or left == last:
            node = node_hash(sibling, node)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        left, last = left >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short for a log of this size")
    if node != checkpoint.root:
        raise ProofError(f"the event at {index} is not in the log that the checkpoint is of")


def verify_consistency(first: Checkpoint, second: Checkpoint, proof: Sequence[bytes], /) -> None:
    """Verify that the log of the second checkpoint begins with the whole log of the first.

    Raises :class:`~vnvaxmatch.errors.ProofError` if the proof does not show it.
    """
    if not 0 <= first.size <= second.size:
        raise ProofError(f"a log of {second.size} events continues none of {first.size}")
    if first.size == second.size or first.size == 0:
        if proof:
            raise ProofError("nothing is to be proven here, and the proof is not empty")
        if first.root != (second.root if first.size else EMPTY_ROOT):
            raise ProofError("two logs of the same size have different roots")
        return
    nodes = list(proof)
    if first.size & (first.size - 1) == 0:
        nodes.insert(0, first.root)
    if not nodes:
        raise ProofError("the consistency proof is too short for logs of these sizes")
    old, new = _roots(nodes, first.size - 1, second.size - 1)
    if old != first.root or new != second.root:
        raise ProofError("the longer log does not begin with the shorter one")


def _roots(nodes: Sequence[bytes], left: int, last: int) -> tuple[bytes, bytes]:
    """Compute both roots from a consistency proof (RFC 9162, section 2.1.4.2)."""
    while left & 1:
        left, last = left >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long for logs of these sizes")
        if left & 1 or left == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            new = node_hash(new, node)
        left, last = left >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short for logs of these sizes")
    return old, new


def _half(count: int) -> int:
    """Give the largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1
