"""Verify a list from a file on a Spark cluster: the same results folder as on one machine.

The list is read here, by the readers of every list, and written with numbered rows where all
workers can read it; what they decide comes back the same way, row range by row range, and is
written here in the order of the rows. No table ever comes to this process as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.bulk.columns import POPULATION_COLUMNS
from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.engine import carry_out
from vnvaxmatch.bulk.kept import identity_of
from vnvaxmatch.bulk.packing import unpack
from vnvaxmatch.bulk.provenance import about_model, digest
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.runs import InputOptions, Progress, Run, run_list
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import UNREADABLE, Options
from vnvaxmatch.bulk.spark.engine import SparkEngine
from vnvaxmatch.bulk.spark.maps import Job
from vnvaxmatch.bulk.spark.people import Counted, entries_of, refuse_twice
from vnvaxmatch.bulk.spark.sessions import opened, told
from vnvaxmatch.bulk.spark.tables import Tables, cut
from vnvaxmatch.bulk.steps import Plan
from vnvaxmatch.errors import InputError
from vnvaxmatch.messages import Lang
from vnvaxmatch.policy import Disclosure, Policy, strict

__all__ = ["Database", "open_database", "verify_files"]

_MANDATORY: Final = ("full_name", "date_of_birth", "sex", "id_number")


@attrs.frozen
class Database:
    """A table of people in a database: its JDBC address, and how to get in.

    ``options`` are those of Spark's JDBC reader: ``partitionColumn`` and the like.
    """

    url: str = attrs.field(repr=False)
    table: str
    driver: str | None = None
    user: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    options: Mapping[str, str] = attrs.field(factory=dict, repr=False)


def verify_files(
    doses: str | Path,
    *,
    population: str | Path | Database,
    out: str | Path,
    spill: str | Path,
    master: str,
    by: Exact | Fuzzy | None = None,
    policy: Policy = strict,
    disclosure: Disclosure = Disclosure.FINDINGS,
    options: InputOptions | None = None,
    population_columns: Mapping[str, str] | None = None,
    worklists: bool = True,
    lang: Lang = "vi",
    resume: bool = False,
    settings: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Verify a list against a population on a Spark cluster, and write a results folder.

    ``spill`` is a folder that the workers have under the same path. There the list is put for them,
    and what is computed is kept: a run that was killed goes on with ``resume``. ``settings`` are
    Spark's own. Raises as :func:`vnvaxmatch.bulk.verify` does.
    """
    options = options or InputOptions()
    plan = Plan(by or Exact(), policy, disclosure, ReadingRules())
    asked = {
        **_about(plan),
        "worklists": worklists,
        "population": _identity(population),
        "population_columns": dict(population_columns or {}),
    }
    identity = identity_of(Path(doses), asked, attrs.asdict(options))
    with (
        Tables.opened(Path(spill).absolute(), identity=identity, resume=resume) as tables,
        opened(master, settings=settings or {}, log=tables.log) as session,
    ):
        entries = _people(session, population, tables, population_columns or {})
        with told():
            refuse_twice(entries)
            registry = {**_described(population), "entries": str(entries.count())}
            if isinstance(plan.matcher, Fuzzy):
                plan = attrs.evolve(plan, matcher=plan.matcher.fitted(Counted(entries)))
        return run_list(
            Path(doses),
            Path(out),
            judges=_Cluster(session, tables, plan, entries),
            step=None,
            schema=plan.schema,
            about={"command": "verify", **_about(plan), "registry": registry},
            options=options,
            worklists=worklists,
            lang=lang,
            progress=progress,
        )


class _Cluster:
    """Judges the batches of a list all at once, on a cluster."""

    def __init__(
        self, session: SparkSession, tables: Tables, plan: Plan, entries: DataFrame
    ) -> None:
        self._session = session
        self._tables = tables
        self._plan = plan
        self._entries = entries

    def judge(self, batches: Iterable[pa.RecordBatch], rules: ReadingRules) -> Iterator[Decided]:
        """Judge batches, and give what was decided, in their order; rows are numbered from 1."""
        files, sizes = [], []
        first = 1
        for number, batch in enumerate(batches):
            rows = pa.array(np.arange(first, first + batch.num_rows))
            files.append(self._tables.put("doses", number, batch, rows))
            sizes.append(batch.num_rows)
            first += batch.num_rows
        texts = [name for name in batch.schema.names if name != UNREADABLE]
        plan = attrs.evolve(self._plan, reading=rules)
        engine = SparkEngine(Job.of(plan, texts=texts), self._entries, keep=self._tables.keep)
        with told():
            list_ = self._session.read.parquet(str(self._tables.path / "doses"))
            decided = self._tables.in_order(carry_out(engine, plan.stages, list_), "decided")
            for file, table in zip(files, cut(decided, sizes), strict=True):
                (given,) = pq.ParquetFile(file).read().combine_chunks().to_batches()
                yield _as_decided(table, given.select([*texts, UNREADABLE]), plan.schema)


def _as_decided(table: pa.Table, texts: pa.RecordBatch, schema: pa.Schema) -> Decided:
    """Take packed results apart, in the form in which one machine makes them."""
    decided = unpack(table, texts)
    return attrs.evolve(decided, table=decided.table.cast(schema))


def _about(plan: Plan) -> dict[str, Any]:
    matcher = plan.matcher
    return {
        "matcher": matcher.name,
        "model": about_model(matcher.weigher) if isinstance(matcher, Fuzzy) else None,
        "policy": str(plan.policy),
        "disclosure": plan.disclosure.value,
    }


def _identity(population: str | Path | Database) -> list[Any]:
    """Tell a population from another, or from what it was before."""
    if isinstance(population, Database):
        return [population.table]
    path = Path(population)
    if not path.exists():
        raise InputError(f"cannot read {path}: no such file")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def _described(population: str | Path | Database) -> dict[str, str]:
    """Say in the manifest which population it was."""
    if isinstance(population, Database):
        return {"backend": "Spark", "population": population.table}
    path = Path(population)
    return {"backend": "Spark", "population": path.name, "population_sha256": digest(path)}


def _people(
    session: SparkSession,
    population: str | Path | Database,
    tables: Tables,
    columns: Mapping[str, str],
) -> DataFrame:
    """Read people and keep them as entries, unless that was done before."""
    if isinstance(population, Database):
        with told():
            table = open_database(session, population)
            return tables.keep(entries_of(table, columns=columns), "entries")
    source = open_source(
        population, Options(known=POPULATION_COLUMNS, given=columns, mandatory=_MANDATORY)
    )
    if source.format == "parquet" and "entry_key" in source.columns.found:
        with told():
            table = session.read.parquet(str(Path(population).absolute()))
            return tables.keep(entries_of(table, columns=columns), "entries")
    first = 1
    for number, batch in enumerate(source.batches):
        rows = pa.array(np.arange(first, first + batch.num_rows))
        tables.put("population", number, batch, rows)
        first += batch.num_rows
    with told():
        table = session.read.parquet(str(tables.path / "population"))
        return tables.keep(entries_of(table, row="row"), "entries")


def open_database(session: SparkSession, database: Database) -> DataFrame:
    """Open a table of a database, to be read by the workers."""
    reader = session.read.format("jdbc").options(**database.options)
    given = {
        "url": database.url,
        "dbtable": database.table,
        "driver": database.driver,
        "user": database.user,
        "password": database.password,
    }
    for name, value in given.items():
        if value is not None:
            reader = reader.option(name, value)
    return reader.load()
