"""Group statements into people, from the heaviest pairs down, without chaining two people.

A group is joined with another only if no pair across them is in conflict: not one of the two that
are alike, but each with each. Where a statement would fit two groups that cannot be one, by weights
that are not far apart, it joins neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from vnvaxmatch.bulk.lift import Interner
from vnvaxmatch.bulk.linking.pairs import Pairs
from vnvaxmatch.bulk.linking.rules import Conflict
from vnvaxmatch.model import Model
from vnvaxmatch.outcome import Doubt, Reason

__all__ = ["MOST", "Groups", "components", "group", "join"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[int, int]

MOST: Final = 200
"""Statements that hang together above which nobody joins them: no person is written in so many
ways, and each would have to be compared with each."""


_TOO_MANY: Final = Conflict(Reason.BLOCK_TOO_LARGE, firm=True)


@attrs.frozen(eq=False)
class Groups:
    """Statements in groups: ``group`` is the lowest place among those of one person.

    ``weight`` is that of the heaviest pair that a statement is in, within its group; NaN for none.
    ``refused`` are pairs of statements that speak for one person and are in two groups; ``why``
    holds for each a place in the conflicts.
    """

    group: Ints
    weight: Floats
    refused: tuple[Ints, Ints]
    why: Ints


def group(
    pulls: Pairs,
    size: int,
    *,
    model: Model,
    weigh: Callable[[Ints, Ints], Pairs],
    conflicts: Interner[Conflict | None],
) -> Groups:
    """Group ``size`` statements by the pairs that speak for one person at all (``pulls``).

    Those are all pairs that weigh :attr:`Model.possible` or more, or share a number; ``weigh``
    compares further pairs. A pair joins if it weighs the threshold and nothing contradicts it. What
    hangs together by pulls is looked at as a whole: if no pair in it is in conflict, whatever joins
    is joined; else :func:`join` decides. Neither the order of the pairs nor that of the statements
    matters.
    """
    part = components(pulls.a, pulls.b, size)
    sizes = np.bincount(part, minlength=size)
    pairs = _completed(pulls, part, sizes, weigh)
    marred = np.zeros(size, dtype=np.bool_)
    marred[part[pairs.a[pairs.conflict > 0]]] = True
    huge = sizes > MOST
    joins = (pairs.conflict == 0) & (pairs.weight >= model.threshold)
    plain = joins & ~marred[part[pairs.a]] & ~huge[part[pairs.a]]
    a, b = [pairs.a[plain]], [pairs.b[plain]]
    why = pairs.conflict.copy()
    for places in _by_part(
        part, np.flatnonzero(marred[part[pairs.a]] & ~huge[part[pairs.a]]), pairs
    ):
        joined, refused = _decide(pairs, places, joins, model, conflicts)
        a.append(pairs.a[joined])
        b.append(pairs.b[joined])
        for place, code in refused.items():
            why[place] = code
    why[huge[part[pairs.a]]] = conflicts.number(_TOO_MANY)
    groups = components(np.concatenate(a), np.concatenate(b), size)
    together = groups[pairs.a] == groups[pairs.b]
    weight = np.full(size, -np.inf)
    for side in (pairs.a, pairs.b):
        np.maximum.at(weight, side[together], pairs.weight[together])
    weight[np.isinf(weight)] = np.nan
    apart = ~together & ((pairs.weight >= model.threshold) | pairs.same_number) & (why > 0)
    return Groups(groups, weight, (pairs.a[apart], pairs.b[apart]), why[apart])


def components(a: Ints, b: Ints, size: int) -> Ints:
    """Give for each of ``size`` things the lowest that it hangs together with by pairs."""
    lowest = np.arange(size)
    while len(a):
        x, y = lowest[a], lowest[b]
        low, high = np.minimum(x, y), np.maximum(x, y)
        apart = low != high
        if not apart.any():
            break
        a, b, low, high = a[apart], b[apart], low[apart], high[apart]
        np.minimum.at(lowest, high, low)
        while True:  # whoever points at one that points further
            further = lowest[lowest]
            if np.array_equal(further, lowest):
                break
            lowest = further
    return lowest


def _completed(
    pulls: Pairs, part: Ints, sizes: Ints, weigh: Callable[[Ints, Ints], Pairs]
) -> Pairs:
    """Add to the pulls every other pair of those who hang together in threes or more."""
    larger = (sizes > 2) & (sizes <= MOST)
    members = np.flatnonzero(larger[part])
    members = members[np.argsort(part[members], kind="stable")]
    counts = sizes[part[members]]
    starts = np.searchsorted(part[members], part[members])
    after = counts - (np.arange(len(members)) - starts) - 1
    left = np.repeat(np.arange(len(members)), after)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    rest = pulls.take(np.flatnonzero(~larger[part[pulls.a]]))
    step = 2_000_000
    whole = [
        weigh(members[left[at : at + step]], members[right[at : at + step]])
        for at in range(0, len(left), step)
    ]
    return Pairs.concatenate([rest, *whole])


def _by_part(part: Ints, places: Ints, pairs: Pairs) -> Iterator[Ints]:
    """Give the places of pairs, those of what hangs together in one go."""
    of = part[pairs.a[places]]
    order = places[np.argsort(of, kind="stable")]
    _, starts = np.unique(np.sort(of), return_index=True)
    yield from np.split(order, starts[1:]) if len(order) else ()


def _decide(
    pairs: Pairs, places: Ints, joins: Ints, model: Model, conflicts: Interner[Conflict | None]
) -> tuple[list[int], dict[int, int]]:
    """Decide one lot: the places of the pairs that join, and why the others that would do not."""
    ends = zip(pairs.a[places].tolist(), pairs.b[places].tolist(), strict=True)
    at = dict(zip(ends, places.tolist(), strict=True))
    against = {pair: conflicts.things[pairs.conflict[place]] for pair, place in at.items()}
    weights = {pair: float(pairs.weight[place]) for pair, place in at.items()}
    refusals = join(
        {pair: weights[pair] for pair, place in at.items() if joins[place]},
        pulls={p: w for p, w in weights.items() if w >= model.possible and against[p] is None},
        conflicts={pair: told.firm for pair, told in against.items() if told is not None},
        same_number={pair for pair, place in at.items() if pairs.same_number[place]},
        margin=model.margin,
    )
    refused = {}
    for pair, clashes in refusals.items():
        codes = {told.code for clash in clashes if (told := against[clash]) is not None}
        code = min(codes, default=Doubt.LINK_AMBIGUOUS)
        refused[at[pair]] = conflicts.number(Conflict(code, firm=True))
    kept = [place for pair, place in at.items() if joins[place] and pair not in refusals]
    return kept, refused


def join(
    edges: Mapping[Pair, float],
    *,
    pulls: Mapping[Pair, float],
    conflicts: Mapping[Pair, bool],
    same_number: Collection[Pair],
    margin: float,
) -> dict[Pair, list[Pair]]:
    """Join by weighted pairs what is in no conflict; give the pairs that are refused, and why.

    The heaviest pairs come first, those of one weight together. A pair is refused where either of
    its two is pulled by a third, by no less than the margin below, that is in conflict with the
    other: two people fit. It is refused, too, where pairs across the groups that it would join are
    in conflict: they are given, as where the third fits better by more than the margin. A conflict
    that is not firm (``conflicts`` says which are) does not count where one of the two has the
    number of a third that the other fits. Pairs have the lower place first.

    >>> edges = {(0, 1): 9.0, (1, 2): 8.0}
    >>> join(edges, pulls=edges, conflicts={(0, 2): True}, same_number=(), margin=5.0)
    {(0, 1): [], (1, 2): []}
    >>> join(edges, pulls=edges, conflicts={(0, 2): True}, same_number=(), margin=0.5)
    {(1, 2): [(0, 2)]}
    >>> join(edges, pulls=edges, conflicts={(0, 2): False}, same_number={(0, 1)}, margin=5.0)
    {}
    """
    pulled, numbered = _beside(pulls), _beside(dict.fromkeys(same_number, 0.0))

    def clash(x: int, y: int, others: Collection[int]) -> bool:
        """Tell whether two are in conflict, for all that the others know."""
        firm = conflicts.get(_ordered(x, y))
        if firm is None or firm:
            return firm is not None
        return not any(
            third in others and _ordered(third, other) not in conflicts
            for one, other in ((x, y), (y, x))
            for third in numbered.get(one, ())
            if third != other
        )

    refused: dict[Pair, list[Pair]] = {}
    for (x, y), weight in edges.items():
        rivals = [
            (pull, _ordered(third, other))
            for one, other in ((x, y), (y, x))
            for third, pull in pulled.get(one, {}).items()
            if third != other and pull >= weight - margin and clash(third, other, (one,))
        ]
        if rivals:
            fits_better = all(pull > weight + margin for pull, _ in rivals)
            refused[x, y] = [pair for _, pair in rivals] if fits_better else []
    members: dict[int, frozenset[int]] = {}
    sure = sorted(((weight, pair) for pair, weight in edges.items() if pair not in refused))
    for _, level in groupby(reversed(sure), key=lambda edge: edge[0]):
        for lot in _lots([pair for _, pair in level], members):
            everyone = frozenset().union(*(_members(x, members) for pair in lot for x in pair))
            clashes = [pair for pair in combinations(sorted(everyone), 2) if clash(*pair, everyone)]
            if clashes:
                refused.update(dict.fromkeys(lot, clashes))
            else:
                members.update(dict.fromkeys(everyone, everyone))
    return refused


def _beside(pairs: Mapping[Pair, float]) -> dict[int, dict[int, float]]:
    """Give for each thing those that it is in a pair with."""
    beside: dict[int, dict[int, float]] = {}
    for (x, y), weight in pairs.items():
        beside.setdefault(x, {})[y] = weight
        beside.setdefault(y, {})[x] = weight
    return beside


def _members(thing: int, members: Mapping[int, frozenset[int]]) -> frozenset[int]:
    return members.get(thing, frozenset((thing,)))


def _lots(edges: Sequence[Pair], members: Mapping[int, frozenset[int]]) -> list[list[Pair]]:
    """Gather pairs that would end up in one group."""
    lots: list[tuple[frozenset[int], list[Pair]]] = []
    for pair in edges:
        reached = _members(pair[0], members) | _members(pair[1], members)
        gathered = [pair]
        apart = []
        for others, pairs in lots:
            if reached.isdisjoint(others):
                apart.append((others, pairs))
            else:
                reached |= others
                gathered += pairs
        lots = [*apart, (reached, gathered)]
    return [pairs for _, pairs in lots]


def _ordered(x: int, y: int) -> Pair:
    return (x, y) if x < y else (y, x)
