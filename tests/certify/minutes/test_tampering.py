import os
import time
from io import BytesIO

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field

from tests.certify.authority import NOW
from tests.certify.minutes.making import (
    NAMES,
    authority,
    minutes,
    party,
    signed,
    signer,
    trust,
    unsigned,
)
from vnvaxmatch.certify.minutes import (
    MADE_WITH,
    TWIN,
    Caution,
    Fault,
    Signing,
    Standing,
    attach_scan,
    digest_of,
    make_minutes,
    read_minutes,
    sign_minutes,
    verify_minutes,
    write_twin,
)
from vnvaxmatch.certify.minutes.files import Revision, attach, lay_out, written
from vnvaxmatch.certify.minutes.setting import set_pages
from vnvaxmatch.errors import CertifyError

EVERYBODY = tuple(NAMES)
DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"


def _checked(pdf, **how):
    return verify_minutes(pdf, **{"trust": trust(), "at": NOW, **how})


def _revised(pdf, change):
    """Add a revision in which something was changed."""
    writer = Revision(BytesIO(pdf))
    change(writer)
    return written(writer)


def _scribble(writer):
    stream = writer.add_object(StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.add_stream_to_page(0, stream)


def _signed_ranges(pdf):
    """Give the positions that the last signature covers, and those of its value."""
    last = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[-1]
    first, length, second, rest = last.byte_range
    return first + length, second, second + rest


def test_no_byte_of_what_was_signed_can_change():
    """A flipped bit anywhere up to the end of the last signature is found."""
    pdf = signed(*EVERYBODY)
    start, stop, end = _signed_ranges(pdf)
    step = 509 if DEEP else 29_989
    positions = [*range(0, end, step), start, start + 1, stop - 2, stop - 1, end - 1]

    for position in positions:
        altered = bytearray(pdf)
        altered[position] ^= 1
        assert not _checked(bytes(altered)).is_valid, position


def test_a_page_changed_after_signing_is_found():
    """Whatever is drawn on a page after a signature spoils the minutes."""
    checked = _checked(_revised(signed(*EVERYBODY), _scribble))

    assert checked.standing is Standing.INVALID
    assert Fault.ALTERED in checked.faults


def test_a_page_changed_before_signing_is_found_and_not_signed():
    """Pages that do not say what the data say are refused by who is to sign, and by verifiers."""
    altered = _revised(unsigned(), _scribble)

    assert _checked(altered).faults == (Fault.ALTERED,)
    with pytest.raises(CertifyError, match="altered"):
        sign_minutes(altered, None, role="site", at=NOW)


class _Program(signers.PdfSigner):
    """Another program, by the clock of these tests."""

    def init_signing_session(self, *args, **kwargs):
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = NOW
        return session


def _foreign(pdf, role, *, name=None, before=None, spec=None):
    """Sign as another program does, which looks at nothing."""
    own = authority().officer(name or NAMES[role])
    signer = signers.SimpleSigner.load_pkcs12_data(own.p12(b"x"), (), b"x")
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    if before is not None:
        before(writer)
    meta = signers.PdfSignatureMetadata(field_name=role, subfilter=SigSeedSubFilter.PADES)
    program = _Program(meta, signer=signer, new_field_spec=spec)
    return program.sign_pdf(writer, existing_fields_only=spec is None).getvalue()


def test_signatures_of_other_programs_count():
    """Whoever signs with another program in the right place has signed."""
    checked = _checked(_foreign(signed("chairman", "police"), "site"))

    assert checked.standing is Standing.VALID


def test_a_signer_cannot_change_a_page_along_with_signing():
    """A change that comes in one step with a signature, also the first one, is found."""
    first = _checked(_foreign(unsigned(), "site", before=_scribble))
    last = _checked(_foreign(signed("chairman", "police"), "site", before=_scribble))

    assert Fault.ALTERED in first.faults
    assert Fault.ALTERED in last.faults


def test_a_signature_in_the_wrong_place_is_named():
    """Another party's certificate in a place is told, whichever program put it there."""
    pdf = _foreign(signed("chairman", "police"), "site", name=NAMES["police"])

    checked = _checked(pdf)

    assert checked.standing is Standing.WRONG_SIGNER
    assert checked.parties[2].signing is Signing.WRONG_SIGNER
    assert checked.parties[2].others == ("police",)
    assert [one.role for one in checked.missing] == ["site"]


def test_a_signature_of_another_body_is_named():
    """The party's name on a certificate of another body is told as outside of the office."""
    parties = [party(role, body="Ủy ban nhân dân xã Khác") for role in NAMES]
    pdf = _foreign(make_minutes(minutes(parties=parties)).pdf, "site")

    checked = _checked(pdf, required=["site"])

    assert checked.standing is Standing.WRONG_SIGNER
    assert checked.parties[2].signing is Signing.OTHER_BODY


def test_a_signature_outside_of_all_places_is_found():
    """A signature that is no party's spoils the minutes."""
    spec = SigFieldSpec("mayor", on_page=0, box=(10, 10, 100, 60))
    pdf = _foreign(unsigned(), "mayor", name="Ai đó", spec=spec)

    checked = _checked(pdf)

    assert checked.standing is Standing.INVALID
    assert Fault.STRANGER in checked.faults
    assert "Ai đó" in checked.strangers[0].signer.subject


def test_another_twin_does_not_pass():
    """Data of other minutes under these pages are found, whether added or put in their stead."""
    other = write_twin(attrs.evolve(read_minutes(unsigned()), number="13/BB-UBND"))

    def swap(writer):
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        stream = names[1]["/EF"]["/F"]
        stream._data, stream._encoded_data = other, None
        writer.update_container(stream)

    before = _checked(_revised(unsigned(), swap))
    after = _checked(_revised(signed(*EVERYBODY), swap))

    assert before.standing is after.standing is Standing.INVALID


def test_a_second_twin_does_not_pass():
    """Two files under the name of the twin are none."""

    def add(writer):
        attach(writer, TWIN, b"{}", media="application/json", relation="/Data")

    assert _checked(_revised(unsigned(), add)).faults == (Fault.UNREADABLE,)


def test_what_unpacks_to_too_much_is_unreadable():
    """Small attachments that would fill the memory are not unpacked."""
    bomb = bytes(200 << 20)

    def add(writer):
        for number in range(3):
            attach(writer, f"{number}.json", bomb, media="application/json", relation="/Data")

    pdf = _revised(unsigned(), add)

    assert len(pdf) < 2_000_000
    assert _checked(pdf).faults == (Fault.UNREADABLE,)


def test_an_attachment_added_later_is_found():
    """No file is slipped in, before or after signing."""

    def add(writer):
        attach(writer, "other.bin", b"1", media="application/pdf", relation="/Data")

    assert _checked(_revised(unsigned(), add)).standing is Standing.INVALID
    assert Fault.ALTERED in _checked(_revised(signed("site"), add)).faults


def test_a_script_added_later_is_found():
    """Whatever else is added to the document after signing is found."""

    def add(writer):
        writer.root["/OpenAction"] = writer.add_object(
            StreamObject({NameObject("/S"): NameObject("/JavaScript")}, stream_data=b"1")
        )
        writer.update_root()

    assert Fault.ALTERED in _checked(_revised(signed("site"), add)).faults


def test_pages_of_another_version_are_noted():
    """Where the pages cannot be laid out again, the verdict says to read them."""
    pdf = lay_out(attrs.evolve(minutes(), made_with="another version")).pdf

    with pytest.raises(CertifyError, match="pages_read"):
        signed("site", pdf=pdf)
    for role in EVERYBODY:
        pdf = sign_minutes(pdf, signer(NAMES[role]), role=role, at=NOW, pages_read=True)
    checked = _checked(pdf)

    assert checked.standing is Standing.VALID
    assert Caution.PAGES_NOT_COMPARED in checked.cautions


def test_pages_of_other_minutes_do_not_pass():
    """Pages laid out from other values than those attached are found."""
    told = attrs.evolve(minutes(), made_with=MADE_WITH)
    other = write_twin(attrs.evolve(told, copies=3))
    pages, places = set_pages(told, digest=digest_of(other))
    writer = Revision(BytesIO(pages))
    attach(writer, TWIN, other, media="application/json", relation="/Data")
    for place in places:
        append_signature_field(writer, SigFieldSpec(place.role, on_page=1, box=place.box))

    assert _checked(written(writer)).faults == (Fault.PAGES_DIFFER,)


def test_a_removed_signature_is_missing():
    """The file as it was before a signature is one that the party did not sign."""
    before = signed("chairman", "police")
    after = signed("site", pdf=before)

    assert _checked(after).standing is Standing.VALID
    assert _checked(after[: len(before)]).standing is Standing.INCOMPLETE


def test_a_place_that_was_removed_is_found():
    """Minutes without the places to sign at are none."""

    def remove(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        del fields[0]
        writer.update_container(fields)

    assert Fault.PLACES_DIFFER in _checked(_revised(unsigned(), remove)).faults


@settings(max_examples=150 if not DEEP else 5_000, deadline=None)
@given(data=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(b"%PDF-1.7\n".__add__)))
def test_any_bytes_are_minutes_or_none(data):
    """No bytes make the verifier raise anything, and what is no PDF is invalid."""
    checked = _checked(data)

    assert checked.standing is Standing.INVALID
    assert checked.faults == (Fault.UNREADABLE,)


@settings(max_examples=20 if not DEEP else 3_000, deadline=None)
@given(data=st.data())
def test_damaged_minutes_end_in_a_verdict(data):
    """Cut or overwritten anywhere, the file ends in a verdict, and never in a valid one."""
    pdf = signed_once()
    end = _signed_ranges(pdf)[2]
    start = data.draw(st.integers(0, end - 40))
    piece = data.draw(st.binary(min_size=1, max_size=30))
    kind = data.draw(st.sampled_from(["cut", "over", "into"]))
    rest = {"cut": len(piece), "over": len(piece), "into": 0}[kind]
    put = b"" if kind == "cut" else piece
    altered = pdf[:start] + put + pdf[start + rest :]

    checked = _checked(altered)

    assert checked.standing is not Standing.VALID or altered == pdf


_ONCE: list[bytes] = []


def signed_once():
    """Give one file that everybody signed."""
    if not _ONCE:
        _ONCE.append(signed(*EVERYBODY))
    return _ONCE[0]


def test_a_picture_that_unpacks_to_too_much_is_refused():
    """A small file that would be a huge picture is no scan."""
    import struct
    import zlib

    def chunk(kind, body):
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")

    with pytest.raises(CertifyError, match=r"picture|dots"):
        attach_scan(unsigned(), png, role="site", by="Văn thư", office="UBND", at=NOW)


def test_nothing_can_hide_behind_the_end():
    """A file that goes on after its end, so that readers are led back, was altered."""
    pdf = signed("site")
    end = pdf[pdf.rindex(b"startxref") :]

    for more in (pdf, b"hidden\n" + end):
        checked = _checked(pdf + more)
        assert checked.standing is Standing.INVALID
        assert Fault.ALTERED in checked.faults


@pytest.mark.parametrize("filling", [b" ", b"(", b"%%EOF\n", b"startxref\n"])
def test_a_large_file_without_an_end_is_refused_soon(filling):
    """However much is handed in, finding that it is no PDF takes next to no time."""
    started = time.perf_counter()

    checked = _checked(b"%PDF-1.7\n" + filling * (20_000_000 // len(filling)))

    assert checked.standing is Standing.INVALID
    assert time.perf_counter() - started < 3
