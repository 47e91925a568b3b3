"""Tell whoever walks through the numbers of a registry from whoever asks about a list.

A list is known to its owner: most of what it says agrees, what does not agree is spread thinly over
the numbers, and few people are asked about in many ways. A walker finds nobody, or asks number
after number, or asks the same number until it agrees. Each of these is counted in questions that no
list would ask; what agrees is taken off again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from secrets import token_bytes
from typing import Final

import attrs

from vnvaxmatch.errors import InputError
from vnvaxmatch.server.guards.windows import Crowds, Guesses, Latest, Marks

__all__ = ["Report", "Step", "Walk", "Walking", "WalkingSettings"]


class Walk(StrEnum):
    """The ways to walk through a registry."""

    SEQUENCE = "sequence"
    """Number after number, so near each other that hardly one is left out."""
    MISSES = "misses"
    """Too many numbers that nobody has."""
    GUESSING = "guessing"
    """One number and many different statements: somebody tries birth dates."""


@attrs.frozen(kw_only=True)
class WalkingSettings:
    """From when a client is taken for a walker, and what is done then. Times are in seconds.

    A client with ``suspicious`` questions too many of one kind is reported and slowed to one
    question every ``gap``; it waits for its turn for ``longest_delay`` at most, and is refused
    beyond. With ``refused`` too many, all it asks is refused for ``rest``. One question too many is
    forgiven every ``forgiven_every``.

    Each number that nobody has counts 1. Each that was found takes ``found_weight`` off, and each
    that agreed takes ``agreed_weight`` off instead, also ahead of misses that come later, up to
    ``saved_up``. ``of_hundred`` numbers of a hundred, or ``of_ten_thousand`` of ten thousand, that
    did not agree are a sequence. Statements about one number count from the fourth wrong one on;
    with ``guesses`` a report is made, and with ``most_guesses`` nothing more is answered about that
    number until there was no new one for ``guesses_kept``.

    Clients in ``trusted`` are reported, and never slowed or refused. At most ``most_clients`` are
    remembered, and ``most_numbers`` of each kind of memory.
    """

    suspicious: int = 100
    refused: int = 1_000
    gap: float = 0.5
    longest_delay: float = 5.0
    rest: float = 900.0
    forgiven_every: float = 60.0
    found_weight: float = 1.0
    agreed_weight: float = 2.0
    saved_up: float = 1_000.0
    of_hundred: int = 60
    of_ten_thousand: int = 4_000
    guesses: int = 10
    most_guesses: int = 20
    guesses_kept: float = 86_400.0
    trusted: frozenset[str] = frozenset()
    most_clients: int = 10_000
    most_numbers: int = 100_000

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self, recurse=False).items():
            low = 0 if name in _MAY_BE_ZERO else 1e-9
            if name != "trusted" and not low <= value < float("inf"):
                raise InputError(f"the setting {name} must be a number above 0: give one")
        if self.refused < self.suspicious or self.most_guesses < self.guesses:
            raise InputError(
                "a client cannot be refused before it is suspicious: raise refused to suspicious, "
                "and most_guesses to guesses"
            )
        if self.of_hundred > 100 or self.of_ten_thousand > 10_000:
            raise InputError("a hundred has 100 numbers, ten thousand 10,000: ask for no more")


@attrs.frozen
class Report:
    """That a client seems to walk, in which way, and by how many questions. Holds no number."""

    client: str
    walk: Walk
    count: int


@attrs.frozen
class Step:
    """What to do with a question: answer it after ``delay`` seconds, or refuse it.

    For a refused one, ``delay`` is after how many seconds it is of use to ask again.
    """

    delay: float = 0.0
    refused: bool = False
    report: Report | None = None


_GO_ON: Final = Step()
_MAY_BE_ZERO: Final = frozenset({"gap", "longest_delay", "found_weight", "saved_up"})
_TOLERATED: Final = 3
"""Wrong statements about one number that a list may well make: one a dose."""


@attrs.define
class _Suspect:
    """How many questions too many a client has asked, and when it may ask again."""

    seen: float
    excess: dict[Walk, float] = attrs.Factory(lambda: dict.fromkeys(Walk, 0.0))
    report_from: dict[Walk, float] = attrs.Factory(dict)
    free: float = 0.0
    rests_until: float = 0.0
    rests_for: Walk = Walk.MISSES
    turned_away: int = 0

    def agreed(self, weight: float, *, saved_up: float) -> None:
        """Take off what one question that agreed makes up for."""
        for walk, count in self.excess.items():
            self.excess[walk] = max(-saved_up if walk is Walk.MISSES else 0.0, count - weight)

    def forgive(self, count: float) -> None:
        """Take so many off each, and never add to what is saved up."""
        for walk, excess in self.excess.items():
            self.excess[walk] = max(min(excess, 0.0), excess - count)


class Walking:
    """The watch on all clients of a registry.

    Ask :meth:`judge` before each question, and tell :meth:`saw` after its answer. What is
    remembered is bounded; numbers and statements only as hashes under ``key``, which is made anew
    with each watch if not given. ``clock`` gives seconds that never go back. Not safe for threads:
    it belongs to one event loop, and never waits itself.

    >>> walking = Walking(WalkingSettings(), clock=lambda: 0.0)
    >>> for serial in range(99):
    ...     _ = walking.saw("a", f"001085{serial:06d}", found=False, agreed=False)
    >>> walking.judge("a", "001085000099")
    Step(delay=0.0, refused=False, report=None)
    >>> walking.saw("a", "001085000099", found=False, agreed=False)
    Report(client='a', walk=<Walk.SEQUENCE: 'sequence'>, count=100)
    >>> [walking.judge("a", f"00108500010{n}").delay for n in range(3)]
    [0.0, 0.5, 1.0]
    """

    def __init__(
        self,
        settings: WalkingSettings,
        /,
        *,
        clock: Callable[[], float],
        key: bytes | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._marks = Marks(token_bytes(32) if key is None else key)
        most = settings.most_numbers
        self._clients: OrderedDict[str, _Suspect] = OrderedDict()
        self._counted: Latest[bool] = Latest(most)
        self._crowds = Crowds(
            self._marks,
            most=most,
            of_hundred=settings.of_hundred,
            of_ten_thousand=settings.of_ten_thousand,
        )
        self._guesses = Guesses(
            most=most, enough=settings.most_guesses, forget=settings.guesses_kept
        )

    def __len__(self) -> int:
        return len(self._clients) + len(self._counted) + len(self._crowds) + len(self._guesses)

    def judge(self, client: str, number: str, /) -> Step:
        """Say what to do with a question before it is answered.

        One that is refused counts for nothing, so that a client that rests is not made to rest on;
        its ``report`` says that the client does not stop.
        """
        if not number or client in self._settings.trusted:
            return _GO_ON
        now = self._clock()
        suspect = self._clients.get(client)
        if suspect is not None and suspect.rests_until > now:
            return self._turn_away(client, suspect, now)
        mark = self._marks.of(client, number)
        if (left := self._guesses.left(mark, now=now)) > 0:
            return Step(left, refused=True)
        delay = 0.0
        if self._is_slow(suspect, now) or (
            self._guesses.wrong(mark, now=now) >= self._settings.guesses
        ):
            suspect = suspect or self._suspect(client, now)
            delay = max(0.0, suspect.free - now)
            if delay > self._settings.longest_delay:
                return Step(delay - self._settings.longest_delay, refused=True)
            suspect.free = now + delay + self._settings.gap
        self._guesses.begin(mark, now=now)
        return Step(delay) if delay else _GO_ON

    def saw(
        self, client: str, number: str, /, *, found: bool, agreed: bool, statement: str = ""
    ) -> Report | None:
        """Take note of what a question came to, and report its client where that is due.

        ``found`` is whether somebody was, ``agreed`` whether who asked knew them: both as
        :func:`~vnvaxmatch.server.guards.sight_of` tells. ``statement`` is a digest of all that was
        stated, so that the same question asked again counts once; without it each counts as
        another, also a dose of a list that is sent again.
        """
        if not number:
            return None
        now = self._clock()
        suspect = self._suspect(client, now)
        mark = self._marks.of(client, number)
        self._guesses.end(mark, now=now)
        wrong = 0
        if found and not agreed:
            said = self._marks.of(statement) if statement else None
            wrong = self._guesses.add(mark, said, now=now)
        if self._is_new(client, number, found=found, agreed=agreed):
            self._weigh(client, number, suspect, found=found, agreed=agreed)
        if wrong > _TOLERATED:
            suspect.excess[Walk.GUESSING] += 1
        if wrong in (self._settings.guesses, self._settings.most_guesses):
            return Report(client, Walk.GUESSING, wrong)
        return self._due(client, suspect, now)

    def _weigh(
        self, client: str, number: str, suspect: _Suspect, *, found: bool, agreed: bool
    ) -> None:
        """Count a question for or against its client."""
        settings, excess = self._settings, suspect.excess
        if found and agreed:
            suspect.agreed(settings.agreed_weight, saved_up=settings.saved_up)
            return
        excess[Walk.SEQUENCE] += self._crowds.add(client, number)
        if not found:
            excess[Walk.MISSES] += 1
        elif excess[Walk.MISSES] > 0:
            excess[Walk.MISSES] = max(0.0, excess[Walk.MISSES] - settings.found_weight)

    def _is_new(self, client: str, number: str, *, found: bool, agreed: bool) -> bool:
        """Tell whether this number has not come to this of late: doses and retries count once."""
        mark = self._marks.of(client, number, f"{found}{agreed}")
        known = self._counted.look(mark) is not None
        self._counted.keep(mark, True)
        return not known

    def _suspect(self, client: str, now: float) -> _Suspect:
        """Give what is known of a client, with what is forgiven by now taken off."""
        suspect = self._clients.get(client)
        if suspect is None:
            suspect = self._clients[client] = _Suspect(now)
            if len(self._clients) > self._settings.most_clients:
                self._clients.popitem(last=False)
            return suspect
        self._clients.move_to_end(client)
        suspect.forgive((now - suspect.seen) / self._settings.forgiven_every)
        suspect.seen = now
        return suspect

    def _turn_away(self, client: str, suspect: _Suspect, now: float) -> Step:
        """Refuse a client that rests, and report one that goes on and on all the same."""
        self._clients.move_to_end(client)
        suspect.turned_away += 1
        times, rest = divmod(suspect.turned_away, self._settings.refused)
        due = rest == 0 and times.bit_count() == 1
        report = Report(client, suspect.rests_for, suspect.turned_away) if due else None
        return Step(suspect.rests_until - now, refused=True, report=report)

    def _is_slow(self, suspect: _Suspect | None, now: float) -> bool:
        if suspect is None:
            return False
        forgiven = (now - suspect.seen) / self._settings.forgiven_every
        return round(max(suspect.excess.values()) - forgiven) >= self._settings.suspicious

    def _due(self, client: str, suspect: _Suspect, now: float) -> Report | None:
        """Report a client when it becomes suspicious, at each doubling, and when it is refused."""
        settings = self._settings
        for walk, excess in suspect.excess.items():
            count = round(excess)  # a second's forgiveness does not hide a hundredth question
            if count < settings.suspicious / 2:
                suspect.report_from.pop(walk, None)
            if count >= settings.refused:
                suspect.rests_until, suspect.rests_for = now + settings.rest, walk
                suspect.turned_away = 0
                # it starts again where it is slowed, and is forgiven while it rests
                suspect.excess[walk] = float(settings.suspicious)
                return Report(client, walk, count)
            if count >= suspect.report_from.get(walk, settings.suspicious):
                suspect.report_from[walk] = 2 * count
                return Report(client, walk, count)
        return None
