"""``vnvaxmatch certify sign`` and ``prove``: a signed batch, and the proof of one record of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from vnvaxmatch.casework import Act, Actor, Casework, Refused, Role
from vnvaxmatch.casework.results import open_results
from vnvaxmatch.certify.batches import Batch, Place, sign_batch
from vnvaxmatch.certify.checkpoints import ORIGIN
from vnvaxmatch.certify.folders import new_file
from vnvaxmatch.certify.statements import Context
from vnvaxmatch.certify.writing import SECRETS, NewStatement
from vnvaxmatch.cli.certify_sources import (
    Confirmed,
    case_context,
    confirmed_cases,
    list_of,
    results_context,
    row_statements,
)
from vnvaxmatch.cli.certify_verifying import SALTS_TYPE
from vnvaxmatch.cli.keys import keys_option, read_keys
from vnvaxmatch.cli.shared import FOLDER, lang_option, number, progress_bar, say
from vnvaxmatch.cli.signing import SignerChoice, signer_options
from vnvaxmatch.errors import CertifyError, ConflictError, InputError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.messages import Lang

__all__ = ["prove", "sign"]

_FILE = click.Path(path_type=Path, readable=False)
_MOST_NAMED = 10


@click.command(short_help="State what was found of every record, and sign it once.")
@click.argument("source", metavar="RESULTS|LEDGER")
@signer_options
@click.option("--office", required=True, help="The office that states it, as people write it.")
@click.option("--place", default="", help="Where.")
@click.option("--doses", type=_FILE, help="The list that was verified (RESULTS).  [default: found]")
@keys_option
@click.option("--by", metavar="NAME", help="Who certifies (LEDGER): an account, no number.")
@click.option(
    "--role",
    type=click.Choice([Role.COMMUNE.value, Role.SITE.value]),
    default=Role.COMMUNE.value,
    show_default=True,
    help="In which capacity (LEDGER).",
)
@click.option("--office-code", default="", help="The code of that commune or site (LEDGER).")
@click.option("--origin", default=ORIGIN, show_default=True, help="Whose batches these are.")
@click.option("--out", type=FOLDER, required=True, help="The folder to write; a new one.")
@lang_option
def sign(
    source: str,
    signing: SignerChoice,
    office: str,
    place: str,
    doses: Path | None,
    key_file: Path | None,
    by: str | None,
    role: str,
    office_code: str,
    origin: str,
    out: Path,
    lang: Lang,
) -> None:
    """State what was found of every record, and sign all of it with one signature.

    RESULTS is a folder that `vnvaxmatch verify` wrote: each row is stated with its outcome. LEDGER
    is that of the cases: each confirmed one is stated, and marked as signed there.

    The folder can be handed on, all but secrets.sqlite: that file finds a record again, and shows
    that a statement is about it.
    """
    now = datetime.now(UTC)
    if Path(source).is_dir():
        opened = open_results(Path(source))
        path = list_of(opened, doses)
        context = results_context(opened, office=office, place=place, at=now)
        stated = row_statements(opened, path)
        _sign(stated, context, signing, out, origin=origin, lang=lang, total=opened.rows)
        return
    if by is None:
        raise click.UsageError("--by is needed: the ledger records who certified")
    actor = Actor(by, role=Role(role), office=office_code)
    with open_ledger(
        source, keys=None if key_file is None else read_keys(key_file), create=False
    ) as ledger:
        work = Casework(ledger)
        cases = list(confirmed_cases(work, actor=actor))
        if not cases:
            raise InputError(
                f"{source} has no confirmed case of this office that is not certified yet"
            )
        context = case_context(work, office=office, place=place, at=now)
        _sign(
            [one.statement for one in cases], context, signing, out,
            origin=origin, lang=lang, total=len(cases),
        )  # fmt: skip
        left = _mark(work, cases, out, actor=actor)
    for line in _left_lines(left, lang):
        click.echo(line)
    if left:
        click.get_current_context().exit(1)


def _sign(
    stated: Iterable[NewStatement],
    context: Context,
    signing: SignerChoice,
    out: Path,
    *,
    origin: str,
    lang: Lang,
    total: int,
) -> None:
    with signing.open(lang) as signer, progress_bar(lang) as progress:
        batch = sign_batch(
            stated,
            context=context,
            signers=[signer],
            out=out,
            at=datetime.now(UTC),
            origin=origin,
            progress=None if progress is None else lambda n: progress("write", n, total),
        )
    with batch:
        many = number(batch.size, lang)
        click.echo(say(lang, f"Đã ký {many} xác nhận bằng một chữ ký; lô ở: {out}",
                       f"{many} statements, one signature; the batch is in: {out}"))  # fmt: skip
        size = number(len(batch.bundle(0).to_json()), lang)
        click.echo(say(lang, f"Mỗi gói chứng minh khoảng {size} byte.",
                       f"A proof bundle has about {size} bytes."))  # fmt: skip
        click.echo(say(lang, f"Giữ kín {out / SECRETS}; không gửi tệp này cho ai.",
                       f"Keep {out / SECRETS} secret, and hand it to nobody."))  # fmt: skip


def _mark(work: Casework, cases: list[Confirmed], out: Path, *, actor: Actor) -> list[str]:
    """Mark cases as signed by their statements; give those that changed or may not be meanwhile."""
    left = []
    with Batch(out) as batch:
        digests = [batch.leaf(index).hex() for index in range(batch.size)]
    for one, digest in zip(cases, digests, strict=True):
        try:
            done = work.do(
                one.case,
                Act.signed(digest),
                actor=actor,
                at=datetime.now(UTC),
                expected=one.number,
            )
        except ConflictError:
            left.append(one.case)
        else:
            left += [done.case] if isinstance(done, Refused) else []
    return left


def _left_lines(left: list[str], lang: Lang) -> Iterable[str]:
    if left:
        yield say(
            lang,
            f"{len(left)} hồ sơ không được đánh dấu là đã ký, vì vừa thay đổi hoặc không thuộc "
            "thẩm quyền. Hãy thu hồi xác nhận của chúng (certify withdraw):",
            f"{len(left)} cases were not marked as signed: they changed meanwhile, or are not this "
            "office's. Withdraw their statements (certify withdraw):",
        )
        yield "  " + ", ".join(left[:_MOST_NAMED]) + (" ..." if len(left) > _MOST_NAMED else "")


@click.command(short_help="Write the proof of one record of a signed batch.")
@click.argument("batch", type=FOLDER)
@click.option("--record", required=True, metavar="ID", help="The record's number, or row/N.")
@click.option("--out", type=_FILE, required=True, help="The file to write: a proof bundle.")
@click.option(
    "--salts",
    type=_FILE,
    help="Also write the keys with which the record's holder shows that it is about that record.",
)
@lang_option
def prove(batch: Path, record: str, out: Path, salts: Path | None, lang: Lang) -> None:
    """Write the proof of one record: a file that stands alone, and holds nothing personal.

    BATCH is a folder that `certify sign` wrote, with its secrets. The file of --salts belongs to
    whoever holds the record: together with the record it shows whom the statement is about.
    """
    with Batch(batch) as opened:
        index = _only(opened.find(record)).index
        data = opened.bundle(index).to_json()
        new_file(out, data)
        if salts is not None:
            keys = opened.salts(index)
            told = {
                "claim": None if keys.claim is None else keys.claim.hex(),
                "dose": None if keys.dose is None else keys.dose.hex(),
                "type": SALTS_TYPE,
            }
            new_file(salts, (json.dumps(told) + "\n").encode(), mode=0o600)
    size = number(len(data), lang)
    click.echo(say(lang, f"Gói chứng minh ({size} byte) ở: {out}",
                   f"The proof bundle ({size} bytes) is in: {out}"))  # fmt: skip


def _only(found: tuple[Place, ...]) -> Place:
    if not found:
        raise InputError("no statement of the batch is about a record of that number")
    if len(found) > 1:
        names = ", ".join(one.reference for one in found[:_MOST_NAMED])
        raise CertifyError(
            f"several statements are about records of that number: name one, {names}"
        )
    return found[0]
