"""Secure connections of a server, from PEM files."""

from __future__ import annotations

import os
import ssl
from typing import TypeAlias

from vnvaxmatch.errors import CertificateError

__all__ = ["load_certificate", "server_tls"]

_Path: TypeAlias = str | os.PathLike[str]


def server_tls(
    certificate: _Path, key: _Path | None = None, *, client_ca: _Path | None = None
) -> ssl.SSLContext:
    """Make the context of a server, TLS 1.2 at the least.

    ``certificate`` holds the server's and those that lead to its authority, ``key`` its private
    key where that is in a file of its own. With ``client_ca`` a client needs a certificate of that
    authority. Raises :class:`~vnvaxmatch.errors.CertificateError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load_certificate(context, certificate, key)
    if client_ca is not None:
        try:
            context.load_verify_locations(cafile=client_ca)
        except (OSError, ValueError) as error:
            raise CertificateError(
                f"{client_ca} is not a file of certificates ({_why(error)}): check --client-ca"
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def load_certificate(context: ssl.SSLContext, certificate: _Path, key: _Path | None) -> None:
    """Put a certificate into a context, also in the place of an earlier one that was renewed."""
    locked = False

    def password() -> str:
        nonlocal locked
        locked = True
        return ""  # OpenSSL would ask at the terminal

    try:
        context.load_cert_chain(certificate, key, password)
    except (OSError, ValueError) as error:
        why = "the key has a password: write it without one" if locked else _why(error)
        raise CertificateError(
            f"{certificate} and its key cannot be used ({why}): check --tls-cert and --tls-key"
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "it may not be read"
    reason = getattr(error, "reason", None)
    return {
        None: "it is not PEM",
        "KEY_VALUES_MISMATCH": "the key belongs to another certificate",
    }.get(reason, str(reason).lower().replace("_", " "))
