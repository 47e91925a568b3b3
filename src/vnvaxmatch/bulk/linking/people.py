"""From statements to people: who is how common in the list, which pairs count, who is whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.bulk.lift import distinct, distinct_ints, distinct_rows
from vnvaxmatch.bulk.likeness_bits import split_names
from vnvaxmatch.bulk.linking.blocks import Found, find
from vnvaxmatch.bulk.linking.clusters import group
from vnvaxmatch.bulk.linking.pairs import Pairs, PairWeigher
from vnvaxmatch.bulk.linking.statements import DoseRows, Statements
from vnvaxmatch.bulk.numbers import NO_NUMBER, has_twelve_digits
from vnvaxmatch.model import Frequencies, Model, Weigher, most_common
from vnvaxmatch.normalize.doses import MOST_DOSES
from vnvaxmatch.outcome import Doubt, Reason

__all__ = ["People", "count", "link_statements", "rows_beside", "weigher_for"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]

_BELIEF: Final = 100
"""So many rows' worth of belief that a row has one other of the same person is mixed into what a
list says, so that a list of a few rows does not take its accidents for a rule."""


@attrs.frozen(eq=False)
class People:
    """Who is whom, row by row, and where nobody was sure.

    ``person`` is the first row of the same person, from 0. ``weight`` is the match weight of a row
    with the row of the same person that it is most like, NaN for a person of one row. ``refused``
    are pairs of people (by their first rows) who were not joined, and why. ``found`` says what each
    kind of key found and left out, ``mute`` how many rows say too little to be known again.
    """

    person: Ints
    weight: Floats
    refused: dict[tuple[int, int], frozenset[Reason | Doubt]]
    found: dict[KeyKind, Found]
    mute: int


def count(statements: Statements) -> Frequencies:
    """Count how common names and births are in a list.

    Who is one person is what is yet to be found out. So each name, without its marks, counts once
    with each birth, however many doses state both, or as often as there are numbers of twelve
    digits with both: namesakes born on one day. A person written in two ways counts twice, which
    makes common values a little too common.
    """
    _, fold = distinct(statements.folds)
    first, one = distinct_rows(fold[statements.name], statements.birth.astype(np.int64))
    twelve = has_twelve_digits(statements.number)
    _, number = distinct_ints(statements.number[twelve])
    each, _ = distinct_rows(one[twelve], number)
    people = np.maximum(np.bincount(one[twelve][each], minlength=len(first)), 1)
    named = statements.folds.take(pa.array(statements.name[first]))
    births = statements.birth[first]
    has_name = pc.not_equal(named, "").to_numpy(zero_copy_only=False)
    surnames, rests = split_names(named.filter(pa.array(has_name)))
    born = births > 0
    return Frequencies(
        total=int(people[has_name | born].sum()),
        surnames=most_common(_counts(surnames, people[has_name])),
        rests=most_common(_counts(rests, people[has_name])),
        births=_counts(pa.array(births[born]), people[born]),
    )


def rows_beside(statements: Statements) -> float:
    """Estimate how many other rows of the same person there are to a row of the list.

    The rows that state a number say it: those of one number are taken for one person's, as far as
    they are no more than a person has doses.
    """
    stated = statements.number != NO_NUMBER
    _, number = distinct_ints(statements.number[stated])
    sizes = np.bincount(number, weights=statements.rows[stated]).astype(np.int64)
    sizes = np.minimum(sizes, MOST_DOSES)
    others = int((sizes * (sizes - 1)).sum())
    return (others + _BELIEF) / (int(sizes.sum()) + _BELIEF)


def weigher_for(model: Model, frequencies: Frequencies, *, beside: float) -> Weigher:
    """Set a model to a list: the odds that two of its rows are one person's are ``beside`` in all.

    That stands where a registry has its coverage: a claim has one entry there at the most.
    """
    return Weigher(attrs.evolve(model, coverage=beside / (1 + beside)), frequencies)


def link_statements(
    statements: Statements,
    rows: DoseRows,
    weigher: Weigher,
    *,
    progress: Callable[[int], None] | None = None,
) -> People:
    """Find out which rows are one person's.

    A statement that would not be known again in another row that says the very same, because its
    weight with itself is below the threshold, is joined with nothing.
    """
    model = weigher.model
    found: dict[KeyKind, Found] = {}
    statements = _without_shared_numbers(statements, found)
    pairs = PairWeigher(statements, weigher)
    everyone = np.arange(len(statements))
    itself = pairs.weigh(everyone, everyone).weight
    mute = itself < model.threshold
    kept = []
    looked_at = 0
    for a, b in find(statements, np.flatnonzero(~mute), found):
        weighed = pairs.weigh(np.minimum(a, b), np.maximum(a, b))
        pulls = (weighed.weight >= model.possible) | weighed.same_number
        kept.append(weighed.take(np.flatnonzero(pulls)))
        looked_at += len(a)
        if progress is not None:
            progress(looked_at)
    none = pairs.weigh(everyone[:0], everyone[:0])
    groups = group(
        Pairs.concatenate([none, *kept]),
        len(statements),
        model=model,
        weigh=pairs.weigh,
        conflicts=pairs.conflicts,
    )
    first_row = _first_rows(groups.group[rows.statement], len(statements))
    muted = mute[rows.statement]
    person = np.where(muted, np.arange(len(rows)), first_row[groups.group[rows.statement]])
    again = (statements.rows > 1) & ~mute
    weight = np.where(again, np.fmax(groups.weight, itself), groups.weight)
    refused: dict[tuple[int, int], frozenset[Reason | Doubt]] = {}
    ends = (first_row[groups.group[side]].tolist() for side in groups.refused)
    for x, y, code in zip(*ends, groups.why.tolist(), strict=True):
        pair = (min(x, y), max(x, y))
        why = pairs.conflicts.things[code]
        assert why is not None
        refused[pair] = refused.get(pair, frozenset()) | {why.code}
    return People(person, weight[rows.statement], refused, found, int(muted.sum()))


def _without_shared_numbers(statements: Statements, found: dict[KeyKind, Found]) -> Statements:
    """Leave out numbers that stand beside more names than one person's can be written in.

    They fill a cell that must not be empty («123456789»), and say nothing of anybody.
    """
    stated = np.flatnonzero(statements.number != NO_NUMBER)
    _, fold = distinct(statements.folds)
    numbers, number = distinct_ints(statements.number[stated])
    first, _ = distinct_rows(number, fold[statements.name[stated]])
    shared = np.bincount(number[first], minlength=len(numbers)) > MOST_DOSES
    if not shared.any():
        return statements
    nobodys = stated[shared[number]]
    found[KeyKind.NUMBER] = Found(0, int(shared.sum()), len(nobodys))
    left = statements.number.copy()
    left[nobodys] = NO_NUMBER
    return attrs.evolve(statements, number=left)


def _first_rows(group: Ints, size: int) -> Ints:
    """Give the first row of each group."""
    first = np.zeros(size, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)
    return first


def _counts(column: pa.Array, people: Ints) -> dict[Any, int]:
    values, index = distinct(column)
    counts = np.bincount(index, weights=people, minlength=len(values)).astype(np.int64)
    return dict(zip(values, counts.tolist(), strict=True))
