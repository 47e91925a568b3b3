"""A registry in memory: for tests, examples and short lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.blocking import Key
from vnvaxmatch.blocking import keys as keys_of
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.model.frequencies import Frequencies
from vnvaxmatch.records import Entry

__all__ = ["MemoryRegistry"]


class MemoryRegistry:
    """The entries it is given, filed under all their keys.

    Two entries with the same key are a :class:`~vnvaxmatch.errors.RegistryError`.

    >>> from vnvaxmatch.blocking import keys
    >>> entry, _ = Entry.read(key="7", id_number="001085000123")
    >>> registry = MemoryRegistry([entry])
    >>> registry, [found.key for found in registry.find(keys(entry)).entries]
    (MemoryRegistry(entries=1), ['7'])
    """

    def __init__(self, entries: Iterable[Entry], /) -> None:
        self._entries: dict[str, Entry] = {}
        self._blocks: defaultdict[Key, list[Entry]] = defaultdict(list)
        self._frequencies: Frequencies | None = None
        for position, entry in enumerate(entries, start=1):
            if entry.key in self._entries:
                raise RegistryError(
                    f"entry {position} has the key of an earlier one: give every person one key"
                )
            self._entries[entry.key] = entry
            for key in keys_of(entry):
                self._blocks[key].append(entry)

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys."""
        return Found.of_blocks((key, self._blocks.get(key, ())) for key in keys)

    def frequencies(self) -> Frequencies:
        """Give the counts of names and birth dates, counted when first asked for."""
        if self._frequencies is None:
            self._frequencies = Frequencies.of(self._entries.values())
        return self._frequencies

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"MemoryRegistry(entries={len(self)})"
