"""Open a ledger by its path or address."""

from __future__ import annotations

import os

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.keys import KeyRing
from vnvaxmatch.ledger.protocol import Ledger
from vnvaxmatch.ledger.sqlite import SQLiteLedger

__all__ = ["open_ledger"]

_POSTGRES = ("postgresql://", "postgres://")


def open_ledger(
    where: str | os.PathLike[str], /, *, keys: KeyRing | None = None, create: bool = True
) -> Ledger:
    """Open a ledger: a SQLite file by its path, or one in PostgreSQL by ``postgresql://…``.

    Without ``keys`` it reads and checks everything but personal values, and refuses to write any.
    One that is not there is made where ``create`` is true.
    Raises :class:`~vnvaxmatch.errors.LedgerError`.
    """
    text = os.fspath(where)
    if text.startswith(_POSTGRES):
        from vnvaxmatch.ledger.postgres import PostgresLedger

        return PostgresLedger(text, keys=keys, create=create)
    if "://" in text:
        raise LedgerError("a ledger is a file, or an address postgresql://…; check the name")
    return SQLiteLedger(text, keys=keys, create=create)
