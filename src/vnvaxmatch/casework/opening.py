"""Opening cases: a row of a list becomes a case once, however often the list comes in.

Which case a row is follows from where it stands: in which list, and in which row. Where the caller
says which system a list comes from, record numbers are that system's, and a row with the same
record number in a newer list is the same case. Case numbers are keyed digests, with a secret that
the ledger keeps encrypted: nobody can find a person by trying numbers.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Final

import attrs

from vnvaxmatch.casework.authority import Actor, Authority
from vnvaxmatch.casework.cases import PREFIX, CaseState, advance, state_of
from vnvaxmatch.casework.refusals import Refusal
from vnvaxmatch.casework.standings import Standing, day_of
from vnvaxmatch.casework.states import CERTIFIED, SIDES, Kind, Side, State, Step
from vnvaxmatch.errors import CaseError, ConflictError, InputError
from vnvaxmatch.ledger import JSON, Event, Ledger, Seal
from vnvaxmatch.outcome import redact
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

__all__ = ["BATCH", "NewCase", "Opened", "Origin", "open_batches"]

BATCH: Final = 10_000
"""Cases that are written in one transaction."""

_ATTEMPTS: Final = 5
"""How often a batch is looked at again when somebody else writes to its cases meanwhile."""

_COMMUNE: Final = re.compile(r"[0-9]{5}")


@attrs.frozen
class NewCase:
    """A row of a list with what its comparison came to.

    ``values`` are the texts of the record by column. ``outcome`` is None where it was not compared,
    ``wrong`` are the fields to look at again. ``record`` is the record number of the system that
    the list comes from (see :class:`Origin`), and ``occurrence`` which of its rows in the list
    this is, in the order of doses.
    """

    row: int
    values: Mapping[str, str] = attrs.field(factory=dict, repr=redact)
    outcome: Outcome | None = None
    wrong: tuple[Field, ...] = ()
    reasons: tuple[str, ...] = ()
    commune: str | None = None
    record: str = attrs.field(default="", repr=redact)
    occurrence: int = 1


@attrs.frozen
class Origin:
    """Where new cases come from.

    ``list_id`` is the SHA-256 digest of the list, ``results`` that of its results, and ``made``
    when these were. ``source`` names the system whose record numbers the list has; empty where
    they mean nothing beyond the list. ``about`` is kept with the list: how it was read, by which
    matcher and policy it was compared; nothing personal.
    """

    list_id: str
    results: str
    made: datetime
    source: str = ""
    about: Mapping[str, JSON] = attrs.Factory(dict)


@attrs.frozen
class Opened:
    """What opening a list came to, in rows.

    ``opened`` are new cases, ``known`` such that said nothing new, ``compared`` those whose
    present values came out otherwise now, and ``restated`` those of which the list says something
    else than the last one. ``refused`` gives the rows that were left alone, and why.
    """

    opened: int = 0
    known: int = 0
    compared: int = 0
    restated: int = 0
    refused: tuple[tuple[int, Refusal], ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the list had."""
        return self.opened + self.known + self.compared + self.restated + len(self.refused)


def open_batches(
    ledger: Ledger,
    cases: Iterable[NewCase],
    *,
    origin: Origin,
    secret: bytes,
    actor: Actor,
    authority: Authority,
    at: datetime,
) -> Iterator[Opened]:
    """Write cases batch by batch, each whole or not at all, and tell what each batch came to.

    While one batch is written in a thread, the next is read in the caller's.
    """
    writing = _Opening(ledger, origin, secret, actor, authority, at)
    rows = iter(cases)
    with ThreadPoolExecutor(1) as writer:
        written: Future[Opened] | None = None
        while batch := list(islice(rows, BATCH)):
            if written is not None:
                yield written.result()
            written = writer.submit(writing.write, batch)
        if written is not None:
            yield written.result()


class _Opening:
    """What all rows of one list have in common."""

    def __init__(
        self,
        ledger: Ledger,
        origin: Origin,
        secret: bytes,
        actor: Actor,
        authority: Authority,
        at: datetime,
    ) -> None:
        self._ledger = ledger
        self._origin = origin
        self._at = at
        self._day = day_of(at)
        self._labels: dict[tuple[object, ...], str] = {}
        self._digest = hmac.new(secret, digestmod="sha256")
        self._made = origin.made.isoformat()
        self._allows = {
            outcome: authority.allows(
                actor.role,
                (Step.RECEIVED,) if outcome is None else (Step.RECEIVED, Step(outcome)),
            )
            for outcome in (None, *Outcome)
        }
        self._covers: dict[str | None, bool] = {}
        self._actor, self._authority = actor, authority
        self._about: dict[str, JSON] = {
            "actor": actor.id,
            "role": actor.role.value,
            "office": actor.office,
            "authority": str(authority),
            "list": origin.list_id[:16],
            "made": self._made,
        }

    def write(self, batch: list[NewCase]) -> Opened:
        """Write one batch; where cases are there already, look at each of them."""
        streams = [self._stream(case) for case in batch]
        if len(set(streams)) != len(streams):
            raise CaseError("two rows of the list are the same record: number its occurrences")
        refused = [(c.row, why) for c in batch if (why := self._refusal(c)) is not None]
        if not refused:
            events = [
                self._received(case, stream) for case, stream in zip(batch, streams, strict=True)
            ]
            try:
                self._ledger.append(events, expected=dict.fromkeys(streams, 0))
            except ConflictError:
                pass  # some are there already
            else:
                return Opened(opened=len(batch))
        return self._write_some(dict(zip(streams, batch, strict=True)), dict(refused))

    def _write_some(self, batch: dict[str, NewCase], barred: dict[int, Refusal]) -> Opened:
        for left in reversed(range(_ATTEMPTS)):
            counts: Counter[Kind | None] = Counter()
            refused: list[tuple[int, Refusal]] = []
            events: list[Event] = []
            expected: dict[str, int] = {}
            for stream, new in batch.items():
                event: Event | Refusal | None = barred.get(new.row)
                if event is None:
                    head = self._ledger.head(stream)
                    expected[stream] = head.number if head else 0
                    event = self._again(new, stream) if head else self._received(new, stream)
                if isinstance(event, Refusal):
                    refused.append((new.row, event))
                    expected.pop(stream, None)
                    continue
                counts[Kind(event.kind) if event else None] += 1
                if event is not None:
                    events.append(event)
            try:
                if events:
                    self._ledger.append(events, expected=expected)
            except ConflictError:
                if not left:
                    raise
                continue
            return Opened(
                opened=counts[Kind.RECEIVED],
                known=counts[None],
                compared=counts[Kind.COMPARED],
                restated=counts[Kind.RESTATED],
                refused=tuple(refused),
            )
        raise AssertionError("the last attempt returns or raises")

    def _stream(self, case: NewCase) -> str:
        digest = self._digest.copy()
        if self._origin.source and case.record:
            told = f"record\0{self._origin.source}\0{case.record}\0{case.occurrence}"
        else:
            told = f"row\0{self._origin.list_id}\0{case.row}"
        digest.update(told.encode("utf-8", "surrogatepass"))
        return PREFIX + digest.hexdigest()[:20]

    def _refusal(self, case: NewCase) -> Refusal | None:
        if not self._allows[case.outcome]:
            return Refusal.ROLE
        if case.commune not in self._covers:
            if case.commune is not None and not _COMMUNE.fullmatch(case.commune):
                raise InputError(
                    f"row {case.row}: a commune is its five-digit code of 2025, or None"
                )
            self._covers[case.commune] = self._authority.covers(self._actor, commune=case.commune)
        return None if self._covers[case.commune] else Refusal.OFFICE

    def _received(self, case: NewCase, stream: str) -> Event:
        data = {**self._about, "row": case.row}
        if case.commune:
            data["commune"] = case.commune
        self._add_outcome(data, case)
        key = (case.outcome, case.commune, case.wrong)
        label = self._labels.get(key)
        if label is None:
            label = self._labels[key] = Standing(
                state=State.RECEIVED if case.outcome is None else State(case.outcome),
                commune=case.commune,
                wrong=case.wrong if case.outcome else (),
                identity=case.outcome is Outcome.MATCHED,
                day=self._day,
            ).label
        return Event(stream, "received", self._at, data, case.values, label=label)

    def _add_outcome(self, data: dict[str, JSON], case: NewCase) -> None:
        if case.outcome is not None:
            data["outcome"] = case.outcome.value
            if case.wrong:
                data["wrong"] = [field.value for field in case.wrong]
            if case.reasons:
                data["reasons"] = case.reasons

    def _again(self, new: NewCase, stream: str) -> Event | Refusal | None:
        """Tell what a row adds to a case that is there: an event, nothing, or why it may not."""
        case = state_of(self._ledger.read(stream))
        if case.seal is Seal.LOCKED:
            return Refusal.LOCKED
        if case.made >= self._made and (case.list_id, case.row) == (
            self._about["list"],
            new.row,
        ):
            return None
        if case.seal is Seal.DESTROYED:
            return Refusal.PURGED
        changed = {
            name: new.values.get(name, "")
            for name in (*new.values, *case.stated)
            if new.values.get(name, "") != case.stated.get(name, "")
        }
        if case.made >= self._made:
            return Refusal.OLDER_LIST if changed else None
        if changed and not _is_same_person(case.stated, new.values):
            return Refusal.OTHER_PERSON
        if case.state is State.REVOKED:
            return self._anew(new, case, stream) if changed else None
        if case.state in (*CERTIFIED, State.SUPERSEDED):
            certified = any(
                SIDES.get(name, Side.CONTACT) is not Side.CONTACT
                and text != case.values.get(name, "")
                for name, text in changed.items()
            )
            return Refusal.ALREADY_CERTIFIED if certified else None
        return self._newer(new, case, stream, changed)

    def _anew(self, new: NewCase, case: CaseState, stream: str) -> Event:
        event = self._received(new, stream)
        after = advance(case, event)
        assert isinstance(after, CaseState)
        return attrs.evolve(event, label=after.label)

    def _newer(
        self, new: NewCase, case: CaseState, stream: str, changed: Mapping[str, str]
    ) -> Event | None:
        """Take over what a newer list says, and its comparison where that is of these values."""
        touched = [
            name
            for name, text in changed.items()
            if name in SIDES and text != case.values.get(name, "")
        ]
        present = {**case.values, **{name: changed[name] for name in touched}}
        of_these = all(
            present.get(name, "") == new.values.get(name, "")
            for name, side in SIDES.items()
            if side is Side.IDENTITY
        )
        told = new.outcome is not None and of_these
        if not changed and not (told and (new.outcome, new.wrong) != (case.outcome, case.wrong)):
            return None
        data: dict[str, JSON] = {**self._about}
        kind = Kind.COMPARED
        if changed:
            kind = Kind.RESTATED
            data.update(row=new.row, fields=touched)
            if new.commune and "commune" in touched:
                data["commune"] = new.commune
        if told:
            self._add_outcome(data, new)
        event = Event(stream, kind.value, self._at, data, dict(changed))
        after = advance(case, event)
        if isinstance(after, Refusal):
            return None
        return attrs.evolve(event, label=after.label)


def _is_same_person(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Tell whether anything that tells people apart stayed the same.

    A record number that comes back with another name, another birth date and another number was
    given to somebody else.
    """
    told = ("full_name", "date_of_birth", "id_number")
    return any(before.get(name, "") == now.get(name, "") != "" for name in told)
