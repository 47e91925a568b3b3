"""What is remembered of the questions of late: bounded, and keyed by hashes alone."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import Final, Generic, TypeVar

import attrs

__all__ = ["Crowds", "Guesses", "Latest", "Marks"]

V = TypeVar("V")

HUNDRED: Final = 2
"""Last digits that tell the numbers of one hundred apart."""


class Marks:
    """Keyed hashes of texts, in 64 bits: without the key nobody finds a number by its mark."""

    def __init__(self, key: bytes) -> None:
        self._key = key[:64]

    def of(self, *texts: str) -> int:
        """Give the mark of some texts together."""
        made = blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=8, key=self._key)
        return int.from_bytes(made.digest())


class Latest(Generic[V]):
    """A mapping that holds the ``most`` entries written last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def look(self, mark: int, /) -> V | None:
        """Give what is kept, if anything."""
        return self._kept.get(mark)

    def keep(self, mark: int, value: V, /) -> None:
        """Keep it, and let go of what was not written for longest."""
        self._kept[mark] = value
        self._kept.move_to_end(mark)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, mark: int, /) -> None:
        """Let go of it."""
        self._kept.pop(mark, None)


class Crowds:
    """Which hundreds, and which ten thousands, of numbers a client has nearly all asked about.

    A hundred is the numbers that differ in the last two digits only. It is kept by the mark of the
    rest, with a bit for each of its numbers; a ten thousand by the mark of its rest, with a count.
    """

    def __init__(self, marks: Marks, *, most: int, of_hundred: int, of_ten_thousand: int) -> None:
        self._marks = marks
        self._of_hundred = of_hundred
        self._of_ten_thousand = of_ten_thousand
        self._hundreds: Latest[int] = Latest(most)
        self._thousands: Latest[int] = Latest(max(1, most // 8))

    def __len__(self) -> int:
        return len(self._hundreds) + len(self._thousands)

    def add(self, client: str, number: str, /) -> int:
        """Add a number; give how many questions this shows to be part of a crowd: mostly none.

        Those that fill a hundred all count once it is crowded, each later one as it comes.
        """
        tail = number[-HUNDRED:]
        if len(number) <= 2 * HUNDRED or not (tail.isascii() and tail.isdigit()):
            return 0
        hundred = self._marks.of(client, number[:-HUNDRED])
        before = self._hundreds.look(hundred) or 0
        after = before | 1 << int(tail)
        self._hundreds.keep(hundred, after)
        if after == before:
            return 0
        rest = self._marks.of(client, number[: -2 * HUNDRED], "")
        thousands = (self._thousands.look(rest) or 0) + 1
        self._thousands.keep(rest, thousands)
        count = after.bit_count()
        if count == self._of_hundred:
            return count
        return int(count > self._of_hundred or thousands >= self._of_ten_thousand)


@attrs.frozen
class _Tried:
    at: float
    statements: tuple[int, ...]


_UNTRIED: Final = _Tried(0.0, ())
_LONGEST_ANSWER: Final = 60.0
"""Seconds after which a question that began is taken to have failed."""


class Guesses:
    """How many different statements, none of them true, were made about one number of late.

    Those about a number are forgotten once no new one came for ``forget`` seconds. Questions that
    are still being answered count too, for a minute at most: to ask all at once gains nothing.
    Numbers with one wrong statement, of which any list has many, do not push out those with more.
    """

    def __init__(self, *, most: int, enough: int, forget: float) -> None:
        self._enough = enough
        self._forget = forget
        self._once: Latest[_Tried] = Latest(most)
        self._more: Latest[_Tried] = Latest(most)
        self._open: Latest[tuple[float, int]] = Latest(most)

    def __len__(self) -> int:
        return len(self._once) + len(self._more) + len(self._open)

    def begin(self, mark: int, /, *, now: float) -> None:
        """Take note of a question about a number that is about to be answered."""
        self._open.keep(mark, (now, self._opened(mark, now) + 1))

    def end(self, mark: int, /, *, now: float) -> None:
        """Take note that one was answered."""
        left = self._opened(mark, now) - 1
        if left > 0:
            self._open.keep(mark, (now, left))
        else:
            self._open.drop(mark)

    def add(self, mark: int, statement: int | None, /, *, now: float) -> int:
        """Add a wrong statement, None for one unlike any; give how many there are, 0 if not new."""
        tried = self._tried(mark, now).statements
        if statement is None:
            statement = -1 - len(tried)
        if statement in tried or len(tried) >= self._enough:
            return 0
        # what was forgotten may still stand in the other one
        kept, other = (self._more, self._once) if tried else (self._once, self._more)
        kept.keep(mark, _Tried(now, (*tried, statement)))
        other.drop(mark)
        return len(tried) + 1

    def wrong(self, mark: int, /, *, now: float) -> int:
        """Tell how many wrong statements are known."""
        return len(self._tried(mark, now).statements)

    def left(self, mark: int, /, *, now: float) -> float:
        """Tell for how many seconds nothing more may be asked about a number; 0 for it may."""
        tried = self._tried(mark, now)
        known = len(tried.statements)
        if known >= self._enough:
            return tried.at + self._forget - now
        return 1.0 if known + self._opened(mark, now) >= self._enough else 0.0

    def _tried(self, mark: int, now: float) -> _Tried:
        tried = self._more.look(mark) or self._once.look(mark)
        return tried if tried is not None and now - tried.at < self._forget else _UNTRIED

    def _opened(self, mark: int, now: float) -> int:
        opened = self._open.look(mark)
        return opened[1] if opened is not None and now - opened[0] < _LONGEST_ANSWER else 0
