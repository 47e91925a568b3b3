"""Claims beside the entries found for them: each pair's levels, by the scalar comparisons.

Most pairs agree and are settled by comparing columns; the rest are compared one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.backends.stored import stored_name
from vnvaxmatch.bulk.claims import ClaimBatch
from vnvaxmatch.bulk.lift import Interner, Memo
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, are_far
from vnvaxmatch.compare import (
    Evidence,
    Finding,
    Level,
    Likeness,
    compare_birth_codes,
    compare_folds,
    compare_names,
    compare_numbers,
    compare_sexes,
)
from vnvaxmatch.normalize import IdNumber, PersonName
from vnvaxmatch.normalize.words import fold_keys
from vnvaxmatch.outcome import Normalized, Reading, Reason
from vnvaxmatch.records import Field

__all__ = ["PairLevels", "PairReader"]

Ints: TypeAlias = npt.NDArray[Any]

_LETTERS: Final = r"\A[\pL\pM ]*\z"


@attrs.frozen
class PairLevels:
    """For each pair of a claim and an entry, the number of its likeness in every field."""

    row: Ints
    likeness: dict[Field, Ints]
    entry_key: pa.StringArray


class PairReader:
    """Compares pairs; ``names`` is who read the names of the claims, and remembers them."""

    def __init__(self, names: NameReader) -> None:
        self.likenesses: Interner[Likeness] = Interner()
        self._own_gap = self.likenesses.number((Level.MISSING, None))
        self._same = self.likenesses.number((Level.SAME, None))
        self._names = names
        self._births: Memo[tuple[int, int], int] = Memo(self._compare_births)

    def read(self, claims: ClaimBatch, found: pa.Table) -> PairLevels:
        """Compare every found entry with its claim.

        ``found`` has the columns ``row`` (position in the batch), ``name_text``, ``name_key``,
        ``birth``, ``sex`` (0 and null are missing), ``former`` (found by a former number) and
        ``entry_key``; sorted by row, then entry key.
        """
        row = found.column("row").to_numpy()
        return self._read(claims, found, row, self._number(claims, found, row))

    def read_any(self, claims: ClaimBatch, found: pa.Table) -> PairLevels:
        """Compare every entry that was found by other keys than the number.

        ``found`` has instead of ``former`` the columns ``number`` and ``former_numbers``.
        """
        row = found.column("row").to_numpy()
        return self._read(claims, found, row, self._any_number(claims, found, row))

    def _read(self, claims: ClaimBatch, found: pa.Table, row: Ints, number: Ints) -> PairLevels:
        return PairLevels(
            row,
            {
                Field.NAME: self._name(claims, found, row),
                Field.BIRTH: self._birth(claims, found, row),
                Field.SEX: self._sex(claims, found, row),
                Field.ID_NUMBER: number,
            },
            found.column("entry_key").combine_chunks(),
        )

    def evidence(self, pairs: PairLevels, at: int, *, keyed: bool = False) -> Evidence:
        """Make the evidence of one pair; without ``keyed`` it does not say which entry it is."""
        things = self.likenesses.things
        return Evidence(
            pairs.entry_key[at].as_py() if keyed else "",
            tuple(Finding(field, *things[pairs.likeness[field][at]]) for field in Field),
        )

    def _name(self, claims: ClaimBatch, found: pa.Table, row: Ints) -> Ints:
        ours = claims.name_key.take(pa.array(row))
        theirs = found.column("name_key").combine_chunks()
        likeness = np.full(len(row), self._same, dtype=np.int64)
        unequal = pc.fill_null(pc.not_equal(ours, theirs), True).to_numpy(zero_copy_only=False)
        gap = pc.equal(ours, "").to_numpy(zero_copy_only=False)
        lacking = theirs.is_null().to_numpy(zero_copy_only=False)
        likeness[lacking] = self._not_compared(Reason.NAME_NOT_COMPARED)
        likeness[gap] = self._own_gap
        rest = np.flatnonzero(unequal & ~gap & ~lacking)
        raw = claims.texts.column("full_name").take(pa.array(row[rest]))
        held = found.select(["name_text", "name_key"]).take(pa.array(rest))
        texts, keys = (column.combine_chunks() for column in held.columns)
        # what is written in letters alone has no sign of an abbreviation: its key says all
        lettered = pc.and_(pc.match_substring_regex(raw, _LETTERS), texts.is_null())
        told = lettered.to_numpy(zero_copy_only=False)
        likeness[rest[told]] = self._compare_keys(
            ours.take(pa.array(rest[told])), keys.filter(lettered)
        )
        spelt = pc.invert(lettered)
        ours_read = self._names.whole(raw.filter(spelt).to_pylist())
        texts, keys = (column.filter(spelt).to_pylist() for column in (texts, keys))
        likeness[rest[~told]] = [
            self._compare_names(reading, text, key)
            for reading, text, key in zip(ours_read, texts, keys, strict=True)
        ]
        return likeness

    def _compare_keys(self, ours: pa.StringArray, theirs: pa.StringArray) -> list[int]:
        number = self.likenesses.number
        return [
            number(compare_folds(fold_keys(a), fold_keys(b), keys=(a, b)))
            for a, b in zip(ours.to_pylist(), theirs.to_pylist(), strict=True)
        ]

    def _birth(self, claims: ClaimBatch, found: pa.Table, row: Ints) -> Ints:
        ours, theirs = claims.birth[row], _ints(found, "birth")
        likeness = np.full(len(row), self._same, dtype=np.int64)
        likeness[theirs == 0] = self._not_compared(Reason.BIRTH_NOT_COMPARED)
        likeness[ours == 0] = self._own_gap
        rest = np.flatnonzero((ours != theirs) & (ours > 0) & (theirs > 0))
        likeness[rest] = self._births(
            list(zip(ours[rest].tolist(), theirs[rest].tolist(), strict=True))
        )
        return likeness

    def _sex(self, claims: ClaimBatch, found: pa.Table, row: Ints) -> Ints:
        table = np.array(
            [[self._compare_sexes(a, b) for b in range(len(SEXES))] for a in range(len(SEXES))]
        )
        likeness: Ints = table[claims.sex[row], _ints(found, "sex")]
        return likeness

    def _number(self, claims: ClaimBatch, found: pa.Table, row: Ints) -> Ints:
        """Tell how the number was found: pairs exist only where it is held now or was held."""
        former = found.column("former").to_numpy()
        likeness = np.full(len(row), self._same, dtype=np.int64)
        if former.any():
            number = IdNumber.from_code(int(claims.number[row[np.flatnonzero(former)[0]]]))
            linked = compare_numbers(number, None, former=(number,))
            likeness[former] = self.likenesses.number(linked)
        return likeness

    def _any_number(self, claims: ClaimBatch, found: pa.Table, row: Ints) -> Ints:
        """Compare numbers: most are twelve digits that differ in many, which columns can tell."""
        ours = claims.number[row]
        theirs = pc.fill_null(found.column("number"), NO_NUMBER).to_numpy()
        former = found.column("former_numbers").combine_chunks()
        likeness = np.full(len(row), self._own_gap, dtype=np.int64)
        asked = ours != NO_NUMBER
        likeness[asked & (ours == theirs)] = self._same
        linked = pc.fill_null(pc.list_value_length(former), 0).to_numpy(zero_copy_only=False) > 0
        far = ~linked & are_far(ours, theirs)
        for at in np.flatnonzero(far)[:1].tolist():
            likeness[far] = self._compare_numbers(int(ours[at]), int(theirs[at]), ())
        rest = np.flatnonzero(asked & (ours != theirs) & ~far)
        for at, codes in zip(rest.tolist(), former.take(pa.array(rest)).to_pylist(), strict=True):
            likeness[at] = self._compare_numbers(int(ours[at]), int(theirs[at]), codes or ())
        return likeness

    def _compare_numbers(self, ours: int, theirs: int, former: Sequence[int]) -> int:
        found = compare_numbers(
            IdNumber.from_code(ours),
            None if theirs == NO_NUMBER else IdNumber.from_code(theirs),
            former=[IdNumber.from_code(code) for code in former],
        )
        return self.likenesses.number(found)

    def _not_compared(self, reason: Reason) -> int:
        return self.likenesses.number((Level.MISSING, reason))

    def _compare_names(self, reading: Reading[PersonName], text: str | None, key: str) -> int:
        if not isinstance(reading, Normalized):
            return self._own_gap
        return self.likenesses.number(compare_names(reading.value, stored_name(text, key)))

    def _compare_births(self, pair: tuple[int, int]) -> int:
        return self.likenesses.number(compare_birth_codes(*pair))

    def _compare_sexes(self, ours: int, theirs: int) -> int:
        a, b = SEXES[ours], SEXES[theirs]
        if a is None:
            return self._own_gap
        if b is None:
            return self._not_compared(Reason.SEX_NOT_COMPARED)
        return self.likenesses.number(compare_sexes(a, b))


def _ints(found: pa.Table, name: str) -> Ints:
    """Give an integer column with 0 for null."""
    values: Ints = pc.fill_null(found.column(name).cast(pa.int64()), 0).to_numpy()
    return values
