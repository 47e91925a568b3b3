"""``vnvaxmatch casework``: open cases from results, see where they stand, read one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pyarrow as pa

from vnvaxmatch.bulk import InputOptions
from vnvaxmatch.bulk.provenance import digest
from vnvaxmatch.bulk.runs import open_doses
from vnvaxmatch.casework import Actor, Casework, Role
from vnvaxmatch.casework.results import Results, open_results
from vnvaxmatch.cli.casework_report import report
from vnvaxmatch.cli.casework_sheets import apply, recompare, worklists
from vnvaxmatch.cli.casework_text import opened_lines, show_lines, status_lines
from vnvaxmatch.cli.keys import keys_option, make_keys, read_keys
from vnvaxmatch.cli.ledger_options import commune_option, ledger_option
from vnvaxmatch.cli.shared import (
    FOLDER,
    input_options,
    lang_option,
    progress_bar,
    read_options,
    say,
)
from vnvaxmatch.errors import InputError
from vnvaxmatch.ledger import Ledger, open_ledger
from vnvaxmatch.messages import Lang

__all__ = ["casework"]

_FILE = click.Path(path_type=Path, readable=False)


@click.group(short_help="Carry wrong records through correction to a certified record.")
def casework() -> None:
    """Carry wrong records through correction, until they are confirmed and certified.

    Cases live in a ledger, to which events are only ever added; personal values in it are
    encrypted with the keys of a key file. Without that file, numbers can be counted and nothing
    personal can be read.

    \b
      vnvaxmatch casework keys keys.json
      vnvaxmatch casework open results --ledger cases.db --keys keys.json --by NAME
      vnvaxmatch casework worklists --ledger cases.db --keys keys.json --out sheets
      vnvaxmatch casework apply SHEET.xlsx ... --by NAME --role commune --office CODE
      vnvaxmatch casework recompare --registry reg.duckdb ...
      vnvaxmatch casework status --ledger cases.db
      vnvaxmatch casework show CASE --ledger cases.db
      vnvaxmatch casework report --ledger cases.db --out report.html
    """


for _command in (worklists, apply, recompare, report):
    casework.add_command(_command)


@casework.command(short_help="Make a key file for personal values.")
@click.argument("file", type=_FILE)
@click.option("--name", default=None, help="The id of the key.  [default: today's date]")
@lang_option
def keys(file: Path, name: str | None, lang: Lang) -> None:
    """Make a key file. Whoever loses it loses the personal values; keep a copy apart."""
    make_keys(file, name=name or f"{datetime.now(UTC):%Y-%m-%d}")
    click.echo(
        say(
            lang,
            f"Khóa mới ở: {file}. Hãy giữ một bản sao ở nơi khác: mất khóa là mất dữ liệu.",
            f"A new key is in: {file}. Keep a copy elsewhere: without it the values are lost.",
        )
    )


@casework.command("open", short_help="Open a case for every row of a results folder.")
@click.argument("results", type=FOLDER)
@ledger_option
@keys_option
@click.option(
    "--doses",
    type=_FILE,
    help="The list that was verified.  [default: looked for by its name, beside RESULTS and here]",
)
@click.option(
    "--source",
    default="",
    metavar="NAME",
    help="Which system the list comes from, where its record numbers are that system's own: a "
    "newer list then continues the same cases. Without it every list opens cases of its own.",
)
@click.option("--by", required=True, metavar="NAME", help="Who opens them: an account, no number.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.REGISTRY.value,
    show_default=True,
    help="In which capacity.",
)
@click.option("--office", default="", help="Code of a province or commune; none is all of them.")
@input_options
@lang_option
def open_(
    results: Path,
    where: str,
    key_file: Path | None,
    doses: Path | None,
    source: str,
    by: str,
    role: str,
    office: str,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    lang: Lang,
) -> None:
    """Open a case for every row of RESULTS, a folder that `vnvaxmatch verify` wrote.

    Opening twice opens nothing twice, also after it was interrupted. The list itself is needed,
    because results hold no values; it is known by its digest, whatever it is called now.
    """
    if key_file is None:
        raise click.UsageError("--keys is needed: personal values are encrypted")
    actor = Actor(by, role=Role(role), office=office)
    opened = open_results(results)
    given = read_options(columns, delimiter, encoding, sheet)
    about = opened.manifest["input"]
    options = InputOptions(
        columns={**about.get("columns", {}), **given["columns"]},
        delimiter=given["delimiter"] or about.get("delimiter"),
        encoding=given["encoding"] or about.get("encoding"),
        sheet=given["sheet"] or about.get("sheet"),
    )
    path = _list_of(opened, doses)

    def texts() -> Iterable[pa.RecordBatch]:
        return open_doses(path, options).batches

    with _ledger(where, key_file, create=True) as ledger, progress_bar(lang) as progress:
        come_to = Casework(ledger).open(
            opened.cases(texts, by_record=bool(source)),
            origin=opened.origin(source=source),
            actor=actor,
            at=datetime.now(UTC),
            progress=None if progress is None else lambda n: progress("open", n, opened.rows),
        )
    for line in opened_lines(come_to, lang):
        click.echo(line)


@casework.command(short_help="Count cases by state, with the oldest and what is done.")
@ledger_option
@commune_option
@click.option("--by-commune", is_flag=True, help="A line for every commune.")
@click.option(
    "--untouched",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Count open cases that nobody touched for so many days.",
)
@lang_option
def status(where: str, commune: str | None, by_commune: bool, untouched: int, lang: Lang) -> None:
    """Show how many cases are in which state, the oldest, and how many per cent are done."""
    with _ledger(where, None) as ledger:
        found = Casework(ledger).status(
            at=datetime.now(UTC), commune=commune, untouched_for=timedelta(days=untouched)
        )
    for line in status_lines(found, lang, by_commune=by_commune, days=untouched):
        click.echo(line)


@casework.command(short_help="Show the history of one case.")
@click.argument("case")
@ledger_option
@keys_option
@click.option("--values", is_flag=True, help="Also show personal values; needs --keys.")
@lang_option
def show(case: str, where: str, key_file: Path | None, values: bool, lang: Lang) -> None:
    """Show the history of one case: what happened, when, by whom, in which role.

    CASE is a case number: the result sheet of `casework apply` names that of each row. Which
    fields were corrected is shown; what stood in them only with --values.
    """
    if values and key_file is None:
        raise click.UsageError("--values needs --keys: personal values are encrypted")
    with _ledger(where, key_file) as ledger:
        work = Casework(ledger)
        state, history = work.read(case), work.history(case)
    for line in show_lines(state, history, lang, values=values):
        click.echo(line)


def _ledger(where: str, key_file: Path | None, *, create: bool = False) -> Ledger:
    return open_ledger(where, keys=None if key_file is None else read_keys(key_file), create=create)


def _list_of(results: Results, given: Path | None) -> Path:
    """Find the list that results were made of: its digest says that it is the one."""
    name = Path(results.list_name).name
    places = [given] if given else [results.folder.resolve().parent / name, Path(name)]
    for path in places:
        try:
            if path.exists() and digest(path) == results.list_digest:
                return path
        except InputError:
            continue  # a folder that is no list
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
    if given is not None:
        what = "is not the list that the results were made of" if given.exists() else "is not there"
        raise InputError(f"{given} {what}; name that list with --doses, or verify this one")
    raise InputError(
        f"the list {name} is neither beside {results.folder} nor here, or it was changed since; "
        "name it with --doses"
    )
