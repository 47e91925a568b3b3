"""Which fields of a case are to be looked at again, by what a comparison came to."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from vnvaxmatch.compare import Level
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

__all__ = ["told"]

_AGREES: Final = frozenset({None, Level.SAME.value, Level.LINKED.value})
_REASONS: Final = frozenset(reason.value for reason in Reason)


@lru_cache(maxsize=1 << 16)
def told(
    outcome: str, levels: tuple[str | None, ...], reasons: str
) -> tuple[tuple[str, ...], tuple[Field, ...]]:
    """Give the reasons of a result (joined by ``;``), and the fields to look at again.

    ``levels`` are in the order of :class:`Field`. A field is wrong by its level; where no entry was
    compared, by a reason that names it, which is then its gap. If nobody has the number, it is the
    number.

    >>> told("not_found", (None, None, None, None), "not_in_registry")
    (('not_in_registry',), (<Field.ID_NUMBER: 'id_number'>,))
    """
    codes = tuple(code for code in reasons.split(";") if code)
    if outcome == Outcome.OUT_OF_SCOPE:
        return codes, ()
    gaps = tuple(code for code in codes if code in _REASONS)
    wrong = tuple(
        field
        for field, level in zip(Field, levels, strict=True)
        if level not in _AGREES
        or (level is None and any(code.startswith(f"{field}_") for code in gaps))
    )
    if not wrong and outcome == Outcome.NOT_FOUND:
        wrong = (Field.ID_NUMBER,)
    return codes, wrong
