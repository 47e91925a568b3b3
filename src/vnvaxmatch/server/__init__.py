"""A server that answers for a registry, in the protocols of the codecs. Needs the extra ``server``.

:func:`make_app` gives an ASGI application to embed; :func:`run` serves one, with TLS, a graceful
stop, and errors in one line.
"""

from vnvaxmatch.server.app import make_app
from vnvaxmatch.server.callers import Anybody, Caller, Callers, Certificates, Tokens, new_token
from vnvaxmatch.server.guarding import Guards
from vnvaxmatch.server.life import Life
from vnvaxmatch.server.running import Listening, run
from vnvaxmatch.server.services import (
    Answered,
    Asked,
    Described,
    Operation,
    Refusal,
    RefusalError,
    Service,
)
from vnvaxmatch.server.settings import Settings
from vnvaxmatch.server.tls import load_certificate, server_tls

__all__ = [
    "Answered",
    "Anybody",
    "Asked",
    "Caller",
    "Callers",
    "Certificates",
    "Described",
    "Guards",
    "Life",
    "Listening",
    "Operation",
    "Refusal",
    "RefusalError",
    "Service",
    "Settings",
    "Tokens",
    "load_certificate",
    "make_app",
    "new_token",
    "run",
    "server_tls",
]
