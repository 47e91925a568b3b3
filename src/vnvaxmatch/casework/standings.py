"""Where cases stand, as far as they are counted: the label that a ledger keeps beside a stream."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs

from vnvaxmatch.casework.states import State
from vnvaxmatch.errors import CaseError
from vnvaxmatch.records import Field

__all__ = ["Standing", "day_of"]


@attrs.frozen
class Standing:
    """Where cases stand, as far as they are counted: nothing personal, and the same for many.

    ``day`` is the one (UTC) on which they were last touched.

    >>> told = Standing(State.ASSIGNED, commune="00004", wrong=(Field.SEX,), day=date(2026, 1, 2))
    >>> told.label
    'assigned|00004|sex||2026-01-02'
    >>> Standing.parse(told.label) == told
    True
    """

    state: State
    commune: str | None = None
    wrong: tuple[Field, ...] = ()
    identity: bool = False
    vaccination: bool = False
    day: date = date.min

    @property
    def label(self) -> str:
        """Write it as the label of a stream."""
        flags = f"{'i' if self.identity else ''}{'v' if self.vaccination else ''}"
        return f"{self.state}|{self.commune or ''}|{'+'.join(self.wrong)}|{flags}|{self.day}"

    @classmethod
    def parse(cls, label: str) -> Standing:
        """Read a label; :class:`CaseError` where it is none."""
        try:
            state, commune, wrong, flags, day = label.split("|")
            return cls(
                state=State(state),
                commune=commune or None,
                wrong=tuple(Field(field) for field in wrong.split("+") if field),
                identity="i" in flags,
                vaccination="v" in flags,
                day=date.fromisoformat(day),
            )
        except ValueError as error:
            raise CaseError(
                "a case stands under a label that is none: the ledger was written by something "
                "else; run `vnvaxmatch ledger check`"
            ) from error


def day_of(at: datetime) -> date:
    """Give the day of a time, in UTC."""
    return at.astimezone(UTC).date()
