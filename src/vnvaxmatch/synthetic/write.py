"""Write a made-up population and list to a folder, block by block: memory does not grow."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, TypeAlias

import attrs
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.synthetic.damage import HEADINGS, LIST, TRUTH, list_block
from vnvaxmatch.synthetic.people import MOST_PEOPLE, block_count, people_block
from vnvaxmatch.synthetic.render import POPULATION, population_texts
from vnvaxmatch.synthetic.sheet import Sheet

__all__ = ["MOST_ROWS_IN_A_SHEET", "Progress", "Synthesis", "synthesize"]

MOST_ROWS_IN_A_SHEET = 100_000
"""Up to this many doses the list is also written as a spreadsheet."""

Progress: TypeAlias = Callable[[int, int, str], None]
"""Told how many rows are done, of how many, and of which file."""

_FILES = frozenset(
    {"population.parquet", "population.csv", "doses.csv", "doses.xlsx", "truth.parquet"}
)
_BOM = b"\xef\xbb\xbf"


@attrs.frozen
class Synthesis:
    """What was written: where, how much, and how often each kind of damage took hold."""

    out: Path
    people: int
    doses: int
    corruptions: Mapping[str, int]


def synthesize(
    *, people: int, doses: int, seed: int, out: Path, progress: Progress | None = None
) -> Synthesis:
    """Write a made-up population and a realistically broken list of its vaccinations.

    ``out`` becomes a folder with ``population.parquet`` and ``.csv``, ``doses.csv`` (UTF-8 with a
    byte-order mark), ``doses.xlsx`` up to :data:`MOST_ROWS_IN_A_SHEET` rows, and
    ``truth.parquet``: ``row`` from 1, ``entry_key`` (null for nobody in the population), the codes
    of ``corruptions`` joined by ``;``, and ``expect_reparable``: whether the right values can
    still be read. The same seed and sizes give the same data. A folder with other files in it is
    refused with :class:`~vnvaxmatch.errors.OutputError`, and nothing half-written ever stays.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise InputError(f"people must be from 1 to {MOST_PEOPLE:,}")
    if doses < 0 or seed < 0:
        raise InputError("doses and seed must not be negative")
    tell = progress or (lambda done, total, what: None)
    counts: Counter[str] = Counter()
    with _folder(Path(out)) as folder:
        _write_population(folder, people=people, seed=seed, tell=tell)
        _write_list(folder, people=people, doses=doses, seed=seed, tell=tell, counts=counts)
    return Synthesis(Path(out), people, doses, dict(sorted(counts.items())))


def _write_population(folder: Path, *, people: int, seed: int, tell: Progress) -> None:
    with (
        pq.ParquetWriter(folder / "population.parquet", POPULATION) as parquet,
        _Csv(folder / "population.csv", POPULATION, start=b"") as text,
    ):
        done = 0
        for block in range(block_count(people)):
            rows = population_texts(people_block(seed, block, total=people))
            parquet.write_batch(rows)
            text.write(rows)
            done += rows.num_rows
            tell(done, people, "population")


def _write_list(
    folder: Path, *, people: int, doses: int, seed: int, tell: Progress, counts: Counter[str]
) -> None:
    with contextlib.ExitStack() as stack:
        truth = stack.enter_context(pq.ParquetWriter(folder / "truth.parquet", TRUTH))
        text = stack.enter_context(_Csv(folder / "doses.csv", LIST, start=_BOM))
        sheet = None
        if doses <= MOST_ROWS_IN_A_SHEET:
            sheet = stack.enter_context(Sheet(folder / "doses.xlsx", HEADINGS))
        done = 0
        for block in range(block_count(doses)):
            made = list_block(seed, block, people=people, doses=doses)
            truth.write_batch(made.truth)
            text.write(made.rows)
            codes = made.truth.column("corruptions").to_pylist()
            if sheet is not None:
                sheet.write(made.rows, codes, seed=seed, block=block)
            counts.update(code for some in codes for code in some.split(";") if code)
            done += made.rows.num_rows
            tell(done, doses, "doses")


class _Csv:
    """A CSV file that is written a batch at a time, headings first."""

    def __init__(self, path: Path, schema: pa.Schema, *, start: bytes) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._file.write(start + ",".join(schema.names).encode() + b"\n")
        options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
        self._writer = pa_csv.CSVWriter(self._file, schema, write_options=options)

    def write(self, rows: pa.RecordBatch) -> None:
        self._writer.write_batch(rows)

    def __enter__(self) -> _Csv:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        self._file.close()


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside ``out`` that takes its place if all goes well."""
    out = out.absolute()
    _refuse_foreign(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot write beside {out}: {error.strerror or error}") from error
    try:
        (aside / "new").mkdir()
        yield aside / "new"
        if out.exists():
            out.rename(aside / "old")
        try:
            (aside / "new").rename(out)
        except OSError:
            if (aside / "old").exists():
                (aside / "old").rename(out)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is not a folder; name a new or an empty folder")
    if out.is_dir() and {path.name for path in out.iterdir()} - _FILES:
        raise OutputError(f"{out} holds other files; name a new or an empty folder")
