"""How much memory a run may take, and who gets what of it."""

from __future__ import annotations

import os
import re
from typing import Final

import attrs

from vnvaxmatch.errors import InputError

__all__ = ["LEAST", "Shares", "parse_size", "shares", "whole_machine"]

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(i?)B?\s*", re.I)

LEAST: Final = 1_000_000_000
"""Bytes without which nothing can be worked through: the rules and a batch."""

_MAIN: Final = 1_200_000_000
"""Bytes of the process that reads and writes: batches on the way in and out."""
_RULES: Final = 1_800_000_000
"""Bytes of a process that judges: what it remembers, and a batch with all that was found for it in
a registry of 100 million people."""
_SMALL: Final = 900_000_000
"""The same where batches are small."""
_STORE: Final = 400_000_000
"""The fewest bytes in which a registry is joined at a bearable speed."""
_SMALL_ROWS: Final = 32_768


def parse_size(text: str) -> int:
    """Read a size as people write it, in bytes.

    >>> parse_size("6GB"), parse_size("512 MiB"), parse_size("1.5g")
    (6000000000, 536870912, 1500000000)
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InputError(f"«{text}» is no size: write it as 6GB or 512MB")
    amount, unit, binary = found.groups()
    power = "KMGT".find(unit.upper()) + 1 if unit else 0
    return int(float(amount) * (1024**power if binary else _UNITS[unit.upper()]))


def whole_machine() -> int:
    """Give the bytes of memory that this process could have, a container's limit heeded."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on every system
        return 8 * 10**9
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(name, encoding="ascii") as file:
                limit = file.read().strip()
        except OSError:
            continue
        if limit.isdigit():
            total = min(total, int(limit))
    return total


@attrs.frozen
class Shares:
    """Who gets what: so many ``workers``, and for each of them ``store`` bytes of joins.

    ``rows`` is how many rows a batch may have, None where it need not be cut.
    """

    workers: int
    store: int
    rows: int | None = None


def shares(memory: int | None, *, workers: int) -> Shares:
    """Share memory out; with little of it fewer work side by side than were asked for.

    Without ``memory`` it is half of the machine's.

    >>> shares(7 * 10**9, workers=2)
    Shares(workers=2, store=1100000000, rows=None)
    >>> shares(4 * 10**9, workers=2)
    Shares(workers=1, store=1600000000, rows=None)
    """
    total = memory if memory is not None else whole_machine() // 2
    if memory is not None and memory < LEAST:
        raise InputError(f"{memory / 10**9:.1f} GB of memory is too little: give at least 1GB")
    count = workers
    while count > 1 and total < _MAIN + count * (_RULES + _STORE):
        count -= 1
    if count > 1:
        return Shares(count, (total - _MAIN) // count - _RULES)
    # one process does everything: what is on the way in and out takes its part of a batch's room
    if total >= _RULES + _MAIN // 2 + _STORE:
        return Shares(1, total - _RULES - _MAIN // 2)
    return Shares(1, max(total - _SMALL, _STORE // 2), _SMALL_ROWS)
