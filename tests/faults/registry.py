"""A registry that answers rightly, in each protocol, and the truth about what it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tests.listening import Listener, Reader, Writer
from vnvaxmatch import Claim, Disclosure, Entry, Exact, MemoryRegistry, Verdict, match
from vnvaxmatch.backends.remote import LocalTransport, RemoteRegistry, Request, Response
from vnvaxmatch.backends.remote.codecs import Answerer, Codec, answerer, codec

from .serving import Asked, message, reply

__all__ = ["CODECS", "Registry", "answering", "asking", "entries", "people", "truth"]

_NDXP = {"ma_dvc": "G00", "ma_tich_hop": "000", "ma_can_bo": "tester", "key": bytes(16)}
CODECS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "osia": ("osia", {}),
    "osia-match": ("osia", {"operation": "match"}),
    "fhir": ("fhir", {}),
    "ndxp": ("ndxp", _NDXP),
    "ndxp-look-up": ("ndxp", {**_NDXP, "operation": "look-up"}),
}
"""Each protocol and each of its operations: codec and options."""

_GIVEN = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Linh", "Minh", "Ngọc", "Phúc")
_MIDDLE = ("Văn", "Thị", "Đức", "Thu", "Quốc", "Ngọc", "Hữu")
_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng")


def _person(i: int) -> dict[str, str]:
    """Make the texts about one person, of parts."""
    female = i % 2
    year = 1950 + i % 50
    name = (_SURNAMES[i % 5], _MIDDLE[i // 5 % 7], _GIVEN[i // 35 % 11])
    return {
        "name": " ".join(name),
        "birth": f"{1 + i % 28:02}/{1 + i // 28 % 12:02}/{year}",
        "sex": "Nữ" if female else "Nam",
        "id_number": f"001{female}{year % 100:02}{i:06}",
    }


def entries(count: int) -> list[Entry]:
    """Make the people of a registry."""
    return [Entry.read(key=str(i), **_person(i))[0] for i in range(count)]


def people(count: int) -> list[Claim]:
    """Make claims about them, of which neighbours never have the same answer.

    Every other one is right; the rest have another name, another birth, or a number of nobody.
    """
    claims = []
    for i in range(count):
        texts = _person(i)
        if i % 6 == 1:
            texts["name"] = _person(i + 1)["name"]
        elif i % 6 == 3:
            texts["id_number"] = f"{texts['id_number'][:6]}9{texts['id_number'][7:]}"
        elif i % 6 == 5:
            texts["birth"] = _person(i + 1)["birth"]
        claims.append(Claim.read(**texts))
    return claims


def asking(name: str) -> Codec:
    """Make the side that asks."""
    kind, options = CODECS[name]
    return codec(kind, **options)


class _Answers:
    """Answers what is asked, and tells as much as the operation wants."""

    def __init__(self, made: Answerer, held: Sequence[Entry], *, disclosure: Disclosure) -> None:
        self._made = made
        self._disclosure = disclosure
        self._registry = MemoryRegistry(held)
        self._entries = {entry.key: entry for entry in held}
        self._known: dict[tuple[str, bytes], Response] = {}

    def __call__(self, request: Request, /) -> Response:
        key = (request.path, request.body)
        if key not in self._known:
            claim = self._made.parse_request(request)
            verdict = match(claim, by=Exact(), against=self._registry)
            found = verdict.evidence.entry_key if verdict.evidence else None
            self._known[key] = self._made.render_answer(
                verdict,
                claim,
                disclosure=self._disclosure,
                entry=self._entries.get(found) if found else None,
            )
        return self._known[key]


@cache
def answering(name: str, count: int) -> _Answers:
    """Make what answers about so many people."""
    kind, options = CODECS[name]
    tells = Disclosure.VALUES if name == "ndxp-look-up" else Disclosure.FINDINGS
    return _Answers(answerer(kind, **options), entries(count), disclosure=tells)


@cache
def truth(name: str, count: int) -> tuple[Verdict, ...]:
    """Tell what is so: what a client concludes when nothing is between it and the registry."""
    answers = answering(name, count)
    transport = LocalTransport(answers)
    with RemoteRegistry(
        "https://registry.example", codec=asking(name), transport=transport
    ) as made:
        return tuple(match(claim, by=made, against=made) for claim in people(count))


class Registry(Listener):
    """The registry as a server; ``asked`` counts how often each question came to it, by name."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__()
        self._answers = answering(name, count)
        self.asked: Counter[str] = Counter()

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """Answer until the client goes."""
        while True:
            asked = await message(reader)
            self.asked[asked.name] += 1
            writer.write(self._said(asked))
            await writer.drain()

    def _said(self, asked: Asked) -> bytes:
        if asked.method != "POST":
            return reply(405, b"", {}, asked=asked)
        request = Request(asked.method, asked.path, asked.body, asked.headers)
        said = self._answers(request)
        return reply(said.status, said.body, said.headers, asked=asked)
