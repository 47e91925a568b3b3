"""Options that name a signer, and whom to trust; shared by whatever signs or verifies."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from vnvaxmatch.certify.forms import Form, http_authority
from vnvaxmatch.certify.signers import KeySigner, pem_signer, pkcs11_signer, pkcs12_signer
from vnvaxmatch.certify.trust import PathStatus, Tree, Trust, load_trust
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import FOLDER, say
from vnvaxmatch.errors import InputError, SignerRefusedError
from vnvaxmatch.messages import Lang, message

__all__ = ["SignerChoice", "at_option", "moment", "signer_options", "tree_option", "trust_option"]

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, readable=False)
_LARGEST_PASSWORD = 10_000

trust_option = click.option(
    "--trust",
    "trust_folder",
    type=FOLDER,
    required=True,
    help="The folder of whom to trust: pins.csv, and anchors, intermediates, crls and ocsps of the "
    "trees government and public.",
)

tree_option = click.option(
    "--tree",
    type=click.Choice([tree.value for tree in Tree]),
    help="The tree that the signer must belong to.",
)

at_option = click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="As of when (UTC).  [default: now]",
)


def moment(at: datetime | None) -> datetime:
    """Give the time that an option named, or now."""
    return datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)


@attrs.frozen
class SignerChoice:
    """What the options say of a signer."""

    trust: Path
    signer: Path | None
    key: Path | None
    module: Path | None
    token: str | None
    label: str | None
    password_file: Path | None
    tree: str | None
    form: str
    tsa: str | None
    accept_unknown: bool

    @cached_property
    def trusted(self) -> Trust:
        """The trust that was named."""
        return load_trust(self.trust)

    def open(self, lang: Lang) -> KeySigner:
        """Open the signer, check its certificate, and show who will sign. Close it afterwards."""
        settings: dict[str, Any] = {
            "trust": self.trusted,
            "tree": None if self.tree is None else Tree(self.tree),
            "form": Form(self.form),
            "stamping": None if self.tsa is None else http_authority(self.tsa),
            "accept_unknown": self.accept_unknown,
        }
        signer = self._signer(settings)
        try:
            _show(signer, lang=lang, accept_unknown=self.accept_unknown)
        except BaseException:
            signer.close()
            raise
        return signer

    def _signer(self, settings: dict[str, Any]) -> KeySigner:
        if self.module is not None:
            if self.token is None:
                raise click.UsageError("--pkcs11 needs --token: which one is it?")
            given = None if self.signer is None else _content(self.signer)
            return pkcs11_signer(
                self.module, self.token, pin=self._secret("PIN"), label=self.label,
                certificate=given, **settings,
            )  # fmt: skip
        if self.signer is None:
            raise click.UsageError("--signer is needed: a file .p12, or a token with --pkcs11")
        if self.key is not None:
            password = None if self.password_file is None else self._secret("password")()
            return pem_signer(self.key, self.signer, password=password, **settings)
        return pkcs12_signer(self.signer, self._secret("password")(), **settings)

    def _secret(self, what: str) -> Callable[[], str]:
        def ask() -> str:
            if self.password_file is not None:
                text = _content(self.password_file).decode("utf-8", "replace")
                return text.splitlines()[0] if text else ""
            if not sys.stdin.isatty():
                raise InputError(
                    f"the {what} is needed: give --password-file, or run in a terminal"
                )
            return getpass.getpass(f"{what}: ")

        return ask


def signer_options(function: F) -> F:
    """Add the options of a signer; the function is given a :class:`SignerChoice` as ``signing``."""

    def called(**given: Any) -> Any:
        signing = SignerChoice(
            trust=given.pop("trust_folder"),
            **{
                name: given.pop(name)
                for name in ("signer", "key", "module", "token", "label", "password_file", "tree",
                             "form", "tsa", "accept_unknown")
            },
        )  # fmt: skip
        return function(signing=signing, **given)

    called.__name__, called.__doc__ = function.__name__, function.__doc__
    called.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(
        [
            click.option(
                "--signer",
                type=_FILE,
                help="The signer: a file .p12 or .pfx; or its certificate, beside --key.",
            ),
            click.option("--key", type=_FILE, help="The private key as PEM, beside --signer."),
            click.option(
                "--pkcs11",
                "module",
                type=_FILE,
                help="Sign with a token: the library (.so, .dll) of its maker.",
            ),
            click.option("--token", help="The label of the token."),
            click.option("--key-label", "label", help="The label of the key, if it has several."),
            click.option(
                "--password-file",
                type=_FILE,
                help="A file whose first line is the password or PIN; asked for otherwise.",
            ),
            trust_option,
            tree_option,
            click.option(
                "--form",
                type=click.Choice([form.value for form in Form]),
                default=Form.CADES.value,
                show_default=True,
                help="How the signature is written.",
            ),
            click.option("--tsa", metavar="URL", help="A time stamping authority (RFC 3161)."),
            click.option(
                "--accept-unknown",
                is_flag=True,
                help="Sign also where nothing tells whether the certificate was revoked.",
            ),
        ]
    ):
        called = option(called)
    return called  # type: ignore[return-value]


def _show(signer: KeySigner, *, lang: Lang, accept_unknown: bool) -> None:
    now = datetime.now(UTC)
    about, checked = signer.about(), signer.check(at=now)
    status = message(f"certify.trust.status.{checked.status.value}", lang=lang)
    for line in (
        f"{say(lang, 'Người ký', 'Signer')}: {about.subject}",
        f"{say(lang, 'Nơi cấp', 'Issued by')}: {about.issuer}",
        f"{say(lang, 'Hiệu lực đến', 'Valid until')}: {about.not_after:%Y-%m-%d}; {status}",
    ):
        click.echo(one_line(line), err=True)
    if checked.is_valid or (checked.status is PathStatus.UNKNOWN and accept_unknown):
        return
    raise SignerRefusedError(
        checked.status.value,
        tuple(reason.value for reason in checked.reasons),
        "use a certificate that is valid now, and keep the lists of revoked ones in --trust fresh",
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_PASSWORD)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
