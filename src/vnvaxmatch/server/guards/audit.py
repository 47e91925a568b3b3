"""The audit line of every question, written to the ledger before its answer leaves."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeAlias
from unicodedata import normalize

import attrs

from vnvaxmatch.errors import InputError, LedgerError
from vnvaxmatch.ledger import Event, Ledger
from vnvaxmatch.outcome import Normalized, Reading
from vnvaxmatch.records import Claim
from vnvaxmatch.server.guards.walking import Report

__all__ = ["STREAM", "Audit", "AuditLine", "digest_of"]

STREAM: Final = "audit"
"""The stream of the ledger that all lines are in."""

_QUESTION: Final = "question"
_WALK: Final = "walk"
_SHORTEST_KEY: Final = 32
_LONGEST: Final = 200
_DOMAIN: Final = b"vnvaxmatch claim/1\n"
_STOP: Final = None


def _clean(text: str) -> str:
    """Make a text that any ledger takes as it is: a line that is refused takes others along."""
    return normalize("NFC", "".join(c if c.isprintable() else "?" for c in text[:_LONGEST]))


@attrs.frozen(kw_only=True)
class AuditLine:
    """One question: who asked what kind of question, what it came to, and what was told.

    ``claim`` is :func:`digest_of` the claim, in hexadecimal: it tells whether the same was asked
    before, and whoever has the key and a claim can find its lines. No part of it is personal.
    """

    client: str = attrs.field(converter=_clean)
    codec: str = attrs.field(converter=_clean)
    operation: str = attrs.field(converter=_clean)
    outcome: str = attrs.field(converter=_clean)
    disclosed: str = attrs.field(converter=_clean)
    claim: str = attrs.field(converter=_clean)


_Waiting: TypeAlias = tuple[Event, "asyncio.Future[None]"]


class Audit:
    """Write audit lines to a ledger, all that wait in one transaction.

    :meth:`record` returns once its line is durable, so that no answer leaves without one. One
    thread writes: while it does, lines gather, and go together the next time. So a disk that takes
    five milliseconds to be sure carries thousands of lines a second. The ledger is used by that
    thread alone between :meth:`start` and :meth:`stop`, and must bear to be used by another one
    than that which opened it.

    ``key`` is what :meth:`digest` makes digests with, ``clock`` gives the time with its zone, and
    at most ``most_waiting`` lines wait. All methods belong to the event loop of :meth:`start`.
    """

    def __init__(
        self,
        ledger: Ledger,
        /,
        *,
        key: bytes,
        clock: Callable[[], datetime],
        most_waiting: int = 10_000,
        most_together: int = 1_000,
    ) -> None:
        _check_key(key)
        self._ledger = ledger
        self._key = key
        self._clock = clock
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._open = False
        self.waiting = 0

    def digest(self, claim: Claim, /) -> str:
        """Give the digest of a claim, for its line."""
        return digest_of(claim, self._key)

    async def start(self) -> None:
        """Begin to write."""
        if self._thread is not None:
            raise InputError("this audit is started already: make another one")
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()
        self._open = True

    async def stop(self, *, patience: float = 30.0) -> None:
        """Write what waits, and end; lines that come later are refused.

        A ledger that does not take them within ``patience`` seconds is a LedgerError.
        """
        thread, self._open = self._thread, False
        if thread is None or not thread.is_alive():
            return
        self._queue.put(_STOP)
        await asyncio.to_thread(thread.join, patience)
        if thread.is_alive():
            raise LedgerError("the ledger does not take the last audit lines: check where it is")

    async def record(self, line: AuditLine | Report, /) -> None:
        """Write one line and return when it is durable; LedgerError if it is not.

        Then nothing may be answered. A line whose asker goes away meanwhile is written all the
        same.
        """
        if not self._open or self._loop is None:
            raise LedgerError("the audit is not running, so nothing may be answered: start it")
        if self.waiting >= self._most_waiting:
            raise LedgerError("too many audit lines wait: the ledger is slower than the questions")
        written = self._loop.create_future()
        self.waiting += 1
        self._queue.put((_event(line, self._clock()), written))
        await written

    def _write_all(self) -> None:
        """Write until told to stop: the whole of the thread."""
        while (first := self._queue.get()) is not _STOP:
            together, more = self._gather(first)
            error: Exception | None = None
            try:
                self._ledger.append([event for event, _ in together])
            except Exception as failure:  # noqa: BLE001 # a thread that died would leave all waiting
                error = failure
            self._tell(together, error)
            if not more:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Take all that wait, and tell whether to go on after them."""
        together = [first]
        while len(together) < self._most_together:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is _STOP:
                return together, False
            together.append(waiting)
        return together, True

    def _tell(self, together: list[_Waiting], error: Exception | None) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._settle, together, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    def _settle(self, together: list[_Waiting], error: Exception | None) -> None:
        self.waiting -= len(together)
        for _, written in together:
            if written.done():  # whoever asked went away
                continue
            if error is None:
                written.set_result(None)
            else:
                failure = LedgerError("the audit line was not written, so nothing may be answered")
                failure.__cause__ = error
                written.set_exception(failure)


def digest_of(claim: Claim, key: bytes, /) -> str:
    """Give HMAC-SHA-256 over the four fields of a claim, canonical, in hexadecimal.

    Two records that are read alike have one digest, however they were written. A field that is
    missing, or could not be read, counts as missing. InputError for a key of less than 32 bytes:
    there are few enough people for a short one to be found by trying.

    >>> key = bytes(32)
    >>> one = Claim.read(name="NGUYỄN VĂN MẪU", birth="10/11/1985", sex="nam")
    >>> other = Claim.read(name="Nguyễn Văn  Mẫu", birth="1985-11-10", sex="M")
    >>> digest_of(one, key) == digest_of(other, key) != digest_of(Claim(), key)
    True
    """
    _check_key(key)
    fields = [_said(field) for field in (claim.name, claim.birth, claim.sex, claim.id_number)]
    message = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return hmac.digest(key, _DOMAIN + message, "sha256").hex()


def _said(reading: Reading[object]) -> str | None:
    return str(reading.value) if isinstance(reading, Normalized) else None


def _check_key(key: bytes) -> None:
    if len(key) < _SHORTEST_KEY:
        raise InputError(f"an audit key has {_SHORTEST_KEY} bytes or more: make a longer one")


def _event(line: AuditLine | Report, at: datetime) -> Event:
    kind = _WALK if isinstance(line, Report) else _QUESTION
    data = {name: _plain(value) for name, value in attrs.asdict(line).items()}
    return Event(stream=STREAM, kind=kind, at=at, data=data)


def _plain(value: str | int) -> str | int:
    return str(value) if isinstance(value, str) else value
