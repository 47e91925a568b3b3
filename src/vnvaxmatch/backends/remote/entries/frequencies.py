"""How common names and births are, in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.shapes import Json, take
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.model.frequencies import LISTED, Frequencies
from vnvaxmatch.normalize import BirthDate

__all__ = ["read_counts", "write_counts"]

_surname: Final = re.compile("[a-z]+").fullmatch
_rest: Final = re.compile("(?:[a-z]+(?: [a-z]+)*)?").fullmatch
_code: Final = re.compile("[0-9]{8}").fullmatch


def write_counts(frequencies: Frequencies, /) -> dict[str, object]:
    """Write the counts.

    >>> write_counts(Frequencies(2, {"tran": 2}, {"thu": 2}, {19850000: 1}))["births"]
    {'19850000': 1}
    """
    return {
        "total": frequencies.total,
        "surnames": dict(frequencies.surnames),
        "rests": dict(frequencies.rests),
        "births": {f"{code:08d}": count for code, count in frequencies.births.items()},
    }


def read_counts(said: Json, /) -> Frequencies:
    """Read the counts; :class:`~vnvaxmatch.errors.ReplyError` for what cannot be counts."""
    total = take(said, "total", int)
    if total is None or total < 0:
        raise ReplyError(ReplyFault.SHAPE)
    surnames = _counts(said, "surnames", total, fits=_surname)
    rests = _counts(said, "rests", total, fits=_rest)
    if max(len(surnames), len(rests)) > LISTED:
        raise ReplyError(ReplyFault.SHAPE)
    births = _counts(said, "births", total, fits=_code)
    return Frequencies(total, surnames, rests, {_born(code): n for code, n in births.items()})


def _counts(
    said: Json, name: str, total: int, *, fits: Callable[[str], object]
) -> Mapping[str, int]:
    """Take counts of terms that look like one; no more people in all than there are."""
    counts = take(said, name, dict)
    if counts is None:
        raise ReplyError(ReplyFault.SHAPE)
    for term, count in counts.items():
        if type(count) is not int or count < 1 or fits(term) is None:
            raise ReplyError(ReplyFault.SHAPE)
    if sum(counts.values()) > total:
        raise ReplyError(ReplyFault.CONTRADICTION)
    return counts


def _born(term: str) -> int:
    try:
        return BirthDate.from_code(int(term)).code
    except ValueError:
        pass
    raise ReplyError(ReplyFault.SHAPE)
