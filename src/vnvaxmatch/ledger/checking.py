"""Check a whole log: compute everything anew from the events, and find the first that is wrong."""

from __future__ import annotations

import json
from array import array
from hashlib import sha256
from itertools import zip_longest
from sys import intern
from typing import Final

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.events import Checked, Checkpoint, Fault
from vnvaxmatch.ledger.leaves import leaf_bytes
from vnvaxmatch.ledger.protocol import Progress
from vnvaxmatch.ledger.stores import Kept, Standing, Store
from vnvaxmatch.ledger.trees import bagged

__all__ = ["check_log"]

_PAGE: Final = 10_000
_ASTRAY: Final = 100


class _BadError(Exception):
    """The first bad event: what is wrong, and from where to where it may be."""

    def __init__(self, fault: Fault, index: int, last: int) -> None:
        super().__init__(fault, index, last)
        self.fault, self.index, self.last = fault, index, last


def check_log(store: Store, /, *, since: Checkpoint | None, progress: Progress | None) -> Checked:
    """Check all events that there are when it is called, and where the streams stand."""
    with store.reading():
        end = store.end()
    tree, streams = _Tree(since), _Streams()
    try:
        for start in range(0, end.size, _PAGE):
            stop = min(start + _PAGE, end.size)
            with store.reading():
                page = store.rows(start, stop)
            for index, kept in zip_longest(range(start, stop), page):
                if kept is None or kept.row.place != index:
                    raise _BadError(Fault.MISSING, index, index)
                tree.add(kept)
                streams.add(kept)
            if progress is not None:
                progress(stop, end.size)
        tree.finish(end.peaks)
        _check_end(store)
    except _BadError as bad:
        return Checked(tree.checkpoint, bad.fault, bad.index, bad.last)
    return Checked(tree.checkpoint, astray=streams.astray(store, end.size))


def _check_end(store: Store) -> None:
    """See that nothing stands behind the end, where no reader would find it."""
    with store.reading():
        size = store.end().size
        hidden = store.rows(size, size + 1)
        if hidden and store.end().size == size:  # otherwise somebody appended just now
            raise _BadError(Fault.TREE, size, size)


class _Tree:
    """The tree, computed anew."""

    def __init__(self, since: Checkpoint | None) -> None:
        self._since = since
        self._size = 0
        self._peaks: list[bytes] = []
        self._pin()

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint of the events that are sound."""
        return Checkpoint(self._size, bagged(self._peaks))

    def add(self, kept: Kept) -> None:
        """Check an event's row, and the nodes it completes."""
        row, hashes = kept
        index = self._size
        try:
            leaf = sha256(b"\0" + leaf_bytes(row)).digest()
            readable = isinstance(json.loads(row.data), dict)
        except (AttributeError, LedgerError, OverflowError, TypeError, ValueError):
            readable = False
        if not readable:
            raise _BadError(Fault.UNREADABLE, index, index)
        if hashes[:32] != leaf:
            raise _BadError(Fault.ALTERED, index, index)
        node, rest, level = leaf, index, 0
        while rest & 1:
            node = sha256(b"\1" + self._peaks.pop() + node).digest()
            rest, level = rest >> 1, level + 1
            if hashes[level * 32 : level * 32 + 32] != node:
                raise _BadError(Fault.NODE, index + 1 - (1 << level), index)
        if len(hashes) != level * 32 + 32:
            raise _BadError(Fault.NODE, index, index)
        self._peaks.append(node)
        self._size += 1
        self._pin()

    def finish(self, peaks: bytes) -> None:
        """Check the end of the tree that was kept, and the checkpoint if it is of a longer log."""
        start = 0
        for level in reversed(range(self._size.bit_length())):
            if self._size >> level & 1:
                place = (self._size >> level + 1).bit_count()
                if peaks[place * 32 : place * 32 + 32] != self._peaks[place]:
                    raise _BadError(Fault.TREE, start, start + (1 << level) - 1)
                start += 1 << level
        if len(peaks) != len(self._peaks) * 32:
            raise _BadError(Fault.TREE, self._size, self._size)
        if self._since is not None and self._since.size > self._size:
            raise _BadError(Fault.CHECKPOINT, self._size, self._since.size - 1)

    def _pin(self) -> None:
        since = self._since
        if since is not None and since.size == self._size and self.checkpoint != since:
            raise _BadError(Fault.CHECKPOINT, 0, max(self._size - 1, 0))


class _Streams:
    """Where each stream stands by its events."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._numbers, self._times = array("q"), array("q")
        self._labels: list[str] = []

    def add(self, kept: Kept) -> None:
        """Move a stream on by an event."""
        row = kept.row
        place = self._places.get(row.stream)
        if place is None:
            place = self._places[row.stream] = len(self._numbers)
            self._numbers.append(0)
            self._times.append(0)
            self._labels.append("")
        if row.number != self._numbers[place] + 1:
            raise _BadError(Fault.NUMBER, row.place, row.place)
        self._numbers[place] = row.number
        self._times[place] = row.at
        if row.label is not None:
            self._labels[place] = intern(row.label)

    def astray(self, store: Store, size: int) -> tuple[str, ...]:
        """Name streams that stand elsewhere than their events say."""
        with store.reading():
            for kept in store.rows(size, store.end().size):  # what was appended meanwhile
                self.add(kept)
        found, met, after = [], 0, ""
        while True:
            with store.reading():
                page = store.streams(after, _PAGE, prefix="", labels=None)
            for standing in page:
                met += standing.name in self._places
                if not self._agrees(standing) and not _moved_on(store, standing):
                    found.append(standing.name)
            if len(page) < _PAGE:
                break
            after = page[-1].name
        if met < len(self._places):  # rare, and only then looked up one by one
            found += [name for name in self._places if not _is_kept(store, name)]
        return tuple(sorted(found)[:_ASTRAY])

    def _agrees(self, standing: Standing) -> bool:
        place = self._places.get(standing.name)
        return place is not None and (
            self._numbers[place] == standing.number
            and self._times[place] == standing.at
            and self._labels[place] == standing.label
        )


def _moved_on(store: Store, standing: Standing) -> bool:
    """Tell whether the stream's events, read now, bring it to where it stands."""
    with store.reading():
        rows = [kept.row for kept in store.rows_of(standing.name)[: standing.number]]
    labels = [row.label for row in rows if row.label is not None]
    return (
        len(rows) == standing.number
        and rows[-1].at == standing.at
        and (labels[-1] if labels else "") == standing.label
    )


def _is_kept(store: Store, name: str) -> bool:
    with store.reading():
        found = store.standings([name]).get(name)
    return found is not None and found.number > 0
