"""The fuzzy matcher in columns: number first, other keys only for those whom it does not settle.

A row whose number leads to one entry that nobody else could outweigh is settled by comparing
columns. The others are decided by the scalar rule, from weights that were added up column by column
in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch import normalize
from vnvaxmatch.backends import Decision, identify, is_settled, unseen
from vnvaxmatch.blocking import KeyKind, search_keys
from vnvaxmatch.bulk.claims import ClaimBatch, ClaimReader, column_of
from vnvaxmatch.bulk.engine import Engine
from vnvaxmatch.bulk.lift import Interner, Memo, distinct_rows
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES
from vnvaxmatch.bulk.pairs import PairReader
from vnvaxmatch.bulk.picking import (
    Blocks,
    Picks,
    Settler,
    differing,
    keyless,
    number_blocks,
    single_pairs,
    suggested,
)
from vnvaxmatch.bulk.results import WEIGHTS
from vnvaxmatch.bulk.weights import PairWeigher, Weighed
from vnvaxmatch.compare import Evidence, Level
from vnvaxmatch.model import Weigher
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import BLANK, Normalized
from vnvaxmatch.policy import Outcome, Policy
from vnvaxmatch.records import Claim, Field

__all__ = ["FuzzyPicker"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]


@attrs.define
class _Open:
    """A row that columns did not settle: what was found for it, where, and what was skipped.

    ``searches`` says that other keys are asked too.
    """

    evidences: list[Evidence] = attrs.field(factory=list)
    places: list[int] = attrs.field(factory=list)
    skipped: set[KeyKind] = attrs.field(factory=set)
    searches: bool = False


class FuzzyPicker:
    """The fuzzy matcher in columns; ``suggests`` what to correct, if asked to."""

    weighs = True

    def __init__(
        self,
        engine: Engine,
        reader: ClaimReader,
        weigher: Weigher,
        *,
        policy: Policy,
        suggests: bool = False,
    ) -> None:
        self.decisions: Interner[Decision] = Interner()
        self._engine = engine
        self._names = reader.names
        self._phones = Memo(normalize.phone)
        self._pairs = PairReader(reader.names)
        self._settler = Settler(reader.owns)
        self._weigher = weigher
        self._columns = PairWeigher(weigher, self._pairs)
        self._policy = policy
        self._suggests = suggests

    def pick(self, claims: ClaimBatch) -> Picks:
        """Find and decide."""
        assert claims.name_fold is not None
        settled = self._settler.settle(claims)
        foreign = self._settler.is_foreign(settled)
        found, over = self._engine.join(np.where(foreign, NO_NUMBER, claims.number))
        name_bits = self._columns.name_bits(claims.name_fold)
        first = self._columns.weigh(self._pairs.read(claims, found), found, name_bits)
        rivals = self._columns.rivals(claims.name_fold, name_bits, claims.birth)
        pair = self._settled_by_number(first, rivals, len(claims))
        opened = self._open(first, rivals, np.flatnonzero((pair < 0) & ~foreign), over)
        more, blocks = self._search(claims, opened)
        second = self._columns.weigh(self._pairs.read_any(claims, more), more, name_bits)
        self._add(opened, second, offset=len(first.total))

        decision = self._taken(settled, pair, first)
        decision[foreign] = self.decisions.number(Decision(Outcome.OUT_OF_SCOPE))
        margin = np.full(len(claims), np.nan)
        candidates: dict[int, tuple[str, ...]] = {}
        for row, each in opened.items():
            taken = self._decide(claims, row, each, self._settler.outcomes.things[settled[row]])
            decision[row] = self.decisions.number(keyless(taken))
            candidates[row] = taken.candidates
            if taken.evidence is not None:
                at = next(i for i, e in enumerate(each.evidences) if e is taken.evidence)
                pair[row] = each.places[at]
                margin[row] = np.nan if taken.margin is None else taken.margin
        both = _together(found, more)
        suggestions = None
        if self._suggests:
            rows = differing(decision, self.decisions)
            evidence_of = partial(self._evidence, first, second)
            suggestions = suggested(both, pair, rows, evidence_of)
        return Picks(
            decision,
            pair,
            both.column("entry_key").combine_chunks(),
            self._weights(pair, margin, first, second),
            candidates,
            suggestions,
            number_blocks(claims.number, found, len(over)) | blocks,
        )

    def _evidence(self, first: Weighed, second: Weighed, place: int) -> Evidence:
        """Make the evidence of a pair by its place among both."""
        offset = len(first.total)
        if place < offset:
            return self._columns.evidence(first, place)
        return self._columns.evidence(second, place - offset)

    def _settled_by_number(self, weighed: Weighed, rivals: Floats, rows: int) -> Ints:
        """Give the places of the pairs that settle their rows, as is_settled says; -1 elsewhere."""
        counts = np.bincount(weighed.pairs.row, minlength=rows)
        pair, _ = single_pairs(weighed.pairs, counts == 1)
        alone = np.flatnonzero(pair >= 0)
        total = weighed.total[pair[alone]]
        model = self._weigher.model
        enough = (total >= model.threshold) & (total - rivals[alone] >= model.margin)
        pair[alone[~enough]] = -1
        return pair

    def _taken(self, settled: Ints, pair: Ints, weighed: Weighed) -> Ints:
        """Decide the rows that one entry settles, once for each way in which it is alike."""
        decision = np.zeros(len(pair), dtype=np.int64)
        rows = np.flatnonzero(pair >= 0)
        likeness = (weighed.pairs.likeness[field][pair[rows]] for field in Field)
        first, index = distinct_rows(settled[rows], *likeness)
        taken = [
            self.decisions.number(
                keyless(
                    identify(
                        [self._columns.evidence(weighed, int(pair[row]))],
                        model=self._weigher.model,
                        policy=self._policy,
                        settled=self._settler.outcomes.things[settled[row]],
                    )
                )
            )
            for row in rows[first].tolist()
        ]
        decision[rows] = np.array(taken, dtype=np.int64)[index]
        return decision

    def _open(self, weighed: Weighed, rivals: Floats, rows: Ints, over: Ints) -> dict[int, _Open]:
        """Gather what the number led to, and tell for whom that is not all there is to know."""
        skipped = frozenset(over.tolist())
        starts = np.searchsorted(weighed.pairs.row, rows).tolist()
        ends = np.searchsorted(weighed.pairs.row, rows, side="right").tolist()
        opened = {}
        for row, start, end in zip(rows.tolist(), starts, ends, strict=True):
            each = opened[row] = _Open(places=list(range(start, end)))
            if row in skipped:
                each.places.clear()
                each.skipped.add(KeyKind.NUMBER)
            each.evidences.extend(self._columns.evidence(weighed, at) for at in each.places)
            each.searches = not is_settled(each.evidences, self._weigher, float(rivals[row]))
        return opened

    def _search(self, claims: ClaimBatch, opened: dict[int, _Open]) -> tuple[pa.Table, Blocks]:
        """Look by the other keys for those whom the number does not settle."""
        rows = np.array([row for row, each in opened.items() if each.searches], dtype=np.int64)
        asked = [search_keys(claim) for claim in self._claims(claims, rows)]
        for row, keys in zip(rows.tolist(), asked, strict=True):
            opened[row].searches = bool(keys)
        found = self._engine.search(asked)
        for at, kinds in found.skipped.items():
            opened[int(rows[at])].skipped.update(kinds)
        by = Counter(kind for keys in asked for kind in {key.kind for key in keys})
        over = Counter(kind for kinds in found.skipped.values() for kind in kinds)
        blocks = {kind.value: (by[kind], found.found[kind], over[kind]) for kind in by}
        place = found.pairs.column("row").to_numpy()
        return found.pairs.set_column(0, "row", pa.array(rows[place])), blocks

    def _claims(self, claims: ClaimBatch, rows: Ints) -> Iterator[Claim]:
        """Make claims of what other keys are made of."""
        take = pa.array(rows)
        names = self._names.whole(claims.texts.column("full_name").take(take).to_pylist())
        phones = self._phones(column_of(claims.texts, "phone").take(take).to_pylist())
        births, sexes = claims.birth[rows].tolist(), claims.sex[rows].tolist()
        for name, birth, sex, phone in zip(names, births, sexes, phones, strict=True):
            born = SEXES[sex]
            yield Claim(
                name=name,
                birth=Normalized(BirthDate.from_code(birth)) if birth else BLANK,
                sex=BLANK if born is None else Normalized(born),
                phone=phone,
            )

    def _add(self, opened: dict[int, _Open], weighed: Weighed, *, offset: int) -> None:
        """Add what the other keys led to, as far as it can matter.

        That is who could be a candidate, the two who weigh most, and who holds the number.
        """
        row, total = weighed.pairs.row, weighed.total
        order = np.lexsort((-total, row))
        rank = np.empty(len(row), dtype=np.int64)
        rank[order] = np.arange(len(row)) - np.searchsorted(row, row[order])
        held = np.array(
            [level in (Level.SAME, Level.LINKED) for level, _ in self._pairs.likenesses.things]
        )[weighed.pairs.likeness[Field.ID_NUMBER]]
        matters = (total >= self._weigher.model.possible) | (rank < _MOST) | held
        for at in np.flatnonzero(matters).tolist():
            each = opened[int(row[at])]
            evidence = self._columns.evidence(weighed, at)
            if all(evidence.entry_key != known.entry_key for known in each.evidences):
                each.evidences.append(evidence)
                each.places.append(offset + at)

    def _decide(
        self, claims: ClaimBatch, row: int, each: _Open, settled: Outcome | None
    ) -> Decision:
        if claims.number[row] == NO_NUMBER and not each.searches:
            return Decision(settled or Outcome.INCOMPLETE)
        fold = claims.name_fold[row].as_py() if each.skipped and claims.name_fold else ""
        rival = partial(self._weigher.rival_of, fold, int(claims.birth[row]))
        return identify(
            each.evidences,
            model=self._weigher.model,
            policy=self._policy,
            settled=settled,
            unseen=unseen(each.skipped, rival),
        )

    def _weights(
        self, pair: Ints, margin: Floats, first: Weighed, second: Weighed
    ) -> dict[str, pa.Array]:
        """Give the columns of weights; null where nothing was compared."""
        nobody = pair < 0
        place = np.where(nobody, 0, pair)
        columns = {"margin": pa.array(margin, mask=np.isnan(margin))}
        total = np.concatenate([first.total, second.total])
        missing = np.array([level is Level.MISSING for level, _ in self._pairs.likenesses.things])
        if not len(total):
            return dict.fromkeys(WEIGHTS, pa.nulls(len(pair), pa.float64()))
        columns["weight"] = pa.array(total[place], mask=nobody)
        for field in Field:
            bits = np.concatenate([first.bits[field], second.bits[field]])[place]
            likeness = np.concatenate([first.pairs.likeness[field], second.pairs.likeness[field]])[
                place
            ]
            columns[f"{field}_weight"] = pa.array(bits, mask=nobody | missing[likeness])
        return columns


def _together(found: pa.Table, more: pa.Table) -> pa.Table:
    """Put what the number and the other keys led to into one table."""
    return pa.concat_tables(
        [found.drop_columns(["former"]), more], promote_options="default"
    ).combine_chunks()


_MOST = 3
"""So many of those found by other keys are looked at whatever they weigh: the best and the next
best after one that the number had found already."""
