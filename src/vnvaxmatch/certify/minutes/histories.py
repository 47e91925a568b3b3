"""From the history of a case to what minutes say of it: what was corrected, why and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from vnvaxmatch.certify import cases
from vnvaxmatch.certify.minutes.records import Confirmed, Correction, MinutesCase
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.ledger import Event, Recorded
from vnvaxmatch.messages import message

__all__ = ["COLUMNS", "Case", "case_of"]

COLUMNS: Final = (
    "full_name", "date_of_birth", "sex", "id_number", "nationality", "phone", "commune",
    "district", "province", "vaccine", "dose_number", "dose_date", "lot", "site",
)  # fmt: skip
"""The columns of a record that minutes tell of, in their order."""

_CONFIRMED: Final = "confirmed"


class Side(cases.Side, Protocol):
    """That a side of a record was confirmed, and how."""

    @property
    def comparison(self) -> bool:
        """Whether the comparison with the registry did."""
        ...


class Case(cases.Case, Protocol):
    """A case that minutes can be of: they tell also how its sides were confirmed."""

    @property
    def row(self) -> int:
        """Which row of the last list brought it in."""
        ...

    @property
    def identity(self) -> Side | None:
        """That who it is was confirmed."""
        ...

    @property
    def vaccination(self) -> Side | None:
        """That the vaccination was confirmed."""
        ...


def case_of(case: Case, history: Sequence[Recorded], /) -> MinutesCase:
    """Tell what minutes say of a confirmed case, by all of its events.

    A correction tells what the list said at first and what stands there now. Raises
    :class:`~vnvaxmatch.errors.CertifyError` for a case that is not confirmed, or whose values
    cannot be read.
    """
    if str(case.state) != _CONFIRMED or case.identity is None or case.vaccination is None:
        raise CertifyError(
            f"case {case.case} is {case.state}: minutes are of cases whose both sides are "
            "confirmed, and that are not certified yet"
        )
    if not case.values:
        raise CertifyError(
            f"the values of case {case.case} cannot be read: give the key file that they were "
            "kept with"
        )
    last = history[-1]
    return MinutesCase(
        case=case.case,
        row=case.row,
        events=len(history),
        index=last.index,
        leaf=last.leaf.hex(),
        values={name: case.values[name] for name in COLUMNS if case.values.get(name)},
        corrections=tuple(_corrections(case, history)),
        identity=_confirmed(case.identity, history),
        vaccination=_confirmed(case.vaccination, history),
    )


def _corrections(case: Case, history: Sequence[Recorded]) -> list[Correction]:
    """Follow each field from what the list said, over everything that changed it."""
    first: dict[str, str] = {}
    changed: dict[str, Event] = {}
    for recorded in history:
        event = recorded.event
        if event.kind == "received":  # it came in, or came in anew: whatever was before is over
            first, changed = dict(event.personal), {}
        elif event.kind in ("corrected", "restated"):
            changed.update(dict.fromkeys(_fields(event), event))
    found = []
    for field in COLUMNS:
        before, after = first.get(field, ""), case.values.get(field, "")
        if field in changed and before != after:
            event = changed[field]
            found.append(
                Correction(
                    field, before, after, reason=_reason(event), at=event.at,
                    restated=event.kind == "restated", **_who(event),
                )
            )  # fmt: skip
    return found


def _reason(event: Event) -> str:
    """Give the cause that was chosen, in words, and the note beside it."""
    cause, note = str(event.data.get("cause") or ""), event.personal.get("note", "")
    try:
        words = message(f"cause.{cause}", lang="vi")
    except KeyError:
        words = cause
    return "; ".join(part for part in (words, note) if part)


def _fields(event: Event) -> list[str]:
    fields = event.data.get("fields")
    return [str(one) for one in fields] if isinstance(fields, (list, tuple)) else []


def _confirmed(side: Side, history: Sequence[Recorded]) -> Confirmed:
    event = history[side.number - 1].event
    return Confirmed(**_who(event), at=event.at, comparison=side.comparison)


def _who(event: Event) -> dict[str, Any]:
    data = event.data
    return {
        "by": str(data["actor"]),
        "role": str(data["role"]),
        "office": str(data.get("office", "")),
    }
