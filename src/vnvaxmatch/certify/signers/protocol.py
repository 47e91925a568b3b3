"""What a signer is, whoever makes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from vnvaxmatch.certify.forms.certificates import SignerInfo
from vnvaxmatch.certify.forms.records import Signature
from vnvaxmatch.errors import CertifyError

__all__ = ["PdfSigner", "Signer", "sign_by_all"]


@runtime_checkable
class Signer(Protocol):
    """Sign bytes with a certificate.

    A signer must check its certificate against the trust at the time given, before it signs, and
    raise :class:`~vnvaxmatch.errors.SignerRefusedError` where that is not valid. It must sign the
    very bytes that it is given, detached, and store the evidence of the check with the signature.
    It must not sign by weak means: RSA-PSS from 2048 bits on, or ECDSA on P-256 and larger. It may
    ask a person for a PIN, and a time stamping authority for the time, if the user gave one.
    """

    @property
    def certificate(self) -> bytes:
        """The signer's certificate (DER)."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates above it (DER), as far as they are known."""
        ...

    def about(self) -> SignerInfo:
        """Say who signs, to be shown before anything is signed."""
        ...

    def sign(self, content: bytes, /, *, at: datetime) -> Signature:
        """Sign bytes. ``at`` is now, with its time zone."""
        ...


@runtime_checkable
class PdfSigner(Signer, Protocol):
    """Sign PDF as well: what every :class:`Signer` may do, and need not."""

    def sign_pdf(self, content: bytes, /, *, at: datetime) -> Signature:
        """Sign the bytes of a PDF that states the time itself. ``at`` is that time, and now.

        It must do as :meth:`sign` does, in CAdES, and must not state the time in the signature.
        """
        ...


def sign_by_all(
    signers: Sequence[Signer], content: bytes, /, *, at: datetime
) -> tuple[Signature, ...]:
    """Let every signer sign the same bytes, in their order.

    A signer that cannot be reached is no disk that cannot be written: its OSError becomes
    :class:`~vnvaxmatch.errors.CertifyError`. Whatever else it raises passes through.
    """
    try:
        return tuple(signer.sign(content, at=at) for signer in signers)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise CertifyError(f"the signer could not sign: {why}; nothing was signed") from error
