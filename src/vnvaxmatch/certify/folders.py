"""A folder that appears whole or not at all, and once there is never replaced."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from vnvaxmatch.errors import OutputError
from vnvaxmatch.folders import held, is_abandoned

__all__ = ["new_file", "new_folder"]


@contextlib.contextmanager
def new_folder(target: Path, /) -> Iterator[Path]:
    """Give a folder beside ``target`` that takes its place if the block ends without an exception.

    ``target`` must be absent or empty: what was signed is never replaced. What killed runs left
    behind is removed. Raises :class:`~vnvaxmatch.errors.OutputError`.
    """
    target = Path(os.path.realpath(target))
    part = f".{target.name}.part-"
    folder = target.with_name(f"{part}{os.getpid()}-{os.urandom(4).hex()}")
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            if target.exists() and any(target.iterdir()):
                raise OutputError(
                    f"{target} holds something, and what was signed is never replaced; name a new "
                    "folder"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            for left in list(target.parent.iterdir()):
                if left.name.startswith(part) and is_abandoned(left):
                    shutil.rmtree(left, ignore_errors=True)
            cleaning.enter_context(held(folder))
            yield folder
            folder.rename(target)
        except (OSError, sqlite3.OperationalError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise OutputError(
                f"cannot write {target}: {why}; nothing was kept, choose another folder"
            ) from error


def new_file(path: Path, content: bytes, /, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all; an earlier one of that name gives way to it."""
    part = path.with_name(f".{path.name}.part-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; name another file") from error
