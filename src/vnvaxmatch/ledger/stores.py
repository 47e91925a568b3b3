"""What a store does for a log: it keeps rows, and knows nothing of hashes and keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import attrs

from vnvaxmatch.ledger.keys import Master
from vnvaxmatch.ledger.leaves import Row

__all__ = ["Batch", "End", "Kept", "Standing", "Store"]


class End(NamedTuple):
    """The end of a log: what the next event is built on.

    ``peaks`` are the roots of the full trees it is made of, the largest first, 32 bytes each;
    ``names`` and ``keys`` are how many names and data keys there are, numbered from 1.
    """

    size: int = 0
    peaks: bytes = b""
    names: int = 0
    keys: int = 0


class Kept(NamedTuple):
    """An event's row and its hashes.

    These are the leaf's, and those of all nodes that the leaf completes, 32 bytes each: together
    the rows hold every full node of the tree, each in the row of its last leaf.
    """

    row: Row
    hashes: bytes


@attrs.define
class Standing:
    """Where a name stands: a stream, or a person whose data key is number ``key`` (0: none).

    ``number`` is 0 for a person who is no stream.
    """

    id: int
    name: str
    number: int = 0
    label: str = ""
    at: int = 0
    key: int = 0


@attrs.define
class Batch:
    """What an append adds: all of it, or nothing."""

    end: End
    kept: list[Kept] = attrs.Factory(list)
    new: list[Standing] = attrs.Factory(list)
    changed: list[Standing] = attrs.Factory(list)
    keys: list[tuple[int, bytes]] = attrs.Factory(list)
    ids: Mapping[str, int] = attrs.Factory(dict)


class Store(Protocol):
    """Rows on a disk or in memory.

    Everything but ``close`` is called inside ``writing`` or ``reading``. What is done in
    ``writing`` is durable when it ends, or undone if it ends in an error; nobody else writes
    meanwhile. Both may be entered by several threads, and ``writing`` holds others up.
    """

    where: str

    def writing(self) -> AbstractContextManager[None]:
        """Hold the log for writing."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Hold the log for reading."""
        ...

    def end(self) -> End:
        """Give the end of the log."""
        ...

    def standings(self, names: Collection[str], /) -> dict[str, Standing]:
        """Give where these names stand, as records of the caller's own."""
        ...

    def masters(self) -> dict[int, Master]:
        """Give the master keys that the log knows."""
        ...

    def add_master(self, number: int, master: Master, /) -> None:
        """Add a master key."""
        ...

    def wrapped(self, numbers: Collection[int], /) -> dict[int, bytes]:
        """Give wrapped data keys by their numbers."""
        ...

    def owners(self, start: int, stop: int, /) -> list[tuple[int, bytes, str]]:
        """Give the data keys with numbers of a range that are in use, wrapped, and whose."""
        ...

    def rewrap(self, keys: Iterable[tuple[int, bytes]], /) -> None:
        """Put other wrappings in the place of those that are there."""
        ...

    def disown(self, person: Standing, /) -> None:
        """Overwrite the data key of a person, who has none after it."""
        ...

    def scrub(self) -> None:
        """Outside of a transaction: see that what was overwritten is left nowhere."""
        ...

    def add(self, batch: Batch, /) -> None:
        """Add a batch."""
        ...

    def rows(self, start: int, stop: int, /) -> list[Kept]:
        """Give the rows with indexes of a range, in order; those that are missing are left out."""
        ...

    def rows_of(self, stream: str, /) -> list[Kept]:
        """Give the rows of a stream, in order."""
        ...

    def hashes(self, indexes: Collection[int], /) -> dict[int, bytes]:
        """Give the hashes of rows by their indexes."""
        ...

    def streams(
        self, after: str, limit: int, /, *, prefix: str, labels: Sequence[str] | None
    ) -> list[Standing]:
        """Give where streams stand, by name (as bytes), from after a name, so many at most."""
        ...

    def tally(self, prefix: str, /) -> list[tuple[str, int, int]]:
        """Count streams by label, with the least of their times."""
        ...

    def close(self) -> None:
        """Close it."""
        ...
