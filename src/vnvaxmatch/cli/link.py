"""``vnvaxmatch link``: which rows of a list are one person's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from vnvaxmatch.bulk import Run
from vnvaxmatch.bulk import link as link_list
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import (
    FOLDER,
    dose_list_options,
    input_options,
    lang_option,
    number,
    progress_bar,
    read_options,
    reading_options,
    say,
)
from vnvaxmatch.messages import Lang, message

__all__ = ["link"]

_MOST_SHOWN = 12


@click.command(short_help="Find the rows of a list that are one person's, without a registry.")
@click.argument("doses", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--out", required=True, type=FOLDER, help="Folder for the results; replaced as a whole."
)
@input_options
@reading_options
@lang_option
def link(
    doses: Path,
    out: Path,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    reference_date: Any,
    commune_codes: str,
    lang: Lang,
) -> None:
    """Find the rows of a list that are one person's, without a registry.

    DOSES is read as `check` and `verify` read it. Rows are joined where names, dates of birth,
    sexes and ID numbers weigh enough for one person and nothing says that they are two people's:
    twins, namesakes, parent and child stay apart. Where it is not sure, rows stay apart too, and
    are marked for a person to look at.

    \b
    Writes into the folder --out:
      links.parquet, links.csv       a row for every row of the list, in its order:
        person, rows_of_person       the first row of the same person, and how many
        weight                       the match weight that it was joined by, in bits
        duplicate_of                 the row in which the same dose stands already
        doubts                       doses that cannot be; link_refused, and why
        maybe_same_as                the people that it was not joined with, but may be
      summary.json, manifest.json    counts; digests and versions, for an audit
    """
    options = dose_list_options(
        read_options(columns, delimiter, encoding, sheet), reference_date, commune_codes
    )
    with progress_bar(lang) as progress:
        run = link_list(doses, out=out, options=options, progress=progress)
    for note in run.notes:
        click.echo(f"vnvaxmatch: {one_line(note)}", err=True)
    for line in _lines(run, lang):
        click.echo(line)


def _lines(run: Run, lang: Lang) -> Iterator[str]:
    summary = run.summary
    rows, people = number(summary["rows"], lang), number(summary["people"], lang)
    yield ""
    yield click.style(
        say(lang, f"{rows} dòng của {people} người", f"{rows} rows of {people} people"), bold=True
    )
    yield ""
    yield click.style(say(lang, "Số dòng mỗi người", "Rows of a person"), bold=True)
    counts = summary["people_by_rows"]
    yield from _table(dict(list(counts.items())[:_MOST_SHOWN]), lang)
    if len(counts) > _MOST_SHOWN:
        more = number(sum(list(counts.values())[_MOST_SHOWN:]), lang)
        yield say(
            lang, f"  … và {more} người có nhiều dòng hơn", f"  … and {more} people of more rows"
        )
    yield ""
    yield click.style(say(lang, "Cần xem lại (số dòng)", "To look at (rows)"), bold=True)
    doubts = {message(code, lang=lang): count for code, count in summary["doubts"].items()}
    yield from _table(dict(list(doubts.items())[:_MOST_SHOWN]), lang)
    if len(doubts) > _MOST_SHOWN:
        more = str(len(doubts) - _MOST_SHOWN)
        yield say(
            lang,
            f"  … và {more} loại khác trong summary.json",
            f"  … and {more} more in summary.json",
        )
    skipped = sum(key["skipped_statements"] for key in summary["keys"].values())
    if skipped:
        yield say(
            lang,
            f"  {number(skipped, lang)} lần không so sánh: quá nhiều dòng cùng một khóa",
            f"  {number(skipped, lang)} times not compared: too many share one key",
        )
    yield ""
    yield say(lang, f"Kết quả ở: {run.out}", f"Results are in: {run.out}")


def _table(counts: dict[str, int], lang: Lang) -> Iterator[str]:
    width = max(map(len, counts), default=0)
    for label, count in counts.items():
        yield f"  {label:<{width}}  {number(count, lang):>13}"
