"""``vnvaxmatch serve``: answer for a registry over the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from vnvaxmatch.cli.serving import serve_registry
from vnvaxmatch.errors import OutputError
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.server import new_token as make_token

__all__ = ["serve"]

_FILE = click.Path(path_type=Path, readable=False)


@click.command(short_help="Answer for a registry over the network.")
@click.option("--registry", type=_FILE, help="A file made by `vnvaxmatch registry build`.")
@click.option(
    "--codec",
    "codecs",
    default="osia",
    show_default=True,
    metavar="NAME,NAME",
    help="The protocols to serve: osia, fhir, ndxp. Each is served below a path of its name.",
)
@click.option(
    "--disclosure",
    type=click.Choice([d.value for d in Disclosure]),
    default=Disclosure.VERDICT.value,
    show_default=True,
    help="The most that is told. verdict: right or wrong only. findings: also which field is "
    "wrong. values: all that the registry holds.",
)
@click.option(
    "--everything-we-hold-may-be-read",
    is_flag=True,
    help="Needed for --disclosure values: whoever may ask belongs to the body that owns all this.",
)
@click.option(
    "--by",
    default="exact",
    show_default=True,
    help="The matcher, by its installed name: exact or fuzzy.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8443,
    show_default=True,
    help="The port; 0 takes one that is free.",
)
@click.option(
    "--tls-cert", type=_FILE, help="The server's certificate (PEM), with those that lead to its CA."
)
@click.option("--tls-key", type=_FILE, help="Its private key, if that is in a file of its own.")
@click.option(
    "--client-ca", type=_FILE, help="Only clients with a certificate of this authority may ask."
)
@click.option(
    "--tokens",
    type=_FILE,
    help="Only clients with a bearer token of this file may ask: lines of a name and the SHA-256 "
    "of the token. Read again on SIGHUP.",
)
@click.option(
    "--new-token",
    metavar="NAME",
    help="Make a token for a client, write its line to the file of --tokens, print the token, and "
    "do nothing else.",
)
@click.option(
    "--insecure-open-to-anyone",
    is_flag=True,
    help="Let anybody ask who reaches this computer, without token and certificate.",
)
@click.option(
    "--insecure-plain-http",
    is_flag=True,
    help="Listen without TLS on an address that others reach: only behind something that adds it.",
)
@click.option(
    "--audit",
    metavar="LEDGER",
    help="Record every question in this ledger: a SQLite file, or postgresql://...",
)
@click.option(
    "--audit-key",
    type=_FILE,
    help="A file of 32 or more random bytes that claims are digested with, so that whoever has it "
    "can find the questions about a claim. Without it, nobody ever can.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=100.0,
    show_default=True,
    help="Questions a second that each client may ask; 0 for no limit.",
)
@click.option(
    "--burst",
    type=click.IntRange(min=1),
    show_default="what comes in two seconds",
    help="Questions that a client may ask at once.",
)
@click.option(
    "--trust",
    multiple=True,
    metavar="NAME",
    help="A client that is not slowed when it seems to walk through numbers, only reported. May "
    "be given several times.",
)
@click.option(
    "--access-log",
    metavar="FILE",
    help="Write a line of JSON for each request; - for standard output. Never holds a number.",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds to say that it is not ready, before it stops: for a load balancer to notice.",
)
@click.option(
    "--threads",
    type=click.IntRange(0, 64),
    show_default="none for exact from a SQLite file, else 4",
    help="Threads that look people up.",
)
def serve(
    registry: Path | None, new_token: str | None, tokens: Path | None, **options: Any
) -> None:
    """Answer for a registry over the network, in the protocols that remote registries speak.

    Each question is answered with right or wrong, and no more unless --disclosure says so. Without
    a way to tell who asks, only this computer may.

    \b
    Where it answers:
      /osia/v1/persons/{uin}/verify, .../match   OSIA, in JSON
      /fhir/Patient/$match                       FHIR, as IHE PDQm has it
      /ndxp/                                     SOAP, reconstructed and unverified
      /docs, /openapi.json                       what it serves, for people and programs
      /health/live, /health/ready, /metrics      for whoever watches it

    It stops on SIGTERM: what runs is finished first.
    """
    if new_token is not None:
        _add_token(new_token, tokens)
        return
    if registry is None:
        raise click.UsageError("Missing option '--registry'.")
    serve_registry(registry, tokens, **options)


def _add_token(name: str, tokens: Path | None) -> None:
    """Append the line first, and print the token only once it stands."""
    if tokens is None:
        raise click.UsageError("--new-token needs --tokens, the file that its line is written to")
    token, line = make_token(name)
    try:
        with open(tokens, "a", encoding="utf-8", opener=_private) as file:
            file.write(f"{line}\n")
    except OSError as error:
        raise OutputError(f"cannot write {tokens}: {error.strerror}") from error
    click.echo(token)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
