"""Weigh pairs in columns: the parts of a weight are looked up, and added in the scalar order."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.lift import Memo, distinct_ints
from vnvaxmatch.bulk.likeness_bits import LikenessBits
from vnvaxmatch.bulk.pairs import PairLevels, PairReader
from vnvaxmatch.bulk.ranking import Ranking, rank
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.model import Weigher
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
        self._bits = LikenessBits(weigher, pairs.likenesses)
        counts = weigher.frequencies
        self._keys: Memo[str, float] = Memo(lambda key: counts.name_bits(PersonName("", key).fold))
        self._rival_births = Memo(weigher.rival_birth)

    def name_bits(self, folds: pa.StringArray) -> Floats:
        """Give the rarity of names without marks, as :meth:`Frequencies.name_bits` does."""
        return self._bits.names(folds)

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
            Field.BIRTH: self._bits.births(pairs.likeness[Field.BIRTH], births),
            Field.SEX: self._bits.fixed(Field.SEX, pairs.likeness[Field.SEX])[0],
            Field.ID_NUMBER: self._bits.fixed(Field.ID_NUMBER, pairs.likeness[Field.ID_NUMBER])[0],
        }
        near = self._bits.near(pairs.likeness[Field.ID_NUMBER])
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
        bits, by_term = self._bits.fixed(Field.NAME, likeness)
        same = likeness == self._pairs.likenesses.number((Level.SAME, None))
        bits[same] += claim_bits[pairs.row[same]]
        rest = np.flatnonzero(by_term & ~same)
        keys = found.column("name_key").take(pa.array(rest)).to_pylist()
        bits[rest] += np.array(self._keys(keys), dtype=np.float64)
        return bits

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
