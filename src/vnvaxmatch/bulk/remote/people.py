"""Numbers for people known only by a digest, and what was answered about each: ten million fit.

A table of 16-byte digests, two unsigned integers each, in arrays: a dictionary of Python would take
three times the memory.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["DIGEST_BYTES", "People", "as_digests"]

Ints: TypeAlias = npt.NDArray[Any]

DIGEST_BYTES: Final = 16
"""Bytes of a digest. It is a keyed one, so that nobody can make two people meet in one."""

_EMPTY: Final = -1
_MOST_TIMES: Final = 255
_AT_A_TIME: Final = 262_144


def as_digests(digests: list[bytes]) -> Ints:
    """Put digests into an array of two columns.

    >>> as_digests([bytes(16)]).shape
    (1, 2)
    """
    return np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)


class People:
    """People by digest, numbered from 0 in the order they are first seen.

    ``decision`` holds for each the number of what was decided, 0 where nothing is; ``times`` how
    often asking about them came to nothing.
    """

    def __init__(self) -> None:
        self.count = 0
        self.decision: Ints = np.zeros(1024, dtype=np.int32)
        self.times: Ints = np.zeros(1024, dtype=np.uint8)
        self._digests: Ints = np.zeros((1024, 2), dtype=np.uint64)
        self._slots: Ints = np.full(2048, _EMPTY, dtype=np.int32)

    def number(self, digests: Ints) -> Ints:
        """Give the number of each, a new one to those that were not seen before."""
        self._make_room(self.count + len(digests))
        found = np.full(len(digests), _EMPTY, dtype=np.int64)
        waiting = np.arange(len(digests))
        slot = self._slot_of(digests)
        while len(waiting):
            at = slot[waiting]
            held = self._slots[at]
            same = (held >= 0) & (self._digests[held] == digests[waiting]).all(axis=1)
            found[waiting[same]] = held[same]
            free = held == _EMPTY
            # of several that want one slot the first takes it; the others look at it once more
            wanted, first = np.unique(at[free], return_index=True)
            found[waiting[free][first]] = self._add(digests[waiting[free][first]], wanted)
            slot[waiting[~same & ~free]] += 1
            slot &= len(self._slots) - 1
            waiting = waiting[found[waiting] == _EMPTY]
        return found

    def failed(self, number: int) -> None:
        """Note that asking about somebody came to nothing."""
        self.times[number] = min(int(self.times[number]) + 1, _MOST_TIMES)

    def _add(self, digests: Ints, slots: Ints) -> Ints:
        numbers = np.arange(self.count, self.count + len(digests))
        self._digests[numbers] = digests
        self._slots[slots] = numbers
        self.count += len(digests)
        return numbers

    def _slot_of(self, digests: Ints) -> Ints:
        return (digests[:, 0] & np.uint64(len(self._slots) - 1)).astype(np.int64)

    def _make_room(self, count: int) -> None:
        """Let the columns grow; at most half of the slots are ever taken."""
        size = len(self.decision)
        while size < count:
            size *= 2
        if size > len(self.decision):
            for name in ("decision", "times", "_digests"):
                old = getattr(self, name)
                new = np.zeros((size, *old.shape[1:]), dtype=old.dtype)
                new[: self.count] = old[: self.count]
                setattr(self, name, new)
            self._rehash(2 * size)

    def _rehash(self, slots: int) -> None:
        """Place everybody anew, some at a time: what sorting them takes is more than they are."""
        self._slots = np.full(slots, _EMPTY, dtype=np.int32)
        for start in range(0, self.count, _AT_A_TIME):
            waiting = np.arange(start, min(start + _AT_A_TIME, self.count))
            slot = self._slot_of(self._digests[waiting])
            while len(waiting):
                free = self._slots[slot] == _EMPTY
                wanted, first = np.unique(slot[free], return_index=True)
                placed = waiting[free][first]
                self._slots[wanted] = placed
                left = self._slots[slot] != waiting
                waiting, slot = waiting[left], (slot[left] + 1) & (slots - 1)
