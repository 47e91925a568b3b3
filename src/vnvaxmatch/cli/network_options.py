"""The options of ``vnvaxmatch verify`` for a registry that is asked over a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

__all__ = ["check_options", "is_address", "network_options"]

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, readable=False)
_LOCAL_ONLY = ("by", "model", "workers", "memory", "spill")
_REMOTE_ONLY = (
    "codec", "codec_option", "token_file", "client_cert", "client_key", "ca", "rate", "in_flight",
)  # fmt: skip


def network_options(function: F) -> F:
    """Add the options of a registry that is asked over a network."""
    for option in reversed(
        [
            click.option(
                "--codec",
                help="Over a network: the protocol that the registry speaks: osia, fhir or ndxp.",
            ),
            click.option(
                "--codec-option",
                multiple=True,
                metavar="NAME=VALUE",
                help="Over a network: an option of the codec, as operation=match. What maps names "
                "to names is written in JSON. May be given several times.",
            ),
            click.option(
                "--token-file",
                type=_FILE,
                help="Over a network: a file with a bearer token; read again when it is refused.",
            ),
            click.option("--client-cert", type=_FILE, help="Over a network: our certificate, PEM."),
            click.option("--client-key", type=_FILE, help="Over a network: its private key, PEM."),
            click.option("--ca", type=_FILE, help="Over a network: the registry's authority, PEM."),
            click.option(
                "--rate",
                type=click.FloatRange(0, min_open=True),
                help="Over a network: questions a second at most.",
            ),
            click.option(
                "--in-flight",
                type=click.IntRange(1, 1000),
                default=16,
                show_default=True,
                help="Over a network: questions at a time at most.",
            ),
        ]
    ):
        function = option(function)
    return function


def is_address(registry: str) -> bool:
    """Tell an address from the name of a file.

    >>> is_address("https://registry.example/osia"), is_address("people.duckdb")
    (True, False)
    """
    return registry.lower().startswith(("https://", "http://"))


def check_options(registry: str) -> None:
    """Refuse options that are for the other kind of registry: none is ever ignored."""
    context = click.get_current_context()
    remote = is_address(registry)
    for name in _LOCAL_ONLY if remote else _REMOTE_ONLY:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--" + name.replace("_", "-")
            kind = "a registry file" if remote else "a registry that is asked over a network"
            raise click.UsageError(f"{flag} is for {kind}", ctx=context)
    if remote and context.params["codec"] is None:
        raise click.UsageError(
            "say with --codec which protocol the registry speaks: osia, fhir or ndxp", ctx=context
        )
