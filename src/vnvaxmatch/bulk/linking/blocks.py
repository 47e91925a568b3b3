"""Find pairs of statements that share a key of blocking, each once, in bounded portions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk.lift import distinct
from vnvaxmatch.bulk.linking.statements import Statements
from vnvaxmatch.bulk.numbers import SEXES

__all__ = ["Found", "find"]

Ints: TypeAlias = npt.NDArray[Any]

_CHUNK: Final = 2_000_000
"""Pairs that are looked at in one go."""


@attrs.define
class Found:
    """What one kind of key found: pairs, and blocks and statements left out as too many."""

    pairs: int = 0
    skipped_blocks: int = 0
    skipped_statements: int = 0


def find(
    statements: Statements, which: Ints, found: dict[KeyKind, Found]
) -> Iterator[tuple[Ints, Ints]]:
    """Give the pairs among some statements that share a key, each once, in bounded portions.

    ``found`` is told what each kind of key found and left out. A list knows no former numbers, and
    whoever agrees in the name with its marks agrees in it without.
    """
    shared: list[tuple[Ints, Ints]] = []
    for kind, key in _keys(statements):
        tally = found.setdefault(kind, Found())
        held = which[key[which] >= 0]
        order = held[np.argsort(key[held], kind="stable")]
        ends, block_of, size = _blocks(key[order])
        over = size > CAPS[kind]
        tally.skipped_blocks += int(over.sum())
        tally.skipped_statements += int(size[over].sum())
        inside = np.flatnonzero((size[block_of] > 1) & ~over[block_of])
        for a, b in _pairs_of(order, inside, ends[block_of]):
            tally.pairs += len(a)
            new = np.ones(len(a), dtype=np.bool_)
            for earlier, is_over in shared:
                new &= (earlier[a] != earlier[b]) | (earlier[a] < 0) | is_over[a]
            yield a[new], b[new]
        is_over = np.zeros(len(statements), dtype=np.bool_)
        is_over[order] = over[block_of]
        shared.append((key, is_over))


def _blocks(ordered: Ints) -> tuple[Ints, Ints, Ints]:
    """Give for sorted keys the end of every block, the block of every place, and the sizes."""
    if not len(ordered):
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    size = ends - starts
    return ends, np.repeat(np.arange(len(starts)), size), size


def _pairs_of(order: Ints, inside: Ints, ends: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pair every place with those that follow it in its block."""
    partners = ends[inside] - inside - 1
    upto = np.cumsum(partners)
    start = 0
    while start < len(inside):
        done = upto[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(upto, done + _CHUNK, side="right")))
        some, counts = inside[start:end], partners[start:end]
        left = np.repeat(some, counts)
        within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[left], order[left + 1 + within]
        start = end


def _keys(statements: Statements) -> Iterator[tuple[KeyKind, Ints]]:
    """Give every statement's keys as numbers, -1 where it has none.

    Those with the sex are given for each sex apart: a missing one is looked for under both.
    """
    birth = statements.birth.astype(np.int64)
    fold = _named(statements.folds, statements.name)
    given = _named(pc.replace_substring_regex(statements.folds, "^.* ", ""), statements.name)
    born = (birth > 0) & (fold >= 0)
    yield KeyKind.NUMBER, statements.number
    yield KeyKind.FOLD_BIRTH, np.where(born, fold * 10**8 + birth, -1)
    for sex in range(1, len(SEXES)):
        fits = born & ((statements.sex == sex) | (statements.sex == 0))
        yield KeyKind.BIRTH_SEX_GIVEN, np.where(fits, given * 10**8 + birth, -1)
    yield KeyKind.FOLD_YEAR, np.where(born, fold * 10**4 + birth // 10**4, -1)
    yield KeyKind.PHONE, np.where(statements.phone > 0, statements.phone, -1)


def _named(words: pa.StringArray, name: Ints) -> Ints:
    """Number the words of names, statement by statement; -1 where there is none."""
    values, index = distinct(words)
    if "" in values:
        index = np.where(index == values.index(""), -1, index)
    return index[name]
