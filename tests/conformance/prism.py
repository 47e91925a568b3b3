"""A peer that knows the standard and nothing of us: prism, which runs an OpenAPI description.

It is installed once, by npm, into the folder for caches of whoever runs the tests.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["STANDARD", "UnavailableError", "installed", "running"]

VERSION = "5.14.2"
STANDARD = Path(__file__).parents[1] / "data" / "osia" / "dataaccess.yaml"

_LISTENS = re.compile(r"Prism is listening on (http://127\.0\.0\.1:\d+)")
_PATIENCE = 60


class UnavailableError(Exception):
    """Prism cannot run here, for a reason that is no fault of ours."""


def installed() -> Path:
    """Give the program, installed if it is not yet. Raises UnavailableError."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise UnavailableError("node and npm are not installed, so prism cannot run")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = caches / "vnvaxmatch-tests" / f"prism-{VERSION}"
    program = home / "node_modules" / ".bin" / "prism"
    if not program.exists():
        _install(npm, home)
    return program


def _install(npm: str, home: Path) -> None:
    """Install beside and rename, so that a run that was killed leaves nothing half-made."""
    home.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=home.parent))
    try:
        done = subprocess.run(
            [npm, "install", "--prefix", made, "--ignore-scripts", "--no-audit", "--no-fund",
             "--fetch-retries=1", "--fetch-timeout=20000", f"@stoplight/prism-cli@{VERSION}"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=180, check=False,
        )  # fmt: skip
        if done.returncode:
            raise UnavailableError(f"npm cannot install prism {VERSION}: is the network reachable?")
        with contextlib.suppress(OSError):  # somebody else was faster
            made.rename(home)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"npm took too long to install prism {VERSION}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def running(program: Path, *, description: Path = STANDARD) -> Iterator[str]:
    """Run it on a free port of this computer, and give its address.

    A request that the description does not allow is answered by 401, 404, 405, 415 or 422.
    """
    with subprocess.Popen(
        [program, "mock", "-h", "127.0.0.1", "-p", "0", "--errors", description],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        addresses: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_read, args=(process, addresses), daemon=True)
        reader.start()
        try:
            address = addresses.get(timeout=_PATIENCE)
            if address is None:
                raise UnavailableError("prism does not start: is node at least version 18.20?")
            yield address
        finally:
            process.kill()
            process.wait()
            reader.join()


def _read(process: subprocess.Popen[str], addresses: queue.Queue[str | None]) -> None:
    """Read all that it says, so that it never waits for a reader."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := _LISTENS.search(line):
            addresses.put(found[1])
    addresses.put(None)
