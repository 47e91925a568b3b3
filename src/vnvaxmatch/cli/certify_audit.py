"""``vnvaxmatch certify checkpoint`` and ``audit``: sign where a ledger stands, and check it all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from vnvaxmatch.certify.audits import (
    Audited,
    Continuity,
    Pinned,
    SignedCheckpoint,
    sign_checkpoint,
)
from vnvaxmatch.certify.audits import (
    audit as audited,
)
from vnvaxmatch.certify.standings import Fault, Standing, words_of
from vnvaxmatch.certify.trust import Tree, load_trust
from vnvaxmatch.certify.verifying import checking
from vnvaxmatch.cli.certify_text import signature_lines
from vnvaxmatch.cli.ledger import checked_lines
from vnvaxmatch.cli.ledger_options import ledger_option
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import FOLDER, lang_option, number, progress_bar, say
from vnvaxmatch.cli.signing import SignerChoice, at_option, moment, signer_options, tree_option
from vnvaxmatch.errors import VerificationError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.ledger.proofs import ORIGIN
from vnvaxmatch.messages import Lang

__all__ = ["audit", "checkpoint"]

EXIT_NOT_VALID = 3
EXIT_UNKNOWN = 4

_CONTINUITY = {
    Continuity.CONTINUED: ("sổ nối tiếp điểm chốt", "the log continues it"),
    Continuity.DIFFERENT: ("sổ KHÁC với khi chốt", "the log is NOT the one it was taken of"),
    Continuity.SHORTER: ("sổ NGẮN hơn khi chốt", "the log is SHORTER: its last events are gone"),
    Continuity.OTHER_ORIGIN: ("là điểm chốt của sổ khác", "it is NOT of this log"),
    Continuity.UNDECIDED: ("sổ hỏng, không đối chiếu được", "the log is bad: it cannot be told"),
}

_origin_option = click.option(
    "--origin", default=ORIGIN, show_default=True, help="Whose log it is, as it was signed."
)


@click.command(short_help="Sign where the ledger stands, so that nobody can rewrite it.")
@ledger_option
@signer_options
@click.option("--since", type=FOLDER, help="The last signed checkpoint, to prove it is continued.")
@_origin_option
@click.option("--out", type=FOLDER, required=True, help="The folder to write; a new one.")
@lang_option
def checkpoint(
    where: str, signing: SignerChoice, since: Path | None, origin: str, out: Path, lang: Lang
) -> None:
    """Compute the ledger anew, and sign its size and root: a new folder, to be kept elsewhere.

    A ledger that is not sound, or does not continue --since, is not signed. Its file `checkpoint`
    is what `vnvaxmatch ledger verify` holds proofs against, without the ledger.
    """
    before = None if since is None else SignedCheckpoint.read(since).checkpoint
    with (
        open_ledger(where, create=False) as ledger,
        signing.open(lang) as signer,
        progress_bar(lang) as progress,
    ):
        signed = sign_checkpoint(
            ledger,
            signers=[signer],
            out=out,
            at=datetime.now(UTC),
            since=before,
            origin=origin,
            progress=None if progress is None else lambda n, total: progress("read", n, total),
        )
    size = number(signed.checkpoint.size, lang)
    click.echo(say(lang, f"Đã ký điểm chốt của {size} sự kiện; ở: {out}",
                   f"The checkpoint of {size} events is signed, in: {out}"))  # fmt: skip


@click.command(short_help="Check a whole ledger, and the checkpoints that were signed of it.")
@ledger_option
@click.option(
    "--checkpoint", "folders", type=FOLDER, multiple=True,
    help="A signed checkpoint that was kept elsewhere. May be given several times.",
)  # fmt: skip
@click.option("--trust", "trust_folder", type=FOLDER, help="The folder of whom to trust.")
@tree_option
@_origin_option
@at_option
@lang_option
def audit(
    where: str,
    folders: tuple[Path, ...],
    trust_folder: Path | None,
    tree: str | None,
    origin: str,
    at: datetime | None,
    lang: Lang,
) -> None:
    """Compute a whole ledger anew, and hold it against checkpoints that were signed earlier.

    Names the first event that is not as it was written; says of each checkpoint whether the log
    continues it, and who signed it. No key is needed. Without a checkpoint it shows that the log is
    sound in itself, not that it is the one that it was.

    Exit codes: 0 valid, 3 not valid, 4 something could not be checked.
    """
    if trust_folder is None and tree is not None:
        raise click.UsageError("--tree is for --trust: whom is the signer of the checkpoint from?")
    check = None
    if trust_folder is not None:
        check = checking(load_trust(trust_folder), tree=None if tree is None else Tree(tree))
    pinned = [_read(folder, lang) for folder in folders]
    with open_ledger(where, create=False) as ledger, progress_bar(lang) as progress:
        found = audited(
            ledger,
            at=moment(at),
            pinned=pinned,
            check=check,
            origin=origin,
            progress=None if progress is None else lambda n, total: progress("read", n, total),
        )
    for line in _lines(found, folders, lang):
        indent = "  " if line.startswith("  ") else ""
        click.echo(indent + one_line(line))
    if found.standing is not Standing.VALID:
        unknown = found.standing is Standing.UNKNOWN
        click.get_current_context().exit(EXIT_UNKNOWN if unknown else EXIT_NOT_VALID)


def _read(folder: Path, lang: Lang) -> SignedCheckpoint:
    """Read a checkpoint; where it was altered there is nothing to hold the ledger against."""
    try:
        return SignedCheckpoint.read(folder)
    except VerificationError:
        click.echo(words_of(Standing.INVALID, lang=lang).upper())
        told = say(lang, "điểm chốt không đọc được, hoặc đã bị sửa",
                   "it cannot be read as a signed checkpoint, or was altered")  # fmt: skip
        click.echo(one_line(f"{folder}: {told}"))
        raise click.exceptions.Exit(EXIT_NOT_VALID) from None


def _lines(found: Audited, folders: tuple[Path, ...], lang: Lang) -> Iterator[str]:
    yield words_of(found.standing, lang=lang).upper()
    yield from checked_lines(found.log, lang)
    for folder, one in zip(folders, found.pinned, strict=True):
        yield from _pin_lines(folder, one, lang)
    if not found.pinned:
        yield say(
            lang,
            "Lưu ý: không có điểm chốt đã ký nào để đối chiếu (--checkpoint)",
            "Note: no signed checkpoint was given to hold it against (--checkpoint)",
        )


def _pin_lines(folder: Path, one: Pinned, lang: Lang) -> Iterator[str]:
    size = number(one.checkpoint.size, lang)
    told = say(lang, *_CONTINUITY[one.continuity])
    yield say(lang, f"{folder}: {size} sự kiện; {told}", f"{folder}: {size} events; {told}")
    if not one.signatures and Fault.SIGNER_UNDECIDED in one.faults:
        yield say(lang, "  chữ ký chưa kiểm tra: cần --trust",
                  "  the signature was not checked: --trust is needed")  # fmt: skip
    else:
        for fault in one.faults:
            yield f"  {words_of(fault, lang=lang)}"
    for signature in one.signatures:
        for line in signature_lines(signature, lang):
            yield f"  {line.strip()}"
