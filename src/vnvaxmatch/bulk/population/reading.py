"""Read a batch of a population: the rules of ``Entry.read``, lifted over its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.backends.duckdb_files import ENTRIES, FORMER_NUMBERS, REJECTED
from vnvaxmatch.backends.stored import PLAIN_KEY
from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.names import NEWBORN_KEY, NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, NumberReader
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.normalize import Vintage
from vnvaxmatch.normalize.folding import MAX_LENGTH
from vnvaxmatch.normalize.phone_plan import national_pattern
from vnvaxmatch.outcome import Normalized, Reason, Rejected, redact

__all__ = ["PopulationReader", "ReadPeople"]

Ints: TypeAlias = npt.NDArray[Any]

_NOT_REJECTED = frozenset(
    {
        None,
        Reason.MISSING,
        Reason.NAME_MISSING,
        Reason.BIRTH_MISSING,
        Reason.SEX_MISSING,
        Reason.ID_NUMBER_MISSING,
        Reason.ID_NUMBER_PASSPORT,
        Reason.NAME_OF_MOTHER,
    }
)
"""What a registry may well lack or hold otherwise: no reading failed."""


@attrs.frozen
class ReadPeople:
    """What a batch came to, as rows of the tables of a registry.

    ``entries`` has :data:`~vnvaxmatch.backends.duckdb_files.ENTRIES`, a row for each of the batch
    and in its order; ``former`` has ``FORMER_NUMBERS`` and ``rejected`` has ``REJECTED``.
    """

    entries: pa.RecordBatch = attrs.field(repr=redact)
    former: pa.RecordBatch = attrs.field(repr=redact)
    rejected: pa.RecordBatch = attrs.field(repr=redact)


class PopulationReader:
    """Reads batches of a population; what it remembers makes it fast, and changes no answer.

    It pickles as what it is made of: another process starts with an empty memory.
    """

    def __init__(self) -> None:
        self._claims = ClaimReader(vintage=Vintage.FROM_2025)
        self._owns = self._claims.owns
        self._names = NameReader(fields=("text", "key", "fold"), newborns=True)
        self._numbers = NumberReader(self._owns)

    def __reduce__(self) -> tuple[type[PopulationReader], tuple[()]]:
        return PopulationReader, ()

    def read(self, batch: pa.RecordBatch, position: Ints) -> ReadPeople:
        """Read a batch of text columns, named as those of a source.

        ``position`` has the numbers of its rows in the population, from 1; a blank key is made of
        it. The answer depends on nothing else.
        """
        keys = _keys(column_of(batch, "entry_key"), position)
        birth, birth_own = self._claims.birth(batch, np.zeros(batch.num_rows, dtype=np.int64))
        sex, sex_own = self._claims.sex(batch)
        number, number_own = self._numbers.read(column_of(batch, "id_number"), birth=birth, sex=sex)
        names = self._names.read(column_of(batch, "full_name"))
        fold = _fold(names.fold, names.key)
        commune, commune_own = self._claims.commune(batch)
        phone, phone_reasons = _phones(column_of(batch, "phone"))
        told = _Telling(position, keys)
        former = self._former(column_of(batch, "former_id_number"), told)
        gaps = [own.gap for own in self._owns.things]
        rows = np.arange(batch.num_rows)
        for field, own in (
            ("birth", birth_own),
            ("sex", sex_own),
            ("id_number", number_own),
            ("commune", commune_own),
        ):
            told.tell_gaps(field, own, gaps, rows)
        told.tell_gaps("name", names.meta, [meta[0] for meta in names.metas], rows)
        unrouted = (commune.is_null().to_numpy(zero_copy_only=False)) & np.array(
            [gap is None for gap in gaps], dtype=np.bool_
        )[commune_own]
        unrouted &= pc.not_equal(column_of(batch, "commune"), "").to_numpy(zero_copy_only=False)
        told.tell_all("commune", np.flatnonzero(unrouted), Reason.COMMUNE_UNKNOWN)
        told.tell(
            "phone",
            np.fromiter(phone_reasons, np.int64, len(phone_reasons)),
            pa.array([reason.value for reason in phone_reasons.values()], pa.string()),
        )
        if UNREADABLE in batch.schema.names:
            marks = np.flatnonzero(batch.column(UNREADABLE).to_numpy(zero_copy_only=False))
            told.tell_all("row", marks, Reason.ROW_UNREADABLE)
        entries = pa.RecordBatch.from_arrays(
            [
                pa.array(position, pa.int64()),
                keys,
                pa.array(number, mask=number == NO_NUMBER),
                _spelt_apart(names.text, names.key),
                _null_if_empty(names.key),
                fold,
                pc.replace_substring_regex(fold, "^.* ", ""),
                pa.array(birth.astype(np.int32), mask=birth == 0),
                pa.array(sex.astype(np.int8), mask=sex == 0),
                commune,
                phone,
            ],
            schema=ENTRIES,
        )
        return ReadPeople(entries, former, told.table())

    def _former(self, column: pa.StringArray, told: _Telling) -> pa.RecordBatch:
        """Read former numbers, several to a cell, each by itself; a person has each once."""
        given = np.flatnonzero(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
        cells = column.take(pa.array(given))
        # a cell too long to be read stays whole, and is rejected as such
        long = pc.greater(pc.utf8_length(cells), MAX_LENGTH)
        lists = pc.split_pattern(pc.if_else(long, "x" * (MAX_LENGTH + 1), cells), ";")
        owner = given[pc.list_parent_indices(lists).to_numpy()]
        flat = lists.flatten()
        none = np.zeros(len(flat), dtype=np.int64)
        codes, own = self._numbers.read(flat, birth=none, sex=none)
        held = codes != NO_NUMBER
        links = np.unique(np.stack([told.position[owner[held]], codes[held]]), axis=1)
        gaps = [o.gap for o in self._owns.things]
        told.tell_gaps("former_id_number", own[~held], gaps, owner[~held])
        return pa.RecordBatch.from_arrays(
            [pa.array(links[1], pa.int64()), pa.array(links[0], pa.int64())], schema=FORMER_NUMBERS
        )


@attrs.frozen
class _Telling:
    """Gathers what was rejected of one batch, under the names of its rows."""

    position: Ints
    keys: pa.StringArray = attrs.field(repr=redact)
    rejected: list[pa.RecordBatch] = attrs.field(factory=list, repr=redact)

    def tell(self, field: str, rows: Ints, reasons: pa.Array) -> None:
        """Take note of why a field was rejected in each of some rows."""
        columns = [
            pa.array(self.position[rows], pa.int64()),
            self.keys.take(pa.array(rows)),
            pa.repeat(field, len(rows)),
            reasons,
        ]
        self.rejected.append(pa.RecordBatch.from_arrays(columns, schema=REJECTED))

    def tell_all(self, field: str, rows: Ints, reason: Reason) -> None:
        """Take note of one reason for all of some rows."""
        self.tell(field, rows, pa.repeat(reason.value, len(rows)))

    def tell_gaps(self, field: str, own: Ints, gaps: Sequence[Reason | None], rows: Ints) -> None:
        """Take note of the gaps among what is true of fields: ``own`` are positions in ``gaps``."""
        words = pa.array(
            [None if gap is None or gap in _NOT_REJECTED else gap.value for gap in gaps],
            pa.string(),
        )
        told = words.take(pa.array(own))
        failed = told.is_valid()
        self.tell(field, rows[failed.to_numpy(zero_copy_only=False)], told.filter(failed))

    def table(self) -> pa.RecordBatch:
        """Give all that was told."""
        columns = zip(*(batch.columns for batch in self.rejected), strict=True)
        return pa.RecordBatch.from_arrays([pa.concat_arrays(c) for c in columns], schema=REJECTED)


def _keys(column: pa.StringArray, position: Ints) -> pa.StringArray:
    """Give the keys of the entries; a blank one is the row's number, marked as such."""
    blank = pc.equal(pc.utf8_trim_whitespace(column), "")
    if not pc.any(blank).as_py():
        return column
    rows = pc.binary_join_element_wise("row:", pa.array(position).cast(pa.string()), "")
    return pc.if_else(blank, rows, column)


def _phones(column: pa.StringArray) -> tuple[pa.StringArray, dict[int, Reason]]:
    """Read phones: a plain national number is its own value, the rest are read one by one."""
    plain = national_pattern().fullmatch
    reasons: dict[int, Reason] = {}
    texts: list[str | None] = column.to_pylist()
    for row, text in enumerate(texts):
        if text and not (len(text) <= 11 and text.isascii() and plain(text)):
            reading = normalize.phone(text)
            texts[row] = reading.value.text if isinstance(reading, Normalized) else None
            if isinstance(reading, Rejected) and not reading.missing:
                reasons[row] = reading.reason
    return _null_if_empty(pa.array(texts, pa.string())), reasons


def _null_if_empty(column: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _spelt_apart(text: pa.StringArray, key: pa.StringArray) -> pa.StringArray:
    """Leave out texts that are their keys in title case, as ``stored.spelt_apart`` does one."""
    plain = pc.match_substring_regex(key, rf"\A{PLAIN_KEY}\z")
    same = pc.and_(plain, pc.equal(pc.utf8_title(key), text))
    return pc.if_else(pc.or_(same, pc.equal(text, "")), pa.scalar(None, pa.string()), text)


def _fold(fold: pa.StringArray, key: pa.StringArray) -> pa.StringArray:
    """Leave out the fold of a newborn: nobody is to be found by the mother's name."""
    newborn = pc.or_(pc.equal(fold, ""), pc.starts_with(key, NEWBORN_KEY))
    return pc.if_else(newborn, pa.scalar(None, pa.string()), fold)
