"""The client that asks a remote registry: one pure conversation, driven by threads or by tasks."""

from vnvaxmatch.backends.remote.client.aregistry import AsyncRemoteRegistry
from vnvaxmatch.backends.remote.client.auth import Auth, Bearer, SignedHeaders
from vnvaxmatch.backends.remote.client.limits import Limits
from vnvaxmatch.backends.remote.client.pool import Counts
from vnvaxmatch.backends.remote.client.registry import RemoteRegistry
from vnvaxmatch.backends.remote.client.tls import tls_context
from vnvaxmatch.backends.remote.client.transport import AsyncTransport, LocalTransport, Transport

__all__ = [
    "AsyncRemoteRegistry",
    "AsyncTransport",
    "Auth",
    "Bearer",
    "Counts",
    "Limits",
    "LocalTransport",
    "RemoteRegistry",
    "SignedHeaders",
    "Transport",
    "tls_context",
]
