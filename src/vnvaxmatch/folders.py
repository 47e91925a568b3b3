"""Folders that are being written, and those that a killed process left.

A folder is locked while a process writes into it. The lock ends with the process, however that
ends: so whoever comes next can tell a folder in use from one that nobody will ever finish.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["held", "is_abandoned"]


@contextlib.contextmanager
def held(folder: Path, /) -> Iterator[None]:
    """Make a folder and lock it, so that no other process takes it for a killed one's."""
    if sys.platform == "win32":
        folder.mkdir()
        yield
        return
    while True:
        folder.mkdir()
        lock = os.open(folder, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some network drives have no locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():  # else it was swept before it was locked
                yield
                return
        finally:
            os.close(lock)


def is_abandoned(folder: Path, /) -> bool:
    """Tell whether no running process holds a folder; where that cannot be told it stays."""
    if sys.platform == "win32":
        return False
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
