"""A ledger over a store: what all of them do alike, whatever keeps the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vnvaxmatch.errors import ConflictError, LedgerError
from vnvaxmatch.ledger.checking import check_log
from vnvaxmatch.ledger.events import (
    JSON,
    Checked,
    Checkpoint,
    Event,
    Head,
    Recorded,
    Seal,
    Tally,
)
from vnvaxmatch.ledger.filing import filed
from vnvaxmatch.ledger.keys import KeyRing, Random, Sealer, unpack
from vnvaxmatch.ledger.leaves import Draft, about_personal, draft, instant, is_name, leaf_bytes
from vnvaxmatch.ledger.protocol import Progress
from vnvaxmatch.ledger.stores import Kept, Store
from vnvaxmatch.ledger.trees import (
    Node,
    Span,
    bagged,
    consistency_spans,
    full_nodes,
    inclusion_spans,
    leaf_hash,
    span_hash,
)

__all__ = ["Log"]

_PAGE: Final = 1_000
_REWRAPPED: Final = 10_000


class Log:
    """A :class:`~vnvaxmatch.ledger.Ledger` over a :class:`~vnvaxmatch.ledger.stores.Store`."""

    def __init__(self, store: Store, /, *, keys: KeyRing | None, random: Random) -> None:
        self._store = store
        self._sealer = Sealer(keys, random=random)
        with store.reading():
            self._sealer.learn(store.masters())

    def append(
        self, events: Iterable[Event], /, *, expected: Mapping[str, int] | None = None
    ) -> tuple[int, ...]:
        """Add events, all or none, and give their indexes; they are durable when it returns.

        Of many, give some ten thousand at a time. What cannot be kept is a
        :class:`~vnvaxmatch.errors.LedgerError` that names the event by its place, and a stream
        that has another number of events than ``expected`` a
        :class:`~vnvaxmatch.errors.ConflictError`.
        """
        drafts = list(_drafts(events))
        if any(not is_name(stream) for stream in expected or ()):
            raise LedgerError("no stream can have one of the names in what is expected")
        store = self._store
        with self._writing():
            end = store.end()
            wanted = {name for d in drafts for name in (d.stream, d.person) if name}
            standings = store.standings(wanted.union(expected or ()))
            for stream, count in (expected or {}).items():
                standing = standings.get(stream)
                actual = standing.number if standing else 0
                if actual != count:
                    raise ConflictError(stream, count, actual)
            if not drafts:
                return ()
            people = {d.person for d in drafts if d.personal}
            if people:
                self._know_current()
            keys = {s.key for name, s in standings.items() if name in people and s.key}
            batch = filed(
                drafts,
                end,
                standings=standings,
                wrapped=self._wrapped(keys),
                sealer=self._sealer,
            )
            store.add(batch)
        return tuple(range(end.size, batch.end.size))

    def read(self, stream: str, /) -> tuple[Recorded, ...]:
        """Give the events of a stream in their order; none of a stream that is not there.

        An event that does not give its leaf hash is not given, but is a
        :class:`~vnvaxmatch.errors.LedgerError`.
        """
        with self._store.reading():
            return self._recorded(self._store.rows_of(stream)) if is_name(stream) else ()

    def scan(self, start: int = 0, stop: int | None = None, /) -> Iterator[Recorded]:
        """Give the events from one index to before another, as they were when it was called."""
        size = self.size
        last = size if stop is None else min(stop, size)
        if start < 0 or (stop is not None and stop < 0):
            raise LedgerError(f"the log begins at 0: it has no events from {start} to {stop}")
        return self._scan(start, last)

    def head(self, stream: str, /) -> Head | None:
        """Tell where a stream stands, or None where it has no events."""
        with self._store.reading():
            found = self._store.standings([stream]).get(stream) if is_name(stream) else None
        if found is None or not found.number:
            return None
        return Head(found.name, found.number, found.label, instant(found.at))

    def heads(self, *, prefix: str = "", labels: Collection[str] | None = None) -> Iterator[Head]:
        """Tell where streams stand, in the order of their names.

        Those that are begun or move on meanwhile are given as they are when it comes to them.
        """
        wanted = None if labels is None else sorted(filter(str.isprintable, set(labels)))
        after = ""
        while True:
            with self._store.reading():
                page = (
                    self._store.streams(after, _PAGE, prefix=prefix, labels=wanted)
                    if is_name(prefix or "any")
                    else []
                )
            for found in page:
                yield Head(found.name, found.number, found.label, instant(found.at))
            if len(page) < _PAGE:
                return
            after = page[-1].name

    def tally(self, *, prefix: str = "") -> Mapping[str, Tally]:
        """Count streams by label, with the last event's time of the one longest untouched."""
        with self._store.reading():
            found = self._store.tally(prefix) if is_name(prefix or "any") else []
        return {label: Tally(count, instant(oldest)) for label, count, oldest in sorted(found)}

    @property
    def size(self) -> int:
        """The number of events."""
        with self._store.reading():
            return self._store.end().size

    def checkpoint(self, size: int | None = None, /) -> Checkpoint:
        """Give the root of the first so many events, or of all."""
        with self._store.reading():
            end = self._store.end()
            if size is None or size == end.size:
                peaks = [end.peaks[i : i + 32] for i in range(0, len(end.peaks), 32)]
                return Checkpoint(end.size, bagged(peaks))
            self._check_size(size, end.size)
            (root,) = self._hashed([(0, size)])
        return Checkpoint(size, root)

    def inclusion(self, index: int, /, *, size: int | None = None) -> tuple[bytes, ...]:
        """Prove that an event is in the log of a size, or of now.

        The hashes go from the lowest to the highest, as
        :func:`~vnvaxmatch.ledger.verify_inclusion` takes them.
        """
        with self._store.reading():
            now = self._store.end().size
            size = now if size is None else size
            self._check_size(size, now)
            if not 0 <= index < size:
                raise LedgerError(f"there is no event {index} in a log of {size} events")
            return self._hashed(inclusion_spans(index, size=size))

    def consistency(self, first: int, second: int, /) -> tuple[bytes, ...]:
        """Prove that the log of the second size begins with that of the first."""
        with self._store.reading():
            self._check_size(second, self._store.end().size)
            if not 0 <= first <= second:
                raise LedgerError(f"a log of {second} events continues none of {first}")
            return self._hashed(consistency_spans(first, second))

    def content(self, index: int, /) -> bytes:
        """Give what the leaf of an event holds, as canonical JSON: its hash is the leaf hash.

        Personal values are in it as they are kept, encrypted. An event that was altered is a
        :class:`~vnvaxmatch.errors.LedgerError`.
        """
        with self._store.reading():
            found = self._store.rows(index, index + 1) if index >= 0 else []
        if not found:
            raise LedgerError(f"there is no event {index} in this log")
        return _content(found[0])

    def check(
        self, *, since: Checkpoint | None = None, progress: Progress | None = None
    ) -> Checked:
        """Compute everything anew, and tell the first event that is not as it was written.

        Whoever can write to the store can make another log that is sound in itself: only a
        checkpoint kept elsewhere (``since``) shows that. No key is needed.
        """
        return check_log(self._store, since=since, progress=progress)

    def purge(self, person: str, /) -> bool:
        """Destroy a person's data key, and with it the personal values; False if there is none."""
        with self._store.writing():
            found = self._store.standings([person]).get(person) if is_name(person) else None
            known = found is not None and found.key > 0
            if found is not None and known:
                self._store.disown(found)
        self._store.scrub()
        return known

    def rotate(self, *, progress: Progress | None = None) -> int:
        """Wrap every data key under the current master key; give how many were not before.

        The former master keys must still be in the key ring, and may be destroyed after it.
        Others may write meanwhile; stopped half-way, it goes on when it is called again.
        """
        done = start = 0
        total = 1
        while start < total:
            with self._writing():
                self._know_current()
                total = self._store.end().keys
                stop = min(start + _REWRAPPED, total)
                keys = [
                    (number, wrapped)
                    for number, before, person in self._store.owners(start + 1, stop + 1)
                    if (wrapped := self._sealer.rewrap(before, number=number, person=person))
                ]
                self._store.rewrap(keys)
            start, done = stop, done + len(keys)
            if progress is not None:
                progress(start, total)
        self._store.scrub()
        return done

    def close(self) -> None:
        """Close it; whatever is asked after that is an error."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._store.where!r})"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._store.writing():
                yield
        except BaseException:
            self._sealer.forget()  # a master key that it introduced is not in the log now
            raise

    def _know_current(self) -> None:
        """See that the log knows the current master key, before anything is wrapped under it."""
        store, sealer = self._store, self._sealer
        if sealer.current is None:
            sealer.learn(store.masters())
        if sealer.current is None:
            master = sealer.introduce()
            store.add_master(max(store.masters(), default=0) + 1, master)
            sealer.learn(store.masters())

    def _scan(self, start: int, stop: int) -> Iterator[Recorded]:
        for low in range(start, stop, _PAGE):
            with self._store.reading():
                page = self._recorded(self._store.rows(low, min(low + _PAGE, stop)))
            yield from page

    def _recorded(self, page: list[Kept]) -> tuple[Recorded, ...]:
        numbers = {kept.row.key for kept in page if kept.row.key}
        wrapped = self._wrapped(numbers)
        opened: dict[int, AESGCM | Seal] = {}
        return tuple(self._open(kept, wrapped, opened) for kept in page)

    def _open(
        self, kept: Kept, wrapped: Mapping[int, bytes], opened: dict[int, AESGCM | Seal]
    ) -> Recorded:
        place, stream, number, kind, at, data, person, key, sealed, label = kept.row
        seal, personal = Seal.NONE, {}
        _content(kept)
        if key:
            if key not in opened:
                opened[key] = self._key(key, wrapped.get(key), person)
            secret = opened[key]
            if isinstance(secret, Seal):
                seal = secret
            else:
                about = about_personal(stream, number, kind, person=person, key=key)
                personal = unpack(secret, sealed, about=about, index=place)
                seal = Seal.OPEN
        owner = "" if person == stream else person
        event = Event(stream, kind, instant(at), _values(data, place), personal, owner, label)
        return Recorded(place, number, event, seal, kept.hashes[:32])

    def _wrapped(self, numbers: Collection[int]) -> dict[int, bytes]:
        """Give wrapped data keys, and learn of a master key that another process introduced."""
        wrapped = self._store.wrapped(numbers) if numbers else {}
        if not all(map(self._sealer.knows, wrapped.values())):
            self._sealer.learn(self._store.masters())
        return wrapped

    def _key(self, number: int, wrapped: bytes | None, person: str) -> AESGCM | Seal:
        if wrapped is None:
            return Seal.DESTROYED
        return self._sealer.open_key(wrapped, number=number, person=person)

    def _hashed(self, spans: Collection[Span]) -> tuple[bytes, ...]:
        nodes = {node for span in spans for node in full_nodes(span)}
        rows = {node: ((node[1] + 1) << node[0]) - 1 for node in nodes}
        hashes = self._store.hashes(set(rows.values()))

        def stored(node: Node) -> bytes:
            level = node[0]
            found = hashes.get(rows[node], b"")[level * 32 : level * 32 + 32]
            if len(found) != 32:
                raise LedgerError(f"event {rows[node]} or its hashes are gone: check the log")
            return found

        return tuple(span_hash(span, stored) for span in spans)

    @staticmethod
    def _check_size(size: int, now: int) -> None:
        if not 0 <= size <= now:
            raise LedgerError(f"the log has {now} events, and was never {size} long")


def _values(data: str, place: int) -> dict[str, JSON]:
    try:
        values = json.loads(data)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise LedgerError(f"the data of event {place} cannot be read: check the log")
    return values


def _content(kept: Kept) -> bytes:
    """Give what a leaf holds, if it is what it was."""
    try:
        content = leaf_bytes(kept.row)
    except (AttributeError, OverflowError, TypeError, ValueError):
        content = b""
    if leaf_hash(content) != kept.hashes[:32]:
        raise LedgerError(f"event {kept.row.place} is not as it was written: check the log")
    return content


def _drafts(events: Iterable[Event]) -> Iterator[Draft]:
    make: Callable[[Event], Draft] = draft
    for place, event in enumerate(events):
        try:
            yield make(event)
        except LedgerError as error:
            raise LedgerError(f"event {place} of the append: {error}") from None
