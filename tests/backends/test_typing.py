"""Programs that use the library are told by a type checker whether the parts fit together."""

import re
import subprocess
import sys

import pytest

pytest.importorskip("mypy", reason="mypy is needed to check types")


FITS = '''
from collections.abc import Awaitable, Iterable, Sequence

from vnvaxmatch import (
    Claim, Exact, Found, Key, Matcher, MemoryRegistry, Policy, Registry, Verdict,
    amatch, amatch_many, match, match_many,
)
from vnvaxmatch.backends import (
    AsyncRegistry, Conversation, CountedRegistry, Flow, Fuzzy, MatcherOf, RegistryOf, open_registry,
)
from vnvaxmatch.backends.remote import (
    AsyncRemoteEntries, AsyncRemoteRegistry, RemoteEntries, RemoteMatcher, RemoteRegistry,
)


class Town:
    def find(self, keys: Sequence[Key], /) -> Found:
        return Found()


class AwaitedTown:
    async def find(self, keys: Sequence[Key], /) -> Found:
        return Found()


class TownOfBoth:
    def find(self, keys: Sequence[Key], /) -> Found | Awaitable[Found]:
        return Found()


class Mine:
    name = "mine/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        verdict = yield from Exact().flow(claim, policy=policy)
        found = yield []
        return verdict if found.entries else verdict


class Letters:
    """Asks in words, and is answered by a number."""

    name = "letters/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Conversation[str, int]:
        number = yield "how many?"
        return Verdict(policy.judge({})) if number else Verdict(policy.judge({}))


class Clerk:
    def find(self, question: str, /) -> int:
        return len(question)


def local(claim: Claim, claims: Iterable[Claim], by: Matcher, against: Registry) -> list[Verdict]:
    match(claim, by=by, against=against)
    match(claim, by=Mine(), against=Town())
    match(claim, by=Exact(), against=open_registry("people.sqlite"))
    return list(match_many(claims, by=by, against=MemoryRegistry([])))


def weighed(claim: Claim, counted: CountedRegistry, remote: RemoteEntries) -> Verdict:
    match(claim, by=Fuzzy.against(remote), against=remote)
    return match(claim, by=Fuzzy.against(counted), against=counted)


def remote(claim: Claim, registry: RemoteRegistry, by: RemoteMatcher) -> Verdict:
    match(claim, by=Letters(), against=Clerk())
    match(claim, by=by, against=registry)
    return match(claim, by=registry, against=registry)


async def awaited(
    claim: Claim, claims: Iterable[Claim], town: AsyncRegistry, either: AsyncRegistry | Registry,
    remote: AsyncRemoteRegistry, entries: AsyncRemoteEntries,
) -> Verdict:
    await amatch(claim, by=Exact(), against=town)
    await amatch(claim, by=Mine(), against=either)
    await amatch(claim, by=Exact(), against=AwaitedTown())
    await amatch(claim, by=Exact(), against=TownOfBoth())
    await amatch(claim, by=Exact(), against=Town())
    await amatch(claim, by=Fuzzy(frequencies=await entries.frequencies()), against=entries)
    async for verdict in amatch_many(claims, by=remote, against=remote):
        print(verdict.outcome)
    return await amatch(claim, by=remote, against=remote)


plain: Matcher = Mine()
of_keys: MatcherOf[Sequence[Key], Found] = plain
store: Registry = MemoryRegistry([])
of_entries: RegistryOf[Sequence[Key], Found] = store
counted: CountedRegistry = MemoryRegistry([])
far: CountedRegistry = RemoteEntries("https://registry.example")
'''

DOES_NOT_FIT = """
from collections.abc import Sequence

from vnvaxmatch import Claim, Exact, Found, Key, Matcher, MemoryRegistry, Registry, amatch, match
from vnvaxmatch.backends import CountedRegistry, Fuzzy
from vnvaxmatch.backends.remote import (
    AsyncRemoteEntries, AsyncRemoteRegistry, RemoteEntries, RemoteRegistry,
)


class Awaited:
    async def find(self, keys: Sequence[Key], /) -> Found:
        return Found()


class GivesNames:
    def find(self, keys: Sequence[Key], /) -> list[str]:
        return []


class TakesText:
    def find(self, keys: str, /) -> Found:
        return Found()


class Nameless:
    def flow(self, claim: Claim, /) -> None: ...


async def use(
    claim: Claim, remote: RemoteRegistry, awaited: AsyncRemoteRegistry, far: AsyncRemoteEntries
) -> None:
    match(claim, by=Exact(), against=remote)  # wrong
    match(claim, by=remote, against=MemoryRegistry([]))  # wrong
    match(claim, by=remote, against=RemoteEntries("https://registry.example"))  # wrong
    match(claim, by=Exact(), against=Awaited())  # wrong
    match(claim, by=Exact(), against=far)  # wrong
    match(claim, by=Exact(), against=GivesNames())  # wrong
    match(claim, by=Exact(), against=TakesText())  # wrong
    match(claim, by=Nameless(), against=MemoryRegistry([]))  # wrong
    match(claim, by=awaited, against=awaited)  # wrong
    await amatch(claim, by=Exact(), against=awaited)  # wrong
    await amatch(claim, by=Exact(), against=GivesNames())  # wrong
    await amatch(claim, by=awaited, against=Awaited())  # wrong
    Fuzzy.against(far)  # wrong


by: Matcher = RemoteRegistry("https://registry.example", codec="osia")  # wrong
store: Registry = Awaited()  # wrong
counted: CountedRegistry = Awaited()  # wrong
"""


@pytest.fixture(scope="module")
def wrong_lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[int]]:
    """Check both programs at once; give the lines of each that mypy has something against."""
    folder = tmp_path_factory.mktemp("programs")
    programs = {"fits": FITS, "does_not_fit": DOES_NOT_FIT}
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    command = [
        sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--config-file", "",
        "--cache-dir", str(folder / "cache"), "--no-error-summary",
        *(str(folder / f"{name}.py") for name in programs),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.stderr == ""
    wrong: dict[str, set[int]] = {name: set() for name in programs}
    for line in done.stdout.splitlines():
        told = re.match(r"(?:.*/)?(\w+)\.py:(\d+): error: ", line)
        assert told is not None or ": note: " in line, line
        if told is not None:
            assert told[1] in wrong, line
            wrong[told[1]].add(int(told[2]))
    return wrong


def test_what_fits_together_passes(wrong_lines: dict[str, set[int]]) -> None:
    """Matchers and registries of keys, of requests and of one's own kinds, awaited or not."""
    assert wrong_lines["fits"] == set()


def test_what_does_not_fit_is_found(wrong_lines: dict[str, set[int]]) -> None:
    """Each line that would fail when it is run, and no other."""
    lines = DOES_NOT_FIT.splitlines()
    marked = {number for number, line in enumerate(lines, start=1) if "# wrong" in line}

    assert len(marked) > 10
    assert wrong_lines["does_not_fit"] == marked
