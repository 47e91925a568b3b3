"""The folder in which a long run keeps what it has done, part by part, so that it can go on.

A part is a table in a Parquet file whose name ends in its own digest: it is there whole or not at
all, and one that was damaged since counts as not there and is made again. The folder belongs to one
run, which is told by its ``identity`` (what is read, how, and by which version); it is locked while
a process works in it. It holds personal data: only its owner may look into it, and the run takes it
away when it is done.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.bulk.workdir import DEBRIS
from vnvaxmatch.errors import OutputError
from vnvaxmatch.folders import alone_in, sync_folder

__all__ = ["Spill"]

_LOCK: Final = "lock"
_RUN: Final = "run.json"
_SCRATCH: Final = "scratch"
_OURS: Final = frozenset({_LOCK, _RUN, _SCRATCH})
_PART: Final = re.compile(r"([a-z]+)-([0-9]{5,})-([0-9a-f]{32})\.parquet")
_UNFINISHED: Final = re.compile(r"\.[a-z0-9.-]+\.tmp")
_FORMAT: Final = "1"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spill:
    """The parts of an unfinished run. Made by :meth:`opened`.

    A part has a ``kind``, a word in small letters, and a ``number`` within it. ``scratch`` is a
    folder for what need not outlive the process; whoever opens the spill next finds it empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scratch = path / _SCRATCH
        self._parts: dict[tuple[str, int], Path] = {}
        self._checked: set[Path] = set()
        for file in path.iterdir():
            if named := _PART.fullmatch(file.name):
                self._parts[named[1], int(named[2])] = file

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls, folder: Path, /, *, identity: Mapping[str, str], resume: bool, keep: bool = True
    ) -> Iterator[Spill]:
        """Open the folder of a run, making it if it is not there, and hold it to the end.

        An earlier run's parts are there with ``resume``, if it was the run of this ``identity``.
        Raises :class:`~vnvaxmatch.errors.OutputError`, and touches nothing, for parts without
        ``resume`` or of another run, for a folder of other things, and for one that another process
        works in. At the end a folder without parts is removed, one with parts stays until
        :meth:`destroy`. Without ``keep`` only a killed run leaves its parts: all other ends remove
        them, and so does the next run that is not to resume. Processes that are forked meanwhile
        hold the folder too: fork them before.
        """
        folder = Path(os.path.abspath(folder))
        with _locked(folder):
            anew = not keep and not resume
            if not anew:
                _refuse_other(folder, identity, resume=resume)
            with _told(folder):
                for left in folder.iterdir():
                    if _UNFINISHED.fullmatch(left.name) or (anew and _PART.fullmatch(left.name)):
                        left.unlink()
                shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
                (folder / _SCRATCH).mkdir(mode=0o700)
                about = {"format": _FORMAT, "identity": dict(identity)}
                _write(folder / _RUN, json.dumps(about, indent=1).encode())
            spill = cls(folder)
            try:
                yield spill
            finally:
                if folder.exists() and not (keep and spill._parts):
                    spill.destroy()

    def put(
        self, kind: str, number: int, table: pa.Table, *, row_group_size: int | None = None
    ) -> None:
        """Keep a part; when this returns it is on the disk."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", row_group_size=row_group_size)
        content = sink.getvalue()
        path = self.path / f"{kind}-{number:05}-{_digest(content)}.parquet"
        earlier = self._parts.get((kind, number))
        with _told(self.path):
            _write(path, content)
            if earlier is not None and earlier != path:
                earlier.unlink(missing_ok=True)
        self._parts[kind, number] = path
        self._checked.add(path)

    def get(self, kind: str, number: int) -> pa.Table | None:
        """Give a part; None if it is not there, or no longer what was put."""
        path = self._parts.get((kind, number))
        content = None if path is None else _read(path)
        if path is None or content is None:
            return None
        self._checked.add(path)
        return pq.read_table(pa.BufferReader(content))

    def file(self, kind: str, number: int) -> Path | None:
        """Give the Parquet file of a part, for those who read such files; None as in :meth:`get`.

        What was put or read by this process is not read again to be sure of it.
        """
        path = self._parts.get((kind, number))
        if path is None or (path not in self._checked and _read(path) is None):
            return None
        self._checked.add(path)
        return path

    def parts(self, kind: str) -> tuple[int, ...]:
        """Give the numbers of the parts of a kind, in order, damaged ones among them."""
        return tuple(sorted(number for each, number in self._parts if each == kind))

    def destroy(self) -> None:
        """Remove everything, and the folder; the run is done."""
        with contextlib.suppress(OSError):
            for path in self._parts.values():
                path.unlink(missing_ok=True)
            shutil.rmtree(self.scratch, ignore_errors=True)
            # the lock goes last: until then nobody else begins here
            for name in (_RUN, *DEBRIS, _LOCK):
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()  # unless something of somebody else's came in meanwhile
        self._parts.clear()


def _digest(content: pa.Buffer) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _read(path: Path) -> pa.Buffer | None:
    """Read a part, if it is what its name says."""
    try:
        with pa.memory_map(str(path)) as file:
            content = file.read_buffer()
    except (OSError, pa.ArrowException):
        return None
    named = _PART.fullmatch(path.name)
    return content if named and named[3] == _digest(content) else None


def _write(path: Path, content: bytes | pa.Buffer) -> None:
    """Write a file for its owner alone, whole or not at all, and wait until it is on the disk."""
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        with open(os.open(unfinished, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder, and hold it against other processes; the lock ends with this one."""
    busy = f"another process works in {folder}; wait until it is done"
    with contextlib.ExitStack() as holding:
        with _told(folder):
            holding.enter_context(alone_in(folder, lock=_LOCK, refuse=_refuse_foreign, busy=busy))
        yield


def _refuse_foreign(folder: Path) -> None:
    about = folder.lstat()
    owner = os.geteuid() if sys.platform != "win32" else about.st_uid
    if stat.S_ISDIR(about.st_mode) and about.st_uid == owner:
        names = {entry.name for entry in folder.iterdir()} - DEBRIS
        if (not names or _LOCK in names) and all(_is_ours(folder / name) for name in names):
            return
    raise OutputError(
        f"{folder} is not a folder of an unfinished run of yours, and nothing in it was touched; "
        "name a new or an empty folder with --spill"
    )


def _is_ours(path: Path) -> bool:
    if path.name == _SCRATCH:
        return path.is_dir() and not path.is_symlink()
    named = path.name in _OURS or _PART.fullmatch(path.name) or _UNFINISHED.fullmatch(path.name)
    return bool(named) and not path.is_symlink() and path.is_file()


def _refuse_other(folder: Path, identity: Mapping[str, str], *, resume: bool) -> None:
    """Refuse the parts of an earlier run, unless it is this one and is to go on."""
    if not any(_PART.fullmatch(file.name) for file in folder.iterdir()):
        return  # it was stopped before there was anything to keep
    if not resume:
        raise OutputError(
            f"{folder} keeps the parts of an unfinished run: go on with it by --resume, "
            "or remove that folder and begin again"
        )
    try:
        about = json.loads((folder / _RUN).read_bytes())
        earlier = about["identity"] if about["format"] == _FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        earlier = None
    if not isinstance(earlier, dict):
        raise OutputError(
            f"{folder} does not tell what it is the unfinished run of; remove it and begin again"
        )
    differs = [
        word
        for word in dict.fromkeys((*identity, *earlier))
        if identity.get(word) != earlier.get(word)
    ]
    if differs:
        raise OutputError(
            f"{folder} keeps the parts of another run ({', '.join(differs)} differ); run that one "
            "with --resume, remove the folder, or name another with --spill"
        )


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in one line what the system will not do."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        why = "the disk is full" if full else error.strerror or type(error).__name__
        raise OutputError(
            f"cannot keep parts in {folder}: {why}; make room there and go on with --resume, "
            "or name another folder with --spill"
        ) from error
