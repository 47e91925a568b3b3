"""Walkers are noticed early, slowed and refused, and nothing of a number is kept."""

import itertools
import random
import re
from typing import Any

import pytest

from vnvaxmatch.errors import InputError
from vnvaxmatch.server.guards import Report, Walk, Walking, WalkingSettings

from .walkers import (
    CLIENT,
    Clock,
    Question,
    ask,
    course_of,
    first,
    random_numbers,
    serials,
    shuffled,
    sparse,
)

# Walkers

UNKNOWN = {
    "one after another": serials,
    "backwards": lambda: reversed([*first(2_000, serials())]),
    "every seventh": lambda: serials(step=7),
    "a shuffled range": lambda: shuffled(first(10_000, serials())),
    "at random": random_numbers,
    "nine digits": lambda: (f"23{serial:07d}" for serial in range(10**7)),
}


@pytest.mark.parametrize("way", UNKNOWN)
def test_who_asks_for_unknown_numbers_is_noticed(way: str) -> None:
    """However a walker orders its numbers, it is reported and slowed after a hundred or so."""
    course = course_of(sparse(first(1_500, UNKNOWN[way]()), share=0.05))

    noticed, report = course.reports[0]
    assert noticed <= 120
    assert report.walk in (Walk.MISSES, Walk.SEQUENCE)
    assert course.slowed > 500


def test_a_walker_that_goes_on_is_refused() -> None:
    """Soon nothing is answered for a while: asking a hundred a second, it gets less than one."""
    course = course_of(sparse(first(300_000, serials())))

    assert course.seconds >= 3_000
    assert course.answered < 0.7 * course.seconds


def test_a_sequence_through_a_full_registry_is_noticed() -> None:
    """Where nearly every number exists there are no misses, and the walk is seen all the same."""
    chance = random.Random(0)
    walk = [Question(n, chance.random() < 0.95, False) for n in first(2_000, serials())]

    course = course_of(walk)

    noticed, report = course.reports[0]
    assert (noticed <= 105, report.walk) == (True, Walk.SEQUENCE)
    assert course.slowed > 500


@pytest.mark.parametrize("step", [1, 2])
def test_a_shuffled_walk_through_a_full_registry_is_noticed(step: int) -> None:
    """Also in any order, and also every second number: by ten thousand at a time."""
    walk = [Question(n, True, False) for n in shuffled(first(10_000 // step, serials(step=step)))]

    course = course_of(walk)

    assert course.reports[0][0] <= 4_500
    assert course.reports[0][1].walk is Walk.SEQUENCE


def test_walking_between_true_questions_is_noticed() -> None:
    """To mix one person who is known with four who are not hides nothing for long."""
    known = (Question(n, True, True) for n in shuffled(first(5_000, serials("002190"))))
    unknown = sparse(random_numbers())
    mixed = itertools.chain.from_iterable((question, *first(4, unknown)) for question in known)

    course = course_of(first(2_000, mixed))

    assert course.reports[0][0] <= 300


def test_one_known_person_asked_again_and_again_hides_nothing() -> None:
    """What agrees counts once for each number."""
    known = Question("002190000001", True, True)
    mixed = itertools.chain.from_iterable((known, question) for question in sparse(serials()))

    course = course_of(first(1_000, mixed))

    assert course.reports[0][0] <= 240


def test_a_true_list_asked_before_saves_up_no_more_than_so_much() -> None:
    """Who begins with a long true list is noticed a thousand questions later, not ten thousand."""
    known = [Question(n, True, True) for n in shuffled(first(10_000, serials("002190")))]

    course = course_of([*known, *first(1_500, sparse(random_numbers()))])

    assert 10_100 <= course.reports[0][0] <= 11_150


# Guessing


def guesses(number: str = "001085000123", count: int = 365) -> list[Question]:
    """Try one birthday after another."""
    return [Question(number, True, False, statement=f"day {day}") for day in range(count)]


def test_who_tries_birthdays_gets_twenty() -> None:
    """A number is closed to a client after so many wrong statements; it was reported before."""
    course = course_of(guesses())

    assert course.answered == 20
    assert [(n, r.walk, r.count) for n, r in course.reports] == [
        (10, Walk.GUESSING, 10), (20, Walk.GUESSING, 20),
    ]  # fmt: skip


def test_who_tries_birthdays_all_at_once_gets_twenty() -> None:
    """Questions that are being answered count: nothing is gained by asking before answers come."""
    walking = Walking(WalkingSettings(), clock=Clock())

    steps = [walking.judge(CLIENT, guess.number) for guess in guesses()]

    assert sum(not step.refused for step in steps) == 20


def test_a_number_is_closed_to_the_guesser_alone() -> None:
    """Others may ask about that person, and the guesser about others."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, guesses(), clock=clock)

    assert walking.judge(CLIENT, "001085000123").refused
    assert not walking.judge("another", "001085000123").refused
    assert not walking.judge(CLIENT, "001085000124").refused


def test_a_closed_number_opens_a_day_later() -> None:
    """How long is told, and true."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, guesses(), clock=clock)
    wait = walking.judge(CLIENT, "001085000123").delay
    assert 86_000 < wait <= 86_400

    clock.now += wait + 0.001

    assert not walking.judge(CLIENT, "001085000123").refused


@pytest.mark.parametrize("wrong", [9, 20])
def test_what_was_guessed_is_forgotten_a_day_later(wrong: int) -> None:
    """The next day a guesser gets twenty again: no fewer, and no more."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, guesses(count=wrong), clock=clock)

    clock.now += 86_401
    course = ask(walking, guesses(), clock=clock)

    assert course.answered == 20
    assert [n for n, _ in course.reports] == [10, 20]


def test_guessing_in_turn_is_noticed() -> None:
    """To try some days for each of many people stays below what closes a number, and is seen."""
    people = [f"001085{serial:06d}" for serial in range(0, 400_000, 1_003)]
    rounds = [Question(n, True, False, f"day {day}") for day in range(15) for n in people]

    course = course_of(rounds)

    assert Walk.GUESSING in {report.walk for _, report in course.reports}
    assert course.refused > 0


def test_the_same_wrong_statement_is_one() -> None:
    """A record that is wrong and sent a thousand times is no guess."""
    same = [Question("001085000123", True, False, statement="x")] * 1_000

    assert course_of(same).undisturbed


def test_retries_while_a_registry_is_down_close_nothing() -> None:
    """Questions that never got an answer are forgotten after a minute."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    while not walking.judge(CLIENT, "001085000123").refused:
        clock.now += 0.1

    clock.now += 61

    assert not walking.judge(CLIENT, "001085000123").refused


# What is done, and what is told


def test_to_ask_in_parallel_does_not_help_a_walker() -> None:
    """A slowed client has one turn at a time; beyond the longest delay it is refused."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, sparse(first(150, serials()), share=0), clock=clock)

    steps = [walking.judge(CLIENT, number) for number in first(50, serials(start=500))]

    delays = [step.delay for step in steps if not step.refused]
    assert delays == pytest.approx([delays[0] + 0.5 * n for n in range(len(delays))])
    assert max(delays) <= 5
    assert len(delays) <= 11
    assert all(step.delay > 0 for step in steps if step.refused)


def test_whoever_stops_is_forgiven() -> None:
    """A client that was slowed and then asks little is let alone again."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, sparse(first(300, serials()), share=0), clock=clock)

    clock.now += 300 * 60

    assert [walking.judge(CLIENT, n).delay for n in first(3, serials(start=900))] == [0.0] * 3


def test_a_clerk_who_finds_nobody_now_and_then_is_not_disturbed() -> None:
    """One miss every two minutes for a month: newborns who are not registered yet."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)

    course = ask(walking, sparse(first(20_000, random_numbers()), share=0), clock=clock,
                 rate=1 / 120)  # fmt: skip

    assert course.undisturbed


def test_trusted_clients_are_reported_and_let_alone() -> None:
    """An operator can say who may walk, and still sees it."""
    course = course_of(sparse(first(3_000, serials())), trusted=frozenset({CLIENT}))

    assert (course.refused, course.slowed) == (0, 0)
    assert course.reports


def test_a_walker_is_reported_seldom() -> None:
    """Reports come when it begins, at each doubling and when it is refused: logs do not flood."""
    course = course_of(sparse(first(100_000, serials())))

    assert 4 <= len(course.reports) <= 40


def test_a_client_that_does_not_stop_is_reported() -> None:
    """Who goes on asking while everything is refused is told of, ever more seldom."""
    clock = Clock()
    walking = Walking(WalkingSettings(rest=1e6), clock=clock)
    ask(walking, sparse(first(2_000, serials()), share=0), clock=clock)

    reports = [walking.judge(CLIENT, "001085000123").report for _ in range(9_000)]

    counts = [report.count for report in reports if report is not None]
    assert len(counts) in (3, 4)
    assert set(counts) <= {1_000, 2_000, 4_000, 8_000}


def test_clients_do_not_answer_for_each_other() -> None:
    """What one does is not held against another."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock)
    ask(walking, sparse(first(5_000, serials())), clock=clock, client="walker")

    assert ask(walking, sparse(first(90, serials())), clock=clock, client="other").undisturbed


def test_questions_without_a_number_are_not_its_business() -> None:
    """Where no number was asked there is nothing to walk through."""
    walking = Walking(WalkingSettings(), clock=Clock())

    for _ in range(500):
        assert walking.saw(CLIENT, "", found=False, agreed=False) is None
    assert walking.judge(CLIENT, "").delay == 0


def test_no_number_stays_anywhere() -> None:
    """Neither a report nor anything that is kept holds a number or a statement."""
    clock = Clock()
    walking = Walking(WalkingSettings(), clock=clock, key=bytes(32))
    course = ask(walking, [*sparse(first(200, serials())), *guesses()], clock=clock)

    told = repr(course.reports) + repr(walking)
    kept = "\n".join(_texts(walking))

    assert not re.search(r"\d{9}", re.sub("0x[0-9a-f]+", "", told))
    assert "001085" not in kept
    assert "day 1" not in kept
    assert CLIENT in kept


def _texts(thing: Any, seen: set[int] | None = None) -> Any:
    """Give every text and number that can be reached from a thing, as text."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, str | int | float | bytes):
        yield f"{thing:012d}" if isinstance(thing, int) else str(thing)
        return
    inner: list[Any] = []
    if isinstance(thing, dict):
        inner = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set | frozenset):
        inner = [*thing]
    else:
        slots = [n for kind in type(thing).__mro__ for n in getattr(kind, "__slots__", ())]
        names = [*getattr(thing, "__dict__", {}), *slots]
        inner = [getattr(thing, name) for name in names if hasattr(thing, name)]
    for part in inner:
        yield from _texts(part, seen)


@pytest.mark.parametrize(
    "wrong",
    [
        {"suspicious": 0}, {"refused": 50}, {"gap": -1}, {"rest": float("nan")},
        {"of_hundred": 101}, {"of_ten_thousand": 10_001}, {"most_guesses": 5},
        {"most_clients": 0}, {"forgiven_every": float("inf")},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: Any) -> None:
    """An error says which setting and what to do."""
    with pytest.raises(InputError):
        WalkingSettings(**wrong)


def test_a_report_reads_plainly() -> None:
    """It names the client, the way and a count."""
    assert repr(Report("clinic", Walk.MISSES, 100)) == (
        "Report(client='clinic', walk=<Walk.MISSES: 'misses'>, count=100)"
    )
