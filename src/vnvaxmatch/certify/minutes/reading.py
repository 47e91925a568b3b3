"""Open minutes that somebody hands in: hostile bytes, until they are shown to be what was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Final, TypeVar

import attrs

from vnvaxmatch.certify.minutes.files import MADE_WITH, TWIN, lay_out
from vnvaxmatch.certify.minutes.outcomes import Caution, Fault, Scan
from vnvaxmatch.certify.minutes.records import Minutes, sized
from vnvaxmatch.certify.minutes.scans import MOST_SCANS, add_scan, read_mark
from vnvaxmatch.certify.minutes.twins import digest_of, read_twin
from vnvaxmatch.errors import CertifyError, MissingExtraError

try:
    from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget
    from pyhanko.pdf_utils.generic import parse_pdf_date
    from pyhanko.pdf_utils.misc import PdfReadError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import (
        DEFAULT_DIFF_POLICY,
        ModificationLevel,
        SuspiciousModification,
    )
    from pyhanko.sign.fields import enumerate_sig_fields
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
except ImportError as error:
    raise MissingExtraError("certify") from error

T = TypeVar("T")

__all__ = ["LONGEST", "Held", "Signed", "open_minutes", "read_minutes"]

LONGEST: Final = 100_000_000
_MOST_FILES: Final = 2 * MOST_SCANS + 10
_MOST_FIELDS: Final = 50
_MOST_EVIDENCE: Final = 200
_MOST_REVISIONS: Final = 100
_END: Final = 1024
_LIMITS: Final = DecodeLimits(document_budget=DocumentDecodeBudget(max_ratio=4))
"""What all of a file may unpack to: 256 MB, or four times its size."""
_WHOLE: Final = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)


@attrs.frozen(eq=False)
class Signed:
    """A signature in a place: what it is of, and what it is (CMS), not believed yet.

    ``stated`` is the time that the PDF states, in what is signed.
    """

    content: bytes = attrs.field(repr=sized)
    value: bytes = attrs.field(repr=sized)
    stated: datetime | None = None


@attrs.frozen(eq=False)
class Held:
    """Minutes as they were handed in.

    ``signed`` has the signatures by role, ``strangers`` those in no party's place. ``faults`` are
    of the document as such; with none, all that is in it was laid out from the twin, or is a
    signature in a party's place, with evidence. ``certificates``, ``crls`` and ``ocsps`` (DER) are
    that evidence.
    """

    pdf: bytes = attrs.field(repr=sized)
    twin: bytes = attrs.field(repr=sized)
    minutes: Minutes
    signed: Mapping[str, Signed]
    scans: tuple[Scan, ...]
    faults: tuple[Fault, ...]
    cautions: tuple[Caution, ...]
    certificates: tuple[bytes, ...] = attrs.field(default=(), repr=sized)
    crls: tuple[bytes, ...] = attrs.field(default=(), repr=sized)
    ocsps: tuple[bytes, ...] = attrs.field(default=(), repr=sized)
    strangers: tuple[Signed, ...] = attrs.field(default=(), repr=sized)

    @property
    def digest(self) -> str:
        """The digest of the twin."""
        return digest_of(self.twin)


class NoMinutesError(CertifyError):
    """A file is no minutes. ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return f"this is no file of minutes, or it was damaged ({self.fault}): get it anew"


def open_minutes(pdf: bytes, /) -> Held:
    """Read minutes; :class:`~vnvaxmatch.errors.CertifyError` where these are none.

    No bytes make it raise anything else.
    """
    reader, files = _guarded(Fault.UNREADABLE, lambda: _opened(pdf))
    if TWIN not in files:
        raise NoMinutesError(Fault.TWIN_MISSING)
    twin = files[TWIN]
    try:
        minutes = read_twin(twin)
    except CertifyError:
        raise NoMinutesError(Fault.TWIN_UNREADABLE) from None
    return _guarded(Fault.UNREADABLE, lambda: _held(pdf, reader, files, minutes))


def read_minutes(pdf: bytes, /) -> Minutes:
    """Read what minutes say, without asking who signed. Raises CertifyError where they are none."""
    return open_minutes(pdf).minutes


def _guarded(fault: Fault, work: Callable[[], T]) -> T:
    try:
        return work()
    except NoMinutesError:
        raise
    except Exception:  # noqa: BLE001 - hostile PDF ends in errors of every kind
        raise NoMinutesError(fault) from None


def _opened(pdf: bytes) -> tuple[PdfFileReader, dict[str, bytes]]:
    # without its end pyHanko looks for it byte by byte, for as long as the file is
    if len(pdf) > LONGEST or b"startxref" not in pdf[-_END:] or b"%%EOF" not in pdf[-_END:]:
        raise NoMinutesError(Fault.UNREADABLE)
    reader = PdfFileReader(BytesIO(pdf), decode_limits=_LIMITS)
    if reader.encrypted or reader.xrefs.total_revisions > _MOST_REVISIONS:
        raise NoMinutesError(Fault.UNREADABLE)
    return reader, dict(_attachments(reader))


def _attachments(reader: PdfFileReader) -> Iterator[tuple[str, bytes]]:
    """Give the attachments by name; a second one of a name is none of ours."""
    names = list(reader.root["/Names"]["/EmbeddedFiles"]["/Names"])
    if len(names) > 2 * _MOST_FILES or len(names) % 2:
        raise ValueError("too many attachments")
    seen = set()
    for name, spec in zip(names[::2], names[1::2], strict=True):
        if str(name) in seen:
            raise ValueError("two attachments have the same name")
        seen.add(str(name))
        yield str(name), bytes(spec.get_object()["/EF"]["/F"].data)


def _held(pdf: bytes, reader: PdfFileReader, files: Mapping[str, bytes], minutes: Minutes) -> Held:
    faults: list[Fault] = []
    cautions: list[Caution] = []
    scans, broken = _scans(files, minutes)
    if broken:
        faults.append(Fault.SCAN_ALTERED)
    elif scans:
        cautions.append(Caution.SCANS)
    roles = {party.role for party in minutes.parties}
    fields = [name for name, _, _ in enumerate_sig_fields(reader)]
    if len(fields) > _MOST_FIELDS or not roles <= set(fields):
        faults.append(Fault.PLACES_DIFFER)
    if minutes.made_with == MADE_WITH and not broken:
        faults += _pages(pdf, reader, files, minutes, scans)
    else:
        cautions.append(Caution.PAGES_NOT_COMPARED)
    if pdf.count(b"startxref", reader.last_startxref) != 1:  # more follows, which nobody reads
        faults.append(Fault.ALTERED)
    signed: dict[str, Signed] = {}
    strangers: list[Signed] = []
    for name, _, field in enumerate_sig_fields(reader, filled_status=True):
        one = EmbeddedPdfSignature(reader, field, name)
        if one.sig_object_type == "/DocTimeStamp":
            continue
        faults += _altered(one)
        if name in roles:
            signed[name] = Signed(*_parts(pdf, one), _stated(one))
        else:
            strangers.append(Signed(*_parts(pdf, one), _stated(one)))
            faults.append(Fault.STRANGER)
    return Held(
        pdf=pdf,
        twin=files[TWIN],
        minutes=minutes,
        signed=signed,
        scans=tuple(scan for scan, _ in scans),
        faults=tuple(dict.fromkeys(faults)),
        cautions=tuple(cautions),
        strangers=tuple(strangers),
        **_evidence(reader),
    )


def _scans(files: Mapping[str, bytes], minutes: Minutes) -> tuple[list[tuple[Scan, bytes]], bool]:
    """Give the scans with their files, and whether something is wrong with one."""
    found: list[tuple[Scan, bytes]] = []
    roles = {party.role for party in minutes.parties}
    rest = set(files) - {TWIN}
    for name, content in files.items():
        if name == TWIN or not name.endswith(".json"):
            continue
        try:
            scan = read_mark(content)
        except CertifyError:
            return found, True
        data = files.get(scan.name)
        if data is None or sha256(data).hexdigest() != scan.digest or scan.role not in roles:
            return found, True
        rest -= {name, scan.name}
        found.append((scan, data))
    return found, bool(rest)


def _pages(
    pdf: bytes,
    reader: PdfFileReader,
    files: Mapping[str, bytes],
    minutes: Minutes,
    scans: list[tuple[Scan, bytes]],
) -> Iterator[Fault]:
    """Lay the minutes out again, and hold the file against that; only signatures may follow."""
    made = lay_out(minutes)
    laid = made.pdf
    if made.twin != files[TWIN]:
        yield Fault.PAGES_DIFFER
        return
    for scan, data in scans:
        laid = add_scan(laid, minutes, scan, data)
    if not pdf.startswith(laid):
        yield Fault.PAGES_DIFFER
        return
    if pdf != laid:
        last = PdfFileReader(BytesIO(laid)).xrefs.total_revisions - 1
        if not _only_signed(reader, last):
            yield Fault.ALTERED


def _only_signed(reader: PdfFileReader, first: int) -> bool:
    """Tell whether nothing but signatures and evidence was added after a revision, step by step."""
    old = reader.get_historical_resolver(first)
    try:
        for revision in range(first + 1, reader.xrefs.total_revisions):
            new = reader.get_historical_resolver(revision)
            result = DEFAULT_DIFF_POLICY.apply(old, new)
            if result.modification_level > ModificationLevel.FORM_FILLING:
                return False
    except SuspiciousModification:
        return False
    return True


def _altered(one: EmbeddedPdfSignature) -> Iterator[Fault]:
    one.compute_integrity_info(skip_diff=True)  # type: ignore[no-untyped-call]
    if one.coverage not in _WHOLE:
        yield Fault.COVERAGE
    elif not _only_signed(one.reader, one.signed_revision):
        yield Fault.ALTERED


def _parts(pdf: bytes, one: EmbeddedPdfSignature) -> tuple[bytes, bytes]:
    """Give what a signature is of, and the signature, without the zeros that fill its place."""
    first, length, second, rest = (int(number) for number in one.byte_range)
    value = bytes(one.pkcs7_content)
    whole = _der_length(value)
    if any(value[whole:]):
        raise ValueError("something is hidden behind the signature")
    return pdf[first : first + length] + pdf[second : second + rest], value[:whole]


def _stated(one: EmbeddedPdfSignature) -> datetime | None:
    """Give the time of signing in the PDF; None where there is none with a time zone."""
    try:
        stated = parse_pdf_date(one.sig_object["/M"])
    except (PdfReadError, KeyError, ValueError, OverflowError, TypeError):
        return None
    return stated if stated.tzinfo else None


def _der_length(value: bytes) -> int:
    """Tell how long the DER value is that stands at the beginning."""
    if value[1] < 0x80:
        return 2 + value[1]
    count = value[1] & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")


def _evidence(reader: PdfFileReader) -> dict[str, tuple[bytes, ...]]:
    """Give what was stored for verifiers years later; it may be rubbish, and is only tried."""
    root = reader.root  # its get() gives a reference where this gives what it leads to
    store = root["/DSS"] if "/DSS" in root else {}  # noqa: SIM401
    found = {}
    for name, key in (("certificates", "/Certs"), ("crls", "/CRLs"), ("ocsps", "/OCSPs")):
        several = list(store[key]) if key in store else []
        found[name] = tuple(bytes(one.get_object().data) for one in several[:_MOST_EVIDENCE])
    return found
