"""Write a made-up population and list to a folder, in memory that does not grow."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from vnvaxmatch.errors import InputError
from vnvaxmatch.synthetic.crews import Crew, can_have_crew
from vnvaxmatch.synthetic.files import MakeBlock, MakePart, Written, write_part
from vnvaxmatch.synthetic.folders import whole_folder
from vnvaxmatch.synthetic.layout import Format, Part, Rows, World, parts_of
from vnvaxmatch.synthetic.people import MOST_PEOPLE

__all__ = ["MOST_DOSES", "Progress", "Synthesis", "synthesize"]

MOST_DOSES = 1_000_000_000
"""Above this the identifiers of records could repeat."""

Progress: TypeAlias = Callable[[int, int, str], None]
"""Told how many rows are done, of how many, and of which list."""


@attrs.frozen
class Synthesis:
    """What was written: where, how much, and how often each kind of damage took hold."""

    out: Path
    people: int
    doses: int
    corruptions: Mapping[str, int]


def synthesize(
    *,
    people: int,
    doses: int,
    seed: int,
    out: Path,
    form: Format | None = None,
    rows_per_file: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Synthesis:
    """Write a made-up population and a realistically broken list of its vaccinations.

    ``out`` becomes a folder with ``population.parquet`` and ``.csv``, ``doses.csv`` (UTF-8 with a
    byte-order mark), ``doses.xlsx`` up to :data:`MOST_ROWS_IN_A_SHEET` rows, and
    ``truth.parquet``: ``row`` from 1, ``entry_key`` (null for nobody in the population), the codes
    of ``corruptions`` joined by ``;``, and ``expect_reparable``: whether the right values can
    still be read. ``form`` names other files for people and doses: all Parquet, all CSV, or both.

    A list of more than :data:`IN_PARTS_ABOVE` rows, and any where ``rows_per_file`` is given, is a
    folder of parts instead, one folder a kind: ``population/part-00000.parquet``,
    ``population-csv/part-00000.csv``, and so on. Parts are read back as one list in the order of
    their names.

    The same seed and sizes give the same data, and the same ``rows_per_file`` the same files,
    whatever the number of ``threads``: processes of their own, a few hundred MB each at any size.
    A folder with other files in it is refused with :class:`~vnvaxmatch.errors.OutputError`, and
    nothing half-written ever stays.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise InputError(f"people must be from 1 to {MOST_PEOPLE:,}")
    if seed < 0 or not 0 <= doses <= MOST_DOSES:
        raise InputError(f"seed must not be negative, and doses be from 0 to {MOST_DOSES:,}")
    if threads < 1 or (rows_per_file is not None and rows_per_file < 1):
        raise InputError("threads and rows_per_file must be 1 or more")
    world = World(seed, people, doses)
    lists = [parts_of(world, rows, form=form, rows_per_file=rows_per_file) for rows in Rows]
    counts: Counter[str] = Counter()
    with whole_folder(Path(out)) as folder, _crew(threads, lists) as crew:
        for parts in lists:
            of, done = parts[0].of, 0
            steps = _written(world, parts, folder=folder, crew=crew)
            with contextlib.closing(steps):  # files are closed before the folder goes
                for written in steps:
                    counts.update(written.corruptions)
                    done += written.rows
                    if progress is not None:
                        progress(done, world.size(of), of.value)
    return Synthesis(Path(out), people, doses, dict(sorted(counts.items())))


@contextlib.contextmanager
def _crew(threads: int, lists: Iterable[list[Part]]) -> Iterator[Crew[Any] | None]:
    """Give as many processes as find work at once; none where one would be alone."""
    most = max(max(len(parts), len(parts[0].blocks)) for parts in lists)
    count = min(threads, most)
    if count < 2 or not can_have_crew():
        yield None
        return
    with Crew[Any](count) as crew:
        yield crew


def _written(
    world: World, parts: list[Part], *, folder: Path, crew: Crew[Any] | None
) -> Generator[Written]:
    """Write a list. Parts are made side by side; of a single one the blocks are."""
    if crew is None:
        for part in parts:
            yield from MakePart(world, part, folder)()
    elif len(parts) > 1:
        tasks = (MakePart(world, part, folder) for part in parts)
        yield from (written for _, written in crew.values(tasks))
    else:
        (part,) = parts
        blocks = crew.in_order(MakeBlock(world, part.of, block) for block in part.blocks)
        yield from write_part(part, blocks, seed=world.seed, folder=folder)
