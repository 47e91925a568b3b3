"""Work beside the main line: reading ahead, and writing behind, a batch ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

__all__ = ["Behind", "ahead"]

T = TypeVar("T")
_DEPTH = 1


class _End:
    """Behind the last item."""


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Iterate in another thread, an item ahead; errors come out where they would have."""
    line: queue.Queue[T | _Failed | _End] = queue.Queue(_DEPTH)
    stop = threading.Event()

    def put(item: T | _Failed | _End) -> bool:
        while not stop.is_set():
            try:
                line.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(_End())
        except BaseException as error:  # noqa: BLE001 - handed over, not swallowed
            put(_Failed(error))

    thread = threading.Thread(target=run, name="vnvaxmatch-read", daemon=True)
    thread.start()
    try:
        while not isinstance(item := line.get(), _End):
            if isinstance(item, _Failed):
                raise item.error
            yield item
    finally:
        stop.set()
        thread.join()


class Behind(Generic[T]):
    """Hand items to a function that runs in another thread, in order; a context manager.

    An error in the function comes out of the next :meth:`put`, or of the end of the block.
    """

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._line: queue.Queue[T | _End] = queue.Queue(_DEPTH)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="vnvaxmatch-write", daemon=True)

    def put(self, item: T) -> None:
        """Hand over an item; waits while one is in line."""
        if self._error is not None:
            raise self._error
        self._line.put(item)

    def _run(self) -> None:
        while not isinstance(item := self._line.get(), _End):
            if self._error is None:
                try:
                    self._work(item)
                except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
                    self._error = error

    def __enter__(self) -> Behind[T]:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._line.put(_End())
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error
