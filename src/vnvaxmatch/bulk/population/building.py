"""Build a registry file: a population is read part by part, and the parts are put together.

What is read is kept on disk until the file stands, so that a build that was killed goes on with the
first part that is missing.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.backends.aside import check_target
from vnvaxmatch.backends.duckdb_building import Parts, building
from vnvaxmatch.backends.duckdb_files import GROUP_ROWS, sorted_part
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.backends.stored import COLUMNS, FORMAT, from_row
from vnvaxmatch.bulk.columns import POPULATION_COLUMNS
from vnvaxmatch.bulk.memory import LEAST, whole_machine
from vnvaxmatch.bulk.pipes import Behind, ahead
from vnvaxmatch.bulk.population.reading import PopulationReader, ReadPeople
from vnvaxmatch.bulk.provenance import about_library, digest
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.folder import files_of
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options
from vnvaxmatch.bulk.spill import Spill
from vnvaxmatch.errors import InputError, OutputError, RegistryError
from vnvaxmatch.normalize.tables import tables_digest
from vnvaxmatch.records import Entry

__all__ = ["Built", "build_registry", "kept_beside"]

T = TypeVar("T")
Told: TypeAlias = Callable[[str, int, int | None], None]

_PROCESS: Final = 600_000_000
"""Bytes of everything but the sorts: the rules, what they remember, batches in and out."""
_UNCOUNTED: Final = 14
"""Percent of the whole that DuckDB takes beyond what it counts, at most."""
_STORE: Final = 400_000_000
"""The fewest bytes in which DuckDB puts a file together."""
_ENTRIES, _FORMER, _REJECTED = "entries", "former", "rejected"
_STEP: Final = 10_000


@attrs.frozen
class Built:
    """What a build came to: people, former numbers, and how often a field was rejected and why."""

    out: Path
    entries: int
    former_numbers: int
    rejected: Counter[tuple[str, str]]


def kept_beside(out: Path) -> Path:
    """Name the folder in which a build keeps its parts where it is given no other."""
    return out.with_name(f".{out.name}.parts")


def build_registry(
    population: str | Path,
    *,
    out: str | Path,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    memory: int | None = None,
    threads: int | None = None,
    spill: str | Path | None = None,
    resume: bool = False,
    progress: Told | None = None,
) -> Built:
    """Build a registry file: DuckDB for a name ending in ``.duckdb``, SQLite for ``.sqlite``.

    A person whose number cannot be read is kept, and found by the other keys; what was rejected
    stands in the registry's table ``rejected``. ``memory`` is how many bytes the build may take
    (half of the machine's by default), ``threads`` how many of them DuckDB works with. What was
    read is kept in the folder ``spill`` until the end, so that a build that was killed or
    interrupted goes on with ``resume``; by default in a hidden folder beside ``out``, where only a
    kill leaves anything.
    Raises :class:`~vnvaxmatch.errors.InputError`, :class:`~vnvaxmatch.errors.RegistryError` or
    :class:`~vnvaxmatch.errors.OutputError`; then an earlier registry stays as it was.
    """
    population, out = Path(population), Path(out)
    suffix = out.suffix.lower()
    if suffix not in (".duckdb", ".sqlite", ".db"):
        raise InputError(f"--out {out}: name a file that ends in .duckdb or .sqlite")
    store = _store(memory)
    check_target(out)
    options = Options(
        known=POPULATION_COLUMNS,
        given=columns or {},
        mandatory=("full_name", "date_of_birth", "sex", "id_number"),
        delimiter=delimiter,
        encoding=encoding,
        sheet=sheet,
    )
    source = open_source(population, options)
    before = _stamp(population)
    meta = _meta(population)
    folder = Path(spill) if spill is not None else kept_beside(out)
    keep = resume or spill is not None
    identity = _identity(meta, options)
    with (
        Spill.opened(folder, identity=identity, resume=resume, keep=keep) as parts,
        _kept_for_later(parts, keep=keep),
    ):
        count = _read_into(parts, source.batches, population, rows=source.rows, progress=progress)
        if _stamp(population) != before:
            raise InputError(f"{population} was changed while it was being read; run again")
        numbers = range(count)
        if suffix == ".duckdb":
            files = Parts(
                *(_files(parts, kind, numbers) for kind in (_ENTRIES, _FORMER, _REJECTED))
            )
            with building(out) as build:
                build.assemble(
                    files,
                    meta=meta,
                    memory_limit=store,
                    threads=threads,
                    spill=parts.scratch,
                    progress=progress,
                )
        else:
            SQLiteRegistry.build(
                out,
                _entries(parts, numbers),
                rejected=_rejections(parts, numbers),
                meta=meta,
                progress=None if progress is None else _sorting(progress, source.rows),
            )
        built = _built(out, parts, numbers)
        parts.destroy()
    return built


def _read_into(
    parts: Spill,
    texts: Iterator[pa.RecordBatch],
    population: Path,
    *,
    rows: int | None,
    progress: Told | None,
) -> int:
    """Read all batches whose parts are not there yet; give how many parts there are."""
    reader = PopulationReader()
    done = count = 0
    # a list of headings only is refused before an earlier registry is replaced
    batches = ahead(texts)
    first = next(batches, None)
    if first is None:
        raise InputError(f"{population} has headings but no rows")

    def keep(read: tuple[int, ReadPeople]) -> None:
        number, people = read
        # the entries come last: with them a part is whole
        for kind, name, batch in (
            (_REJECTED, "rejected", people.rejected),
            (_FORMER, "former_numbers", people.former),
            (_ENTRIES, "entries", people.entries),
        ):
            table = sorted_part(pa.Table.from_batches([batch]), name)
            parts.put(kind, number, table, row_group_size=GROUP_ROWS)

    with Behind(keep) as behind:
        for batch in chain([first], batches):
            if not _is_whole(parts, count):
                position = np.arange(done + 1, done + batch.num_rows + 1)
                behind.put((count, reader.read(batch, position)))
            done += batch.num_rows
            count += 1
            if progress is not None:
                progress("build", done, rows)
    return count


def _is_whole(parts: Spill, number: int) -> bool:
    """Tell whether a part is there, and undamaged."""
    files = [parts.file(kind, number) for kind in (_REJECTED, _FORMER, _ENTRIES)]
    return None not in files


def _files(parts: Spill, kind: str, numbers: range) -> tuple[Path, ...]:
    return tuple(_there(parts, parts.file(kind, number)) for number in numbers)


def _tables(parts: Spill, kind: str, numbers: range) -> Iterator[tuple[int, pa.Table]]:
    for number in numbers:
        yield number, _there(parts, parts.get(kind, number))


def _there(parts: Spill, part: T | None) -> T:
    if part is None:
        raise OutputError(
            f"a part in {parts.path} was damaged meanwhile; check the disk, and go on with --resume"
        )
    return part


def _entries(parts: Spill, numbers: range) -> Iterator[Entry]:
    """Make entries of the parts in the order of the population, for a store that takes these."""
    for number, table in _tables(parts, _ENTRIES, numbers):
        former: dict[int, list[str]] = {}
        for _, links in _tables(parts, _FORMER, range(number, number + 1)):
            for code, entry in zip(*(column.to_pylist() for column in links.columns), strict=True):
                former.setdefault(entry, []).append(str(code))
        for batch in table.sort_by("entry").to_batches(_STEP):
            for row in batch.to_pylist():
                codes = ";".join(former.get(row["entry"], ())) or None
                yield from_row((*(row[name] for name in COLUMNS), codes))


def _rejections(parts: Spill, numbers: range) -> Iterator[tuple[int, str, str, str]]:
    for _, table in _tables(parts, _REJECTED, numbers):
        for batch in table.to_batches(_STEP):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _built(out: Path, parts: Spill, numbers: range) -> Built:
    """Count what the parts hold."""
    rejected: Counter[tuple[str, str]] = Counter()
    for _, table in _tables(parts, _REJECTED, numbers):
        counted = table.group_by(["field", "reason"]).aggregate([([], "count_all")])
        for row in counted.to_pylist():
            rejected[row["field"], row["reason"]] += row["count_all"]
    entries, former = (
        sum(pq.read_metadata(file).num_rows for file in _files(parts, kind, numbers))
        for kind in (_ENTRIES, _FORMER)
    )
    return Built(out, entries, former, rejected)


def _sorting(progress: Told, rows: int | None) -> Callable[[int], None]:
    return lambda done: progress("sort", done, rows)


@contextlib.contextmanager
def _kept_for_later(parts: Spill, *, keep: bool) -> Iterator[None]:
    """Keep the parts after a failure if there is any use in going on, and say so."""
    try:
        yield
    except InputError:
        parts.destroy()  # the population has to change, and then they are of another one
        raise
    except RegistryError as error:
        if error.__cause__ is None:  # nothing failed but the rules: so it would again
            parts.destroy()
        if not keep or error.__cause__ is None:
            raise
        raise RegistryError(
            f"{error}; what was read is kept in {parts.path}: go on with --resume"
        ) from error


def _store(memory: int | None) -> int:
    """Give how many bytes DuckDB may take of those of the whole build."""
    if memory is not None and memory < LEAST:
        raise InputError(f"{memory / 10**9:.1f} GB of memory is too little: give at least 1GB")
    total = memory if memory is not None else whole_machine() // 2
    return max(total * (100 - _UNCOUNTED) // 100 - _PROCESS, _STORE)


def _stamp(population: Path) -> list[tuple[str, int, int]]:
    """Tell a population from what it was before, without reading it."""
    files = files_of(population) if population.is_dir() else [population]
    stats = [(file.name, file.stat()) for file in files]
    return [(name, about.st_size, about.st_mtime_ns) for name, about in stats]


def _meta(population: Path) -> dict[str, str]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "population": population.name or population.absolute().name,
        "population_sha256": digest(population),
    }


def _identity(meta: Mapping[str, str], options: Options) -> dict[str, str]:
    """Tell a build by what it reads, how, and by which version."""
    said: dict[str, Any] = attrs.asdict(options, filter=lambda at, _: at.name != "known")
    return {
        "population": meta["population_sha256"],
        "options": json.dumps(said, sort_keys=True, default=str),
        "library": json.dumps(
            {
                **about_library(),
                "format": FORMAT,
                "rows": BATCH_ROWS,
                "pyarrow": pa.__version__,
            }
        ),
        "tables": tables_digest(),
    }
