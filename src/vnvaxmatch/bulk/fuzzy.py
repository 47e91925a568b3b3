"""The fuzzy matcher in columns: number first, other keys only for those whom it does not settle.

A row whose number leads to one entry that agrees in all is settled by comparing columns. The others
are decided by the scalar rule, from weights that were added up column by column in the same order.
"""

from __future__ import annotations

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
from vnvaxmatch.bulk.pairs import PairLevels, PairReader
from vnvaxmatch.bulk.picking import (
    Picks,
    Settler,
    differing,
    keyless,
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
        pair = self._agreeing(first.pairs, len(claims))
        opened = self._open(claims, first, np.flatnonzero((pair < 0) & ~foreign), over)
        more = self._search(claims, opened)
        second = self._columns.weigh(self._pairs.read_any(claims, more), more, name_bits)
        self._add(opened, second, offset=len(first.total))

        decision = self._agreed(settled, pair, first)
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
        )

    def _evidence(self, first: Weighed, second: Weighed, place: int) -> Evidence:
        """Make the evidence of a pair by its place among both."""
        offset = len(first.total)
        if place < offset:
            return self._columns.evidence(first, place)
        return self._columns.evidence(second, place - offset)

    def _agreeing(self, pairs: PairLevels, rows: int) -> Ints:
        """Give the places of the pairs that settle their rows by agreeing in all; -1 elsewhere."""
        if not self._weigher.agreement_settles:
            return np.full(rows, -1, dtype=np.int64)
        agrees = np.array(
            [level in (Level.SAME, Level.LINKED) for level, _ in self._pairs.likenesses.things]
        )
        counts = np.bincount(pairs.row, minlength=rows)
        pair, _ = single_pairs(pairs, counts == 1)
        places = np.flatnonzero(pair >= 0)
        all_agree = np.ones(len(places), dtype=np.bool_)
        for field in Field:
            all_agree &= agrees[pairs.likeness[field][pair[places]]]
        pair[places[~all_agree]] = -1
        return pair

    def _agreed(self, settled: Ints, pair: Ints, weighed: Weighed) -> Ints:
        """Decide the rows that agree in all, once for each way in which they do."""
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

    def _open(
        self, claims: ClaimBatch, weighed: Weighed, rows: Ints, over: Ints
    ) -> dict[int, _Open]:
        """Gather what the number led to, and tell for whom that is not all there is to know."""
        assert claims.name_fold is not None
        skipped = frozenset(over.tolist())
        folds = claims.name_fold.take(pa.array(rows)).to_pylist()
        starts = np.searchsorted(weighed.pairs.row, rows).tolist()
        ends = np.searchsorted(weighed.pairs.row, rows, side="right").tolist()
        opened = {}
        for row, fold, start, end in zip(rows.tolist(), folds, starts, ends, strict=True):
            each = opened[row] = _Open(places=list(range(start, end)))
            if row in skipped:
                each.places.clear()
                each.skipped.add(KeyKind.NUMBER)
            each.evidences.extend(self._columns.evidence(weighed, at) for at in each.places)
            rival = self._weigher.rival_of(fold, int(claims.birth[row]))
            each.searches = not is_settled(each.evidences, self._weigher, rival)
        return opened

    def _search(self, claims: ClaimBatch, opened: dict[int, _Open]) -> pa.Table:
        """Look by the other keys for those whom the number does not settle."""
        rows = np.array([row for row, each in opened.items() if each.searches], dtype=np.int64)
        asked = [search_keys(claim) for claim in self._claims(claims, rows)]
        for row, keys in zip(rows.tolist(), asked, strict=True):
            opened[row].searches = bool(keys)
        more, skipped = self._engine.search(asked)
        for at, kinds in skipped.items():
            opened[int(rows[at])].skipped.update(kinds)
        return more.set_column(0, "row", pa.array(rows[more.column("row").to_numpy()]))

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
        self, pair: Ints, margin: npt.NDArray[np.float64], first: Weighed, second: Weighed
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
