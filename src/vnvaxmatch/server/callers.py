"""Who asks: by a bearer token, by a client certificate, or nobody in particular."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from vnvaxmatch.errors import InputError

__all__ = ["Anybody", "Caller", "Callers", "Certificates", "Tokens", "new_token"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SCHEME: Final = b"bearer "
_LONGEST_TOKEN: Final = 4096


@attrs.frozen
class Caller:
    """Whoever asks: a name from the owner's file or a certificate, never a person's.

    ``certificate`` is the SHA-256 fingerprint of the client certificate, if there is one.
    """

    name: str
    certificate: str = ""


class Callers(Protocol):
    """Says who sent a request, from its ASGI scope.

    It must be quick and must not show a credential in an exception, a log or a repr.
    """

    @property
    def challenge(self) -> str | None:
        """What ``WWW-Authenticate`` says beside a 401; None where a header cannot help."""
        ...

    def known(self, scope: Mapping[str, Any], /) -> Caller | None:
        """Tell who it is; None if that is nobody who may ask."""
        ...


class Anybody:
    """Lets everybody ask, told apart by address."""

    challenge = None

    def known(self, scope: Mapping[str, Any], /) -> Caller | None:
        """Name the address."""
        peer = scope.get("client")
        return Caller(f"address:{peer[0]}" if peer else "address:unknown")


class Certificates:
    """Lets those ask whose certificate the TLS layer accepted, named by its subject.

    The name is the common name where that is plain (letters, digits and ``._@-``), otherwise the
    fingerprint.
    """

    challenge = None

    def known(self, scope: Mapping[str, Any], /) -> Caller | None:
        """Read the certificate from the TLS extension of the scope."""
        chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
        return _holder(chain[0]) if chain else None


@lru_cache(maxsize=1024)
def _holder(pem: str) -> Caller:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    fingerprint = certificate.fingerprint(SHA256()).hex()
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if len(names) == 1 else ""
    return Caller(name if _NAME.fullmatch(name) else f"sha256:{fingerprint}", fingerprint)


class Tokens:
    """Lets those ask whose token is in a file: lines of a name and the SHA-256 of the token.

    Blank lines and those that begin with ``#`` are skipped. One name may have several tokens, for
    the time of a change. ``certificates`` adds the fingerprint to the caller, where there is a
    client certificate too. Raises :class:`~vnvaxmatch.errors.InputError` for a file that is not
    wholly read.
    """

    challenge = 'Bearer realm="vnvaxmatch"'

    def __init__(self, path: str | os.PathLike[str], /) -> None:
        self.path = Path(path)
        self._known: Sequence[tuple[bytes, Caller]] = ()
        self.reload()

    def __repr__(self) -> str:
        return f"Tokens({str(self.path)!r}, tokens={len(self)})"

    def __len__(self) -> int:
        return len(self._known)

    def reload(self) -> None:
        """Read the file again; one that cannot be read changes nothing, and is an error."""
        self._known = _read(self.path)

    def known(self, scope: Mapping[str, Any], /) -> Caller | None:
        """Look the token up, comparing all of them in constant time."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1 or given[0][:7].lower() != _SCHEME or len(given[0]) > _LONGEST_TOKEN:
            return None
        digest = hashlib.sha256(given[0][7:].strip()).digest()
        found = None
        for kept, caller in self._known:
            if hmac.compare_digest(kept, digest):
                found = caller
        if found is None:
            return None
        chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
        return attrs.evolve(found, certificate=_holder(chain[0]).certificate) if chain else found


def _read(path: Path) -> Sequence[tuple[bytes, Caller]]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot read the tokens in {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a file of tokens: it is not UTF-8") from error
    found: dict[bytes, Caller] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, digest = line.strip().partition(" ")
        digest = digest.strip().lower()
        if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
            raise InputError(
                f"{path}, line {number}: not a name and the SHA-256 of a token; "
                "make a line with `vnvaxmatch serve --new-token NAME`"
            )
        if found.setdefault(bytes.fromhex(digest), Caller(name)).name != name:
            raise InputError(f"{path}, line {number}: two names have the same token")
    if not found:
        raise InputError(
            f"{path} holds no token: nobody could ask; "
            "make a line with `vnvaxmatch serve --new-token NAME`"
        )
    return tuple(found.items())


def new_token(name: str, /, *, random: bytes | None = None) -> tuple[str, str]:
    """Make a token for a name, and the line that a file of tokens has for it.

    ``random`` are 32 bytes of chance, the system's if not given.

    >>> token, line = new_token("clinic-7", random=bytes(32))
    >>> len(token), line[:17]
    (43, 'clinic-7 0f007385')
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            "the name of a client has letters, digits and . _ @ - (64 at most), and no spaces"
        )
    token = base64.urlsafe_b64encode(random or secrets.token_bytes(32)).rstrip(b"=").decode()
    return token, f"{name} {hashlib.sha256(token.encode()).hexdigest()}"
