"""Tables between the steps of a run on a cluster, in a folder that driver and workers share."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from vnvaxmatch.bulk.sources.source import BATCH_ROWS
from vnvaxmatch.bulk.spill import Spill
from vnvaxmatch.errors import OutputError

__all__ = ["Tables"]

_RUN: Final = "run"
_TABLES: Final = "tables"
_DONE: Final = "_SUCCESS"
_BEGUN: Final = "begun"
_RANGE: Final = "_range"
_LOG: Final = "spark.log"


class Tables:
    """The tables of an unfinished run. Made by :meth:`opened`.

    ``log`` is a file for what Spark has to say.
    """

    def __init__(self, path: Path, log: Path) -> None:
        self.path = path
        self.log = log

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls, folder: Path, /, *, identity: Mapping[str, str], resume: bool
    ) -> Iterator[Tables]:
        """Open the folder of a run, as :meth:`vnvaxmatch.bulk.spill.Spill.opened` does.

        Everything in it is removed if the block ends well. Workers must be allowed to read and
        write what is in it: where they run as somebody else, make the folder before, with the
        rights that they need; what is written there has the same.
        """
        made = not folder.exists()
        _refuse_foreign(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder}: {error.strerror}") from error
        tables = folder / _TABLES
        try:
            with Spill.opened(folder / _RUN, identity=identity, resume=resume) as spill:
                if not spill.parts(_BEGUN):
                    shutil.rmtree(tables, ignore_errors=True)
                    spill.put(_BEGUN, 0, pa.table({"made": [made]}))
                elif (begun := spill.get(_BEGUN, 0)) is not None:
                    made = bool(begun["made"][0].as_py())
                tables.mkdir(exist_ok=True)
                tables.chmod(folder.stat().st_mode & 0o7777)
                done = False
                try:
                    yield cls(tables, folder / _LOG)
                    done = True
                finally:
                    # of a run that failed there is nothing to go on with before a table is whole
                    if done or not any(tables.glob(f"*/{_DONE}")):
                        shutil.rmtree(tables, ignore_errors=True)
                        spill.destroy()
                if done:
                    (folder / _LOG).unlink(missing_ok=True)
        finally:
            if made:
                with contextlib.suppress(OSError):
                    folder.rmdir()  # unless something is in it

    def keep(self, table: DataFrame, name: str) -> DataFrame:
        """Compute a table and write it, unless that was done before; give it to be read."""
        path = self.path / name
        if not (path / _DONE).exists():
            table.write.mode("overwrite").parquet(str(path))
        return table.sparkSession.read.schema(table.schema).parquet(str(path))

    def put(self, name: str, number: int, batch: pa.RecordBatch, rows: pa.Array) -> Path:
        """Write a batch with its rows' numbers, whole or not at all, unless it is there."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        path = folder / f"part-{number:05}.parquet"
        if not path.exists():
            unfinished = folder / f".{path.name}.tmp"
            try:
                table = pa.Table.from_batches([batch]).append_column("row", rows)
                pq.write_table(table, unfinished, compression="zstd", row_group_size=BATCH_ROWS)
                os.replace(unfinished, path)
            except OSError as error:
                unfinished.unlink(missing_ok=True)
                raise OutputError(f"cannot write {path}: {error.strerror}") from error
        return path

    def in_order(self, table: DataFrame, name: str) -> Iterator[pa.Table]:
        """Compute a table with a column ``row``, and give its rows in order, range by range.

        The rows are numbered from 1, each once. A range is one task's and one file's.
        """
        path = self.path / name
        if not (path / _DONE).exists():
            at = sf.floor((sf.col("row") - 1) / BATCH_ROWS).cast("int")
            ranges = table.withColumn(_RANGE, at).repartition(_RANGE)
            sorted_ = ranges.sortWithinPartitions(_RANGE, "row").write.mode("overwrite")
            sorted_.partitionBy(_RANGE).parquet(str(path))
        number = 0
        while (part := path / f"{_RANGE}={number}").is_dir():
            tables = [pq.ParquetFile(file).read() for file in sorted(part.glob("part-*.parquet"))]
            yield pa.concat_tables(tables).sort_by("row")
            number += 1


def _refuse_foreign(folder: Path) -> None:
    known = {_RUN, _TABLES, _LOG}
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        held = ["no folder"]
    else:
        held = [path.name for path in folder.iterdir()] if folder.exists() else []
    if not known.issuperset(held) or (_TABLES in held and _RUN not in held):
        raise OutputError(
            f"{folder} is not a folder of an unfinished run, and nothing in it was touched; "
            "name a new or an empty folder with --spill"
        )


def cut(tables: Iterable[pa.Table], sizes: Iterable[int]) -> Iterator[pa.Table]:
    """Cut tables that follow one another anew, into pieces of so many rows each."""
    incoming = iter(tables)
    held: list[pa.Table] = []
    for size in sizes:
        while sum(each.num_rows for each in held) < size:
            held.append(next(incoming))
        together = pa.concat_tables(held)
        yield together.slice(0, size)
        held = [together.slice(size)]
