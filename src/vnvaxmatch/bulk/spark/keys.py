"""Keys as columns: what rows are looked for by, and what entries are filed under.

A key is its kind, a number and a text. Both sides are made of the fields that
:mod:`vnvaxmatch.blocking` makes its keys of, so that an equi-join of the two finds what asking a
registry for them finds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.blocking import KeyKind
from vnvaxmatch.bulk.engine import Asked, Numbers, Question, Stage
from vnvaxmatch.bulk.engine.protocol import Ints
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES

__all__ = ["ASKED", "KEY", "KINDS", "KIND_CODES", "PERSON", "asked_keys", "filed_keys"]

KINDS: Final = {
    Stage.NUMBERS: (KeyKind.NUMBER, KeyKind.FORMER_NUMBER),
    Stage.KEYS: (
        KeyKind.FOLD_BIRTH,
        KeyKind.BIRTH_SEX_GIVEN,
        KeyKind.FOLD_YEAR,
        KeyKind.PHONE,
    ),
}
"""The kinds of key that are joined in each stage."""

KIND_CODES: Final = {
    kind: code for code, kind in enumerate(kind for kinds in KINDS.values() for kind in kinds)
}
"""What stands for each kind in a column."""

KEY: Final = pa.schema([("kind", pa.int8()), ("code", pa.int64()), ("text", pa.string())])
"""A key: for a number its code; else a date, year or date and sex, and the words of a name; or a
phone number."""

ASKED: Final = pa.schema([("row", pa.int64()), *KEY])
"""Keys that rows are looked for by."""

PERSON: Final = pa.schema(
    [
        ("entry_key", pa.string()),
        ("name_text", pa.string()),
        ("name_key", pa.string()),
        ("name_fold", pa.string()),
        ("birth", pa.int32()),
        ("sex", pa.int8()),
        ("number", pa.int64()),
        ("former_numbers", pa.list_(pa.int64())),
    ]
)
"""What is known of an entry that is found."""


def asked_keys(question: Question) -> pa.Table:
    """Make the keys of a question: a table of :data:`ASKED`, each key of a row once.

    ``row`` is a position in the batch that asks.
    """
    if isinstance(question, Numbers):
        rows = np.flatnonzero(question.codes != NO_NUMBER)
        codes = question.codes[rows]
        parts = [_keys(rows, kind, codes) for kind in KINDS[Stage.NUMBERS]]
    else:
        parts = _search_keys(question)
    return pa.concat_tables(parts).combine_chunks()


def _search_keys(asked: Asked) -> list[pa.Table]:
    fold, born = asked.fold, asked.birth.astype(np.int64)
    named = np.flatnonzero(pc.not_equal(fold, "").to_numpy(zero_copy_only=False) & (born > 0))
    owners = [at for at, phones in enumerate(asked.phones) for _ in phones]
    phones = pa.array([phone for some in asked.phones for phone in some], pa.string())
    parts = _named_keys(named, fold.take(pa.array(named)), born[named], asked.sex[named])
    parts.append(_keys(np.array(owners, dtype=np.int64), KeyKind.PHONE, texts=phones))
    rows = pa.array(asked.rows.astype(np.int64))
    return [part.set_column(0, "row", rows.take(part.column("row"))) for part in parts]


def _named_keys(rows: Ints, fold: pa.StringArray, born: Ints, sex: Ints) -> list[pa.Table]:
    """Make the keys of those who have a name and a birth; a missing sex counts as either."""
    words = pc.split_pattern(fold, " ", max_splits=1, reverse=True)
    given = words.flatten().take(pa.array(words.offsets.to_numpy()[1:] - 1))
    parts = [_keys(rows, KeyKind.FOLD_BIRTH, born, fold)]
    for either in range(1, len(SEXES)):
        of = np.flatnonzero((sex == either) | (sex == 0))
        code = born[of] * len(SEXES) + either
        parts.append(_keys(rows[of], KeyKind.BIRTH_SEX_GIVEN, code, given.take(pa.array(of))))
    parts.append(_keys(rows, KeyKind.FOLD_YEAR, born // 10_000, fold))
    return parts


def filed_keys(entries: pa.RecordBatch, stage: Stage) -> pa.Table:
    """Make the keys that entries are filed under, of the kinds of a stage.

    ``entries`` has the columns of :data:`PERSON` and ``phone``; ``row`` of what is returned is a
    position in it. Each key of an entry is there once.
    """
    if stage is Stage.NUMBERS:
        number = entries.column("number")
        held = np.flatnonzero(number.is_valid().to_numpy(zero_copy_only=False))
        former = entries.column("former_numbers")
        owner = pc.list_parent_indices(former).to_numpy().astype(np.int64)
        codes = former.flatten().to_numpy()
        links = np.unique(np.stack([owner, codes]), axis=1)
        parts = [
            _keys(held, KeyKind.NUMBER, number.take(pa.array(held)).to_numpy()),
            _keys(links[0], KeyKind.FORMER_NUMBER, links[1]),
        ]
    else:
        fold = pc.fill_null(entries.column("name_fold"), "")
        born = pc.fill_null(entries.column("birth").cast(pa.int64()), 0).to_numpy()
        sex = pc.fill_null(entries.column("sex").cast(pa.int64()), 0).to_numpy()
        named = np.flatnonzero(pc.not_equal(fold, "").to_numpy(zero_copy_only=False) & (born > 0))
        phone = entries.column("phone")
        phoned = np.flatnonzero(phone.is_valid().to_numpy(zero_copy_only=False))
        parts = _named_keys(named, fold.take(pa.array(named)), born[named], sex[named])
        parts.append(_keys(phoned, KeyKind.PHONE, texts=phone.take(pa.array(phoned))))
    return pa.concat_tables(parts).combine_chunks()


def _keys(
    rows: Ints, kind: KeyKind, codes: Ints | None = None, texts: pa.StringArray | None = None
) -> pa.Table:
    size = len(rows)
    return pa.table(
        [
            pa.array(rows, pa.int64()),
            pa.array(np.full(size, KIND_CODES[kind], dtype=np.int8)),
            pa.array(np.zeros(size, np.int64) if codes is None else codes, pa.int64()),
            pa.repeat(pa.scalar("", pa.string()), size) if texts is None else texts,
        ],
        schema=ASKED,
    )
