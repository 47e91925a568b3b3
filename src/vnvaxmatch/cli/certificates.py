"""``vnvaxmatch certify certificate``: vaccination certificates of certified records."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.casework import CaseState, Casework
from vnvaxmatch.certify.dcc import (
    CaseProof,
    Contents,
    Issuer,
    Kind,
    Paper,
    Proven,
    Register,
    Standing,
    Vaccinated,
    Verified,
    load_signers,
    print_certificate,
    qr_png,
    qr_svg,
    vaccinated_of,
)
from vnvaxmatch.certify.dcc import verify as verify_certificate
from vnvaxmatch.certify.dcc.envelopes import LONGEST
from vnvaxmatch.certify.dcc.issuing import PrivateKey
from vnvaxmatch.certify.dcc.outcomes import step_of
from vnvaxmatch.certify.dcc.statuses import MOST_BYTES
from vnvaxmatch.certify.dcc.words import Phrase, words_of
from vnvaxmatch.certify.folders import new_file
from vnvaxmatch.cli.keys import keys_option, read_keys
from vnvaxmatch.cli.ledger_options import ledger_option
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import FOLDER, lang_option, say
from vnvaxmatch.errors import CaseError, CertifyError, InputError
from vnvaxmatch.ledger import Ledger, open_ledger
from vnvaxmatch.messages import Lang, message

__all__ = ["certificate"]

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, readable=False)
_FILES = ("certificate.txt", "qr.png", "qr.svg", "a4.pdf", "phone.pdf")
_LARGEST_KEY = 1_000_000

EXIT_NOT_VALID = 3
EXIT_UNKNOWN = 4


@click.group(short_help="Vaccination certificates with a QR code.")
def certificate() -> None:
    """Vaccination certificates with a QR code, in the form of the EU (HC1).

    They are issued for certified cases of a ledger, which also keeps what was issued: a certificate
    of a record that was corrected or revoked since is in the next list that is published.
    """


def _signer_options(function: F) -> F:
    for option in reversed(
        [
            click.option(
                "--signer-cert", type=_FILE, required=True, help="The signer's certificate."
            ),
            click.option(
                "--signer-key", type=_FILE, required=True, help="Its private key, as PEM."
            ),
            click.option(
                "--password-file",
                type=_FILE,
                help="A file whose first line is the password of the private key.",
            ),
            click.option("--issuer", required=True, help="The office, as people read its name."),
            click.option(
                "--code", required=True, help="The office in certificates' numbers: A-Z, 0-9."
            ),
            click.option("--country", default="VN", show_default=True, help="Two capitals."),
        ]
    ):
        function = option(function)
    return function


@certificate.command()
@click.argument("case")
@ledger_option
@keys_option
@_signer_options
@click.option(
    "--series",
    type=click.IntRange(1, 9),
    help="Of how many doses it was.  [default: as many as the vaccine's first course has]",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How many days it is valid.",
)
@click.option("--out", type=FOLDER, required=True, help="The folder to write.")
@lang_option
def issue(
    case: str,
    where: str,
    key_file: Path | None,
    signer_cert: Path,
    signer_key: Path,
    password_file: Path | None,
    issuer: str,
    code: str,
    country: str,
    series: int | None,
    days: int,
    out: Path,
    lang: Lang,
) -> None:
    """Issue a certificate for CASE, which must be signed or have minutes.

    Writes the text, the QR code as PNG and SVG, and the PDF for A4 paper and for a phone. What was
    issued for the case before counts no longer from the next list on.
    """
    if key_file is None:
        raise click.UsageError("--keys is needed: the record's values are encrypted")
    by = _issuer(signer_cert, signer_key, password_file, issuer, code, country)
    with (
        open_ledger(where, keys=read_keys(key_file), create=False) as ledger,
        fresh_folder(out, marker=_FILES[0], ours=_FILES) as folder,
    ):
        proof = CaseProof(Casework(ledger).read(case))
        issued = Register(ledger).issue(
            _vaccinated(proof, series),
            proof,
            issuer=by,
            at=datetime.now(UTC),
            random=os.urandom,
            valid_for=timedelta(days=days),
        )
        contents = (
            issued.text.encode("ascii") + b"\n",
            qr_png(issued.text),
            qr_svg(issued.text),
            print_certificate(issued.text, signer=by.signer, paper=Paper.A4),
            print_certificate(issued.text, signer=by.signer, paper=Paper.PHONE),
        )
        for name, content in zip(_FILES, contents, strict=True):
            (folder / name).write_bytes(content)
    click.echo(say(lang, f"Giấy chứng nhận ở: {out}", f"The certificate is in: {out}"))


def _vaccinated(proof: CaseProof, series: int | None) -> Vaccinated:
    if not proof.case.values:
        raise CertifyError(
            "the values of this case cannot be read: give the key file that they were kept with"
        )
    return vaccinated_of(proof.case.values, series=series)


@certificate.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False, allow_dash=True))
@click.option(
    "--signers",
    type=FOLDER,
    required=True,
    help="A folder or file of the certificates of trusted signers.",
)
@click.option("--status", type=_FILE, help="The issuer's signed list of what counts no longer.")
@click.option("--status-days", type=click.IntRange(0), help="The most days that list may be old.")
@click.option(
    "--accept-without-status",
    is_flag=True,
    help="For issuers who publish no list: lets revoked certificates pass.",
)
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="As of when (UTC)."
)
@lang_option
def verify(
    file: Path,
    signers: Path,
    status: Path | None,
    status_days: int | None,
    accept_without_status: bool,
    at: datetime | None,
    lang: Lang,
) -> None:
    """Verify the certificate in FILE, the text of its QR code (- is standard input).

    Exit codes: 0 valid, 3 not valid, 4 something could not be checked. Only 0 proves anything.
    """
    checked = verify_certificate(
        _text(file),
        signers=load_signers(signers),
        at=datetime.now(UTC) if at is None else at.replace(tzinfo=UTC),
        status=None if status is None else _read(status, MOST_BYTES + 1),
        status_max_age=None if status_days is None else timedelta(days=status_days),
        accept_without_status=accept_without_status,
    )
    for line in _verified_lines(checked, lang):
        click.echo(one_line(line))
    if checked.standing is not Standing.VALID:
        unknown = checked.standing is Standing.UNKNOWN
        click.get_current_context().exit(EXIT_UNKNOWN if unknown else EXIT_NOT_VALID)


@certificate.command()
@click.argument("case")
@ledger_option
@click.option("--superseded", is_flag=True, help="The record was corrected, rather than withdrawn.")
@lang_option
def revoke(case: str, where: str, superseded: bool, lang: Lang) -> None:
    """Let the certificates of CASE count no longer. They fail from the next published list on."""
    how = Proven.SUPERSEDED if superseded else Proven.REVOKED
    with open_ledger(where, create=False) as ledger:
        register = Register(ledger)
        if not register.entries(case):
            raise InputError("no certificate was issued for a case of this number")
        count = register.withdraw(case, how=how, at=datetime.now(UTC))
    click.echo(
        say(
            lang,
            f"Đã thu hồi {count} giấy chứng nhận. Hãy công bố danh sách mới.",
            f"{count} withdrawn. Publish a new list.",
        )
    )


@certificate.command()
@ledger_option
@_signer_options
@click.option(
    "--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it is good."
)
@click.option("--out", type=_FILE, required=True, help="The file to write.")
@lang_option
def publish(
    where: str,
    signer_cert: Path,
    signer_key: Path,
    password_file: Path | None,
    issuer: str,
    code: str,
    country: str,
    days: int,
    out: Path,
    lang: Lang,
) -> None:
    """Write the signed list of what counts no longer, for verifiers online and offline.

    Every case with a certificate is looked at first: what is certified no longer goes on the list.
    """
    by = _issuer(signer_cert, signer_key, password_file, issuer, code, country)
    now = datetime.now(UTC)
    with open_ledger(where, create=False) as ledger:
        register = Register(ledger)
        unread: list[str] = []
        swept = register.sweep(_standing(ledger, unread), at=now)
        data = register.publish(issuer=by, made=now, good_for=timedelta(days=days))
    new_file(out, data)
    click.echo(
        say(
            lang,
            f"Danh sách thu hồi mới ở: {out} ({swept} giấy vừa được thêm theo hồ sơ)",
            f"The new list is in: {out} ({swept} added because of what became of their records)",
        )
    )
    if unread:
        click.echo(
            say(
                lang,
                f"Lưu ý: {len(unread)} hồ sơ không đọc được, giấy của các hồ sơ đó giữ nguyên.",
                f"Note: {len(unread)} cases could not be read; their certificates stay as they "
                "are.",
            ),
            err=True,
        )


def _standing(ledger: Ledger, unread: list[str]) -> Callable[[str], tuple[Proven, str]]:
    """Say how a case stands, without its values; those that cannot be read are noted."""
    work = Casework(ledger)

    def standing(case: str) -> tuple[Proven, str]:
        try:
            state: CaseState = work.read(case)
        except CaseError:
            unread.append(case)
            return Proven.UNDECIDED, ""
        proof = CaseProof(state)
        return proof.standing, proof.edition

    return standing


def _issuer(
    cert: Path, key: Path, password_file: Path | None, name: str, code: str, country: str
) -> Issuer:
    password = None
    if password_file is not None:
        password = _read(password_file, _LARGEST_KEY).split(b"\n")[0].rstrip(b"\r")
    return Issuer.of(
        _read(cert, _LARGEST_KEY), _private_key(key, password), name=name, code=code,
        country=country,
    )  # fmt: skip


def _private_key(path: Path, password: bytes | None) -> PrivateKey:
    try:
        key = load_pem_private_key(_read(path, _LARGEST_KEY), password)
    except (TypeError, ValueError):
        # the cause may hold what stands in the file
        raise InputError(
            f"{path} is no private key that can be used: give PEM, and --password-file where it "
            "has a password"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise InputError(f"{path} is a key of another kind: ECDSA on P-256 or RSA is needed")
    return key


def _verified_lines(checked: Verified, lang: Lang) -> Iterator[str]:
    yield words_of(checked.standing, lang=lang).upper()
    for fault in checked.faults:
        step = words_of(step_of(fault), lang=lang)
        yield f"  {step}: {words_of(fault, lang=lang)}"
    for caution in checked.cautions:
        yield say(lang, "  Lưu ý: ", "  Note: ") + words_of(caution, lang=lang)
    if checked.signer is not None:
        yield f"{message(Phrase.SIGNER, lang=lang)}: {checked.signer.subject}"
        yield f"  SHA-256 {checked.signer.fingerprint}"
    if checked.status_made is not None:
        yield f"{message(Phrase.STATUS_LIST, lang=lang)}: {_time(checked.status_made)}"
    if checked.contents is not None:
        for phrase, value in _content_lines(checked.contents):
            yield f"{message(phrase, lang=lang)}: {value}"


def _content_lines(contents: Contents) -> Iterator[tuple[Phrase, str]]:
    entry = contents.entry
    yield Phrase.NAME, contents.name
    yield Phrase.BIRTH, contents.birth
    if contents.kind is Kind.VACCINATION:
        yield Phrase.PRODUCT, entry["mp"]
        yield Phrase.DOSE, f"{entry['dn']} / {entry['sd']}"
        yield Phrase.DAY, entry["dt"]
    yield Phrase.ISSUER, entry["is"]
    yield Phrase.IDENTIFIER, contents.identifier
    yield Phrase.ISSUED, _time(contents.issued)
    yield Phrase.EXPIRES, _time(contents.expires)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _text(file: Path) -> str:
    data = sys.stdin.buffer.read(LONGEST * 4) if str(file) == "-" else _read(file, LONGEST * 4)
    return data.decode("utf-8-sig", errors="replace").rstrip("\r\n")


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
