"""A ledger in a database on another machine: by TLS, with a password, and without a wait."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger import Event, KeyRing, Ledger, open_ledger

from .conftest import postgres_server

pytest.importorskip("pg8000", reason="the extra postgres is not installed")
trustme = pytest.importorskip("trustme", reason="the development requirement trustme is missing")

EVENT = Event("case/1", "received", datetime(2026, 5, 4, tzinfo=UTC))
SCHEMAS = count()
MANY = 40
WHO_IS_LET_IN = """
local   all all                trust
hostssl all keeper 127.0.0.1/32 scram-sha-256
host    all tester 127.0.0.1/32 trust
"""

Server = SimpleNamespace


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose certificate is of an authority of its own, and for ``localhost`` only."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    ca, stranger = (tmp_path_factory.mktemp("tls") / name for name in ("ca.pem", "stranger.pem"))
    authority.cert_pem.write_to_path(ca)
    trustme.CA().cert_pem.write_to_path(stranger)
    files = {
        "server.key": certificate.private_key_pem.bytes().decode(),
        "server.crt": "".join(pem.bytes().decode() for pem in certificate.cert_chain_pems),
        "pg_hba.conf": WHO_IS_LET_IN,
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = ("listen_addresses=127.0.0.1", "ssl=on", "fsync=off")
    with postgres_server(*settings, files=files, port=port) as folder:
        yield Server(port=port, ca=ca, stranger=stranger, folder=folder)


@pytest.fixture
def address(server: Server) -> Callable[..., str]:
    """Writes addresses of the server, each of a schema that nobody used before."""

    def written(options: str = "", *, host: str = "localhost", user: str = "tester") -> str:
        options = options.format(ca=server.ca, stranger=server.stranger)
        schema = f"schema=tls_{next(SCHEMAS)}"
        return f"postgresql://{user}@{host}:{server.port}/postgres?{schema}{options}"

    return written


def asked(ledger: Ledger, statement: str) -> Any:
    """Ask the server of a ledger for one value."""
    ((value,),) = ledger._store._session.run(statement)  # type: ignore[attr-defined]
    return value


@pytest.mark.parametrize(
    ("options", "host", "is_secure"),
    [
        ("&sslmode=verify-full&sslrootcert={ca}", "localhost", True),
        ("&sslmode=verify-ca&sslrootcert={ca}", "127.0.0.1", True),
        ("&sslmode=require&sslrootcert={ca}", "127.0.0.1", True),
        ("&sslmode=require", "127.0.0.1", True),
        ("&sslmode=prefer", "127.0.0.1", True),
        ("", "127.0.0.1", True),
        ("&sslmode=disable", "localhost", False),
    ],
)
def test_a_ledger_is_kept_by_tls(
    address: Callable[..., str], options: str, host: str, is_secure: bool
) -> None:
    """What the address asks for is what the server sees, and events come back."""
    keys = KeyRing({"one": bytes(32)}, current="one")
    with open_ledger(address(options, host=host), keys=keys) as ledger:
        assert ledger.append([EVENT]) == (0,)
        assert [found.event.stream for found in ledger.scan()] == ["case/1"]
        is_on = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert asked(ledger, is_on) is is_secure


@pytest.mark.parametrize(
    ("options", "host", "why"),
    [
        ("&sslmode=verify-full&sslrootcert={ca}", "127.0.0.1", "certificate is of another host"),
        ("&sslmode=verify-full&sslrootcert={stranger}", "localhost", "no authority that is tru"),
        ("&sslmode=verify-ca&sslrootcert={stranger}", "localhost", "no authority that is trusted"),
        ("&sslmode=require&sslrootcert={stranger}", "localhost", "no authority that is trusted"),
        ("&sslmode=verify-full", "localhost", "no authority that is trusted here; check sslroo"),
        ("&sslmode=verify-full&sslrootcert=/no/such.pem", "localhost", "not a PEM file of cert"),
        ("&sslmode=verify-full&sslrootcert=/", "localhost", "not a PEM file of certificates"),
        ("&sslrootcert={ca}", "localhost", "checks nobody with this sslmode"),
        ("&sslmode=disable&sslrootcert={ca}", "localhost", "checks nobody with this sslmode"),
        ("&sslmode=prefer&sslrootcert={ca}", "localhost", "checks nobody with this sslmode"),
        ("&sslmode=VERIFY-FULL", "localhost", "sslmode is one of"),
        ("&host=/tmp&sslmode=require", "localhost", "a Unix socket has no TLS"),
        ("", "no..host", "a host that cannot be one"),
    ],
)
def test_what_is_not_as_safe_as_asked_is_refused(
    address: Callable[..., str], options: str, host: str, why: str
) -> None:
    """It says what is wrong: nothing is kept by a connection that is less than was asked for."""
    with pytest.raises(LedgerError, match=why):
        open_ledger(address(options, host=host))


def test_a_server_without_tls_is_not_talked_to() -> None:
    """The answer "no TLS", which anybody on the way can give, ends it before the user is named."""
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as bare:

        def refuse() -> None:
            with bare.accept()[0] as connection:
                heard.extend(connection.recv(100))
                connection.sendall(b"N")
                heard.extend(connection.recv(100))

        thread = threading.Thread(target=refuse)
        thread.start()
        port = bare.getsockname()[1]
        with pytest.raises(LedgerError, match="it has no TLS, which sslmode asks for"):
            open_ledger(f"postgresql://tester@127.0.0.1:{port}/postgres?sslmode=require")
        thread.join(10)
    assert bytes(heard) == (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def test_the_password_may_be_in_the_environment(
    address: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in PGPASSWORD is taken, one in the address wins, and no error shows either."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    safe = "&sslmode=verify-full&sslrootcert={ca}"
    with open_ledger(address()) as ledger:
        made = "CREATE ROLE keeper LOGIN PASSWORD 'geheim'; GRANT CREATE ON DATABASE postgres"
        ledger._store._session.run(f"{made} TO keeper")  # type: ignore[attr-defined]

    with pytest.raises(LedgerError, match="asks for a password; give it in PGPASSWORD"):
        open_ledger(address(safe, user="keeper"))
    monkeypatch.setenv("PGPASSWORD", "geheim")
    with open_ledger(address(safe, user="keeper")) as ledger:
        assert ledger.append([EVENT]) == (0,)
        assert "geheim" not in repr([ledger, vars(ledger._store._session)])  # type: ignore[attr-defined]
    with pytest.raises(LedgerError, match="does not know this user or password") as caught:
        open_ledger(address(safe, user="keeper:falsch"))
    assert not re.search("geheim|falsch", str(caught.value))


def test_a_connection_by_tls_that_broke_is_made_anew(address: Callable[..., str]) -> None:
    """The call that found it broken is an error, and the next one is by TLS again."""
    where = address("&sslmode=verify-full&sslrootcert={ca}")
    with open_ledger(where) as ledger, open_ledger(where) as other:
        process = asked(ledger, "SELECT pg_backend_pid()")
        assert asked(other, f"SELECT pg_terminate_backend({process})")
        with pytest.raises(LedgerError, match=r"does not answer|shutting down"):
            ledger.append([EVENT])
        assert ledger.append([EVENT]) == (0,)
        assert asked(ledger, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_no_piece_of_an_append_waits_for_the_one_before(
    address: Callable[..., str], sslmode: str
) -> None:
    """An append over a network is a few round trips, without the 40 ms of delayed receipts.

    With them each append took 0.12 s and more, and these five seconds.
    """
    keys = KeyRing({"one": bytes(32)}, current="one")
    with open_ledger(address(f"&sslmode={sslmode}"), keys=keys) as ledger:
        start = time.perf_counter()
        for number in range(MANY):
            ledger.append([Event(f"case/{number}", "received", EVENT.at, {}, {"name": "Thử"})])
        assert time.perf_counter() - start < 2.5
