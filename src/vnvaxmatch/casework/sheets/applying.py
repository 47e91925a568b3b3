"""Apply a worklist that came back: every row right, or refused with its reason; all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from vnvaxmatch.casework.acts import Act
from vnvaxmatch.casework.authority import Actor
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.sheets.columns import COLUMNS, Part
from vnvaxmatch.casework.sheets.judging import Came, Judged, Row, judge
from vnvaxmatch.casework.sheets.reading import Line, Sheet, read_sheet
from vnvaxmatch.casework.sheets.tokens import Sealing, SheetId, Token
from vnvaxmatch.casework.work import Casework
from vnvaxmatch.errors import CaseError, ConflictError

__all__ = ["PURPOSE", "Applied", "apply_sheet"]

PURPOSE: Final = "sheets"
"""What the key of tokens is derived for."""

_ATTEMPTS: Final = 5
"""How often a file is judged again when somebody else writes to its cases meanwhile."""


@attrs.frozen
class Applied:
    """What came of a file, row by row in its order. ``identity`` is None where it lost it.

    ``newer`` says how many times the list of the same place was made anew since.
    """

    rows: tuple[Row, ...]
    identity: SheetId | None = None
    newer: int = 0

    @property
    def counts(self) -> Counter[Came]:
        """How many rows came to what."""
        return Counter(row.came for row in self.rows)

    @property
    def refused(self) -> tuple[Row, ...]:
        """The rows of which something was refused."""
        return tuple(row for row in self.rows if row.came in (Came.REFUSED, Came.PARTLY))


def apply_sheet(work: Casework, path: Path, *, actor: Actor, at: datetime) -> Applied:
    """Apply a file that came back, in one transaction after all of it was read and judged.

    Applying it again does nothing. Raises :class:`~vnvaxmatch.errors.InputError` where the file as
    a whole cannot be used (nothing is written then), and
    :class:`~vnvaxmatch.errors.ConflictError` where others keep writing to its cases.
    """
    sealing = Sealing(work.key(PURPOSE, at=at))
    sheet = read_sheet(path, sealing=sealing)
    tokens = {line.number: sealing.read(line.token) for line in sheet.lines}
    mine = _sheet_of(sheet, [token for token in tokens.values() if token is not None])
    for left in reversed(range(_ATTEMPTS)):
        judged, expected = _judge_all(work, sheet, tokens, mine, actor=actor, at=at)
        acts: list[tuple[str, Act]] = [(one.row.case, act) for one in judged for act in one.acts]
        try:
            results = work.do_all(acts, actor=actor, at=at, expected=expected)
        except ConflictError:
            if not left:
                raise
            continue
        if any(isinstance(result, Refused) for result in results):
            raise AssertionError("what was judged to be done was refused")
        rows = tuple(one.row for one in judged)
        return Applied(rows, sheet.identity, _newer(work, sheet.identity))
    raise AssertionError("the last attempt returns or raises")


def _sheet_of(sheet: Sheet, tokens: Sequence[Token]) -> str | None:
    """Tell which worklist the file is: as it says itself, or as most of its rows do."""
    if sheet.identity is not None:
        return sheet.identity.id
    counts = Counter(token.sheet for token in tokens)
    return counts.most_common(1)[0][0] if counts else None


def _judge_all(
    work: Casework,
    sheet: Sheet,
    tokens: dict[int, Token | None],
    mine: str | None,
    *,
    actor: Actor,
    at: datetime,
) -> tuple[list[Judged], dict[str, int | None]]:
    """Judge every row, and give the number of events that each case had."""
    twice = _twice(sheet.lines, tokens)
    judged: list[Judged] = []
    expected: dict[str, int | None] = {}
    before: dict[Token, Row] = {}
    for line in sheet.lines:
        token = tokens[line.number]
        if token is None:
            if row := _without_token(line):
                judged.append(Judged(row))
            continue
        if token.sheet != mine:
            judged.append(_refused(line, token, Refusal.ROW_ELSEWHERE))
            continue
        if line.number in twice:
            if not twice[line.number]:
                judged.append(_refused(line, token, Refusal.ROW_TWICE))
                continue
            if token in before:  # the same row once more
                judged.append(_again(line, before[token]))
                continue
        try:
            history = work.history(token.case)
        except CaseError:
            judged.append(_refused(line, token, Refusal.NO_SUCH_CASE))
            continue
        expected[token.case] = len(history)
        one = judge(line, token, history, actor=actor, authority=work.authority, at=at)
        before[token] = one.row
        judged.append(one)
    return judged, expected


def _again(line: Line, row: Row) -> Judged:
    """Give what a row came to that says the same once more: nothing is done twice."""
    did = row.came in (Came.APPLIED, Came.PARTLY)
    came = Came.ALREADY if did and not row.reason else Came.REFUSED if did else row.came
    return Judged(attrs.evolve(row, number=line.number, came=came, fields=(), confirmed=()))


def _without_token(line: Line) -> Row | None:
    """Judge a row without a true token; None where it is a word that somebody wrote below."""
    if line.token:
        return Row(line.number, "", Came.REFUSED, Refusal.ROW_TOKEN)
    told = [
        column
        for column in COLUMNS
        if line.cells.get(column.key) and (column.field or column.part in (Part.MARK, Part.CAUSE))
    ]
    if len(told) < 2 and not any(column.part is not Part.SHOWN for column in told):
        return None
    return Row(line.number, "", Came.REFUSED, Refusal.ROW_ADDED)


def _refused(line: Line, token: Token, reason: Refusal) -> Judged:
    return Judged(Row(line.number, token.case, Came.REFUSED, reason))


def _twice(lines: Sequence[Line], tokens: dict[int, Token | None]) -> dict[int, bool]:
    """Name the rows whose token stands in several, and tell whether these say the same."""
    rows: dict[Token, list[Line]] = {}
    for line in lines:
        token = tokens[line.number]
        if token is not None:
            rows.setdefault(token, []).append(line)
    found: dict[int, bool] = {}
    for several in rows.values():
        if len(several) > 1:
            same = all(_said(line) == _said(several[0]) for line in several)
            found.update((line.number, same) for line in several)
    return found


def _said(line: Line) -> dict[str, str]:
    return {key: text for key, text in line.cells.items() if key not in ("row", "token")}


def _newer(work: Casework, identity: SheetId | None) -> int:
    if identity is None:
        return 0
    head = work.ledger.head(f"sheet/{identity.place.stream}/{identity.part}")
    return max(0, head.number - identity.number) if head else 0
