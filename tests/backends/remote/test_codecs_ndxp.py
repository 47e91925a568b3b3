"""The NDXP codec: order of elements, what is never sent, and that it says it is unverified."""

import subprocess
import sys

import pytest

from vnvaxmatch import Claim, Field
from vnvaxmatch.backends.remote.codecs import codec
from vnvaxmatch.errors import InputError

TEXTS = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ", "id_number": "001185000123"}
CLAIM = Claim.read(**TEXTS)
NDXP = {"ma_dvc": "G00", "ma_tich_hop": "000", "ma_can_bo": "can <bộ>", "key": bytes(16)}
quiet = pytest.mark.filterwarnings("ignore:the codec ndxp")


def tags(body: bytes) -> list[tuple[str, str]]:
    """Give the elements in the body of a message, in order, with their text."""
    from lxml import etree

    return [(etree.QName(e).localname, e.text or "") for e in etree.fromstring(body).iter()][3:]


def test_it_says_that_it_is_unverified() -> None:
    """Whoever makes the codec is warned, and results name it so."""
    with pytest.warns(UserWarning, match="reconstructed from public code and unverified"):
        made = codec("ndxp", **NDXP)
    assert made.name == "ndxp/0-unverified"


def test_it_warns_once() -> None:
    """A run that makes the codec often is warned a single time."""
    code = (
        "from vnvaxmatch.backends.remote.codecs import codec\n"
        "options = dict(ma_dvc='a', ma_tich_hop='b', ma_can_bo='c', key=bytes(16))\n"
        "for _ in range(3): codec('ndxp', **options)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.count("unverified:") == 1


@quiet
@pytest.mark.parametrize(
    ("operation", "element"),
    [("verify", "XacThucThongTinCongDan"), ("look-up", "TraCuuThongTinCongDan")],
)
def test_the_elements_come_in_order(operation: str, element: str) -> None:
    """The platform wants them as public clients send them; values are escaped."""
    request = codec("ndxp", operation=operation, extra={"MaDonVi": "x"}, **NDXP).request(CLAIM)

    (first, _), (identifier, text), *rest = tags(request.body)
    assert (first, identifier) == (element, "MaYeuCau")
    assert rest == [
        ("MaDVC", "G00"),
        ("MaTichHop", "000"),
        ("MaCanBo", "can <bộ>"),
        ("MaDonVi", "x"),
        ("SoDinhDanh", "001185000123"),
        ("HoVaTen", "TRẦN THỊ THỬ"),
        ("NgayThangNamSinh", ""),
        ("NgayThangNam", "19851110"),
    ]
    assert "1185000123" not in text


@quiet
def test_a_year_and_an_old_number_have_their_own_elements() -> None:
    """Year-only births go as Nam, nine digits as SoCMND, and a name without marks if wanted."""
    claim = Claim.read(**{**TEXTS, "birth": "1985", "id_number": "271234567"})

    found = dict(tags(codec("ndxp", names="unmarked", **NDXP).request(claim).body))

    assert found["Nam"] == "1985"
    assert found["SoCMND"] == "271234567"
    assert found["HoVaTen"] == "TRAN THI THU"
    assert {"NgayThangNam", "SoDinhDanh"}.isdisjoint(found)


@quiet
def test_the_sex_is_never_sent() -> None:
    """Two claims that differ in sex alone are the same question."""
    made = codec("ndxp", **NDXP)
    other = Claim.read(**{**TEXTS, "sex": "Nam"})

    assert made.request(CLAIM) == made.request(other)
    assert Field.SEX not in made.asks


@quiet
def test_the_identifier_of_a_request_hangs_on_the_key() -> None:
    """The same claim has the same one, and another key another."""
    made, other = codec("ndxp", **NDXP), codec("ndxp", **{**NDXP, "key": b"k" * 16})

    assert made.request(CLAIM) == made.request(CLAIM)
    assert tags(made.request(CLAIM).body)[1] != tags(other.request(CLAIM).body)[1]


@quiet
@pytest.mark.parametrize(
    "options",
    [{"key": b"short"}, {"key": "text" * 8}, {"ma_dvc": ""}, {"ma_can_bo": "\x00"},
     {"ma_tich_hop": 3}, {"operation": "lookup"}, {"extra": {"a b": "c"}}, {"extra": {"a": "\x01"}},
     {"path": "no-slash"}, {"path": "/a?b"}, {"names": ""}],
)  # fmt: skip
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object]) -> None:
    """A wrong option is an error when the codec is made, not when it is used."""
    with pytest.raises(InputError):
        codec("ndxp", **{**NDXP, **options})


@quiet
def test_the_officer_and_the_key_are_not_shown() -> None:
    """The repr of a codec may stand in a log."""
    shown = repr(codec("ndxp", **NDXP))

    assert "bộ" not in shown
    assert "x00" not in shown
