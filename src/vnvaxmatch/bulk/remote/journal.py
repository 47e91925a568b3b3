"""The journal of an unfinished run: what was answered so far, in a folder beside the results.

It is only ever appended to. Each line carries a keyed checksum of its place and its text, so that
a line that was torn, changed, moved or taken from another run is known for what it is. There is no
personal data in it, and the key that its digests are made with goes when the run is done.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from vnvaxmatch.bulk.remote.folders import Folder
from vnvaxmatch.bulk.remote.headers import Header
from vnvaxmatch.bulk.remote.lines import Line
from vnvaxmatch.bulk.remote.remotes import KEY_BYTES, Keys
from vnvaxmatch.errors import OutputError

__all__ = ["Journal", "begin", "begun", "folder_of"]

_TITLE: Final = "vnvaxmatch-journal 1 "
_LONGEST: Final = 65_536
_TORN: Final = 1 << 20
"""Bytes at the end that a crash may have spoilt: what is written between two syncs is far less."""

_LINES: Final = 500
_SECONDS: Final = 1.0
"""A batch is on the disk for good after so many lines, or so long after its first."""


def folder_of(out: Path) -> Path:
    """Give the folder of the unfinished run of a results folder.

    >>> folder_of(Path("/data/results")).name
    'results.unfinished'
    """
    real = Path(os.path.realpath(out))
    return real.with_name(f"{real.name}.unfinished")


def begin(
    folder: Folder,
    *,
    resume: bool,
    header: Callable[[Keys], Header],
    fresh_key: Callable[[int], bytes],
) -> Journal:
    """Begin a journal in a folder, or go on with the one that is there, if that is wanted.

    Raises :class:`~vnvaxmatch.errors.OutputError` where one is there and may not be gone on with,
    or is to be and is not of this run. One in which nobody was asked yet is begun anew.
    """
    key = folder.key(KEY_BYTES)
    if key is None and folder.size:
        raise OutputError(
            f"the key of the journal in {folder.path} is gone, and without it the journal tells "
            "nothing; delete that folder to ask everybody again"
        )
    if key is not None:
        journal = Journal(folder, Keys(key))
        was = journal.header()
        if was is not None and resume:
            if different := was.differences(header(journal.keys)):
                raise OutputError(
                    f"the unfinished run in {folder.path} was begun with another "
                    f"{', another '.join(different)}; give the same, or delete that folder to ask "
                    "everybody again"
                )
            return journal
        if was is not None and journal.has_lines:
            raise OutputError(
                f"an unfinished run for these results is kept in {folder.path}; go on with it "
                "with --resume, or delete that folder to ask everybody again"
            )
    folder.cut(0)
    key = fresh_key(KEY_BYTES)
    folder.keep_key(key)
    journal = Journal(folder, Keys(key))
    journal.start(header(journal.keys))
    return journal


def begun(out: Path) -> Header | None:
    """Look what the unfinished run of a results folder was begun with; None if there is none."""
    folder = Folder(folder_of(out), -1)
    key = folder.key(KEY_BYTES)
    try:
        return None if key is None else Journal(folder, Keys(key)).header()
    except (OSError, OutputError):
        return None  # whoever opens it says what is wrong


class Journal:
    """An opened journal, held by this process alone.

    Made by :func:`begin`. ``lines`` counts what was written about people, ever.
    """

    def __init__(
        self, folder: Folder, keys: Keys, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder = folder
        self.keys = keys
        self.lines = 0
        self._key = keys.derived("lines")
        self._clock = clock
        self._place = 0
        self._unsynced = 0
        self._since = 0.0

    @property
    def has_lines(self) -> bool:
        """Whether anything stands behind the header."""
        raw = self._raw_lines(0)
        next(raw, None)
        return next(raw, None) is not None

    def start(self, header: Header) -> None:
        """Write the header into an empty journal."""
        self._write(_TITLE + header.to_json())
        self.sync()

    def header(self) -> Header | None:
        """Read the header; None where there is none yet, and OutputError where it is another."""
        line = next(self._raw_lines(0), b"")
        if not line.endswith(b"\n") and len(line) < _LONGEST:
            return None  # killed before it was whole: nobody was asked
        text = self._checked(line, 0)
        try:
            if text is None or not text.startswith(_TITLE):
                raise ValueError
            return Header.from_json(text.removeprefix(_TITLE))
        except ValueError:
            raise OutputError(
                f"{self.folder.path} holds a journal that is damaged or of another run; delete "
                "that folder to ask everybody again"
            ) from None

    def read(self) -> Iterator[Line]:
        """Read all lines about people, and cut off what a crash left at the end.

        Raises :class:`~vnvaxmatch.errors.OutputError` where more than that is spoilt.
        """
        self._place = self.lines = 0
        end = 0
        for raw in self._raw_lines(0):
            text = self._checked(raw, self._place)
            if text is None:
                break
            if self._place:
                yield self._line(text)
                self.lines += 1
            self._place += 1
            end += len(raw)
        self._cut(end)

    def append(self, line: Line) -> None:
        """Write what came of one person. It survives this process at once, a crash after a sync."""
        self._write(str(line))
        self.lines += 1
        if not self._unsynced:
            self._since = self._clock()
        self._unsynced += 1

    @property
    def is_due(self) -> bool:
        """Whether a batch is full."""
        full = self._unsynced >= _LINES
        return full or (self._unsynced > 0 and self._clock() - self._since >= _SECONDS)

    def sync(self) -> None:
        """Wait until everything that was written is on the disk for good."""
        self._unsynced = 0
        self.folder.sync()

    def _write(self, text: str) -> None:
        mac = self._mac(self._place, text.encode())
        self.folder.append(f"{text} {mac}\n".encode())
        self._place += 1

    def _mac(self, place: int, text: bytes) -> str:
        return hmac.digest(self._key, place.to_bytes(8, "big") + text, "sha256")[:8].hex()

    def _checked(self, raw: bytes, place: int) -> str | None:
        """Give the text of a line; None if it is not what was written there."""
        text, _, mac = raw.rpartition(b" ")
        said = self._mac(place, text).encode() + b"\n"
        return text.decode() if hmac.compare_digest(mac, said) else None

    def _line(self, text: str) -> Line:
        try:
            return Line.read(text)
        except ValueError:
            raise self._damaged(self._place) from None

    def _cut(self, end: int) -> None:
        size = self.folder.size
        if end == size:
            return
        behind = self._raw_lines(end)
        next(behind)
        if size - end > _TORN or any(
            self._checked(raw, place) is not None
            for place, raw in enumerate(behind, self._place + 1)
        ):
            raise self._damaged(self._place)
        self.folder.cut(end)

    def _damaged(self, place: int) -> OutputError:
        return OutputError(
            f"the journal in {self.folder.path} was changed or damaged at line {place + 1}, and "
            "cannot be relied on; delete that folder to ask everybody again"
        )

    def _raw_lines(self, start: int) -> Iterator[bytes]:
        with self.folder.reading() as file:
            file.seek(start)
            while raw := file.readline(_LONGEST):
                yield raw
