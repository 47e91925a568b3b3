"""Run a matcher against a registry: one flow, driven with or without await."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from inspect import isawaitable
from typing import TypeVar

from vnvaxmatch.backends.protocols import MatcherOf, RegistryOf
from vnvaxmatch.policy import Policy, Verdict, strict
from vnvaxmatch.records import Claim

__all__ = ["amatch", "amatch_many", "match", "match_many"]

Q = TypeVar("Q")
A = TypeVar("A")


def match(
    claim: Claim, *, by: MatcherOf[Q, A], against: RegistryOf[Q, A], policy: Policy = strict
) -> Verdict:
    """Compare one claim with a registry and say what it came to.

    Raises :class:`~vnvaxmatch.errors.RegistryError` if the registry cannot be asked: an outage is
    never an outcome.
    """
    flow = by.flow(claim, policy=policy)
    try:
        question = next(flow)
        while True:
            question = flow.send(against.find(question))
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict


async def amatch(
    claim: Claim, *, by: MatcherOf[Q, A], against: RegistryOf[Q, A | Awaitable[A]],
    policy: Policy = strict,
) -> Verdict:  # fmt: skip
    """Do what :func:`match` does, awaiting the registry's answers where it gives awaitables."""
    flow = by.flow(claim, policy=policy)
    try:
        question = next(flow)
        while True:
            answer = against.find(question)
            question = flow.send(await answer if isawaitable(answer) else answer)
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict


def match_many(
    claims: Iterable[Claim], *, by: MatcherOf[Q, A], against: RegistryOf[Q, A],
    policy: Policy = strict,
) -> Iterator[Verdict]:  # fmt: skip
    """Compare claims one after the other, lazily and in order."""
    return (match(claim, by=by, against=against, policy=policy) for claim in claims)


async def amatch_many(
    claims: Iterable[Claim], *, by: MatcherOf[Q, A], against: RegistryOf[Q, A | Awaitable[A]],
    policy: Policy = strict,
) -> AsyncIterator[Verdict]:  # fmt: skip
    """Do what :func:`match_many` does, awaiting each answer in turn."""
    for claim in claims:
        yield await amatch(claim, by=by, against=against, policy=policy)
