"""The fuzzy matcher in columns: number first, other keys only for those whom it does not settle.

Pairs are weighed column by column, added up in the scalar order, and ranked. Who is identified is
told by columns; the verdict on them is made once for each way in which an entry is alike, and the
rows where nobody is identified are decided one by one, both by the scalar rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.backends import (
    Decision,
    identify,
    is_another_person,
    states_person,
    unseen,
)
from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.bulk.claims import ClaimBatch, ClaimReader, column_of
from vnvaxmatch.bulk.engine import Asked, Searched, Stage
from vnvaxmatch.bulk.lift import Interner, Memo, distinct_rows
from vnvaxmatch.bulk.numbers import NO_NUMBER
from vnvaxmatch.bulk.pairs import PairReader
from vnvaxmatch.bulk.picking import (
    Picking,
    Picks,
    Settler,
    differing,
    join,
    keyless,
    number_blocks,
    search,
    suggested,
)
from vnvaxmatch.bulk.ranking import Ranking
from vnvaxmatch.bulk.results import WEIGHTS
from vnvaxmatch.bulk.weights import PairWeigher, Weighed
from vnvaxmatch.compare import Level
from vnvaxmatch.model import Weigher
from vnvaxmatch.normalize.phone_plan import national_pattern
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.policy import Outcome, Policy
from vnvaxmatch.records import Field

__all__ = ["FuzzyPicker"]

_MOBILE = 10
"""Digits of a mobile number of today."""

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]


class FuzzyPicker:
    """The fuzzy matcher in columns; ``suggests`` what to correct, if asked to."""

    weighs = True
    stages: tuple[Stage, ...] = (Stage.NUMBERS, Stage.KEYS)

    def __init__(
        self,
        reader: ClaimReader,
        weigher: Weigher,
        *,
        policy: Policy,
        suggests: bool = False,
    ) -> None:
        self.decisions: Interner[Decision] = Interner()
        self._phones: Memo[str, tuple[str, ...]] = Memo(_read_phone)
        self._pairs = PairReader(reader.names)
        self._settler = Settler(reader.owns)
        self._weigher = weigher
        self._columns = PairWeigher(weigher, self._pairs)
        self._policy = policy
        self._suggests = suggests

    def pick(self, claims: ClaimBatch) -> Picking:
        """Ask who has the numbers, then who shares other keys with the rest, and decide."""
        folds = claims.name_fold
        assert folds is not None
        settled = self._settler.settle(claims)
        foreign = self._settler.is_foreign(settled)
        joined = yield from join(np.where(foreign, NO_NUMBER, claims.number))
        found, over = joined.pairs, joined.skipped
        name_bits = self._columns.name_bits(folds)
        first = self._columns.weigh(self._pairs.read(claims, found), found, name_bits)
        rivals = self._columns.rivals(folds, name_bits, claims.birth)
        known = self._is_known(first, rivals)
        searched = np.flatnonzero(~(known | foreign))
        asked = self._asked(claims, folds, searched)
        more = yield from search(asked)
        others = more.pairs.set_column(0, "row", pa.array(searched[_rows(more.pairs)]))
        second = self._columns.weigh(self._pairs.read_any(claims, others), others, name_bits)
        both = Weighed.together(first, second)
        ranking = both.ranked(len(claims))
        hidden = self._hidden(claims, folds, searched, more, over)
        pair, margin = self._identified(both, ranking, hidden)
        decision = self._taken(settled, pair, both, ranking)
        decision[foreign] = self.decisions.number(Decision(Outcome.OUT_OF_SCOPE))
        sought = claims.number != NO_NUMBER
        sought[searched] |= _has_keys(asked)
        candidates: dict[int, tuple[str, ...]] = {}
        for row in np.flatnonzero((pair < 0) & ~foreign).tolist():
            outcome = self._settler.outcomes.things[settled[row]]
            taken = Decision(outcome or Outcome.INCOMPLETE)
            if sought[row]:
                taken = self._decide(both, ranking.places(row), outcome, float(hidden[row]))
            decision[row] = self.decisions.number(keyless(taken))
            candidates[row] = taken.candidates
        suggestions = None
        if self._suggests:
            rows = differing(decision, self.decisions)
            table = _together(found, others)
            suggestions = suggested(table, pair, rows, partial(self._columns.evidence, both))
        return Picks(
            decision,
            pair,
            both.pairs.entry_key,
            self._weights(pair, margin, both),
            candidates,
            suggestions,
            number_blocks(claims.number, found, len(over)) | more.blocks,
        )

    def _is_known(self, first: Weighed, rivals: Floats) -> Ints:
        """Tell whom the number settles, as :func:`is_settled` says."""
        leader = self._leader(first.ranked(len(rivals)), rivals)
        rows = np.flatnonzero(leader >= 0)
        states = self._told(first, states_person)[leader[rows]]
        known = np.zeros(len(rivals), dtype=np.bool_)
        known[rows] = states | (rivals[rows] < self._weigher.model.possible)
        return known

    def _leader(self, ranking: Ranking, hidden: Floats) -> Ints:
        """Give for each row the place of who leads by weight, -1 where nobody leads by enough."""
        model = self._weigher.model
        pair, best = ranking.nth(0)
        _, second = ranking.nth(1)
        with np.errstate(invalid="ignore"):  # of -inf and -inf: there is nobody
            ahead = (best - second >= model.margin) & (best - hidden >= model.margin)
            return np.where((best >= model.threshold) & ahead, pair, -1)

    def _identified(self, both: Weighed, ranking: Ranking, hidden: Floats) -> tuple[Ints, Floats]:
        """Tell who is identified, as :func:`identify` says: the place of the pair, and the margin.

        ``hidden`` is the most that somebody unseen could weigh, -inf where all were seen. The place
        is -1 where nobody is identified, the margin NaN where there is no other.
        """
        possible = self._weigher.model.possible
        pair = self._leader(ranking, hidden)
        rows = np.flatnonzero(pair >= 0)
        fits = self._told(both, is_another_person) & (both.total >= possible)
        others = np.bincount(ranking.row, weights=fits[ranking.place], minlength=len(pair))
        led = pair[rows]
        doubted = (others[rows] - fits[led] > 0) | (hidden[rows] >= possible)
        pair[rows[doubted & ~self._told(both, states_person)[led]]] = -1
        next_one, second = ranking.nth(1)
        margin = np.full(len(pair), np.nan)
        told = np.flatnonzero((pair >= 0) & (next_one >= 0))
        margin[told] = both.total[pair[told]] - second[told]
        return pair, margin

    def _told(self, weighed: Weighed, rule: Callable[[Mapping[Field, Level]], bool]) -> Ints:
        """Apply a rule to the levels of pairs, once for each way in which they are alike."""
        things = self._pairs.likenesses.things
        likeness = [weighed.pairs.likeness[field] for field in Field]
        first, index = distinct_rows(*likeness)
        told = [
            rule({f: things[some[at]][0] for f, some in zip(Field, likeness, strict=True)})
            for at in first.tolist()
        ]
        holds: Ints = np.array(told, dtype=np.bool_)[index]
        return holds

    def _taken(self, settled: Ints, pair: Ints, both: Weighed, ranking: Ranking) -> Ints:
        """Decide the rows where somebody is identified, once for each way in which it is alike.

        It is a way of its own where the number belongs to another of those who were found.
        """
        decision = np.zeros(len(pair), dtype=np.int64)
        rows = np.flatnonzero(pair >= 0)
        held = self._holds_number(both, slice(None))
        holders = np.bincount(ranking.row, weights=held[ranking.place], minlength=len(pair))
        another = holders[rows].astype(np.int64) - held[pair[rows]] > 0
        likeness = (both.pairs.likeness[field][pair[rows]] for field in Field)
        first, index = distinct_rows(settled[rows], *likeness, another.astype(np.int64))
        taken = [
            self._decide(both, ranking.places(row), self._settler.outcomes.things[settled[row]])
            for row in rows[first].tolist()
        ]
        numbers = [self.decisions.number(keyless(each)) for each in taken]
        decision[rows] = np.array(numbers, dtype=np.int64)[index]
        return decision

    def _holds_number(self, weighed: Weighed, places: Ints | list[int] | slice) -> Ints:
        """Tell which pairs agree in the number, as held now or formerly."""
        agrees = [level in (Level.SAME, Level.LINKED) for level, _ in self._pairs.likenesses.things]
        likeness = weighed.pairs.likeness[Field.ID_NUMBER][places]
        holds: Ints = np.array(agrees, dtype=np.bool_)[likeness]
        return holds

    def _decide(
        self,
        both: Weighed,
        places: list[int],
        settled: Outcome | None,
        hidden: float = -np.inf,
    ) -> Decision:
        """Decide one row by the scalar rule, from its pairs in their rank.

        Of those who cannot be candidates only the best two matter, and who holds the number.
        """
        model = self._weigher.model
        holds = self._holds_number(both, places)
        matters = (both.total[places] >= model.possible) | holds
        matters[:2] = True
        evidences = [
            self._columns.evidence(both, place)
            for place, wanted in zip(places, matters.tolist(), strict=True)
            if wanted
        ]
        return identify(
            evidences,
            model=model,
            policy=self._policy,
            settled=settled,
            unseen=None if hidden == -np.inf else hidden,
        )

    def _asked(self, claims: ClaimBatch, folds: pa.StringArray, rows: Ints) -> Asked:
        """Gather what the other keys of some rows are made of."""
        take = pa.array(rows)
        phones = column_of(claims.texts, "phone").take(take).to_pylist()
        return Asked(
            claims.name_key.take(take),
            folds.take(take),
            claims.birth[rows],
            claims.sex[rows],
            self._phones(phones),
            rows,
        )

    def _hidden(
        self,
        claims: ClaimBatch,
        folds: pa.StringArray,
        searched: Ints,
        more: Searched,
        over: Ints,
    ) -> Floats:
        """Give for each row the most that somebody in a skipped block could weigh, or -inf."""
        skipped = {int(row): {KeyKind.NUMBER} for row in over}
        for at, kinds in more.skipped.items():
            skipped.setdefault(int(searched[at]), set()).update(kinds)
        hidden = np.full(len(claims), -np.inf)
        for row, kinds in skipped.items():
            rival = partial(self._weigher.rival_of, folds[row].as_py(), int(claims.birth[row]))
            most = unseen(kinds, rival)
            hidden[row] = -np.inf if most is None else most
        return hidden

    def _weights(self, pair: Ints, margin: Floats, both: Weighed) -> dict[str, pa.Array]:
        """Give the columns of weights; null where nothing was compared."""
        if not len(both.total):
            return dict.fromkeys(WEIGHTS, pa.nulls(len(pair), pa.float64()))
        nobody = pair < 0
        place = np.where(nobody, 0, pair)
        missing = np.array([level is Level.MISSING for level, _ in self._pairs.likenesses.things])
        columns = {
            "weight": pa.array(both.total[place], mask=nobody),
            "margin": pa.array(margin, mask=np.isnan(margin)),
        }
        for field in Field:
            lacks = missing[both.pairs.likeness[field][place]]
            columns[f"{field}_weight"] = pa.array(both.bits[field][place], mask=nobody | lacks)
        return columns


def _rows(pairs: pa.Table) -> Ints:
    rows: Ints = pairs.column("row").to_numpy()
    return rows


def _read_phone(text: str) -> tuple[str, ...]:
    """Give what a phone may be filed under: a plain national number under itself."""
    if len(text) == _MOBILE and text.isascii() and national_pattern().fullmatch(text):
        return (text,)
    reading = normalize.phone(text)
    if not isinstance(reading, Normalized):
        return ()
    return tuple(dict.fromkeys((reading.value.text, *reading.value.readings)))


def _has_keys(asked: Asked) -> Ints:
    """Tell which rows can be looked for by other keys than the number."""
    phoned = np.array([bool(phones) for phones in asked.phones], dtype=np.bool_)
    named = pc.not_equal(asked.fold, "").to_numpy(zero_copy_only=False)
    has: Ints = phoned | (named & (asked.birth > 0))
    return has


def _together(found: pa.Table, more: pa.Table) -> pa.Table:
    """Put what the number and the other keys led to into one table."""
    return pa.concat_tables(
        [found.drop_columns(["former"]), more], promote_options="default"
    ).combine_chunks()
