"""``vnvaxmatch certify withdraw``: the signed list of statements that count no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from vnvaxmatch.casework import Casework, State
from vnvaxmatch.casework.states import CERTIFIED
from vnvaxmatch.certify.batches import Batch
from vnvaxmatch.certify.folders import new_file
from vnvaxmatch.certify.verifying import Verifier, checking
from vnvaxmatch.certify.withdrawals import (
    LONGEST,
    SignedWithdrawals,
    Withdrawals,
    sign_withdrawals,
)
from vnvaxmatch.cli.certify_verifying import read_file
from vnvaxmatch.cli.shared import FOLDER, lang_option, number, say
from vnvaxmatch.cli.signing import SignerChoice, signer_options
from vnvaxmatch.errors import CaseError, CertifyError, InputError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.messages import Lang

__all__ = ["withdraw"]

_FILE = click.Path(path_type=Path, readable=False)


@click.command(short_help="Take statements back: sign a new list of what counts no longer.")
@click.argument("batch", type=FOLDER)
@click.option("--record", multiple=True, metavar="ID", help="A record's number, or row/N.")
@click.option("--superseded", is_flag=True, help="The record was corrected, rather than withdrawn.")
@click.option(
    "--ledger",
    "where",
    metavar="DB",
    help="Also what the cases of this ledger say: revoked, replaced, or signed anew since.",
)
@signer_options
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=7,
    show_default=True,
    help="For how long verifiers may rely on the list.",
)
@click.option("--list", "path", type=_FILE, required=True, help="The list; a new one, or the last.")
@lang_option
def withdraw(
    batch: Path,
    record: tuple[str, ...],
    superseded: bool,
    where: str | None,
    signing: SignerChoice,
    days: int,
    path: Path,
    lang: Lang,
) -> None:
    """Take statements of BATCH back, and sign a new list of what counts no longer.

    What is on the list stays on it. Without --record and --ledger the list is only signed anew, so
    that verifiers have a fresh one. Publish it where they find it, or let it travel along.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    revoked: set[str] = set()
    replaced: set[str] = set()
    with Batch(batch) as opened:
        office = opened.context.office
        for one in record:
            (replaced if superseded else revoked).update(_digests(opened, one))
        if where is not None:
            with open_ledger(where, create=False) as ledger:
                _swept(opened, Casework(ledger), revoked=revoked, replaced=replaced)
    with signing.open(lang) as signer:
        before = _content(path)
        last = _last(path, before, office=office, signing=signing, now=now)
        told = last.next(
            at=now, good_for=timedelta(days=days), revoked=revoked, superseded=replaced
        )
        signed = sign_withdrawals(told, signers=[signer], at=now).to_json()
        if _content(path) != before:
            raise CertifyError(f"{path} was signed anew by somebody else meanwhile: do it again")
        new_file(path, signed)
    many = number(len(told.revoked | told.superseded), lang)
    click.echo(
        say(
            lang,
            f"Danh sách số {told.number} ({many} xác nhận) ở: {path}",
            f"List {told.number} ({many} statements) is in: {path}",
        )
    )


def _digests(batch: Batch, record: str) -> list[str]:
    found = batch.find(record)
    if not found:
        raise InputError("no statement of the batch is about a record of that number")
    return [batch.leaf(one.index).hex() for one in found]


def _swept(batch: Batch, work: Casework, *, revoked: set[str], replaced: set[str]) -> None:
    """Find the statements whose cases are not certified by them any more.

    A case may have come in anew since, or have been signed a second time: what counts is whether
    the last signature that the ledger has of it is this statement's.
    """
    for index in range(batch.size):
        case = batch.statement(index).reference.removeprefix("case/")
        try:
            state, history = work.read(case), work.history(case)
        except CaseError:
            continue  # it is none of this ledger's
        digest = batch.leaf(index).hex()
        signed = [one.event.data.get("reference") for one in history if one.event.kind == "signed"]
        if digest not in signed:
            continue  # signed, and not marked as such: for a person to decide
        if state.state is State.REVOKED:
            revoked.add(digest)
        elif state.state not in CERTIFIED or signed[-1] != digest:
            replaced.add(digest)


def _content(path: Path) -> bytes | None:
    return read_file(path, LONGEST) if path.exists() else None


def _last(
    path: Path, content: bytes | None, *, office: str, signing: SignerChoice, now: datetime
) -> Withdrawals:
    """Read the list that is there; one that was altered, or is another's, is not continued."""
    if content is None:
        return Withdrawals.before(office=office, at=now)
    signed = SignedWithdrawals.from_json(content)
    verifier = Verifier(checking(signing.trusted), at=now)
    checked = verifier.signatures(signed.withdrawals.content, signed.signatures)
    if not checked or not all(one.is_valid for one in checked):
        raise CertifyError(
            f"the signature of {path} is not valid, so it cannot be continued: get the last list "
            "that was published"
        )
    if signed.withdrawals.office != office:
        raise CertifyError(f"{path} is another office's list: name this office's own")
    return signed.withdrawals
