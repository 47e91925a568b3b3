"""A folder of made-up data that is either whole or not there.

Everything is written into a hidden folder beside the target, which takes the target's place at the
end. What a killed run left is removed by the next one with the same target.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from vnvaxmatch.errors import OutputError
from vnvaxmatch.folders import held, is_abandoned
from vnvaxmatch.synthetic.layout import OURS

__all__ = ["whole_folder"]

_PART = re.compile(r"part-[0-9]{5}\.(?:parquet|csv)")
_DEBRIS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in any folder that was looked at."""


@contextlib.contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside ``out`` that takes its place if all goes well.

    ``out`` may be absent, empty, or hold made-up data; anything else is refused with
    :class:`~vnvaxmatch.errors.OutputError`.
    """
    out = out.absolute()
    _refuse_foreign(out)
    aside = out.with_name(f".{out.name}.{os.getpid()}-{os.urandom(4).hex()}")
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(shutil.rmtree, aside, ignore_errors=True)  # first: a signal may come now
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _recover(out)
            cleaning.enter_context(held(aside))
            (aside / "new").mkdir()
        except OSError as error:
            raise OutputError(f"cannot write beside {out}: {error.strerror or error}") from error
        try:
            yield aside / "new"
            _replace(out, aside)
        except OSError as error:
            raise OutputError(f"cannot write {out}: {error.strerror or error}") from error


def _replace(out: Path, aside: Path) -> None:
    try:
        if out.exists():
            out.rename(aside / "old")
        (aside / "new").rename(out)
    finally:
        if (aside / "old").exists() and not out.exists():  # stopped between the two, by whatever
            (aside / "old").rename(out)


def _recover(out: Path) -> None:
    """Put back what a killed run was replacing, and remove the rest that it left."""
    ours = re.compile(re.escape(f".{out.name}.") + r"[0-9]+-[0-9a-f]{8}")
    for left in list(out.parent.iterdir()):
        if ours.fullmatch(left.name) and is_abandoned(left):
            if (left / "old").is_dir() and not out.exists():
                (left / "old").rename(out)
            shutil.rmtree(left, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is not a folder; name a new or an empty folder")
    if out.is_dir() and any(_is_foreign(path) for path in out.iterdir()):
        raise OutputError(f"{out} holds other files; name a new or an empty folder")


def _is_foreign(path: Path) -> bool:
    if path.name in _DEBRIS:
        return False
    if path.name not in OURS or path.is_symlink():
        return True
    # a name without a suffix is that of a folder of parts, and of nothing else
    if path.is_dir() == bool(path.suffix):
        return True
    return path.is_dir() and any(
        not _PART.fullmatch(part.name) and part.name not in _DEBRIS for part in path.iterdir()
    )
