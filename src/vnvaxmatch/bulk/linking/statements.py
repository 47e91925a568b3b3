"""What the rows of a list state of people, as columns: what many rows state is held once.

A :class:`Statements` is a table of distinct statements (number, name, birth, sex, home); a row of
the list is the place of its statement and what was injected when. Texts are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch import normalize
from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.lift import Interner, Memo, distinct, distinct_rows
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.normalize import Vaccine, Vintage
from vnvaxmatch.normalize.addresses import provinces_of
from vnvaxmatch.normalize.folding import MAX_LENGTH
from vnvaxmatch.normalize.phone_plan import national_pattern
from vnvaxmatch.normalize.places import index, read_piece, tidy_address
from vnvaxmatch.normalize.words import fold_key
from vnvaxmatch.outcome import Normalized

__all__ = ["DoseRows", "Statements", "home", "read_rows"]

Ints: TypeAlias = npt.NDArray[Any]

_DOTTED = "\n"
"""Behind a key: the name was written with a sign of abbreviation. No key holds it."""


@attrs.frozen(eq=False)
class Statements:
    """Distinct statements, column by column.

    ``number`` holds number codes or ``NO_NUMBER``, ``name`` places in the three columns of names
    (an empty key is missing), ``birth`` birth codes or 0, ``sex`` places in ``SEXES``, ``home``
    places in ``communes``, which are sets of codes of 2025 (the first is empty: missing), ``phone``
    the number or 0. ``rows`` counts the rows of each.
    """

    number: Ints
    name: Ints
    birth: Ints
    sex: Ints
    home: Ints
    phone: Ints
    rows: Ints
    keys: pa.StringArray = attrs.field(repr=False)
    folds: pa.StringArray = attrs.field(repr=False)
    dotted: Ints = attrs.field(repr=False)
    communes: list[frozenset[str]] = attrs.field(repr=False)

    def __len__(self) -> int:
        return len(self.number)

    @property
    def nbytes(self) -> int:
        """Bytes that the columns take."""
        columns = (getattr(self, field.name) for field in attrs.fields(type(self)))
        return sum(column.nbytes for column in columns if not isinstance(column, list))


@attrs.frozen(eq=False)
class DoseRows:
    """The rows of a list, in order: whose statement each makes, and which dose it records.

    ``vaccine`` holds places in ``vaccines`` (the first is none), ``number`` is 0 and ``day`` (the
    ordinal of a date) is 0 where missing.
    """

    statement: Ints
    vaccine: Ints
    number: Ints
    day: Ints
    record_id: pa.ChunkedArray | None
    vaccines: list[Vaccine | None]

    def __len__(self) -> int:
        return len(self.statement)

    @property
    def nbytes(self) -> int:
        """Bytes that the columns take."""
        columns = (self.statement, self.vaccine, self.number, self.day, self.record_id)
        return sum(column.nbytes for column in columns if column is not None)


def read_rows(
    batches: Iterable[pa.RecordBatch],
    rules: ReadingRules,
    *,
    progress: Callable[[int], None] | None = None,
) -> tuple[Statements, DoseRows]:
    """Read a list of batches of texts into its statements and its rows."""
    reader = _Reader(rules)
    for batch in batches:
        reader.read(batch)
        if progress is not None:
            progress(reader.rows)
    return reader.finish()


class _Reader:
    """Reads batches, keeps columns."""

    def __init__(self, rules: ReadingRules) -> None:
        self._claims = ClaimReader(
            reference=rules.reference, encoding=rules.encoding, vintage=rules.vintage
        )
        self._columns: dict[str, list[Ints]] = {name: [] for name in _WIDTHS}
        self._names: list[pa.DictionaryArray] = []
        self._record_ids: list[pa.StringArray] = []
        self._communes: Interner[frozenset[str]] = Interner()
        self._communes.number(frozenset())
        self._vaccines: Interner[Vaccine | None] = Interner()
        self._vaccines.number(None)
        self._homes: Memo[tuple[str, str, str], int] = Memo(self._read_home)
        self._vintage = rules.vintage
        self._phones: Memo[str, int] = Memo(_phone)
        self._vaccine: Memo[str, int] = Memo(self._read_vaccine)
        self._number: Memo[str, int] = Memo(_dose_number)
        self._day: Memo[str, int] = Memo(_day)
        self.rows = 0

    def read(self, batch: pa.RecordBatch) -> None:
        """Read one batch."""
        claims = self._claims.read(batch)
        read = {
            "number": claims.number,
            "birth": claims.birth,
            "sex": claims.sex,
            "home": self._home(batch),
            "phone": self._phone(column_of(batch, "phone")),
            "vaccine": _lifted(self._vaccine, column_of(batch, "vaccine")),
            "dose": _lifted(self._number, column_of(batch, "dose_number")),
            "day": _lifted(self._day, column_of(batch, "dose_date")),
        }
        for name, column in read.items():
            self._columns[name].append(column.astype(_WIDTHS[name]))
        names = self._marked(claims.name_key, batch.column("full_name"))
        self._names.append(names.dictionary_encode())
        if "record_id" in batch.schema.names:
            self._record_ids.append(batch.column("record_id"))
        self.rows += batch.num_rows

    def _marked(self, keys: pa.StringArray, texts: pa.StringArray) -> pa.StringArray:
        """Mark the keys of the few names that are written with a sign of abbreviation.

        Where a text has no other signs than letters and spaces, what it normalises to has neither.
        """
        odd = pc.match_substring_regex(texts, r"[^\p{L}\p{M} ]").to_numpy(zero_copy_only=False)
        odd &= pc.not_equal(keys, "").to_numpy(zero_copy_only=False)
        places = np.flatnonzero(odd)
        if not len(places):
            return keys
        some, index = distinct(texts.take(pa.array(places)))
        signs = np.array(
            [
                isinstance(reading, Normalized) and not {".", "~"}.isdisjoint(reading.value.text)
                for reading in self._claims.names.whole(some)
            ],
            dtype=np.bool_,
        )[index]
        mask = np.zeros(len(keys), dtype=np.bool_)
        mask[places[signs]] = True
        return pc.if_else(pa.array(mask), pc.binary_join_element_wise(keys, _DOTTED, ""), keys)

    def _phone(self, column: pa.StringArray) -> Ints:
        """Read phones: a plain national number is its own value, the rest are read one by one."""
        encoded = column.dictionary_encode()
        values: pa.StringArray = encoded.dictionary
        plain = pc.match_substring_regex(values, r"\A0[0-9]{9}\z").to_numpy(zero_copy_only=False)
        matches = national_pattern().fullmatch
        texts = values.filter(pa.array(plain)).to_pylist()
        plain[plain] = [matches(text) is not None for text in texts]
        codes = np.zeros(len(values), dtype=np.int64)
        codes[plain] = values.filter(pa.array(plain)).cast(pa.int64()).to_numpy()
        codes[~plain] = self._phones(values.filter(pa.array(~plain)).to_pylist())
        index: Ints = encoded.indices.to_numpy()
        return codes[index]

    def _home(self, batch: pa.RecordBatch) -> Ints:
        """Read homes: all the communes of 2025 that a text may mean, for many were split."""
        parts = [distinct(column_of(batch, name)) for name in ("commune", "district", "province")]
        first, index = distinct_rows(*(places for _, places in parts))
        keys = zip(
            *([values[at] for at in places[first].tolist()] for values, places in parts),
            strict=True,
        )
        homes: Ints = np.array(self._homes(list(keys)), dtype=np.int64)[index]
        return homes

    def _read_home(self, key: tuple[str, str, str]) -> int:
        return self._communes.number(home(*key, vintage=self._vintage))

    def _read_vaccine(self, text: str) -> int:
        reading = normalize.vaccine(text)
        return self._vaccines.number(reading.value if isinstance(reading, Normalized) else None)

    def finish(self) -> tuple[Statements, DoseRows]:
        """Put the batches together, and find the distinct statements."""
        columns = {name: self._take(name) for name in _WIDTHS}
        unified = pa.chunked_array(self._names).unify_dictionaries()
        self._names.clear()
        marked: pa.StringArray = unified.chunk(0).dictionary
        name = np.concatenate([chunk.indices.to_numpy() for chunk in unified.chunks])
        first, index = distinct_rows(
            columns["number"] + 1, name, *(columns[part] for part in _PERSON[1:])
        )
        dotted = pc.ends_with(marked, _DOTTED)
        keys = pc.replace_substring(marked, _DOTTED, "")
        statements = Statements(
            **{part: columns.pop(part)[first] for part in _PERSON},
            name=name[first],
            rows=np.bincount(index, minlength=len(first)).astype(np.int32),
            keys=keys,
            folds=_folds(keys),
            dotted=dotted.to_numpy(zero_copy_only=False),
            communes=self._communes.things,
        )
        rows = DoseRows(
            statement=index.astype(np.int32),
            vaccine=columns["vaccine"],
            number=columns["dose"],
            day=columns["day"],
            record_id=pa.chunked_array(self._record_ids) if self._record_ids else None,
            vaccines=self._vaccines.things,
        )
        return statements, rows

    def _take(self, name: str) -> Ints:
        parts = self._columns.pop(name)
        return np.concatenate(parts)


_PERSON = ("number", "birth", "sex", "home", "phone")

_WIDTHS: dict[str, Any] = {
    "number": np.int64, "birth": np.int32, "sex": np.int8, "home": np.int32,
    "phone": np.int64, "vaccine": np.int16, "dose": np.int16, "day": np.int32,
}  # fmt: skip
"""How wide a column is kept."""


def home(
    commune: str, district: str, province: str, /, *, vintage: Vintage | None
) -> frozenset[str]:
    """Give the communes of 2025 that a home may lie in; of a commune that cannot be read, all those
    of its province; none if that cannot be read either.

    >>> sorted(home("Cống Vị", "Ba Đình", "Hà Nội", vintage=None))
    ['00008', '00025']
    >>> len(home("?", "", "Hà Nội", vintage=None)) == len(home("", "", "Hà Nội", vintage=None)) > 99
    True
    """
    reading = normalize.commune(commune, district=district, province=province, vintage=vintage)
    if isinstance(reading, Normalized):
        return frozenset(reading.value.codes)
    return _of_province(province)


@lru_cache(maxsize=1 << 10)
def _of_province(text: str) -> frozenset[str]:
    if not text or len(text) > MAX_LENGTH:
        return frozenset()
    tables = index()
    meant = provinces_of(read_piece(tidy_address(text)))
    now = {code for place in meant for code in (*place.new, *(tables.merged[o] for o in place.old))}
    return frozenset(code for code, province in tables.province_of.items() if province in now)


def _phone(text: str) -> int:
    """Give a phone's number, or 0; one that has several readings is as it was written."""
    reading = normalize.phone(text)
    digits = reading.value.text if isinstance(reading, Normalized) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


def _dose_number(text: str) -> int:
    reading = normalize.dose_number(text)
    return reading.value if isinstance(reading, Normalized) else 0


def _day(text: str) -> int:
    reading = normalize.dose_date(text)
    return reading.value.toordinal() if isinstance(reading, Normalized) else 0


def _folds(keys: pa.StringArray) -> pa.StringArray:
    """Strip keys of every mark, word by word, as ``PersonName.fold`` does one."""
    words = pc.split_pattern(keys, " ")
    values, index = distinct(words.flatten())
    folded = pa.array([fold_key(value) for value in values], pa.string())
    joined = pc.binary_join(
        pa.ListArray.from_arrays(words.offsets, folded.take(pa.array(index))), " "
    )
    if "" in folded.to_pylist()[:]:  # a word of signs alone folds to nothing
        joined = pc.utf8_trim_whitespace(pc.replace_substring_regex(joined, " +", " "))
    return joined


def _lifted(memo: Memo[str, int], column: pa.StringArray) -> Ints:
    values, index = distinct(column)
    lifted: Ints = np.array(memo(values), dtype=np.int64)[index]
    return lifted
