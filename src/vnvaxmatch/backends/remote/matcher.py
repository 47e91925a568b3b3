"""The remote matcher: the other side compares, and what it says is judged by our policy."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from vnvaxmatch.backends.decisions import Decision, verdict_of
from vnvaxmatch.backends.protocols import Conversation
from vnvaxmatch.backends.remote.answers import conclude
from vnvaxmatch.backends.remote.codecs import codec as codec_of
from vnvaxmatch.backends.remote.codecs.protocol import Codec
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Outcome, Policy, settle
from vnvaxmatch.records import Claim

__all__ = ["RemoteFlow", "RemoteMatcher", "matcher_of"]

RemoteFlow: TypeAlias = Conversation[Request, Response]
"""The conversation with a remote registry: it yields a request, is sent the response."""


@attrs.frozen
class RemoteMatcher:
    """Ask one question about a claim that can be compared, and judge the answer.

    A claim with a gap in a mandatory field, or of a foreigner, is settled without asking: the other
    side could add nothing, and needs not know. So is one that the codec cannot express, with
    ``cannot_be_asked``. The claimed number alone is asked for; former ones that a card prints
    beside it are not sent. What is no answer raises
    :class:`~vnvaxmatch.errors.ReplyError` out of the flow, and never becomes an outcome.
    """

    codec: Codec

    @property
    def name(self) -> str:
        """Name and version of the codec, as results record it."""
        return self.codec.name

    def flow(self, claim: Claim, /, *, policy: Policy) -> RemoteFlow:
        """Start the conversation that ends in a verdict."""
        settled = settle(claim.gaps, foreign=claim.is_foreign)
        if settled is not None:
            decision = Decision(settled)
        elif isinstance(request := self.codec.request(claim), Reason):
            decision = Decision(Outcome.INCOMPLETE, None, (request,))
        else:
            response = yield request
            decision = conclude(self.codec.answer(response, claim), policy=policy)
        return verdict_of(claim, decision, {}, matcher=self.name, policy=policy)


def matcher_of(codec: Codec | str, /) -> RemoteMatcher:
    """Make the matcher of a codec, or of the name of one."""
    return RemoteMatcher(codec_of(codec) if isinstance(codec, str) else codec)
