"""Signers whose key is in a file: PKCS#12, or PEM."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import attrs

from vnvaxmatch.certify.forms.certificates import Certificate, ders_of, read_certificate
from vnvaxmatch.certify.forms.mechanisms import DIGESTS, mechanism_of, public_key_of
from vnvaxmatch.certify.forms.outcomes import Form, Tree
from vnvaxmatch.certify.forms.timestamps import Authority
from vnvaxmatch.certify.signers.signing import KeySigner, Settings
from vnvaxmatch.certify.trust.anchors import Trust
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
        pkcs12,
    )
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["pem_signer", "pkcs12_signer"]

_MOST_BYTES: Final = 1_000_000


@attrs.frozen(eq=False)
class _FileKey:
    """A key in memory."""

    certificate: Certificate
    chain: tuple[bytes, ...]
    private: Any = attrs.field(repr=False)

    def sign_hash(self, digest: bytes, /) -> bytes:
        kind = DIGESTS[mechanism_of(self.certificate).digest]
        if isinstance(self.private, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
            return self.private.sign(digest, pss, Prehashed(kind))
        signature: bytes = self.private.sign(digest, ec.ECDSA(Prehashed(kind)))
        return signature


def pkcs12_signer(
    path: str | Path,
    password: str | None,
    /,
    *,
    trust: Trust,
    form: Form = Form.CADES,
    tree: Tree | None = None,
    stamping: Authority | None = None,
    accept_unknown: bool = False,
) -> KeySigner:
    """Sign with a file of PKCS#12 (``.p12``, ``.pfx``); for the others see :class:`Settings`.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where the file or the password is wrong, or the
    key is weak.
    """
    data = _content(path)
    secret = None if password is None else password.encode("utf-8")
    try:
        held = pkcs12.load_pkcs12(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertifyError(
            f"{path} cannot be opened: it is no PKCS#12, or the password is wrong, or it is locked "
            "in an old way (RC2): export it again, with AES"
        ) from error
    if held.key is None or held.cert is None:
        raise CertifyError(f"{path} holds no key with its certificate: export it with both")
    chain = tuple(one.certificate.public_bytes(Encoding.DER) for one in held.additional_certs)
    certificate = read_certificate(held.cert.certificate.public_bytes(Encoding.DER))
    settings = Settings(
        trust=trust, form=form, tree=tree, stamping=stamping, accept_unknown=accept_unknown
    )
    return KeySigner(_FileKey(certificate, chain, _fitting(held.key, certificate)), settings)


def pem_signer(
    key: str | Path,
    certificate: str | Path,
    /,
    *,
    trust: Trust,
    password: str | None = None,
    form: Form = Form.CADES,
    tree: Tree | None = None,
    stamping: Authority | None = None,
    accept_unknown: bool = False,
) -> KeySigner:
    """Sign with a key of PEM, and a certificate of PEM or DER, first of those in its file.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where a file or the password is wrong, the key
    is weak, or it belongs to another certificate.
    """
    ders = ders_of(_content(certificate))
    if not ders:
        raise CertifyError(f"{certificate} holds no certificate: give X.509 as PEM or DER")
    leaf = read_certificate(ders[0])
    secret = None if password is None else password.encode("utf-8")
    try:
        private = load_pem_private_key(_content(key), secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertifyError(
            f"{key} cannot be opened: it is no key of PEM, or the password is wrong or missing"
        ) from error
    settings = Settings(
        trust=trust, form=form, tree=tree, stamping=stamping, accept_unknown=accept_unknown
    )
    return KeySigner(_FileKey(leaf, tuple(ders[1:]), _fitting(private, leaf)), settings)


def _content(path: str | Path) -> bytes:
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise CertifyError(f"{path} is too large for a key or a certificate: give another")
        return Path(path).read_bytes()
    except OSError as error:
        raise CertifyError(f"{path} cannot be read: {error.strerror or error}") from error


def _fitting(private: Any, certificate: Certificate) -> Any:
    """Give the key, where it is strong and that of the certificate."""
    mechanism_of(certificate)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != public_key_of(certificate).public_bytes(*form):
        raise CertifyError("the key belongs to another certificate: give the one made for it")
    return private
