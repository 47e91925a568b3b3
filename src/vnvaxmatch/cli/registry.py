"""``vnvaxmatch registry``: build a registry from a population file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vnvaxmatch.bulk import build_registry
from vnvaxmatch.bulk.population import kept_beside
from vnvaxmatch.cli.shared import (
    input_options,
    lang_option,
    number,
    progress_bar,
    read_options,
    room_options,
    say,
    told_to_resume,
    use_one_allocator,
)
from vnvaxmatch.messages import Lang, message

__all__ = ["registry"]


@click.group()
def registry() -> None:
    """Build the registry that lists are compared with."""


@registry.command()
@click.argument("population", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    required=True,
    help="FILE.duckdb for verifying lists, FILE.sqlite for answering one claim at a time.",
)
@input_options
@room_options
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=min(os.cpu_count() or 1, 8),
    show_default="one for each processor, up to 8",
    help="Threads that sort and count side by side.",
)
@lang_option
def build(
    population: Path,
    out: Path,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    memory: int | None,
    spill: Path | None,
    resume: bool,
    threads: int,
    lang: Lang,
) -> None:
    """Build a registry file from a population (CSV, XLSX or Parquet, or a folder of such files).

    POPULATION has the columns entry_key, full_name, sex, date_of_birth, id_number,
    former_id_number (several separated by ;), commune, phone, or Vietnamese headings of the same.
    Whatever cannot be read in it is reported, and kept in the registry's table of rejections. The
    file appears whole at the end; an earlier one stays until then. A build that was killed goes on
    with --resume: what was read is kept in a hidden folder beside --out, or in --spill.
    """
    use_one_allocator()
    with told_to_resume(spill or kept_beside(out), lang), progress_bar(lang) as progress:
        built = build_registry(
            population,
            out=out,
            memory=memory,
            threads=threads,
            spill=spill,
            resume=resume,
            progress=progress,
            **read_options(columns, delimiter, encoding, sheet),
        )
    former = number(built.former_numbers, lang)
    click.echo(
        say(
            lang,
            f"{number(built.entries, lang)} người, {former} số cũ: {out}",
            f"{number(built.entries, lang)} people, {former} former numbers: {out}",
        )
    )
    if built.rejected:
        click.echo(say(lang, "Không đọc được trong sổ dân cư:", "Could not be read in it:"))
        for (field, reason), count in built.rejected.most_common():
            click.echo(f"  {field:<17} {number(count, lang):>12}  {message(reason, lang=lang)}")
