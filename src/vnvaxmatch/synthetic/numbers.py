"""ID numbers of made-up people: after the rules, and nobody shares one with anybody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vnvaxmatch.errors import InputError
from vnvaxmatch.synthetic.parts import places

__all__ = ["draw_numbers"]

_FORMER_CMND = 0.26  # of those old enough to have had one, about a fifth of all
_CANCELLED = 0.004
_WRONG_STRUCTURE = 0.01
_CMND_ONLY = 0.03
_SIX_DIGITS = 1_000_000
_SEVEN_DIGITS = 10_000_000
_STEP = 2_654_435_761  # mixes the bits
_ROUNDS = (1, 12_345, 987_654, 55_555)

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def draw_numbers(
    rng: np.random.Generator,
    female: Bools,
    born: Ints,
    province: Ints,
    twin: Ints,
    *,
    block: int,
    blocks: int,
) -> dict[str, Ints]:
    """Draw numbers after Circular 59/2021/TT-BCA; nobody shares one with anybody.

    A number is a head (twelve digits: province, sex and century, year; nine: the old prefix) and a
    tail. Of the tails of a head each block has a share of its own, each person a place in it, and
    share and place are shuffled by a permutation: so two numbers are equal only where a block has
    more people of one head than its share holds, and that is looked for. In the largest population
    shares are of 272 tails (twelve digits) and 5,455 (nine); the most crowded heads, both of Ho Chi
    Minh City, have about 104 people in a block and 6,100, of whom 1,300 ever held nine digits.

    Twins of one sex, who were registered together, have neighbouring ones.
    """
    size = len(born)
    start = np.asarray([int(code) for code in places().provinces.items])[province]
    digit = (born // 100 - 19) * 2 + female
    wrong = rng.random(size) < _WRONG_STRUCTURE
    cancelled = rng.random(size) < _CANCELLED
    # a wrong sex digit, in the number held now or in the cancelled one
    true_head = start * 1000 + digit * 100 + born % 100
    wrong_head = start * 1000 + (digit ^ 1) * 100 + born % 100
    heads = np.concatenate([np.where(wrong, wrong_head, true_head), wrong_head])
    tails = 2 * _tails(heads, _SIX_DIGITS // 2, block=block, blocks=blocks)
    beside = twin[(heads[twin] == heads[twin - 1]) & ~np.isin(twin - 1, twin)]
    tails[beside] = tails[beside - 1] + 1  # odd ones are nobody else's
    twelve = heads * _SIX_DIGITS + tails
    prefixes = places().cmnd_prefixes
    choice = rng.random(size)
    options = [[int(prefix) for prefix in some] for some in prefixes]
    table = np.asarray([[row[0], row[-1]] for row in options])
    head = table[province, (choice < 0.5).astype(np.int64)]
    old_enough = born <= 2003
    only = old_enough & (rng.random(size) < _CMND_ONLY)
    former = old_enough & ~only & (rng.random(size) < _FORMER_CMND)
    ever = only | former
    nine = head * _SEVEN_DIGITS + _tails(head, _SEVEN_DIGITS, block=block, blocks=blocks, held=ever)
    return {
        "number": np.where(only, nine, twelve[:size]),
        "nine_digits": only.astype(np.int64),
        "cmnd": np.where(former, nine, -1),
        "cancelled": np.where(cancelled & ~only & ~wrong, twelve[size:], -1),
    }


def _tails(heads: Ints, space: int, *, block: int, blocks: int, held: Bools | None = None) -> Ints:
    """Give every number of a head another tail; each block has its own share of the tails.

    Where a head has more people than the share has tails, only those get one who ``held`` it.
    """
    share = space // blocks
    rank = _ranks(heads)
    if held is not None and rank.max(initial=0) >= share:
        crowded = np.isin(heads, heads[rank >= share])
        rank[crowded] = 0
        holders = np.flatnonzero(crowded & held)
        rank[holders] = _ranks(heads[holders])
    if rank.max(initial=0) >= share:
        raise InputError("two people would share a number; ask for fewer, or take another seed")
    return _shuffled(block * share + rank, heads, space)


def _ranks(heads: Ints) -> Ints:
    """Number those of one head from 0."""
    order = np.argsort(heads, kind="stable")
    ordered = heads[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    rank = np.empty(len(heads), dtype=np.int64)
    rank[order] = np.arange(len(heads)) - np.repeat(starts, lengths)
    return rank


def _shuffled(values: Ints, heads: Ints, space: int) -> Ints:
    """Permute the numbers below ``space``, for every head in another way.

    A Feistel network over a power of four; what falls outside goes round again. A simple step
    through all numbers would be a lattice, in which near numbers are a thousand times too common.
    """
    half = ((space - 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    shuffled = values.astype(np.int64)
    outside = np.ones(len(shuffled), dtype=np.bool_)
    while outside.any():
        left, right = shuffled[outside] >> half, shuffled[outside] & mask
        head = heads[outside]
        for step in _ROUNDS:
            mixed = (right * 40_503 + head * 7_919 + step) * _STEP
            left, right = right, left ^ ((mixed ^ (mixed >> 17)) & mask)
        shuffled[outside] = left << half | right
        outside = shuffled >= space
    return shuffled
