"""Who is to be asked about: one reading of the whole list, before anybody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Decision
from vnvaxmatch.bulk.lift import Interner
from vnvaxmatch.bulk.remote.lines import Line, read_decision
from vnvaxmatch.bulk.remote.people import People, as_digests
from vnvaxmatch.bulk.remote.questions import Question, QuestionReader
from vnvaxmatch.errors import InputError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome

__all__ = ["SLICE", "UNANSWERED", "Asked", "Plan"]

Ints: TypeAlias = npt.NDArray[Any]
Batches: TypeAlias = Callable[[], Iterator[pa.RecordBatch]]
"""Reads the list from its start."""

UNANSWERED: Final = Decision(Outcome.INCOMPLETE, None, (Reason.NOT_ANSWERED,))
"""Stands for nobody having answered: no outcome, and told as none."""

SLICE: Final = 4_096
"""Rows that are read at a time: what is held of them are whole questions."""

_LOADED: Final = 65_536


@attrs.frozen(eq=False)
class Asked:
    """A question in its place: the row it is asked for, and the number of the person."""

    row: int
    number: int
    question: Question


class Plan:
    """Every row's person, or what it comes to without asking; and what is known of each person.

    ``places`` holds for each row the number of its person, or ``-1 - n`` where it has decision n.
    ``present`` tells of each person whether they are in the list.
    """

    def __init__(self) -> None:
        self.people = People()
        self.decisions: Interner[Decision] = Interner()
        self.decisions.number(UNANSWERED)  # the first, so 0
        self.places: Ints = np.empty(0, dtype=np.int32)
        self.present: Ints = np.empty(0, dtype=np.bool_)

    def load(self, lines: Iterator[Line]) -> None:
        """Take over what a journal holds; what was said last of a person counts."""
        known: dict[str, int] = {}
        waiting: list[Line] = []
        for line in lines:
            waiting.append(line)
            if len(waiting) == _LOADED:
                self._take(waiting, known)
                waiting = []
        if waiting:
            self._take(waiting, known)

    def _take(self, lines: list[Line], known: dict[str, int]) -> None:
        numbers = self.people.number(as_digests([line.person for line in lines])).tolist()
        for number, line in zip(numbers, lines, strict=True):
            if not line.is_answer:
                self.people.failed(number)
                continue
            decision = known.get(line.said)
            if decision is None:
                try:
                    decision = self.decisions.number(read_decision(line.said))
                except ValueError:
                    raise InputError(
                        "the journal holds a decision that this version of vnvaxmatch does not "
                        "know; go on with the version that began it"
                    ) from None
                known[line.said] = decision
            self.people.decision[number] = decision

    def read(
        self,
        batches: Batches,
        reader: QuestionReader,
        *,
        progress: Callable[[int], None],
    ) -> None:
        """Read the list, and number its people."""
        places = []
        rows = 0
        for batch in slices(batches()):
            found, index = reader.read(batch)
            numbers = np.empty(len(found), dtype=np.int64)
            asked = {at: row for at, row in enumerate(found) if isinstance(row, Question)}
            if asked:
                digests = as_digests([row.person for row in asked.values()])
                numbers[list(asked)] = self.people.number(digests)
            for at, row in enumerate(found):
                if not isinstance(row, Question):
                    numbers[at] = -1 - self.decisions.number(row)
            places.append(numbers[index].astype(np.int32))
            rows += batch.num_rows
            progress(rows)
        self.places = np.concatenate(places) if places else self.places
        self.present = np.zeros(self.people.count, dtype=np.bool_)
        self.present[self.places[self.places >= 0]] = True

    @property
    def unanswered(self) -> Ints:
        """Tell of each person whether they are in the list and without an answer."""
        left: Ints = self.present & (self.people.decision[: self.people.count] == 0)
        return left

    @property
    def asked(self) -> Ints:
        """Tell of each person whether asking has come to nothing before."""
        asked: Ints = self.people.times[: self.people.count] > 0
        return asked

    def questions(
        self, batches: Batches, reader: QuestionReader, wanted: Ints
    ) -> Iterator[list[Asked]]:
        """Read the list again, and give the questions about those who are wanted, each once."""
        wanted = wanted.copy()
        left = int(wanted.sum())
        before = 0
        for batch in slices(batches()):
            if not left:
                return
            place = self.places[before : before + batch.num_rows]
            rows = np.flatnonzero(place >= 0)
            rows = rows[wanted[place[rows]]]
            _, first = np.unique(place[rows], return_index=True)
            rows = rows[np.sort(first)]
            numbers = place[rows]
            wanted[numbers] = False
            left -= len(rows)
            if len(rows):
                found, index = reader.read(batch.take(pa.array(rows)))
                asked = []
                for at, row, number in zip(
                    index.tolist(), rows.tolist(), numbers.tolist(), strict=True
                ):
                    question = found[at]
                    assert isinstance(question, Question)
                    asked.append(Asked(before + row + 1, number, question))
                yield asked
            before += batch.num_rows


def slices(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cut batches into slices."""
    for batch in batches:
        for start in range(0, batch.num_rows, SLICE):
            yield batch.slice(start, SLICE)
