"""What holds of the watch whatever anybody asks, and in whatever order."""

import re
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from vnvaxmatch.server.guards import Report, Step, Walking, WalkingSettings
from vnvaxmatch.testing import id_numbers

from .walkers import Clock

CLIENTS = st.sampled_from(["a", "b", "c", "d", "e"])
NUMBERS = st.one_of(
    st.integers(0, 400).map("001085{:06d}".format),
    id_numbers().map(str),
    st.sampled_from(["", "1", "B1234567", "²²²²", "\ud800", "x" * 300]),
)
COMES_TO = st.sampled_from([(False, False), (True, False), (True, True)])
STATEMENTS = st.sampled_from(["", *"stuvwxyz"])
SETTINGS = st.builds(
    WalkingSettings,
    suspicious=st.integers(1, 20),
    refused=st.integers(20, 60),
    gap=st.floats(0, 2),
    longest_delay=st.floats(0, 10),
    rest=st.floats(1, 100),
    forgiven_every=st.floats(0.1, 100),
    of_hundred=st.integers(1, 100),
    of_ten_thousand=st.integers(1, 50),
    guesses=st.integers(1, 5),
    most_guesses=st.integers(5, 9),
    guesses_kept=st.floats(1, 1_000),
    saved_up=st.floats(0, 20),
    most_clients=st.integers(1, 6),
    most_numbers=st.integers(1, 12),
)


class Watch(RuleBasedStateMachine):
    """Clients ask about anything, and it comes to anything; some answers never come."""

    @initialize(chosen=SETTINGS, trusted=st.sets(st.sampled_from(["a", "b"])))
    def begin(self, chosen: WalkingSettings, trusted: set[str]) -> None:
        """Choose the settings."""
        self.settings = attrs.evolve(chosen, trusted=frozenset(trusted))
        self.clock = Clock()
        self.walking = Walking(self.settings, clock=self.clock)

    @rule(client=CLIENTS, number=NUMBERS, came=COMES_TO, said=STATEMENTS, times=st.integers(1, 15))
    def ask(self, client: str, number: str, came: Any, said: str, times: int) -> None:
        """Ask about some numbers in a row, and be answered where that is allowed."""
        found, agreed = came
        numbers = [number]
        if re.fullmatch("[0-9]{12}", number):
            numbers = [f"{(int(number) + n) % 10**12:012d}" for n in range(times)]
        for asked in numbers:
            step = self.step(client, asked)
            if not step.refused:
                self.saw(client, asked, found=found, agreed=agreed, statement=said)

    @rule(client=CLIENTS, number=NUMBERS)
    def ask_without_answer(self, client: str, number: str) -> None:
        """The registry fails, or the asker goes away."""
        self.step(client, number)

    @rule(client=CLIENTS, number=NUMBERS, came=COMES_TO)
    def answer_without_question(self, client: str, number: str, came: Any) -> None:
        """An answer comes late."""
        found, agreed = came
        self.saw(client, number, found=found, agreed=agreed, statement="late")

    @rule(seconds=st.floats(0, 200))
    def pass_time(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.now += seconds

    @rule(client=CLIENTS, number=NUMBERS)
    def come_back_when_told(self, client: str, number: str) -> None:
        """Nobody is refused for ever: whoever comes back when told is let in within a few times."""
        for _ in range(4):
            step = self.step(client, number)
            if not step.refused:
                return
            self.clock.now += step.delay + 61  # and what began and was never answered is over
        raise AssertionError("refused again and again")

    def step(self, client: str, number: str) -> Step:
        """Judge, and see that the answer makes sense."""
        step = self.walking.judge(client, number)
        assert 0 <= step.delay < float("inf")
        assert step.refused or step.delay <= self.settings.longest_delay
        assert step.delay > 0 or not step.refused
        if client in self.settings.trusted:
            assert step == Step()
        self.check(step.report)
        return step

    def saw(self, client: str, number: str, **came: Any) -> None:
        """Tell what came, and see that the report makes sense."""
        self.check(self.walking.saw(client, number, **came))

    def check(self, report: Report | None) -> None:
        """A report has a count that justifies it, and no number."""
        if report is not None:
            assert report.count >= min(self.settings.suspicious, self.settings.guesses)
            assert not re.search("[0-9]{9}", repr(report))

    @invariant()
    def memory_is_bounded(self) -> None:
        """However much is asked, no more is kept than the settings say."""
        if hasattr(self, "walking"):
            most = self.settings.most_clients + 6 * self.settings.most_numbers
            assert len(self.walking) <= most


def test_the_watch_holds_its_laws() -> None:
    """Steps make sense, nobody is shut out for ever, reports hold no number, memory is bounded."""
    run_state_machine_as_test(Watch, settings=settings(stateful_step_count=30))


QUESTIONS = st.lists(st.tuples(NUMBERS, COMES_TO, STATEMENTS, st.floats(0, 30)), max_size=60)
SMALL = WalkingSettings(
    suspicious=5, refused=15, of_hundred=8, guesses=2, most_guesses=4, saved_up=3.0
)


def steps_of(walking: Walking, client: str, asked: Any, clock: Clock) -> Any:
    """Ask one after another, and give all that was said."""
    for number, (found, agreed), statement, seconds in asked:
        clock.now += seconds
        step = walking.judge(client, number)
        yield step
        if not step.refused:
            yield walking.saw(client, number, found=found, agreed=agreed, statement=statement)


@given(asked=QUESTIONS, between=QUESTIONS)
def test_clients_are_judged_apart(asked: Any, between: Any) -> None:
    """What others ask in between changes nothing for a client."""
    alone, clock = Clock(), Clock()
    watch, crowd = Walking(SMALL, clock=alone), Walking(SMALL, clock=clock)

    expected = list(steps_of(watch, "a", asked, alone))

    got = []
    mine = steps_of(crowd, "a", asked, clock)
    theirs = steps_of(crowd, "b", [(*rest, 0.0) for *rest, _ in between], clock)
    for said in mine:
        got.append(said)
        next(theirs, None)
    assert got == expected


@given(
    numbers=st.lists(NUMBERS.filter(bool), max_size=100),
    said=st.lists(STATEMENTS, min_size=1, max_size=10),
)
def test_whoever_is_always_right_is_never_disturbed(numbers: Any, said: Any) -> None:
    """A client whose every question agrees is answered at once, however it orders its numbers."""
    clock = Clock()
    walking = Walking(SMALL, clock=clock)
    asked = [(n, (True, True), said[at % len(said)], 0.0) for at, n in enumerate(numbers)]

    assert all(told in (None, Step()) for told in steps_of(walking, "a", asked, clock))


@given(asked=QUESTIONS)
def test_the_key_changes_nothing_that_is_told(asked: Any) -> None:
    """Hashes stand for numbers and for nothing else."""
    first, second = Clock(), Clock()
    one = Walking(SMALL, clock=first, key=bytes(32))
    two = Walking(SMALL, clock=second, key=bytes(range(32)))

    assert list(steps_of(one, "a", asked, first)) == list(steps_of(two, "a", asked, second))


@given(asked=QUESTIONS, number=NUMBERS, came=COMES_TO)
def test_to_ask_the_same_again_counts_once(asked: Any, number: str, came: Any) -> None:
    """After anything, one question a thousand times over is reported no more than once asked."""
    clock = Clock()
    walking = Walking(attrs.evolve(SMALL, trusted=frozenset("a")), clock=clock)
    list(steps_of(walking, "a", asked, clock))

    told = list(steps_of(walking, "a", [(number, came, "s", 0.0)] * 1_000, clock))

    # one question may be due for a report in each of the three ways, one report a time
    assert sum(isinstance(said, Report) for said in told) <= 3
