"""What a journal says of one person, in one line without a personal value.

A decision is written in its codes: the outcome, the level and reason of each field, and what the
search found, as in ``mismatched;name=different:name_differs;…;+field_not_told``.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from vnvaxmatch.backends import Decision
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Outcome, Verdict
from vnvaxmatch.records import Field

__all__ = ["Line", "decision_of", "read_decision", "safe_kind", "write_decision"]

_KIND: Final = re.compile(r"[a-z][a-z_]{0,39}(_[0-9]{3})?")
_UNDETERMINED: Final = "undetermined"
_LINE: Final = re.compile(r"([1-9][0-9]{0,18}) ([0-9a-f]{32}) (\S{1,1000})")


def decision_of(verdict: Verdict, *, disclosure: Disclosure) -> Decision:
    """Take from a verdict what a journal may hold: no key, weight or candidate, and not more than
    is disclosed.

    >>> decision_of(Verdict(Outcome.NOT_FOUND), disclosure=Disclosure.VERDICT).outcome.value
    'mismatched'
    """  # fmt: skip
    told = verdict.disclose(disclosure)
    evidence = None
    if told.evidence is not None:
        findings = (Finding(f.field, f.level, f.reason) for f in told.evidence.findings)
        evidence = Evidence("", tuple(findings))
    return Decision(told.outcome, evidence, told.found)


def write_decision(decision: Decision) -> str:
    """Write a decision in its codes.

    >>> write_decision(Decision(Outcome.NOT_FOUND, None, (Reason.NOT_IN_REGISTRY,)))
    'not_found;+not_in_registry'
    """
    parts = [decision.outcome.value]
    if decision.evidence is not None:
        for finding in decision.evidence.findings:
            reason = f":{finding.reason}" if finding.reason else ""
            parts.append(f"{finding.field}={finding.level}{reason}")
    return ";".join([*parts, *(f"+{reason}" for reason in decision.found)])


def read_decision(text: str) -> Decision:
    """Read a decision; ValueError for a text that is none."""
    outcome, *parts = text.split(";")
    findings = tuple(_finding(part) for part in parts if not part.startswith("+"))
    found = tuple(Reason(part[1:]) for part in parts if part.startswith("+"))
    if findings and [finding.field for finding in findings] != list(Field):
        raise ValueError("not the four fields")
    return Decision(Outcome(outcome), Evidence("", findings) if findings else None, found)


def _finding(part: str) -> Finding:
    field, _, rest = part.partition("=")
    level, _, reason = rest.partition(":")
    return Finding(Field(field), Level(level), Reason(reason) if reason else None)


def safe_kind(kind: str) -> str:
    """Let through a word that says why nobody answered; anything else could hold anything."""
    return kind if _KIND.fullmatch(kind) else "other"


@attrs.frozen
class Line:
    """What came of asking about one person.

    ``row`` is the row of the list that was asked about, ``person`` the digest, ``said`` a decision
    in its codes, or ``undetermined:`` and why.
    """

    row: int
    person: bytes
    said: str

    @classmethod
    def undetermined(cls, row: int, person: bytes, kind: str) -> Line:
        """Say that nobody answered."""
        return cls(row, person, f"{_UNDETERMINED}:{safe_kind(str(kind))}")

    @property
    def is_answer(self) -> bool:
        """Whether it holds a decision."""
        return not self.said.startswith(_UNDETERMINED)

    def __str__(self) -> str:
        return f"{self.row} {self.person.hex()} {self.said}"

    @classmethod
    def read(cls, text: str) -> Line:
        """Read a line; ValueError for one that is none."""
        if not (found := _LINE.fullmatch(text)):
            raise ValueError("not a line of a journal")
        return cls(int(found[1]), bytes.fromhex(found[2]), found[3])
