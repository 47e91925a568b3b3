"""Joins on keys, in Spark: who is filed under what rows are looked for by.

Keys are skewed: thousands of people are called Nguyễn Văn Hùng and were born on 1 January 1960, and
thousands of rows ask for them. Two things keep that in bounds. Of a key that more people are filed
under than its cap allows, nobody is given; and of a key that more rows ask for than ``salted``
allows, who was found is copied, so that the rows are shared out among tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk.engine import Stage
from vnvaxmatch.bulk.spark.keys import KEY, KIND_CODES, KINDS
from vnvaxmatch.bulk.spark.maps import FILED, Filing

__all__ = ["SALTED", "SHUFFLED", "find"]

SALTED: Final = 20_000
"""Rows that may ask for one key before who was found for it is copied."""

SHUFFLED: Final = "merge"
"""A hint to Spark: what is small it would else send to everybody by way of the driver, where no
person's data are to be."""

_SALTS: Final = 1_000
"""Copies at most."""


def find(
    asked: DataFrame,
    entries: DataFrame,
    stage: Stage,
    *,
    caps: Mapping[KeyKind, int] = CAPS,
    salted: int = SALTED,
) -> DataFrame:
    """Find who is filed under the keys that rows are looked for by.

    ``asked`` has the columns of :data:`vnvaxmatch.bulk.spark.keys.ASKED`. Gives ``row`` and
    ``blocks`` for each row about which there is anything to say.
    """
    keys = asked.groupBy(*KEY.names).agg(sf.count("*").alias("asks"))
    keys = keys.withColumn("salts", sf.least(sf.ceil(sf.col("asks") / salted), sf.lit(_SALTS)))
    heavy = keys.where("salts > 1").select(*KEY.names, "salts")
    rows = asked.join(heavy, list(KEY.names), "left").select(
        "row",
        *KEY.names,
        sf.coalesce(sf.pmod(sf.xxhash64("row"), sf.col("salts")), sf.lit(0)).alias("salt"),
    )
    blocks = _blocks(keys, entries, stage, caps).withColumn(
        "salt", sf.explode(sf.sequence(sf.lit(0).cast("long"), sf.col("salts") - 1))
    )
    led = rows.join(blocks.hint(SHUFFLED), [*KEY.names, "salt"])
    return led.groupBy("row").agg(
        sf.collect_list(sf.struct("kind", "over", "people")).alias("blocks")
    )


def _blocks(
    keys: DataFrame, entries: DataFrame, stage: Stage, caps: Mapping[KeyKind, int]
) -> DataFrame:
    """Give for each key who is filed under it, or that they are too many.

    Of those who are too many no more are gathered than show that they are.
    """
    filed = entries.mapInArrow(Filing(stage), from_arrow_schema(FILED))
    hits = filed.join(keys.hint(SHUFFLED), list(KEY.names))
    cap = _cap(stage, caps)
    most = max(caps[kind] for kind in KINDS[stage]) + 1
    first = Window.partitionBy(*KEY.names).orderBy("person.entry_key")
    hits = hits.withColumn("place", sf.row_number().over(first)).where(sf.col("place") <= most)
    gathered = hits.groupBy(*KEY.names, "salts").agg(sf.collect_list("person").alias("people"))
    over = sf.size("people") > cap
    return gathered.select(
        *KEY.names,
        "salts",
        over.alias("over"),
        sf.when(~over, sf.col("people")).alias("people"),
    )


def _cap(stage: Stage, caps: Mapping[KeyKind, int]) -> Column:
    chosen = sf.lit(None).cast("int")
    for kind in KINDS[stage]:
        chosen = sf.when(sf.col("kind") == KIND_CODES[kind], caps[kind]).otherwise(chosen)
    return chosen
