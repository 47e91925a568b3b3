"""What a statement says a record came to: the outcome of a comparison, or who confirmed it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from vnvaxmatch.certify.texts import time_text
from vnvaxmatch.errors import NotCertifiedError
from vnvaxmatch.ledger import JSON
from vnvaxmatch.ledger.canonical import canonical
from vnvaxmatch.records import Field

__all__ = ["Confirmed", "ConfirmedCase", "case_finding", "row_finding"]

_CONFIRMED: Final = frozenset({"confirmed", "signed", "minutes"})


@lru_cache(maxsize=1 << 16)
def row_finding(
    outcome: str,
    official: bool | None,
    levels: tuple[str | None, ...],
    reasons: str,
    /,
) -> str:
    """Write what a results row says, as canonical JSON: levels in the order of the fields.

    >>> row_finding("mismatched", False, ("same", "same", "different", "same"), "sex_differs")[:41]
    '{"levels":{"birth":"same","id_number":"sa'
    """
    told = {field.value: level for field, level in zip(Field, levels, strict=True)}
    return canonical(
        {
            "levels": told,
            "official": official,
            "outcome": outcome,
            "reasons": [code for code in reasons.split(";") if code],
        }
    )


class Confirmed(Protocol):
    """Who confirmed a side of a record, such as :class:`vnvaxmatch.casework.Confirmation`."""

    @property
    def role(self) -> str:
        """In which capacity."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def comparison(self) -> bool:
        """Whether the comparison with the registry did."""
        ...


class ConfirmedCase(Protocol):
    """A case as it stands, such as :class:`vnvaxmatch.casework.CaseState`."""

    @property
    def state(self) -> str:
        """The word for where it stands."""
        ...

    @property
    def identity(self) -> Confirmed | None:
        """Who confirmed the identity."""
        ...

    @property
    def vaccination(self) -> Confirmed | None:
        """Who confirmed the vaccination."""
        ...

    @property
    def list_id(self) -> str:
        """The digest of the list that last brought it in."""
        ...

    @property
    def made(self) -> str:
        """When it was last compared."""
        ...


def case_finding(case: ConfirmedCase, /, *, comparison: Mapping[str, JSON]) -> str:
    """Write who confirmed a case, as canonical JSON; no names, only roles and times.

    ``comparison`` says how the list that the case came with was compared: against which registry,
    by which matcher, model, policy and tables. Raises
    :class:`~vnvaxmatch.errors.NotCertifiedError` where a side is not confirmed.
    """
    if str(case.state) not in _CONFIRMED or case.identity is None or case.vaccination is None:
        raise NotCertifiedError(
            "a case is stated to be confirmed only where the identity and the vaccination are"
        )
    return canonical(
        {
            "compared": case.made,
            "comparison": dict(comparison),
            "identity": _told(case.identity),
            "list": case.list_id,
            "vaccination": _told(case.vaccination),
        }
    )


def _told(side: Confirmed) -> dict[str, JSON]:
    by = "comparison" if side.comparison else str(side.role)
    return {"at": time_text(side.at), "by": by}
