"""A ledger in memory: for tests, and to say plainly what the others do."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

import attrs

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.keys import DESTROYED, KeyRing, Master, Random
from vnvaxmatch.ledger.logs import Log
from vnvaxmatch.ledger.stores import Batch, End, Kept, Standing

__all__ = ["MemoryLedger"]


class MemoryLedger(Log):
    """A ledger that is gone with its process.

    >>> from datetime import UTC, datetime
    >>> from vnvaxmatch.ledger import Event
    >>> ledger = MemoryLedger()
    >>> ledger.append([Event("case/1", "received", datetime(2026, 5, 4, tzinfo=UTC))])
    (0,)
    >>> ledger.head("case/1").number
    1
    """

    def __init__(self, *, keys: KeyRing | None = None, random: Random = os.urandom) -> None:
        super().__init__(_Memory(), keys=keys, random=random)


class _Memory:
    """Rows in lists. An append is put together before it is added, so nothing needs undoing."""

    where = "memory"

    def __init__(self) -> None:
        self._lock = RLock()
        self._closed = False
        self._end = End()
        self._kept: list[Kept] = []
        self._of: dict[str, list[int]] = {}
        self._standings: dict[str, Standing] = {}
        self._sorted: list[str] | None = None
        self._keys: list[bytes] = []
        self._masters: dict[int, Master] = {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the log for reading."""
        with self._lock:
            if self._closed:
                raise LedgerError("the ledger is closed: open it again")
            yield

    writing = reading

    def end(self) -> End:
        """Give the end of the log."""
        return self._end

    def standings(self, names: Collection[str], /) -> dict[str, Standing]:
        """Give where these names stand, as records of the caller's own."""
        found = ((name, self._standings.get(name)) for name in names)
        return {name: attrs.evolve(standing) for name, standing in found if standing}

    def masters(self) -> dict[int, Master]:
        """Give the master keys that the log knows."""
        return dict(self._masters)

    def add_master(self, number: int, master: Master, /) -> None:
        """Add a master key."""
        self._masters[number] = master

    def wrapped(self, numbers: Collection[int], /) -> dict[int, bytes]:
        """Give wrapped data keys by their numbers."""
        return {number: self._keys[number - 1] for number in numbers}

    def owners(self, start: int, stop: int, /) -> list[tuple[int, bytes, str]]:
        """Give the data keys with numbers of a range that are in use, wrapped, and whose."""
        people = {s.key: s.name for s in self._standings.values() if start <= s.key < stop}
        return [(key, self._keys[key - 1], people[key]) for key in sorted(people)]

    def rewrap(self, keys: Iterable[tuple[int, bytes]], /) -> None:
        """Put other wrappings in the place of those that are there."""
        for number, wrapped in keys:
            self._keys[number - 1] = wrapped

    def disown(self, person: Standing, /) -> None:
        """Overwrite the data key of a person, who has none after it."""
        self._keys[person.key - 1] = DESTROYED
        self._standings[person.name].key = 0

    def scrub(self) -> None:
        """Nothing was left anywhere."""

    def add(self, batch: Batch, /) -> None:
        """Add a batch."""
        self._end = batch.end
        self._keys += [wrapped for _, wrapped in batch.keys]
        for standing in (*batch.new, *batch.changed):
            self._standings[standing.name] = standing
        if batch.new:
            self._sorted = None
        for kept in batch.kept:
            self._kept.append(kept)
            self._of.setdefault(kept.row.stream, []).append(kept.row.place)

    def rows(self, start: int, stop: int, /) -> list[Kept]:
        """Give the rows with indexes of a range, in order."""
        return self._kept[start:stop]

    def rows_of(self, stream: str, /) -> list[Kept]:
        """Give the rows of a stream, in order."""
        return [self._kept[index] for index in self._of.get(stream, ())]

    def hashes(self, indexes: Collection[int], /) -> dict[int, bytes]:
        """Give the hashes of rows by their indexes."""
        return {index: self._kept[index].hashes for index in indexes}

    def streams(
        self, after: str, limit: int, /, *, prefix: str, labels: Sequence[str] | None
    ) -> list[Standing]:
        """Give where streams stand, by name, from after a name, so many at most."""
        if self._sorted is None:
            self._sorted = sorted(self._standings)
        found: list[Standing] = []
        for name in self._sorted[bisect_right(self._sorted, after) :]:
            standing = self._standings[name]
            if standing.number and name.startswith(prefix):
                if labels is not None and standing.label not in labels:
                    continue
                found.append(attrs.evolve(standing))
                if len(found) == limit:
                    break
        return found

    def tally(self, prefix: str, /) -> list[tuple[str, int, int]]:
        """Count streams by label, with the least of their times."""
        times: dict[str, list[int]] = {}
        for standing in self._standings.values():
            if standing.number and standing.name.startswith(prefix):
                times.setdefault(standing.label, []).append(standing.at)
        return [(label, len(of), min(of)) for label, of in times.items()]

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
