"""Verify rows inside a Spark job: tables in, a table out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk.columns import DOSE_COLUMNS, choose
from vnvaxmatch.bulk.engine import carry_out
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.spark.engine import Keep, SparkEngine, persisted
from vnvaxmatch.bulk.spark.joins import SALTED
from vnvaxmatch.bulk.spark.maps import Job
from vnvaxmatch.bulk.spark.people import Counted, entries_of, refuse_twice
from vnvaxmatch.bulk.spark.sessions import told
from vnvaxmatch.bulk.spark.texts import texts_of
from vnvaxmatch.bulk.steps import Plan
from vnvaxmatch.errors import InputError
from vnvaxmatch.policy import Disclosure, Policy, strict

__all__ = ["numbered", "verify"]

ROW: Final = "row"
"""The column of a list that numbers its rows."""


def verify(
    doses: DataFrame,
    population: DataFrame,
    *,
    by: Exact | Fuzzy | None = None,
    policy: Policy = strict,
    disclosure: Disclosure = Disclosure.FINDINGS,
    reading: ReadingRules | None = None,
    columns: Mapping[str, str] | None = None,
    population_columns: Mapping[str, str] | None = None,
    keep: Keep = persisted,
    caps: Mapping[KeyKind, int] = CAPS,
    salted: int = SALTED,
) -> DataFrame:
    """Verify a vaccination list against a population, both tables of Spark.

    Gives the columns of ``results.parquet``, a row for each row of ``doses``, in no order.
    ``doses`` has the columns of a list, under any heading that is known or that ``columns`` gives,
    and ``row``, whole numbers that name its rows, each once; without it they are numbered by
    :func:`numbered`. ``population`` has the columns of a population file, among them a key of every
    person, or its own ``row``.

    The result is computed when it is asked for; but before, jobs run that check that keys and row
    numbers are given once, and, for a matcher that was not fitted to a registry, count how common
    names and births are. ``keep`` keeps the tables that are used more than once. ``caps`` are those
    of :data:`vnvaxmatch.blocking.CAPS`: with others the answers are others. A key that more rows
    than ``salted`` ask for is dealt out over several tasks.
    Raises :class:`~vnvaxmatch.errors.InputError` or :class:`~vnvaxmatch.errors.RegistryError`.
    """
    found = choose(
        [name for name in doses.columns if name != ROW], DOSE_COLUMNS, given=columns or {}
    )
    with told():
        if ROW in doses.columns:
            rows = texts_of(doses, found, row=ROW)
            _refuse_twice(rows)
        else:
            rows = texts_of(numbered(doses), found, row=ROW)
        row = ROW if ROW in population.columns else None
        entries = keep(entries_of(population, columns=population_columns, row=row), "entries")
        refuse_twice(entries)
        matcher = by or Exact()
        if isinstance(matcher, Fuzzy):
            matcher = matcher.fitted(Counted(entries))
        plan = Plan(matcher, policy, disclosure, reading or ReadingRules())
        job = Job.of(plan, texts=found.found)
        engine = SparkEngine(job, entries, keep=keep, caps=caps, salted=salted)
        return carry_out(engine, plan.stages, rows).select(*plan.schema.names)


def numbered(rows: DataFrame) -> DataFrame:
    """Number the rows of a table from 1, in the order in which Spark reads it, as ``row``.

    This runs a job that counts the rows of each partition. Only a table that is read from files, or
    computed from such without a shuffle, has an order that stays the same when it is read again.
    """
    marked = rows.withColumn("_at", sf.monotonically_increasing_id())
    part = sf.shiftrightunsigned("_at", _PART_BITS)
    counts = marked.groupBy(part.alias("part")).count().orderBy("part").collect()
    offsets, before = [], 0
    for counted in counts:
        offsets += [sf.lit(counted["part"]), sf.lit(before)]
        before += counted["count"]
    if not offsets:
        raise InputError("the list has no rows")
    within = sf.col("_at").bitwiseAND((1 << _PART_BITS) - 1)
    row = sf.create_map(*offsets)[part] + within + 1
    return marked.withColumn(ROW, row).drop("_at")


_PART_BITS: Final = 33
"""So Spark makes its increasing numbers: the partition above these bits, the place in it below."""


def _refuse_twice(rows: DataFrame) -> None:
    counted = rows.groupBy(ROW).agg(sf.count("*").alias("times"))
    doubtful = counted.where(f"times > 1 OR {ROW} IS NULL").count()
    if doubtful:
        raise InputError(
            f"the column «{ROW}» of the list must name every row once, and {doubtful} of its "
            "values do not; number the rows, or leave the column out"
        )
