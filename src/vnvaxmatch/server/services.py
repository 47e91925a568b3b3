"""What a service of the server is: some operations below a prefix, and one shape of errors.

To add one, fill :class:`Service` and give it to :func:`vnvaxmatch.server.make_app`. Whoever asks is
known, within the rate, and has sent a whole body of the right kind before a service sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

import attrs

from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.outcome import redact
from vnvaxmatch.server.callers import Caller

__all__ = [
    "REFUSALS",
    "Answered",
    "Asked",
    "Operation",
    "Refusal",
    "RefusalError",
    "Service",
    "found_operation",
]


class Refusal(StrEnum):
    """Why a request gets no answer, in the words of the metrics.

    The last three are failures of ours: what was asked was let in.
    """

    NO_SUCH_PATH = "no_such_route"
    METHOD = "method"
    CREDENTIALS = "unknown_client"
    FORBIDDEN = "not_allowed"
    RATE = "rate"
    WALKING = "walking"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    MEDIA = "content_type"
    REQUEST = "malformed"
    BUSY = "busy"
    STOPPING = "stopping"
    REGISTRY = "registry"
    AUDIT = "audit"
    BUG = "internal"

    @property
    def is_failure(self) -> bool:
        """Whether it is our fault."""
        return self in (Refusal.REGISTRY, Refusal.AUDIT, Refusal.BUG)


REFUSALS: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.NO_SUCH_PATH: (404, "there is nothing at this path"),
    Refusal.METHOD: (405, "this method is not served here"),
    Refusal.CREDENTIALS: (401, "who asks must be known"),
    Refusal.FORBIDDEN: (403, "this is not told here"),
    Refusal.RATE: (429, "too many questions: ask more slowly"),
    Refusal.WALKING: (429, "these questions look like a walk through numbers"),
    Refusal.TOO_LARGE: (413, "the request is too large"),
    Refusal.TOO_SLOW: (408, "the request took too long to arrive"),
    Refusal.MEDIA: (415, "this kind of content is not read here"),
    Refusal.REQUEST: (400, "the request is no question of this protocol"),
    Refusal.BUSY: (503, "too many questions at once: ask again later"),
    Refusal.STOPPING: (503, "the server is stopping: ask again later"),
    Refusal.REGISTRY: (503, "the registry cannot be asked: ask again later"),
    Refusal.AUDIT: (503, "the question cannot be recorded: ask again later"),
    Refusal.BUG: (500, "unexpected error"),
}
"""Status and text of each: constant, so that no error tells what was asked or what went wrong."""


class RefusalError(Exception):
    """A request is refused; ``retry_after`` is in seconds. Stays within the server."""

    def __init__(self, refusal: Refusal, *, retry_after: float | None = None) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.retry_after = retry_after


@attrs.frozen
class Operation:
    """One thing that can be asked of a service.

    ``name`` is a word for metrics, logs and audit. ``path`` is below the service's prefix and may
    have ``{variables}``, each one step of a path: it is written to the access log as it stands
    here. ``media`` are the kinds of content that a body may have, none where there is no body.
    """

    name: str
    path: str
    method: str = "POST"
    media: tuple[str, ...] = ()
    _pattern: re.Pattern[str] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        pieces = re.split(r"\{\w+\}", self.path)
        object.__setattr__(self, "_pattern", re.compile("[^/]+".join(map(re.escape, pieces))))

    def fits(self, path: str) -> bool:
        """Tell whether a path, still percent-encoded, is this operation's.

        >>> Operation("verify", "/v1/persons/{uin}/verify").fits("/v1/persons/1%2F2/verify")
        True
        """
        return self._pattern.fullmatch(path) is not None


@attrs.frozen
class Asked:
    """A request as a service is given it: the path is relative to the prefix, percent-encoded."""

    caller: Caller
    operation: Operation
    request: Request = attrs.field(repr=redact)


@attrs.frozen
class Answered:
    """What a service answers; ``outcome`` is an enumerated word for metrics."""

    response: Response
    outcome: str


class Service(Protocol):
    """Operations below one prefix.

    ``answer`` must answer, or raise :class:`RefusalError`; what else it raises becomes
    a plain 500, and :class:`~vnvaxmatch.errors.RegistryError` a 503. It must not block the event
    loop, and must let nothing of a question into a log. ``refuse`` must give the same bytes for the
    same refusal. ``describe`` gives the operations as OpenAPI path items, relative to the prefix,
    and the schemas that they refer to.
    """

    @property
    def name(self) -> str:
        """A word for metrics, logs and audit: a codec's name."""
        ...

    @property
    def prefix(self) -> str:
        """Where it begins: ``/osia``."""
        ...

    @property
    def operations(self) -> Sequence[Operation]:
        """What can be asked."""
        ...

    async def answer(self, asked: Asked, /) -> Answered:
        """Answer one question."""
        ...

    def refuse(self, refusal: Refusal, /) -> Response:
        """Say in the shape of this protocol that there is no answer."""
        ...

    def describe(self) -> Described:
        """Describe the operations."""
        ...


@attrs.frozen
class Described:
    """A part of the OpenAPI document: path items by path below the prefix, and named schemas."""

    paths: Mapping[str, Mapping[str, object]]
    schemas: Mapping[str, object]


def found_operation(service: Service, path: str, *, method: str) -> Operation:
    """Find the operation of a path and a method; RefusalError if there is none."""
    fitting = [operation for operation in service.operations if operation.fits(path)]
    if not fitting:
        raise RefusalError(Refusal.NO_SUCH_PATH)
    for operation in fitting:
        if operation.method == method:
            return operation
    raise MethodError(tuple(sorted({operation.method for operation in fitting})))


class MethodError(RefusalError):
    """The path exists, and the method does not; ``allowed`` are those that do."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(Refusal.METHOD)
        self.allowed = allowed
