"""The exact matcher: by number or former number, then the other fields."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from vnvaxmatch.backends.decisions import Decision, verdict_of
from vnvaxmatch.backends.protocols import Flow, Found
from vnvaxmatch.blocking import number_keys
from vnvaxmatch.compare import Evidence, compare
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome, Policy, settle
from vnvaxmatch.records import Claim, Field

__all__ = ["Exact", "decide"]


def decide(
    evidences: Sequence[Evidence],
    *,
    policy: Policy,
    settled: Outcome | None = None,
    skipped: bool = False,
) -> Decision:
    """Decide from the evidence about every entry that has the claimed number.

    ``settled`` is what the claim came to by itself (:func:`vnvaxmatch.policy.settle`): evidence is
    then told, and changes nothing. ``skipped`` says that entries were left out because too many
    share a key: then nobody can say that the rest are all. One entry is judged by the policy. Of
    several, the one that matches is taken, if it is the only one; otherwise a person decides.

    >>> from vnvaxmatch.policy import strict
    >>> decide((), policy=strict).outcome.value
    'not_found'
    """
    candidates = tuple(evidence.entry_key for evidence in evidences)
    if skipped:
        outcome = settled or Outcome.AMBIGUOUS
        return Decision(outcome, None, (Reason.BLOCK_TOO_LARGE,), candidates)
    if not evidences:
        return Decision(settled or Outcome.NOT_FOUND, None, (Reason.NOT_IN_REGISTRY,))
    if len(evidences) == 1:
        evidence = evidences[0]
        return Decision(settled or policy.judge(evidence.levels), evidence)
    matched = [e for e in evidences if policy.judge(e.levels) is Outcome.MATCHED]
    if len(matched) == 1 and settled is None:
        return Decision(Outcome.MATCHED, matched[0])
    return Decision(settled or Outcome.AMBIGUOUS, None, (Reason.SEVERAL_ENTRIES,), candidates)


@attrs.frozen
class Exact:
    """Find the entry by the claimed number, now held or former, and compare the other fields.

    A claim with a usable number is looked up even when another field has a gap: the outcome stays
    incomplete, and the findings help whoever completes it. The former numbers that a card prints
    beside the current one are asked for only if nobody has or had the current one.
    """

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        return "exact/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Start the conversation that ends in a verdict."""
        settled = settle(claim.gaps, foreign=claim.is_foreign)
        found = Found()
        if settled is Outcome.OUT_OF_SCOPE or claim.gap(Field.ID_NUMBER) is not None:
            decision = Decision(settled or Outcome.INCOMPLETE)
        else:
            found = yield number_keys(claim, former=False)
            if claim.former_numbers and not found.entries and not found.skipped:
                found = yield number_keys(claim)
            decision = decide(
                tuple(compare(claim, entry) for entry in found.entries),
                policy=policy,
                settled=settled,
                skipped=bool(found.skipped),
            )
        entries = {entry.key: entry for entry in found.entries}
        return verdict_of(claim, decision, entries, matcher=self.name, policy=policy)
