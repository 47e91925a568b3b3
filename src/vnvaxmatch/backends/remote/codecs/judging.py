"""What a verdict says about the fields that were asked: shared by the answering sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vnvaxmatch.compare import Level
from vnvaxmatch.policy import Outcome, Policy, Verdict
from vnvaxmatch.records import Field

__all__ = ["agreement"]


def agreement(
    verdict: Verdict,
    asked: Iterable[Field],
    /,
    *,
    policy: Policy,
    also: Mapping[Field, frozenset[Level]],
) -> dict[Field, bool | None]:
    """Say of each asked field whether it agrees, None where the entry lacks it.

    ``also`` are levels that count as agreement because the field was asked less precisely. Without
    evidence nothing is known, but that a match agrees in everything.
    """
    found: dict[Field, bool | None] = {}
    for field in asked:
        level = verdict.level(field)
        if level is None:
            found[field] = True if verdict.outcome is Outcome.MATCHED else None
        elif level is Level.MISSING:
            found[field] = None
        else:
            found[field] = level in policy.agreement[field] or level in also.get(field, ())
    return found
