"""Sign minutes: one party at a time, in any order, each in their own place."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from vnvaxmatch.certify.forms.certificates import read_certificate
from vnvaxmatch.certify.forms.outcomes import Form
from vnvaxmatch.certify.minutes.files import Revision, written
from vnvaxmatch.certify.minutes.outcomes import Caution
from vnvaxmatch.certify.minutes.parties import Fit, fit_of, names_of
from vnvaxmatch.certify.minutes.reading import Held, open_minutes
from vnvaxmatch.certify.minutes.stamps import draw_stamp, stamp_style
from vnvaxmatch.certify.signers.protocol import PdfSigner
from vnvaxmatch.errors import CertifyError, MissingExtraError

if TYPE_CHECKING:
    from vnvaxmatch.certify.forms.records import Evidence
    from vnvaxmatch.certify.signers import Signer

try:
    from asn1crypto import crl, ocsp
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers.cms_embedder import (
        PdfCMSEmbedder,
        SigAppearanceSetup,
        SigIOSetup,
        SigObjSetup,
    )
    from pyhanko.sign.signers.pdf_byterange import SignatureObject
    from pyhanko.sign.validation.dss import DocumentSecurityStore
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["sign_minutes"]

_RESERVED: Final = 20_000
"""Bytes kept free for a signature with its chain and time stamp."""

_FITS: Final = {
    Fit.OTHER: "it is in another name than that of the party, or is not one of those that the "
    "minutes name; sign in your own place, or have the minutes drawn up with that certificate",
    Fit.OTHER_BODY: "it belongs to another body than the one that the party speaks for; use the "
    "certificate of that office",
}


def sign_minutes(
    pdf: bytes, signer: Signer, /, *, role: str, at: datetime, pages_read: bool = False
) -> bytes:
    """Sign in the place of a role; give the PDF with the signature (PAdES) and its evidence.

    What was signed before stays as it is: the signature is added to the end. Raises
    :class:`~vnvaxmatch.errors.CertifyError` where these are no minutes, the place is taken, or the
    certificate is not that party's; and what the signer raises. ``at`` is now.

    Pages that another version laid out cannot be held against the data attached to them: they are
    signed only with ``pages_read``, by which the signer says to have read one against the other.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise CertifyError("a time has no time zone: give it one, such as datetime.UTC")
    held = open_minutes(pdf)
    party = held.minutes.party(role)
    if role in held.signed:
        raise CertifyError(f"the party {role} signed already: nothing more is signed there")
    if held.faults:
        raise CertifyError(
            "these minutes were altered since they were drawn up, or somebody signed outside of "
            f"the places for it ({', '.join(held.faults)}): nothing was signed; get them anew"
        )
    if Caution.PAGES_NOT_COMPARED in held.cautions and not pages_read:
        raise CertifyError(
            "another version laid these pages out, so that they cannot be held against the data "
            "attached to them: read the one against the other, and then say so (pages_read)"
        )
    fit = fit_of(party, signer.certificate)
    if fit in _FITS:
        raise CertifyError(f"the certificate may not sign for the party {role}: {_FITS[fit]}")
    signed, evidence = _signed(held, signer, role, at)
    return signed if evidence is None else _with_evidence(signed, evidence)


def _signed(held: Held, signer: Signer, role: str, at: datetime) -> tuple[bytes, Evidence | None]:
    writer = Revision(BytesIO(held.pdf))
    moment = at.astimezone(UTC).replace(microsecond=0)
    steps: Any = PdfCMSEmbedder().write_cms(role, writer, existing_fields_only=True)
    next(steps)
    common, bodies = names_of(signer.certificate)
    stamp = draw_stamp(common, bodies, moment)
    steps.send(
        SigObjSetup(
            SignatureObject(
                timestamp=moment, subfilter=SigSeedSubFilter.PADES, bytes_reserved=2 * _RESERVED
            ),
            appearance_setup=SigAppearanceSetup(stamp_style(stamp), moment, None),
        )
    )
    prepared, output = steps.send(SigIOSetup("sha256"))
    data = output.getvalue()
    start, end = prepared.reserved_region_start, prepared.reserved_region_end
    # PAdES wants the time stated by the PDF alone; who cannot leave it out states it twice
    sign = signer.sign_pdf if isinstance(signer, PdfSigner) else signer.sign
    signature = sign(data[:start] + data[end:], at=at)
    if signature.form is not Form.CADES:
        raise CertifyError("minutes are signed with CAdES: make the signer with that form")
    if len(signature.value) > _RESERVED:
        raise CertifyError("the signature is too large for a PDF: give the signer a shorter chain")
    steps.send(signature.value)
    return output.getvalue(), signature.evidence


def _with_evidence(pdf: bytes, evidence: Evidence) -> bytes:
    """Store what the certificate was judged by with the signatures, for verifiers years later."""
    writer = Revision(BytesIO(pdf))
    ders = (evidence.certificate, *evidence.chain)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[read_certificate(der).parsed for der in ders],
        ocsps=[ocsp.OCSPResponse.load(der) for der in evidence.ocsps],
        crls=[crl.CertificateList.load(der) for der in evidence.crls],
    )
    return written(writer)
