"""What a registry server counts, in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Final

from vnvaxmatch.backends.remote.codecs import CODECS
from vnvaxmatch.errors import MissingExtraError
from vnvaxmatch.policy import Outcome
from vnvaxmatch.server.guards.walking import Walk

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
except ImportError as error:
    raise MissingExtraError("server") from error

__all__ = ["Metrics"]

OTHER: Final = "other"
"""The label of a word that is none of ours: labels are never made of what came over the wire."""

_BUCKETS: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_WORDS: Final = frozenset({*CODECS, *Outcome, "verify", "match", "look-up", "forbidden"})
"""What a question can be and come to: codecs, operations, outcomes."""


class Metrics:
    """The counts of one app, apart from those of any other in the same process.

    Labels are enumerated words: codecs, operations and outcomes that are known or given as
    ``words``, and members of a ``StrEnum``. Whatever else is passed counts as ``other``, because it
    might have come over the wire. Clients are named only where their names are given as
    ``clients``, in a counter of their own. Safe for threads.

    >>> metrics = Metrics()
    >>> metrics.answered(codec="osia", operation="verify", outcome="matched", seconds=0.002)
    >>> [line for line in metrics.page()[0].decode().splitlines()
    ...  if line.startswith("vnvaxmatch_answers_total")]
    ['vnvaxmatch_answers_total{codec="osia",operation="verify",outcome="matched"} 1.0']
    """

    def __init__(self, *, words: Collection[str] = (), clients: Collection[str] = ()) -> None:
        self._words = _WORDS.union(words)
        self._clients = frozenset(clients)
        self._registry = registry = CollectorRegistry()
        self._answers = Counter(
            "vnvaxmatch_answers", "Questions answered, by what they came to.",
            ("codec", "operation", "outcome"), registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "vnvaxmatch_answer_seconds", "From the question read to its answer given.",
            ("codec", "operation"), registry=registry, buckets=_BUCKETS,
        )  # fmt: skip
        self._refused = Counter(
            "vnvaxmatch_refused", "Questions not let in, and why.", ("why",), registry=registry
        )
        self._failed = Counter(
            "vnvaxmatch_failed", "Questions let in and not answered, and why.", ("why",),
            registry=registry,
        )  # fmt: skip
        self._walks = Counter(
            "vnvaxmatch_walks", "Reports of clients that seem to walk through the registry.",
            ("walk",), registry=registry,
        )  # fmt: skip
        self._by_client = Counter(
            "vnvaxmatch_answers_by_client", "Questions answered, by the clients to be named.",
            ("client",), registry=registry,
        )  # fmt: skip
        self._audit_waiting = Gauge(
            "vnvaxmatch_audit_waiting", "Audit lines that wait to be written.", registry=registry
        )
        self.in_flight = Gauge(
            "vnvaxmatch_in_flight", "Requests being worked on now.", registry=registry
        )
        """Count a request while it is worked on: ``with metrics.in_flight.track_inprogress():``."""

    def answered(
        self, *, codec: str, operation: str, outcome: str, seconds: float, client: str = ""
    ) -> None:
        """Count one answer and how long it took."""
        codec, operation = _known(codec, self._words), _known(operation, self._words)
        self._answers.labels(codec, operation, _known(outcome, self._words)).inc()
        self._seconds.labels(codec, operation).observe(seconds)
        if self._clients:
            self._by_client.labels(_known(client, self._clients)).inc()

    def refused(self, *, why: StrEnum) -> None:
        """Count one question that was not let in."""
        self._refused.labels(_word(why)).inc()

    def failed(self, *, why: StrEnum) -> None:
        """Count one question that was let in and got no answer."""
        self._failed.labels(_word(why)).inc()

    def walked(self, *, walk: Walk) -> None:
        """Count one report of a walk."""
        self._walks.labels(_word(walk)).inc()

    def watch_audit(self, waiting: Callable[[], float], /) -> None:
        """Ask this, whenever the page is made, how many audit lines wait."""
        self._audit_waiting.set_function(waiting)

    def page(self) -> tuple[bytes, str]:
        """Give the page that Prometheus reads, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


def _known(word: str, known: frozenset[str]) -> str:
    return str(word) if word in known else OTHER


def _word(word: object) -> str:
    """Take a member of an enumeration for a label; what came over the wire is none."""
    return word.value if isinstance(word, StrEnum) else OTHER
