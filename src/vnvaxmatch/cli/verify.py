"""``vnvaxmatch verify`` and ``vnvaxmatch check``."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click

from vnvaxmatch.backends import Exact, Fuzzy, Matcher, load_backend
from vnvaxmatch.bulk import Run
from vnvaxmatch.bulk import check as check_list
from vnvaxmatch.bulk import verify as verify_list
from vnvaxmatch.bulk.kept import begun_on
from vnvaxmatch.cli.network_options import check_options, is_address, network_options
from vnvaxmatch.cli.shared import (
    FOLDER,
    dose_list_options,
    dose_options,
    input_options,
    lang_option,
    progress_bar,
    read_options,
    room_options,
    told_to_resume,
)
from vnvaxmatch.cli.spark import Spark, check_engine, spark_options, verify_on_spark
from vnvaxmatch.cli.summary import show_run
from vnvaxmatch.cli.without_pandas import leave_pandas_out
from vnvaxmatch.errors import BackendError, InputError, LedgerError, ModelError
from vnvaxmatch.messages import Lang
from vnvaxmatch.model import Model
from vnvaxmatch.policy import Disclosure, strict

__all__ = ["check", "verify"]

_LIST = click.Path(path_type=Path, readable=False)

_LARGEST_MODEL = 1_000_000
"""Bytes; a model has some five thousand."""


@click.command(short_help="Compare a list with a registry: right or wrong, and why.")
@click.argument("doses", type=_LIST)
@click.option(
    "--registry",
    required=True,
    help="A file made by `vnvaxmatch registry build`, or the https address of a registry that "
    "somebody else runs.",
)
@click.option(
    "--out", required=True, type=FOLDER, help="Folder for the results; replaced as a whole."
)
@click.option(
    "--by",
    default="exact",
    show_default=True,
    help="The matcher, by its installed name: exact or fuzzy.",
)
@click.option(
    "--model",
    type=_LIST,
    help="For a matcher that weighs (fuzzy): a file with the JSON of a model, which says what each "
    "likeness is worth and which weight is enough.  [default: the model that ships]",
)
@click.option(
    "--policy",
    type=click.Choice([strict.name]),
    default=strict.name,
    show_default=True,
    help="Which likenesses count as agreement.",
)
@click.option(
    "--disclosure",
    type=click.Choice([d.value for d in Disclosure]),
    default=Disclosure.FINDINGS.value,
    show_default=True,
    help="verdict: right or wrong only. findings: also which field is wrong. values: also which "
    "entry it is, and what to correct (only inside the body that owns the registry).",
)
@click.option("--no-worklists", is_flag=True, help="Do not write a spreadsheet for every commune.")
@click.option(
    "--ledger",
    "where",
    metavar="DB",
    help="Record the run in this ledger: digests, versions and counts, no value of any record.",
)
@room_options
@spark_options
@network_options
@input_options
@dose_options
@lang_option
def verify(
    doses: Path,
    registry: str,
    out: Path,
    by: str,
    model: Path | None,
    policy: str,
    disclosure: str,
    no_worklists: bool,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    reference_date: Any,
    commune_codes: str,
    workers: int,
    lang: Lang,
    where: str | None,
    memory: int | None,
    spill: Path | None,
    resume: bool,
    engine: str,
    **elsewhere: Any,
) -> None:
    """Compare a vaccination list with a registry: right or wrong, and why.

    DOSES is a CSV, XLSX or Parquet file with at least a name, a date of birth, a sex and an ID
    number; headings are recognised in Vietnamese and English.

    --by exact finds a person by the ID number alone, one that is held now or was held before. A row
    with a wrong number is not found, or is compared with somebody else who has that number.

    --by fuzzy also looks by name, date of birth, sex and phone, and weighs what agrees and what
    does not. It takes an entry only if that one is sure enough, and nobody else comes near; a row
    is then right by the same rules as with exact.

    A list of millions, or a registry of a whole country, is worked through part by part: --memory
    bounds what the run takes, and with --spill a run that was killed goes on by --resume.

    With --engine spark the list is verified on the cluster --master, and --registry names the
    population itself: a Parquet or CSV file, a folder of them, or jdbc:….

    With --registry https://… the registry of somebody else is asked over a network, about each
    person once. What was answered is kept beside --out, in a folder that ends in .unfinished, until
    all is answered: --resume goes on with it. Exit code 3 says that rows are left about which
    nobody answered.

    \b
    Writes into the folder --out:
      results.parquet, results.csv   a row for every row of the list, in its order
      worklists/                     a spreadsheet for every commune, with the rows to fix
      summary.json, manifest.json    counts; digests and versions, for an audit
    """
    del policy  # one policy so far, which is the library's default
    check_options(registry)
    check_engine(engine, registry)
    spark = {name: elsewhere.pop(name) for name in attrs.fields_dict(Spark)}
    options = dose_list_options(
        read_options(columns, delimiter, encoding, sheet), reference_date, commune_codes
    )
    given = reference_date is not None
    common: dict[str, Any] = {
        "out": out, "disclosure": Disclosure(disclosure), "worklists": not no_worklists,
        "lang": lang,
    }  # fmt: skip
    with _recorder(where) as record:
        if is_address(registry):
            from vnvaxmatch.cli.network import Network, verify_over_network

            verify_over_network(
                doses, address=registry, network=Network(resume=resume, **elsewhere),
                options=options, reference_given=given, record=record, **common,
            )  # fmt: skip
        elif engine == "spark":
            verify_on_spark(
                doses, registry=registry, spark=Spark(**spark), matcher=_matcher(by, model),
                spill=spill, resume=resume, options=options, reference_given=given, record=record,
                **common,
            )  # fmt: skip
        else:
            if resume and spill is None:
                raise click.UsageError("--resume: say with --spill where the run was kept")
            if resume and spill and not given:
                options = attrs.evolve(options, reference=begun_on(spill) or options.reference)
            matcher = _matcher(by, model)
            if isinstance(matcher, (Exact, Fuzzy)):  # others may want it at once
                leave_pandas_out()
            with told_to_resume(spill, lang), progress_bar(lang) as progress:
                run = verify_list(
                    doses, registry=Path(registry), by=matcher, options=options, workers=workers,
                    threads=workers, memory=memory, spill=spill, resume=resume, progress=progress,
                    **common,
                )  # fmt: skip
            record(run)
            show_run(run, lang)


@contextlib.contextmanager
def _recorder(where: str | None) -> Iterator[Callable[[Run], None]]:
    """Give what records a run; a ledger that cannot be opened says so before any work."""
    if where is None:
        yield lambda _: None
        return
    from vnvaxmatch.bulk.recording import record_run
    from vnvaxmatch.ledger import open_ledger

    # opened anew at the end: workers are forked in between, and must not share it
    open_ledger(where).close()

    def record(run: Run) -> None:
        try:
            with contextlib.closing(open_ledger(where)) as ledger:
                record_run(run, ledger, at=datetime.now(UTC))
        except LedgerError as error:
            raise LedgerError(
                f"the results are written, but the run is not recorded: {error}"
            ) from error

    yield record


def _matcher(name: str, model: Path | None) -> Matcher:
    backend = load_backend(name)
    if not hasattr(backend, "flow"):
        raise BackendError(
            f"--by {name}: this backend is a registry, not a matcher; try --by exact"
        )
    if model is None:
        matcher: Matcher = backend()
    elif "model" in inspect.signature(backend).parameters:
        matcher = backend(model=_read_model(model))
    else:
        raise click.UsageError(
            f"--model is for a matcher that weighs, and --by {name} does not: try --by fuzzy",
            ctx=click.get_current_context(),
        )
    return matcher


def _read_model(path: Path) -> Model:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_MODEL + 1)
    except OSError as error:
        raise InputError(f"cannot read the model {path}: {error.strerror}") from error
    try:
        if len(content) > _LARGEST_MODEL:
            raise ModelError("this is not a model: it is too large")
        return Model.from_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: this is not a model: it is not UTF-8") from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


@click.command(short_help="Sort a list into missing and malformed, without a registry.")
@click.argument("doses", type=_LIST)
@click.option(
    "--out", required=True, type=FOLDER, help="Folder for the results; replaced as a whole."
)
@click.option("--no-worklists", is_flag=True, help="Do not write a spreadsheet for every commune.")
@input_options
@dose_options
@lang_option
def check(
    doses: Path,
    out: Path,
    no_worklists: bool,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    reference_date: Any,
    commune_codes: str,
    workers: int,
    lang: Lang,
) -> None:
    """Sort a list into what is missing and what is malformed, without any registry.

    The three classes are those of dispatch 2262/BYT-CNTT (4 May 2022): no ID number, an ID number
    in a wrong format, wrong basic data. Writes results, worklists and a summary as `verify` does.
    """
    options = dose_list_options(
        read_options(columns, delimiter, encoding, sheet), reference_date, commune_codes
    )
    with progress_bar(lang) as progress:
        run = check_list(
            doses,
            out=out,
            options=options,
            worklists=not no_worklists,
            lang=lang,
            workers=workers,
            progress=progress,
        )
    show_run(run, lang)
