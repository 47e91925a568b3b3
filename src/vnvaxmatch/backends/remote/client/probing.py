"""What a probe found, in one line that says what to do."""

from __future__ import annotations

import ssl
from typing import Final

from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.tls import alert_of
from vnvaxmatch.backends.remote.status import FAILURES, Failure, Meaning, rule_of
from vnvaxmatch.backends.remote.wire import Response

__all__ = ["judge_probe"]

_PATIENCE: Final = 5.0
_IN_THE_WAY: Final = frozenset({401, 403, 407, 511})


def judge_probe(
    reply: Response | Failure, address: Address, *, context: ssl.SSLContext | None
) -> None:
    """Raise the error for what is in the way, if anything is.

    A probe asks for nothing that a codec knows, so that most refusals are a good sign: somebody is
    there and lets us speak. A connection that breaks off is looked at once more, because a server
    that wants a client certificate ends it so.
    """
    if isinstance(reply, Failure):
        if (
            context is not None
            and address.is_secure
            and reply in (Failure.DISCONNECTED, Failure.GARBLED)
        ):
            host, port = address.host, address.port
            reply = alert_of(host, port, context=context, timeout=_PATIENCE) or reply
        raise FAILURES[reply].raised(address.host, reply)
    rule = rule_of(reply.status)
    away = 300 <= reply.status < 400
    if reply.status in _IN_THE_WAY or away or rule.meaning is Meaning.RETRY:
        raise rule.raised(address.host, f"status_{reply.status}")
