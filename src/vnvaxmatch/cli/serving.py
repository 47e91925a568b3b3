"""What ``vnvaxmatch serve`` puts together from its options, and what it says of it."""

from __future__ import annotations

import gc
import logging
import secrets
import ssl
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import urlsplit

import click

from vnvaxmatch.backends import Matcher, Registry, load_backend, open_registry
from vnvaxmatch.errors import BackendError, InputError, OutputError, VnvaxmatchError
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.server import (
    Anybody,
    Callers,
    Certificates,
    Guards,
    Life,
    Listening,
    Settings,
    Tokens,
    load_certificate,
    make_app,
    run,
    server_tls,
)
from vnvaxmatch.server.entries import WORDS
from vnvaxmatch.server.guards import AccessLog, Audit, Rates, Walking, WalkingSettings
from vnvaxmatch.server.guards.metrics import Metrics
from vnvaxmatch.server.running import is_loopback

__all__ = ["serve_registry"]

LOG: Final = logging.getLogger("vnvaxmatch.server")

_KEY_BYTES: Final = 32
_BURST_SECONDS: Final = 2


def serve_registry(registry: Path, tokens: Path | None, **options: Any) -> None:
    """Open what the options name, see that it is safe to serve, and serve until told to stop."""
    listening = Listening(
        options["host"],
        options["port"],
        _tls(options["tls_cert"], options["tls_key"], options["client_ca"]),
    )
    settings = Settings(
        codecs=tuple(name.strip() for name in options["codecs"].split(",") if name.strip()),
        disclosure=Disclosure(options["disclosure"]),
        everything_we_hold_may_be_read=options["everything_we_hold_may_be_read"],
        drain=options["drain"],
        threads=options["threads"],
    )
    if not settings.codecs:
        raise click.UsageError("--codec names nothing: osia, fhir, ndxp")
    callers = _callers(tokens, options["client_ca"])
    _check_safe(listening, callers, options)
    _log_to_stderr()
    life = Life()
    with ExitStack() as closing:
        opened = open_registry(registry)
        closing.callback(opened.close)
        by = _matcher(options["by"], opened)
        guards = _guards(closing, options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say is in the lines of the start
            app = make_app(
                opened, settings=settings, by=by, callers=callers, guards=guards, life=life
            )
        lines = (
            f"{len(opened):,} people of {registry}, matched by {by.name}",
            *_lines(settings, callers, options),
        )
        run(
            app,
            listening=listening,
            settings=settings,
            life=life,
            started=lambda url: _started(url, lines),
            hung_up=_reloading(callers, listening.tls, options),
        )
    click.echo("stopped", err=True)


def _started(url: str, lines: Sequence[str]) -> None:
    click.echo("\n  ".join((f"serving at {url}", *lines)), err=True)
    gc.collect()
    gc.freeze()  # what lives as long as the server is not looked through for garbage


def _lines(settings: Settings, callers: Callers, options: dict[str, Any]) -> list[str]:
    """Say what is served, how much is told, who may ask, and what is recorded."""
    rate = options["rate"]
    return [
        f"protocols: {', '.join(map(_protocol, settings.codecs))}",
        f"told:      {_TOLD[settings.disclosure]}",
        f"who asks:  {_who(callers, options)}",
        f"limit:     {f'{rate:g} questions a second for each client' if rate else 'none'}",
        f"audit:     {_audit(options['audit'])}",
    ]


_TOLD: Final = {
    Disclosure.VERDICT: "right or wrong only (verdict)",
    Disclosure.FINDINGS: "right or wrong, and which field is wrong (findings)",
    Disclosure.VALUES: "EVERYTHING that the registry holds (values)",
}


def _protocol(codec: str) -> str:
    return "ndxp (reconstructed, unverified)" if codec == "ndxp" else codec


def _who(callers: Callers, options: dict[str, Any]) -> str:
    if isinstance(callers, Anybody):
        return "anybody who reaches this address"
    holders = (
        f"clients with one of the {len(callers)} tokens" if isinstance(callers, Tokens) else ""
    )
    certified = f"a certificate of {options['client_ca']}" if options["client_ca"] else ""
    if holders and certified:
        return f"{holders} and {certified}"
    return holders or f"clients with {certified}"


def _audit(ledger: str | None) -> str:
    """Name the ledger, without the password that its address may hold."""
    if ledger is None:
        return "none, questions are not recorded"
    return f"a database at {urlsplit(ledger).hostname}" if "://" in ledger else ledger


def _tls(certificate: Path | None, key: Path | None, ca: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        if key is not None or ca is not None:
            raise click.UsageError("--tls-key and --client-ca need --tls-cert")
        return None
    return server_tls(certificate, key, client_ca=ca)


def _callers(tokens: Path | None, client_ca: Path | None) -> Callers:
    if tokens is not None:
        return Tokens(tokens)
    return Anybody() if client_ca is None else Certificates()


def _check_safe(listening: Listening, callers: Callers, options: dict[str, Any]) -> None:
    if is_loopback(listening.host):
        return
    if isinstance(callers, Anybody) and not options["insecure_open_to_anyone"]:
        raise InputError(
            f"anybody who reaches {listening.host} could ask: give --tokens or --client-ca "
            "(or --insecure-open-to-anyone)"
        )
    if listening.tls is None and not options["insecure_plain_http"]:
        raise InputError(
            f"personal data would go to {listening.host} in the clear: give --tls-cert "
            "(or --insecure-plain-http behind something that adds TLS)"
        )


def _matcher(name: str, registry: Registry) -> Matcher:
    backend = load_backend(name)
    if not hasattr(backend, "flow"):
        raise BackendError(
            f"--by {name}: this backend is a registry, not a matcher; try --by exact"
        )
    matcher: Matcher = backend()
    if hasattr(matcher, "fitted"):  # a matcher that weighs asks how common names are there
        matcher = matcher.fitted(registry)
    return matcher


def _guards(closing: ExitStack, options: dict[str, Any]) -> Guards:
    rate = options["rate"]
    burst = options["burst"] or max(1, round(_BURST_SECONDS * rate))
    audit = access = None
    if options["audit"] is not None:
        ledger = open_ledger(options["audit"])
        closing.callback(ledger.close)
        audit = Audit(ledger, key=_audit_key(options["audit_key"]), clock=_now)
    elif options["audit_key"] is not None:
        raise click.UsageError("--audit-key is for --audit")
    if options["access_log"] is not None:
        access = AccessLog(_opened(closing, options["access_log"]), clock=_now)
    metrics = Metrics(words=WORDS | {"forbidden"})
    if audit is not None:
        metrics.watch_audit(lambda: audit.waiting)
    return Guards(
        rates=Rates(per_second=rate, burst=burst, clock=time.monotonic) if rate else None,
        walking=Walking(WalkingSettings(trusted=frozenset(options["trust"])), clock=time.monotonic),
        metrics=metrics,
        audit=audit,
        access=access,
    )


def _audit_key(path: Path | None) -> bytes:
    if path is None:
        return secrets.token_bytes(_KEY_BYTES)
    try:
        key = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the key {path}: {error.strerror}") from error
    if len(key) < _KEY_BYTES:
        raise InputError(
            f"the key {path} is too short: make one with `openssl rand -out {path} {_KEY_BYTES}`"
        )
    return key


def _opened(closing: ExitStack, path: str) -> TextIO:
    if path == "-":
        return sys.stdout
    try:
        return closing.enter_context(open(path, "a", encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"cannot write the log {path}: {error.strerror}") from error


def _reloading(
    callers: Callers, tls: ssl.SSLContext | None, options: dict[str, Any]
) -> Callable[[], None]:
    def reload() -> None:
        try:
            if isinstance(callers, Tokens):
                callers.reload()
                LOG.warning("tokens read again: %d", len(callers))
            if tls is not None:
                load_certificate(tls, options["tls_cert"], options["tls_key"])
                LOG.warning("certificate read again")
        except VnvaxmatchError as error:
            LOG.error("not read again, the former stays: %s", error)

    return reload


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.WARNING)
    LOG.propagate = False


def _now() -> datetime:
    return datetime.now(UTC)
