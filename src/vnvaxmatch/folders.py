"""Folders that are being written, those that a killed process left, and those of results.

A folder is locked while a process writes into it. The lock ends with the process, however that
ends: so whoever comes next can tell a folder in use from one that nobody will ever finish.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vnvaxmatch.errors import InputError

if sys.platform != "win32":
    import fcntl

__all__ = ["held", "is_abandoned", "manifest_of"]


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


def manifest_of(folder: Path, /) -> dict[str, Any]:
    """Read the manifest of a results folder that `vnvaxmatch verify` wrote.

    What its entries hold is not looked at. Raises :class:`~vnvaxmatch.errors.InputError`.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{folder} is no results folder: it has no manifest.json; name a folder that "
            "`vnvaxmatch verify` wrote"
        ) from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: it is no JSON; verify the list again") from error
    if not isinstance(manifest, dict) or "command" not in manifest:
        raise InputError(f"{path} is no manifest of a results folder; verify the list again")
    if manifest["command"] != "verify":
        raise InputError(
            f"{folder} holds the results of `vnvaxmatch {manifest['command']}`, where nothing was "
            "compared; name a folder that `vnvaxmatch verify` wrote"
        )
    return manifest
