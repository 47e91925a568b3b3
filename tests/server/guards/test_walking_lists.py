"""Owners of lists are not disturbed, however dirty a list is and however it is sorted."""

import itertools
import random
from pathlib import Path
from typing import Any

import attrs
import pytest

from vnvaxmatch.backends import open_registry
from vnvaxmatch.bulk import build_registry
from vnvaxmatch.server.guards import Walk, Walking, WalkingSettings
from vnvaxmatch.synthetic import synthesize

from .walkers import CLIENT, Clock, Question, course_of, questions_of, shuffled

PEOPLE, DOSES = 20_000, 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up population and list."""
    out = tmp_path_factory.mktemp("walking") / "list"
    synthesize(people=PEOPLE, doses=DOSES, seed=5, out=out)
    build_registry(out / "population.csv", out=out.parent / "registry.sqlite")
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Question]:
    """The questions of that list, and what they come to."""
    with open_registry(folder.parent / "registry.sqlite") as registry:
        return questions_of(folder / "doses.csv", registry)


def by_number(rows: list[Question]) -> list[Question]:
    """Sort as real lists are."""
    return sorted(rows, key=lambda row: row.number)


def by_value(rows: list[Question]) -> list[Question]:
    """Sort as a spreadsheet sorts what it takes for numbers: all nine-digit ones come first."""
    return sorted(rows, key=lambda row: (len(row.number), row.number))


def dirtier(rows: list[Question], share: float = 0.3) -> list[Question]:
    """Let that share of the rows be about nobody."""
    chance = random.Random(1)
    return [
        attrs.evolve(row, found=False, agreed=False) if chance.random() < share else row
        for row in rows
    ]


def without_former(rows: list[Question]) -> list[Question]:
    """Ask a registry that knows no nine-digit number."""
    return [
        row if len(row.number) == 12 else attrs.evolve(row, found=False, agreed=False)
        for row in rows
    ]


@pytest.mark.parametrize(
    ("what", "order"),
    [
        *itertools.product([list, dirtier], [list, by_number, by_value, shuffled]),
        *itertools.product([without_former], [list, by_number, shuffled]),
    ],
)
def test_the_owner_of_a_list_is_not_disturbed(rows: Any, what: Any, order: Any) -> None:
    """A list as dirty as real ones, or a third dirtier still, is answered in any order."""
    assert course_of(order(what(rows))).undisturbed


def test_a_list_that_begins_with_hundreds_of_misses_is_slowed_not_refused(rows: Any) -> None:
    """Where nothing agreed yet a long run of misses looks like a walk; then the list goes on."""
    course = course_of(by_value(without_former(rows)))

    assert course.refused == 0
    assert {report.walk for _, report in course.reports} <= {Walk.MISSES}


def test_a_list_that_is_sent_ten_times_is_not_guessing(rows: Any) -> None:
    """The same statements again are no other statements."""
    assert course_of(rows[:1_000] * 10).undisturbed


def test_a_list_asked_without_the_sex_is_not_disturbed(folder: Path) -> None:
    """What a protocol does not carry is nothing that disagrees."""
    with open_registry(folder.parent / "registry.sqlite") as registry:
        rows = questions_of(folder / "doses.csv", registry, without_sex=True)

    assert course_of(by_number(rows)).undisturbed


def test_a_list_asked_by_the_name_alone_is_not_disturbed(rows: list[Question]) -> None:
    """Where so little is stated that nobody is known by it, who was found makes up for misses."""
    by_name = [attrs.evolve(row, agreed=False, statement="x") for row in dirtier(rows)]

    assert course_of(shuffled(by_name)).undisturbed


def test_a_village_whose_numbers_were_given_out_in_a_row_is_not_a_sequence() -> None:
    """Old nine-digit numbers follow each other in one village: those that agree do not count."""
    chance = random.Random(2)
    village = [
        Question(f"23012{serial:04d}", found=True, agreed=chance.random() < 0.7, statement="x")
        for serial in range(5_000)
    ]

    assert course_of(village).undisturbed


def test_many_at_once_in_such_a_village_are_no_sequence() -> None:
    """Nothing is held against questions that are still being answered."""
    walking = Walking(WalkingSettings(), clock=Clock())
    village = [f"23012{serial:04d}" for serial in range(500)]

    steps = [walking.judge(CLIENT, number) for number in village]
    reports = [walking.saw(CLIENT, number, found=True, agreed=True) for number in village]

    assert not any(step.delay or step.refused for step in steps)
    assert not any(reports)
