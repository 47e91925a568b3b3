"""``vnvaxmatch certify``: sign what was found, prove it record by record, and verify proofs."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

__all__ = ["certify"]

_COMMANDS = {
    "sign": "vnvaxmatch.cli.certify_signing",
    "prove": "vnvaxmatch.cli.certify_signing",
    "verify": "vnvaxmatch.cli.certify_verifying",
    "withdraw": "vnvaxmatch.cli.certify_withdrawing",
    "minutes": "vnvaxmatch.cli.minutes",
    "certificate": "vnvaxmatch.cli.certificates",
    "checkpoint": "vnvaxmatch.cli.certify_audit",
    "audit": "vnvaxmatch.cli.certify_audit",
}
"""Commands, and the modules that hold them under their names."""


class _LazyGroup(click.Group):
    """A group that loads a command's module when the command is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order in which one needs them."""
        return [name for name, module in _COMMANDS.items() if find_spec(module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        module = _COMMANDS.get(cmd_name)
        if module is None or find_spec(module) is None:
            return None
        command: click.Command = getattr(import_module(module), cmd_name)
        return command


@click.group(cls=_LazyGroup, short_help="Certify what was confirmed, so that anyone can check it.")
def certify() -> None:
    """Certify what was found and confirmed, so that anyone can check it and nobody can alter it.

    \b
      vnvaxmatch certify sign results --signer me.p12 --trust DIR --office X --out batch
      vnvaxmatch certify prove batch --record ID --out proof.json
      vnvaxmatch certify verify proof.json --trust trust
      vnvaxmatch certify audit --ledger cases.db --checkpoint day --trust trust
    """
