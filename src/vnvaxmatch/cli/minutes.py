"""``vnvaxmatch certify minutes``: draw up minutes of confirmed cases, sign, verify, record them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from vnvaxmatch.casework import Act, Actor, Casework, Refused, Role, State
from vnvaxmatch.casework.acts import prepare
from vnvaxmatch.certify.folders import new_file
from vnvaxmatch.certify.minutes import (
    SALT_BYTES,
    Minutes,
    MinutesCase,
    Standing,
    attach_scan,
    case_of,
    make_minutes,
    read_minutes,
    read_parties,
    reference_of,
    short_digest,
    sign_minutes,
    verify_minutes,
)
from vnvaxmatch.certify.minutes.reading import LONGEST, open_minutes
from vnvaxmatch.certify.minutes.words import HANOI
from vnvaxmatch.certify.trust import Tree, load_trust
from vnvaxmatch.cli.keys import keys_option, read_keys
from vnvaxmatch.cli.ledger_options import ledger_option
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.minutes_text import minutes_lines
from vnvaxmatch.cli.shared import lang_option, number, say
from vnvaxmatch.cli.signing import SignerChoice, at_option, moment, signer_options, trust_option
from vnvaxmatch.errors import CertifyError, InputError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.messages import Lang, message

__all__ = ["minutes"]

_FILE = click.Path(path_type=Path, readable=False)
_TIME = click.DateTime(["%Y-%m-%dT%H:%M"])

EXIT_NOT_VALID = 3
EXIT_UNKNOWN = 4

_role_option = click.option(
    "--role", required=True, metavar="WORD", help="Which party, by its role in the minutes."
)
_require_option = click.option(
    "--require",
    multiple=True,
    metavar="ROLE",
    help="A role that must have signed, instead of those that the minutes require.",
)


@click.group(short_help="Minutes (biên bản) that several parties sign.")
def minutes() -> None:
    """Minutes (biên bản) of confirmed cases, that several parties sign.

    They are a PDF with the same as data attached, and they hold personal data: that is what they
    are for. Keep and send them as such.

    \b
      vnvaxmatch certify minutes make --ledger cases.db --keys keys.json --commune CODE
          --number 12/BB-UBND --place Mẫu --parties parties.toml --out minutes.pdf
      vnvaxmatch certify minutes sign minutes.pdf --role WORD --signer me.p12 --trust DIR
      vnvaxmatch certify minutes verify minutes.pdf --trust trust
      vnvaxmatch certify minutes record minutes.pdf --ledger cases.db --trust DIR --by X ...
    """


@minutes.command()
@ledger_option
@keys_option
@click.option("--commune", required=True, metavar="CODE", help="The commune: its code of 2025.")
@click.option("--case", "only", multiple=True, help="Only this case; may be given several times.")
@click.option("--number", "numbered", required=True, help="Their number, such as 12/BB-UBND.")
@click.option("--place", required=True, help="The place beside the date, such as Hoàn Kiếm.")
@click.option("--venue", help="Where the parties met.  [default: the office]")
@click.option("--began", type=_TIME, help="When, in Vietnam (2026-02-03T08:30).  [default: now]")
@click.option("--ended", type=_TIME, help="Until when, in Vietnam.  [default: now]")
@click.option("--parties", type=_FILE, required=True, help="Who takes part: a file of TOML.")
@click.option("--basis", multiple=True, help="A further legal basis; may be given several times.")
@click.option("--copies", type=click.IntRange(1, 99), help="[default: one for each party]")
@click.option("--out", type=_FILE, required=True, help="The PDF to write; the data go beside it.")
@lang_option
def make(
    where: str,
    key_file: Path | None,
    commune: str,
    only: tuple[str, ...],
    numbered: str,
    place: str,
    venue: str | None,
    began: datetime | None,
    ended: datetime | None,
    parties: Path,
    basis: tuple[str, ...],
    copies: int | None,
    out: Path,
    lang: Lang,
) -> None:
    """Draw up minutes of the confirmed cases of a commune that are not certified yet."""
    if key_file is None:
        raise click.UsageError("--keys is needed: the values of the cases are encrypted")
    now, told = datetime.now(UTC), read_parties(parties)
    _unsigned(out)
    with open_ledger(where, keys=read_keys(key_file), create=False) as ledger:
        found = list(_cases(Casework(ledger), commune, only))
        checkpoint = ledger.checkpoint()
    end = now if ended is None else ended.replace(tzinfo=HANOI)
    drawn = Minutes(
        numbered,
        place=place,
        venue=venue or told.office,
        began=min(now, end) if began is None else began.replace(tzinfo=HANOI),
        ended=end,
        commune=commune,
        office=told.office,
        superior=told.superior,
        parties=told.parties,
        bases=basis,
        cases=sorted(found, key=lambda one: (one.row, one.case)),
        checkpoint=checkpoint,
        copies=copies or len(told.parties),
        salt=os.urandom(SALT_BYTES),
    )
    made = make_minutes(drawn)
    new_file(out.with_suffix(".json"), made.twin, mode=0o600)
    new_file(out, made.pdf, mode=0o600)
    count = number(len(found), lang)
    for line in (
        say(lang, f"Biên bản về {count} hồ sơ ở: {out}", f"Minutes of {count} cases: {out}"),
        say(lang, "Mã đối chiếu: ", "Digest: ") + short_digest(made.digest),
        say(
            lang,
            "Tệp có dữ liệu cá nhân: chỉ giao cho các bên ký.",
            "They hold personal data: hand them to nobody but the parties.",
        ),
    ):
        click.echo(line)


def _unsigned(out: Path) -> None:
    """Refuse to write over minutes that somebody signed, or over anything that is no minutes."""
    if not out.exists():
        return
    try:
        free = not open_minutes(_read(out)).signed
    except CertifyError:
        free = False
    if not free:
        raise InputError(
            f"{out} is there already, and holds a signature or is no file of minutes: name another"
        )


def _cases(work: Casework, commune: str, only: Sequence[str]) -> Iterator[MinutesCase]:
    confirmed = {case for case, _ in work.standings(states=[State.CONFIRMED], commune=commune)}
    strange = sorted(set(only) - confirmed)
    if strange:
        raise InputError(f"{one_line(strange[0])} is no confirmed case of this commune")
    wanted = set(only) or confirmed
    if not wanted:
        raise InputError(
            "this commune has no confirmed case that is not certified yet: see where its cases "
            "stand with `casework status --commune`"
        )
    for case in sorted(wanted):
        yield case_of(work.read(case), work.history(case))


@minutes.command()
@click.argument("file", type=_FILE)
@_role_option
@click.option(
    "--pages-read",
    is_flag=True,
    help="Another version laid the pages out, and I read them against the data attached.",
)
@signer_options
@lang_option
def sign(file: Path, role: str, pages_read: bool, signing: SignerChoice, lang: Lang) -> None:
    """Sign FILE in the place of a party. Other signatures stay good; the order does not matter."""
    pdf = _read(file)
    party = read_minutes(pdf).party(role)
    with signing.open(lang) as signer:
        signed = sign_minutes(pdf, signer, role=role, at=datetime.now(UTC), pages_read=pages_read)
    if _read(file) != pdf:
        raise InputError(f"{file} was changed meanwhile, and nothing was written: sign it again")
    new_file(file, signed, mode=0o600)
    click.echo(
        say(lang, f"Đã ký với tư cách: {party.title}", f"Signed in the place of: {party.title}")
    )


@minutes.command()
@click.argument("file", type=_FILE)
@click.argument("scan", type=_FILE)
@_role_option
@click.option("--by", required=True, metavar="NAME", help="Who made the scan.")
@click.option("--office", required=True, help="For which office.")
@lang_option
def attach(file: Path, scan: Path, role: str, by: str, office: str, lang: Lang) -> None:
    """Attach SCAN (PDF, JPEG, PNG) of what a party signed on paper, with its conversion mark.

    It is evidence of its own kind, and counts as no digital signature. Attach scans before anybody
    signs digitally.
    """
    pdf = attach_scan(
        _read(file), _read(scan), role=role, by=by, office=office, at=datetime.now(UTC)
    )
    new_file(file, pdf, mode=0o600)
    click.echo(
        say(
            lang,
            "Đã đính kèm bản quét với ký hiệu chuyển đổi; không tính là chữ ký số.",
            "The scan is attached with its mark; it counts as no digital signature.",
        )
    )


@minutes.command()
@click.argument("file", type=_FILE)
@trust_option
@click.option(
    "--tree",
    type=click.Choice([tree.value for tree in Tree]),
    help="The tree that the signers must belong to.",
)
@_require_option
@at_option
@lang_option
def verify(
    file: Path,
    trust_folder: Path,
    tree: str | None,
    require: tuple[str, ...],
    at: datetime | None,
    lang: Lang,
) -> None:
    """Verify FILE: who signed, what that is worth, who is missing, whether anything was altered.

    Exit codes: 0 valid, 3 not valid, 4 something could not be checked. Only 0 proves anything.
    """
    checked = verify_minutes(
        _read(file),
        trust=load_trust(trust_folder),
        at=moment(at),
        tree=None if tree is None else Tree(tree),
        required=require or None,
    )
    for line in minutes_lines(checked, lang):
        click.echo(one_line(line))
    if checked.standing is not Standing.VALID:
        unknown = checked.standing is Standing.UNKNOWN
        click.get_current_context().exit(EXIT_UNKNOWN if unknown else EXIT_NOT_VALID)


@minutes.command()
@click.argument("file", type=_FILE)
@ledger_option
@click.option("--trust", "trust_folder", type=_FILE, help="Verify the signatures with this trust.")
@click.option(
    "--signed-on-paper",
    is_flag=True,
    help="All parties signed on paper: somebody answers for that, and nothing is verified.",
)
@_require_option
@click.option("--by", required=True, metavar="NAME", help="Who records them: an account.")
@click.option(
    "--role",
    type=click.Choice([Role.COMMUNE.value, Role.SITE.value]),
    default=Role.COMMUNE.value,
    show_default=True,
    help="In which capacity the cases are certified.",
)
@click.option("--office", required=True, help="The code of the commune, or the name of the site.")
@lang_option
def record(
    file: Path,
    where: str,
    trust_folder: Path | None,
    signed_on_paper: bool,
    require: tuple[str, ...],
    by: str,
    role: str,
    office: str,
    lang: Lang,
) -> None:
    """Record in the ledger that the cases of FILE are certified by these minutes.

    All of them or none: a case that was touched since the minutes were drawn up stops it.
    """
    if (trust_folder is None) is not signed_on_paper:
        raise click.UsageError("give --trust, or --signed-on-paper: how were they signed?")
    now, pdf = datetime.now(UTC), _read(file)
    if trust_folder is not None:
        trust = load_trust(trust_folder)
        verify_minutes(pdf, trust=trust, at=now, required=require or None).unwrap()
    told = read_minutes(pdf)
    act = Act.minutes(reference_of(told))
    actor = Actor(by, role=Role(role), office=office)
    with open_ledger(where, create=False) as ledger:
        if ledger.checkpoint(told.checkpoint.size) != told.checkpoint:
            raise InputError(f"{file} is of another ledger: name the one that it was made from")
        work = Casework(ledger)
        expected: dict[str, int | None] = {one.case: one.events for one in told.cases}
        _refuse(work, actor, expected)
        done = work.do_all(
            [(one.case, act) for one in told.cases], actor=actor, at=now, expected=expected
        )
    count = number(len(done), lang)
    click.echo(say(lang, f"Đã ghi sổ biên bản cho {count} hồ sơ.", f"Recorded for {count} cases."))


def _refuse(work: Casework, actor: Actor, expected: dict[str, int | None]) -> None:
    """Stop before anything is written where one of the cases would be refused."""
    for case, events in expected.items():
        state = work.read(case)
        if state.number != events:
            raise InputError(
                f"case {case} was touched since these minutes were drawn up, and nothing was "
                "recorded: draw them up anew"
            )
        answer = prepare(
            state, Act.minutes("-"), actor=actor, authority=work.authority, at=datetime.now(UTC)
        )
        if isinstance(answer, Refused):
            why = message(f"refusal.{answer.reason.value}", lang="en")
            raise InputError(f"case {case}: {why}; nothing was recorded")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
