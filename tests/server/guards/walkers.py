"""Those who ask: owners of lists, and walkers through a registry."""

from __future__ import annotations

import csv
import itertools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from vnvaxmatch import Claim, Field, match
from vnvaxmatch.backends import Exact, Registry
from vnvaxmatch.policy import strict
from vnvaxmatch.server.guards import Report, Step, Walking, WalkingSettings, digest_of, sight_of

KEY = bytes(32)
CLIENT = "asker"


@attrs.frozen
class Question:
    """A question, and what it comes to when it is answered."""

    number: str
    found: bool
    agreed: bool
    statement: str = "the same"


@attrs.define
class Clock:
    """A clock that moves when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@attrs.define
class Course:
    """How it went for one client: its reports, each with the questions answered before it."""

    reports: list[tuple[int, Report]] = attrs.Factory(list)
    answered: int = 0
    refused: int = 0
    slowed: int = 0
    seconds: float = 0.0

    @property
    def undisturbed(self) -> bool:
        """Whether nobody noticed anything."""
        return not (self.reports or self.refused or self.slowed)


def ask(
    walking: Walking,
    questions: Iterable[Question],
    *,
    clock: Clock,
    rate: float = 100.0,
    client: str = CLIENT,
) -> Course:
    """Ask one after another at a rate, wait as told, and leave out what is refused."""
    course, began = Course(), clock.now
    for question in questions:
        clock.now += 1 / rate
        step: Step = walking.judge(client, question.number)
        if step.refused:
            course.refused += 1
            continue
        course.slowed += step.delay > 0
        clock.now += step.delay
        course.answered += 1
        report = walking.saw(
            client,
            question.number,
            found=question.found,
            agreed=question.agreed,
            statement=question.statement,
        )
        if report is not None:
            course.reports.append((course.answered, report))
    course.seconds = clock.now - began
    return course


def questions_of(doses: Path, registry: Registry, *, without_sex: bool = False) -> list[Question]:
    """Ask a registry about every row of a made-up list that has a number, and give what came."""
    found: list[Question] = []
    with doses.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            claim = Claim.read(
                name=row["Họ và tên"],
                birth=row["Ngày sinh"],
                sex="" if without_sex else row["Giới tính"],
                id_number=row["Số CMND/CCCD"],
                nationality=row["Quốc tịch"],
            )
            verdict = match(claim, by=Exact(), against=registry, policy=strict)
            sight = sight_of(verdict, policy=strict)
            if sight is None or claim.gap(Field.ID_NUMBER) is not None:
                continue
            number = str(claim.id_number.unwrap())
            found.append(Question(number, sight.found, sight.agreed, digest_of(claim, KEY)))
    return found


def serials(head: str = "001085", *, start: int = 0, step: int = 1) -> Iterator[str]:
    """Give numbers that begin alike, one after the other."""
    for serial in range(start, 10 ** (12 - len(head)), step):
        yield head + f"{serial:0{12 - len(head)}d}"


def sparse(numbers: Iterable[str], *, seed: int = 0, share: float = 0.01) -> Iterator[Question]:
    """Walk through numbers of which few exist, and know nobody."""
    chance = random.Random(seed)
    for number in numbers:
        yield Question(number, chance.random() < share, False)


def course_of(questions: Any, **changes: Any) -> Course:
    """Ask with settings of one's own."""
    clock = Clock()
    walking = Walking(WalkingSettings(**changes), clock=clock, key=bytes(32))
    return ask(walking, questions, clock=clock)


def shuffled(some: Any, seed: int = 0) -> list[Any]:
    """Give these in another order."""
    order = list(some)
    random.Random(seed).shuffle(order)
    return order


def random_numbers(seed: int = 0) -> Any:
    """Give numbers of the right form, one as likely as another."""
    chance = random.Random(seed)
    while True:
        yield f"{chance.randrange(1, 96):03d}{chance.randrange(4)}{chance.randrange(10**8):08d}"


def first(count: int, questions: Any) -> Any:
    """Give the first so many."""
    return itertools.islice(questions, count)
