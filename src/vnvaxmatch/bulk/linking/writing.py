"""Write what linking came to: a row for every row of the list, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.bulk.lift import Interner, distinct_rows
from vnvaxmatch.bulk.linking.people import People
from vnvaxmatch.bulk.linking.sequences import dose_duplicates, doubts_of_doses
from vnvaxmatch.bulk.linking.statements import DoseRows
from vnvaxmatch.bulk.writing import ResultsWriter
from vnvaxmatch.outcome import Doubt

__all__ = ["LINK_SCHEMA", "link_table", "summarize", "write_links"]

Ints: TypeAlias = npt.NDArray[Any]
Codes: TypeAlias = tuple[str, ...]

LINK_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string()),
        pa.field("person", pa.int64(), nullable=False),
        pa.field("rows_of_person", pa.int32(), nullable=False),
        pa.field("weight", pa.float64()),
        pa.field("duplicate_of", pa.int64()),
        pa.field("doubts", pa.string(), nullable=False),
        pa.field("maybe_same_as", pa.string()),
    ]
)
"""Columns of ``links.parquet`` and ``links.csv``. ``person`` is the number of the person's first
row; codes, and the people that a person may be the same as, are separated by ``;``."""

_STEP: Final = 262_144
_MOST_NAMED: Final = 20
"""People named in ``maybe_same_as``; whoever may be the same as more is named the first of them."""


def link_table(people: People, rows: DoseRows) -> pa.Table:
    """Put the columns of the results together."""
    size = len(rows)
    duplicate = dose_duplicates(people.person, rows)
    of_doses = doubts_of_doses(people.person, rows, duplicate)
    near, why = _refusals(people)
    doubts: Interner[Codes] = Interner()
    doubts.number(())
    dose, linked, named = (np.zeros(size, dtype=np.int64) for _ in range(3))
    for row, found in of_doses.items():
        dose[row] = doubts.number(tuple(doubt.value for doubt in found))
    texts: Interner[str | None] = Interner()
    texts.number(None)
    for person, codes in why.items():
        linked[person] = doubts.number(codes)
        others = sorted(near[person])[:_MOST_NAMED]
        named[person] = texts.number(";".join(str(other + 1) for other in others))
    linked, named = linked[people.person], named[people.person]
    first, index = distinct_rows(dose, linked)
    cells = [
        ";".join((*doubts.things[dose[row]], *doubts.things[linked[row]])) for row in first.tolist()
    ]
    columns = {
        "row": pa.array(np.arange(1, size + 1)),
        "record_id": pa.nulls(size, pa.string()) if rows.record_id is None else rows.record_id,
        "person": pa.array(people.person + 1),
        "rows_of_person": pa.array(np.bincount(people.person)[people.person].astype(np.int32)),
        "weight": pa.array(people.weight, mask=np.isnan(people.weight)),
        "duplicate_of": pa.array(duplicate + 1, mask=duplicate < 0),
        "doubts": pa.array(cells, pa.string()).take(pa.array(index)),
        "maybe_same_as": pa.array(texts.things, pa.string()).take(pa.array(named)),
    }
    return pa.table([columns[name] for name in LINK_SCHEMA.names], schema=LINK_SCHEMA)


def _refusals(people: People) -> tuple[dict[int, set[int]], dict[int, Codes]]:
    """Give, by person, who else it may be, and the codes of why it was not joined."""
    near: dict[int, set[int]] = {}
    why: dict[int, set[str]] = {}
    for pair, codes in people.refused.items():
        for one, other in (pair, pair[::-1]):
            near.setdefault(one, set()).add(other)
            why.setdefault(one, set()).update(code.value for code in codes)
    told = {person: (Doubt.LINK_REFUSED.value, *sorted(codes)) for person, codes in why.items()}
    return near, told


def write_links(
    folder: Path, table: pa.Table, *, progress: Callable[[int], None] | None = None
) -> None:
    """Write the results as Parquet and CSV."""
    with ResultsWriter(folder, LINK_SCHEMA, spool=None, name="links") as writer:
        for start in range(0, table.num_rows, _STEP):
            writer.write_table(table.slice(start, _STEP))
            if progress is not None:
                progress(min(start + _STEP, table.num_rows))


def summarize(people: People, table: pa.Table) -> dict[str, Any]:
    """Count what came out; no value of any record."""
    sizes = np.bincount(people.person)
    by_size = np.bincount(sizes[sizes > 0])
    doubts: Counter[str] = Counter()
    for item in pc.value_counts(table.column("doubts")).to_pylist():
        for code in filter(None, item["values"].split(";")):
            doubts[code] += item["counts"]
    return {
        "rows": table.num_rows,
        "people": int((sizes > 0).sum()),
        "people_by_rows": {str(n): int(by_size[n]) for n in np.flatnonzero(by_size).tolist()},
        "rows_of_unknown_people": people.mute,
        "duplicates": table.num_rows - table.column("duplicate_of").null_count,
        "refused": len(people.refused),
        "doubts": dict(doubts.most_common()),
        "keys": {
            kind.value: {
                "pairs": found.pairs,
                "skipped_blocks": found.skipped_blocks,
                "skipped_statements": found.skipped_statements,
            }
            for kind, found in people.found.items()
        },
    }
