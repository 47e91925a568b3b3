"""The core of the client keeps to its limits, whatever happens and whenever."""

import itertools
import random
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from vnvaxmatch.backends.remote import Failure, Limits, Request, Response
from vnvaxmatch.errors import RegistryError, UnreachableError

from .simulated import ANSWERS, BUSY, TRUE, World

REPLIES = st.sampled_from(
    [
        TRUE, TRUE, TRUE, Response(404), BUSY, Response(500), Response(502), Response(401),
        Response(400), Response(429), Response(429, headers={"retry-after": "3"}),
        Response(503, headers={"retry-after": "90"}), Failure.TIMEOUT, Failure.DISCONNECTED,
        Failure.REFUSED, Failure.HOST_UNKNOWN, Failure.CERTIFICATE_EXPIRED, Failure.GARBLED,
    ]
)  # fmt: skip
LIMITS = st.builds(
    Limits,
    attempts=st.integers(1, 6),
    attempt_timeout=st.floats(0.5, 20),
    total_timeout=st.floats(1, 90),
    retry_quota=st.integers(0, 30),
    breaker_failures=st.integers(1, 10),
    in_flight=st.integers(1, 12),
    rate=st.none() | st.floats(0.5, 50),
    patience=st.floats(1, 300),
)


class Client(RuleBasedStateMachine):
    """Calls begin at any time, and anything comes back after any time."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: Limits | None = None
        self.started: dict[int, float] = {}

    @precondition(lambda self: self.limits is None)
    @rule(limits=LIMITS, seed=st.integers(0, 9), data=st.data())
    def begin(self, limits: Limits, seed: int, data: Any) -> None:
        """Choose the limits, and what may come back."""
        self.limits = limits
        chance = random.Random(seed)
        script = data.draw(st.lists(st.tuples(st.floats(0, 25), REPLIES), min_size=1, max_size=40))
        self.replies: list[Any] = []

        def answer(now: float, request: Request) -> Any:
            took, reply = chance.choice(script)
            self.replies.append(reply if took <= limits.attempt_timeout else Failure.TIMEOUT)
            return took, reply

        self.world = World(limits, answer, seed)

    @precondition(lambda self: self.limits is not None)
    @rule(count=st.integers(1, 8))
    def start(self, count: int) -> None:
        """Put questions."""
        for _ in range(count):
            place = len(self.started)
            self.started[place] = self.world.now
            self.world.start(place)

    @precondition(lambda self: self.limits is not None)
    @rule(seconds=st.floats(0, 60))
    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.world.run(self.world.now + seconds)
        self.world.now += seconds * 0.5

    @invariant()
    def keeps_to_its_limits(self) -> None:
        """Nothing is ever above its limit."""
        if self.limits is None:
            return
        world, limits = self.world, self.limits
        assert world.under_way <= world.most_under_way <= limits.in_flight
        asked = Counter(request.path for _, request in world.sent)
        assert all(count <= limits.attempts for count in asked.values())
        answered = sum(isinstance(result, Response) for result in world.results.values())
        repeats = len(world.sent) - len(asked)
        assert repeats <= limits.retry_quota + limits.retry_share * answered + 1e-9
        if limits.rate:
            times = [time for time, _ in world.sent]
            assert all(b - a >= 1 / limits.rate - 1e-6 for a, b in itertools.pairwise(times))

    def teardown(self) -> None:
        """In the end every call has ended, in time and rightly, and nothing is blocked."""
        if self.limits is None:
            return
        world = self.world
        world.run()
        assert set(world.results) == set(self.started)
        for place, result in world.results.items():
            if isinstance(result, Response):
                assert result.status in ANSWERS
            else:
                assert isinstance(result, RegistryError)
                assert not isinstance(result, UnreachableError) or result.kind
            # An error is never an answer, and no call is late.
            assert world.ended[place] - self.started[place] <= self.limits.total_timeout + 1e-6
        assert world.under_way == 0
        assert world.pool.blocked(world.now + 1e6)[0] == 0.0


def test_the_client_keeps_to_its_limits_whatever_happens() -> None:
    """Every call ends, in time, with an answer or an error, and no limit is ever exceeded."""
    run_state_machine_as_test(Client, settings=settings(max_examples=150, stateful_step_count=30))
