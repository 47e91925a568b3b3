"""``vnvaxmatch synth``: a made-up population and a broken list of its vaccinations."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vnvaxmatch.cli.shared import FOLDER, lang_option, making, number, progress_bar, say
from vnvaxmatch.messages import Lang
from vnvaxmatch.synthetic import IN_PARTS_ABOVE, Format, synthesize

__all__ = ["synth"]


@click.command(short_help="Make up a population and a broken list of its vaccinations.")
@click.option("--people", type=click.IntRange(1), required=True, help="People in the population.")
@click.option(
    "--doses", type=click.IntRange(0), required=True, help="Rows in the vaccination list."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Another seed makes other people.",
)
@click.option("--out", type=FOLDER, required=True, help="Folder for the files.")
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    help="What kind of files. [default: people in both, doses as CSV, few doses also as XLSX]",
)
@click.option(
    "--rows-per-file",
    type=click.IntRange(1),
    help="Write folders of files with so many rows each. [default: one file, and folders of files "
    f"for a list of more than {IN_PARTS_ABOVE:,} rows]",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=min(os.cpu_count() or 1, 8),
    show_default="one for each processor, up to 8",
    help="Processes that work side by side; the data are the same with any number.",
)
@lang_option
def synth(
    people: int,
    doses: int,
    seed: int,
    out: Path,
    form: str | None,
    rows_per_file: int | None,
    threads: int,
    lang: Lang,
) -> None:
    """Make up a population and a realistically broken vaccination list.

    Nobody in it was ever born. The same seed gives the same people and the same damage.

    \b
    Writes population.parquet and .csv, doses.csv, doses.xlsx (up to 100,000 rows), and
    truth.parquet: for every row of the list its true entry and what was done to it.
    In parts: population/part-00000.parquet and so on, population-csv/, doses-csv/, truth/.
    """
    with progress_bar(lang) as progress:
        synthesize(
            people=people,
            doses=doses,
            seed=seed,
            out=out,
            form=None if form is None else Format(form),
            rows_per_file=rows_per_file,
            threads=threads,
            progress=making(progress),
        )
    click.echo(
        say(
            lang,
            f"{number(people, lang)} người và {number(doses, lang)} mũi tiêm giả định ở: {out}",
            f"{number(people, lang)} made-up people and {number(doses, lang)} doses are in: {out}",
        )
    )
