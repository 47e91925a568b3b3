"""Entries in JSON: the columns that our stores keep, so that an entry comes back as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.shapes import Json, take
from vnvaxmatch.backends.stored import COLUMNS, Cell, Row, from_row, to_row
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.records import Entry

__all__ = ["FORMER", "read_row", "write_entry"]

FORMER: Final = "former_numbers"
"""The list of the codes of former numbers, in ascending order."""

_INTEGERS: Final = frozenset({"number", "birth", "sex"})
_KNOWN: Final = frozenset({*COLUMNS, FORMER})


def write_entry(entry: Entry, /) -> Mapping[str, object]:
    """Write an entry; what it lacks is left out.

    >>> entry, _ = Entry.read(key="7", name="Trần Thử", birth="1985", sex="nữ")
    >>> dict(write_entry(entry))
    {'entry_key': '7', 'name_key': 'trần thử', 'birth': 19850000, 'sex': 2}
    """
    *cells, former = to_row(entry)
    written: dict[str, object] = {
        column: cell
        for column, cell in zip(COLUMNS, cells, strict=True)
        if cell is not None
    }  # fmt: skip
    if former is not None:
        written[FORMER] = [int(code) for code in str(former).split(";")]
    return written


def read_row(item: Json, /) -> tuple[Row, Entry]:
    """Read an entry, and its row; :class:`~vnvaxmatch.errors.ReplyError` unless it is one.

    It is one only if :func:`write_entry` would write it so.
    """
    if not _KNOWN.issuperset(item):
        raise ReplyError(ReplyFault.UNKNOWN_FIELD)
    cells: list[Cell] = [
        take(item, column, int) if column in _INTEGERS else take(item, column, str)
        for column in COLUMNS
    ]
    row = (*cells, _codes(take(item, FORMER, list) or ()))
    entry = None if cells[0] is None else _entry(row)
    if entry is None or write_entry(entry) != item:
        raise ReplyError(ReplyFault.SHAPE)
    return row, entry


def _codes(codes: Sequence[object]) -> str | None:
    if not all(type(code) is int for code in codes):
        raise ReplyError(ReplyFault.SHAPE)
    return ";".join(map(str, codes)) or None


def _entry(row: Row) -> Entry | None:
    """Make the entry of a row; None of one with a number, birth or sex that cannot be."""
    try:
        return from_row(row)
    except (ValueError, KeyError):
        return None
