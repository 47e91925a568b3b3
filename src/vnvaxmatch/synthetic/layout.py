"""Which files made-up data are written to, and which rows go into each.

A list is one file of a kind, or a folder of numbered parts; a part depends on the seed, the sizes
and its number alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import attrs

from vnvaxmatch.errors import InputError
from vnvaxmatch.synthetic.people import BLOCK

__all__ = [
    "IN_PARTS_ABOVE",
    "MOST_PARTS",
    "MOST_ROWS_IN_A_SHEET",
    "OURS",
    "ROWS_IN_A_PART",
    "Format",
    "Part",
    "Rows",
    "World",
    "parts_of",
]

MOST_ROWS_IN_A_SHEET = 100_000
"""Up to this many doses the list is also written as a spreadsheet, unless formats are named."""

IN_PARTS_ABOVE = 10_000_000
"""A list of more rows is written in parts."""

ROWS_IN_A_PART = 64 * BLOCK
"""Rows of a part where nobody says how many."""

MOST_PARTS = 10_000
"""More files than these are of no use to anybody."""


class Format(StrEnum):
    """What kind of files people and doses are written to; the truth is always Parquet."""

    PARQUET = "parquet"
    CSV = "csv"
    BOTH = "both"


class Rows(StrEnum):
    """The two kinds of rows that are made up; the truth goes with the doses."""

    POPULATION = "population"
    DOSES = "doses"


_DEFAULT = {
    Rows.POPULATION: (Format.PARQUET, Format.CSV),
    Rows.DOSES: (Format.CSV,),  # as a platform exports it
}
_NAMES = ("population", "doses", "truth")
OURS = frozenset(
    [f"{name}.{suffix}" for name in _NAMES for suffix in Format]
    + [f"{name}{kind}" for name in _NAMES for kind in ("", "-csv")]
    + ["doses.xlsx"]
)
"""Names that a folder of made-up data may hold."""


@attrs.frozen
class World:
    """What everything is made of: the same seed and sizes make the same data."""

    seed: int
    people: int
    doses: int

    def size(self, rows: Rows) -> int:
        """Count the rows of a list."""
        return self.people if rows is Rows.POPULATION else self.doses


@attrs.frozen
class Part:
    """Rows of a list, from ``first`` (from 0) on, and the files that they go into, by kind.

    Paths are those below the folder of the data, with ``/``.
    """

    of: Rows
    first: int
    rows: int
    files: dict[str, str]

    @property
    def blocks(self) -> range:
        """The blocks that its rows are of."""
        return range(self.first // BLOCK, -(-(self.first + self.rows) // BLOCK))


def parts_of(
    world: World, rows: Rows, *, form: Format | None, rows_per_file: int | None
) -> list[Part]:
    """Share the rows of a list out to files.

    >>> for part in parts_of(World(1, 5, 0), Rows.POPULATION, form=Format.CSV, rows_per_file=3):
    ...     print(part.first, part.rows, *part.files.values())
    0 3 population-csv/part-00000.csv
    3 2 population-csv/part-00001.csv
    """
    total = world.size(rows)
    kinds = _DEFAULT[rows]
    if form is not None:
        kinds = (Format.PARQUET, Format.CSV) if form is Format.BOTH else (form,)
    if rows_per_file is None and total <= IN_PARTS_ABOVE:
        return [Part(rows, 0, total, dict(_whole(rows, kinds, total, sheets=form is None)))]
    each = rows_per_file or ROWS_IN_A_PART
    if total > each * MOST_PARTS:
        raise InputError(
            f"{each:,} rows a file would make {-(-total // each):,} files of {rows.value}; at most "
            f"{MOST_PARTS:,} are written, so ask for {-(-total // MOST_PARTS):,} rows or more"
        )
    return [
        Part(rows, first, min(each, total - first), dict(_numbered(rows, kinds, number)))
        for number, first in enumerate(range(0, max(total, 1), each))
    ]


def _whole(
    rows: Rows, kinds: tuple[Format, ...], total: int, *, sheets: bool
) -> Iterator[tuple[str, str]]:
    for kind in kinds:
        yield kind.value, f"{rows.value}.{kind.value}"
    if rows is Rows.DOSES:
        yield "truth", "truth.parquet"
        if sheets and total <= MOST_ROWS_IN_A_SHEET:
            yield "sheet", "doses.xlsx"


def _numbered(rows: Rows, kinds: tuple[Format, ...], number: int) -> Iterator[tuple[str, str]]:
    for kind in kinds:
        folder = rows.value if kind is Format.PARQUET else f"{rows.value}-{kind.value}"
        yield kind.value, f"{folder}/part-{number:05}.{kind.value}"
    if rows is Rows.DOSES:
        yield "truth", f"truth/part-{number:05}.parquet"
