"""Records as the columns that the maps work on."""

import numpy as np
import pyarrow as pa

from vnvaxmatch.backends.stored import spelt_apart
from vnvaxmatch.blocking import KeyKind, search_keys
from vnvaxmatch.bulk.engine import Asked
from vnvaxmatch.bulk.numbers import SEXES
from vnvaxmatch.bulk.spark.keys import PERSON
from vnvaxmatch.normalize import IdKind
from vnvaxmatch.outcome import Normalized

FILED = pa.schema([*PERSON, ("phone", pa.string())])


def people_of(entries):
    """Give entries as a registry file holds them."""
    rows = []
    for entry in entries:
        name = entry.name
        own = name is not None and not name.newborn and name.fold
        codes = sorted({n.code for n in entry.former_numbers if n.kind is not IdKind.PASSPORT})
        held = entry.number is not None and entry.number.kind is not IdKind.PASSPORT
        rows.append(
            {
                "entry_key": entry.key,
                "name_text": spelt_apart(name) if name else None,
                "name_key": name.key if name else None,
                "name_fold": name.fold if own else None,
                "birth": entry.birth.code if entry.birth else None,
                "sex": SEXES.index(entry.sex) or None,
                "number": entry.number.code if held else None,
                "former_numbers": codes or None,
                "phone": entry.phone.text if entry.phone else None,
            }
        )
    table = pa.Table.from_pylist(rows, schema=FILED).combine_chunks()
    return table.to_batches()[0] if rows else pa.RecordBatch.from_pylist([], schema=FILED)


def asked_of(claims, rows):
    """Give what claims ask by, other than their numbers."""
    value = [
        {
            field: reading.value if isinstance(reading, Normalized) else None
            for field, reading in (("name", c.name), ("birth", c.birth), ("sex", c.sex))
        }
        for c in claims
    ]
    names = [v["name"] for v in value]
    return Asked(
        pa.array([n.key if n else "" for n in names], pa.string()),
        pa.array([n.fold if n and not n.newborn else "" for n in names], pa.string()),
        np.array([v["birth"].code if v["birth"] else 0 for v in value], dtype=np.int64),
        np.array([SEXES.index(v["sex"]) for v in value], dtype=np.int64),
        [
            tuple(key.value for key in search_keys(claim) if key.kind is KeyKind.PHONE)
            for claim in claims
        ],
        np.asarray(rows, dtype=np.int64),
    )
