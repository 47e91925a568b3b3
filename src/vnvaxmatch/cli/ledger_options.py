"""The option that names a ledger, as every command on cases has it."""

from __future__ import annotations

import click

__all__ = ["ledger_option"]

ledger_option = click.option(
    "--ledger",
    "where",
    required=True,
    metavar="DB",
    help="The ledger: a SQLite file, or postgresql://... (password from the environment).",
)
