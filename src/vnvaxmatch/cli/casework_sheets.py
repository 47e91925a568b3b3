"""``vnvaxmatch casework worklists``, ``apply`` and ``recompare``: lists go out and come back."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import click

from vnvaxmatch.backends import load_backend, open_registry
from vnvaxmatch.bulk.workdir import DEBRIS, fresh_folder
from vnvaxmatch.casework import Actor, Casework, Role, State
from vnvaxmatch.casework.comparing import TO_COMPARE, Compared, compare_again
from vnvaxmatch.casework.sheets import (
    LISTED,
    Applied,
    Came,
    Issued,
    apply_sheet,
    issue_sheets,
    write_results,
)
from vnvaxmatch.casework.sheets.results import field_words, reason_words
from vnvaxmatch.cli.keys import keys_option, read_keys
from vnvaxmatch.cli.ledger_options import commune_option, ledger_option
from vnvaxmatch.cli.shared import FOLDER, lang_option, number, progress_bar, say
from vnvaxmatch.errors import BackendError, InputError, OutputError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.messages import Lang, message

__all__ = ["EXIT_REFUSED", "apply", "recompare", "worklists"]

EXIT_REFUSED = 4
"""Everything was done that could be, and some row was refused."""

_FILE = click.Path(path_type=Path, readable=False)
_MARKER = "index.csv"
_INDEX = ("commune", "site", "name", "file", "rows", "assigned", "number", "sha256")
_NAMED = 20
"""Refused rows that the terminal names; the result sheet has them all."""


@click.command(short_help="Write a sheet of wrong records for every commune or site.")
@ledger_option
@keys_option
@click.option(
    "--out", required=True, type=FOLDER, help="Folder for the worklists; replaced as a whole."
)
@click.option(
    "--commune",
    "communes",
    multiple=True,
    metavar="CODE",
    help="Only this commune, by its code of 2025. May be given several times.",
)
@click.option(
    "--per",
    type=click.Choice(["commune", "site"]),
    default="commune",
    show_default=True,
    help="A file for every commune, or for every vaccination site.",
)
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in State]),
    multiple=True,
    metavar="STATE",
    help="Only cases in this state (assigned, corrected, matched ...). May be given several times. "
    " [default: all that are wrong, assigned, or corrected and not compared since]",
)
@click.option("--by", default="vnvaxmatch", show_default=True, help="Who makes them: an account.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.REGISTRY.value,
    show_default=True,
    help="In which capacity: it has to be one that may assign cases.",
)
@click.option("--office", default="", help="Code of a province or commune; none is all of them.")
@lang_option
def worklists(
    where: str,
    key_file: Path | None,
    out: Path,
    communes: tuple[str, ...],
    per: Literal["commune", "site"],
    states: tuple[str, ...],
    by: str,
    role: str,
    office: str,
    lang: Lang,
) -> None:
    """Write a sheet for every commune, with its wrong records, to be filled in and given back.

    Cases that are wrong and nobody's yet are assigned to the commune or site, once. Run again, a
    list of which nothing changed is the same file again; else it is the next issue, and rows of the
    older one that did not change since can still be applied. A folder with sheets that somebody
    filled in is never replaced.

    For those who confirm vaccinations, list what only waits for that:
    --state matched --state identity_confirmed, for the sites with --per site.
    """
    actor = Actor(by, role=Role(role), office=office)
    _refuse_worked_on(out)
    with (
        open_ledger(where, keys=_ring(key_file), create=False) as ledger,
        progress_bar(lang) as progress,
        fresh_folder(out, marker=_MARKER) as folder,
    ):
        work = Casework(ledger)
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            if progress is not None:
                progress("worklists", done, None)

        issued = list(
            issue_sheets(
                work,
                folder,
                actor=actor,
                at=datetime.now(UTC),
                communes=communes or None,
                states=[State(state) for state in states] or LISTED,
                per=per,
                lang=lang,
                progress=advance,
            )
        )
        _write_index(folder / _MARKER, issued)
    files, rows = number(len(issued), lang), number(sum(i.rows for i in issued), lang)
    assigned = number(sum(i.assigned for i in issued), lang)
    anew = number(sum(i.anew for i in issued), lang)
    click.echo(
        say(
            lang,
            f"{files} danh sách ({anew} mới), {rows} hồ sơ, {assigned} hồ sơ vừa giao: {out}",
            f"{files} worklists ({anew} new), {rows} cases, {assigned} of them now assigned: {out}",
        )
    )


@click.command(short_help="Apply a worklist that came back filled in.")
@click.argument("file", type=_FILE)
@ledger_option
@keys_option
@click.option("--by", required=True, metavar="NAME", help="Who answers for it: an account.")
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="In which capacity.",
)
@click.option(
    "--office",
    default="",
    help="Code of the commune or province, or the name of the vaccination site.",
)
@click.option(
    "--out", type=_FILE, help="The result sheet.  [default: FILE.applied.xlsx, beside FILE]"
)
@lang_option
def apply(
    file: Path,
    where: str,
    key_file: Path | None,
    by: str,
    role: str,
    office: str,
    out: Path | None,
    lang: Lang,
) -> None:
    """Apply a worklist that came back: XLSX, XLS, ODS or CSV, as people edit them.

    Rows may have been moved, sorted or deleted, and columns too. What was filled in is recorded, or
    refused row by row with its reason; nothing of a file is recorded before all of it was read.
    Applied again, it does nothing. The police confirm identities, and health or the site
    vaccinations, by the columns for it: each applies the same file in their own role.

    The result sheet says what came of every row. Exit code 4 says that some row was refused.
    """
    actor = Actor(by, role=Role(role), office=office)
    target = out if out is not None else file.with_name(f"{file.stem}.applied.xlsx")
    part = _beside(target, file)
    try:
        with open_ledger(where, keys=_ring(key_file), create=False) as ledger:
            applied = apply_sheet(Casework(ledger), file, actor=actor, at=datetime.now(UTC))
        try:
            write_results(part, applied, lang=lang)
            part.replace(target)
        except OSError as error:
            raise OutputError(
                f"the file was applied, and {target} cannot be written: {error.strerror}; apply it "
                "again with another --out, which records nothing twice"
            ) from error
    finally:
        part.unlink(missing_ok=True)
    for line in _applied_lines(applied, lang):
        click.echo(line)
    click.echo(say(lang, f"Kết quả từng dòng: {target}", f"Row by row: {target}"))
    if applied.refused:
        raise click.exceptions.Exit(EXIT_REFUSED)


@click.command(short_help="Compare cases again that were corrected.")
@ledger_option
@keys_option
@click.option(
    "--registry", required=True, type=_FILE, help="A file made by `vnvaxmatch registry build`."
)
@click.option(
    "--by",
    default="exact",
    show_default=True,
    help="The matcher, by its installed name: exact or fuzzy.",
)
@commune_option
@click.option(
    "--actor", default="vnvaxmatch", show_default=True, help="Who compares: an account, no number."
)
@lang_option
def recompare(
    where: str,
    key_file: Path | None,
    registry: Path,
    by: str,
    commune: str | None,
    actor: str,
    lang: Lang,
) -> None:
    """Compare all cases again that were corrected (or never compared), with a registry.

    Run again, it compares nothing twice. A record that is right by now counts as confirmed by the
    registry; one that is still wrong is on the next worklist.
    """
    who = Actor(actor, role=Role.REGISTRY)
    backend = load_backend(by)
    if not hasattr(backend, "flow"):
        raise BackendError(f"--by {by}: this backend is a registry, not a matcher; try --by fuzzy")
    with (
        open_ledger(where, keys=_ring(key_file), create=False) as ledger,
        open_registry(registry) as opened,
        progress_bar(lang) as progress,
    ):
        matcher: Any = backend()
        if hasattr(matcher, "fitted"):  # a matcher that weighs asks how common names are there
            matcher = matcher.fitted(opened)
        work = Casework(ledger)
        total = sum(1 for _ in work.standings(states=TO_COMPARE, commune=commune))
        compared = compare_again(
            work,
            by=matcher,
            against=opened,
            actor=who,
            at=datetime.now(UTC),
            about={"registry": str(opened.meta.get("snapshot", ""))},
            commune=commune,
            progress=None if progress is None else lambda n: progress("verify", n, total),
        )
    for line in _compared_lines(compared, lang):
        click.echo(line)


def _ring(key_file: Path | None) -> Any:
    if key_file is None:
        raise click.UsageError("--keys is needed: personal values are encrypted")
    return read_keys(key_file)


def _refuse_worked_on(out: Path) -> None:
    """Refuse to replace sheets that somebody filled in where they were written."""
    index = out / _MARKER
    try:
        with index.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OutputError(f"{index} cannot be read; name another folder") from error
    kept = {row.get("file") or "": row.get("sha256") for row in rows}
    found = {path for path in out.iterdir() if path.name not in DEBRIS} - {index}
    for path in sorted(found):
        if not path.is_file():
            raise OutputError(
                f"{out} holds {path.name}, and would be replaced; name another folder"
            )
        with path.open("rb") as sheet:
            digest = hashlib.file_digest(sheet, "sha256").hexdigest()
        if kept.get(path.name) != digest:
            raise OutputError(
                f"{path} was filled in or put there since the worklists were written, and would be "
                "lost; move it away, or name another folder"
            )


def _write_index(path: Path, issued: Sequence[Issued]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_INDEX)
        for one in issued:
            place = one.sheet.place
            writer.writerow(
                (place.commune, place.site, one.name, one.file, one.rows, one.assigned,
                 one.sheet.number, one.sha256)
            )  # fmt: skip


def _beside(target: Path, file: Path) -> Path:
    """Make sure that a result sheet can be written, before anything is recorded."""
    part = target.with_name(f".{os.getpid()}-{os.urandom(4).hex()}.part.xlsx")
    try:
        if target.is_dir() or (target.exists() and target.samefile(file)):
            raise InputError(f"{target}: --out names a file, and another one than the worklist")
        part.touch()
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}; see --out") from error
    return part


def _applied_lines(applied: Applied, lang: Lang) -> list[str]:
    lines = [
        f"{number(count, lang):>9}  {message(f'row.{came}', lang=lang)}"
        for came in Came
        if (count := applied.counts[came])
    ] or [say(lang, "Tệp không có dòng nào", "The file has no rows")]
    for row in applied.refused[:_NAMED]:
        about = field_words(row.about, lang)
        where = say(lang, "dòng", "row")
        lines.append(
            f"  {where} {row.number}: {reason_words(row, lang)}" + (f" ({about})" if about else "")
        )
    if len(applied.refused) > _NAMED:
        lines.append("  …")
    if applied.newer:
        lines.append(
            say(
                lang,
                "Danh sách này đã có lần phát mới hơn.",
                "There is a newer issue of this worklist.",
            )
        )
    return lines


def _compared_lines(compared: Compared, lang: Lang) -> list[str]:
    words = say(lang, "hồ sơ đã đối chiếu lại", "cases compared again")
    lines = [f"{number(compared.outcomes.total(), lang):>9}  {words}"]
    lines += [
        f"{number(count, lang):>9}    {message(f'outcome.{outcome}', lang=lang)}"
        for outcome, count in compared.outcomes.most_common()
    ]
    lines += [
        f"{number(count, lang):>9}  {message(f'refusal.{why}', lang=lang)}"
        for why, count in compared.refused.most_common()
    ]
    for count, vietnamese, english in (
        (compared.overtaken, "hồ sơ vừa có người khác sửa", "cases that somebody else wrote to"),
        (compared.unreadable, "hồ sơ không đọc được dữ liệu", "cases whose values are gone"),
    ):
        if count:
            lines.append(f"{number(count, lang):>9}  {say(lang, vietnamese, english)}")
    return lines
