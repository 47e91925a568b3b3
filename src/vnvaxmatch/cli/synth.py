"""``vnvaxmatch synth``: a made-up population and a broken list of its vaccinations."""

from __future__ import annotations

from pathlib import Path

import click

from vnvaxmatch.cli.shared import FOLDER, lang_option, making, number, progress_bar, say
from vnvaxmatch.messages import Lang
from vnvaxmatch.synthetic import synthesize

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
@lang_option
def synth(people: int, doses: int, seed: int, out: Path, lang: Lang) -> None:
    """Make up a population and a realistically broken vaccination list.

    Nobody in it was ever born. The same seed gives the same people and the same damage.

    \b
    Writes population.parquet and .csv, doses.csv, doses.xlsx (up to 100,000 rows), and
    truth.parquet: for every row of the list its true entry and what was done to it.
    """
    with progress_bar(lang) as progress:
        synthesize(people=people, doses=doses, seed=seed, out=out, progress=making(progress))
    click.echo(
        say(
            lang,
            f"{number(people, lang)} người và {number(doses, lang)} mũi tiêm giả định ở: {out}",
            f"{number(people, lang)} made-up people and {number(doses, lang)} doses are in: {out}",
        )
    )
