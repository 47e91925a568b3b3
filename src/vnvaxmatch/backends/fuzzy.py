"""The fuzzy matcher: find the entry a damaged claim belongs to, and know when that is not sure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from vnvaxmatch.backends.decisions import Decision, verdict_of
from vnvaxmatch.backends.protocols import CountedRegistry, Flow, Found, Registry
from vnvaxmatch.blocking import KeyKind, number_keys, search_keys
from vnvaxmatch.compare import Evidence, Level, compare
from vnvaxmatch.model import Frequencies, Model, Weigher, default_model
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome, Policy, settle
from vnvaxmatch.records import Claim, Entry, Field

__all__ = [
    "Fuzzy",
    "identify",
    "is_another_person",
    "is_settled",
    "states_person",
    "unseen",
]


class Fuzzy:
    """Find the entry by number, then by name, birth, sex and phone; weigh all that is found.

    An entry is identified if its match weight reaches the model's threshold and exceeds that of
    every other by the margin, and nobody else has the stated name and birth date that it lacks;
    then the policy judges it, as the exact matcher's. Whoever comes near without that makes the
    claim ambiguous. A claim that cannot be judged (no number, say) is looked
    for all the same: the outcome stays incomplete, and the findings help whoever completes it.

    ``frequencies`` are those of the registry (:meth:`against` takes them from there); by default
    those of the nation are taken.

    >>> from vnvaxmatch import Entry, MemoryRegistry, match
    >>> people = [Entry.read(key="7", name="Trần Thử", birth="10/11/1985", sex="nữ",
    ...                      id_number="001185000123")[0]]
    >>> registry = MemoryRegistry(people)
    >>> claim = Claim.read(name="Trần Thứ", birth="11/10/1985", sex="nữ", id_number="001185000132")
    >>> verdict = match(claim, by=Fuzzy.against(registry), against=registry)
    >>> verdict.outcome.value, verdict.codes
    ('mismatched', ('name_mark', 'birth_day_month_swapped', 'id_number_transposed'))
    """

    def __init__(self, model: Model | None = None, frequencies: Frequencies | None = None) -> None:
        self.weigher = Weigher(model or default_model(), frequencies or Frequencies())
        self._given = frequencies is not None

    @classmethod
    def against(cls, registry: Registry, /, *, model: Model | None = None) -> Fuzzy:
        """Set the matcher to a registry's own frequencies, where it counts them."""
        counted = registry.frequencies() if isinstance(registry, CountedRegistry) else None
        return cls(model, counted)

    def fitted(self, registry: Registry, /) -> Fuzzy:
        """Give this matcher set to a registry, unless it was given frequencies."""
        return self if self._given else type(self).against(registry, model=self.weigher.model)

    weighs = True
    """Its verdicts have weights."""

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        return "fuzzy/1"

    def __repr__(self) -> str:
        return f"Fuzzy(model={self.weigher.model}, people={self.weigher.frequencies.total})"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Start the conversation that ends in a verdict."""
        settled = settle(claim.gaps, foreign=claim.is_foreign)
        entries: dict[str, Entry] = {}
        numbers, searched = number_keys(claim), search_keys(claim)
        if settled is Outcome.OUT_OF_SCOPE or not (numbers or searched):
            decision = Decision(settled or Outcome.INCOMPLETE)
        else:
            found = (yield numbers) if numbers else Found()
            skipped = set(found.skipped)
            # a number that too many people have tells nothing of any of them
            held = () if skipped else found.entries
            evidences = self._weighed(claim, held, entries)
            rival = self.weigher.rival(claim)
            if searched and (skipped or not is_settled(evidences, self.weigher, rival)):
                found = yield searched
                new = [entry for entry in found.entries if entry.key not in entries]
                evidences += self._weighed(claim, new, entries)
                skipped.update(found.skipped)
            decision = identify(
                evidences,
                model=self.weigher.model,
                policy=policy,
                settled=settled,
                unseen=unseen(skipped, partial(self.weigher.rival, claim)),
            )
        return verdict_of(
            claim,
            decision,
            entries,
            matcher=self.name,
            policy=policy,
            model=str(self.weigher.model),
        )

    def weigh(self, claim: Claim, /, *, against: Registry) -> tuple[Evidence, ...]:
        """Weigh everybody whom any key of the claim leads to, the heaviest first.

        Nothing is decided: this is what :func:`vnvaxmatch.model.estimate` learns from.
        """
        asked = (*number_keys(claim), *search_keys(claim))
        found = against.find(asked) if asked else Found()
        weighed = self._weighed(claim, found.entries, {})
        return tuple(sorted(weighed, key=lambda e: (-(e.weight or 0.0), e.entry_key)))

    def _weighed(
        self, claim: Claim, found: Sequence[Entry], entries: dict[str, Entry]
    ) -> list[Evidence]:
        entries.update((entry.key, entry) for entry in found)
        return [self.weigher.weigh(compare(claim, entry), entry) for entry in found]


def is_settled(evidences: Sequence[Evidence], weigher: Weigher, rival: float) -> bool:
    """Tell whether nobody who is yet to be found could change what the evidence comes to.

    ``rival`` is the most that an entry without the claim's numbers could weigh: one that agrees in
    name and birth, if anybody does.
    """
    model = weigher.model
    order = _in_order(evidences)
    best = _leader(order, model, rival)
    return best is not None and (states_person(best.levels) or rival < model.possible)


def states_person(levels: Mapping[Field, Level]) -> bool:
    """Tell whether a claim states this entry's name, marks aside, and birth date."""
    alike = levels[Field.NAME] in (Level.SAME, Level.UNMARKED)
    return alike and levels[Field.BIRTH] is Level.SAME


def is_another_person(levels: Mapping[Field, Level]) -> bool:
    """Tell whether a claim may be of this entry, whoever else has its number."""
    return states_person(levels) and levels[Field.SEX] is not Level.DIFFERENT


def _in_order(evidences: Sequence[Evidence]) -> list[Evidence]:
    return sorted(evidences, key=lambda e: (-(e.weight or 0.0), e.entry_key))


def _leader(order: Sequence[Evidence], model: Model, hidden: float) -> Evidence | None:
    """Give the first in order if it weighs enough, by itself and beside the next and the hidden."""
    if not order:
        return None
    best, *others = [evidence.weight or 0.0 for evidence in order[:2]]
    ahead = all(best - other >= model.margin for other in (*others, hidden))
    return order[0] if best >= model.threshold and ahead else None


def unseen(skipped: Collection[KeyKind], rival: Callable[..., float]) -> float | None:
    """Give the most that somebody in a skipped block could weigh, or None where all was seen.

    ``rival`` gives the bound of :meth:`Weigher.rival` for the claim.
    Whoever shares a name, marks aside, and a birth date is in a block of both; so in a block of
    birth, sex and given name that was skipped alone the name is not the same, and in one of name
    and year the birth is not. A phone number is no evidence: to skip it hides nobody better.
    """
    bounds = []
    if not {KeyKind.NUMBER, KeyKind.FORMER_NUMBER}.isdisjoint(skipped):
        return float("inf")
    if not {KeyKind.FOLD_BIRTH, KeyKind.NAME_BIRTH}.isdisjoint(skipped):
        bounds.append(rival())
    if KeyKind.BIRTH_SEX_GIVEN in skipped:
        bounds.append(rival(name_same=False))
    if KeyKind.FOLD_YEAR in skipped:
        bounds.append(rival(birth_same=False))
    return max(bounds, default=None)


def identify(
    evidences: Sequence[Evidence],
    *,
    model: Model,
    policy: Policy,
    settled: Outcome | None = None,
    unseen: float | None = None,
) -> Decision:
    """Decide from weighed evidence about every entry that was found, in any order.

    ``settled`` is what the claim came to by itself (:func:`vnvaxmatch.policy.settle`): the entry is
    then identified all the same, and the outcome stays. ``unseen`` is the most that somebody could
    weigh whom a skipped block hides.

    Whatever the weights, nobody is identified against a stated name or birth date if somebody else
    has both: a son who gives his father's number, or a twin her sister's, is not the other with two
    errors that happen to make a relative.
    """
    order = _in_order(evidences)
    hidden = float("-inf") if unseen is None else unseen
    leader = _leader(order, model, hidden)
    fitting = [evidence for evidence in order if (evidence.weight or 0.0) >= model.possible]
    others = [evidence for evidence in fitting[1:] if is_another_person(evidence.levels)]
    if leader is not None and (
        states_person(leader.levels) or not (others or hidden >= model.possible)
    ):
        outcome = settled or policy.judge(leader.levels)
        margin = None if len(order) < 2 else (leader.weight or 0.0) - (order[1].weight or 0.0)
        return Decision(outcome, leader, _of_another(order[1:]), (), margin)
    if fitting or hidden >= model.possible:
        ahead = [(order[0].weight or 0.0) - (e.weight or 0.0) for e in fitting[1:2]]
        several = others or any(bits < model.margin for bits in ahead)
        why = (Reason.SEVERAL_ENTRIES,) if several else ()
        if unseen is not None:
            why = (*why, Reason.BLOCK_TOO_LARGE)
        return Decision(
            settled or Outcome.AMBIGUOUS,
            None,
            (*(why or (Reason.WEIGHT_TOO_LOW,)), *_of_another(order[len(fitting) :])),
            tuple(evidence.entry_key for evidence in fitting),
        )
    return Decision(
        settled or Outcome.NOT_FOUND, None, (Reason.NOT_IN_REGISTRY, *_of_another(order))
    )


def _of_another(rest: Sequence[Evidence]) -> tuple[Reason, ...]:
    """Say that the claimed number belongs to somebody who was not taken for the person."""
    held = any(e.levels[Field.ID_NUMBER] in (Level.SAME, Level.LINKED) for e in rest)
    return (Reason.NUMBER_OF_ANOTHER,) if held else ()
