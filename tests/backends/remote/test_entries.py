"""Entries over the wire, without a network: both sides of the protocol, and the client."""

import asyncio
import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Found, Fuzzy, Key, MemoryRegistry, amatch, match
from vnvaxmatch.backends.remote import (
    AsyncRemoteEntries,
    Failure,
    Limits,
    LocalTransport,
    RemoteEntries,
    Request,
    Response,
)
from vnvaxmatch.backends.remote.entries import (
    FREQUENCIES,
    ask_find,
    ask_frequencies,
    parse_find,
    read_found,
    read_frequencies,
    render_found,
    render_frequencies,
)
from vnvaxmatch.backends.remote.entries.keys import KEYS_LIMIT
from vnvaxmatch.backends.remote.entries.rows import read_row, write_entry
from vnvaxmatch.blocking import CAPS, KeyKind, keys, number_keys, search_keys
from vnvaxmatch.errors import (
    NotAuthorisedError,
    RefusedError,
    RegistryError,
    ReplyError,
    RequestError,
    UnreachableError,
)
from vnvaxmatch.model import Frequencies
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.testing import RegistryLaws, claims, crowds, entries, populations
from vnvaxmatch.testing.strategies import texts

URL = "https://registry.example/entries"
JSON = {"content-type": "application/json"}
PERSON, _ = Entry.read(
    key="7",
    name="Trần Thị Thử",
    birth="10/11/1985",
    sex="Nữ",
    id_number="001185000123",
    former_id_number="271234567;011234567",
    commune="00004",
    phone="0912345678",
)
OTHER = attrs.evolve(PERSON, key="8", former_numbers=(), phone=None)
ASKED = keys(PERSON)
ANSWER = MemoryRegistry([PERSON, OTHER]).find(ASKED)


def everything(entry: Entry) -> tuple[object, ...]:
    """All that an entry holds and all that follows from it, with what equality leaves out."""
    name, birth, phone = entry.name, entry.birth, entry.phone
    return (
        entry,
        name and (name.text, name.key, name.fold, name.tokens, name.newborn, name.given),
        birth and (birth.precision, birth.code),
        phone and phone.readings,
        [(number.text, number.kind) for number in entry.former_numbers],
        keys(entry),
    )


def said(response: Response) -> Any:
    """Take an answer apart."""
    return json.loads(response.body)


def saying(value: object) -> Response:
    """Make an answer."""
    return Response(200, json.dumps(value).encode(), JSON)


class Served:
    """The other end of the wire: a registry that is asked in the protocol."""

    def __init__(self, people: Sequence[Entry]) -> None:
        self.registry = MemoryRegistry(people)
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """Answer one question; its path has the prefix of the address."""
        self.asked.append(request)
        asked = attrs.evolve(request, path=request.path.removeprefix("/entries"))
        if asked.path == FREQUENCIES:
            return render_frequencies(self.registry.frequencies())
        return render_found(self.registry.find(parse_find(asked)))


def remote(answer: Callable[[Request], Response | Failure], **options: Any) -> RemoteEntries:
    return RemoteEntries(URL, transport=LocalTransport(answer), **options)


class TestRemoteEntries(RegistryLaws):
    """A registry asked in this protocol keeps the laws of one in memory."""

    def make(self, entries: Sequence[Entry]) -> RemoteEntries:
        """Ask through the protocol, without a network."""
        return remote(Served(entries))


@st.composite
def read_entries(draw: st.DrawFn) -> Entry:
    """Entries read from any text, and from texts that are hard to keep."""

    def cell(*hard: str) -> str:
        return draw(st.one_of(texts(), st.sampled_from(hard)))

    entry, _ = Entry.read(
        key=draw(st.one_of(texts(), st.just("7"))),
        name=cell("CB Trần Thị Thử", "H' Hen Niê", "Y Moan", "LÍ THỊ HOÀ", "Müller", "Ḡ", "ﬁ"),
        birth=cell("1985", "11/1985", "00/00/1945", "29/02/2000"),
        sex=cell("Nam", "x"),
        id_number=cell("B1234567", "271234567", "000000000001"),
        former_id_number=cell("B1234567;271234567;001085000123", "271234567;271234567"),
        commune=cell("00004", "Phường Ba Đình, Hà Nội"),
        phone=cell("08 38256686", "0912345678 / 0987654321", "+4915112345678", "02838256686 ext 3"),
    )
    return entry


@given(st.one_of(entries(), read_entries()))
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    """Every field and all that follows from it: keys, marks, precision, readings."""
    written = json.loads(json.dumps(write_entry(entry)))

    _, again = read_row(written)

    assert everything(again) == everything(entry)


@given(st.lists(st.one_of(claims(), entries(), read_entries()), max_size=4))
def test_keys_come_back_from_their_question(people: list[Claim | Entry]) -> None:
    """Every key that anybody has can be asked for, whatever the texts were; order tells nothing."""
    asked = [key for person in people for key in keys(person)]

    request = ask_find(asked)

    assert set(parse_find(request)) == set(asked)
    assert ask_find(asked[::-1] + asked) == request


@given(populations(), claims())
def test_what_was_found_comes_back(people: list[Entry], claim: Claim) -> None:
    """Entries, what was skipped, and how many each kind of key led to."""
    asked = [*number_keys(claim), *search_keys(claim), *(k for p in people[:2] for k in keys(p))]
    found = MemoryRegistry(people).find(asked)

    assert read_found(render_found(found), asked) == found


@given(populations(max_size=20))
def test_frequencies_come_back(people: list[Entry]) -> None:
    """All counts, as they were counted."""
    counted = Frequencies.of(people)

    assert read_frequencies(render_frequencies(counted)) == counted


def test_frequencies_of_a_registry_that_counts_nothing_come_back() -> None:
    """Then they are those of the nation."""
    assert read_frequencies(render_frequencies(Frequencies())) == Frequencies()


@given(crowds())
def test_fuzzy_comes_to_the_same_over_the_wire(crowd: tuple[Claim, list[Entry]]) -> None:
    """Whoever is easily mistaken is weighed alike, with and without await."""
    claim, people = crowd
    registry = MemoryRegistry(people)
    here = match(claim, by=Fuzzy.against(registry), against=registry)
    there = remote(Served(people))

    async def awaited() -> object:
        transport = LocalTransport(Served(people)).awaited
        async with AsyncRemoteEntries(URL, transport=transport) as waits:
            by = Fuzzy(frequencies=await waits.frequencies())
            return await amatch(claim, by=by, against=waits)

    assert match(claim, by=Fuzzy.against(there), against=there) == here
    assert asyncio.run(awaited()) == here


def without(name: str, *, entry: bool = False) -> Callable[[Any], None]:
    return lambda value: (value["entries"][0] if entry else value).pop(name)


def having(name: str, thing: object, *, entry: bool = False) -> Callable[[Any], None]:
    return lambda value: (value["entries"][0] if entry else value).update({name: thing})


def in_blocks(**sizes: object) -> Callable[[Any], None]:
    return lambda value: value["blocks"].update(sizes)


def entries_of(change: Callable[[list[Any]], object]) -> Callable[[Any], None]:
    return lambda value: value.update(entries=change(value["entries"]))


STRANGER = dict(write_entry(Entry.read(key="9", name="Lê Văn Mẫu", birth="1990", sex="nam")[0]))


@pytest.mark.parametrize(
    "change",
    [
        without("format"),
        without("entries"),
        without("skipped"),
        without("blocks"),
        having("format", 2),
        having("format", "<script>"),
        having("format", None),
        having("more", 1),
        having("entries", None),
        having("entries", {}),
        having("entries", "none"),
        having("entries", [None]),
        having("entries", [[]]),
        having("skipped", None),
        having("skipped", "number"),
        having("skipped", ["unheard"]),
        having("skipped", [["number"]]),
        having("skipped", ["number", "number"]),
        having("skipped", ["phone", "number"]),
        having("blocks", None),
        having("blocks", []),
        having("blocks", {}),
        in_blocks(unheard=1),
        in_blocks(number=0),
        in_blocks(number=1),
        in_blocks(number=3),
        in_blocks(number=-2),
        in_blocks(number=2.0),
        in_blocks(number=True),
        in_blocks(number="2"),
        in_blocks(number=None),
        entries_of(lambda them: them[::-1]),
        entries_of(lambda them: [them[0], *them]),
        entries_of(lambda them: them[:1]),
        entries_of(lambda them: []),
        entries_of(lambda them: [*them, STRANGER]),
        entries_of(lambda them: [*them, {"entry_key": "9"}]),
        entries_of(lambda them: [{"entry_key": str(n)} for n in range(10_000)]),
        without("entry_key", entry=True),
        without("name_key", entry=True),
        without("number", entry=True),
        having("entry_key", None, entry=True),
        having("entry_key", 7, entry=True),
        having("more", 1, entry=True),
        having("commune", None, entry=True),
        having("commune", 4, entry=True),
        having("number", "1185000123", entry=True),
        having("number", 1185000123.0, entry=True),
        having("number", True, entry=True),
        having("number", -1, entry=True),
        having("number", 10**30, entry=True),
        having("number", 1185000124, entry=True),
        having("sex", 3, entry=True),
        having("sex", True, entry=True),
        having("sex", "nữ", entry=True),
        having("birth", 19851311, entry=True),
        having("birth", 0, entry=True),
        having("birth", 10**30, entry=True),
        having("birth", "1985", entry=True),
        having("name_key", "lê văn mẫu", entry=True),
        having("name_key", ["trần"], entry=True),
        having("name_text", "Trần Thị Thử", entry=True),
        having("phone", "+84 912 345 678", entry=True),
        having("phone", "none", entry=True),
        having("phone", 912345678, entry=True),
        having("former_numbers", [], entry=True),
        having("former_numbers", [True], entry=True),
        having("former_numbers", ["1"], entry=True),
        having("former_numbers", "1", entry=True),
        having("former_numbers", [1000271234567, 1000011234567], entry=True),
        having("former_numbers", [1000011234567, 1000011234567, 1000271234567], entry=True),
    ],
)
def test_a_wrong_answer_is_none(change: Callable[[Any], None]) -> None:
    """Wrong types, members, order, counts and people who were not asked for: an error each."""
    value = said(render_found(ANSWER))
    change(value)

    with pytest.raises(ReplyError) as caught:
        read_found(saying(value), ASKED)

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_answer_is_taken_whatever_the_order_of_its_members() -> None:
    """The members of an object in JSON have none."""
    value = said(render_found(ANSWER))
    turned = {name: value[name] for name in reversed(value)}
    turned["blocks"] = dict(reversed(value["blocks"].items()))

    assert read_found(saying(turned), ASKED) == ANSWER


@pytest.mark.parametrize("body", [
    b"", b"{", b"null", b"true", b"[]", b"{}", b"\xff", b"<html>", b'{"format":"2","format":"2"}',
    b"[" * 100_000, b"1" * 100_000, b'{"format":NaN}', b" " * 16_000_001,
])  # fmt: skip
def test_what_is_no_object_is_no_answer(body: bytes) -> None:
    """Nor what is cut off, nested too deep, or too large."""
    with pytest.raises(ReplyError):
        read_found(Response(200, body, JSON), ASKED)
    with pytest.raises(ReplyError):
        read_frequencies(Response(200, body, JSON))


def test_a_truncated_answer_is_none() -> None:
    """Wherever it breaks off."""
    for whole, read in (
        (render_found(ANSWER), lambda response: read_found(response, ASKED)),
        (render_frequencies(Frequencies.of([PERSON, OTHER])), read_frequencies),
    ):
        for length in range(len(whole.body)):
            with pytest.raises(ReplyError):
                read(attrs.evolve(whole, body=whole.body[:length]))


@pytest.mark.parametrize("response", [
    attrs.evolve(render_found(ANSWER), status=404),
    attrs.evolve(render_found(ANSWER), status=201),
    attrs.evolve(render_found(ANSWER), headers={"content-type": "text/html"}),
])  # fmt: skip
def test_another_status_or_kind_of_content_is_no_answer(response: Response) -> None:
    """However right its body looks."""
    with pytest.raises(ReplyError):
        read_found(response, ASKED)


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
        st.text(), st.sampled_from([kind.value for kind in KeyKind] + ["7", "8", "2"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
)  # fmt: skip


@given(st.data())
def test_an_answer_changed_anywhere_never_becomes_another_error(data: st.DataObject) -> None:
    """It is an error of ours, or an answer that fits the question all the same."""
    value = said(render_found(ANSWER))
    holder: Any = value
    while True:
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        place = data.draw(st.sampled_from(places))
        inner = holder[place]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            holder[place] = data.draw(JSON_VALUES)
            break
        holder = inner
    try:
        found = read_found(saying(value), ASKED)
    except ReplyError:
        return
    assert [entry.key for entry in found.entries] == sorted({e.key for e in found.entries})
    assert all(set(keys(entry)) & set(ASKED) for entry in found.entries)


@given(st.binary())
def test_any_bytes_are_no_answer(body: bytes) -> None:
    """Noise is an error, to whichever question."""
    with pytest.raises(ReplyError):
        read_found(Response(200, body), ASKED)
    with pytest.raises(ReplyError):
        read_frequencies(Response(200, body))


def test_a_block_above_its_cap_is_no_answer_unless_it_is_named() -> None:
    """More people than a registry may give are not taken."""
    number = IdNumber("001185000123")
    key = Key(KeyKind.NUMBER, str(number.code))
    crowd = tuple(Entry(f"P{n:03}", number=number) for n in range(CAPS[KeyKind.NUMBER] + 1))
    asked = [key, Key(KeyKind.FORMER_NUMBER, key.value)]

    with pytest.raises(ReplyError):
        read_found(render_found(Found(crowd, (), {KeyKind.NUMBER: len(crowd)})), asked)


@pytest.mark.parametrize("change", [
    having("total", -1), having("total", True), having("total", "2"), having("total", 1),
    having("surnames", None), having("surnames", []), having("surnames", {"Trần": 1}),
    having("surnames", {"tran": 0}), having("surnames", {"tran": True}),
    having("surnames", {"tran": 1.0}), having("surnames", {"": 1}), having("rests", {" ": 1}),
    having("rests", {"thu": 3}), having("births", {"1985": 1}), having("births", {"19851301": 1}),
    having("births", {"00000000": 1}), having("births", {"١٩٨٥٠٠٠٠": 1}), having("more", 1),
    without("births"), without("total"), without("format"),
])  # fmt: skip
def test_wrong_frequencies_are_none(change: Callable[[Any], None]) -> None:
    """Counts that cannot be, or not of so few people, are an error."""
    value = said(render_frequencies(Frequencies.of([PERSON, OTHER])))
    change(value)

    with pytest.raises(ReplyError):
        read_frequencies(saying(value))


def test_another_format_says_to_use_one_version() -> None:
    """A library that makes other keys would find nobody, and must not say so."""
    value = said(render_found(Found()))
    value.update(format="3", whatever=1)

    with pytest.raises(RefusedError, match=r"format 3, and .* in format 2: use one version"):
        read_found(saying(value), ASKED)


@pytest.mark.parametrize(("change", "kind"), [
    ({"path": "/v1/FIND"}, "path"), ({"path": "/v1/find/"}, "path"), ({"method": "GET"}, "method"),
    ({"body": b""}, "not_json"), ({"body": b"[]"}, "shape"), ({"body": b"{}"}, "shape"),
    ({"body": b'{"keys":null}'}, "shape"), ({"body": b'{"keys":[1]}'}, "shape"),
    ({"body": b'{"keys":[],"more":1}'}, "shape"), ({"body": b'{"keys":[{}]}'}, "shape"),
    ({"body": b'{"keys":[{"kind":"number","value":1}]}'}, "shape"),
    ({"body": b'{"keys":[{"kind":["number"],"value":"1"}]}'}, "shape"),
    ({"body": b'{"keys":[{"kind":"name","value":"1"}]}'}, "unknown_kind"),
    ({"body": json.dumps({"keys": [{}] * (KEYS_LIMIT + 1)}).encode()}, "too_many_keys"),
])  # fmt: skip
def test_a_wrong_question_is_refused_in_a_word(change: dict[str, Any], kind: str) -> None:
    """Whoever asks is told what is wrong, and nothing of what was sent."""
    with pytest.raises(RequestError) as caught:
        parse_find(attrs.evolve(ask_find(ASKED), **change))

    assert caught.value.kind == kind
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("kind", "value"), [
    ("number", ""), ("number", "x"), ("number", "01"), ("number", "-1"), ("number", "²"),
    ("number", "9" * 13), ("former_number", "1 2"), ("name_birth", "1985 trần"),
    ("name_birth", "19851301 trần thử"), ("name_birth", "19850101 "), ("fold_birth", "19850101"),
    ("fold_birth", "19850101 Tran"), ("birth_sex_given", "19850101 thu"),
    ("birth_sex_given", "19850101 x thu"), ("fold_year", "85 tran"), ("phone", ""),
    ("phone", "1\n2"), ("phone", "1" * 1_001),
])  # fmt: skip
def test_what_can_be_nobodys_key_is_not_asked_for(kind: str, value: str) -> None:
    """A registry need not know what to make of it: it is refused at both ends."""
    body = json.dumps({"keys": [{"kind": kind, "value": value}]}).encode()
    with pytest.raises(RequestError) as caught:
        parse_find(attrs.evolve(ask_find(ASKED), body=body))
    assert caught.value.kind == "value"
    with pytest.raises(RefusedError):
        ask_find([Key(KeyKind(kind), value)])


@given(st.one_of(st.binary(), JSON_VALUES.map(lambda value: json.dumps(value).encode())))
def test_any_question_is_read_or_refused(body: bytes) -> None:
    """Noise is refused by our own error."""
    try:
        parse_find(attrs.evolve(ask_find(ASKED), body=body))
    except RequestError:
        return
    assert "keys" in json.loads(body)


def test_too_many_keys_are_not_sent() -> None:
    """The error says what to do, and nobody was asked."""
    served = Served([])
    asked = [Key(KeyKind.NUMBER, str(1_085_000_000 + n)) for n in range(KEYS_LIMIT + 1)]

    with pytest.raises(RefusedError, match="257 keys are too many for one question"):
        remote(served).find(asked)

    assert served.asked == []
    assert remote(served).find(asked[:-1]) == Found()


@pytest.mark.parametrize(("reply", "error"), [
    (Response(404, b"{}", JSON), RefusedError), (Response(403), NotAuthorisedError),
    (Response(401), NotAuthorisedError), (Response(503), UnreachableError),
    (Response(429), UnreachableError), (Response(400), RefusedError), (Response(204), RefusedError),
    (Failure.REFUSED, UnreachableError), (Response(200, b"true", JSON), ReplyError),
    (Response(200, b"<p>", {"content-type": "text/html"}), UnreachableError),
])  # fmt: skip
def test_an_outage_is_never_nobody(reply: Response | Failure, error: type[Exception]) -> None:
    """Whatever is no answer is an error, by the table of statuses, and shows nothing."""
    limits = Limits(attempts=2, backoff=0.001)
    registry = remote(lambda _: reply, limits=limits)

    for ask in (lambda: registry.find(ASKED), registry.frequencies):
        with pytest.raises(error) as caught:
            ask()
        text = str(caught.value)
        assert "1185000123" not in text
        assert "Thử" not in text
        assert type(pickle.loads(pickle.dumps(caught.value))) is error


def test_waiting_is_an_outage_like_any_other() -> None:
    """With await the same errors are raised."""

    async def ask() -> None:
        transport = LocalTransport(lambda _: Failure.REFUSED).awaited
        limits = Limits(attempts=1)
        async with AsyncRemoteEntries(URL, transport=transport, limits=limits) as registry:
            await registry.find(ASKED)

    with pytest.raises(RegistryError):
        asyncio.run(ask())


def test_a_repeated_question_keeps_its_name() -> None:
    """All attempts of a question are one to the other side, and another question is another."""
    replies = [Failure.DISCONNECTED, Response(503)]
    served = Served([PERSON, OTHER])
    sent: list[Request] = []

    def answer(request: Request) -> Response | Failure:
        sent.append(request)
        return replies.pop() if replies else served(request)

    registry = remote(answer, limits=Limits(backoff=0.001))
    assert registry.find(ASKED) == ANSWER
    assert registry.find(ASKED) == ANSWER
    names = [request.headers["idempotency-key"] for request in sent]
    assert names[0] == names[1] == names[2] != names[3]
    assert registry.counts.attempts == 4


def test_without_keys_nobody_is_asked() -> None:
    """There is nothing to find, and nothing to tell."""
    served = Served([PERSON])

    assert remote(served).find([]) == Found()
    assert served.asked == []


def test_questions_go_where_they_should() -> None:
    """Keys in the body and never in the path, which logs hold."""
    served = Served([PERSON])
    with remote(served) as registry:
        registry.find(ASKED)
        registry.frequencies()

    assert [(r.method, r.path) for r in served.asked] == [
        ("POST", "/entries/v1/find"),
        ("GET", "/entries/v1/frequencies"),
    ]
    assert ask_frequencies().body == b""


@given(entries(complete=True))
def test_nothing_is_shown(entry: Entry) -> None:
    """Neither a question nor an answer shows a person in its repr."""
    asked = ask_find(keys(entry))
    shown = repr((asked, render_found(Found((entry,))), remote(Served([entry]))))

    assert str(entry.name) not in shown
    assert str(entry.number) not in shown
