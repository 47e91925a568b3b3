"""``vnvaxmatch verify --engine spark``: its options, and what it does. Spark is loaded on a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click
from click.core import ParameterSource

from vnvaxmatch.backends import Exact, Fuzzy, Matcher
from vnvaxmatch.bulk import InputOptions, Run
from vnvaxmatch.bulk.columns import parse_given
from vnvaxmatch.bulk.kept import begun_on
from vnvaxmatch.cli.network_options import is_address
from vnvaxmatch.cli.shared import progress_bar, told_to_resume
from vnvaxmatch.cli.summary import show_run
from vnvaxmatch.errors import BackendError, InputError
from vnvaxmatch.messages import Lang
from vnvaxmatch.policy import Disclosure

__all__ = ["Spark", "check_engine", "spark_options", "verify_on_spark"]

F = TypeVar("F", bound=Callable[..., Any])

PASSWORD = "VNVAXMATCH_JDBC_PASSWORD"
"""The environment variable that holds the password of the database."""

_SPARK_ONLY = (
    "master", "spark_conf", "jdbc_table", "jdbc_driver", "jdbc_user", "jdbc_option",
    "registry_columns",
)  # fmt: skip
_ELSEWHERE_ONLY = ("workers", "memory")


def spark_options(function: F) -> F:
    """Add the options of a run on a Spark cluster."""
    for option in reversed(
        [
            click.option(
                "--engine",
                type=click.Choice(["duckdb", "spark"]),
                default="duckdb",
                show_default=True,
                help="What moves the rows: duckdb on this machine, or spark, with a population in "
                "place of a registry file.",
            ),
            click.option(
                "--master",
                metavar="URL",
                help="With spark: the cluster, as spark://HOST:7077, or local[2] for two "
                "processors of this machine.",
            ),
            click.option(
                "--spark-conf",
                multiple=True,
                metavar="NAME=VALUE",
                help="With spark: a setting of Spark's. May be given several times.",
            ),
            click.option(
                "--registry-columns",
                multiple=True,
                metavar="COLUMN=HEADING",
                help="With spark: as --columns, for the population.",
            ),
            click.option(
                "--jdbc-table",
                metavar="TABLE",
                help="With spark and --registry jdbc:…: the table of people. The password is taken "
                f"from the variable {PASSWORD}.",
            ),
            click.option("--jdbc-driver", metavar="CLASS", help="With spark: the driver's class."),
            click.option("--jdbc-user", help="With spark: who logs in to the database."),
            click.option(
                "--jdbc-option",
                multiple=True,
                metavar="NAME=VALUE",
                help="With spark: an option of Spark's JDBC reader, as partitionColumn=id. May be "
                "given several times.",
            ),
        ]
    ):
        function = option(function)
    return function


def check_engine(engine: str, registry: str) -> None:
    """Refuse options that are for the other engine: none is ever ignored."""
    context = click.get_current_context()
    spark = engine == "spark"
    for name in _ELSEWHERE_ONLY if spark else _SPARK_ONLY:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--threads" if name == "workers" else "--" + name.replace("_", "-")
            other = "a run without Spark" if spark else "--engine spark"
            raise click.UsageError(f"{flag} is for {other}", ctx=context)
    if not spark:
        return
    if context.params["master"] is None:
        raise click.UsageError(
            "say with --master where Spark runs: spark://HOST:7077, or local[2] for two "
            "processors of this machine",
            ctx=context,
        )
    if is_address(registry):
        raise click.UsageError("a registry over a network is asked without Spark", ctx=context)
    if _is_jdbc(registry) is not (context.params["jdbc_table"] is not None):
        raise click.UsageError(
            "--jdbc-table goes with --registry jdbc:…, and neither without the other", ctx=context
        )


@attrs.frozen(kw_only=True)
class Spark:
    """The options of :func:`spark_options`, as they were given."""

    master: str
    spark_conf: Sequence[str] = ()
    registry_columns: Sequence[str] = ()
    jdbc_table: str | None = None
    jdbc_driver: str | None = None
    jdbc_user: str | None = None
    jdbc_option: Sequence[str] = ()


def verify_on_spark(
    doses: Path,
    *,
    registry: str,
    spark: Spark,
    matcher: Matcher,
    out: Path,
    spill: Path | None,
    resume: bool,
    disclosure: Disclosure,
    options: InputOptions,
    reference_given: bool,
    worklists: bool,
    lang: Lang,
    record: Callable[[Run], None],
) -> None:
    """Verify a list on a Spark cluster, and show the summary."""
    from vnvaxmatch.bulk.spark.files import verify_files

    if not isinstance(matcher, (Exact, Fuzzy)):
        raise BackendError("Spark runs the exact and the fuzzy matcher; try --by exact")
    if spill is None:
        if not spark.master.startswith("local"):
            raise InputError(
                "name with --spill a folder that all machines of the cluster have under the same "
                "path, and may read and write"
            )
        spill = out.absolute().with_name(f".{out.name}.spark")
    if resume and not reference_given:
        options = attrs.evolve(options, reference=begun_on(spill / "run") or options.reference)
    with told_to_resume(spill, lang), progress_bar(lang) as progress:
        run = verify_files(
            doses,
            population=_population(registry, spark),
            out=out,
            spill=spill,
            master=spark.master,
            by=matcher,
            disclosure=disclosure,
            options=options,
            population_columns=parse_given(spark.registry_columns),
            worklists=worklists,
            lang=lang,
            resume=resume,
            settings=_pairs("--spark-conf", spark.spark_conf),
            progress=progress,
        )
    record(run)
    show_run(run, lang)


def _is_jdbc(registry: str) -> bool:
    return registry.lower().startswith("jdbc:")


def _population(registry: str, spark: Spark) -> Any:
    from vnvaxmatch.bulk.spark.files import Database

    if not _is_jdbc(registry):
        if registry.lower().endswith((".duckdb", ".sqlite", ".db")):
            raise InputError(
                f"{registry} is a registry file, for one machine; with --engine spark name the "
                "population itself: a Parquet or CSV file or folder, or jdbc:…"
            )
        return Path(registry)
    return Database(
        registry,
        spark.jdbc_table or "",
        driver=spark.jdbc_driver,
        user=spark.jdbc_user,
        password=os.environ.get(PASSWORD),
        options=_pairs("--jdbc-option", spark.jdbc_option),
    )


def _pairs(flag: str, given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise InputError(f"{flag} wants NAME=VALUE")
        pairs[name.strip()] = value
    return pairs
