"""What a ledger is: one tamper-evident log that everything else writes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Protocol, Self, TypeAlias, runtime_checkable

from vnvaxmatch.ledger.events import Checked, Checkpoint, Event, Head, Recorded, Tally

__all__ = ["Ledger", "Progress"]

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many events are done, and of how many."""


@runtime_checkable
class Ledger(Protocol):
    """An append-only log of events, each a leaf of one Merkle tree (RFC 6962).

    It must keep all events of an append or none, and what it acknowledged for good; it must give
    events back in the order of one log, whoever wrote them. It must not change or drop an event.
    It may be used by several threads. What cannot be read or written is a
    :class:`~vnvaxmatch.errors.LedgerError`.
    """

    def append(
        self, events: Iterable[Event], /, *, expected: Mapping[str, int] | None = None
    ) -> tuple[int, ...]:
        """Add events, all or none, and give their indexes; they are durable when it returns.

        ``expected`` says how many events a stream must have before: otherwise a
        :class:`~vnvaxmatch.errors.ConflictError`, and nothing is written.
        """
        ...

    def read(self, stream: str, /) -> tuple[Recorded, ...]:
        """Give the events of a stream in their order; none of a stream that is not there."""
        ...

    def scan(self, start: int = 0, stop: int | None = None, /) -> Iterator[Recorded]:
        """Give the events from one index to before another, as they were when it was called."""
        ...

    def head(self, stream: str, /) -> Head | None:
        """Tell where a stream stands, or None where it has no events."""
        ...

    def heads(self, *, prefix: str = "", labels: Collection[str] | None = None) -> Iterator[Head]:
        """Tell where streams stand, in the order of their names."""
        ...

    def tally(self, *, prefix: str = "") -> Mapping[str, Tally]:
        """Count streams by label."""
        ...

    @property
    def size(self) -> int:
        """The number of events."""
        ...

    def checkpoint(self, size: int | None = None, /) -> Checkpoint:
        """Give the root of the first so many events, or of all."""
        ...

    def inclusion(self, index: int, /, *, size: int | None = None) -> tuple[bytes, ...]:
        """Prove that an event is in the log of a size, or of now."""
        ...

    def consistency(self, first: int, second: int, /) -> tuple[bytes, ...]:
        """Prove that the log of the second size begins with that of the first."""
        ...

    def content(self, index: int, /) -> bytes:
        """Give what the leaf of an event holds: its hash is the leaf hash."""
        ...

    def check(
        self, *, since: Checkpoint | None = None, progress: Progress | None = None
    ) -> Checked:
        """Compute everything anew, and tell the first event that is not as it was written."""
        ...

    def purge(self, person: str, /) -> bool:
        """Destroy a person's data key, and with it the personal values; False if there is none.

        The log can be checked as before. What is written of that person later has a new key.
        """
        ...

    def rotate(self, *, progress: Progress | None = None) -> int:
        """Wrap every data key under the current master key; give how many were not before."""
        ...

    def close(self) -> None:
        """Close it; whatever is asked after that is an error."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
