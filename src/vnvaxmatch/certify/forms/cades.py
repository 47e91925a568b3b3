"""CAdES made by pyHanko: CAdES-B, or CAdES-T where there is an authority that stamps times."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from vnvaxmatch.certify.forms.cms import read_signed_data
from vnvaxmatch.certify.forms.mechanisms import HashSigner, Mechanism, mechanism_of
from vnvaxmatch.certify.forms.timestamps import Authority, Stamper
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import cms, x509
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers.pdf_cms import (
        CAdESSignedAttributeProviderSpec,
        PdfCMSSignedAttributes,
    )
    from pyhanko.sign.signers.pdf_cms import Signer as CmsSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["CmsByHash", "joined_cms", "make_cades"]

_T = TypeVar("_T")


class CmsByHash(CmsSigner):
    """A signer of pyHanko's that has its digests signed elsewhere: by file, token or service.

    It serves for signatures in PDF as well.
    """

    def __init__(self, key: HashSigner) -> None:
        self._key = key
        self._mechanism: Mechanism = mechanism_of(key.certificate)
        above = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        above.register_multiple([x509.Certificate.load(der) for der in key.chain])
        super().__init__(
            signing_cert=key.certificate.parsed,
            cert_registry=above,
            signature_mechanism=self._mechanism.algorithm,
            embed_roots=False,
        )

    @property
    def digest(self) -> str:
        """The name of the digest that the content must be given with."""
        return self._mechanism.digest

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """Digest the attributes, and have that signed; a dry run gives bytes of enough length."""
        if dry_run:
            return bytes(512)
        if digest_algorithm != self._mechanism.digest:
            raise CertifyError("the content was digested otherwise than the key signs")
        return self._key.sign_hash(self._mechanism.hashed(data))


def make_cades(
    content: bytes,
    /,
    *,
    key: HashSigner,
    at: datetime | None,
    stamping: Authority | None = None,
) -> bytes:
    """Sign bytes, detached; give DER. With ``stamping`` the signature is time-stamped.

    ``at`` is the time that the signature states. None where it must state none, as in a PDF, which
    states it elsewhere in what is signed (PAdES, ETSI EN 319 142-1, section 6.3). Raises
    :class:`~vnvaxmatch.errors.CertifyError`.
    """
    signer = CmsByHash(key)
    timestamper = None if stamping is None else Stamper(stamping)
    stated = PdfCMSSignedAttributes(
        signing_time=None if at is None else at.astimezone(UTC).replace(microsecond=0)
    )
    if at is None:
        signer.signed_attr_prov_spec = CAdESSignedAttributeProviderSpec(
            stated, signer.signing_cert, is_pades=True, timestamper=timestamper
        )
    made = signer.async_sign_general_data(
        content,
        signer.digest,
        detached=True,
        use_cades=True,
        timestamper=timestamper,
        signed_attr_settings=stated,
    )
    try:
        value: bytes = _waited(made).dump()
    except SigningError as error:
        raise CertifyError(
            "the signature could not be made: check the signer's settings"
        ) from error
    return value


def _waited(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to its end, also where an event loop runs already, which must not be entered again."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    ended: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            ended.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 (it is raised again, in the thread that waits)
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return ended[0]


def joined_cms(values: Sequence[bytes], /) -> bytes:
    """Put the signers of several detached signatures of the same bytes into one (DER)."""
    several = [read_signed_data(value) for value in values]
    first = several[0]
    if any(
        one["encap_content_info"].dump() != first["encap_content_info"].dump() for one in several
    ):
        raise CertifyError("the signatures are of different kinds of content: keep them apart")
    certificates = {choice.dump(): choice for one in several for choice in one["certificates"]}
    digests = {kind.dump(): kind for one in several for kind in one["digest_algorithms"]}
    signers = {signer.dump(): signer for one in several for signer in one["signer_infos"]}
    versions = [one["version"].native for one in several]
    joined = cms.SignedData(
        {
            "version": max(versions),
            "digest_algorithms": cms.DigestAlgorithms(list(digests.values())),
            "encap_content_info": first["encap_content_info"],
            "certificates": cms.CertificateSet(list(certificates.values())),
            "signer_infos": cms.SignerInfos(list(signers.values())),
        }
    )
    value: bytes = cms.ContentInfo({"content_type": "signed_data", "content": joined}).dump()
    return value
