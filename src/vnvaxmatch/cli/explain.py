"""``vnvaxmatch explain``: why a claim, or a row of a list, came out as it did."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.backends import Matcher, load_backend, match, open_registry
from vnvaxmatch.cli.shared import FOLDER
from vnvaxmatch.errors import BackendError, InputError, OutputError
from vnvaxmatch.explain import Explanation, verdict_of_row
from vnvaxmatch.explain import explain as explain_verdict
from vnvaxmatch.folders import manifest_of
from vnvaxmatch.messages import LANGUAGES, Lang
from vnvaxmatch.policy import Disclosure, Verdict
from vnvaxmatch.records import Claim

__all__ = ["explain"]

_FILE = click.Path(path_type=Path, readable=False)
_ROWS_AT_A_TIME = 8_192
_WIDTH = 80
"""Columns of a text that goes into a file."""


@click.command(short_help="Explain one result field by field: what spoke for it, and how much.")
@click.argument("results", type=FOLDER, required=False)
@click.option("--row", type=click.IntRange(min=1), help="The row of the list, from 1 (RESULTS).")
@click.option("--registry", type=_FILE, help="A file made by `vnvaxmatch registry build`.")
@click.option("--name", help="The full name as the record has it.")
@click.option("--birth", help="The date of birth, in any form: 10/11/1985, 1985, 11/1985.")
@click.option("--sex", help="The sex: nam, nữ, male, F ...")
@click.option("--id-number", help="The ID number: 12 or 9 digits.")
@click.option("--nationality", help="The nationality, where the record has one.")
@click.option("--phone", help="A telephone number; it finds people and proves nothing.")
@click.option("--commune", help="The commune; it is read, and compared with nothing.")
@click.option(
    "--reference-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the record was taken down: two-digit years and ages count from it.",
)
@click.option("--by", help="The matcher, by its installed name.  [default: fuzzy]")
@click.option(
    "--disclosure",
    type=click.Choice([d.value for d in Disclosure]),
    help="verdict: right or wrong only. findings: also which field, and its weight. values: also "
    "which entry, and what to correct (only inside the body that owns the registry).  "
    "[default: findings; for RESULTS theirs]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "svg", "html"]),
    default="text",
    show_default=True,
    help="text: for a terminal. json: for a program. svg: a picture. html: a page to print.",
)
@click.option("--out", type=_FILE, help="Write into this file instead of the terminal.")
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="Language of the explanation.",
)
def explain(
    results: Path | None,
    row: int | None,
    registry: Path | None,
    by: str | None,
    disclosure: str | None,
    form: str,
    out: Path | None,
    lang: Lang,
    **stated: Any,
) -> None:
    """Explain one result field by field: what spoke for it, and how much.

    Either one claim against a registry, or one row of a folder that `vnvaxmatch verify` wrote. It
    begins with how unlikely it is that any two records are one person's; each field then adds to
    that or takes from it, in bits: 10 bits are odds of about 1,000 to 1.

    \b
      vnvaxmatch explain --registry reg.sqlite --name "Trần Thị Thử" --birth 1985 --sex nữ
      vnvaxmatch explain results --row 17 --format html --out row-17.html

    A results folder holds no names, dates or numbers, so that none are shown of it. What is typed
    into a command line may stay in its history: clear it, or let a program call the library.
    """
    if results is not None:
        if row is None:
            raise click.UsageError("RESULTS needs --row N: which row is to be explained?")
        if (
            registry is not None
            or by is not None
            or any(value is not None for value in stated.values())
        ):
            raise click.UsageError(
                "give either RESULTS and --row, or --registry and what the record says"
            )
        verdict = _verdict_of_folder(results, row)
        told = verdict.disclose(Disclosure(disclosure or verdict.disclosure))
        explanation = explain_verdict(told, lang=lang, row=row)
    else:
        if registry is None or row is not None:
            raise click.UsageError(
                "give either RESULTS and --row, or --registry and what the record says"
            )
        claim = _claim(**stated)
        verdict = _verdict_of_claim(claim, registry, by or "fuzzy")
        told = verdict.disclose(Disclosure(disclosure or Disclosure.FINDINGS))
        explanation = explain_verdict(told, claim=claim, lang=lang)
    _write(explanation, form, out)


def _claim(*, reference_date: Any, **stated: str | None) -> Claim:
    text = {name: value or "" for name, value in stated.items()}
    if not any(text[name] for name in ("name", "birth", "sex", "id_number", "phone")):
        raise click.UsageError(
            "say what the record has: --name, --birth, --sex, --id-number (and --phone)"
        )
    return Claim.read(
        name=text["name"],
        birth=text["birth"],
        sex=text["sex"],
        id_number=text["id_number"],
        nationality=text["nationality"],
        phone=text["phone"],
        commune=text["commune"],
        reference=reference_date.date() if reference_date is not None else None,
    )


def _verdict_of_claim(claim: Claim, registry: Path, by: str) -> Verdict:
    backend = load_backend(by)
    if not hasattr(backend, "flow"):
        raise BackendError(f"--by {by}: this backend is a registry, not a matcher; try --by fuzzy")
    matcher: Matcher = backend()
    with open_registry(registry) as opened:
        if hasattr(matcher, "fitted"):  # a matcher that weighs asks how common names are there
            matcher = matcher.fitted(opened)
        return match(claim, by=matcher, against=opened)


def _verdict_of_folder(folder: Path, row: int) -> Verdict:
    """Read one row of a results folder, and nothing but its part of the file."""
    manifest = manifest_of(folder)
    cells = _cells(folder / "results.parquet", row)
    if cells.get("row") != row:
        raise InputError(f"{folder / 'results.parquet'} is not in the order of its rows")
    return verdict_of_row(cells, manifest=manifest)


def _cells(path: Path, row: int) -> dict[str, Any]:
    """Read the cells of the n-th row; rows of results are in the order of the list."""
    try:
        with pq.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if row > rows:
                raise InputError(f"{path} has {rows} rows: there is no row {row}")
            at, group = row - 1, 0
            while at >= file.metadata.row_group(group).num_rows:
                at -= file.metadata.row_group(group).num_rows
                group += 1
            for batch in file.iter_batches(_ROWS_AT_A_TIME, row_groups=[group]):
                if at < batch.num_rows:
                    cells: dict[str, Any] = batch.slice(at, 1).to_pylist()[0]
                    return cells
                at -= batch.num_rows
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or 'it is damaged'}") from error
    except pa.ArrowException as error:
        raise InputError(f"{path} is damaged or no Parquet file; verify the list again") from error
    raise InputError(f"{path} is damaged: it ends before row {row}")


def _write(explanation: Explanation, form: str, out: Path | None) -> None:
    match form:
        case "json":
            text = json.dumps(explanation.as_dict(), ensure_ascii=False, indent=2) + "\n"
        case "svg":
            text = explanation.as_svg()
        case "html":
            text = explanation.as_html()
        case _:
            width = _WIDTH if out is not None else shutil.get_terminal_size((_WIDTH, 24)).columns
            text = explanation.as_text(width) + "\n"
    content = text.encode("utf-8", errors="backslashreplace")
    if out is not None:
        _replace(out, content)
    else:
        # a picture or JSON is UTF-8 wherever it goes; a text is what the terminal can show
        click.echo(text if form == "text" else content, nl=False)


def _replace(out: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = out.with_name(f".{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        if out.is_dir():
            raise OutputError(f"{out} is a folder; --out names a file")
        part.write_bytes(content)
        part.replace(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(f"cannot write {out}: {error.strerror}; name another file") from error
