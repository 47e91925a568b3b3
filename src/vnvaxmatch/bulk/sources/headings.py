"""Find the row of headings: titles may stand above it, and it may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vnvaxmatch.bulk.columns import fold_heading, guess, heading_forms
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.errors import ColumnError

__all__ = ["HEADING_ROWS", "find_headings"]

HEADING_ROWS = 20
"""The headings are looked for in so many rows."""


def find_headings(rows: Sequence[Sequence[str]], options: Options) -> tuple[list[str], int]:
    """Find the row of headings among the first rows: the one with the most known columns.

    Its position is -1 where there is none: columns were given by their numbers, and the first row
    holds a person's data.
    """
    best, score = 0, 0
    for position, row in enumerate(rows):
        try:
            fits = len(guess(row, options.known).found)
        except ColumnError:
            fits = len(options.mandatory)
        forms = frozenset[str]().union(*map(heading_forms, row))
        fits += sum(fold_heading(heading) in forms - {""} for heading in options.given.values())
        if fits > score:
            best, score = position, fits
    if rows and not score and _is_data(rows[0], options.given):
        return [str(number) for number in range(1, len(rows[0]) + 1)], -1
    return (list(rows[best]) if rows else []), best


def _is_data(row: Sequence[str], given: Mapping[str, str]) -> bool:
    """Tell whether a row has digits where headings would have words."""
    if not given or not all(re.fullmatch(r"[0-9]{1,4}", place) for place in given.values()):
        return False
    places = [int(given[name]) - 1 for name in ("id_number", "date_of_birth") if name in given]
    return any(0 <= at < len(row) and len(re.findall("[0-9]", row[at])) >= 4 for at in places)
