"""A results folder that is either whole or not there.

Files are written into a hidden folder beside the target, which takes the target's place in one
rename at the end. Earlier results stay untouched until then.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vnvaxmatch.errors import OutputError

__all__ = ["fresh_folder"]


@contextlib.contextmanager
def fresh_folder(target: Path, *, marker: str) -> Iterator[Path]:
    """Give a temporary folder that becomes ``target`` if the block ends without an exception.

    ``target`` may be absent, empty, or an earlier result (it holds a file named ``marker``);
    anything else is refused with :class:`OutputError`, so that no foreign file is ever replaced.
    """
    target = Path(os.path.abspath(target))
    _refuse_foreign(target, marker)
    prefix = f".{target.name}.part-"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent, prefix)
        folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"cannot write beside {target}: {error.strerror or error}") from error
    try:
        yield folder
        folder.chmod(0o755)
        _replace(folder, target)
    except OSError as error:
        raise OutputError(
            f"cannot write the results for {target}: {error.strerror or error}; "
            f"nothing was kept, earlier results are as they were"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_foreign(target: Path, marker: str) -> None:
    if target.is_file() or target.is_symlink():
        raise OutputError(f"{target} is a file; --out names a folder")
    if target.is_dir() and any(target.iterdir()) and not (target / marker).is_file():
        raise OutputError(
            f"{target} holds other files and would be replaced; name a new or an empty folder"
        )


def _replace(folder: Path, target: Path) -> None:
    """Put the folder in the target's place; the earlier result goes last."""
    if not target.exists():
        folder.rename(target)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    target.rename(earlier / "results")
    try:
        folder.rename(target)
    except OSError:
        (earlier / "results").rename(target)
        raise
    finally:
        shutil.rmtree(earlier, ignore_errors=True)


def _sweep(parent: Path, prefix: str) -> None:
    """Remove what killed runs left behind for the same target."""
    for stale in parent.glob(f"{prefix}*"):
        pid = stale.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(stale, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
