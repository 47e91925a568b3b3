"""What engines and rules say to each other: what is asked, and what was found.

An engine moves rows and knows no rule: it answers by equi-joins on these columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.blocking import KeyKind

__all__ = [
    "PAIR_SCHEMA",
    "SEARCH_SCHEMA",
    "Answer",
    "Asked",
    "Blocks",
    "Engine",
    "Finder",
    "Ints",
    "Joined",
    "Numbers",
    "Question",
    "Searched",
    "Stage",
    "carry_out",
]

Ints: TypeAlias = npt.NDArray[Any]


class Stage(StrEnum):
    """A join with the registry: by what."""

    NUMBERS = "numbers"
    """Each row's number, held now or formerly."""
    KEYS = "keys"
    """The other keys of the rows that their number does not settle."""


PAIR_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("former", pa.bool_()),
    ]
)


SEARCH_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("number", pa.int64()),
        ("former_numbers", pa.list_(pa.int64())),
    ]
)


Blocks: TypeAlias = dict[str, tuple[int, int, int]]
"""For each kind of key: rows that asked by it, entries it led to (each once for a row), and rows
whose block was skipped."""


@attrs.frozen
class Numbers:
    """A question: who holds these numbers, or held them? ``codes`` has ``NO_NUMBER`` for none."""

    codes: Ints


@attrs.frozen
class Joined:
    """The found pairs, sorted by row and entry key, and the rows whose block was skipped.

    ``pairs`` has the columns of :data:`PAIR_SCHEMA`; ``row`` is a position in what was asked.
    """

    pairs: pa.Table
    skipped: Ints


@attrs.frozen
class Asked:
    """A question: who shares a key with these rows? Columns of what other keys are made of.

    ``fold`` and ``key`` are empty and ``birth`` and ``sex`` 0 where there is none; ``phones`` are
    each row's phone number in every reading (``blocking.search_keys``). ``rows`` are the positions
    in the batch of the rows that are asked about.
    """

    key: pa.StringArray
    fold: pa.StringArray
    birth: Ints
    sex: Ints
    phones: Sequence[tuple[str, ...]]
    rows: Ints


@attrs.frozen
class Searched:
    """The found pairs, sorted by row; the kinds of key that were skipped for a row; the counts.

    ``pairs`` has the columns of :data:`SEARCH_SCHEMA`.
    """

    pairs: pa.Table
    skipped: dict[int, set[KeyKind]]
    blocks: Blocks


Question: TypeAlias = Numbers | Asked
Answer: TypeAlias = Joined | Searched


class Finder(Protocol):
    """Joins one batch with a registry, in memory.

    ``join`` must return each entry of a number once, with ``former`` true where the number is only
    a former one of that entry, sorted by row and entry key; a number held by more people than the
    block caps allow returns none of them and its rows are reported as skipped.
    """

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number; :data:`NO_NUMBER` has none."""
        ...

    def search(self, asked: Asked) -> Searched:
        """Find the entries that share a key with a row.

        Each entry is given once for a row; a block above its cap is left out and reported.
        """
        ...


R_contra = TypeVar("R_contra", contravariant=True)
R = TypeVar("R")
Q = TypeVar("Q")
A = TypeVar("A")
D_co = TypeVar("D_co", covariant=True)


class Engine(Protocol[R_contra, Q, A, D_co]):
    """Carries out the stages of a verification on rows, however many and wherever they are.

    ``ask`` and ``decide`` run the functions of :class:`vnvaxmatch.bulk.steps.Steps` over Arrow
    batches of the rows; ``find`` joins. ``found`` are the answers to the stages before.
    """

    def ask(self, stage: Stage, rows: R_contra, found: tuple[A, ...]) -> Q:
        """Make the keys of a stage."""
        ...

    def find(self, stage: Stage, asked: Q) -> A:
        """Find the entries that have the keys."""
        ...

    def decide(self, rows: R_contra, found: tuple[A, ...]) -> D_co:
        """Compare with all that was found, and decide."""
        ...


def carry_out(engine: Engine[R, Q, A, D_co], stages: Sequence[Stage], rows: R) -> D_co:
    """Verify rows: ask and find, from the cheap keys to the dear ones, then decide."""
    found: tuple[A, ...] = ()
    for stage in stages:
        found = (*found, engine.find(stage, engine.ask(stage, rows, found)))
    return engine.decide(rows, found)
