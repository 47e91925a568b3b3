"""The outer envelope: base45 and zlib, read strictly and within bounds."""

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.certify.dcc import Fault, base45
from vnvaxmatch.certify.dcc.envelopes import LONGEST, MOST_BYTES, open_envelope, wrap

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"\0", "00"),
        (b"\xff\xff", "FGW"),
    ],
)
def test_base45_is_that_of_its_standard(data, text):
    """The examples of RFC 9285 come out both ways."""
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A", Fault.BASE45_LENGTH),
        ("AAAA", Fault.BASE45_LENGTH),
        ("GGW", Fault.BASE45_RANGE),
        (":::", Fault.BASE45_RANGE),
        ("::", Fault.BASE45_RANGE),
        ("V5", Fault.BASE45_RANGE),
        ("U5", None),
        ("ab", Fault.BASE45_CHARACTER),
        ("A_", Fault.BASE45_CHARACTER),
        ("Ａ1", Fault.BASE45_CHARACTER),
        ("1\n", Fault.BASE45_CHARACTER),
    ],
)
def test_what_is_no_base45_is_refused(text, fault):
    """A character, a length or a group that no bytes give has its reason."""
    read = base45.decode(text)
    assert read == fault if fault else isinstance(read, bytes)


@given(st.binary(max_size=200))
def test_bytes_come_back(data):
    """What is written is read as it was."""
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet=ALPHABET, max_size=30))
def test_a_text_has_one_reading(text):
    """Any text that can be read is the one that its bytes are written as."""
    read = base45.decode(text)
    assert isinstance(read, Fault) or base45.encode(read) == text


@given(st.binary(max_size=500))
def test_an_envelope_gives_back_what_it_holds(data):
    """What is wrapped is unwrapped as it was."""
    assert open_envelope(wrap(data)) == data


@pytest.mark.parametrize("prefix", ["", "HC2:", "HL0:", "hc1:", "HC1", " HC1:"])
def test_another_prefix_is_refused(prefix):
    """Only HC1 is read."""
    assert open_envelope(prefix + wrap(b"x")[4:]) is Fault.PREFIX_OTHER


def test_a_bomb_is_given_up_within_its_bounds():
    """What would unpack to 50 MB takes no more than a megabyte, and is refused."""
    bomb = "HC1:" + base45.encode(zlib.compress(bytes(2_000_000), 9))
    assert len(bomb) < LONGEST

    tracemalloc.start()
    read = open_envelope(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read is Fault.COMPRESSION_TOO_LARGE
    assert most < 1_000_000


def test_exactly_so_much_may_be_unpacked():
    """The bound itself is allowed, and a byte more is not."""
    assert open_envelope(wrap(bytes(MOST_BYTES))) == bytes(MOST_BYTES)
    assert open_envelope(wrap(bytes(MOST_BYTES + 1))) is Fault.COMPRESSION_TOO_LARGE


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (b"", Fault.NOT_COMPRESSED),
        (b"\x78", Fault.NOT_COMPRESSED),
        (b"\xd2\x84\x43", Fault.NOT_COMPRESSED),
        (zlib.compress(b"x" * 50)[2:-4], Fault.NOT_COMPRESSED),
        (zlib.compress(b"x" * 50)[:-1], Fault.COMPRESSION_BROKEN),
        (zlib.compress(b"x" * 50)[:-1] + b"\0", Fault.COMPRESSION_BROKEN),
        (zlib.compress(b"x" * 50) + b"\0", Fault.COMPRESSION_TRAILING),
        (zlib.compress(b"x") + zlib.compress(b"y"), Fault.COMPRESSION_TRAILING),
        (b"\x1f\x8b\x08\0\0\0\0\0", Fault.NOT_COMPRESSED),
    ],
)
def test_what_is_not_one_whole_stream_is_refused(packed, fault):
    """Bare, cut, altered and doubled streams have their reasons."""
    assert open_envelope("HC1:" + base45.encode(packed)) is fault


def test_a_text_that_no_qr_code_holds_is_not_looked_at():
    """Its length alone refuses it."""
    assert open_envelope("HC1:" + "0" * LONGEST) is Fault.TEXT_TOO_LONG
