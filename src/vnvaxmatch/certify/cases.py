"""What certificates and minutes ask of a case, whoever keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

__all__ = ["Case", "Side"]


class Side(Protocol):
    """That a side of a record was confirmed."""

    @property
    def number(self) -> int:
        """Which event of the case confirmed it, from 1."""
        ...


class Case(Protocol):
    """A case as it stands, such as :class:`vnvaxmatch.casework.CaseState`."""

    @property
    def case(self) -> str:
        """Its number."""
        ...

    @property
    def state(self) -> str:
        """The word for where it stands."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """What the record says, by column; empty where it cannot be read."""
        ...

    @property
    def identity(self) -> Side | None:
        """That who it is was confirmed."""
        ...

    @property
    def vaccination(self) -> Side | None:
        """That the vaccination was confirmed."""
        ...
