"""The service of whole entries: to whom, what, and what is kept of it."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Disclosure, Entry, Found, Key
from vnvaxmatch.backends.remote import Bearer, Limits, RemoteEntries
from vnvaxmatch.backends.remote.entries import ask_find
from vnvaxmatch.backends.remote.entries.keys import is_key
from vnvaxmatch.blocking import KeyKind, keys
from vnvaxmatch.errors import (
    InputError,
    NotAuthorisedError,
    RefusedError,
    RegistryError,
    UnreachableError,
)
from vnvaxmatch.ledger import MemoryLedger
from vnvaxmatch.model import Frequencies
from vnvaxmatch.records import Claim
from vnvaxmatch.server import Guards, Settings, Tokens, make_app, new_token
from vnvaxmatch.server.entries import WORDS, EntryService
from vnvaxmatch.server.guards.access import AccessLog
from vnvaxmatch.server.guards.audit import Audit, digest_of
from vnvaxmatch.server.guards.metrics import Metrics
from vnvaxmatch.server.guards.walking import Walking, WalkingSettings

from .serving import Exchange, Served, served

ONCE = Limits(attempts=1)
VALUES = Settings(
    codecs=("osia", "entries"), disclosure=Disclosure.VALUES, everything_we_hold_may_be_read=True
)
PERSON, _ = Entry.read(
    key="7",
    name="Trần Thị Thử",
    birth="10/11/1985",
    sex="Nữ",
    id_number="001185000123",
    former_id_number="271234567",
    phone="0912345678",
)
NUMBERS = [key for key in keys(PERSON) if key.kind in (KeyKind.NUMBER, KeyKind.FORMER_NUMBER)]


def asking(there: Served, **options: object) -> RemoteEntries:
    return RemoteEntries(f"{there.url}/entries", **({"limits": ONCE} | options))


@pytest.fixture(scope="module")
def there() -> Iterator[Served]:
    """A server that serves entries, with one person."""
    with served(VALUES) as made:
        made.registry.fill([PERSON])
        yield made


def test_who_is_there_is_handed_out_whole(there: Served) -> None:
    """By any key, with all that is held."""
    with asking(there) as registry:
        assert registry.find(keys(PERSON)).entries == (PERSON,)
        assert registry.frequencies() == Frequencies.of([PERSON])
        registry.probe()


@pytest.mark.parametrize("disclosure", [Disclosure.VERDICT, Disclosure.FINDINGS])
def test_entries_are_not_served_where_values_are_not_told(disclosure: Disclosure) -> None:
    """The server does not start, and says what to do."""
    with pytest.raises(InputError, match="leave the codec entries out, or serve values"):
        make_app(Exchange(), settings=Settings(codecs=("entries",), disclosure=disclosure))


def test_values_are_served_by_an_ugly_name_only() -> None:
    """Nobody hands everything out by mistake."""
    with pytest.raises(InputError, match="everything_we_hold_may_be_read"):
        Settings(codecs=("entries",), disclosure=Disclosure.VALUES)


def test_entries_are_not_served_unless_they_are_named() -> None:
    """Where they are not, there is nothing at the address, which is not nobody."""
    settings = Settings(disclosure=Disclosure.VALUES, everything_we_hold_may_be_read=True)
    with served(settings) as made, asking(made) as registry, pytest.raises(RefusedError):
        registry.find(NUMBERS)


@pytest.mark.parametrize(("method", "path", "body", "media", "status"), [
    ("POST", "/v1/find", b'{"keys":[{"kind":"number","value":"x"}]}', "application/json", 400),
    ("POST", "/v1/find", b'{"keys":[{"kind":"phone","value":"\\u0000"}]}', "application/json", 400),
    ("POST", "/v1/find", b"[" * 50_000, "application/json", 400),
    ("POST", "/v1/find", b"\xff", "application/json", 400),
    ("POST", "/v1/find", b" " * 70_000, "application/json", 413),
    ("POST", "/v1/find", b"{}", "text/plain", 415),
    ("GET", "/v1/find", b"", "application/json", 405),
    ("POST", "/v1/frequencies", b"{}", "application/json", 405),
    ("POST", "/v2/find", b"{}", "application/json", 404),
    ("GET", "/v1/find/001185000123", b"", "application/json", 404),
])  # fmt: skip
def test_what_is_no_question_is_refused(
    there: Served, method: str, path: str, body: bytes, media: str, status: int
) -> None:
    """With a constant text, in which nothing stands of what was sent."""
    with urllib3.PoolManager(retries=False) as pool:
        reply = pool.request(
            method, f"{there.url}/entries{path}", body=body, headers={"content-type": media}
        )

    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(reply.json()) == {"type", "title", "status"}
    assert b"001185000123" not in reply.data


class Broken:
    """A registry that cannot be asked, and counts nothing."""

    def find(self, keys: object, /) -> Found:
        """Fail."""
        raise RegistryError("the disk is gone")


class Awaited(Exchange):
    """A registry whose answers are awaited."""

    async def find(self, keys: Sequence[Key], /) -> Found:
        """Ask the one that is there now."""
        return self.now.find(keys)

    async def frequencies(self) -> Frequencies:
        """Ask the one that is there now."""
        return self.now.frequencies()


def test_a_registry_that_fails_is_an_outage_and_one_that_counts_nothing_is_the_nation() -> None:
    """Neither is nobody."""
    with served(VALUES, registry=Broken()) as made:
        with asking(made) as registry, pytest.raises(UnreachableError):
            registry.find(NUMBERS)
        with asking(made) as registry:
            assert registry.frequencies() == Frequencies()


def test_a_registry_that_is_awaited_is_served() -> None:
    """As one that is not."""
    with served(VALUES, registry=Awaited()) as made, asking(made) as registry:
        made.registry.fill([PERSON])
        assert registry.find(NUMBERS).entries == (PERSON,)
        assert registry.frequencies() == Frequencies.of([PERSON])


def test_only_who_is_known_is_told(tmp_path: Path) -> None:
    """A token that is not in the file is refused, for counts as for people."""
    token, line = new_token("clinic-7")
    (tmp_path / "tokens").write_text(line + "\n", "utf-8")
    with served(VALUES, callers=Tokens(tmp_path / "tokens")) as made:
        made.registry.fill([PERSON])
        with asking(made, auth=Bearer(token)) as registry:
            assert registry.find(NUMBERS).entries == (PERSON,)
        for auth in (None, Bearer("another")):
            with asking(made, auth=auth) as registry:
                with pytest.raises(NotAuthorisedError):
                    registry.find(NUMBERS)
                with pytest.raises(NotAuthorisedError):
                    registry.frequencies()


def test_each_key_that_is_asked_for_leaves_a_line() -> None:
    """The audit says who asked, when, and of whom as a digest; the log and the metrics say less."""
    ledger, lines, key = MemoryLedger(), io.StringIO(), bytes(range(32))

    def clock() -> datetime:
        return datetime(2026, 5, 4, tzinfo=UTC)

    guards = Guards(
        audit=Audit(ledger, key=key, clock=clock),
        access=AccessLog(lines, clock=clock),
        metrics=Metrics(words=WORDS),
    )
    with served(VALUES, guards=guards) as made, asking(made) as registry:
        made.registry.fill([PERSON])
        registry.find(NUMBERS)
        registry.find([key for key in keys(PERSON) if key.kind is KeyKind.FOLD_BIRTH])
        made.registry.fill([])
        registry.find(NUMBERS[:1])
        registry.frequencies()
        page = guards.metrics.page()[0].decode()

    told = [dict(recorded.event.data) for recorded in ledger.read("audit")]
    number = digest_of(Claim.read(id_number="001185000123"), key)
    former = digest_of(Claim.read(id_number="271234567"), key)
    named = digest_of(Claim.read(name="tran thi thu", birth="10/11/1985"), key)
    assert [(line["operation"], line["outcome"]) for line in told] == [
        ("find", "found"), ("find", "found"), ("find", "found"), ("find", "not_found"),
        ("frequencies", "found"),
    ]  # fmt: skip
    assert {line["claim"] for line in told[:2]} == {number, former}
    assert [line["claim"] for line in told[2:4]] == [named, number]
    assert {line["disclosed"] for line in told} == {"values"}
    routes = [json.loads(line)["route"] for line in lines.getvalue().splitlines()]
    assert routes == ["/entries/v1/find"] * 3 + ["/entries/v1/frequencies"]
    assert 'operation="find",outcome="not_found"' in page
    everything = "".join(map(str, told)) + lines.getvalue() + page
    assert all(text not in everything for text in ("001185000123", "1185000123", "Thử", "tran"))


def test_nothing_is_handed_out_that_cannot_be_recorded() -> None:
    """Where the audit does not take the line there is no answer."""
    ledger = MemoryLedger()
    audit = Audit(ledger, key=bytes(32), clock=lambda: datetime(2026, 5, 4, tzinfo=UTC))
    with served(VALUES, guards=Guards(audit=audit)) as made:
        made.registry.fill([PERSON])
        with asking(made) as registry:
            assert registry.find(NUMBERS).entries == (PERSON,)
        ledger.close()
        with asking(made) as registry, pytest.raises(UnreachableError):
            registry.find(NUMBERS)
        with asking(made) as registry, pytest.raises(UnreachableError):
            registry.frequencies()


def test_who_walks_through_numbers_is_stopped() -> None:
    """Also where many numbers are put into one question."""
    settings = WalkingSettings(suspicious=20, refused=40, gap=0.0)
    guards = Guards(walking=Walking(settings, clock=lambda: 0.0))
    numbers = [f"001085{serial:06d}" for serial in range(41)]
    people = [Entry.read(key=number, id_number=number)[0] for number in numbers]
    with served(VALUES, guards=guards) as made, asking(made) as registry:
        for start in range(0, 40, 20):
            some = people[start : start + 20]
            assert registry.find([key for person in some for key in keys(person)]) == Found()
        with pytest.raises(RegistryError):
            registry.find(keys(people[40]))
        with pytest.raises(RegistryError):
            registry.find(NUMBERS)


def test_what_is_served_is_what_is_described(there: Served) -> None:
    """The description names both operations, every status, and no schema that is not there."""
    with urllib3.PoolManager(retries=False) as pool:
        document = pool.request("GET", f"{there.url}/openapi.json").json()

    find = document["paths"]["/entries/v1/find"]["post"]
    assert set(find["responses"]) >= {"200", "400", "413", "415", "429", "503"}
    counted = document["paths"]["/entries/v1/frequencies"]["get"]["responses"]
    assert "200" in counted
    assert "415" not in counted
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert "EntriesEntry" in references
    assert references <= set(document["components"]["schemas"])


@given(st.data())
def test_keys_that_are_described_are_keys(data: st.DataObject) -> None:
    """Whoever asks by the description is answered."""
    described = EntryService(looking=None, guards=Guards()).describe()
    keys_there = described.schemas["EntriesKeys"]["properties"]["keys"]
    form = data.draw(st.sampled_from(keys_there["items"]["oneOf"]))["properties"]
    value = data.draw(st.from_regex(form["value"]["pattern"].rstrip("$") + r"\Z"))
    assert is_key(Key(KeyKind(form["kind"]["const"]), value))


def test_the_same_question_is_the_same_bytes() -> None:
    """So that whoever keeps answers may keep them by the question."""
    assert ask_find(keys(PERSON)) == ask_find(tuple(reversed(keys(PERSON))))
