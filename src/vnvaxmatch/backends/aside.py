"""Build a file aside and put it in place whole, or not at all.

The work is done in a hidden folder beside the target, ``.NAME.building``: whatever stops it, no
file of the target's name is half-written, and what a killed build left is cleared by the next.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vnvaxmatch.backends.magic import magic
from vnvaxmatch.errors import RegistryError

if sys.platform != "win32":
    import fcntl

__all__ = ["aside", "check_target"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give the path to build at; at the end without an error, put it in the target's place.

    A file that is there already is replaced only if it is empty or a store. Everything that the
    operating system refuses is a :class:`~vnvaxmatch.errors.RegistryError`.
    """
    folder = target.parent / f".{target.name}.building"
    try:
        check_target(target)
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("wb") as lock:
            _claim(lock, target)
            try:
                _clear(folder)
                path = folder / target.name
                yield path
                _sync(path)
                os.replace(path, target)
                _sync(target.parent)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise RegistryError(f"cannot write {target}: {_why(error)}") from error


def check_target(target: Path) -> None:
    """Refuse a target that no file may be built for."""
    if not target.parent.is_dir():
        raise RegistryError(f"cannot write {target}: there is no folder {target.parent}; make it")
    if target.is_dir():
        raise RegistryError(f"cannot write {target}: it is a folder; give the name of a file")
    if target.exists() and magic(target) == b"":
        raise RegistryError(
            f"cannot write {target}: a file that is not a registry is there; "
            "move it away or give another name"
        )


def _claim(lock: IO[bytes], target: Path) -> None:
    if sys.platform != "win32":
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RegistryError(f"cannot write {target}: another build of it is running") from error


def _clear(folder: Path) -> None:
    """Remove what a killed build left, but not the lock that is held."""
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != "lock":
            left.unlink()


def _sync(path: Path) -> None:
    flags = os.O_RDONLY | (os.O_DIRECTORY if path.is_dir() and sys.platform != "win32" else 0)
    with suppress(PermissionError):  # a folder cannot be opened on every system
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _why(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full; make room or choose another folder"
    return error.strerror or type(error).__name__
