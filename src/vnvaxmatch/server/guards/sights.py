"""What an answer shows of whoever asked: whether there is somebody, and whether they knew it."""

from __future__ import annotations

import attrs

from vnvaxmatch.compare import Level
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome, Policy, Verdict
from vnvaxmatch.records import Field

__all__ = ["Sight", "sight_of"]


@attrs.frozen
class Sight:
    """Whether somebody was found, and whether what was stated of them agreed."""

    found: bool
    agreed: bool


def sight_of(verdict: Verdict, /, *, policy: Policy) -> Sight | None:
    """Tell what a whole verdict shows, or None where nobody was looked up.

    The outcome alone does not tell: a claim that leaves out its sex is incomplete whether it names
    somebody or nobody. Only who stated a name and a birth, and was wrong in nothing, agreed: to
    state a number alone is to be right in all that was compared, and to know nothing.

    >>> from vnvaxmatch.policy import strict
    >>> nobody = Verdict(Outcome.INCOMPLETE, found=(Reason.NOT_IN_REGISTRY,))
    >>> sight_of(nobody, policy=strict)
    Sight(found=False, agreed=False)
    """
    if verdict.evidence is None:
        if not verdict.found:
            return None
        return Sight(found=Reason.NOT_IN_REGISTRY not in verdict.found, agreed=False)
    levels = verdict.evidence.levels
    stated = all(
        levels.get(field, Level.MISSING) is not Level.MISSING for field in (Field.NAME, Field.BIRTH)
    )
    return Sight(found=True, agreed=stated and policy.judge(levels) is not Outcome.MISMATCHED)
