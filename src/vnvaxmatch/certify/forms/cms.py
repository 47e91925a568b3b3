"""CMS read, and each signer in it held against the content: CAdES, plain CMS, and time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import new
from typing import Any, Final

from vnvaxmatch.certify.forms.certificates import Certificate, read_certificate, weakness
from vnvaxmatch.certify.forms.mechanisms import DIGESTS
from vnvaxmatch.certify.forms.outcomes import Caution, Fault
from vnvaxmatch.certify.forms.parts import (
    MOST_CERTIFICATES,
    MOST_SIGNERS,
    Part,
    UnreadableError,
)
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from asn1crypto import cms, core, tsp
    from pyhanko.sign.general import CMSStructuralError, check_ess_certid
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["parts_of", "read_cms", "read_signed_data"]

_MOST_BYTES: Final = 1_000_000
_ONCE: Final = (
    "content_type", "message_digest", "signing_time", "signing_certificate",
    "signing_certificate_v2", "cms_algorithm_protection",
)  # fmt: skip
_PADDING_OLD: Final = frozenset({"rsassa_pkcs1v15"})
_KINDS: Final = frozenset({"rsassa_pss", "rsassa_pkcs1v15", "ecdsa"})


def read_cms(value: bytes, content: bytes, /, *, known: tuple[bytes, ...] = ()) -> tuple[Part, ...]:
    """Read a detached signature, one part for each signer.

    ``known`` are certificates (DER) that a signer may be among where the signature does not bring
    them. Raises :class:`UnreadableError`; no bytes make it raise anything else.
    """
    data = read_signed_data(value)
    try:
        inner = data["encap_content_info"]
        if inner["content_type"].native != "data":  # such as a time stamp, which signs no document
            raise UnreadableError(Fault.NOT_A_SIGNATURE)
        if inner["content"] is not core.VOID and inner["content"].native is not None:
            raise UnreadableError(Fault.NOT_DETACHED)
    except UnreadableError:
        raise
    except Exception as error:  # hostile DER ends in errors of every kind
        raise UnreadableError(Fault.NOT_A_SIGNATURE) from error
    return parts_of(data, content, known=known)


def parts_of(data: Any, content: bytes, /, *, known: tuple[bytes, ...] = ()) -> tuple[Part, ...]:
    """Hold each signer of ``SignedData`` (asn1crypto's) against the content."""
    try:
        kind = data["encap_content_info"]["content_type"].native
        return tuple(_parts(data, content, kind=kind, known=known))
    except Exception as error:  # hostile DER ends in errors of every kind
        raise UnreadableError(Fault.NOT_A_SIGNATURE) from error


def read_signed_data(value: bytes, /) -> Any:
    """Read CMS of the kind that signatures are; give asn1crypto's ``SignedData``."""
    if len(value) > _MOST_BYTES:
        raise UnreadableError(Fault.TOO_LARGE)
    try:
        info = cms.ContentInfo.load(value, strict=True)
        if info["content_type"].native != "signed_data":
            raise UnreadableError(Fault.NOT_A_SIGNATURE)
        data = info["content"]
        if len(data["signer_infos"]) > MOST_SIGNERS or len(_set(data)) > MOST_CERTIFICATES:
            raise UnreadableError(Fault.TOO_MANY)
        if not data["signer_infos"]:
            raise UnreadableError(Fault.NO_SIGNER)
        return data
    except UnreadableError:
        raise
    except Exception as error:  # hostile DER ends in errors of every kind
        raise UnreadableError(Fault.NOT_A_SIGNATURE) from error


def _set(data: Any) -> Any:
    return () if data["certificates"] is core.VOID else data["certificates"]


def _parts(data: Any, content: bytes, *, kind: str, known: tuple[bytes, ...]) -> Iterator[Part]:
    came = [one.chosen.dump() for one in _set(data) if one.name == "certificate"]
    declared = {one["algorithm"].native for one in data["digest_algorithms"] if _is_plain(one)}
    if data["version"].native not in _versions(data, kind):
        raise UnreadableError(Fault.NOT_A_SIGNATURE)
    readable = [_read(der) for der in came]
    broken = (Fault.CERTIFICATE_UNREADABLE,) if None in readable else ()
    pool = [one for one in (*readable, *map(_read, known)) if one is not None]
    for signer in data["signer_infos"]:
        certificate = _signer(signer["sid"], pool)
        if certificate is None:
            yield Part(None, faults=(*broken, Fault.CERTIFICATE_MISSING))
            continue
        faults, cautions = _judged(signer, certificate, content, kind=kind)
        if signer["digest_algorithm"]["algorithm"].native not in declared:
            faults = (Fault.DIGEST_MISMATCH, *faults)
        others = tuple(der for der in came if der != certificate.der)
        if not others:
            cautions = (*cautions, Caution.LEAF_ONLY)
        signed = signer["signed_attrs"]
        yield Part(
            certificate=certificate,
            others=others,
            faults=tuple(dict.fromkeys((*broken, *faults))),
            cautions=cautions,
            claimed=None if signed is core.VOID else _claimed(signed),
            stamps=tuple(_stamps(signer)),
            stamped=signer["signature"].native,
        )


def _versions(data: Any, kind: str) -> set[str]:
    """Tell which numbers of its version CMS may bear, by what is in it (RFC 5652, section 5.1)."""
    kinds = {one.name for one in _set(data)}
    if kinds - {"certificate"}:
        return {"v3", "v4", "v5"}
    by_key = any(
        signer["sid"].name != "issuer_and_serial_number" for signer in data["signer_infos"]
    )
    return {"v3"} if by_key or kind != "data" else {"v1"}


def _is_plain(digest: Any) -> bool:
    """Say whether a digest has no parameters, or a NULL: those in use here have none."""
    return digest["parameters"].dump() in (b"", b"\x05\x00")


def _read(der: bytes) -> Certificate | None:
    try:
        return read_certificate(der)
    except CertifyError:
        return None


def _signer(sid: Any, pool: list[Certificate]) -> Certificate | None:
    """Find the certificate that a signer is named by: issuer and number, or the key's id."""
    for one in pool:
        if sid.name == "issuer_and_serial_number":
            same = sid.chosen["serial_number"].native == one.parsed.serial_number
            if same and sid.chosen["issuer"].dump() == one.parsed.issuer.dump():
                return one
        elif sid.chosen.native == one.parsed.key_identifier:
            return one
    return None


def _judged(
    signer: Any, certificate: Certificate, content: bytes, *, kind: str
) -> tuple[tuple[Fault, ...], tuple[Caution, ...]]:
    """Hold one signer against the content, by the certificate that it names."""
    signed = signer["signed_attrs"]
    by_name = signer["sid"].name == "issuer_and_serial_number"
    if signer["version"].native != ("v1" if by_name else "v3"):
        return (Fault.NOT_A_SIGNATURE,), ()
    if signed is core.VOID:
        return (Fault.ATTRIBUTES_MISSING,), ()
    names = [one["type"].native for one in signed]
    if any(names.count(name) > 1 for name in _ONCE):
        return (Fault.ATTRIBUTES_TWICE,), ()
    if any(one["type"].native in _ONCE and len(one["values"]) != 1 for one in signed):
        return (Fault.ATTRIBUTES_TWICE,), ()
    if not {"content_type", "message_digest"} <= set(names):
        return (Fault.ATTRIBUTES_MISSING,), ()
    if (fault := _weak(signer, certificate)) is not None:
        return (fault,), ()
    cautions = []
    bound = _bound(signed, certificate)
    if bound is None:
        cautions.append(Caution.NOT_CADES)
    elif not bound:
        return (Fault.SIGNER_SWAPPED,), ()
    if signer["signature_algorithm"].signature_algo in _PADDING_OLD:
        cautions.append(Caution.PADDING_OLD)
    digest = new(signer["digest_algorithm"]["algorithm"].native, content).digest()
    try:
        intact, right = validate_sig_integrity(
            signer, certificate.parsed, expected_content_type=kind, actual_digest=digest
        )
    except (SignatureValidationError, CMSStructuralError):
        return (Fault.SIGNATURE_WRONG,), tuple(cautions)
    if not intact:
        return (Fault.CONTENT_DIFFERS,), tuple(cautions)
    return () if right else (Fault.SIGNATURE_WRONG,), tuple(cautions)


def _weak(signer: Any, certificate: Certificate) -> Fault | None:
    """Say why the means of a signature are not good enough, or do not fit each other."""
    digest, algorithm = (
        signer["digest_algorithm"]["algorithm"].native,
        signer["signature_algorithm"],
    )
    if digest not in DIGESTS or not _is_plain(signer["digest_algorithm"]):
        return Fault.ALGORITHM_WEAK
    if algorithm.signature_algo not in _KINDS:
        return Fault.ALGORITHM_WEAK
    if algorithm.signature_algo == "rsassa_pss":
        parameters = algorithm["parameters"]
        both = (parameters["mask_gen_algorithm"]["parameters"], parameters["hash_algorithm"])
        mask, used = (one["algorithm"].native for one in both)
        if used != mask or used not in DIGESTS or not all(map(_is_plain, both)):
            return Fault.ALGORITHM_WEAK
    else:
        # what names no digest has that of the content (RFC 3370)
        used = digest if algorithm["algorithm"].native == "rsassa_pkcs1v15" else algorithm.hash_algo
    if used != digest:
        return Fault.DIGEST_MISMATCH
    return weakness(certificate.parsed.public_key)


def _bound(signed: Any, certificate: Certificate) -> bool | None:
    """Say whether what is signed names this certificate; None where it names none."""
    for name, kind in (
        ("signing_certificate_v2", tsp.SigningCertificateV2),
        ("signing_certificate", tsp.SigningCertificate),
    ):
        for one in signed:
            if one["type"].native == name:
                first = kind.load(one["values"][0].dump())["certs"][0]
                return bool(check_ess_certid(certificate.parsed, first))
    return None


def _claimed(signed: Any) -> datetime | None:
    for one in signed:
        if one["type"].native == "signing_time":
            claimed: datetime = one["values"][0].native
            return claimed
    return None


def _stamps(signer: Any) -> Iterator[bytes]:
    if signer["unsigned_attrs"] is core.VOID:
        return
    for one in signer["unsigned_attrs"]:
        if one["type"].native == "signature_time_stamp_token":
            yield from (token.dump() for token in one["values"])
