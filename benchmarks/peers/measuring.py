"""Measure a process with all that it starts: wall and processor seconds, and memory together.

One tool may work in one process and another in three, so the memory that counts is that of all at
once: the peak of the sum of their proportional shares (PSS), sampled ten times a second. Linux.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

__all__ = ["Cost", "measure"]

_EVERY = 0.1


@attrs.frozen
class Cost:
    """Wall seconds, processor seconds, and peak MB of all processes together."""

    wall: float
    processor: float
    peak: float


def measure(command: Sequence[object], *, out: Path | None = None) -> Cost:
    """Run a command to its end; what it prints goes to ``out``, its errors beside it.

    Raises :class:`subprocess.CalledProcessError` with the last of its errors.
    """
    # compiled modules are kept, as they are wherever a package is installed
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    target = out or Path(os.devnull)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = 0
    with target.open("wb") as told, Path(f"{out}.err" if out else os.devnull).open("wb") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), stdout=told, stderr=errors, env=environment
        )
        while True:
            peak = max(peak, sum(map(_share, _family(process.pid))))
            try:
                process.wait(_EVERY)
            except subprocess.TimeoutExpired:
                continue
            break
        wall = time.perf_counter() - started
    if process.returncode:
        said = Path(f"{out}.err").read_text(errors="replace")[-2000:] if out else None
        raise subprocess.CalledProcessError(process.returncode, list(command), stderr=said)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, used, peak / 1024)


def _family(pid: int) -> Iterator[int]:
    """Give a process and all that it started and that still run."""
    yield pid
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))
    except OSError:
        return  # it has ended meanwhile


def _share(pid: int) -> int:
    """Give the kB of a process, what it shares with others divided among them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has ended meanwhile
    return 0
