"""What the other side said about one claim, whatever protocol it said it in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch.backends.decisions import Decision
from vnvaxmatch.backends.exact import decide
from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.outcome import Reason, redact
from vnvaxmatch.policy import Outcome, Policy
from vnvaxmatch.records import Field

__all__ = ["NOT_COMPARED", "Answer", "Presence", "ReplyFault", "conclude"]


class ReplyFault(StrEnum):
    """Why a reply is no answer: the words of :attr:`vnvaxmatch.errors.ReplyError.kind`."""

    STATUS = "status"
    """A status of HTTP that the codec reads no answer from."""
    CONTENT_TYPE = "content_type"
    """It says itself that it is something else: an error page, usually."""
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    """Not UTF-8."""
    NOT_JSON = "not_json"
    """Truncated, nested too deep, a key twice, NaN."""
    NOT_XML = "not_xml"
    FORBIDDEN_XML = "forbidden_xml"
    """A document type or an entity, which nothing here needs and attacks do."""
    SHAPE = "shape"
    """JSON or XML, and not what the protocol says."""
    UNKNOWN_FIELD = "unknown_field"
    """It speaks of a field that was not asked."""
    NO_GRADE = "no_grade"
    """A hit without a grade, or with one that does not exist."""
    ERROR_REPORTED = "error_reported"
    """The other side reports that it failed."""
    SEARCH_CUT_SHORT = "search_cut_short"
    """It reports that it did not look everywhere, or gave only some of those that fit."""
    CONTRADICTION = "contradiction"
    ANOTHER_PERSON = "another_person"
    """It is about another number than the one that was asked for."""


class Presence(StrEnum):
    """Whom the other side found."""

    PRESENT = "present"
    ABSENT = "absent"
    SEVERAL = "several"


NOT_COMPARED: Final[Mapping[Field, Reason]] = {
    Field.NAME: Reason.NAME_NOT_COMPARED,
    Field.BIRTH: Reason.BIRTH_NOT_COMPARED,
    Field.SEX: Reason.SEX_NOT_COMPARED,
    Field.ID_NUMBER: Reason.ID_NUMBER_NOT_COMPARED,
}
"""What is said of a field that nobody compared."""

_DIFFERS: Final = {
    Field.NAME: Reason.NAME_DIFFERS,
    Field.BIRTH: Reason.BIRTH_DIFFERS,
    Field.SEX: Reason.SEX_DIFFERS,
    Field.ID_NUMBER: Reason.ID_NUMBER_DIFFERS,
}
_ASKED_LESS: Final = {
    Field.NAME: Reason.NAME_ASKED_UNMARKED,
    Field.BIRTH: Reason.BIRTH_ASKED_YEAR,
}


@attrs.frozen
class Answer:
    """What the other side said; make one by :meth:`present`, :meth:`absent` or :meth:`several`.

    ``agrees`` is its own word on everything it was asked, None where it said nothing of the kind.
    The fields of ``at_least`` were asked less precisely than the claim states them (a name without
    its marks, a year): they agree at least that far, and nobody knows about the rest.
    """

    presence: Presence
    evidences: tuple[Evidence, ...] = ()
    agrees: bool | None = None
    at_least: frozenset[Field] = frozenset()
    reasons: tuple[Reason, ...] = ()
    candidates: tuple[str, ...] = attrs.field(default=(), repr=redact)

    @classmethod
    def present(
        cls,
        levels: Mapping[Field, Level],
        /,
        *,
        agrees: bool | None = None,
        entry_key: str = "",
        reasons: Sequence[Reason] = (),
        at_least: Collection[Field] = (),
    ) -> Answer:
        """Say that somebody was found, and how far each field agrees.

        A field that is not in ``levels`` was not compared, and is missing.

        >>> answer = Answer.present({Field.NAME: Level.SAME})
        >>> [finding.level.value for finding in answer.evidences[0].findings]
        ['same', 'missing', 'missing', 'missing']
        """
        findings = tuple(_finding(f, levels.get(f, Level.MISSING), at_least) for f in Field)
        evidence = Evidence(entry_key, findings)
        return cls.compared(evidence, agrees=agrees, reasons=reasons, at_least=at_least)

    @classmethod
    def compared(
        cls,
        evidence: Evidence,
        /,
        *,
        agrees: bool | None = None,
        reasons: Sequence[Reason] = (),
        at_least: Collection[Field] = (),
    ) -> Answer:
        """Say that somebody was found, with what comparing with them found."""
        return cls(Presence.PRESENT, (evidence,), agrees, frozenset(at_least), tuple(reasons))

    @classmethod
    def absent(cls, *, reasons: Sequence[Reason] = (Reason.NOT_IN_REGISTRY,)) -> Answer:
        """Say that the other side looked, and that nobody fits."""
        return cls(Presence.ABSENT, reasons=tuple(reasons))

    @classmethod
    def several(
        cls,
        evidences: Sequence[Evidence] = (),
        *,
        candidates: Sequence[str] = (),
        reasons: Sequence[Reason] = (Reason.SEVERAL_ENTRIES,),
    ) -> Answer:
        """Say that several fit, or that it is not sure who does.

        Of ``evidences``, the only one that matches is taken, as the exact matcher does; without
        any, a person decides.
        """
        return cls(
            Presence.SEVERAL,
            tuple(evidences),
            reasons=tuple(reasons),
            candidates=tuple(candidates),
        )

    @classmethod
    def denied(cls) -> Answer:
        """Say that something that was asked is wrong, without saying what."""
        return cls.present({}, agrees=False)

    @classmethod
    def untold(cls) -> Answer:
        """Say that the other side knows the person, and could not compare all fields."""
        return cls.present({}, reasons=(Reason.FIELD_NOT_TOLD,))


def _finding(field: Field, level: Level, at_least: Collection[Field]) -> Finding:
    match level:
        case Level.SAME:
            return Finding(field, level)
        case Level.MISSING:
            return Finding(field, level, NOT_COMPARED[field])
        case Level.LINKED:
            return Finding(field, level, Reason.ID_NUMBER_FORMER)
        case _:
            return Finding(field, level, (_ASKED_LESS if field in at_least else _DIFFERS)[field])


def conclude(answer: Answer, *, policy: Policy) -> Decision:
    """Conclude what an answer comes to under a policy.

    Whoever says «no» is never taken to agree, and what nobody compared makes it incomplete.

    >>> from vnvaxmatch.policy import strict
    >>> conclude(Answer.denied(), policy=strict).outcome.value
    'mismatched'
    """
    if answer.presence is Presence.ABSENT:
        return Decision(Outcome.NOT_FOUND, None, answer.reasons)
    if answer.presence is Presence.SEVERAL:
        if answer.evidences:
            return decide(answer.evidences, policy=policy)
        return Decision(Outcome.AMBIGUOUS, None, answer.reasons, answer.candidates)
    evidence = _known(answer.evidences[0], answer.at_least, policy)
    outcome = policy.judge(evidence.levels)
    found = answer.reasons
    if answer.agrees is False and outcome is not Outcome.MISMATCHED:
        outcome, found = Outcome.MISMATCHED, (*found, Reason.FIELD_NOT_TOLD)
    if Reason.FIELD_NOT_TOLD in found and set(evidence.levels.values()) == {Level.MISSING}:
        # that no field was compared would be false: nobody told
        return Decision(outcome, None, found)
    return Decision(outcome, evidence, found)


def _known(evidence: Evidence, at_least: Collection[Field], policy: Policy) -> Evidence:
    """Take what agrees less far than the policy wants for not compared, if it may agree further."""
    findings = tuple(
        attrs.evolve(finding, level=Level.MISSING)
        if finding.field in at_least and finding.level not in policy.agreement[finding.field]
        else finding
        for finding in evidence.findings
    )
    return attrs.evolve(evidence, findings=findings)
