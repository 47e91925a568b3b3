"""The folder of an unfinished run: its files, who may have them open, and how they end."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from vnvaxmatch.errors import OutputError
from vnvaxmatch.folders import alone_in, sync_folder

__all__ = ["Folder", "opened"]

_JOURNAL: Final = "journal"
_KEY: Final = "key"
_DEBRIS: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_MODE: Final = 0o600


class Folder:
    """The folder, with its journal open and locked. Made by :func:`opened`."""

    def __init__(self, path: Path, journal: int) -> None:
        self.path = path
        self._journal = journal

    @property
    def size(self) -> int:
        """Bytes of the journal."""
        return os.fstat(self._journal).st_size

    def append(self, data: bytes) -> None:
        """Write to the end of the journal."""
        with _told(self.path):
            while data:
                data = data[os.write(self._journal, data) :]

    def sync(self) -> None:
        """Wait until the journal is on the disk."""
        with _told(self.path):
            os.fsync(self._journal)

    def cut(self, size: int) -> None:
        """Cut the journal off at so many bytes."""
        with _told(self.path):
            os.ftruncate(self._journal, size)
            os.fsync(self._journal)

    def reading(self) -> BinaryIO:
        """Open the journal for reading, from its start."""
        return (self.path / _JOURNAL).open("rb")

    def key(self, size: int) -> bytes | None:
        """Read the key; None where there is none, or half of one."""
        try:
            key = (self.path / _KEY).read_bytes()
        except OSError:
            return None
        return key if len(key) == size else None

    def keep_key(self, key: bytes) -> None:
        """Write the key, for the owner alone to read, before the first line."""
        with _told(self.path):
            (self.path / _KEY).unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with open(os.open(self.path / _KEY, flags, _MODE), "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.path)
            sync_folder(self.path.parent)

    def destroy(self) -> None:
        """Overwrite the key, and remove everything; the key goes first."""
        with contextlib.suppress(FileNotFoundError), (self.path / _KEY).open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        for name in (_KEY, _JOURNAL, *_DEBRIS):
            (self.path / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something of somebody else's came in meanwhile
            self.path.rmdir()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """Open the folder, making it if it is not there, and hold it against other processes.

    Raises :class:`~vnvaxmatch.errors.OutputError` for a folder that is not ours, and for one that
    another process works in. The lock ends with the process, however that ends.
    """
    busy = f"another process is asking for the results beside {path}; wait until it is done"
    with contextlib.ExitStack() as holding:
        with _told(path):
            journal = holding.enter_context(
                alone_in(path, lock=_JOURNAL, refuse=_refuse_foreign, busy=busy)
            )
        yield Folder(path, journal)


def _refuse_foreign(path: Path) -> None:
    about = path.lstat()
    owner = os.geteuid() if sys.platform != "win32" else about.st_uid
    if stat.S_ISDIR(about.st_mode) and about.st_uid == owner:
        held = {entry.name for entry in path.iterdir()} - _DEBRIS
        if held <= {_JOURNAL, _KEY} and not any(
            (path / name).is_symlink() or not (path / name).is_file() for name in held
        ):
            return
    raise OutputError(
        f"{path} is where an unfinished run is kept, and what stands there is not one of yours; "
        "move it away, or name another --out"
    )


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in one line what the system will not do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise OutputError(
            f"cannot keep in {path} what is answered: {why}; make room there, or name another --out"
        ) from error
