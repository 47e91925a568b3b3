"""The server as people run it: the command, in a process of its own, on a free port."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["COMMAND", "served"]

COMMAND = [sys.executable, "-m", "vnvaxmatch"]
_SERVING = re.compile(r"serving at (https?://\S+)")
_PATIENCE = 20


@contextlib.contextmanager
def served(registry: Path, *options: str, log: Path) -> Iterator[str]:
    """Run ``vnvaxmatch serve`` until left, and give its address; what it says goes to a file."""
    command = [*COMMAND, "serve", "--registry", registry, "--port", "0", "--rate", "0", *options]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield _address(process, command, log)
        process.terminate()
        assert process.wait(_PATIENCE) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], command: Sequence[object], log: Path) -> str:
    for _ in range(_PATIENCE * 20):
        if found := _SERVING.search(log.read_text("utf-8")):
            return found[1]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    raise AssertionError(f"{command[1:4]} does not start: {log.read_text('utf-8')}")
