"""The swappable parts: what a registry and a matcher must, must not and may do."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import attrs

from vnvaxmatch.blocking import Key, KeyKind
from vnvaxmatch.policy import Policy, Verdict
from vnvaxmatch.records import Claim, Entry

__all__ = ["AsyncRegistry", "Flow", "Found", "Matcher", "Registry"]


@attrs.frozen
class Found:
    """What a registry answers: every entry that has one of the keys, each once, by entry key.

    ``skipped`` names the kinds of key whose block held more people than its cap: their entries
    are left out, and the verdict says so.
    """

    entries: tuple[Entry, ...] = ()
    skipped: tuple[KeyKind, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry], *, skipped: Iterable[KeyKind] = ()) -> Found:
        """Put what was found in order: each entry once, by entry key; each kind once.

        >>> [entry.key for entry in Found.of([Entry("8"), Entry("7"), Entry("8")]).entries]
        ['7', '8']
        """
        by_key = {entry.key: entry for entry in entries}
        left_out = frozenset(skipped)
        return cls(
            tuple(by_key[key] for key in sorted(by_key)),
            tuple(kind for kind in KeyKind if kind in left_out),
        )


@runtime_checkable
class Registry(Protocol):
    """A store of people that can be asked by key.

    It must answer the same for the same keys in any order, return each entry once and sorted by
    ``entry.key``, find an entry by every key that :func:`vnvaxmatch.blocking.keys` gives for it,
    honour the caps of :data:`vnvaxmatch.blocking.CAPS`, and raise
    :class:`~vnvaxmatch.errors.RegistryError` when it cannot be asked. It must not answer «nobody»
    for an outage, and must not show a value in an exception, a log or a repr. It may be closed.
    """

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys."""
        ...


@runtime_checkable
class AsyncRegistry(Protocol):
    """A :class:`Registry` whose answer is awaited."""

    def find(self, keys: Sequence[Key], /) -> Awaitable[Found]:
        """Give every entry that has one of the keys."""
        ...


Flow: TypeAlias = Generator[Sequence[Key], Found, Verdict]
"""One match as a conversation: it yields keys to look up, is sent what was found, and returns."""


@runtime_checkable
class Matcher(Protocol):
    """A way to compare a claim with a registry.

    ``flow`` must be pure: all it knows of the world is what it is sent. It must give every claim a
    verdict, must not raise for any claim, and must not count a field that nobody compared as
    agreeing. ``name`` is what results record, as ``exact/1``.
    """

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        ...

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Start the conversation that ends in a verdict."""
        ...
