"""``vnvaxmatch verify`` and ``vnvaxmatch check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vnvaxmatch.backends import Matcher, load_backend
from vnvaxmatch.bulk import check as check_list
from vnvaxmatch.bulk import verify as verify_list
from vnvaxmatch.cli.shared import (
    FOLDER,
    dose_list_options,
    dose_options,
    input_options,
    lang_option,
    progress_bar,
    read_options,
)
from vnvaxmatch.cli.summary import show_run
from vnvaxmatch.errors import BackendError
from vnvaxmatch.messages import Lang
from vnvaxmatch.policy import Disclosure, strict

__all__ = ["check", "verify"]

_LIST = click.Path(path_type=Path, readable=False)


@click.command(short_help="Compare a list with a registry: right or wrong, and why.")
@click.argument("doses", type=_LIST)
@click.option(
    "--registry", required=True, type=_LIST, help="A file made by `vnvaxmatch registry build`."
)
@click.option(
    "--out", required=True, type=FOLDER, help="Folder for the results; replaced as a whole."
)
@click.option(
    "--by", default="exact", show_default=True, help="The matcher, by its installed name."
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
    "entry it is (only inside the body that owns the registry).",
)
@click.option("--no-worklists", is_flag=True, help="Do not write a spreadsheet for every commune.")
@input_options
@dose_options
@lang_option
def verify(
    doses: Path,
    registry: Path,
    out: Path,
    by: str,
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
) -> None:
    """Compare a vaccination list with a registry: right or wrong, and why.

    DOSES is a CSV, XLSX or Parquet file with at least a name, a date of birth, a sex and an ID
    number; headings are recognised in Vietnamese and English.

    \b
    Writes into the folder --out:
      results.parquet, results.csv   a row for every row of the list, in its order
      worklists/                     a spreadsheet for every commune, with the rows to fix
      summary.json, manifest.json    counts; digests and versions, for an audit
    """
    del policy  # one policy so far, which is the library's default
    options = dose_list_options(
        read_options(columns, delimiter, encoding, sheet), reference_date, commune_codes
    )
    with progress_bar(lang) as progress:
        run = verify_list(
            doses,
            registry=registry,
            out=out,
            by=_matcher(by),
            disclosure=Disclosure(disclosure),
            options=options,
            worklists=not no_worklists,
            lang=lang,
            workers=workers,
            progress=progress,
        )
    show_run(run, lang)


def _matcher(name: str) -> Matcher:
    backend = load_backend(name)
    if not hasattr(backend, "flow"):
        raise BackendError(
            f"--by {name}: this backend is a registry, not a matcher; try --by exact"
        )
    matcher: Matcher = backend()
    return matcher


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
