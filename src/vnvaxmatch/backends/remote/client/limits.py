"""How patiently and how fast a remote registry is asked."""

from __future__ import annotations

import attrs

from vnvaxmatch.errors import InputError

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """All times in seconds. Each of them holds for one client, whatever its threads and tasks.

    ``attempts`` is how often one question is asked at most (once more where a token had to be
    renewed), ``attempt_timeout`` how long one attempt may take from the connection to the last
    byte, ``total_timeout`` how long a call may take with all its attempts and waits. Between
    attempts a call waits a random time up to ``backoff``, doubled each time up to ``backoff_cap``.

    All calls together may ask again ``retry_quota`` times more than ``retry_share`` of the
    questions that were answered. A Retry-After pauses all of them, for ``pause_cap`` at most. After
    ``breaker_failures`` failures in a row nobody is asked for ``breaker_wait``, doubled up to
    ``breaker_cap`` each time that the one question then tried fails too; and once that has gone on
    for ``patience``, questions are given up at once instead of waiting.

    At most ``in_flight`` questions are asked at a time, fewer while the other side is strained, and
    at most ``rate`` attempts a second where one is given. A response of more than ``body_limit``
    bytes is refused.
    """

    attempts: int = 5
    attempt_timeout: float = 10.0
    total_timeout: float = 60.0
    backoff: float = 0.25
    backoff_cap: float = 20.0
    retry_quota: int = 100
    retry_share: float = 0.5
    pause_cap: float = 300.0
    breaker_failures: int = 20
    breaker_wait: float = 1.0
    breaker_cap: float = 30.0
    patience: float = 600.0
    in_flight: int = 16
    rate: float | None = None
    body_limit: int = 1_000_000

    def __attrs_post_init__(self) -> None:
        whole = ("attempts", "breaker_failures", "in_flight", "body_limit")
        for name, value in attrs.asdict(self).items():
            if value is None:
                continue
            number = isinstance(value, (int, float)) and value == value
            low = 1 if name in whole else 0
            if not number or value < low or (name in ("attempt_timeout", "rate") and value == 0):
                raise InputError(f"the limit {name} must be a number from {low} up: give one")
