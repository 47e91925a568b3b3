"""No client takes more than its rate, whatever it does; whoever waits as told is let in."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from vnvaxmatch.errors import InputError
from vnvaxmatch.server.guards import Rates

CLIENTS = st.sampled_from("abcdefg")


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Asking(RuleBasedStateMachine):
    """Clients ask at any time; every token taken is kept with its time."""

    @initialize(
        per_second=st.floats(0.01, 1_000),
        burst=st.integers(1, 20),
        most=st.integers(1, 4),
        start=st.floats(0, 1e6),
    )
    def begin(self, per_second: float, burst: int, most: int, start: float) -> None:
        """Choose the rate."""
        self.clock = Clock(start)
        self.per_second, self.burst, self.most = per_second, burst, most
        self.rates = Rates(per_second=per_second, burst=burst, clock=self.clock, most_clients=most)
        self.taken: dict[str, list[float]] = {}

    @rule(client=CLIENTS, times=st.integers(1, 30))
    def ask(self, client: str, times: int) -> None:
        """Ask several times at once."""
        for _ in range(times):
            wait = self.rates.wait(client)
            assert 0 <= wait <= 1 / self.per_second + 1e-6
            if wait == 0:
                self.taken.setdefault(client, []).append(self.clock.now)

    @rule(seconds=st.floats(0, 100))
    def pass_time(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.now += seconds

    @rule(client=CLIENTS)
    def wait_as_told(self, client: str) -> None:
        """Whoever comes back after the time it was told is let in."""
        self.clock.now += self.rates.wait(client) or 0.0
        took_one = self.rates.wait(client) == 0
        if took_one:
            self.taken.setdefault(client, []).append(self.clock.now)

    @invariant()
    def no_stretch_of_time_holds_more_than_its_share(self) -> None:
        """From any token to any later one there are at most the burst and what came in."""
        slack = 1e-5 * self.per_second + 1e-6
        for taken in getattr(self, "taken", {}).values():
            for first in range(len(taken)):
                span = taken[-1] - taken[first]
                assert len(taken) - first <= self.burst + span * self.per_second + slack

    @invariant()
    def what_is_kept_is_bounded(self) -> None:
        """No more clients are kept than may be."""
        if hasattr(self, "rates"):
            assert len(self.rates) <= self.most


def test_no_client_takes_more_than_its_rate() -> None:
    """Whatever clients do, each has at most the burst and its rate, and few are kept."""
    run_state_machine_as_test(Asking, settings=settings(stateful_step_count=25))


@given(per_second=st.floats(0.001, 10_000), burst=st.integers(1, 50), start=st.floats(0, 1e8))
def test_whoever_waits_as_told_is_let_in(per_second: float, burst: int, start: float) -> None:
    """The seconds that are told suffice, whatever the rounding; the burst is there at once."""
    clock = Clock(start)
    rates = Rates(per_second=per_second, burst=burst, clock=clock)

    assert [rates.wait("a") for _ in range(burst)] == [0.0] * burst
    if (wait := rates.wait("a")) > 0:
        clock.now += wait
        assert rates.wait("a") == 0.0


def test_a_refusal_takes_nothing() -> None:
    """Asking in vain a thousand times does not make one wait longer."""
    clock = Clock()
    rates = Rates(per_second=1, burst=1, clock=clock)
    assert rates.wait("a") == 0.0

    waits = {rates.wait("a") for _ in range(1_000)}

    assert waits == {1.0}


def test_one_client_does_not_slow_another() -> None:
    """Each has a bucket of its own."""
    rates = Rates(per_second=1, burst=2, clock=Clock())

    assert [rates.wait(client) for client in "aaabb"] == [0.0, 0.0, 1.0, 0.0, 0.0]


def test_new_names_gain_nothing_where_too_many_come() -> None:
    """Beyond the clients that are kept all share one bucket: ten thousand names get one burst."""
    rates = Rates(per_second=1, burst=5, clock=Clock(), most_clients=10)
    for name in range(10):
        rates.wait(f"known {name}")

    let_in = sum(rates.wait(f"new {name}") == 0 for name in range(10_000))

    assert let_in == 5
    assert rates.wait("known 3") == 0.0
    assert len(rates) == 10


def test_who_comes_from_the_shared_bucket_brings_its_debts() -> None:
    """A client that gets a bucket of its own has not a second burst in it."""
    clock = Clock()
    rates = Rates(per_second=1, burst=3, clock=clock, most_clients=1)
    rates.wait("a")
    assert [rates.wait("b") for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    clock.now += 1

    let_in = sum(rates.wait("b") == 0 for _ in range(4))

    assert let_in == 1


def test_idle_clients_are_forgotten() -> None:
    """Once a bucket is full again it makes room for others."""
    clock = Clock()
    rates = Rates(per_second=1, burst=5, clock=clock, most_clients=10)
    for name in range(10):
        rates.wait(f"early {name}")
    clock.now += 1.5

    waits = {rates.wait(f"late {name}") for name in range(10)}

    assert waits == {0.0}
    assert len(rates) == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_second": 0},
        {"per_second": -1},
        {"per_second": math.inf},
        {"per_second": math.nan},
        {"burst": 0},
        {"most_clients": 0},
    ],
    ids=str,
)
def test_a_rate_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    """A rate of nothing, or without end, is an error that says what to give."""
    with pytest.raises(InputError, match="must be"):
        Rates(**{"per_second": 1.0, "burst": 1, "clock": Clock(), **wrong})
