"""Where in which PostgreSQL database a ledger is, and who must prove to be that database."""

from __future__ import annotations

import os
import re
import ssl
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.outcome import redact

__all__ = ["Address"]

_OPTIONS: Final = frozenset({"schema", "host", "sslmode", "sslrootcert"})
_UNCHECKED: Final = ("", "disable", "prefer")
_CHECKED: Final = ("verify-ca", "verify-full")
_SSL_MODES: Final = ("disable", "prefer", "require", *_CHECKED)


@attrs.frozen
class Address:
    """Where a ledger is in which database.

    The options mean what they mean to PostgreSQL's own programs (libpq): ``sslmode`` is
    ``disable``, ``prefer`` (TLS if the server has it, and nobody is checked: so where nothing is
    said), ``require`` (nobody is checked, unless ``sslrootcert`` is given), ``verify-ca`` or
    ``verify-full`` (the host too). ``sslrootcert`` is a PEM file of authorities; without it, those
    that the computer trusts are. A password that is not in it is taken from ``PGPASSWORD``.
    """

    host: str | None
    port: int
    database: str
    user: str
    password: str | None = attrs.field(repr=redact)
    schema: str = "vnvaxmatch_ledger"
    socket: str | None = None
    sslmode: str = ""
    sslrootcert: str = ""

    @classmethod
    def read(cls, text: str, /) -> Self:
        """Read an address ``postgresql://user:password@host:port/database?schema=name``."""
        try:
            parts = urlsplit(text)
            port = parts.port or 5432
            options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError:
            raise LedgerError(
                "the address of the ledger cannot be read: it is written "
                "postgresql://user:password@host:port/database"
            ) from None
        if unknown := sorted(options.keys() - _OPTIONS):
            raise LedgerError(f"the address has an option {unknown[0]!r} that is not known")
        schema = options.get("schema", "vnvaxmatch_ledger")
        if not re.fullmatch("[a-z_][a-z0-9_]{0,62}", schema):
            raise LedgerError("the schema is not of small letters, digits and underscores")
        host = options.get("host") or parts.hostname or "localhost"
        is_socket = host.startswith("/")
        try:
            host.encode("idna")
        except UnicodeError:
            raise LedgerError("the address names a host that cannot be one: check it") from None
        sslmode, sslrootcert = options.get("sslmode", ""), options.get("sslrootcert", "")
        _check_tls(sslmode, sslrootcert, is_socket=is_socket)
        user = unquote(parts.username) if parts.username else os.environ.get("USER", "postgres")
        given = unquote(parts.password) if parts.password else os.environ.get("PGPASSWORD")
        return cls(
            host=None if is_socket else host,
            port=port,
            database=unquote(parts.path[1:]) or user,
            user=user,
            password=given or None,
            schema=schema,
            socket=f"{host}/.s.PGSQL.{port}" if is_socket else None,
            sslmode=sslmode,
            sslrootcert=sslrootcert,
        )

    def __str__(self) -> str:
        """Say where it is, without the password."""
        place = self.socket or f"{self.host}:{self.port}"
        return f"{self.schema} in {self.database} at {place}"

    def tls(self) -> ssl.SSLContext | bool | None:
        """Give what the driver wants to know of TLS: a context, never (False), if there is (None).

        Raises :class:`~vnvaxmatch.errors.LedgerError` where the authorities cannot be read.
        """
        if self.sslmode in _UNCHECKED:
            return False if self.sslmode == "disable" else None
        try:
            context = ssl.create_default_context(cafile=self.sslrootcert or None)
        except (OSError, ValueError):
            raise LedgerError(
                f"{self.sslrootcert} is not a PEM file of certificates: check sslrootcert"
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = self.sslmode == "verify-full"
        if self.sslmode == "require" and not self.sslrootcert:
            context.verify_mode = ssl.CERT_NONE
        return context


def _check_tls(sslmode: str, sslrootcert: str, *, is_socket: bool) -> None:
    """Refuse what would be less safe than it looks."""
    if sslmode and sslmode not in _SSL_MODES:
        raise LedgerError(f"sslmode is one of {', '.join(_SSL_MODES)}")
    if sslrootcert and sslmode in _UNCHECKED:
        raise LedgerError(
            "sslrootcert checks nobody with this sslmode: give sslmode=verify-full with it"
        )
    if is_socket and sslmode not in _UNCHECKED:
        raise LedgerError("a Unix socket has no TLS, and needs none: leave sslmode out")
