"""``vnvaxmatch evaluate``: hold results against the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from vnvaxmatch.bulk.evaluation import Table, tables, write_evaluation
from vnvaxmatch.bulk.evaluation import evaluate as evaluate_results
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import (
    FOLDER,
    input_options,
    lang_option,
    number,
    read_options,
    say,
)
from vnvaxmatch.messages import Lang

__all__ = ["evaluate"]

_WIDTH = 98


@click.command(short_help="Hold results against the truth: precision, recall, what goes wrong.")
@click.argument("results", type=FOLDER)
@click.option(
    "--truth",
    type=click.Path(path_type=Path, readable=False),
    required=True,
    help="A Parquet, CSV or XLSX file with row or record_id, and entry_key (blank: not in the "
    "registry); also corruptions, codes of what was done to a row, joined by ;",
)
@click.option(
    "--out", type=FOLDER, help="Folder for evaluation.json, evaluation.html and threshold.svg."
)
@click.option(
    "--worst",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help="How many rows of each kind to point out: wrong, barely right, missed.",
)
@input_options
@lang_option
def evaluate(
    results: Path,
    truth: Path,
    out: Path | None,
    worst: int,
    columns: tuple[str, ...],
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
    lang: Lang,
) -> None:
    """Hold results against the truth: precision, recall, what goes wrong.

    RESULTS is a folder that `vnvaxmatch verify --disclosure values` wrote. The truth of a made-up
    list is the file truth.parquet that `vnvaxmatch synth` writes beside it; of a real list it is
    what people found out. It says for every row of the list which entry it is.

    Rows are named by their numbers and codes; no value of a record is shown. The options on
    columns, delimiter, encoding and sheet say how the truth is laid out.
    """
    reading = read_options(columns, delimiter, encoding, sheet)
    evaluation = evaluate_results(results, truth=truth, worst=worst, **reading)
    if out is not None:
        write_evaluation(evaluation, out=out, lang=lang)
    rows = number(evaluation.rows, lang)
    by = ", ".join(filter(None, (evaluation.matcher, evaluation.model)))
    click.echo()
    click.secho(one_line(say(lang, f"{rows} dòng, {by}", f"{rows} rows, {by}")), bold=True)
    for table in tables(evaluation, lang=lang, short=True):
        for line in _lines(table):
            click.echo(line)
    if out is not None:
        click.echo()
        click.echo(say(lang, f"Đánh giá ở: {out}", f"The evaluation is in: {out}"))


def _lines(table: Table) -> Iterator[str]:
    """Set a table in columns; what a file may hold is put on one line."""
    yield ""
    yield click.style(table.title, bold=True)
    lines = [table.headings, *table.rows] if table.headings else []
    cells = [[one_line(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        placed = [
            f"{cell:<{width}}" if at in table.texts else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  " + "  ".join(placed).rstrip()
    for note in table.notes:
        yield from _wrapped(note)


def _wrapped(note: str) -> Iterator[str]:
    line = ""
    for word in note.split():
        if line and len(line) + len(word) + 1 > _WIDTH - 2:
            yield f"  {line}"
            line = ""
        line = f"{line} {word}".strip()
    yield f"  {line}"
