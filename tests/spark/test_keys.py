"""Keys in columns are those of the rules, on both sides of the join."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.spark.columns import asked_of, people_of
from vnvaxmatch.blocking import KeyKind, keys, number_keys, search_keys
from vnvaxmatch.bulk.engine import Numbers, Stage
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES
from vnvaxmatch.bulk.spark.keys import KIND_CODES, asked_keys, filed_keys
from vnvaxmatch.normalize import Sex
from vnvaxmatch.testing import claims, entries

KINDS = {code: kind for kind, code in KIND_CODES.items()}


def as_keys(table):
    """Give the keys of a table as (row, kind, value), in the words of the rules."""
    return [(row["row"], KINDS[row["kind"]], _value(row)) for row in table.to_pylist()]


def _value(row):
    match KINDS[row["kind"]]:
        case KeyKind.NUMBER | KeyKind.FORMER_NUMBER:
            return str(row["code"])
        case KeyKind.BIRTH_SEX_GIVEN:
            born, sex = divmod(row["code"], len(SEXES))
            return f"{born} {Sex(SEXES[sex]).value} {row['text']}"
        case KeyKind.PHONE:
            return row["text"]
        case _:
            return f"{row['code']} {row['text']}"


def wanted(row, some):
    """Give keys of the rules in the same form."""
    return [(row, key.kind, key.value) for key in some if key.kind is not KeyKind.NAME_BIRTH]


@given(st.lists(entries(), max_size=6))
def test_entries_are_filed_under_the_keys_of_the_rules(people):
    """Each key of each entry is there once, and no other."""
    batch = people_of(people)

    filed = [key for stage in Stage for key in as_keys(filed_keys(batch, stage))]

    want = [key for row, entry in enumerate(people) for key in wanted(row, keys(entry))]
    assert sorted(filed) == sorted(want)


@given(st.lists(claims(), max_size=6), st.integers(0, 3))
def test_claims_ask_by_the_keys_of_the_rules(asking, gap):
    """Rows ask by what they would be looked for by one by one; positions in the batch are kept."""
    rows = np.arange(len(asking)) * (gap + 1)

    asked = as_keys(asked_keys(asked_of(asking, rows)))

    want = [
        key
        for row, claim in zip(rows, asking, strict=True)
        for key in wanted(row, search_keys(claim))
    ]
    assert sorted(asked) == sorted(want)


@given(st.lists(claims(), max_size=6))
def test_numbers_are_asked_as_held_and_as_former(asking):
    """A number asks for who holds it and for who held it; none asks for nobody."""
    own = [number_keys(claim, former=False) for claim in asking]
    codes = [int(some[0].value) if some else NO_NUMBER for some in own]

    asked = as_keys(asked_keys(Numbers(np.array(codes, dtype=np.int64))))

    assert sorted(asked) == sorted(key for row, some in enumerate(own) for key in wanted(row, some))


def test_an_empty_batch_has_no_keys():
    """No entries, no keys, and no error."""
    assert all(filed_keys(people_of([]), stage).num_rows == 0 for stage in Stage)
    assert asked_keys(Numbers(np.array([], dtype=np.int64))).schema.types[0] == pa.int64()
