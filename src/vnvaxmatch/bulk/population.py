"""Build a registry from a population file: the same rules, lifted over its columns."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.backends.duckdb import ENTRIES, FORMER_NUMBERS, REJECTED, write_registry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.backends.stored import PLAIN_KEY, stored_name
from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.columns import POPULATION_COLUMNS
from vnvaxmatch.bulk.lift import Interner
from vnvaxmatch.bulk.names import NEWBORN_KEY, NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, NumberReader
from vnvaxmatch.bulk.own import Own
from vnvaxmatch.bulk.pipes import ahead
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import UNREADABLE, Options
from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize import BirthDate, IdNumber, Vintage
from vnvaxmatch.normalize.folding import MAX_LENGTH
from vnvaxmatch.normalize.phone_plan import national_pattern
from vnvaxmatch.outcome import Normalized, Reason, Rejected
from vnvaxmatch.records import Entry

__all__ = ["Built", "build_registry"]

Ints: TypeAlias = npt.NDArray[Any]


@attrs.frozen
class Built:
    """What a build came to: people, former numbers, and how often a field was rejected and why."""

    out: Path
    entries: int
    former_numbers: int
    rejected: Counter[tuple[str, str]]


def build_registry(
    population: str | Path,
    *,
    out: str | Path,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Built:
    """Build a registry file: DuckDB for a name ending in ``.duckdb``, SQLite for ``.sqlite``.

    A person whose number cannot be read is kept, and found by the other keys; what was rejected
    stands in the registry's table ``rejected``. Raises :class:`~vnvaxmatch.errors.InputError` or
    :class:`~vnvaxmatch.errors.RegistryError`; then an earlier registry stays as it was.
    """
    population, out = Path(population), Path(out)
    suffix = out.suffix.lower()
    if suffix not in (".duckdb", ".sqlite", ".db"):
        raise InputError(f"--out {out}: name a file that ends in .duckdb or .sqlite")
    source = open_source(
        population,
        Options(
            known=POPULATION_COLUMNS,
            given=columns or {},
            mandatory=("full_name", "date_of_birth", "sex", "id_number"),
            delimiter=delimiter,
            encoding=encoding,
            sheet=sheet,
        ),
    )
    reader = _PopulationReader()
    meta = _meta(population)

    def tell(done: int) -> None:
        if progress is not None:
            progress("build", done, source.rows)

    # a list of headings only is refused before an earlier registry is replaced
    batches = ahead(source.batches)
    first = next(batches, None)
    if first is None:
        raise InputError(f"{population} has headings but no rows")
    entries = reader.read(chain([first], batches))
    if suffix == ".duckdb":
        write_registry(
            out,
            entries,
            former=reader.former,
            rejected=_batches(reader.rejected),
            meta=meta,
            progress=tell,
        )
    else:
        SQLiteRegistry.build(
            out, _entries(entries, reader), rejected=reader.rejected, meta=meta, progress=tell
        )
    rejected = Counter((field, reason) for _, _, field, reason in reader.rejected)
    return Built(out, reader.rows, reader.former_count, rejected)


_Rejected: TypeAlias = tuple[int, str, str, str]
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


class _PopulationReader:
    """Turns batches of texts into the tables of a registry, as ``Entry.read`` does one row."""

    def __init__(self) -> None:
        self.rows = 0
        self.former_count = 0
        self.former: list[pa.RecordBatch] = []
        self.rejected: list[_Rejected] = []
        self._claims = ClaimReader(vintage=Vintage.FROM_2025)
        self._owns: Interner[Own] = self._claims.owns
        self._names = NameReader(fields=("text", "key", "fold"), newborns=True)
        self._numbers = NumberReader(self._owns)

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give batches of the table of entries; former numbers and rejections gather beside it."""
        for batch in batches:
            yield self._read(batch)

    def _read(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        rows = batch.num_rows
        position = np.arange(self.rows + 1, self.rows + rows + 1)
        self.rows += rows
        keys = _keys(column_of(batch, "entry_key"), position)
        birth, birth_own = self._claims.birth(batch, np.zeros(rows, dtype=np.int64))
        sex, sex_own = self._claims.sex(batch)
        number, number_own = self._numbers.read(column_of(batch, "id_number"), birth=birth, sex=sex)
        names = self._names.read(column_of(batch, "full_name"))
        fold = _fold(names.fold, names.key)
        commune, commune_own = self._claims.commune(batch)
        phone, phone_reasons = _phones(column_of(batch, "phone"))
        self._former(column_of(batch, "former_id_number"), position, keys)
        for field, own in (
            ("birth", birth_own),
            ("sex", sex_own),
            ("id_number", number_own),
            ("commune", commune_own),
        ):
            self._reject(field, own, [o.gap for o in self._owns.things], position, keys)
        self._reject("name", names.meta, [meta[0] for meta in names.metas], position, keys)
        unrouted = (commune.is_null().to_numpy(zero_copy_only=False)) & np.array(
            [o.gap is None for o in self._owns.things], dtype=np.bool_
        )[commune_own]
        unrouted &= pc.not_equal(column_of(batch, "commune"), "").to_numpy(zero_copy_only=False)
        self._keep(
            "commune",
            dict.fromkeys(np.flatnonzero(unrouted).tolist(), Reason.COMMUNE_UNKNOWN),
            position,
            keys,
        )
        self._keep("phone", phone_reasons, position, keys)
        marks = np.flatnonzero(batch.column(UNREADABLE).to_numpy(zero_copy_only=False))
        self._keep("row", dict.fromkeys(marks.tolist(), Reason.ROW_UNREADABLE), position, keys)
        return pa.RecordBatch.from_arrays(
            [
                pa.array(position),
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

    def _former(self, column: pa.StringArray, position: Ints, keys: pa.StringArray) -> None:
        """Read former numbers, several to a cell, each by itself; a person has each once."""
        given = np.flatnonzero(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
        if not len(given):
            return
        cells = column.take(pa.array(given))
        # a cell too long to be read stays whole, and is rejected as such
        long = pc.greater(pc.utf8_length(cells), MAX_LENGTH)
        lists = pc.split_pattern(pc.if_else(long, "x" * (MAX_LENGTH + 1), cells), ";")
        owner = given[pc.list_parent_indices(lists).to_numpy()]
        flat = lists.flatten()
        none = np.zeros(len(flat), dtype=np.int64)
        codes, own = self._numbers.read(flat, birth=none, sex=none)
        held = codes != NO_NUMBER
        links = np.unique(np.stack([position[owner[held]], codes[held]]), axis=1)
        self.former.append(
            pa.RecordBatch.from_arrays(
                [pa.array(links[1]), pa.array(links[0])], schema=FORMER_NUMBERS
            )
        )
        self.former_count += links.shape[1]
        gaps = [o.gap for o in self._owns.things]
        for at in np.flatnonzero(~held).tolist():
            if (gap := gaps[own[at]]) not in _NOT_REJECTED and gap is not None:
                row = int(owner[at])
                self.rejected.append(
                    (int(position[row]), keys[row].as_py(), "former_id_number", gap.value)
                )

    def _reject(
        self,
        field: str,
        own: Ints,
        gaps: Sequence[Reason | None],
        position: Ints,
        keys: pa.StringArray,
    ) -> None:
        failed = np.array([gap not in _NOT_REJECTED for gap in gaps], dtype=np.bool_)[own]
        reasons = {row: gaps[own[row]] for row in np.flatnonzero(failed).tolist()}
        self._keep(field, reasons, position, keys)

    def _keep(
        self,
        field: str,
        reasons: Mapping[int, Reason | None],
        position: Ints,
        keys: pa.StringArray,
    ) -> None:
        self.rejected.extend(
            (int(position[row]), keys[row].as_py(), field, reason.value)
            for row, reason in reasons.items()
            if reason is not None
        )


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


def _batches(rejected: Sequence[_Rejected]) -> Iterator[pa.RecordBatch]:
    """Give the rejections that have gathered when this is read."""
    if rejected:
        columns = list(zip(*rejected, strict=True))
        yield pa.RecordBatch.from_arrays(
            [pa.array(list(c), t) for c, t in zip(columns, REJECTED.types, strict=True)],
            schema=REJECTED,
        )


def _entries(batches: Iterable[pa.RecordBatch], reader: _PopulationReader) -> Iterator[Entry]:
    """Make entries of the columns, for a store that takes them one by one."""
    for batch in batches:
        former: dict[int, list[IdNumber]] = {}
        for links in reader.former:
            for link in links.to_pylist():
                former.setdefault(link["entry"], []).append(IdNumber.from_code(link["number"]))
        reader.former.clear()
        for row in batch.to_pylist():
            phone = normalize.phone(row["phone"]) if row["phone"] else None
            key = row["name_key"]
            yield Entry(
                key=row["entry_key"],
                name=stored_name(row["name_text"], key) if key else None,
                birth=BirthDate.from_code(row["birth"]) if row["birth"] else None,
                sex=SEXES[row["sex"] or 0],
                number=None if row["number"] is None else IdNumber.from_code(row["number"]),
                former_numbers=tuple(former.get(row["entry"], ())),
                commune=row["commune"],
                phone=phone.value if isinstance(phone, Normalized) else None,
            )


def _meta(population: Path) -> dict[str, str]:
    with population.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "population": population.name,
        "population_sha256": digest,
    }
