"""Compare cases again after they were corrected, with any matcher, against any registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Final, TypeVar

import attrs

from vnvaxmatch import normalize
from vnvaxmatch.backends import MatcherOf, RegistryOf, match
from vnvaxmatch.casework.acts import Act
from vnvaxmatch.casework.authority import Actor
from vnvaxmatch.casework.cases import CaseState
from vnvaxmatch.casework.findings import told
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.states import State
from vnvaxmatch.casework.work import Casework
from vnvaxmatch.errors import ConflictError
from vnvaxmatch.ledger import JSON, Seal
from vnvaxmatch.normalize import Encoding
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict, strict
from vnvaxmatch.records import Claim, Field

__all__ = ["TO_COMPARE", "Compared", "compare_again", "compared_act"]

Q = TypeVar("Q")
A = TypeVar("A")

TO_COMPARE: Final = (State.RECEIVED, State.CORRECTED)
"""States whose present values nobody has compared yet."""

_BATCH: Final = 500


@attrs.frozen
class Compared:
    """What comparing again came to: how many cases by outcome, and how many were left alone.

    ``overtaken`` were written to by somebody else meanwhile, ``unreadable`` have values that were
    destroyed or are locked, and ``refused`` are counted by why.
    """

    outcomes: Counter[Outcome] = attrs.Factory(Counter)
    overtaken: int = 0
    unreadable: int = 0
    refused: Counter[Refusal] = attrs.Factory(Counter)

    @property
    def cases(self) -> int:
        """How many were looked at."""
        return self.outcomes.total() + self.overtaken + self.unreadable + self.refused.total()


def compare_again(
    work: Casework,
    *,
    by: MatcherOf[Q, A],
    against: RegistryOf[Q, A],
    actor: Actor,
    at: datetime,
    policy: Policy = strict,
    about: Mapping[str, JSON] | None = None,
    commune: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Compared:
    """Compare every case that nobody compared since it was received or corrected.

    Doing it again does nothing: a case that was compared is no longer among them. What is written
    is written batch by batch, and stays where a registry gives out in the middle, which is a
    :class:`~vnvaxmatch.errors.RegistryError` as ever. ``about`` goes into each event: it may name
    the registry. ``progress`` is told how many cases were looked at.
    """
    outcomes: Counter[Outcome] = Counter()
    refused: Counter[Refusal] = Counter()
    overtaken = unreadable = 0
    lists = _Lists(work)
    waiting = [case for case, _ in work.standings(states=TO_COMPARE, commune=commune)]
    told_of = {"matcher": by.name, "policy": str(policy), **(about or {})}
    for batch in _batches(waiting):
        cases = [case for number in batch if (case := work.read(number)).state in TO_COMPARE]
        readable = [case for case in cases if case.seal in (Seal.OPEN, Seal.NONE)]
        verdicts = [
            (case, match(lists.claim(case, at=at), by=by, against=against, policy=policy))
            for case in readable
        ]
        acts = [(case, compared_act(v, made=at, about=told_of)) for case, v in verdicts]
        late = len(batch) - len(cases)
        for result in _record(work, acts, actor=actor, at=at):
            if result is None:
                late += 1
            elif isinstance(result, Refusal):
                refused[result] += 1
            else:
                outcomes[result] += 1
        overtaken += late
        unreadable += len(cases) - len(readable)
        if progress is not None:
            progress(outcomes.total() + overtaken + unreadable + refused.total())
    return Compared(outcomes, overtaken, unreadable, refused)


def compared_act(
    verdict: Verdict, *, made: datetime, about: Mapping[str, JSON] | None = None
) -> Act:
    """Turn a verdict into the act that records it: outcome, fields to check, codes; no values.

    >>> from datetime import UTC
    >>> act = compared_act(Verdict(Outcome.NOT_FOUND), made=datetime(2026, 3, 1, tzinfo=UTC))
    >>> act.data["outcome"], act.data["wrong"]
    ('not_found', ['id_number'])
    """
    verdict = verdict.disclose(Disclosure.FINDINGS)
    levels = tuple(
        None if (level := verdict.level(field)) is None else level.value for field in Field
    )
    codes, wrong = told(verdict.outcome.value, levels, ";".join(verdict.codes))
    return Act.compared(verdict.outcome, wrong=wrong, reasons=codes, made=made, about=about)


def _record(
    work: Casework,
    acts: Sequence[tuple[CaseState, Act]],
    *,
    actor: Actor,
    at: datetime,
) -> Iterator[Outcome | Refusal | None]:
    """Write comparisons, in one transaction if nobody is in the way, else case by case.

    What became of each: its outcome, why it was refused, or None where somebody was quicker.
    """
    expected: dict[str, int | None] = {case.case: case.number for case, _ in acts}
    try:
        done = work.do_all(
            [(case.case, act) for case, act in acts], actor=actor, at=at, expected=expected
        )
    except ConflictError:
        if len(acts) == 1:
            yield None
            return
        for one in acts:
            yield from _record(work, [one], actor=actor, at=at)
        return
    for (_, act), result in zip(acts, done, strict=True):
        if isinstance(result, Refused):
            yield result.reason
        else:
            yield Outcome(str(act.data["outcome"]))


class _Lists:
    """How the lists were read that cases come from: by which day, in which encoding."""

    def __init__(self, work: Casework) -> None:
        self._work = work
        self._known: dict[str, tuple[Encoding | None, date | None]] = {}

    def claim(self, case: CaseState, *, at: datetime) -> Claim:
        """Read the present values of a case as its list was read."""
        if case.list_id not in self._known:
            self._known[case.list_id] = self._about(case.list_id)
        encoding, reference = self._known[case.list_id]
        texts = case.values
        dose = normalize.dose_date(texts.get("dose_date", ""))
        day = dose.value if isinstance(dose, Normalized) else reference or at.date()
        return Claim.read(
            name=texts.get("full_name", ""),
            birth=texts.get("date_of_birth", ""),
            sex=texts.get("sex", ""),
            id_number=texts.get("id_number", ""),
            nationality=texts.get("nationality", ""),
            phone=texts.get("phone", ""),
            reference=day,
            # what somebody typed in is not of the column that the list had
            encoding=None if "full_name" in case.correctors else encoding,
        )

    def _about(self, list_id: str) -> tuple[Encoding | None, date | None]:
        for head in self._work.ledger.heads(prefix=f"list/{list_id}"):
            about = self._work.ledger.read(head.stream)[0].event.data.get("about")
            if isinstance(about, Mapping):
                return _encoding(about.get("name_encoding")), _day(about.get("reference"))
        return None, None


def _encoding(told: object) -> Encoding | None:
    try:
        found = Encoding(str(told))
    except ValueError:
        return None
    return None if found is Encoding.UNICODE else found


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return None


def _batches(waiting: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(waiting)
    while batch := list(islice(rest, _BATCH)):
        yield batch
