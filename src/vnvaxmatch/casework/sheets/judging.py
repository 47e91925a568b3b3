"""Judge one row that came back, beside its case: what is to be done, or why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch.casework.acts import Act, prepare
from vnvaxmatch.casework.authority import Actor, Authority
from vnvaxmatch.casework.cases import CaseState, state_of
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.sheets.columns import COLUMNS, Part, choices, fold_words
from vnvaxmatch.casework.sheets.reading import Line
from vnvaxmatch.casework.sheets.tokens import Token
from vnvaxmatch.casework.sheets.values import read_values, same_value, shows
from vnvaxmatch.casework.states import SIDES, Kind, Side
from vnvaxmatch.ledger import JSON, Recorded, Seal
from vnvaxmatch.policy import Outcome
from vnvaxmatch.workbooks import cell_of

__all__ = ["Came", "Judged", "Row", "judge"]

_LONGEST_NOTE: Final = 2_000

_SHOWN: Final = tuple(c for c in COLUMNS if c.part is Part.SHOWN and c.field)
_FIXES: Final = tuple(c for c in COLUMNS if c.part is Part.FIX)
_MARKS: Final = tuple(c for c in COLUMNS if c.part is Part.MARK)


class Came(StrEnum):
    """What came of a row."""

    APPLIED = "applied"
    PARTLY = "partly"
    """Its corrections were applied, and a confirmation was refused."""
    ALREADY = "already"
    """All of it was applied before."""
    BLANK = "blank"
    NOTE_ONLY = "note_only"
    REFUSED = "refused"


@attrs.frozen
class Row:
    """What came of a row of the file. ``number`` is the row's there, from 1.

    ``fields`` were corrected and ``confirmed`` confirmed; ``about`` are the fields that ``reason``
    speaks of. ``left`` are sides that somebody in another role is to confirm with the same file.
    """

    number: int
    case: str
    came: Came
    reason: Refusal | None = None
    about: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    confirmed: tuple[Side, ...] = ()
    left: tuple[Side, ...] = ()


@attrs.frozen
class Judged:
    """A row that came to something, and the acts that it asks for."""

    row: Row
    acts: tuple[Act, ...] = ()


def judge(
    line: Line,
    token: Token,
    history: Sequence[Recorded],
    *,
    actor: Actor,
    authority: Authority,
    at: datetime,
) -> Judged:
    """Judge a row by what the case was when the sheet was made, and by what it is now.

    What the row shows of the record must be what was recorded then. A field is corrected if nobody
    changed it since; a side is confirmed if its values are now those that the row has. Of a row
    whose corrections cannot be taken, nothing is.
    """
    judging = _Judging(line, token, actor, authority, at)
    blank = judging.blank()
    if token.number > len(history):
        return blank or judging.refuse(Refusal.STALE)  # an older copy of the ledger was put back
    now = state_of(history)
    if now.seal in (Seal.DESTROYED, Seal.LOCKED):
        lost = Refusal.PURGED if now.seal is Seal.DESTROYED else Refusal.LOCKED
        return blank or judging.refuse(lost)
    sites = (now.site, now.values.get("site", ""))
    if not authority.covers(actor, commune=now.commune, sites=sites):
        return blank or judging.refuse(Refusal.OFFICE)
    then = state_of(history[: token.number])
    return judging.damaged(then) or blank or judging.judge(then, now, history[token.number :])


class _Judging:
    def __init__(
        self, line: Line, token: Token, actor: Actor, authority: Authority, at: datetime
    ) -> None:
        self._line, self._token = line, token
        self._actor, self._authority, self._at = actor, authority, at
        self._about: dict[str, JSON] = {"sheet": token.sheet}
        cells = line.cells
        self._filled = {c.field: text for c in _FIXES if (text := cells.get(c.key, ""))}
        self._marks = {c.side: text for c in _MARKS if c.side and (text := cells.get(c.key, ""))}
        self._note = cells.get("note", "")

    def refuse(self, reason: Refusal, *about: str) -> Judged:
        return Judged(Row(self._line.number, self._token.case, Came.REFUSED, reason, about))

    def blank(self) -> Judged | None:
        """Say that nothing was filled in, where that is so."""
        if self._filled or self._marks:
            return None
        came = Came.NOTE_ONLY if self._note else Came.BLANK
        return Judged(Row(self._line.number, self._token.case, came))

    def damaged(self, then: CaseState) -> Judged | None:
        """Refuse a row of merged cells, or one that shows something else than was recorded.

        Also where nothing was filled in: somebody may have written over what stood there.
        """
        if self._line.merged:
            return self.refuse(Refusal.ROW_MERGED)
        changed = tuple(
            c.field
            for c in _SHOWN
            if c.key in self._line.cells
            and not shows(c.field, self._line.cells[c.key], cell_of(then.values.get(c.field, "")))
        )
        return self.refuse(Refusal.RECORDED_CHANGED, *changed) if changed else None

    def judge(self, then: CaseState, now: CaseState, since: Sequence[Recorded]) -> Judged:
        cells, filled, marks, note = self._line.cells, self._filled, self._marks, self._note
        if any(fold_words(text) not in choices(Part.MARK) for text in marks.values()):
            return self.refuse(Refusal.MARK_UNKNOWN)
        if len(note) > _LONGEST_NOTE:
            return self.refuse(Refusal.NOTE_TOO_LONG)
        cause = cells.get("cause", "")
        if cause and filled:
            code = choices(Part.CAUSE).get(fold_words(cause))
            if code is None:
                return self.refuse(Refusal.CAUSE_UNKNOWN)
            self._about["cause"] = code
        read = read_values(filled, then.values)
        if isinstance(read, tuple):
            return self.refuse(*read)
        new = {
            field: text
            for field, text in read.items()
            if not same_value(field, text, now.values.get(field, ""))
        }
        if refusal := self._overtaken(new, then, now, since):
            return self.refuse(*refusal)
        return self._acts(now, new, {**then.values, **read}, tuple(marks), note)

    def _overtaken(
        self,
        new: Mapping[str, str],
        then: CaseState,
        now: CaseState,
        since: Sequence[Recorded],
    ) -> tuple[Refusal, str] | None:
        """Say why corrections come too late, and for which field."""
        for field in new:
            if now.values.get(field, "") != then.values.get(field, ""):
                own = any(_is_of(r, self._token.sheet) and _touches(r, field) for r in since)
                return (Refusal.CORRECTED_OTHERWISE if own else Refusal.STALE), field
            if any(not _is_of(r, self._token.sheet) and not _is_no_news(r) for r in since):
                return Refusal.STALE, field
        return None

    def _acts(
        self,
        now: CaseState,
        new: Mapping[str, str],
        seen: Mapping[str, str],
        marks: Sequence[Side],
        note: str,
    ) -> Judged:
        """Put the acts together, and see that each may be done."""
        acts: list[Act] = []
        case = now
        if new:
            act = self._act(Act.corrected(new, note=note))
            done = self._try(case, act)
            if isinstance(done, Refused):
                return self.refuse(done.reason, *done.fields)
            case = done
            acts.append(act)
        confirmed: list[Side] = []
        left: list[Side] = []
        refused: tuple[Refusal, tuple[str, ...]] | None = None
        for side in marks:
            if _is_confirmed(case, side):
                continue
            stale = _unseen(case, seen, side)
            act = self._act(Act.confirmed(side, note="" if acts else note))
            done = Refused(case.case, Refusal.STALE, stale) if stale else self._try(case, act)
            if not isinstance(done, Refused):
                case = done
                acts.append(act)
                confirmed.append(side)
            elif done.reason is Refusal.ROLE:
                left.append(side)
            else:
                refused = refused or (done.reason, done.fields)
        return Judged(self._row(new, confirmed, left, refused), tuple(acts))

    def _row(
        self,
        new: Mapping[str, str],
        confirmed: Sequence[Side],
        left: Sequence[Side],
        refused: tuple[Refusal, tuple[str, ...]] | None,
    ) -> Row:
        did = bool(new or confirmed)
        reason, about = refused or (None, ())
        if refused:
            came = Came.PARTLY if did else Came.REFUSED
        elif did:
            came = Came.APPLIED
        elif left and not self._filled:
            came, reason = Came.REFUSED, Refusal.ROLE
        else:
            came = Came.ALREADY
        return Row(
            self._line.number, self._token.case, came, reason, about,
            fields=tuple(new), confirmed=tuple(confirmed), left=tuple(left),
        )  # fmt: skip

    def _act(self, act: Act) -> Act:
        return attrs.evolve(act, data={**act.data, **self._about})

    def _try(self, case: CaseState, act: Act) -> CaseState | Refused:
        prepared = prepare(case, act, actor=self._actor, authority=self._authority, at=self._at)
        return prepared if isinstance(prepared, Refused) else prepared[1]


def _is_of(recorded: Recorded, sheet: str) -> bool:
    """Tell whether an event came of this very sheet."""
    return recorded.event.data.get("sheet") == sheet


def _touches(recorded: Recorded, field: str) -> bool:
    fields = recorded.event.data.get("fields")
    return isinstance(fields, (list, tuple)) and field in fields


def _is_no_news(recorded: Recorded) -> bool:
    """Tell whether an event changes nothing of what somebody saw who corrects the record."""
    event = recorded.event
    if event.kind == Kind.ASSIGNED:
        return True
    return event.kind == Kind.COMPARED and event.data.get("outcome") != Outcome.MATCHED


def _is_confirmed(case: CaseState, side: Side) -> bool:
    if side is Side.VACCINATION:
        return case.vaccination is not None
    return case.identity is not None and not case.identity.comparison


def _unseen(case: CaseState, seen: Mapping[str, str], side: Side) -> tuple[str, ...]:
    """Name the fields of a side whose values are others than whoever confirms it saw."""
    return tuple(
        field
        for field, of in SIDES.items()
        if of is side and not same_value(field, seen.get(field, ""), case.values.get(field, ""))
    )
