"""Secure connections: the context that both ways of asking use, and what went wrong in one."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeAlias

from vnvaxmatch.backends.remote.status import Failure
from vnvaxmatch.errors import CertificateError, InputError

__all__ = ["alert_of", "check_context", "failure_of", "tls_context"]

_Path: TypeAlias = str | os.PathLike[str]


def tls_context(
    *,
    ca: _Path | None = None,
    certificate: _Path | None = None,
    key: _Path | None = None,
    password: str | None = None,
) -> ssl.SSLContext:
    """Make a context from PEM files.

    ``ca`` is the registry's authority, where the computer's own list does not have it;
    ``certificate`` is the client certificate with those that lead to its authority, ``key`` its
    private key where that is in a file of its own. Raises
    :class:`~vnvaxmatch.errors.CertificateError`.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ValueError) as error:
            raise CertificateError(f"{ca} is not a file of certificates: check ca=") from error
    if certificate is not None:
        try:  # an empty password rather than none: OpenSSL would ask at the terminal
            context.load_cert_chain(certificate, key, password or "")
        except (OSError, ValueError) as error:
            raise CertificateError(
                f"{certificate} and its key cannot be used ({_why(error)}): "
                "check certificate=, key= and password="
            ) from error
    elif key is not None:
        raise InputError("a key was given without its certificate: give certificate= too")
    return context


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    reason = getattr(error, "reason", None) or type(error).__name__
    return {
        "KEY_VALUES_MISMATCH": "the key belongs to another certificate",
        "BAD_DECRYPT": "the password is wrong",
        "BAD_PASSWORD_READ": "the key wants a password",
    }.get(reason, str(reason).lower().replace("_", " "))


def check_context(context: ssl.SSLContext, /) -> ssl.SSLContext:
    """Refuse a context that would talk to anybody."""
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise InputError(
            "the TLS context does not check who answers: personal data would go to anybody; "
            "leave verify_mode and check_hostname on, and give the authority with ca="
        )
    return context


_EXPIRED: Final = frozenset({9, 10})
"""OpenSSL's verify codes for «not yet valid» and «expired»."""
_OTHER_HOST: Final = frozenset({62, 63, 64})
"""Those for another host name, address of mail, or IP address."""
_ALERTS: Final = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": Failure.CLIENT_CERTIFICATE_MISSING,
    # Before TLS 1.3 a server that got no certificate has no better word than this one.
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Failure.CLIENT_CERTIFICATE_MISSING,
    "TLSV1_ALERT_UNKNOWN_CA": Failure.CLIENT_CERTIFICATE_REFUSED,
    "SSLV3_ALERT_BAD_CERTIFICATE": Failure.CLIENT_CERTIFICATE_REFUSED,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": Failure.CLIENT_CERTIFICATE_REFUSED,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": Failure.CLIENT_CERTIFICATE_REFUSED,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": Failure.CLIENT_CERTIFICATE_REFUSED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": Failure.CLIENT_CERTIFICATE_REFUSED,
    "TLSV1_ALERT_ACCESS_DENIED": Failure.CLIENT_CERTIFICATE_REFUSED,
    "TLSV1_ALERT_DECRYPT_ERROR": Failure.CLIENT_CERTIFICATE_REFUSED,
}
_BROKE_OFF: Final = frozenset({"UNEXPECTED_EOF_WHILE_READING", "BAD_LENGTH"})
_NO_ROUTE: Final = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
)


def failure_of(error: BaseException, /) -> Failure | None:
    """Tell what an exception of a socket or of TLS means, wherever in it that is wrapped.

    None where nothing of the kind is in it. The text of an exception is never looked at.

    >>> failure_of(ConnectionRefusedError()).value
    'refused'
    """
    found: list[Failure | None] = [
        what for inner in _inner(error) if (what := _one(inner)) is not None
    ]
    # The broadest says least: a certificate or a name wins over a connection that broke off.
    telling = [what for what in found if what is not Failure.DISCONNECTED]
    return (telling or found or [None])[0]


def _inner(error: BaseException) -> Iterator[BaseException]:
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < 50:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        reason, inner = getattr(one, "reason", None), getattr(one, "os_error", None)
        certificate = getattr(one, "certificate_error", None)
        waiting += [one.__cause__, one.__context__, reason, inner, certificate, *one.args]


def _one(error: BaseException) -> Failure | None:
    # aiohttp's own classes are of these kinds too, without what the kind promises.
    if isinstance(error, ssl.SSLCertVerificationError):
        code = getattr(error, "verify_code", None)
        if code is None:
            return None
        if code in _EXPIRED:
            return Failure.CERTIFICATE_EXPIRED
        return Failure.CERTIFICATE_HOST if code in _OTHER_HOST else Failure.CERTIFICATE_UNTRUSTED
    if isinstance(error, (ssl.SSLZeroReturnError, ssl.SSLEOFError)):
        return Failure.DISCONNECTED
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None)
        if reason is None:
            return None
        return Failure.DISCONNECTED if reason in _BROKE_OFF else _ALERTS.get(reason, Failure.TLS)
    if isinstance(error, socket.gaierror):
        return Failure.HOST_UNKNOWN
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return Failure.NO_ROUTE
    if isinstance(error, (ConnectionError, EOFError)):
        return Failure.DISCONNECTED
    return None


def alert_of(host: str, port: int, *, context: ssl.SSLContext, timeout: float) -> Failure | None:
    """Connect, send nothing, and find out whether and why the other side turns us away.

    Since TLS 1.3 a server says that it wants a client certificate only after the client thinks that
    all is well, and a request already on its way then looks like a connection that broke off. Some
    servers say nothing at all (asyncio's): then it counts that they asked for a certificate.
    """
    heard = _Handshake()
    found: Failure | None = Failure.DISCONNECTED
    with heard.listening(context):
        try:
            with (
                socket.create_connection((host, port), timeout) as bare,
                context.wrap_socket(bare, server_hostname=host) as secure,
            ):
                secure.settimeout(min(timeout, 2.0))
                secure.recv(1)
        except TimeoutError:
            return None  # it waits for us to speak: it took us as we are
        except OSError as error:
            found = failure_of(error)
    if found is Failure.DISCONNECTED and heard.was_asked:
        gave = Failure.CLIENT_CERTIFICATE_REFUSED if heard.gave else None
        return gave or Failure.CLIENT_CERTIFICATE_MISSING
    return found


class _Handshake:
    """Whether a server asked for a client certificate, and got one.

    Python tells it by a hook for debugging only; where that is gone, nothing is heard.
    """

    _ASKS: Final = 13
    _CERTIFICATE: Final = 11
    _EMPTY: Final = 8
    """The most bytes that a message without a certificate has."""

    def __init__(self) -> None:
        self.was_asked = self.gave = False

    @contextmanager
    def listening(self, context: Any) -> Iterator[None]:
        before = getattr(context, "_msg_callback", None)
        try:
            with suppress(AttributeError, TypeError):
                context._msg_callback = self._hear
            yield
        finally:
            with suppress(AttributeError, TypeError):
                context._msg_callback = before

    def _hear(self, *message: Any) -> None:
        _, direction, _, _, kind, data = message
        if direction == "read" and kind == self._ASKS:
            self.was_asked = True
        if direction == "write" and kind == self._CERTIFICATE:
            self.gave = len(data) > self._EMPTY
