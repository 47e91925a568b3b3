"""``vnvaxmatch certify verify``: is it valid, who signed it, and what exactly does it state?"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from vnvaxmatch.certify.batches import Batch
from vnvaxmatch.certify.bundles import LONGEST
from vnvaxmatch.certify.salted import Salts
from vnvaxmatch.certify.standings import Standing
from vnvaxmatch.certify.statements import Kind, Matches, Statement
from vnvaxmatch.certify.trust import Tree, load_trust
from vnvaxmatch.certify.verifying import Verified, Verifier, checking
from vnvaxmatch.certify.withdrawals import LONGEST as LONGEST_LIST
from vnvaxmatch.cli.certify_text import (
    context_lines,
    match_lines,
    standing_lines,
    total_lines,
    verified_lines,
)
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import lang_option
from vnvaxmatch.cli.signing import at_option, moment, tree_option, trust_option
from vnvaxmatch.errors import CertifyError, InputError
from vnvaxmatch.messages import Lang

__all__ = ["SALTS_TYPE", "read_file", "verify"]

EXIT_NOT_VALID = 3
EXIT_UNKNOWN = 4
SALTS_TYPE = "vnvaxmatch.salts/1"

_FILE = click.Path(path_type=Path, readable=False)
_SMALL = 1_000_000


@click.command(short_help="Verify a proof bundle, or a whole batch.")
@click.argument("target", metavar="BUNDLE|DIR", type=_FILE)
@trust_option
@tree_option
@at_option
@click.option("--list", "withdrawals", type=_FILE, help="The signed list of withdrawn statements.")
@click.option("--list-days", type=click.IntRange(0), help="The most days that list may be old.")
@click.option("--require-list", is_flag=True, help="Without a list it is unknown, not valid.")
@click.option("--record", type=_FILE, help="The record it should be about: JSON of its columns.")
@click.option("--salts", type=_FILE, help="The keys that go with that record.")
@lang_option
def verify(
    target: Path,
    trust_folder: Path,
    tree: str | None,
    at: datetime | None,
    withdrawals: Path | None,
    list_days: int | None,
    require_list: bool,
    record: Path | None,
    salts: Path | None,
    lang: Lang,
) -> None:
    """Verify what was signed: a proof bundle of one record, or the folder of a whole batch.

    Says in the first line whether it is valid; then who signed, by the certificate, and what
    exactly is stated. Nothing is asked of any network.

    Exit codes: 0 valid, 3 not valid, 4 something could not be checked. Only 0 proves anything.
    """
    if (record is None) != (salts is None):
        raise click.UsageError("--record and --salts go together")
    if record is not None and target.is_dir():
        raise click.UsageError("--record is for the bundle of one record: name that file")
    shown = None if record is None or salts is None else (_record(record), _salts(salts))
    verifier = Verifier(
        checking(load_trust(trust_folder), tree=None if tree is None else Tree(tree)),
        at=moment(at),
        withdrawals=None if withdrawals is None else read_file(withdrawals, LONGEST_LIST),
        max_age=None if list_days is None else timedelta(days=list_days),
        require_list=require_list,
    )
    if target.is_dir():
        checked = _verify_batch(target, verifier, lang)
    else:
        checked = verifier.verify(read_file(target, LONGEST))
        _echo(verified_lines(checked, lang))
    matched = True
    if checked.statement is not None and shown is not None:
        matches = _matches(checked.statement, *shown)
        _echo(match_lines(matches, lang))
        matched = matches.is_shown
    if checked.standing is Standing.UNKNOWN:
        click.get_current_context().exit(EXIT_UNKNOWN)
    if checked.standing is not Standing.VALID or not matched:
        click.get_current_context().exit(EXIT_NOT_VALID)


def _verify_batch(folder: Path, verifier: Verifier, lang: Lang) -> Verified:
    """Verify every statement of a batch, and tell what they come to."""
    totals: Counter[str] = Counter()
    with Batch(folder) as batch:

        def counted(statement: Statement) -> None:
            outcome = statement.finding.get("outcome")
            compared = statement.context.kind is Kind.COMPARED
            totals[str(outcome) if compared else statement.context.kind.value] += 1

        checked = verifier.verify_batch(batch, told=counted)
        _echo(standing_lines(checked, lang))
        if checked.standing is Standing.VALID:
            _echo(context_lines(batch.context, lang))
            _echo(total_lines(totals, lang))
    return checked


def _matches(statement: Statement, record: dict[str, str], salts: Salts) -> Matches:
    day = statement.context.about.get("reference")
    try:
        reference = date.fromisoformat(day) if isinstance(day, str) else None
    except ValueError:
        reference = None  # the list was read by no day, or by none that can be told
    return statement.matches(record, salts=salts, reference=reference)


def _salts(path: Path) -> Salts:
    told = _json(path)
    try:
        if told["type"] != SALTS_TYPE:
            raise ValueError
        claim, dose = (
            None if told[one] is None else bytes.fromhex(told[one]) for one in ("claim", "dose")
        )
        return Salts(claim, dose)
    except (CertifyError, KeyError, TypeError, ValueError):
        # the cause would hold what stands in it
        raise InputError(
            f"{path} holds no salts: take the file of `vnvaxmatch certify prove --salts`"
        ) from None


def _record(path: Path) -> dict[str, str]:
    values = _json(path)
    if not all(isinstance(text, str) for text in values.values()):
        raise InputError(f"{path} is no record: it wants texts by column, such as full_name")
    return values


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(read_file(path, _SMALL))
    except (RecursionError, ValueError):
        raise InputError(f"{path} is no JSON: write it as an object of texts") from None
    if not isinstance(told, dict):
        raise InputError(f"{path} is no JSON object: write it as an object of texts")
    return told


def read_file(path: Path, most: int) -> bytes:
    """Read a file, and one byte more than it may have."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _echo(lines: Any) -> None:
    for line in lines:
        # indented lines stay so, and nothing in them can move a terminal
        indent = "  " if line.startswith("  ") else ""
        click.echo(indent + one_line(line))
