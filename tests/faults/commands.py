"""The commands as people run them, each in a process of its own."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["command", "run", "served", "started"]

_SERVING = re.compile(r"serving at (https?)://\S+:(\d+)")
_PATIENCE = 20


def command(*arguments: object) -> list[str]:
    """Give the command line of ``vnvaxmatch`` with these arguments."""
    return [sys.executable, "-m", "vnvaxmatch", *map(str, arguments)]


def run(*arguments: object, code: int = 0, seconds: float = 280) -> str:
    """Run a command to its end, which must be with this exit code; give all that it said."""
    done = subprocess.run(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=seconds, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == code, f"ended with {done.returncode}, not {code}: {said}"
    assert "Traceback" not in said
    return said


@contextlib.contextmanager
def started(*arguments: object, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command; it is killed if it still runs at the end."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(*arguments), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def served(registry: Path, *options: object, log: Path) -> Iterator[int]:
    """Run ``vnvaxmatch serve`` until left, and give its port; what it says goes to a file."""
    with started("serve", "--registry", registry, "--port", "0", *options, log=log) as process:
        for _ in range(_PATIENCE * 20):
            if found := _SERVING.search(log.read_text("utf-8")):
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        else:
            found = None
        assert found, f"the server does not start: {log.read_text('utf-8')}"
        yield int(found[2])
        process.terminate()
        assert process.wait(_PATIENCE) == 0, log.read_text("utf-8")
