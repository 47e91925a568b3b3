"""Weigh pairs in columns: the parts of a weight are looked up, and added in the scalar order."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.lift import Memo, distinct, distinct_ints, distinct_rows
from vnvaxmatch.bulk.pairs import PairLevels, PairReader
from vnvaxmatch.bulk.ranking import Ranking, rank
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.model import NEAR_NUMBERS, RAREST, Weigher, code_of
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.records import Field

__all__ = ["PairWeigher", "Weighed"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]


@attrs.frozen
class Weighed:
    """Pairs and what they weigh, in bits: each field, and all together."""

    pairs: PairLevels
    bits: dict[Field, Floats]
    total: Floats

    @classmethod
    def together(cls, *some: Weighed) -> Weighed:
        """Put pairs one after the other."""
        pairs = PairLevels(
            np.concatenate([each.pairs.row for each in some]),
            {f: np.concatenate([each.pairs.likeness[f] for each in some]) for f in Field},
            pa.concat_arrays([each.pairs.entry_key for each in some]),
        )
        bits = {f: np.concatenate([each.bits[f] for each in some]) for f in Field}
        return cls(pairs, bits, np.concatenate([each.total for each in some]))

    def ranked(self, rows: int) -> Ranking:
        """Rank the pairs of so many rows."""
        return rank(self.pairs.row, self.pairs.entry_key, self.total, rows=rows)


class PairWeigher:
    """Weighs pairs in columns, as :meth:`Weigher.weigh` does one."""

    def __init__(self, weigher: Weigher, pairs: PairReader) -> None:
        self._weigher = weigher
        self._pairs = pairs
        counts = weigher.frequencies
        self._surnames = Memo(counts.surname_bits)
        self._rests = Memo(counts.rest_bits)
        self._keys: Memo[str, float] = Memo(lambda key: counts.name_bits(PersonName("", key).fold))
        self._births: Memo[tuple[int, int], float] = Memo(self._birth)
        self._rival_births = Memo(weigher.rival_birth)

    def name_bits(self, folds: pa.StringArray) -> Floats:
        """Give the rarity of names without marks, as :meth:`Frequencies.name_bits` does."""
        words = pc.split_pattern(folds, " ", max_splits=1)
        single = pc.equal(pc.list_value_length(words), 1).to_numpy(zero_copy_only=False)
        flat = words.flatten()
        starts = words.offsets.to_numpy()[:-1]
        surname = _lifted(self._surnames, flat.take(pa.array(starts)))
        place = np.minimum(starts + 1, max(len(flat) - 1, 0))
        rest = pc.if_else(pa.array(single), "", flat.take(pa.array(place)))
        bits: Floats = np.minimum(surname + _lifted(self._rests, rest), RAREST)
        bits[pc.equal(folds, "").to_numpy(zero_copy_only=False)] = 0.0
        return bits

    def rivals(self, folds: pa.StringArray, name_bits: Floats, births: Ints) -> Floats:
        """Give for every claim what :meth:`Weigher.rival_of` gives for one."""
        same = self._weigher.rival_same + name_bits
        named = pc.not_equal(folds, "").to_numpy(zero_copy_only=False)
        name = np.where(named, np.maximum(self._weigher.rival_name, same), 0.0)
        codes, index = distinct_ints(births)
        rest = np.array(self._rival_births(codes.tolist()), dtype=np.float64)[index]
        rivals: Floats = self._weigher.prior + name + rest
        return rivals

    def weigh(self, pairs: PairLevels, found: pa.Table, claim_bits: Floats) -> Weighed:
        """Weigh pairs; ``claim_bits`` is the rarity of the name of every claim of the batch."""
        births = pc.fill_null(found.column("birth").cast(pa.int64()), 0).to_numpy()
        bits = {
            Field.NAME: self._name(pairs, found, claim_bits),
            Field.BIRTH: self._birth_bits(pairs.likeness[Field.BIRTH], births),
            Field.SEX: self._fixed(Field.SEX, pairs.likeness[Field.SEX])[0],
            Field.ID_NUMBER: self._fixed(Field.ID_NUMBER, pairs.likeness[Field.ID_NUMBER])[0],
        }
        near = self._near(pairs.likeness[Field.ID_NUMBER])
        if near.any():
            bits[Field.BIRTH][near] = [
                self._weigher.birth_beside_near(bit, birth)
                for bit, birth in zip(
                    bits[Field.BIRTH][near].tolist(), births[near].tolist(), strict=True
                )
            ]
            bits[Field.SEX][near] = np.minimum(bits[Field.SEX][near], 0.0)
        total = np.full(len(pairs.row), self._weigher.prior)
        for field in Field:  # in the order in which one pair is added up
            total = total + bits[field]
        return Weighed(pairs, bits, total)

    def _name(self, pairs: PairLevels, found: pa.Table, claim_bits: Floats) -> Floats:
        likeness = pairs.likeness[Field.NAME]
        bits, by_term = self._fixed(Field.NAME, likeness)
        same = likeness == self._pairs.likenesses.number((Level.SAME, None))
        bits[same] += claim_bits[pairs.row[same]]
        rest = np.flatnonzero(by_term & ~same)
        keys = found.column("name_key").take(pa.array(rest)).to_pylist()
        bits[rest] += np.array(self._keys(keys), dtype=np.float64)
        return bits

    def _fixed(self, field: Field, likeness: Ints) -> tuple[Floats, Ints]:
        """Give what likenesses are worth, and whether the rarity of a term is to be added."""
        bits = np.zeros(len(self._pairs.likenesses.things))
        by_term = np.zeros(len(bits), dtype=np.bool_)
        for number in np.unique(likeness).tolist():
            thing = self._pairs.likenesses.things[number]
            if thing[0] is not Level.MISSING:
                bits[number], by_term[number] = self._weigher.part(field, code_of(thing))
        return bits[likeness], by_term[likeness]

    def _birth_bits(self, likeness: Ints, births: Ints) -> Floats:
        first, index = distinct_rows(likeness, births)
        pairs = zip(likeness[first].tolist(), births[first].tolist(), strict=True)
        bits: Floats = np.array(self._births(list(pairs)), dtype=np.float64)[index]
        return bits

    def _birth(self, pair: tuple[int, int]) -> float:
        thing = self._pairs.likenesses.things[pair[0]]
        return 0.0 if thing[0] is Level.MISSING else self._weigher.birth(code_of(thing), pair[1])

    def _near(self, likeness: Ints) -> Ints:
        codes = [code_of(thing) in NEAR_NUMBERS for thing in self._pairs.likenesses.things]
        near: Ints = np.array(codes, dtype=np.bool_)[likeness]
        return near

    def evidence(self, weighed: Weighed, at: int) -> Evidence:
        """Make the evidence of one pair."""
        things = self._pairs.likenesses.things
        findings = []
        for field in Field:
            level, reason = things[weighed.pairs.likeness[field][at]]
            bits = None if level is Level.MISSING else float(weighed.bits[field][at])
            findings.append(Finding(field, level, reason, bits))
        return Evidence(
            weighed.pairs.entry_key[at].as_py(),
            tuple(findings),
            weight=float(weighed.total[at]),
            prior=self._weigher.prior,
        )


def _lifted(memo: Memo[str, float], column: pa.StringArray) -> Floats:
    values, index = distinct(column)
    lifted: Floats = np.array(memo(values), dtype=np.float64)[index]
    return lifted
