"""A verified statement as proof that a record is certified, for whoever issues upon it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from vnvaxmatch.certify.dcc.proofs import CaseProof
from vnvaxmatch.certify.dcc.records import Proven, Vaccinated
from vnvaxmatch.certify.salted import Match, Salts
from vnvaxmatch.certify.standings import Caution, Standing
from vnvaxmatch.certify.statements import Kind
from vnvaxmatch.certify.verifying import Verified
from vnvaxmatch.outcome import redact

__all__ = ["StatementProof"]

_PROVEN = {
    Standing.WITHDRAWN: Proven.REVOKED,
    Standing.SUPERSEDED: Proven.SUPERSEDED,
    Standing.UNKNOWN: Proven.UNDECIDED,
    Standing.NOT_YET: Proven.UNDECIDED,
}


@attrs.frozen
class _Shown:
    """A record as somebody shows it, in the shape of a certified case."""

    case: str
    values: Mapping[str, str] = attrs.field(repr=redact)
    state: str = "signed"
    identity: None = None
    vaccination: None = None


@attrs.frozen
class StatementProof:
    """Takes a verified statement for the proof; fills :class:`~.dcc.records.Certified`.

    ``values`` are the texts of the record by column, and ``salts`` the keys that show that the
    statement is about it. Only a statement that is valid, confirms both sides and was looked up in
    the office's list of what it took back proves anything.
    """

    verified: Verified
    values: Mapping[str, str] = attrs.field(repr=redact)
    salts: Salts = attrs.field(repr=redact)

    @property
    def record(self) -> str:
        """The name of the record in the statement: the number of its case."""
        statement = self.verified.statement
        return "" if statement is None else statement.reference.removeprefix("case/")

    @property
    def edition(self) -> str:
        """The digest of the statement: another, once the record is stated anew."""
        statement = self.verified.statement
        return "" if statement is None else statement.digest

    def proves(self, vaccinated: Vaccinated, /) -> Proven:
        """Say whether just this is what was certified."""
        statement = self.verified.statement
        if self.verified.standing is not Standing.VALID or statement is None:
            return _PROVEN.get(self.verified.standing, Proven.NOT_CERTIFIED)
        if statement.context.kind is not Kind.CONFIRMED:
            return Proven.NOT_CERTIFIED
        if Caution.LIST_NOT_GIVEN in self.verified.cautions:
            return Proven.UNDECIDED
        matches = statement.matches(self.values, salts=self.salts)
        if {matches.claim, matches.dose} != {Match.SAME}:
            hidden = Match.NOT_SHOWN in (matches.claim, matches.dose)
            return Proven.UNDECIDED if hidden else Proven.OTHER_RECORD
        return CaseProof(_Shown(self.record, self.values)).proves(vaccinated)
