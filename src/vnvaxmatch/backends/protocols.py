"""The swappable parts: what a registry and a matcher must, must not and may do."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

import attrs

from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.model.frequencies import Frequencies
from vnvaxmatch.policy import Policy, Verdict
from vnvaxmatch.records import Claim, Entry

__all__ = [
    "AsyncRegistry",
    "Conversation",
    "CountedRegistry",
    "Flow",
    "Found",
    "Matcher",
    "MatcherOf",
    "Registry",
    "RegistryOf",
]

Q = TypeVar("Q")
A = TypeVar("A")
Q_co = TypeVar("Q_co", covariant=True)
A_co = TypeVar("A_co", covariant=True)
Q_contra = TypeVar("Q_contra", contravariant=True)
A_contra = TypeVar("A_contra", contravariant=True)


@attrs.frozen
class Found:
    """What a registry answers: every entry that has one of the keys, each once, by entry key.

    ``skipped`` names the kinds of key whose block held more people than its cap: their entries
    are left out, and the verdict says so. ``blocks`` counts the entries that each kind of key led
    to, each once to a kind; a kind that led to nobody is not in it.
    """

    entries: tuple[Entry, ...] = ()
    skipped: tuple[KeyKind, ...] = ()
    blocks: Mapping[KeyKind, int] = attrs.field(factory=dict, hash=False)

    @classmethod
    def of_blocks(
        cls, blocks: Iterable[tuple[Key, Sequence[Entry]]], /, *, skipped: Iterable[KeyKind] = ()
    ) -> Found:
        """Put together what each key led to.

        A block above its cap is left out and named; one that was too large to be read is named in
        ``skipped`` instead of given.

        >>> number, phone = Key(KeyKind.NUMBER, "1085000123"), Key(KeyKind.PHONE, "0912345678")
        >>> found = Found.of_blocks([(phone, [Entry("8"), Entry("7")]), (number, [Entry("7")])])
        >>> [entry.key for entry in found.entries], found.blocks[KeyKind.PHONE]
        (['7', '8'], 2)
        """
        by_kind: dict[KeyKind, dict[str, Entry]] = {}
        left_out = set(skipped)
        for key, block in blocks:
            if len(block) > CAPS[key.kind]:
                left_out.add(key.kind)
            elif block:
                by_kind.setdefault(key.kind, {}).update((entry.key, entry) for entry in block)
        found = cls.of((e for some in by_kind.values() for e in some.values()), skipped=left_out)
        counts = {kind: len(by_kind[kind]) for kind in KeyKind if kind in by_kind}
        return cls(found.entries, found.skipped, counts)

    @classmethod
    def of(cls, entries: Iterable[Entry], *, skipped: Iterable[KeyKind] = ()) -> Found:
        """Put entries in order, each once, by entry key; each kind once. Blocks are not counted.

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
    honour the caps of :data:`vnvaxmatch.blocking.CAPS`, count its blocks (:meth:`Found.of_blocks`
    does all of this), and raise :class:`~vnvaxmatch.errors.RegistryError` when it cannot be asked.
    It must not answer «nobody» for an outage, and must not show a value in an exception, a log or a
    repr. It may be closed, and may be a :class:`CountedRegistry`.
    """

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys."""
        ...


@runtime_checkable
class CountedRegistry(Registry, Protocol):
    """A :class:`Registry` that knows how common its names and birth dates are.

    A matcher that weighs asks once and keeps the answer: of a registry that is none, it takes the
    shares of the nation.
    """

    def frequencies(self) -> Frequencies:
        """Give the counts of all entries, as :meth:`Frequencies.of` counts them.

        They must be exactly those; counting may be done when the registry is made, or once when it
        is first asked. Raises :class:`~vnvaxmatch.errors.RegistryError` if it cannot be asked.
        """
        ...


@runtime_checkable
class AsyncRegistry(Protocol):
    """A :class:`Registry` whose answer is awaited."""

    def find(self, keys: Sequence[Key], /) -> Awaitable[Found]:
        """Give every entry that has one of the keys."""
        ...


Conversation: TypeAlias = Generator[Q, A, Verdict]
"""One match as a conversation: it yields questions, is sent the answers, and returns."""

Flow: TypeAlias = Conversation[Sequence[Key], Found]
"""The conversation with a :class:`Registry`: it yields keys to look up, is sent what was found."""


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


@runtime_checkable
class MatcherOf(Protocol[Q_co, A_contra]):
    """A matcher that asks questions of any kind: a :class:`Matcher` is one of keys.

    It must and must not what a :class:`Matcher` must and must not. There is no need to name this
    type in a class that fills it: what ``flow`` yields and is sent says what the registry that it
    is run against must take and give, and a type checker holds the two together.
    """

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        ...

    def flow(self, claim: Claim, /, *, policy: Policy) -> Conversation[Q_co, A_contra]:
        """Start the conversation that ends in a verdict."""
        ...


@runtime_checkable
class RegistryOf(Protocol[Q_contra, A_co]):
    """Whoever answers the questions of a :class:`MatcherOf`: a :class:`Registry` is one of keys.

    It must raise :class:`~vnvaxmatch.errors.RegistryError` when it cannot be asked.
    """

    def find(self, question: Q_contra, /) -> A_co:
        """Answer one question."""
        ...
