"""Write the files of a batch, statement by statement: any number of them in little memory."""

from __future__ import annotations

import os
import sqlite3
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, TypeAlias

from vnvaxmatch.certify.salted import SALT_BYTES, digest
from vnvaxmatch.certify.statements import (
    CLOSING,
    Context,
    check_statement,
    opening,
    record_json,
)
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger import EMPTY_ROOT, Checkpoint
from vnvaxmatch.ledger.filing import grow
from vnvaxmatch.ledger.trees import bagged

__all__ = [
    "INDEX",
    "LINES",
    "SECRETS",
    "TREE",
    "NewStatement",
    "Random",
    "StatementsWriter",
    "places",
]

LINES: Final = "statements.jsonl"
"""What is stated of each record, a line each; before and after it stands what all have in common"""
INDEX: Final = "statements.index"
"""Where each line begins, and the last one ends: unsigned, eight bytes, the least first."""
TREE: Final = "tree.bin"
"""For each statement its leaf hash, and the nodes that it completes, the lowest first."""
SECRETS: Final = "secrets.sqlite"
"""The salts, and the record numbers of the list: kept by the office, never published."""

_AT_A_TIME: Final = 10_000
_HASH: Final = 32

Random: TypeAlias = Callable[[int], bytes]
"""Gives so many random bytes that nobody can guess, as :func:`os.urandom` does."""


class NewStatement(NamedTuple):
    """What is to be stated of one record.

    ``claim`` and ``dose`` are the canonical texts of :mod:`.salted`, None where nothing is stated
    of it; they are digested under fresh salts. ``finding`` is canonical JSON, ``reference`` a name
    of the record that says nothing of the person. ``record`` is the number by which the office
    finds it again; it is kept with the salts, apart from what is published.
    """

    claim: str | None
    dose: str | None
    finding: str
    reference: str
    record: str = ""
    supersedes: tuple[str, ...] = ()
    revokes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"NewStatement(reference={self.reference!r})"


class StatementsWriter:
    """Writes the statements of a batch into a folder; a context manager.

    The folder is the caller's, who puts it in its place when all is written.
    """

    def __init__(self, folder: Path, /, *, context: Context, random: Random) -> None:
        self._random = random
        self._before = opening(context).encode()
        self._hashed = sha256(b"\0" + self._before)
        self._size = 0
        self._end = 0
        self._peaks = b""
        with ExitStack() as stack:
            self._lines = stack.enter_context((folder / LINES).open("wb"))
            self._index = stack.enter_context((folder / INDEX).open("wb"))
            self._tree = stack.enter_context((folder / TREE).open("wb"))
            os.close(os.open(folder / SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._secrets = sqlite3.connect(folder / SECRETS, isolation_level=None)
            stack.callback(self._secrets.close)
            # nobody else sees the file before it is whole, so a killed run needs no journal
            self._do(
                "PRAGMA journal_mode = OFF",
                "PRAGMA synchronous = OFF",
                "BEGIN",
                "CREATE TABLE salts (place INTEGER PRIMARY KEY, reference TEXT NOT NULL,"
                " record TEXT NOT NULL, claim BLOB NOT NULL, dose BLOB NOT NULL)",
            )
            self._closing = stack.pop_all()

    def write(
        self,
        statements: Iterable[NewStatement],
        /,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Write statements behind those that are there; ``progress`` is told how many are done."""
        rows = iter(statements)
        while chunk := list(islice(rows, _AT_A_TIME)):
            self._write(chunk)
            if progress is not None:
                progress(self._size)

    def finish(self) -> Checkpoint:
        """Finish the files, and give the size and the root of the tree."""
        self._index.write(places([self._end]))
        self._do(
            "CREATE INDEX by_record ON salts (record) WHERE record <> ''",
            "CREATE INDEX by_reference ON salts (reference)",
            "COMMIT",
        )
        for file in (self._lines, self._index, self._tree):
            file.flush()
            os.fsync(file.fileno())
        if not self._size:
            return Checkpoint(0, EMPTY_ROOT)
        peaks = [self._peaks[i : i + _HASH] for i in range(0, len(self._peaks), _HASH)]
        return Checkpoint(self._size, bagged(peaks))

    def _write(self, chunk: Sequence[NewStatement]) -> None:
        salts = self._random(2 * SALT_BYTES * len(chunk))
        if len(salts) != 2 * SALT_BYTES * len(chunk):
            raise CertifyError("the source of randomness gave fewer bytes than it was asked for")
        lines: list[bytes] = []
        leaves: list[bytes] = []
        secrets = []
        closing = CLOSING.encode()
        for place, new in enumerate(chunk):
            start = 2 * SALT_BYTES * place
            check_statement(new.finding, new.reference, (*new.supersedes, *new.revokes))
            own = salts[start : start + SALT_BYTES]
            other = salts[start + SALT_BYTES : start + 2 * SALT_BYTES]
            line = record_json(
                None if new.claim is None else digest(own, new.claim),
                None if new.dose is None else digest(other, new.dose),
                new.finding,
                new.reference,
                supersedes=new.supersedes,
                revokes=new.revokes,
            ).encode()
            leaf = self._hashed.copy()
            leaf.update(line)
            leaf.update(closing)
            leaves.append(leaf.digest())
            lines.append(line)
            secrets.append((self._size + place, new.reference, new.record, own, other))
        rows, self._peaks = grow(leaves, size=self._size, peaks=self._peaks)
        self._tree.write(b"".join(rows))
        self._lines.write(b"\n".join(lines) + b"\n")
        self._index.write(places(self._starts(lines)))
        self._secrets.executemany("INSERT INTO salts VALUES (?, ?, ?, ?, ?)", secrets)
        self._size += len(chunk)

    def _do(self, *statements: str) -> None:
        for statement in statements:
            self._secrets.execute(statement)

    def _starts(self, lines: Sequence[bytes]) -> Iterator[int]:
        for line in lines:
            yield self._end
            self._end += len(line) + 1

    def __enter__(self) -> StatementsWriter:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._closing.close()


def places(offsets: Iterable[int], /) -> bytes:
    """Write offsets as the index has them.

    >>> places([1, 256])
    b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00'
    """
    numbers = array("Q", offsets)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
