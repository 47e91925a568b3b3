"""A results folder that is either whole or not there.

Files are written into a hidden folder beside the target, which takes the target's place in one
rename at the end. Earlier results stay untouched until then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from vnvaxmatch.errors import OutputError
from vnvaxmatch.folders import held, is_abandoned

__all__ = ["DEBRIS", "fresh_folder"]

DEBRIS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in any folder that was looked at."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def fresh_folder(
    target: Path, *, marker: str, ours: Collection[str] | None = None
) -> Iterator[Path]:
    """Give a temporary folder that becomes ``target`` if the block ends without an exception.

    ``target`` may be absent, empty, or an earlier result: it holds a file named ``marker`` and, if
    given, only names of ``ours``. Anything else is refused with :class:`OutputError`, so that no
    foreign file is ever replaced.
    """
    target = Path(os.path.realpath(target))
    _refuse_foreign(target, marker, ours)
    folder = target.with_name(f"{_part(target)}{os.getpid()}-{os.urandom(4).hex()}")
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(shutil.rmtree, folder, ignore_errors=True)  # first: a signal may come now
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _recover(target)
            cleaning.enter_context(held(folder))
        except OSError as error:
            raise OutputError(
                f"cannot write beside {target}: {_why(error)}; name another folder"
            ) from error
        try:
            yield folder
            _replace(folder, target)
        except OSError as error:
            raise OutputError(
                f"cannot write the results for {target}: {_why(error)}; "
                f"nothing was kept, earlier results are as they were"
            ) from error


def _refuse_foreign(target: Path, marker: str, ours: Collection[str] | None) -> None:
    try:
        names = {entry.name for entry in target.iterdir()} - DEBRIS
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise OutputError(f"{target} is a file or below one; name a folder") from error
    except OSError as error:
        raise OutputError(f"cannot look into {target}: {_why(error)}; name another") from error
    if os.path.ismount(target):
        raise OutputError(f"{target} is a whole volume; name a folder inside it")
    foreign = names - set(ours) if ours is not None else set()
    if names and (marker not in names or foreign):
        raise OutputError(
            f"{target} holds other files and would be replaced; name a new or an empty folder"
        )


def _part(target: Path) -> str:
    return f".{target.name}.part-"


def _old(target: Path) -> str:
    return f".{target.name}.old-"


def _recover(target: Path) -> None:
    """Clear up after killed runs: put results back that were being replaced, remove the rest."""
    for left in list(target.parent.iterdir()):
        if left.name.startswith(_old(target)) and is_abandoned(left):
            if (left / "results").is_dir() and not target.exists():
                (left / "results").rename(target)
            shutil.rmtree(left, ignore_errors=True)
        elif left.name.startswith(_part(target)) and is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


def _replace(folder: Path, target: Path) -> None:
    """Put the folder in the target's place; the earlier result goes last."""
    if not target.exists():
        folder.rename(target)
        return
    folder.chmod(target.stat().st_mode & 0o777)
    earlier = target.with_name(f"{_old(target)}{os.urandom(4).hex()}")
    with held(earlier):
        try:
            target.rename(earlier / "results")
            folder.rename(target)
        finally:
            if not target.exists():  # stopped between the two, by whatever
                (earlier / "results").rename(target)
            shutil.rmtree(earlier, ignore_errors=True)


def _why(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full; make room or choose another folder"
    return error.strerror or type(error).__name__
