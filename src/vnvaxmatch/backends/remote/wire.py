"""What goes over the wire: a request and a response, as bytes, apart from whoever carries them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from vnvaxmatch.outcome import redact

__all__ = ["Request", "Response"]


@attrs.frozen
class Request:
    """One question. The path is relative to the registry's address, and may hold a number.

    ``headers`` are the codec's own (the kind of content); authentication is added by the client.
    """

    method: str
    path: str = attrs.field(repr=redact)
    body: bytes = attrs.field(default=b"", repr=redact)
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Response:
    """One answer: the status of HTTP, headers with names in lower case, and the body."""

    status: int
    body: bytes = attrs.field(default=b"", repr=redact)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=redact)
