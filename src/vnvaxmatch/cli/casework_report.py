"""``vnvaxmatch casework report``: the campaign on one page, for those who run it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from vnvaxmatch.casework.report import gather, report_page
from vnvaxmatch.casework.report.page import GENERATOR
from vnvaxmatch.casework.report.words import VIETNAM
from vnvaxmatch.cli.ledger_options import ledger_option
from vnvaxmatch.cli.shared import lang_option, number, progress_bar, say
from vnvaxmatch.errors import OutputError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.messages import Lang

__all__ = ["report"]

_HEAD = 1_000
"""Bytes in which a report says that it is one."""

_LONGEST = 36_500
"""Days: a hundred years."""


@click.command(short_help="Write a page about the campaign, with nothing personal.")
@ledger_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    required=True,
    metavar="FILE",
    help="Where to write the page, as report.html; an earlier page is replaced.",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Count ages to the end of this day, Vietnam time.  [default: now]",
)
@click.option(
    "--untouched-for",
    "untouched",
    type=click.IntRange(0, _LONGEST),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Count open cases that nobody touched for so many days.",
)
@click.option(
    "--smallest",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Write counts from 1 to below N as «< N», for a page that is published.",
)
@lang_option
def report(
    where: str, out: Path, at: datetime | None, untouched: int, smallest: int, lang: Lang
) -> None:
    """Write a page about the campaign: how far provinces and communes have come, and what is wrong.

    One HTML file that needs no network: charts, tables to sort and search, light and dark, and it
    prints on A4. Nothing personal is in it, and no key is needed to make it.

    \b
      vnvaxmatch casework report --ledger cases.db --out report.html
    """
    now = datetime.now(UTC) if at is None else _end_of(at)
    _refuse_foreign(out)
    with open_ledger(where, create=False) as ledger, progress_bar(lang) as progress:
        campaign = gather(
            ledger,
            at=now,
            untouched_for=timedelta(days=untouched),
            progress=None if progress is None else lambda n, of: progress("read", n, of),
        )
    _write(out, report_page(campaign, lang=lang, smallest=smallest))
    cases = number(campaign.status.total.cases, lang)
    click.echo(say(lang, f"Báo cáo về {cases} hồ sơ: {out}", f"A report of {cases} cases: {out}"))


def _end_of(at: datetime) -> datetime:
    if at.year == datetime.max.year:
        raise click.BadParameter("give a day of this time", param_hint="--at")
    return datetime.combine(at.date() + timedelta(days=1), time(), VIETNAM)


def _refuse_foreign(out: Path) -> None:
    """See that what would be replaced is a page; a ledger or a list is nobody's to overwrite."""
    try:
        if not out.parent.is_dir():
            raise OutputError(f"cannot write {out}: there is no folder {out.parent}; make it")
        if out.is_dir():
            raise OutputError(f"cannot write {out}: it is a folder; give the name of a file")
        if not out.exists():
            return
        if not out.is_file():  # a pipe or a device would itself be replaced
            raise OutputError(f"cannot write {out}: it is no plain file; name another")
        with out.open("rb") as file:
            begins = file.read(_HEAD)
        if begins and GENERATOR.encode("ascii") not in begins:
            raise OutputError(
                f"{out} is a file that is no report, and would be replaced; name another"
            )
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}") from error


def _write(out: Path, text: str) -> None:
    """Write the page so that the file is the old one or the new one, whole."""
    out = Path(os.path.realpath(out))
    part = out.with_name(f".{out.name}.part-{os.getpid()}")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}") from error
