from hashlib import sha256
from io import BytesIO

import attrs
import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.certify.authority import NOW
from tests.certify.minutes.making import NAMES, minutes, signed, trust, unsigned
from vnvaxmatch.certify.minutes import (
    Caution,
    Fault,
    Signing,
    Standing,
    attach_scan,
    verify_minutes,
)
from vnvaxmatch.certify.minutes.scans import add_scan, mark_of, new_scan, read_mark
from vnvaxmatch.errors import CertifyError

MARKED = {"by": "Phạm Thị Văn Thư", "office": "Ủy ban nhân dân xã Mẫu", "at": NOW}


def _picture(kind="PNG", size=(120, 170)):
    out = BytesIO()
    Image.new("RGB", size, (250, 250, 240)).save(out, kind)
    return out.getvalue()


def _checked(pdf):
    return verify_minutes(pdf, trust=trust(), at=NOW)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF"])
def test_a_scan_is_evidence_of_its_own_kind(kind):
    """A scan is told with its mark, and the party has not signed by it."""
    scan = _picture(kind)

    checked = _checked(attach_scan(unsigned(), scan, role="site", **MARKED))

    (told,) = checked.parties[2].scans
    assert checked.standing is Standing.INCOMPLETE
    assert checked.faults == ()
    assert Caution.SCANS in checked.cautions
    assert checked.parties[2].signing is Signing.MISSING
    assert (told.digest, told.office) == (sha256(scan).hexdigest(), MARKED["office"])
    assert told.at == NOW


def test_who_signs_later_signs_the_scans_too():
    """Scans of several parties stand under digital signatures, each counted as what it is."""
    pdf = attach_scan(unsigned(), _picture(), role="site", **MARKED)
    pdf = attach_scan(pdf, _picture("JPEG"), role="site", **MARKED)

    checked = _checked(signed(*NAMES, pdf=pdf))

    assert checked.standing is Standing.VALID
    assert len(checked.parties[2].scans) == 2


def test_no_scan_is_attached_once_somebody_signed():
    """A scan would break the signature, and is refused with what to do."""
    with pytest.raises(CertifyError, match="attach scans first"):
        attach_scan(signed("police"), _picture(), role="site", **MARKED)


def test_a_scan_has_a_page_of_its_own():
    """The mark stands on a page behind the others."""
    before = PdfFileReader(BytesIO(unsigned())).root["/Pages"]["/Count"]

    pdf = attach_scan(unsigned(), _picture(), role="site", **MARKED)

    assert PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"] == before + 1


def test_the_same_scan_gives_the_same_bytes():
    """Neither the clock nor chance is in it."""
    first = attach_scan(unsigned(), _picture(), role="site", **MARKED)

    assert attach_scan(unsigned(), _picture(), role="site", **MARKED) == first


def test_a_scan_under_the_mark_of_another_is_found():
    """A mark names the digest of its scan."""
    scan = new_scan(_picture(), role="site", number=1, **MARKED)

    pdf = add_scan(unsigned(), minutes(), scan, _picture(size=(9, 9)))

    assert _checked(pdf).faults == (Fault.SCAN_ALTERED,)


def test_a_mark_that_was_altered_is_none():
    """A mark is read back, and any other way of writing it is refused."""
    scan = new_scan(_picture(), role="site", number=1, **MARKED)
    mark = mark_of(scan)

    assert read_mark(mark) == scan
    for altered in (mark + b" ", mark.replace(b"site", b"mayor", 1), b"{}", b"[]", b"\xff"):
        with pytest.raises(CertifyError):
            read_mark(altered)


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (b"GIF89a", {}),
        (b"\x89PNG\r\n\x1a\nnothing", {}),
        (b"%PDF-" + bytes(10_000_000), {}),
        (None, {"by": " "}),
        (None, {"office": "x" * 201}),
        (None, {"at": NOW.replace(tzinfo=None)}),
        (None, {"role": "mayor"}),
    ],
)
def test_what_is_no_scan_is_refused(data, changes):
    """A file that is no picture, or a mark that says nothing, is refused."""
    given = {"role": "site", **MARKED, **changes}

    with pytest.raises(CertifyError):
        attach_scan(unsigned(), _picture() if data is None else data, **given)


def test_who_converted_is_not_shown_by_accident():
    """The name of who made the scan is no part of what a log would show."""
    scan = new_scan(_picture(), role="site", number=1, **MARKED)

    assert MARKED["by"] not in repr(scan)
    assert attrs.asdict(scan)["by"] == MARKED["by"]
