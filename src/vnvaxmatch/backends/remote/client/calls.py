"""One question and all its attempts, as a conversation: pure, and driven with or without await."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import attrs

from vnvaxmatch.backends.remote.client.auth import Auth
from vnvaxmatch.backends.remote.client.brakes import FOREVER
from vnvaxmatch.backends.remote.client.pool import Pool
from vnvaxmatch.backends.remote.client.transport import ECHO, is_mixed_up
from vnvaxmatch.backends.remote.status import FAILURES, Failure, Meaning, Rule, rule_of
from vnvaxmatch.backends.remote.wire import Request, Response

__all__ = ["Call", "Refresh", "Reply", "Send", "Step", "Wait", "ask", "retry_after", "turn"]


@attrs.frozen
class Wait:
    """Wait until that time of the clock, or, if ``wakeable``, until the pool was stirred."""

    until: float
    wakeable: bool


@attrs.frozen
class Send:
    """Send it, and hand back the response or the failure."""

    request: Request
    timeout: float


@attrs.frozen
class Refresh:
    """Renew the credentials unless somebody did since; hand back whether there are new ones."""

    generation: int


Step: TypeAlias = Wait | Send | Refresh
Reply: TypeAlias = Response | Failure | bool | None
Call: TypeAlias = Generator[Step, Reply, Response]


def ask(
    request: Request,
    /,
    *,
    pool: Pool,
    auth: Auth | None,
    answers: Collection[int],
    host: str,
    must_echo: bool = False,
) -> Call:
    """Ask until there is an answer, within the limits of the pool.

    Raises what :mod:`~vnvaxmatch.backends.remote.status` says; an error never becomes an answer.
    """
    pool.calls += 1
    deadline = pool.clock() + pool.limits.total_timeout
    attempts = renewals = 0
    reply: Response | Failure
    if auth is not None and not auth.generation:
        yield Refresh(0)
    while True:
        now = pool.clock()
        if not pool.is_free(now):
            blocked = yield from _admission(pool, deadline)
            if blocked is not None:
                raise FAILURES[blocked].raised(host, blocked)
            now = pool.clock()
        generation = 0 if auth is None else auth.generation
        attempts += 1
        ticket = pool.enter(now)
        rule = None
        try:
            sent = yield Send(request, min(pool.limits.attempt_timeout, deadline - now))
            assert isinstance(sent, (Response, Failure))
            reply = _checked(sent, request, answers, must_echo)
            rule = _rule(reply, answers)
        finally:
            pool.leave(ticket, rule=rule)
        if rule.meaning is Meaning.ANSWER:
            pool.answers += 1
            assert isinstance(reply, Response)
            return reply
        kind = reply.value if isinstance(reply, Failure) else f"status_{reply.status}"
        if rule.meaning is Meaning.REFRESH and auth is not None and not renewals:
            renewals = 1
            if (yield Refresh(generation)):
                continue
        if rule.meaning is not Meaning.RETRY:
            raise rule.raised(host, kind)
        if isinstance(reply, Response):
            _heed(reply, pool)
        until = pool.clock() + _backoff(pool, attempts)
        if attempts - renewals >= pool.limits.attempts or until > deadline or not pool.quota.take():
            raise rule.raised(host, kind)
        yield Wait(until, wakeable=False)


def turn(pool: Pool, /, *, place: int) -> Generator[Wait, None, None]:
    """Wait until the worker at a place may begin another question."""
    while until := pool.until_turn(pool.clock(), place=place):
        yield Wait(until, wakeable=True)


def _admission(pool: Pool, deadline: float) -> Generator[Step, object, Failure | None]:
    """Wait for leave to ask; give why there is none in time."""
    reserved = None
    while True:
        now = pool.clock()
        until, why = pool.blocked(now)
        if not until:
            if reserved is None:
                reserved = pool.pace.reserve(now)
            until = pool.pace.blocked(reserved=reserved)
            if until <= now:
                return None
        if now >= deadline or FOREVER > until > deadline or (until and pool.is_hopeless(now)):
            return why
        pool.waiting += 1
        try:
            yield Wait(min(until, deadline), wakeable=True)
        finally:
            pool.waiting -= 1


def _checked(
    reply: Response | Failure, request: Request, answers: Collection[int], must_echo: bool
) -> Response | Failure:
    """Refuse what looks like an answer and cannot be one to this question."""
    if isinstance(reply, Failure) or reply.status not in answers:
        return reply
    if is_mixed_up(request, reply.headers) or (must_echo and ECHO not in reply.headers):
        return Failure.WRONG_ECHO
    if reply.headers.get("content-type", "").lstrip()[:9].lower() == "text/html":
        return Failure.ERROR_PAGE
    return reply


def _rule(reply: Response | Failure, answers: Collection[int]) -> Rule:
    return rule_of(reply if isinstance(reply, Failure) else reply.status, answers=answers)


def _backoff(pool: Pool, attempts: int) -> float:
    """Full jitter: anything from nothing to the bound."""
    limits = pool.limits
    bound = min(limits.backoff_cap, limits.backoff * 2.0 ** min(attempts - 1, 60))
    return pool.chance() * bound


def _heed(reply: Response, pool: Pool) -> None:
    """Pause all calls for as long as the response asks."""
    if (seconds := retry_after(reply, wall=pool.wall())) is not None and seconds > 0:
        pool.pause(seconds)


def retry_after(reply: Response, /, *, wall: float) -> float | None:
    """Read how many seconds a response asks us to wait; None where it does not say.

    A date is held against the response's own, so that a clock that goes wrong does not matter,
    and otherwise against ``wall``, in seconds since 1970.

    >>> retry_after(Response(429, headers={"retry-after": "7"}), wall=0)
    7.0
    >>> date = {"date": "Fri, 05 Nov 2021 08:00:00 GMT"}
    >>> date["retry-after"] = "Fri, 05 Nov 2021 08:01:30 GMT"
    >>> retry_after(Response(503, headers=date), wall=0)
    90.0
    """
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    if (at := _date(text)) is None:
        return None
    sent = _date(reply.headers.get("date", ""))
    return max(0.0, at - (wall if sent is None else sent))


def _date(text: str) -> float | None:
    if len(text) > 64:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, TypeError, OSError):
        return None
