"""A connection to the PostgreSQL database of a ledger: its tables, its troubles."""

from __future__ import annotations

import os
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from vnvaxmatch.errors import LedgerError, MissingExtraError
from vnvaxmatch.ledger.postgres_addresses import Address

try:
    import pg8000.native
    from pg8000.exceptions import DatabaseError, InterfaceError
    from scramp import ScramException
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] not in ("pg8000", "scramp"):
        raise
    raise MissingExtraError("postgres") from error

__all__ = ["FORMAT", "Session"]

FORMAT: Final = 1
"""Counts up with every change of the tables, or of what a leaf holds."""

_TABLES: Final = (
    'CREATE TABLE names (id bigint PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,'
    ' number bigint NOT NULL, label text COLLATE "C" NOT NULL, at bigint NOT NULL,'
    " key bigint NOT NULL)",
    "CREATE INDEX names_by ON names (label, at, name) WHERE number > 0",
    "CREATE TABLE events (idx bigint PRIMARY KEY, stream bigint NOT NULL, number bigint NOT NULL,"
    " kind text NOT NULL, at bigint NOT NULL, data text NOT NULL, person bigint, key bigint,"
    " sealed bytea, label text, hashes bytea NOT NULL)",
    "CREATE UNIQUE INDEX events_of ON events (stream, number)",
    "CREATE TABLE keys (id bigint PRIMARY KEY, person bigint NOT NULL, wrapped bytea NOT NULL)",
    "CREATE TABLE masters (number integer PRIMARY KEY, name text NOT NULL UNIQUE,"
    " proof bytea NOT NULL)",
    "CREATE TABLE log (one integer PRIMARY KEY CHECK (one = 1), format integer NOT NULL,"
    " size bigint NOT NULL, peaks bytea NOT NULL, names bigint NOT NULL, keys bigint NOT NULL)",
    f"INSERT INTO log VALUES (1, {FORMAT}, 0, CAST('' AS bytea), 0, 0)",
)
_TO_CONNECT: Final = 30.0
"""Seconds."""
_BROKEN: Final = (InterfaceError, OSError, struct.error)


class Session:
    """A connection that is made anew when it broke, or when the process forked."""

    def __init__(self, address: Address, *, patience: float) -> None:
        self.address = address
        self._patience = patience
        self._connection: pg8000.native.Connection | None = None
        self._socket: socket.socket | None = None
        self._closed = False
        self._process = os.getpid()
        self._inherited: list[object] = []

    def connect(self) -> None:
        """See that there is a connection."""
        if self._closed:
            raise LedgerError(f"{self.address} is closed: open it again")
        if self._process != os.getpid():
            self._inherited.append(self._connection)
            self._connection, self._process = None, os.getpid()
        if self._connection is None:
            where = self.address
            self._socket = _reached(where, patience=self._patience)
            self._connection = _connected(where, self._socket)
            self.run("SET synchronous_commit = on")
            self.run(f"SET lock_timeout = {int(self._patience * 1000)}")
            self.run(f"SET search_path = {where.schema}")

    def prepare(self, *, create: bool) -> None:
        """See that the schema holds a ledger of this format, or make one."""
        self.connect()
        schema = self.address.schema
        with self.transaction():
            if create:
                self.run("SELECT pg_advisory_xact_lock(hashtext(:name))", name=schema)
                if not self.run("SELECT 1 FROM pg_namespace WHERE nspname = :s", s=schema):
                    self.run(f"CREATE SCHEMA {schema}")
                if not self._is_there(schema, None):
                    for statement in _TABLES:
                        self.run(statement)
            if not self._is_there(schema, "log"):
                raise LedgerError(f"{self.address} is not a ledger: check the address")
            found = self.run("SELECT format FROM log")
        if [FORMAT] not in found:
            version = found[0][0] if found else "none"
            raise LedgerError(
                f"{self.address} has ledger format {version}, and this version reads {FORMAT}: "
                "use the version that wrote it"
            )

    def run(self, statement: str, **values: Any) -> list[Any]:
        """Run one statement and give its rows."""
        if self._connection is None:
            raise InterfaceError("no connection")
        return list(self._connection.run(statement, **values) or ())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do it all, or nothing."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            with suppress(DatabaseError, *_BROKEN):
                self.run("ROLLBACK")
            raise
        try:
            self.run("COMMIT")
        except _BROKEN as error:
            self._drop()
            raise LedgerError(
                f"the connection to {self.address} broke while it was to keep something: it may "
                "be kept or not; read the streams before you write again"
            ) from error

    @contextmanager
    def explained(self, doing: str) -> Iterator[None]:
        """Turn what the driver raises into a :class:`~vnvaxmatch.errors.LedgerError`."""
        try:
            yield
        except (DatabaseError, *_BROKEN) as error:
            code = _code(error)
            if not isinstance(error, DatabaseError) or code.startswith(("57P", "08")):
                self._drop()
            # from nothing: what the driver or the server say may hold values
            words = _why(code) or _why_not_secure(error) or _NO_ANSWER
            raise LedgerError(f"cannot {doing} {self.address}: {words}") from None

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self._process == os.getpid():
            with suppress(DatabaseError, *_BROKEN):
                connection.close()
            if self._socket is not None:
                _hang_up(self._socket)

    def _is_there(self, schema: str, table: str | None) -> bool:
        chosen = "" if table is None else " AND tablename = :name"
        given = {} if table is None else {"name": table}
        found = self.run(
            f"SELECT 1 FROM pg_tables WHERE schemaname = :schema{chosen} LIMIT 1",
            schema=schema,
            **given,
        )
        return bool(found)


def _reached(where: Address, *, patience: float) -> socket.socket:
    if where.socket is None:
        reached = socket.create_connection((where.host, where.port), timeout=_TO_CONNECT)
        # the driver sends a COPY in pieces: held back until each is acknowledged, it takes 40 ms
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        reached = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reached.connect(where.socket)
        except OSError:
            reached.close()
            raise
    reached.settimeout(patience + _TO_CONNECT)
    return reached


def _connected(where: Address, reached: socket.socket) -> pg8000.native.Connection:
    """Connect by a socket of our own: the driver leaves its own open where it is turned away."""
    try:
        return pg8000.native.Connection(
            where.user,
            host=where.host,
            database=where.database,
            password=where.password,
            sock=reached,
            ssl_context=where.tls(),
            application_name="vnvaxmatch",
        )
    except BaseException as error:
        _hang_up(reached)
        # the driver logs in by SCRAM without looking whether there is a password
        if where.password is None and isinstance(error, AttributeError):
            raise LedgerError(
                f"cannot open {where}: it asks for a password; give it in PGPASSWORD"
            ) from None
        if isinstance(error, ScramException):
            raise LedgerError(
                f"cannot open {where}: it does not prove that it knows the password; find out "
                "who answers there"
            ) from None
        raise


def _hang_up(raw: socket.socket) -> None:
    """Close a socket that the driver may have left open (one under TLS is closed by itself)."""
    if raw.fileno() >= 0:
        os.close(raw.detach())  # closing it would wait for the file that the driver made of it


def _code(error: BaseException | None) -> str:
    """Find the server's code: the driver may have lost it in trying to say goodbye."""
    while error is not None:
        told = error.args[0] if error.args else None
        if isinstance(error, DatabaseError) and isinstance(told, dict):
            return str(told.get("C", ""))
        error = error.__context__
    return ""


def _why(code: str) -> str:
    """Say in words what PostgreSQL says, without its text, which may hold values."""
    for start, words in _WORDS.items():
        if code.startswith(start):
            return words
    return f"PostgreSQL says {code}" if code else ""


def _why_not_secure(error: BaseException) -> str:
    """Say why there is no TLS, if that is what is wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _OTHER_HOST:
            return "its certificate is of another host; write the host as the certificate does"
        if error.verify_code in _EXPIRED:
            return "its certificate has expired, or is not valid yet; have it renewed"
        if error.verify_code in _ILL_MADE:
            return "its certificate, or its authority's, is not as RFC 5280 wants it; make it anew"
        return "its certificate is of no authority that is trusted here; check sslrootcert"
    if isinstance(error, ssl.SSLError) and not isinstance(error, _HUNG_UP):
        return "it does not agree on TLS; look into its log"
    if isinstance(error, InterfaceError) and error.args == ("Server refuses SSL",):
        return "it has no TLS, which sslmode asks for; have it switched on"
    return ""


_OTHER_HOST: Final = frozenset({62, 64})
"""OpenSSL's verify codes for another host name, and for another IP address."""
_EXPIRED: Final = frozenset({9, 10})
"""Those for «not yet valid» and «expired»."""
_ILL_MADE: Final = range(79, 95)
"""Those for what a certificate must have and must not have; from Python 3.13 on, all are heeded."""
_HUNG_UP: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
_NO_ANSWER: Final = (
    "the database does not answer, or asks for a password that is not given; look at both"
)
_WORDS: Final = {
    "28": "it does not know this user or password; check the address",
    "3D000": "there is no such database; make it, or check the address",
    "42501": "this user is not allowed to; ask for the right",
    "25006": "it may only be read",
    "42P01": "its tables are not all there; check the schema",
    "53100": "the disk of the database is full; make room",
    "53300": "the database has too many connections; close some",
    "55P03": "somebody else has held it for too long; try again, or find out who",
    "57P": "the database is shutting down or starting; try again",
    "23": "its tables do not agree with each other; check it",
    "22": "a text cannot be kept in the encoding of the database; make it one with UTF8",
}
