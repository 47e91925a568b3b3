"""Put the comparisons of the four mandatory fields together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from vnvaxmatch.compare.births import compare_births
from vnvaxmatch.compare.levels import Evidence, Finding, Level, Likeness
from vnvaxmatch.compare.names import compare_names
from vnvaxmatch.compare.numbers import compare_numbers
from vnvaxmatch.compare.sexes import compare_sexes
from vnvaxmatch.outcome import Normalized, Reading, Reason
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["compare"]

T = TypeVar("T")

_OWN_GAP: Final[Likeness] = (Level.MISSING, None)


def compare(claim: Claim, entry: Entry, /) -> Evidence:
    """Compare a claim with an entry in the four mandatory fields.

    A field that the claim cannot give (:meth:`Claim.gap` says why) is missing without a reason
    here; one that the entry lacks is missing with ``*_NOT_COMPARED``.

    >>> claim = Claim.read(name="Trần Thử", birth="1985", sex="Nam", id_number="001085000123")
    >>> entry, _ = Entry.read(key="7", name="Trần Thử", birth="10/11/1985",
    ...                       id_number="001085000123")
    >>> [finding.level.value for finding in compare(claim, entry).findings]
    ['same', 'close', 'missing', 'same']
    """
    if claim.gap(Field.ID_NUMBER) is None:
        number = compare_numbers(
            claim.id_number.unwrap(),
            entry.number,
            former=entry.former_numbers,
            claim_former=claim.former_numbers,
        )
    else:
        number = _OWN_GAP
    found = (
        _value(claim, Field.NAME, claim.name, entry.name, compare_names),
        _value(claim, Field.BIRTH, claim.birth, entry.birth, compare_births),
        _value(claim, Field.SEX, claim.sex, entry.sex, compare_sexes),
        number,
    )
    return Evidence(
        entry.key,
        tuple(Finding(field, *likeness) for field, likeness in zip(Field, found, strict=True)),
    )


_NOT_COMPARED: Final = {
    Field.NAME: Reason.NAME_NOT_COMPARED,
    Field.BIRTH: Reason.BIRTH_NOT_COMPARED,
    Field.SEX: Reason.SEX_NOT_COMPARED,
}


def _value(
    claim: Claim,
    field: Field,
    claimed: Reading[T],
    held: T | None,
    compare_values: Callable[[T, T], Likeness],
) -> Likeness:
    if claim.gap(field) is not None or not isinstance(claimed, Normalized):
        return _OWN_GAP
    if held is None:
        return Level.MISSING, _NOT_COMPARED[field]
    return compare_values(claimed.value, held)
