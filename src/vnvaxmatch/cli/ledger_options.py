"""The options that name a ledger and a commune, as the commands on cases have them."""

from __future__ import annotations

import click

from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize import commune_name

__all__ = ["commune_option", "ledger_option"]

ledger_option = click.option(
    "--ledger",
    "where",
    required=True,
    metavar="DB",
    help="The ledger: a SQLite file, or postgresql://... (password from the environment).",
)


def _known(context: click.Context, parameter: click.Parameter, code: str | None) -> str | None:
    """Refuse a code that no commune has: it would count nothing, and say so calmly."""
    try:
        if code:
            commune_name(code)
    except KeyError:
        raise InputError(
            "--commune: no commune has that code since 2025: five digits, as "
            "`casework status --by-commune` lists them"
        ) from None
    return code


commune_option = click.option(
    "--commune",
    metavar="CODE",
    callback=_known,
    help="Only cases of this commune: its code of 2025.",
)
