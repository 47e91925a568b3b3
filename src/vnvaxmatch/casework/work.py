"""Casework on a ledger: open cases, do things to them, read them, see where they stand."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from os import urandom
from typing import Final

import attrs

from vnvaxmatch.casework.acts import Act, prepare
from vnvaxmatch.casework.authority import Actor, Authority, dispatch
from vnvaxmatch.casework.cases import PREFIX, CaseState, state_of
from vnvaxmatch.casework.opening import NewCase, Opened, Origin, open_batches
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.standings import Standing
from vnvaxmatch.casework.states import State
from vnvaxmatch.casework.status import Status, status_of
from vnvaxmatch.errors import CaseError, ConflictError, InputError
from vnvaxmatch.ledger import Event, Head, Ledger, Recorded, Seal

__all__ = ["Casework", "Done"]

_OWN: Final = "casework"
"""The stream of the casework itself: it holds the secret that case numbers are made with."""

_SECRET_BYTES: Final = 32


@attrs.frozen
class Done:
    """An act that was done, and the state of the case after it."""

    case: CaseState


class Casework:
    """Cases on a ledger, under an authority.

    It has no clock: whoever acts says when. ``random`` gives so many random bytes that nobody can
    guess; it is asked once in the life of a ledger.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        authority: Authority = dispatch,
        random: Callable[[int], bytes] = urandom,
    ) -> None:
        self.ledger = ledger
        self.authority = authority
        self._random = random

    def open(
        self,
        cases: Iterable[NewCase],
        *,
        origin: Origin,
        actor: Actor,
        at: datetime,
        progress: Callable[[int], None] | None = None,
    ) -> Opened:
        """Open a case for every row of a list that has none yet; ``progress`` is told the rows.

        Doing it twice does nothing twice: the rows of results that were opened to the end are not
        even asked for. One that was interrupted goes on where it stopped. Of a row whose case is
        there, a newer list or a newer comparison is recorded, as far as it says something new.
        Raises :class:`CaseError` where the list was opened as another source's before.
        """
        _aware(at)
        _aware(origin.made)
        stream = f"list/{origin.list_id[:32]}"
        before = self.ledger.read(stream)
        for recorded in before:
            data = recorded.event.data
            if data.get("source") != origin.source:
                raise CaseError(
                    "this list was opened with another --source before: its rows would become "
                    "cases a second time; name the same one"
                )
            if recorded.event.kind == "opened" and data.get("results") == origin.results:
                return Opened(known=_count(data.get("rows")))
        about = {
            "source": origin.source,
            "results": origin.results,
            "made": origin.made.isoformat(),
            "actor": actor.id,
            "role": actor.role.value,
            "office": actor.office,
            "authority": str(self.authority),
        }
        secret = self._secret(at)  # asked first: with the wrong key ring nothing is written
        if not before or before[-1].event.data.get("results") != origin.results:
            self.ledger.append(
                [Event(stream, "opening", at, {**about, "about": dict(origin.about)})],
                expected={stream: len(before)},
            )
        total = Opened()
        for part in open_batches(
            self.ledger,
            cases,
            origin=origin,
            secret=secret,
            actor=actor,
            authority=self.authority,
            at=at,
        ):
            total = _sum(total, part)
            if progress is not None:
                progress(total.rows)
        if not total.refused:
            self.ledger.append([Event(stream, "opened", at, {**about, "rows": total.rows})])
        return total

    def do(
        self, case: str, act: Act, *, actor: Actor, at: datetime, expected: int | None = None
    ) -> Done | Refused:
        """Do one thing to a case, or say why not; a refused act changes nothing.

        ``expected`` is the number of events that the case had when the actor decided. Raises
        :class:`~vnvaxmatch.errors.ConflictError` where it has another one by now: read the case
        again, and decide again.
        """
        (result,) = self.do_all([(case, act)], actor=actor, at=at, expected={case: expected})
        return result

    def do_all(
        self,
        acts: Iterable[tuple[str, Act]],
        *,
        actor: Actor,
        at: datetime,
        expected: dict[str, int | None] | None = None,
    ) -> tuple[Done | Refused, ...]:
        """Do many things, in their order, in one transaction: what is not refused is all done.

        Several acts on one case follow one another. Raises
        :class:`~vnvaxmatch.errors.ConflictError`, and then nothing at all was done.
        """
        _aware(at)
        known: dict[str, CaseState] = {}
        numbers: dict[str, int] = {}
        events: list[Event] = []
        results: list[Done | Refused] = []
        for case, act in acts:
            if case not in known:
                recorded = self._read(case)
                wanted = (expected or {}).get(case)
                if wanted is not None and wanted != len(recorded):
                    raise ConflictError(PREFIX + case, wanted, len(recorded))
                if not recorded:
                    results.append(Refused(case, Refusal.NO_SUCH_CASE))
                    continue
                known[case] = state_of(recorded)
            prepared = prepare(known[case], act, actor=actor, authority=self.authority, at=at)
            if isinstance(prepared, Refused):
                results.append(prepared)
                continue
            event, after = prepared
            numbers.setdefault(event.stream, known[case].number)
            events.append(event)
            known[case] = after
            results.append(Done(after))
        if events:
            self.ledger.append(events, expected=numbers)
        return tuple(results)

    def read(self, case: str) -> CaseState:
        """Give the state of a case; :class:`CaseError` where there is none of that number."""
        return state_of(self._read(case))

    def history(self, case: str) -> tuple[Recorded, ...]:
        """Give the events of a case; :class:`CaseError` where there is none of that number."""
        recorded = self._read(case)
        state_of(recorded)
        return recorded

    def standings(
        self, *, states: Collection[State] | None = None, commune: str | None = None
    ) -> Iterator[tuple[str, Standing]]:
        """Tell where cases stand, by their numbers, without reading any of them."""
        labels = None
        if states is not None or commune is not None:
            labels = [
                label
                for label in self.ledger.tally(prefix=PREFIX)
                if (told := Standing.parse(label))
                and (states is None or told.state in states)
                and (commune is None or told.commune == commune)
            ]
        for head in self.ledger.heads(prefix=PREFIX, labels=labels):
            yield head.stream.removeprefix(PREFIX), Standing.parse(head.label)

    def status(
        self,
        *,
        at: datetime,
        commune: str | None = None,
        untouched_for: timedelta | None = None,
    ) -> Status:
        """Count where cases stand, of all communes or of one (its code; ``""`` for unknown).

        ``untouched`` counts those still open that nobody touched for so long before ``at``.
        """
        _aware(at)
        cutoff = None if untouched_for is None else at - untouched_for

        def heads(labels: Collection[str]) -> Iterator[Head]:
            return self.ledger.heads(prefix=PREFIX, labels=labels)

        return status_of(
            self.ledger.tally(prefix=PREFIX), heads, commune=commune, untouched_since=cutoff
        )

    def key(self, purpose: str, *, at: datetime) -> bytes:
        """Derive a key from the ledger's own secret: the same one for the same purpose.

        Raises :class:`CaseError` where the secret cannot be read.
        """
        return hmac.digest(self._secret(at), f"key\0{purpose}".encode(), "sha256")

    def _read(self, case: str) -> tuple[Recorded, ...]:
        if not case or len(case) > 100 or not case.isascii() or not case.isalnum():
            return ()
        return self.ledger.read(PREFIX + case)

    def _secret(self, at: datetime) -> bytes:
        """Give the secret of this ledger's case numbers, made when the first list is opened."""
        for _ in range(2):
            recorded = self.ledger.read(_OWN)
            if recorded:
                if recorded[0].seal is not Seal.OPEN:
                    raise CaseError(
                        "the secret that case numbers are made with cannot be read: open the "
                        "ledger with the key ring that it was begun with"
                    )
                return bytes.fromhex(recorded[0].event.personal["secret"])
            secret = self._random(_SECRET_BYTES).hex()
            began = Event(_OWN, "began", at, {}, {"secret": secret})
            with contextlib.suppress(ConflictError):  # who began at the same moment: theirs it is
                self.ledger.append([began], expected={_OWN: 0})
        raise CaseError("the ledger takes no secret for its case numbers, and holds none")


def _sum(one: Opened, other: Opened) -> Opened:
    return Opened(
        opened=one.opened + other.opened,
        known=one.known + other.known,
        compared=one.compared + other.compared,
        restated=one.restated + other.restated,
        refused=(*one.refused, *other.refused),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _aware(at: datetime) -> None:
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError("a time without a time zone cannot be recorded: give it one")
