"""Give the peers their columns: the texts as they come, and our normalized ones.

``raw``: as a user would have them without knowing anything of Vietnamese records: lower case, no
spaces at the ends, empty cells null, the last word of the name and the year of the date split off.
``prepared``: the same fields after our normalization. Columns have the same names in both:
``unique_id, name, fold, given, dob, year, sex, number, former``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.columns import DOSE_COLUMNS, POPULATION_COLUMNS
from vnvaxmatch.bulk.lift import distinct_ints
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, NumberReader
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.normalize import IdNumber, PersonName
from vnvaxmatch.normalize.folding import fold
from vnvaxmatch.synthetic import LAST_DAY

Codes: TypeAlias = npt.NDArray[Any]


def main(doses: Path, population: Path, out: Path) -> None:
    """Write ``{raw,prepared}_{claims,people}.parquet``."""
    out.mkdir(parents=True, exist_ok=True)
    for side, path, known in (
        ("claims", doses, DOSE_COLUMNS),
        ("people", population, POPULATION_COLUMNS),
    ):
        prepared = Prepared()
        raws, prepareds, row = [], [], 0
        for batch in _batches(path, known):
            keys = (
                column_of(batch, "entry_key")
                if side == "people"
                else pa.array(np.arange(row + 1, row + batch.num_rows + 1)).cast(pa.string())
            )
            row += batch.num_rows
            raws.append(raw(batch, keys))
            prepareds.append(prepared(batch, keys))
        pq.write_table(pa.concat_tables(raws), out / f"raw_{side}.parquet")
        pq.write_table(pa.concat_tables(prepareds), out / f"prepared_{side}.parquet")


def _batches(path: Path, known: Mapping[str, tuple[str, ...]]) -> Iterator[pa.RecordBatch]:
    yield from open_source(path, Options(known=known)).batches


def raw(batch: pa.RecordBatch, keys: pa.Array) -> pa.Table:
    """Give the texts as they come, in lower case."""

    def text(name: str) -> pa.Array:
        trimmed = pc.utf8_trim_whitespace(column_of(batch, name))
        return pc.if_else(pc.equal(trimmed, ""), None, pc.utf8_lower(trimmed))

    name, dob = text("full_name"), text("date_of_birth")
    last = pc.struct_field(pc.extract_regex(name, r"(?P<word>\S+)$"), "word")
    year = pc.struct_field(pc.extract_regex(dob, r"(?P<year>\d{4})$"), "year")
    return pa.table(
        {
            "unique_id": keys, "name": name, "fold": name, "given": last, "dob": dob,
            "year": year, "sex": text("sex"), "number": text("id_number"),
            "former": text("former_id_number"),
        }
    )  # fmt: skip


class Prepared:
    """Reads batches into our normalized columns; a date that is not whole has a year only."""

    def __init__(self) -> None:
        self._reader = ClaimReader()
        self._names = NameReader(fields=("key", "fold"))
        self._numbers = NumberReader(self._reader.owns)

    def __call__(self, batch: pa.RecordBatch, keys: pa.Array) -> pa.Table:
        """Read one batch."""
        none = np.zeros(batch.num_rows, dtype=np.int64)
        birth, _ = self._reader.birth(batch, none + _code(LAST_DAY))
        sex, _ = self._reader.sex(batch)
        read = self._names.read(column_of(batch, "full_name"))
        name = _or_null(read.key)
        year, month, day = birth // 10_000, birth // 100 % 100, birth % 100
        parts = [
            pc.utf8_lpad(pa.array(part).cast("string"), width, "0")
            for part, width in ((year, 4), (month, 2), (day, 2))
        ]
        whole = pc.binary_join_element_wise(*parts, "-")
        return pa.table(
            {
                "unique_id": keys,
                "name": name,
                "fold": _or_null(read.fold),
                "given": _given(name),
                "dob": pc.if_else(pa.array(day > 0), whole, None),
                "year": pc.if_else(pa.array(birth > 0), parts[0], None),
                "sex": _SEXES.take(pa.array(sex)),
                "number": self._number(column_of(batch, "id_number"), birth=birth, sex=sex),
                "former": self._number(_first_former(batch), birth=none, sex=none),
            }
        )

    def _number(self, column: pa.Array, *, birth: Codes, sex: Codes) -> pa.Array:
        codes, _ = self._numbers.read(column, birth=birth, sex=sex)
        values, index = distinct_ints(codes)
        texts = [None if c == NO_NUMBER else str(IdNumber.from_code(c)) for c in values.tolist()]
        return pa.array(texts, pa.string()).take(pa.array(index))


_SEXES = pa.array([sex and sex.value for sex in SEXES], pa.string())


def _code(day: date) -> int:
    return 10_000 * day.year + 100 * day.month + day.day


def _or_null(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), None, column)


def _given(names: pa.Array) -> pa.Array:
    """Give the given name of each, without marks."""
    encoded = names.dictionary_encode()
    found = [fold(PersonName(key, key).given) for key in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(encoded.indices)


def _first_former(batch: pa.RecordBatch) -> pa.Array:
    """Give the first former number of each cell."""
    cells = column_of(batch, "former_id_number")
    return pc.struct_field(pc.extract_regex(cells, r"^(?P<first>[^;]*)"), "first")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
