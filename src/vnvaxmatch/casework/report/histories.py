"""What the events of cases say beyond where these stand: corrections, sites, when it began."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import attrs

from vnvaxmatch.casework.cases import FIELD_OF
from vnvaxmatch.casework.report.campaigns import Correction
from vnvaxmatch.casework.standings import day_of
from vnvaxmatch.casework.states import SIDES, Kind
from vnvaxmatch.errors import CaseError
from vnvaxmatch.ledger import Recorded
from vnvaxmatch.messages import messages

__all__ = ["Histories", "History"]


@attrs.define
class History:
    """What is known of one case so far; ``findings`` are those of the last comparison."""

    opened: date
    site: str = ""
    findings: tuple[str, ...] = ()
    corrected: bool = False


class Histories:
    """Histories of cases in the making: told their events, each case's in their order."""

    def __init__(self) -> None:
        self.of: dict[str, History] = {}
        self.corrections: Counter[Correction] = Counter()
        self._shared: dict[Any, Any] = {}

    def take(self, recorded: Recorded) -> None:
        """Take in an event; :class:`CaseError` where it is none of a case."""
        event = recorded.event
        try:
            self._take(event.stream, Kind(event.kind), event.data, day_of(event.at))
        except (KeyError, TypeError, ValueError) as error:
            raise CaseError(
                f"event {recorded.number} of {event.stream} cannot be read: the ledger was written "
                "by something else, or by a newer version"
            ) from error

    def _take(self, stream: str, kind: Kind, data: Any, day: date) -> None:
        if kind is Kind.RECEIVED:  # also anew, after it was revoked: the case is as old as it is
            self.of.setdefault(stream, History(self._once(day))).findings = ()
        case = self.of[stream]
        if data.get("outcome") is not None:
            codes = (f"outcome.{data['outcome']}", *data.get("reasons", ()))
            case.findings = self._once(tuple(code for code in codes if code in messages()))
        if kind is Kind.ASSIGNED and data.get("site"):
            case.site = self._once(str(data["site"]))
        if kind is Kind.CORRECTED:
            case.corrected = True
            cause = data.get("cause") or ""
            if f"cause.{cause}" not in messages():
                cause = ""
            for column in data["fields"]:
                if column not in SIDES:
                    raise ValueError
                self.corrections[Correction(column, cause, _found(column, case.findings))] += 1

    def _once(self, value: Any) -> Any:
        """Keep one of all that are equal: a million cases have few findings and days."""
        return self._shared.setdefault(value, value)


def _found(column: str, findings: tuple[str, ...]) -> tuple[str, ...]:
    """Tell what was found of a column; the outcome alone, where no finding names it."""
    field = FIELD_OF.get(column)
    if field is None:
        return ()
    told = tuple(sorted(code for code in findings if code.startswith(f"{field}_")))
    return told or findings[:1]
