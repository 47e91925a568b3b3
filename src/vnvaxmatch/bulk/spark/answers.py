"""What was found for rows as one column, and as the answers that the rules wait for.

A row has a list of blocks: for each key that it was looked for by and that anybody is filed under,
the kind, whether more people are than the cap allows, and who they are (nobody, where it is over).
"""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.bulk.engine import Asked, Blocks, Joined, Numbers, Searched, Stage
from vnvaxmatch.bulk.engine.protocol import PAIR_SCHEMA, SEARCH_SCHEMA, Ints
from vnvaxmatch.bulk.numbers import NO_NUMBER
from vnvaxmatch.bulk.spark.keys import KIND_CODES, KINDS, PERSON, asked_keys

__all__ = ["BLOCKS", "joined", "searched"]

BLOCKS: Final = pa.list_(
    pa.struct(
        [
            ("kind", pa.int8()),
            ("over", pa.bool_()),
            ("people", pa.list_(pa.struct(list(PERSON)))),
        ]
    )
)
"""The type of the column of what was found."""

_Kinds: TypeAlias = dict[KeyKind, Ints]


@attrs.frozen(eq=False)
class _Found:
    """A column of blocks taken apart: pairs of a row, a kind and a person; and who was skipped."""

    row: Ints
    kind: Ints
    people: pa.Table
    over: _Kinds


def _taken_apart(blocks: pa.ListArray) -> _Found:
    owner = pc.list_parent_indices(blocks).to_numpy().astype(np.int64)
    flat = blocks.flatten()
    kinds = pc.struct_field(flat, "kind").to_numpy(zero_copy_only=False)
    over = pc.struct_field(flat, "over").to_numpy(zero_copy_only=False).astype(np.bool_)
    lists = pc.struct_field(flat, "people")
    block = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    people = lists.flatten()
    return _Found(
        owner[block],
        kinds[block].astype(np.int64),
        pa.table([pc.struct_field(people, field.name) for field in PERSON], schema=PERSON),
        {
            kind: np.unique(owner[over & (kinds == code)])
            for kind, code in KIND_CODES.items()
            if (over & (kinds == code)).any()
        },
    )


def joined(question: Numbers, blocks: pa.ListArray) -> Joined:
    """Answer who holds or held the numbers of a batch, from its column of blocks."""
    found = _taken_apart(blocks)
    skipped = np.unique(np.concatenate([np.empty(0, np.int64), *found.over.values()]))
    # a row whose number is not asked any more, or of which one block is over, gets nobody
    wanted = (question.codes[found.row] != NO_NUMBER) & ~np.isin(found.row, skipped)
    former = found.kind == KIND_CODES[KeyKind.FORMER_NUMBER]
    place = _once(found, np.flatnonzero(wanted), then=former)
    pairs = found.people.take(pa.array(place))
    pairs = pairs.append_column("row", pa.array(found.row[place]))
    pairs = pairs.append_column("former", pa.array(former[place]))
    return Joined(
        pairs.select(PAIR_SCHEMA.names).cast(PAIR_SCHEMA),
        skipped[question.codes[skipped] != NO_NUMBER],
    )


def searched(question: Asked, blocks: pa.ListArray) -> Searched:
    """Answer who shares other keys with the rows of a question, from the batch's blocks.

    Whom a row is led to by a key, and what was skipped, is counted as any engine counts it.
    """
    found = _taken_apart(blocks)
    position = np.full(len(blocks), -1, dtype=np.int64)
    position[question.rows] = np.arange(len(question.rows))
    counts: Blocks = {}
    asked = asked_keys(question)
    asked_row, asked_kind = asked.column("row").to_numpy(), asked.column("kind").to_numpy()
    for kind in KINDS[Stage.KEYS]:
        by_kind = asked_row[asked_kind == KIND_CODES[kind]]
        if len(by_kind):
            led = _once(found, np.flatnonzero(found.kind == KIND_CODES[kind]))
            over = found.over.get(kind, ())
            counts[kind.value] = (len(np.unique(by_kind)), len(led), len(over))
    place = _once(found, np.arange(len(found.row)))
    pairs = found.people.take(pa.array(place))
    pairs = pairs.append_column("row", pa.array(position[found.row[place]]))
    skipped: dict[int, set[KeyKind]] = {}
    for kind, rows in found.over.items():
        for row in position[rows].tolist():
            skipped.setdefault(row, set()).add(kind)
    return Searched(pairs.select(SEARCH_SCHEMA.names).cast(SEARCH_SCHEMA), skipped, counts)


def _once(found: _Found, places: Ints, *, then: Ints | None = None) -> Ints:
    """Keep of some pairs each entry of a row once, sorted by row and entry key.

    Of equals the first by ``then`` is kept.
    """
    keys = found.people.column("entry_key").combine_chunks().dictionary_encode()
    by_key = np.empty(len(keys.dictionary), dtype=np.int64)
    by_key[pc.sort_indices(keys.dictionary).to_numpy()] = np.arange(len(keys.dictionary))
    if then is not None:
        places = places[np.argsort(then[places], kind="stable")]
    entry = by_key[keys.indices.to_numpy().astype(np.int64)[places]]
    pair = found.row[places] * (len(keys.dictionary) + 1) + entry
    kept: Ints = places[np.unique(pair, return_index=True)[1]]
    return kept
