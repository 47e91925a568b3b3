"""Pairs of statements, compared and weighed in columns."""

from __future__ import annotations

from math import log2
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from vnvaxmatch.bulk.lift import Interner, Memo, distinct_ints, distinct_rows
from vnvaxmatch.bulk.likeness_bits import LikenessBits
from vnvaxmatch.bulk.linking.rules import Beside, Conflict, conflict
from vnvaxmatch.bulk.linking.statements import Statements
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, are_far
from vnvaxmatch.compare import (
    Level,
    Likeness,
    compare_birth_codes,
    compare_folds,
    compare_number_texts,
    compare_sexes,
)
from vnvaxmatch.model import Weigher
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.records import Field

__all__ = ["PairWeigher", "Pairs"]

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]

_PEOPLE_A_PHONE: Final = 8
"""People who share a phone number, at most: a family, and whoever helped it to register."""


@attrs.frozen(eq=False)
class Pairs:
    """Pairs of statements: what they weigh in bits, and what contradicts them.

    ``conflict`` holds places in the weigher's ``conflicts``, of which the first is none;
    ``same_number`` tells where both state one number.
    """

    a: Ints
    b: Ints
    weight: Floats
    conflict: Ints
    same_number: Ints

    def __len__(self) -> int:
        return len(self.a)

    def take(self, which: Ints) -> Pairs:
        """Pick pairs."""
        return Pairs(*(getattr(self, field.name)[which] for field in attrs.fields(type(self))))

    @classmethod
    def concatenate(cls, some: list[Pairs]) -> Pairs:
        """Put pairs together."""
        names = [field.name for field in attrs.fields(cls)]
        return cls(*(np.concatenate([getattr(pairs, name) for pairs in some]) for name in names))


class PairWeigher:
    """Compares and weighs pairs of statements, alike in both directions.

    Where a likeness weighs by how common the value is, and the two values differ, the more common
    one counts. The same phone is evidence where name and birth are the same, and there alone: a
    family has one phone, but no two of one name and one birthday.
    """

    def __init__(self, statements: Statements, weigher: Weigher) -> None:
        self._statements = statements
        self._weigher = weigher
        self._keys = statements.keys.to_pylist()
        self._folds = statements.folds.to_pylist()
        self._nameless = pc.equal(statements.keys, "").to_numpy(zero_copy_only=False)
        self._phone_bits = weigher.frequencies.bits - log2(_PEOPLE_A_PHONE)
        self._plain = pc.equal(statements.keys, statements.folds).to_numpy(zero_copy_only=False)
        _, number = distinct_ints(statements.number)
        self._repeated = np.bincount(number, weights=statements.rows)[number] > 1
        self.likenesses: Interner[Likeness] = Interner()
        self._bits = LikenessBits(weigher, self.likenesses)
        self._name_bits = self._bits.names(statements.folds)
        self._missing = self.likenesses.number((Level.MISSING, None))
        self._same = self.likenesses.number((Level.SAME, None))
        self._names: Memo[tuple[int, int], int] = Memo(self._compare_names)
        self._births: Memo[tuple[int, int], int] = Memo(self._compare_births)
        self._homes: Memo[tuple[int, int], bool] = Memo(self._are_apart)
        self.conflicts: Interner[Conflict | None] = Interner()
        self.conflicts.number(None)

    def weigh(self, a: Ints, b: Ints) -> Pairs:
        """Compare and weigh the pairs of statements in two columns of places."""
        s = self._statements
        name = self._name(s.name[a], s.name[b])
        birth = self._birth(s.birth[a], s.birth[b])
        sex = self._sex(s.sex[a], s.sex[b])
        number = self._number(s.number[a], s.number[b])
        total = self._total((name, birth, sex, number), a, b)
        phoned = (s.phone[a] == s.phone[b]) & (s.phone[a] > 0)
        total[phoned & (name == self._same) & (birth == self._same)] += self._phone_bits
        dated = (s.birth[a] > 0) & (s.birth[b] > 0)
        years = np.abs(s.birth[a] // 10_000 - s.birth[b] // 10_000)
        told = self._conflict(
            (name, birth, sex, number),
            years=np.where(dated, years, 0),
            plain=self._plain[s.name[a]] | self._plain[s.name[b]],
            apart=self._apart(s.home[a], s.home[b]) & ~phoned,
            repeated=self._repeated[a] & self._repeated[b],
        )
        # a thousandth of a bit is nothing, and what is equal but for rounding is equal
        return Pairs(a, b, np.round(total, 3), told, number == self._same)

    def _name(self, a: Ints, b: Ints) -> Ints:
        likeness = np.full(len(a), self._same, dtype=np.int64)
        missing = self._nameless[a] | self._nameless[b]
        rest = np.flatnonzero((a != b) & ~missing)
        low, high = np.minimum(a[rest], b[rest]), np.maximum(a[rest], b[rest])
        likeness[rest] = self._names(list(zip(low.tolist(), high.tolist(), strict=True)))
        likeness[missing] = self._missing
        return likeness

    def _birth(self, a: Ints, b: Ints) -> Ints:
        likeness = np.full(len(a), self._same, dtype=np.int64)
        missing = (a == 0) | (b == 0)
        rest = np.flatnonzero((a != b) & ~missing)
        likeness[rest] = self._births(list(zip(a[rest].tolist(), b[rest].tolist(), strict=True)))
        likeness[missing] = self._missing
        return likeness

    def _sex(self, a: Ints, b: Ints) -> Ints:
        table = np.array(
            [
                [
                    self._missing
                    if one is None or other is None
                    else self.likenesses.number(compare_sexes(one, other))
                    for other in SEXES
                ]
                for one in SEXES
            ]
        )
        likeness: Ints = table[a, b]
        return likeness

    def _number(self, a: Ints, b: Ints) -> Ints:
        """Compare numbers: twelve digits that differ in many are told by columns."""
        likeness = np.full(len(a), self._same, dtype=np.int64)
        missing = (a == NO_NUMBER) | (b == NO_NUMBER)
        unequal = (a != b) & ~missing
        far = unequal & are_far(a, b)
        if far.any():
            at = int(np.flatnonzero(far)[0])
            likeness[far] = self._compare_numbers(int(a[at]), int(b[at]))
        rest = np.flatnonzero(unequal & ~far)
        likeness[rest] = [
            self._compare_numbers(x, y)
            for x, y in zip(a[rest].tolist(), b[rest].tolist(), strict=True)
        ]
        likeness[missing] = self._missing
        return likeness

    def _compare_names(self, pair: tuple[int, int]) -> int:
        a, b = pair
        found = compare_folds(
            self._folds[a],
            self._folds[b],
            keys=(self._keys[a], self._keys[b]),
            dotted=bool(self._statements.dotted[a] or self._statements.dotted[b]),
        )
        return self.likenesses.number(found)

    def _compare_births(self, pair: tuple[int, int]) -> int:
        return self.likenesses.number(compare_birth_codes(*pair))

    def _compare_numbers(self, a: int, b: int) -> int:
        found = compare_number_texts(IdNumber.from_code(a).text, IdNumber.from_code(b).text)
        return self.likenesses.number(found)

    def _apart(self, a: Ints, b: Ints) -> Ints:
        """Tell which homes are known on both sides and cannot be one commune."""
        apart = np.zeros(len(a), dtype=np.bool_)
        rest = np.flatnonzero((a != b) & (a > 0) & (b > 0))
        apart[rest] = self._homes(list(zip(a[rest].tolist(), b[rest].tolist(), strict=True)))
        return apart

    def _are_apart(self, pair: tuple[int, int]) -> bool:
        communes = self._statements.communes
        return communes[pair[0]].isdisjoint(communes[pair[1]])

    def _total(self, likeness: tuple[Ints, Ints, Ints, Ints], a: Ints, b: Ints) -> Floats:
        s = self._statements
        name, birth, sex, number = likeness
        name_bits, by_term = self._bits.fixed(Field.NAME, name)
        rarity = np.minimum(self._name_bits[s.name[a]], self._name_bits[s.name[b]])
        name_bits = name_bits + np.where(by_term, rarity, 0.0)
        born = np.minimum(
            self._bits.births(birth, s.birth[a]),
            self._bits.births(birth, s.birth[b]),
        )
        sex_bits, _ = self._bits.fixed(Field.SEX, sex)
        number_bits, _ = self._bits.fixed(Field.ID_NUMBER, number)
        for at in np.flatnonzero(self._bits.near(number)).tolist():
            held = (int(s.birth[a[at]]), int(s.birth[b[at]]))
            born[at] = min(self._weigher.birth_beside_near(float(born[at]), h) for h in held)
            sex_bits[at] = min(sex_bits[at], 0.0)
        total: Floats = self._weigher.prior + name_bits + born + sex_bits + number_bits
        return total

    def _conflict(
        self, likeness: tuple[Ints, ...], *, years: Ints, plain: Ints, apart: Ints, repeated: Ints
    ) -> Ints:
        """Lift the rule over what it depends on."""
        years = np.minimum(years, _FAR_APART).astype(np.int64)
        flags = [flag.astype(np.int64) for flag in (plain, apart, repeated)]
        first, index = distinct_rows(*likeness, years, *flags)
        things = self.likenesses.things
        told = []
        for at in first.tolist():
            name, birth, sex, number = (things[column[at]] for column in likeness)
            beside = Beside(int(years[at]), bool(plain[at]), bool(apart[at]), bool(repeated[at]))
            told.append(self.conflicts.number(conflict((name, birth, sex, number), beside)))
        return np.array(told, dtype=np.int64)[index]


_FAR_APART: Final = 100
"""Years above which births are as far apart as can matter."""
