"""Joins with any registry: asks it one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vnvaxmatch.backends import Found, Registry
from vnvaxmatch.blocking import Key, KeyKind, search_keys
from vnvaxmatch.bulk.engine.protocol import (
    PAIR_SCHEMA,
    SEARCH_SCHEMA,
    Asked,
    Ints,
    Joined,
    Searched,
)
from vnvaxmatch.bulk.lift import Memo
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.normalize import BirthDate, PersonName, Phone
from vnvaxmatch.outcome import BLANK, Normalized
from vnvaxmatch.records import Claim, Entry

__all__ = ["RegistryFinder", "not_asked"]


class RegistryFinder:
    """Asks any registry, once for each distinct number."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._found: Memo[int, tuple[list[tuple[Any, ...]], bool]] = Memo(self._find)

    def join(self, numbers: Ints) -> Joined:
        """Find the entries of each row's number."""
        rows = np.flatnonzero(numbers != NO_NUMBER)
        answers = self._found(numbers[rows].tolist())
        pairs = [
            (row, *pair)
            for row, (found, _) in zip(rows.tolist(), answers, strict=True)
            for pair in found
        ]
        columns = list(zip(*pairs, strict=True)) or [() for _ in PAIR_SCHEMA.names]
        arrays = [
            pa.array(list(column), field.type)
            for column, field in zip(columns, PAIR_SCHEMA, strict=True)
        ]
        skipped = [row for row, (_, over) in zip(rows.tolist(), answers, strict=True) if over]
        pairs_table = pa.Table.from_arrays(arrays, schema=PAIR_SCHEMA)
        return Joined(pairs_table, np.array(skipped, dtype=np.int64))

    def search(self, asked: Asked) -> Searched:
        """Find the entries that share a key with a row."""
        pairs = []
        skipped: dict[int, set[KeyKind]] = {}
        asks, led, over = Counter[KeyKind](), Counter[KeyKind](), Counter[KeyKind]()
        for row, claim in enumerate(_claims(asked)):
            keys = search_keys(claim)
            found = self._ask(keys) if keys else Found()
            pairs += [{"row": row, **_held(entry)} for entry in found.entries]
            asks.update({key.kind for key in keys})
            led.update(found.blocks)
            over.update(found.skipped)
            if found.skipped:
                skipped[row] = set(found.skipped)
        blocks = {kind.value: (asks[kind], led[kind], over[kind]) for kind in asks}
        return Searched(pa.Table.from_pylist(pairs, schema=SEARCH_SCHEMA), skipped, blocks)

    def _find(self, number: int) -> tuple[list[tuple[Any, ...]], bool]:
        found = self._ask(
            [Key(kind, str(number)) for kind in (KeyKind.NUMBER, KeyKind.FORMER_NUMBER)]
        )
        if found.skipped:
            return [], True
        return [_pair(entry, number) for entry in found.entries], False

    def _ask(self, keys: Sequence[Key]) -> Found:
        try:
            return self._registry.find(keys)
        except OSError as error:
            raise not_asked(error) from None


def not_asked(error: OSError) -> RegistryError:
    """Say that a registry failed with an error of its own, whose text may hold what was asked."""
    why = error.strerror or type(error).__name__
    return RegistryError(f"the registry could not be asked: {why}; a registry raises RegistryError")


def _pair(entry: Entry, number: int) -> tuple[Any, ...]:
    return (
        entry.key,
        entry.name.text if entry.name else None,
        entry.name.key if entry.name else None,
        entry.birth.code if entry.birth else None,
        SEXES.index(entry.sex),
        entry.number is None or entry.number.code != number,
    )


def _claims(asked: Asked) -> Iterator[Claim]:
    """Make claims of what keys are made of."""
    columns = (asked.key.to_pylist(), asked.birth.tolist(), asked.sex.tolist(), asked.phones)
    for key, birth, sex, phones in zip(*columns, strict=True):
        known = SEXES[sex]
        yield Claim(
            name=Normalized(PersonName(key, key)) if key else BLANK,
            birth=Normalized(BirthDate.from_code(birth)) if birth else BLANK,
            sex=BLANK if known is None else Normalized(known),
            phone=Normalized(Phone(phones[0], readings=phones[1:])) if phones else BLANK,
        )


def _held(entry: Entry) -> dict[str, Any]:
    name = entry.name
    return {
        "entry_key": entry.key,
        "name_text": name.text if name else None,
        "name_key": name.key if name else None,
        "name_fold": name.fold if name and not name.newborn else None,
        "birth": entry.birth.code if entry.birth else None,
        "sex": SEXES.index(entry.sex),
        "number": entry.number.code if entry.number else None,
        "former_numbers": [number.code for number in entry.former_numbers],
    }
