"""Somebody else's registry, asked over a network. Needs the extra ``remote``.

Loading this loads no HTTP library and no codec: a registry does when it is made.
"""

from vnvaxmatch.backends.remote.client import (
    AsyncRemoteRegistry,
    AsyncTransport,
    Auth,
    Bearer,
    Counts,
    Limits,
    LocalTransport,
    RemoteRegistry,
    SignedHeaders,
    Transport,
    tls_context,
)
from vnvaxmatch.backends.remote.codecs import Answerer, Codec, codec
from vnvaxmatch.backends.remote.entries import AsyncRemoteEntries, RemoteEntries
from vnvaxmatch.backends.remote.matcher import RemoteMatcher
from vnvaxmatch.backends.remote.status import UNDETERMINED, Failure, Meaning
from vnvaxmatch.backends.remote.wire import Request, Response

__all__ = [
    "UNDETERMINED",
    "Answerer",
    "AsyncRemoteEntries",
    "AsyncRemoteRegistry",
    "AsyncTransport",
    "Auth",
    "Bearer",
    "Codec",
    "Counts",
    "Failure",
    "Limits",
    "LocalTransport",
    "Meaning",
    "RemoteEntries",
    "RemoteMatcher",
    "RemoteRegistry",
    "Request",
    "Response",
    "SignedHeaders",
    "Transport",
    "codec",
    "tls_context",
]
