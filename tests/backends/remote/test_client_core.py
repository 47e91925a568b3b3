"""The core of the client against a simulated clock and a simulated registry."""

import itertools
import random
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.backends.remote import Bearer, Failure, Limits, Request, Response
from vnvaxmatch.backends.remote.client.calls import Send, ask, retry_after, turn
from vnvaxmatch.backends.remote.client.pool import Pool
from vnvaxmatch.backends.remote.status import Meaning, meaning_of
from vnvaxmatch.errors import (
    InputError,
    NotAuthorisedError,
    RefusedError,
    UnreachableError,
)

from .simulated import ANSWERS, BUSY, TRUE, World, always, in_turn


def test_an_answer_is_given_as_it_came() -> None:
    """The first answer ends a call."""
    world = World(Limits(), always(TRUE))
    world.start(0)
    world.run()
    assert world.results[0] is TRUE
    assert len(world.sent) == 1


@pytest.mark.parametrize("reply", [BUSY, Response(500), Failure.DISCONNECTED, Failure.TIMEOUT])
def test_what_can_pass_is_asked_again_within_the_budget(reply: Any) -> None:
    """A failure is repeated as often as the limits say, and then is an error, never an answer."""
    world = World(Limits(attempts=3), always(reply))
    world.start(0)
    world.run()
    assert isinstance(world.results[0], UnreachableError)
    assert len(world.sent) == 3


@pytest.mark.parametrize("status", [302, 400, 403, 405, 422, 501, 505, 204, 99, 999])
def test_what_cannot_pass_is_not_asked_again(status: int) -> None:
    """A refusal ends the run at once."""
    world = World(Limits(), always(Response(status)))
    world.start(0)
    world.run()
    assert isinstance(world.results[0], (RefusedError, NotAuthorisedError))
    assert len(world.sent) == 1


def test_waits_between_attempts_are_random_up_to_a_doubling_bound() -> None:
    """Full jitter: each wait lies between nothing and the bound, and they differ."""
    limits = Limits(attempts=5, backoff=1, backoff_cap=3, breaker_failures=99)
    waits = Counter[int]()
    seen = set()
    for seed in range(200):
        world = World(limits, always(BUSY, takes=0), seed)
        world.start(0)
        world.run()
        times = [time for time, _ in world.sent]
        for place, (a, b) in enumerate(itertools.pairwise(times)):
            assert 0 <= b - a <= (1, 2, 3, 3)[place]
            waits[place] = max(waits[place], b - a)
            seen.add(b - a)
    assert [waits[place] > 0.9 * bound for place, bound in enumerate((1, 2, 3, 3))] == [True] * 4
    assert len(seen) == 800


def test_a_call_ends_in_time_whatever_happens() -> None:
    """The total deadline holds though each attempt takes all it may."""
    world = World(Limits(attempts=99, attempt_timeout=10, total_timeout=25), always(TRUE, takes=99))
    world.start(0)
    world.run()
    assert isinstance(world.results[0], UnreachableError)
    assert world.ended[0] <= 25
    assert world.results[0].kind == "timeout"


def test_retry_after_holds_back_all_calls() -> None:
    """Nobody asks before the time that one response named."""
    world = World(Limits(), in_turn(Response(429, headers={"retry-after": "7"}), TRUE))
    for place in range(5):
        world.at(place * 0.2, lambda place=place: world.start(place))
    world.run()
    first, *others = sorted(time for time, _ in world.sent)
    assert first == 0
    assert all(time >= 7 or time <= 0.1 for time in others)
    assert all(result is TRUE for result in world.results.values())
    assert world.pool.counts.pauses == 1


def test_retry_after_is_capped() -> None:
    """A registry cannot hold us back for ever."""
    limits = Limits(pause_cap=3, total_timeout=60)
    world = World(limits, in_turn(Response(503, headers={"retry-after": "999999999"}), TRUE))
    world.start(0)
    world.run()
    assert world.results[0] is TRUE
    assert 3 <= world.ended[0] <= 3.5


def test_a_pause_longer_than_a_call_ends_it_at_once() -> None:
    """There is no use in waiting for what comes too late."""
    world = World(Limits(total_timeout=5), always(Response(503, headers={"retry-after": "60"})))
    world.start(0)
    world.run()
    assert isinstance(world.results[0], UnreachableError)
    assert len(world.sent) == 1
    assert world.ended[0] < 1


def test_the_quota_stops_repeats_from_storming() -> None:
    """When nearly all fails, all calls together repeat no more than the quota."""
    limits = Limits(retry_quota=10, attempts=5, breaker_failures=10_000, in_flight=4)
    world = World(limits, always(BUSY))
    for place in range(100):
        world.start(place)
    world.run()
    assert len(world.sent) <= 100 + 10
    assert len(world.results) == 100


def test_the_breaker_asks_one_question_until_that_is_answered() -> None:
    """After failures in a row only single trials go out, ever further apart; then all is as was."""
    limits = Limits(
        breaker_failures=5, breaker_wait=2, breaker_cap=8, attempts=50, total_timeout=100,
        retry_quota=1000,
    )  # fmt: skip
    back_at = 40.0
    world = World(limits, lambda now, request: (0.1, TRUE if now >= back_at else Failure.REFUSED))
    for place in range(20):
        world.start(place)
    world.run()
    trials = [time for time, _ in world.sent if 5 < time < back_at]
    assert 3 <= len(trials) <= 12
    assert all(b - a >= 1 for a, b in itertools.pairwise(trials))
    assert all(result is TRUE for result in world.results.values())
    assert world.pool.counts.outages == 1


def test_an_outage_beyond_patience_is_not_waited_for() -> None:
    """Once it has lasted too long, questions are given up as soon as they are put."""
    limits = Limits(breaker_failures=2, patience=30, total_timeout=1000, attempts=2)
    world = World(limits, always(Failure.REFUSED))
    for place in range(200):
        world.at(place * 1.0, lambda place=place: world.start(place))
    world.run()
    late = [world.ended[place] - place for place in range(60, 200)]
    assert max(late) < 1.0


def test_fewer_are_asked_at_a_time_while_the_other_side_is_strained() -> None:
    """A registry that answers 503 above four at a time is soon asked about four at a time."""
    world: World

    def answer(now: float, request: Request) -> Any:
        return (0.1, TRUE if world.under_way <= 4 else BUSY)

    limits = Limits(in_flight=64, attempts=50, retry_quota=10_000, total_timeout=600)
    world = World(limits, answer)
    for place in range(600):
        world.start(place)
    world.run()
    later = [reply for reply in world.results.values() if reply is TRUE]
    assert len(later) == 600
    assert len(world.sent) < 600 * 1.6
    assert world.pool.counts.width < 12


def test_the_width_grows_while_all_goes_well() -> None:
    """All places are used once many answers came."""
    world = World(Limits(in_flight=32), always(TRUE))
    for place in range(500):
        world.start(place)
    world.run()
    assert world.most_under_way == 32
    assert [r for _, r in world.sent[:4]] == [r for t, r in world.sent if t == 0]


def test_the_rate_is_kept() -> None:
    """No second holds more attempts than the rate."""
    world = World(Limits(rate=10, total_timeout=100), always(TRUE, takes=0.01))
    for place in range(100):
        world.start(place)
    world.run()
    times = [time for time, _ in world.sent]
    assert all(b - a >= 0.0999 for a, b in itertools.pairwise(times))
    assert len(world.results) == 100


@pytest.mark.parametrize("rate", [0.01, 0.2, 3.0, 1000.0])
def test_many_workers_at_any_rate_run_out_of_no_time(rate: float) -> None:
    """A worker begins a question only when its turn comes in time."""
    world = World(Limits(rate=rate, in_flight=16), always(TRUE, takes=0.01))
    left = list(range(60))

    def work(place: int) -> None:
        if not left:
            return
        until = world.pool.until_turn(world.now, place=place)
        if until:
            world.at(min(until, world.now + 1), lambda: work(place))
        else:
            world.start(left.pop())
            world.at(world.now + 0.011, lambda: work(place))

    for place in range(16):
        work(place)
    world.run()
    assert len(world.results) == 60
    assert all(result is TRUE for result in world.results.values())


def test_a_token_is_renewed_once() -> None:
    """A 401 is answered by a fresh token and one more attempt; a second 401 ends the run."""
    tokens = iter(["one", "two", "three"])
    auth = Bearer(lambda: next(tokens))
    world = World(Limits(), in_turn(Response(401), TRUE))
    world.start(0, auth=auth)
    world.run()
    assert world.results[0] is TRUE
    assert auth.generation == 2
    refused = World(Limits(), always(Response(401)))
    refused.start(0, auth=auth)
    refused.run()
    assert isinstance(refused.results[0], NotAuthorisedError)
    assert len(refused.sent) == 2


def test_only_the_first_worker_tries_an_open_breaker() -> None:
    """The others wait, so that an outage costs one question at a time."""
    now = 0.0
    pool = Pool(Limits(breaker_failures=1), clock=lambda: now, wall=lambda: 0, chance=lambda: 1.0)
    pool.breaker.leave(down=True, trial=pool.breaker.enter(), now=0, chance=1)
    now = 99.0
    assert list(turn(pool, place=0)) == []
    assert next(turn(pool, place=1)).until == float("inf")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        (
            {
                "retry-after": "Fri, 05 Nov 2021 08:00:30 GMT",
                "date": "Fri, 05 Nov 2021 08:00:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "Fri, 99 Nov 2021 08:00:30 GMT"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(headers: Any, seconds: float | None) -> None:
    """Seconds, or a date, which is held against the response's own; nonsense says nothing."""
    assert retry_after(Response(429, headers=headers), wall=10) == seconds


@given(st.text(max_size=80), st.text(max_size=80))
def test_retry_after_takes_any_text(text: str, date: str) -> None:
    """No header makes it raise or ask for less than no time."""
    seconds = retry_after(Response(503, headers={"retry-after": text, "date": date}), wall=0)
    assert seconds is None or seconds >= 0


def test_limits_must_make_sense() -> None:
    """A limit that nothing could keep is refused."""
    for wrong in ({"attempts": 0}, {"in_flight": -1}, {"rate": 0}, {"backoff": float("nan")}):
        with pytest.raises(InputError):
            Limits(**wrong)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_many_calls_with_some_failing_are_all_answered_or_undetermined(share: float) -> None:
    """A fifth of failures costs few answers and no more attempts than the budget."""
    chance = random.Random(7)
    bad = [BUSY, Response(500), Failure.DISCONNECTED, Failure.TIMEOUT, Response(429)]

    def answer(now: float, request: Request) -> Any:
        return (0.02, chance.choice(bad) if chance.random() < share else TRUE)

    world = World(Limits(), answer)
    for place in range(2000):
        world.at(place * 0.01, lambda place=place: world.start(place))
    world.run()
    undetermined = [r for r in world.results.values() if isinstance(r, UnreachableError)]
    answered = [r for r in world.results.values() if r is TRUE]
    assert len(answered) + len(undetermined) == 2000
    assert len(undetermined) <= (40 if share <= 0.2 else 200)
    asked = Counter(request.path for _, request in world.sent)
    assert max(asked.values()) <= 5


def test_giving_up_a_call_gives_its_place_back() -> None:
    """A call that is dropped while it waits for its answer does not block others."""
    pool = Pool(Limits(in_flight=1), clock=lambda: 0.0, wall=lambda: 0.0, chance=lambda: 0.5)
    call = ask(Request("GET", "/"), pool=pool, auth=None, answers=ANSWERS, host="there")
    assert isinstance(next(call), Send)
    assert pool.blocked(0)[0] == float("inf")
    call.close()
    assert pool.blocked(0)[0] == 0.0


def test_an_answer_without_our_name_is_refused_where_it_must_have_it() -> None:
    """With ``must_echo``, only an answer that names the question is one."""
    pool = Pool(Limits(attempts=1), clock=lambda: 0.0, wall=lambda: 0.0, chance=lambda: 0.5)
    asked = Request("GET", "/", headers={"idempotency-key": "1"})
    for echo, taken in (({}, False), ({"idempotency-key": "1"}, True)):
        call = ask(asked, pool=pool, auth=None, answers=ANSWERS, host="there", must_echo=True)
        next(call)
        with pytest.raises(StopIteration if taken else UnreachableError):
            call.send(Response(200, b"true", echo))


def test_only_what_the_codec_reads_is_an_answer() -> None:
    """No status is an answer unless the codec says so."""
    assert not [s for s in range(1000) if meaning_of(s) is Meaning.ANSWER]
    assert attrs.fields(Limits).attempts.default == 5
