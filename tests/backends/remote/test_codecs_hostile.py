"""Replies of a broken or an evil other side: never anything but our error, never an answer."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim
from vnvaxmatch.backends.remote.answers import Answer, ReplyFault
from vnvaxmatch.backends.remote.codecs import codec
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import ReplyError, RequestError

pytestmark = pytest.mark.filterwarnings("ignore:the codec ndxp")

CLAIM = Claim.read(name="Trần Thị Thử", birth="10/11/1985", sex="Nữ", id_number="001185000123")
NDXP = {"ma_dvc": "G00", "ma_tich_hop": "000", "ma_can_bo": "tester", "key": bytes(16)}
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def message(inner: str, *, before: str = "") -> str:
    return f'{before}<s:Envelope xmlns:s="{SOAP}"><s:Body>{inner}</s:Body></s:Envelope>'


def verified(text: str, *, before: str = "") -> str:
    inner = f'<d:TonTai xmlns:d="http://dancuquocgia.bca">{text}</d:TonTai>'
    return message(
        f'<d:KetQuaXacThuc xmlns:d="http://dancuquocgia.bca">{inner}</d:KetQuaXacThuc>',
        before=before,
    )


PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:x-vnvaxmatch:id-number", "value": "001185000123"}],
    "name": [{"text": "Trần Thị Thử"}],
    "gender": "female",
    "birthDate": "1985-11-10",
}
GRADE = {"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": 1,
    "entry": [{"resource": PATIENT, "search": {"mode": "match", "extension": [GRADE]}}],
}
CITIZEN = message(
    '<n:CongdanCollection xmlns:n="http://www.mic.gov.vn/dancu/1.0"><n:CongDan>'
    "<n:SoDinhDanh>001185000123</n:SoDinhDanh><n:HoVaTen><n:Ten>TRẦN THỊ THỬ</n:Ten></n:HoVaTen>"
    "<n:GioiTinh>2</n:GioiTinh><n:NgayThangNamSinh><n:NgayThangNam>19851110</n:NgayThangNam>"
    "</n:NgayThangNamSinh></n:CongDan></n:CongdanCollection>"
)
CODECS = {
    "osia": (codec("osia"), b"true"),
    "osia-match": (
        codec("osia", operation="match"),
        b'[{"attributeName":"gender","errorCode":1}]',
    ),
    "fhir": (codec("fhir"), json.dumps(BUNDLE, ensure_ascii=False).encode()),
}


@pytest.fixture(params=[*CODECS, "ndxp", "ndxp-look-up"])
def pair(request: pytest.FixtureRequest):
    """Give a codec and a good reply."""
    match request.param:
        case "ndxp":
            return codec("ndxp", **NDXP), verified("true").encode()
        case "ndxp-look-up":
            return codec("ndxp", operation="look-up", **NDXP), CITIZEN.encode()
        case name:
            return CODECS[name]


def assert_bare(error: Exception) -> None:
    """An error drags no other along, which could hold the body."""
    assert (error.__cause__, error.__context__) == (None, None)


def read(made, body: bytes, status: int = 200, **headers: str) -> Answer | ReplyFault:
    """Read a reply: an answer, or the word for why it is none."""
    try:
        answer = made.answer(Response(status, body, headers), CLAIM)
    except ReplyError as error:
        assert_bare(error)
        return ReplyFault(error.kind)
    assert isinstance(answer, Answer)
    return answer


def test_the_good_reply_is_an_answer(pair) -> None:
    """The replies that are damaged below are answers while they are whole."""
    assert isinstance(read(*pair), Answer)


def test_a_truncated_reply_is_no_answer(pair) -> None:
    """Cut anywhere, a reply is not read."""
    made, body = pair

    for end in range(len(body)):
        assert isinstance(read(made, body[:end]), ReplyFault)


def test_a_reply_with_more_behind_it_is_no_answer(pair) -> None:
    """Two replies run together, or a warning after one, are not read."""
    made, body = pair

    for more in (body, b"<b>Warning</b>", b"}", b"\x00", b"x"):
        assert isinstance(read(made, body + more), ReplyFault)


def test_another_encoding_is_no_answer(pair) -> None:
    """UTF-16, UTF-32, UTF-7 and gzip are not read."""
    made, body = pair
    text = body.decode()

    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-32-be"):
        assert isinstance(read(made, text.encode(encoding)), ReplyFault)
    assert read(made, b"\xff" + body) is ReplyFault.ENCODING
    assert read(made, b"\x1f\x8b\x08\x00" + body) is ReplyFault.ENCODING


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\x00",
        b"null",
        b"{}",
        b'""',
        b"0",
        b"-1",
        b"1e400",
        b"-Infinity",
        b"9" * 5_000,
        b"[" * 100_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"<a>" * 100_000,
        b"<a>" * 5_000 + b"</a>" * 5_000,
        b"<html><body><h1>200 OK</h1>true</body></html>",
        b"x" * 10_000_000,
        b"[" + b"true," * 2_000_000 + b"true]",
        b"<a>" + b"<b/>" * 2_500_000 + b"</a>",
        b'{"resourceType":"Bundle","resourceType":"Bundle","type":"searchset"}',
        b'{"a":"\\ud800"}',
    ],
    ids=lambda body: f"{body[:12]!r}-{len(body)}",
)
def test_a_monster_is_no_answer_and_costs_little(pair, body: bytes) -> None:
    """Huge, deep, empty or foreign: refused, and in no time."""
    began = time.process_time()

    found = read(pair[0], body)

    assert isinstance(found, ReplyFault)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("media", ["text/html", "text/plain", "image/png", "application/pdf", "x"])
def test_what_says_it_is_something_else_is_no_answer(pair, media: str) -> None:
    """A reply is not read if its own type says that it is no message of the protocol."""
    found = read(*pair, **{"content-type": media})

    assert found is ReplyFault.CONTENT_TYPE


@pytest.mark.parametrize("status", sorted(set(range(100, 600)) - {200, 404, 409})[::7])
def test_another_status_is_no_answer(pair, status: int) -> None:
    """A good body beside a status of failure is not read."""
    assert read(*pair, status=status) is ReplyFault.STATUS


def test_any_bytes_are_an_answer_or_our_error(pair) -> None:
    """Nothing else is raised, whatever comes."""
    made, body = pair

    @given(st.binary(max_size=200), st.sampled_from([200, 404, 409]))
    def noise(junk: bytes, status: int) -> None:
        found = read(made, junk, status)
        if junk.strip() and status == 200:
            assert isinstance(found, ReplyFault) or junk.strip() in (b"true", b"false", b"[]")

    @given(st.integers(0, len(body) - 1), st.binary(min_size=1, max_size=3))
    def spliced(at: int, junk: bytes) -> None:
        read(made, body[:at] + junk + body[at + len(junk) :])

    noise()
    spliced()


def leaves(value: object, path: tuple = ()):
    """Give the path of everything in a JSON value."""
    yield path
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in pairs:
        yield from leaves(part, (*path, key))


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(list(leaves(BUNDLE))), JSONS)
def test_a_bundle_with_a_wrong_part_is_read_or_refused(path: tuple, junk: object) -> None:
    """Any part of any other type is our error, or leaves an answer that is no false match."""
    damaged = json.loads(json.dumps(BUNDLE))
    holder = damaged
    for key in path[:-1]:
        holder = holder[key]
    if path:
        holder[path[-1]] = junk
    else:
        damaged = junk

    read(codec("fhir"), json.dumps(damaged).encode())


@given(JSONS)
def test_osia_takes_true_and_false_and_nothing_like_them(value: object) -> None:
    """No other value of JSON is an answer to verify."""
    found = read(codec("osia"), json.dumps(value).encode())

    assert isinstance(found, Answer) == (value is True or value is False)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion-laughs": verified("&l9;", before=f'<!DOCTYPE d [<!ENTITY l0 "true">{LAUGHS}]>'),
    "quadratic": verified("&a;" * 999, before=f'<!DOCTYPE d [<!ENTITY a "{"x" * 9_999}">]>'),
    "external": verified("&f;", before='<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/hostname">]>'),
    "parameter": verified(
        "true", before='<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>'
    ),
    "dtd": verified("true", before='<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">'),
    "empty-type": verified("true", before="<!DOCTYPE d>"),
    "small-letters": verified("true", before="<!doctype d>"),
    "with-declaration": verified("true", before='<?xml version="1.0"?>\n<!DOCTYPE d [ ]>'),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_type_is_refused_unread(name: str) -> None:
    """Entities and document types are refused before a parser sees them."""
    assert read(codec("ndxp", **NDXP), BOMBS[name].encode()) is ReplyFault.FORBIDDEN_XML


def test_a_hidden_document_type_is_refused_too() -> None:
    """In another encoding a bomb is not looked at at all."""
    bomb = BOMBS["billion-laughs"]

    for encoding in ("utf-16", "utf-16-be", "utf-32"):
        assert isinstance(read(codec("ndxp", **NDXP), bomb.encode(encoding)), ReplyFault)
    declared = '<?xml version="1.0" encoding="UTF-7"?>' + verified("true")
    assert read(codec("ndxp", **NDXP), declared.encode()) is ReplyFault.ENCODING


def test_nothing_is_included_from_elsewhere() -> None:
    """XInclude and processing instructions change nothing."""
    included = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'

    assert read(codec("ndxp", **NDXP), verified(included).encode()) is ReplyFault.SHAPE
    styled = verified("true", before='<?xml-stylesheet href="http://127.0.0.1:9/"?>')
    assert isinstance(read(codec("ndxp", **NDXP), styled.encode()), Answer)


def test_any_request_is_a_claim_or_our_error(pair) -> None:
    """The answering side raises nothing else either."""
    made, _ = pair
    good = made.request(CLAIM)

    @given(st.binary(max_size=100), st.text(max_size=40))
    def law(junk: bytes, path: str) -> None:
        for request in (
            Request("POST", good.path, junk),
            Request("POST", path, good.body),
            Request("GET", good.path, good.body),
            Request("POST", good.path, good.body[: len(junk)]),
        ):
            try:
                made.parse_request(request)
            except RequestError as error:
                assert_bare(error)

    law()
