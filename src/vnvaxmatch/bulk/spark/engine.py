"""The engine on a Spark cluster: rows stay where they are, keys are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk.engine import Stage
from vnvaxmatch.bulk.spark.joins import SALTED, SHUFFLED, find
from vnvaxmatch.bulk.spark.keys import ASKED, KEY
from vnvaxmatch.bulk.spark.maps import Asking, Deciding, Job, Settling

__all__ = ["Keep", "SparkEngine", "persisted"]

Keep: TypeAlias = Callable[[DataFrame, str], DataFrame]
"""Keeps a table that is used twice; it is given a name for it, and returns what to read then."""


def persisted(table: DataFrame, name: str) -> DataFrame:
    """Keep a table on the executors, in memory and on disk, once it is computed.

    What an executor held that is lost is computed again. ``spark.catalog.clearCache()`` frees it.
    """
    del name
    return table.persist(StorageLevel.MEMORY_AND_DISK)


class SparkEngine:
    """Carries out the stages of a plan on tables of rows.

    ``entries`` has the columns of :data:`vnvaxmatch.bulk.spark.keys.PERSON` and ``phone``; rows
    have ``row``, the texts of the job and the mark of unreadable ones.
    """

    def __init__(
        self,
        job: Job,
        entries: DataFrame,
        *,
        keep: Keep = persisted,
        caps: Mapping[KeyKind, int] = CAPS,
        salted: int = SALTED,
    ) -> None:
        self._job = job
        self._entries = entries
        self._keep = keep
        self._caps = caps
        self._salted = salted
        self._settled: DataFrame | None = None

    def ask(self, stage: Stage, rows: DataFrame, found: tuple[DataFrame, ...]) -> DataFrame:
        """Make the keys of a stage; with the second, what the first one settles is decided."""
        if stage is Stage.NUMBERS:
            return rows.mapInArrow(Asking(self._job), from_arrow_schema(ASKED))
        settled = _with(rows, found).mapInArrow(
            Settling(self._job), from_arrow_schema(self._job.settled)
        )
        self._settled = self._keep(settled, "settled")
        asked = self._settled.where("_open").select(
            sf.col("_row").alias("row"), sf.explode("_keys").alias("key")
        )
        return asked.select("row", *(f"key.{name}" for name in KEY.names))

    def find(self, stage: Stage, asked: DataFrame) -> DataFrame:
        """Find the entries that have the keys."""
        return find(asked, self._entries, stage, caps=self._caps, salted=self._salted)

    def decide(self, rows: DataFrame, found: tuple[DataFrame, ...]) -> DataFrame:
        """Compare with all that was found, and decide: packed results, in no order."""
        packed = from_arrow_schema(self._job.packed)
        if self._settled is None:
            return _with(rows, found).mapInArrow(Deciding(self._job), packed)
        settled, self._settled = self._settled, None
        open_ = settled.where("_open").select(
            sf.col("_row").alias("row"),
            sf.col("_blocks_0").alias("blocks_0"),
            *(sf.col(name) for name in settled.columns if name.startswith("_list_")),
        )
        more = found[-1].withColumnRenamed("blocks", "blocks_1").hint(SHUFFLED)
        last = open_.join(more, "row", "left")
        rest = last.mapInArrow(Deciding(self._job, prefix="_list_"), packed)
        return settled.where("NOT _open").select(*self._job.packed.names).unionByName(rest)


def _with(rows: DataFrame, found: tuple[DataFrame, ...]) -> DataFrame:
    """Put what was found beside the rows."""
    for number, table in enumerate(found):
        column = table.withColumnRenamed("blocks", f"blocks_{number}")
        rows = rows.join(column.hint(SHUFFLED), "row", "left")
    return rows
