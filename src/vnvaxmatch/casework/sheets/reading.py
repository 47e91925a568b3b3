"""Find the worklist in the file that came back: its rows, by the columns they were given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from vnvaxmatch.casework.sheets.columns import BY_KEY, COLUMNS, Column, Part, fold_words
from vnvaxmatch.casework.sheets.files import Grid, read_grids
from vnvaxmatch.casework.sheets.tokens import TOKEN_HEAD, Place, Sealing, SheetId
from vnvaxmatch.casework.sheets.writing import ABOUT
from vnvaxmatch.errors import ColumnError, InputError
from vnvaxmatch.messages import LANGUAGES
from vnvaxmatch.outcome import redact

__all__ = ["Line", "Sheet", "read_sheet"]

_HEAD_ROWS: Final = 50
"""Keys and headings are looked for in so many rows: people write above a list, not much."""

_FEWEST: Final = 3
"""So many keys or headings make a row one of them."""

_OF_NO_MATTER: Final = ("row", "why", "note")

_KEYS: Final = {key: key for key in BY_KEY}
_HEADINGS: Final = {
    fold_words(column.heading(lang)): column.key for column in COLUMNS for lang in LANGUAGES
}


@attrs.frozen
class Line:
    """A row of the file: its number there, from 1, and its texts by the keys of columns."""

    number: int
    cells: Mapping[str, str] = attrs.field(repr=redact)
    merged: bool = False
    """Whether it has a part of a merged range, in a column that matters."""

    @property
    def token(self) -> str:
        """What stands where the token should."""
        return self.cells.get("token", "")


@attrs.frozen
class Sheet:
    """What came back. ``identity`` is None where the file no longer says which worklist it is."""

    lines: tuple[Line, ...]
    columns: frozenset[str]
    identity: SheetId | None = None


def read_sheet(path: Path, *, sealing: Sealing) -> Sheet:
    """Read a worklist that came back, as XLSX, XLS, ODS or CSV.

    Columns may have moved, and their headings changed. Raises :class:`InputError` where the file is
    no worklist, or one of another ledger, and :class:`ColumnError` where a column that is filled in
    cannot be told.
    """
    grids = read_grids(path)
    identity = next((told for grid in grids if (told := _identity(path, grid, sealing))), None)
    found = [(grid, places) for grid in grids if (places := _columns(path, grid)) is not None]
    if not found:
        raise InputError(
            f"{path} is no worklist: it has no column of row tokens (vx1-…); name the file that "
            "`casework worklists` wrote and somebody filled in"
        )
    if len(found) > 1:
        names = ", ".join(f"«{grid.name}»" for grid, _ in found)
        raise InputError(f"{path} has the worklist in several sheets ({names}): leave one of them")
    ((grid, (first, columns)),) = found
    _refuse_unknown(path, grid, first, columns)
    return Sheet(_lines(grid, first, columns), frozenset(columns), identity)


def _identity(path: Path, grid: Grid, sealing: Sealing) -> SheetId | None:
    """Read the hidden sheet; one that was tampered with says nothing."""
    head = [row[0] if row else "" for row in grid.rows[:3]]
    if len(head) < 3 or head[0] != ABOUT:
        return None
    try:
        told = json.loads(head[1])
        identity = SheetId(
            ledger=str(told["ledger"]),
            id=str(told["sheet"]),
            place=Place(str(told["commune"]), str(told["site"])),
            part=int(told["part"]),
            number=int(told["number"]),
            at=datetime.fromisoformat(told["at"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if identity.ledger != sealing.ledger:
        raise InputError(
            f"{path} is a worklist of another ledger; name the ledger that it was made of"
        )
    return identity if sealing.is_sealed(head[1], seal=head[2]) else None


def _columns(path: Path, grid: Grid) -> tuple[int, dict[str, int]] | None:
    """Find where the columns stand, and the first row below them; None where it is no worklist."""
    found: dict[str, int] = {}
    first = 0
    for names in (_KEYS, _HEADINGS):
        for at, row in enumerate(grid.rows[:_HEAD_ROWS]):
            keys = [names.get(fold_words(cell)) for cell in row]
            if sum(key is not None for key in keys) < _FEWEST:
                continue
            _refuse_twice(path, [key for key in keys if key is not None])
            for position, key in enumerate(keys):
                if key is not None and position not in found.values():
                    found.setdefault(key, position)
            # below the hidden keys stand the headings, whatever they say by now
            first = max(first, at + 1 + (names is _KEYS))
            break
    token = _token_column(grid)
    if token is None:
        token = found.get("token")  # every row may have been deleted
    if token is None:
        return None
    found = {key: at for key, at in found.items() if at != token and key != "token"}
    return first, {**found, "token": token}


def _refuse_twice(path: Path, keys: Sequence[str]) -> None:
    twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if any(_is_filled_in(BY_KEY[key]) for key in twice):
        raise ColumnError(f"{path}: the column «{BY_KEY[twice[0]].vi}» is there twice: leave one")


def _token_column(grid: Grid) -> int | None:
    """Find the column of tokens by what stands in it."""
    counts: dict[int, int] = {}
    for row in grid.rows:
        for position, cell in enumerate(row):
            if cell.strip().lower().startswith(TOKEN_HEAD):
                counts[position] = counts.get(position, 0) + 1
    return max(counts, key=counts.__getitem__, default=None)


def _refuse_unknown(path: Path, grid: Grid, first: int, columns: Mapping[str, int]) -> None:
    """Refuse a column that may be one to fill in and cannot be told: nothing is lost in silence."""
    lost = [column for column in COLUMNS if column.key not in columns and _is_filled_in(column)]
    if not lost:
        return
    known = set(columns.values())
    for row in grid.rows[first:]:
        for position, cell in enumerate(row):
            if cell.strip() and position not in known:
                raise ColumnError(
                    f"{path}: column {position + 1} is filled in and its heading is not known, "
                    f"while «{lost[0].vi}» is missing: give it its heading again, or clear it"
                )


def _is_filled_in(column: Column) -> bool:
    return column.part in (Part.FIX, Part.MARK, Part.CAUSE)


def _lines(grid: Grid, first: int, columns: Mapping[str, int]) -> tuple[Line, ...]:
    matter = {at for key, at in columns.items() if key not in _OF_NO_MATTER}
    merged = {
        row
        for top, left, bottom, right in grid.merged
        if any(left <= position <= right for position in matter)
        for row in range(max(top, first), min(bottom, len(grid.rows)) + 1)
    }
    lines = []
    for at, row in enumerate(grid.rows[first:], start=first):
        cells = {key: _text(row, position) for key, position in columns.items()}
        if any(cells.values()) and not _repeats_headings(cells):
            lines.append(Line(at + 1, cells, at in merged))
    return tuple(lines)


def _repeats_headings(cells: Mapping[str, str]) -> bool:
    """Tell whether a row is the headings (or the hidden keys) once more, as pasting brings them."""
    told = [
        key
        for key, text in cells.items()
        if text and key in (_KEYS.get(fold_words(text)), _HEADINGS.get(fold_words(text)))
    ]
    return len(told) >= _FEWEST


def _text(row: Sequence[str], position: int) -> str:
    return " ".join(row[position].split()) if position < len(row) else ""
