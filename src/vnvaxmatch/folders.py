"""Folders that are being written, those that a killed process left, and those of results.

A folder is locked while a process writes into it. The lock ends with the process, however that
ends: so whoever comes next can tell a folder in use from one that nobody will ever finish.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from vnvaxmatch.errors import InputError, OutputError

if sys.platform != "win32":
    import fcntl

__all__ = ["alone_in", "held", "is_abandoned", "manifest_of", "sync_folder"]

_FLAGS: Final = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


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


@contextlib.contextmanager
def alone_in(
    folder: Path, /, *, lock: str, refuse: Callable[[Path], None], busy: str
) -> Iterator[int]:
    """Make a folder for this account alone, and hold the file ``lock`` in it; give that file, open.

    ``refuse`` raises for a folder that is not ours, before anything in it is touched. Where another
    process holds it, ``busy`` is raised as an :class:`~vnvaxmatch.errors.OutputError`. The lock
    ends with the process, however that ends.
    """
    while True:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        refuse(folder)
        folder.chmod(0o700)
        try:
            file = os.open(folder / lock, _FLAGS, 0o600)
        except FileNotFoundError:
            continue  # a run that ended just now took the folder away
        try:
            _lock(file, busy)
            if _is_still_there(file, folder / lock):
                yield file
                return
        finally:
            os.close(file)


def _lock(file: int, busy: str) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(busy) from error
    except OSError:
        return  # some network drives have no locks


def _is_still_there(file: int, path: Path) -> bool:
    """Tell whether the locked file is the one in the folder: a run that ended removes both."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def sync_folder(folder: Path, /) -> None:
    """Wait until the names in a folder are on the disk, where the system can say so."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


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
