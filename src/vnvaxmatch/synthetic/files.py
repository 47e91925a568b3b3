"""Write the rows of one part to its files, block by block: memory does not grow."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import attrs
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from vnvaxmatch.synthetic.damage import HEADINGS, LIST, TRUTH, list_block
from vnvaxmatch.synthetic.layout import Part, Rows, World
from vnvaxmatch.synthetic.people import BLOCK, people_block
from vnvaxmatch.synthetic.render import POPULATION, population_texts
from vnvaxmatch.synthetic.sheet import Sheet

__all__ = ["Made", "MakeBlock", "MakePart", "Written", "write_part"]

_SCHEMAS = {Rows.POPULATION: POPULATION, Rows.DOSES: LIST}
_STARTS = {Rows.POPULATION: b"", Rows.DOSES: b"\xef\xbb\xbf"}
"""The list begins with a byte order mark, as a platform's export does."""


@attrs.frozen(eq=False)
class Made:
    """Some rows of a list in their order; ``truth`` where they are doses."""

    block: int
    rows: pa.RecordBatch
    truth: pa.RecordBatch | None = None

    def within(self, part: Part) -> Made:
        """Keep the rows that are of a part."""
        before = max(part.first - self.block * BLOCK, 0)
        upto = min(part.first + part.rows - self.block * BLOCK, self.rows.num_rows)
        truth = None if self.truth is None else self.truth.slice(before, upto - before)
        return Made(self.block, self.rows.slice(before, upto - before), truth)


@attrs.frozen
class Written:
    """So many rows more are in the files, with these kinds of damage."""

    rows: int
    corruptions: Counter[str]


@attrs.frozen
class MakeBlock:
    """The work of making one block; what is made can go to another process."""

    world: World
    of: Rows
    block: int

    def __call__(self) -> Iterator[Made]:
        """Make it."""
        world = self.world
        if self.of is Rows.POPULATION:
            people = people_block(world.seed, self.block, total=world.people)
            yield Made(self.block, population_texts(people))
        else:
            made = list_block(world.seed, self.block, people=world.people, doses=world.doses)
            yield Made(self.block, made.rows, made.truth)


@attrs.frozen
class MakePart:
    """The work of writing one part into a folder; tells what is written after every block."""

    world: World
    part: Part
    folder: Path

    def __call__(self) -> Iterator[Written]:
        """Write it."""
        blocks = (MakeBlock(self.world, self.part.of, block) for block in self.part.blocks)
        made = (some for make in blocks for some in make())
        return write_part(self.part, made, seed=self.world.seed, folder=self.folder)


def write_part(part: Part, blocks: Iterable[Made], *, seed: int, folder: Path) -> Iterator[Written]:
    """Write the blocks of a part, which come in their order, to its files."""
    paths = {kind: folder / name for kind, name in part.files.items()}
    for path in paths.values():
        path.parent.mkdir(exist_ok=True)
    schema = _SCHEMAS[part.of]
    with contextlib.ExitStack() as stack:
        parquet = text = truth = sheet = None
        if "parquet" in paths:
            parquet = stack.enter_context(pq.ParquetWriter(paths["parquet"], schema))
        if "csv" in paths:
            text = stack.enter_context(_Csv(paths["csv"], schema, start=_STARTS[part.of]))
        if "truth" in paths:
            truth = stack.enter_context(pq.ParquetWriter(paths["truth"], TRUTH))
        if "sheet" in paths:
            sheet = stack.enter_context(Sheet(paths["sheet"], HEADINGS))
        for made in blocks:
            some = made.within(part)
            for file in (parquet, text):
                if file is not None:
                    file.write_batch(some.rows)
            codes: list[str] = []
            if some.truth is not None and truth is not None:
                truth.write_batch(some.truth)
                codes = some.truth.column("corruptions").to_pylist()
            if sheet is not None:
                sheet.write(some.rows, codes, seed=seed, block=some.block)
            counts = Counter(code for done in codes for code in done.split(";") if code)
            yield Written(some.rows.num_rows, counts)


class _Csv:
    """A CSV file that is written a batch at a time, headings first."""

    def __init__(self, path: Path, schema: pa.Schema, *, start: bytes) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._file.write(start + ",".join(schema.names).encode() + b"\n")
        options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
        self._writer = pa_csv.CSVWriter(self._file, schema, write_options=options)

    def write_batch(self, rows: pa.RecordBatch) -> None:
        self._writer.write_batch(rows)

    def __enter__(self) -> _Csv:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._writer.close()
        finally:
            self._file.close()
