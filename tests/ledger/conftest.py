"""A PostgreSQL server of the tests' own, or the one that VNVAXMATCH_TEST_POSTGRES names."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count(1)


def _program(name: str) -> str | None:
    found = [*Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    return shutil.which(name) or (str(found[-1]) if found else None)


@contextmanager
def postgres_server(
    *settings: str, files: Mapping[str, str] | None = None, port: int = 5432
) -> Iterator[Path]:
    """Run a server with these files among its own, and give the folder that its socket is in.

    By the socket ``tester`` must be let in without a password. Skips where there is no PostgreSQL.
    """
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL: install one, or name a database in VNVAXMATCH_TEST_POSTGRES")
    # short, because the path of a socket may have only some hundred letters
    folder = Path(tempfile.mkdtemp(prefix="vvm-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    options = ["-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [*as_user, initdb, "-D", f"{folder}/data", *options], capture_output=True, cwd=folder
    )
    assert made.returncode == 0, made.stderr.decode()
    for name, content in (files or {}).items():
        path = folder / "data" / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(content)
        if as_user:
            shutil.chown(path, "nobody")
    given = [word for setting in (f"port={port}", *settings) for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [*as_user, server, "-D", f"{folder}/data", "-k", str(folder), *given],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            _wait(f"postgresql://tester@:{port}/postgres?host={folder}", running)
            yield folder
        finally:
            running.terminate()
            running.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running server, without a query."""
    pytest.importorskip("pg8000", reason="the extra postgres is not installed")
    given = os.environ.get("VNVAXMATCH_TEST_POSTGRES")
    if given:
        yield given
        return
    with postgres_server("listen_addresses=") as folder:
        yield f"postgresql://tester@/postgres?host={folder}"


def _wait(address: str, running: "subprocess.Popen[bytes]") -> None:
    from vnvaxmatch.errors import LedgerError
    from vnvaxmatch.ledger.postgres import PostgresLedger

    for _ in range(300):
        try:
            PostgresLedger(f"{address}&schema=waiting").close()
        except LedgerError:
            assert running.poll() is None, "the server did not start"
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not answer")


@pytest.fixture
def fresh_address(postgres: str) -> Callable[[], str]:
    """Gives the address of a schema that nobody used before, each time it is called."""
    joint = "&" if "?" in postgres else "?"
    return lambda: f"{postgres}{joint}schema=test_{os.getpid()}_{next(_NUMBERS)}"
