"""What a codec must, must not and may do, on the side that asks and on the side that answers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vnvaxmatch.backends.remote.answers import Answer
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Policy, Verdict
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["Answerer", "Codec"]


@runtime_checkable
class Codec(Protocol):
    """One protocol of a registry, as a pure pair: claim to request, response to answer.

    It must not touch the network, a clock or chance; the same claim gives the same bytes. It must
    read an answer only from what the protocol says is one, and raise
    :class:`~vnvaxmatch.errors.ReplyError` for all the rest, whatever the bytes. It must not call a
    field compared that the other side was not asked about and did not tell of. It may be asked for
    any claim, and says by a reason which it cannot express.
    """

    @property
    def name(self) -> str:
        """Name and version, as results record it: ``osia/1``."""
        ...

    @property
    def asks(self) -> frozenset[Field]:
        """The fields that the other side can compare; the others are always missing."""
        ...

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses of HTTP that :meth:`answer` may read an answer from."""
        ...

    def request(self, claim: Claim, /) -> Request | Reason:
        """Say the claim as a question, or why that is not possible."""
        ...

    def answer(self, response: Response, claim: Claim, /) -> Answer:
        """Read what was said about the claim that was asked; ReplyError if nothing was."""
        ...


@runtime_checkable
class Answerer(Protocol):
    """The same protocol, for whoever owns a registry and is asked."""

    def parse_request(self, request: Request, /) -> Claim:
        """Read the claim that is asked about; RequestError if it is none.

        Fields that the protocol does not carry, or that were not asked, are blank.
        """
        ...

    def render_answer(
        self,
        verdict: Verdict,
        claim: Claim,
        /,
        *,
        disclosure: Disclosure = Disclosure.VERDICT,
        policy: Policy | None = None,
        entry: Entry | None = None,
    ) -> Response:
        """Say what the verdict came to, and no more than ``disclosure`` lets.

        ``verdict`` is whole (as the matcher gave it), because a question may leave out a field:
        then what was asked is judged by the levels, by ``policy`` (strict if not given). ``entry``
        is the one that the verdict is about, used at disclosure ``values`` only.
        """
        ...
