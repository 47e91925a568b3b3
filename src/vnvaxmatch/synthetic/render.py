"""The texts of a block of people, as a registry holds them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.synthetic.parts import places
from vnvaxmatch.synthetic.people import Bools, Ints, People, name_texts

__all__ = ["POPULATION", "birth_texts", "digits", "entry_keys", "number_texts", "population_texts"]

POPULATION = pa.schema(
    [
        (name, pa.string())
        for name in (
            "entry_key", "full_name", "sex", "date_of_birth", "id_number", "former_id_number",
            "commune", "phone",
        )
    ]
)  # fmt: skip
_KEYS = 1_000_000_000
_KEY_STEP = 618_033_989  # coprime with 10⁹: keys say nothing about the order


def population_texts(people: People) -> pa.RecordBatch:
    """Render a block as rows of a population file."""
    return pa.record_batch(
        [
            entry_keys(people.index),
            name_texts(people),
            pa.array(["Nam", "Nữ"]).take(pa.array(people.female.astype(np.int8))),
            birth_texts(people),
            number_texts(people),
            _former_texts(people),
            _commune_codes().take(
                pa.array(_commune_starts()[people.commune] + people.commune_today)
            ),
            digits(people.phone, 10, present=people.phone >= 0),
        ],
        schema=POPULATION,
    )


def entry_keys(index: Ints) -> pa.Array:
    """Give people their keys: P and nine digits."""
    return pc.binary_join_element_wise("P", digits((index + 1) * _KEY_STEP % _KEYS, 9), "")


def digits(numbers: Ints, width: int, *, present: Bools | None = None) -> pa.Array:
    """Render numbers with their leading zeros, and nothing where none is present."""
    texts = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width=width, padding="0")
    return texts if present is None else pc.if_else(pa.array(present), texts, "")


def number_texts(people: People) -> pa.Array:
    """Render the numbers held now."""
    nine = digits(people.number, 9)
    return pc.if_else(pa.array(people.nine_digits), nine, digits(people.number, 12))


def birth_texts(people: People) -> pa.Array:
    """Render birth dates as dd/mm/yyyy, and as yyyy where only the year is known."""
    full = pc.strftime(pa.array(people.birth.astype("datetime64[D]")), format="%d/%m/%Y")
    year = pc.utf8_slice_codeunits(full, 6, 10)
    return pc.if_else(pa.array(people.year_only), year, full)


def _former_texts(people: People) -> pa.Array:
    has_cmnd, has_cancelled = people.cmnd >= 0, people.cancelled >= 0
    return pc.binary_join_element_wise(
        digits(people.cmnd, 9, present=has_cmnd),
        pc.if_else(pa.array(has_cmnd & has_cancelled), ";", ""),
        digits(people.cancelled, 12, present=has_cancelled),
        "",
    )


@cache
def _commune_starts() -> Ints:
    return np.cumsum([0, *(len(codes) for codes in places().today)])


@cache
def _commune_codes() -> pa.Array:
    return pa.array([code for codes in places().today for code in codes])
