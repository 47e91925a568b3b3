"""From the entries found for each row to its decision: the scalar decision, lifted over shapes.

Rows whose own fields came to the same, whose one entry is alike in the same way, have one decision;
it is made once, by the very function that makes it for one claim. Rows with several entries are
decided one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Decision, decide, suggest, written
from vnvaxmatch.backends.stored import stored_name
from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.bulk.claims import ClaimBatch, ClaimReader
from vnvaxmatch.bulk.engine import (
    Answer,
    Asked,
    Blocks,
    Joined,
    Numbers,
    Question,
    Searched,
    Stage,
)
from vnvaxmatch.bulk.lift import Interner, distinct_rows
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES
from vnvaxmatch.bulk.own import Own
from vnvaxmatch.bulk.pairs import PairLevels, PairReader
from vnvaxmatch.bulk.results import suggestions_cell
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.normalize import BirthDate, IdNumber
from vnvaxmatch.policy import Outcome, Policy, settle
from vnvaxmatch.records import Entry, Field

__all__ = [
    "ExactPicker",
    "Picker",
    "Picking",
    "Picks",
    "Settler",
    "differing",
    "held_entry",
    "join",
    "keyless",
    "number_blocks",
    "search",
    "single_pairs",
    "suggested",
]

Ints: TypeAlias = npt.NDArray[Any]

_NOT_ASKED, _NOBODY, _SKIPPED, _ONE = range(4)
_MANDATORY = tuple(field.value for field in Field)


@attrs.frozen
class Picks:
    """What a batch came to: for every row the number of its decision, and the entry it names.

    The numbered decisions have no entry keys, weights or candidates: those differ from row to row.
    ``pair`` is the place of the entry in ``entry_key``, -1 where none is named; ``weights`` holds
    the columns of a weighing matcher, null where nothing was compared; ``candidates`` the keys of
    those who fit, for the few rows that have them; ``suggestions`` what to correct, if asked for;
    ``blocks`` what each kind of key came to.
    """

    decision: Ints
    pair: Ints
    entry_key: pa.StringArray
    weights: Mapping[str, pa.Array] = attrs.field(factory=dict)
    candidates: Mapping[int, tuple[str, ...]] = attrs.field(factory=dict)
    suggestions: pa.StringArray | None = None
    blocks: Blocks = attrs.field(factory=dict)


Picking: TypeAlias = Generator[Question, Answer, Picks]
"""The conversation about a batch: what is to be joined, what was found, and what it came to."""


class Picker(Protocol):
    """A matcher in columns: has entries found for a batch of claims, and decides each."""

    decisions: Interner[Decision]
    """The numbered decisions."""

    weighs: bool
    """Whether it gives weights."""

    stages: tuple[Stage, ...]
    """What it asks for, in order."""

    def pick(self, claims: ClaimBatch) -> Picking:
        """Ask, stage by stage, and decide."""
        ...


def join(numbers: Ints) -> Generator[Question, Answer, Joined]:
    """Ask who has numbers."""
    answer = yield Numbers(numbers)
    assert isinstance(answer, Joined)
    return answer


def search(asked: Asked) -> Generator[Question, Answer, Searched]:
    """Ask who shares a key."""
    answer = yield asked
    assert isinstance(answer, Searched)
    return answer


class Settler:
    """Settles claims by their own fields, once for each combination of what is true of them."""

    def __init__(self, owns: Interner[Own]) -> None:
        self._owns = owns
        self.outcomes: Interner[Outcome | None] = Interner()

    def settle(self, claims: ClaimBatch) -> Ints:
        """Give the number of what each claim came to by itself, in ``outcomes``."""
        parts = (*_MANDATORY, "nationality")
        first, index = distinct_rows(*(claims.own[part] for part in parts))
        settled = []
        for row in first.tolist():
            owns = [self._owns.things[claims.own[part][row]] for part in parts]
            gaps = [own.gap for own in owns[:4]]
            settled.append(self.outcomes.number(settle(gaps, foreign=owns[4].foreign)))
        return np.array(settled, dtype=np.int64)[index]

    def is_foreign(self, settled: Ints) -> Ints:
        """Tell which claims are out of scope: they are not looked for."""
        foreign: Ints = settled == self.outcomes.number(Outcome.OUT_OF_SCOPE)
        return foreign


class ExactPicker:
    """The exact matcher in columns; ``suggests`` what to correct, if asked to."""

    weighs = False
    stages: tuple[Stage, ...] = (Stage.NUMBERS,)

    def __init__(self, reader: ClaimReader, *, policy: Policy, suggests: bool = False) -> None:
        self.decisions: Interner[Decision] = Interner()
        self._suggests = suggests
        self._pairs = PairReader(reader.names)
        self._settler = Settler(reader.owns)
        self._policy = policy

    def pick(self, claims: ClaimBatch) -> Picking:
        """Ask who has the numbers, and decide."""
        rows = len(claims)
        joined = yield from join(claims.number)
        found, skipped = joined.pairs, joined.skipped
        pairs = self._pairs.read(claims, found)
        settled = self._settler.settle(claims)
        counts = np.bincount(pairs.row, minlength=rows)
        state = np.where(claims.number == NO_NUMBER, _NOT_ASKED, _NOBODY)
        state[counts == 1] = _ONE
        state[skipped] = _SKIPPED
        state[self._settler.is_foreign(settled)] = _NOT_ASKED
        pair, likeness = single_pairs(pairs, state == _ONE)
        first, index = distinct_rows(settled, *likeness, state)
        decided = [
            self._decide(
                [] if pair[row] < 0 else [self._pairs.evidence(pairs, int(pair[row]))],
                self._settler.outcomes.things[settled[row]],
                int(state[row]),
            )
            for row in first.tolist()
        ]
        numbers = [self.decisions.number(keyless(decision)) for decision in decided]
        decision = np.array(numbers, dtype=np.int64)[index]
        for row in np.flatnonzero((counts > 1) & (state == _NOBODY)).tolist():
            start, end = np.searchsorted(pairs.row, (row, row + 1)).tolist()
            evidences = [self._pairs.evidence(pairs, at, keyed=True) for at in range(start, end)]
            taken = self._decide(evidences, self._settler.outcomes.things[settled[row]], _ONE)
            decision[row] = self.decisions.number(keyless(taken))
            if taken.evidence is not None:
                pair[row] = start + evidences.index(taken.evidence)
        suggestions = None
        if self._suggests:
            differs = differing(decision, self.decisions)
            suggestions = suggested(found, pair, differs, partial(self._pairs.evidence, pairs))
        return Picks(
            decision,
            pair,
            pairs.entry_key,
            suggestions=suggestions,
            blocks=number_blocks(claims.number, found, len(skipped)),
        )

    def _decide(
        self, evidences: Sequence[Evidence], settled: Outcome | None, state: int
    ) -> Decision:
        if state == _NOT_ASKED:
            return Decision(settled or Outcome.INCOMPLETE)
        return decide(evidences, policy=self._policy, settled=settled, skipped=state == _SKIPPED)


def number_blocks(asked: Ints, found: pa.Table, skipped: int) -> Blocks:
    """Say what the numbers of claims came to; what was skipped is not told apart by kind."""
    rows = int((asked != NO_NUMBER).sum())
    former = int(np.count_nonzero(found.column("former").to_numpy()))
    return {
        KeyKind.NUMBER.value: (rows, found.num_rows - former, skipped),
        KeyKind.FORMER_NUMBER.value: (rows, former, skipped),
    }


def keyless(decision: Decision) -> Decision:
    """Leave out what differs from row to row, so that rows can share a decision."""
    evidence = decision.evidence
    if evidence is not None:
        findings = tuple(Finding(f.field, f.level, f.reason) for f in evidence.findings)
        evidence = Evidence("", findings)
    return Decision(decision.outcome, evidence, decision.found)


def differing(decision: Ints, decisions: Interner[Decision]) -> Ints:
    """Tell which rows name an entry that does not agree in all."""
    differs = [
        d.evidence is not None and not _AGREE.issuperset(d.evidence.levels.values())
        for d in decisions.things
    ]
    rows: Ints = np.flatnonzero(np.array(differs, dtype=np.bool_)[decision])
    return rows


_AGREE: Final = frozenset({Level.SAME, Level.LINKED})


def suggested(
    found: pa.Table, pair: Ints, rows: Ints, evidence_of: Callable[[int], Evidence]
) -> pa.StringArray:
    """Suggest for some rows, all of which name an entry, what to correct.

    ``evidence_of`` gives the evidence of the pair in a place of ``found``.
    """
    cells: list[str | None] = [None] * len(pair)
    places = pair[rows]
    held = found.take(pa.array(places)).to_pylist()
    for row, place, entry in zip(rows.tolist(), places.tolist(), held, strict=True):
        suggestions = suggest(evidence_of(place), written(held_entry(entry)))
        cells[row] = suggestions_cell(suggestions)
    return pa.array(cells, pa.string())


def held_entry(found: Mapping[str, Any]) -> Entry:
    """Make an entry of what a join found of it."""
    key, number = found["name_key"], found.get("number")
    return Entry(
        key=found["entry_key"],
        name=stored_name(found["name_text"], key) if key else None,
        birth=BirthDate.from_code(found["birth"]) if found["birth"] else None,
        sex=SEXES[found["sex"] or 0],
        number=None if number is None else IdNumber.from_code(number),
    )


def single_pairs(pairs: PairLevels, wanted: Ints) -> tuple[Ints, list[Ints]]:
    """Spread the pairs of rows that have just one over the rows, where ``wanted``.

    Returns for every row the place of its pair, -1 for none, and the numbers of its likenesses,
    from 1, 0 for none.
    """
    single = np.flatnonzero(wanted[pairs.row])
    pair = np.full(len(wanted), -1, dtype=np.int64)
    pair[pairs.row[single]] = single
    likeness = []
    for field in Field:
        levels = np.zeros(len(wanted), dtype=np.int64)
        levels[pairs.row[single]] = pairs.likeness[field][single] + 1
        likeness.append(levels)
    return pair, likeness
