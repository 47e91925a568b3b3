"""Signers whose key is on a token or in a security module (PKCS#11), and never leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vnvaxmatch.certify.forms.certificates import Certificate, ders_of, read_certificate
from vnvaxmatch.certify.forms.mechanisms import mechanism_of
from vnvaxmatch.certify.forms.outcomes import Form, Tree
from vnvaxmatch.certify.forms.timestamps import Authority
from vnvaxmatch.certify.signers.signing import KeySigner, Settings
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    import pkcs11
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from pkcs11 import MGF, Attribute, Mechanism, ObjectClass
    from pkcs11.exceptions import (
        MultipleObjectsReturned,
        NoSuchKey,
        NoSuchToken,
        PinIncorrect,
        PinLocked,
        PKCS11Error,
        UserAlreadyLoggedIn,
    )
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["pkcs11_signer"]


class _TokenKey:
    """A key on a token, in a session that stays open: one PIN serves for many signatures."""

    def __init__(
        self, session: Any, private: Any, certificate: Certificate, chain: tuple[bytes, ...]
    ) -> None:
        self.certificate = certificate
        self.chain = chain
        self._session = session
        self._private = private
        self._mechanism = mechanism_of(certificate)

    def sign_hash(self, digest: bytes, /) -> bytes:
        """Have the token sign a digest."""
        if self._session is None:
            raise CertifyError("the session of the token is closed: open the signer again")
        with _told():
            if self._mechanism.is_rsa:
                salt = (Mechanism.SHA256, MGF.SHA256, 32)
                signature: bytes = self._private.sign(
                    digest, mechanism=Mechanism.RSA_PKCS_PSS, mechanism_param=salt
                )
                return signature
            two = self._private.sign(digest, mechanism=Mechanism.ECDSA)
        half = len(two) // 2
        return encode_dss_signature(
            int.from_bytes(two[:half], "big"), int.from_bytes(two[half:], "big")
        )

    def close(self) -> None:
        """Close the session, and with it whatever the PIN opened."""
        session, self._session = self._session, None
        if session is not None:
            with _told():
                session.close()


def pkcs11_signer(
    module: str | Path,
    token: str,
    /,
    *,
    pin: str | Callable[[], str],
    trust: Trust,
    label: str | None = None,
    certificate: bytes | None = None,
    form: Form = Form.CADES,
    tree: Tree | None = None,
    stamping: Authority | None = None,
    accept_unknown: bool = False,
) -> KeySigner:
    """Sign with a token: ``module`` is its maker's library (``.so``, ``.dll``), ``token`` its name.

    ``pin`` may be a function that asks for it, once. ``label`` is that of the key, where the token
    has several. ``certificate`` (PEM or DER) is for tokens that do not hold it. Close the signer,
    or use it with ``with``. Raises :class:`~vnvaxmatch.errors.CertifyError`.
    """
    settings = Settings(
        trust=trust, form=form, tree=tree, stamping=stamping, accept_unknown=accept_unknown
    )
    with _told():
        library = _library(module)
        session = _session(library, token, pin if isinstance(pin, str) else pin())
        try:
            private = _private(session, label)
            leaf, chain = _certificates(session, private, certificate)
            return KeySigner(_TokenKey(session, private, leaf, chain), settings)
        except BaseException:
            session.close()
            raise


def _library(module: str | Path) -> Any:
    try:
        return pkcs11.lib(str(module))
    except (RuntimeError, OSError) as error:
        raise CertifyError(
            f"{module} is no library for tokens (PKCS#11): give the one of the token's maker"
        ) from error


def _session(library: Any, token: str, pin: str) -> Any:
    found = library.get_token(token_label=token)
    try:
        return found.open(user_pin=pin)
    except UserAlreadyLoggedIn:
        return found.open()


def _private(session: Any, label: str | None) -> Any:
    wanted: dict[Any, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if label is not None:
        wanted[Attribute.LABEL] = label
    found = list(session.get_objects(wanted))
    if not found:
        raise NoSuchKey
    if len(found) > 1:
        raise MultipleObjectsReturned
    return found[0]


def _certificates(
    session: Any, private: Any, given: bytes | None
) -> tuple[Certificate, tuple[bytes, ...]]:
    """Find the certificate of the key: the one given, or that of the same id on the token."""
    if given is not None:
        first, *rest = ders_of(given) or (given,)
        return read_certificate(first), tuple(rest)
    held = [
        (one[Attribute.ID], bytes(one[Attribute.VALUE]))
        for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
    ]
    own = [der for name, der in held if name == private[Attribute.ID]]
    if not own:
        raise CertifyError(
            "the token does not hold the certificate of its key: give it with certificate="
        )
    return read_certificate(own[0]), tuple(der for _, der in held if der not in own)


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong with a token, and what to do."""
    try:
        yield
    except PinIncorrect as error:
        raise CertifyError("the PIN is wrong: a token locks after a few such tries") from error
    except PinLocked as error:
        raise CertifyError("the PIN is locked after too many tries: ask the issuer") from error
    except NoSuchToken as error:
        raise CertifyError("there is no token of that label: plug it in, check token=") from error
    except NoSuchKey as error:
        raise CertifyError("the token holds no such key: check label=") from error
    except MultipleObjectsReturned as error:
        raise CertifyError("the token holds several keys: say which with label=") from error
    except PKCS11Error as error:
        raise CertifyError(
            f"the token refused ({type(error).__name__}): check that it is plugged in, and that "
            "its key may sign by RSA-PSS or ECDSA"
        ) from error
