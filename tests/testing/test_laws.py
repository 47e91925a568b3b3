"""The shipped laws catch what breaks them: a suite that passes everything proves nothing."""

from collections.abc import Callable, Iterator, Sequence

import attrs
import pytest
from hypothesis import Phase, settings

from vnvaxmatch import Claim, Entry, Exact, Found, Key, MemoryRegistry, Outcome, Policy, normalize
from vnvaxmatch.backends import Flow
from vnvaxmatch.model import Frequencies
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.outcome import BLANK, Normalized, Reading, Rejected
from vnvaxmatch.testing import MatcherLaws, NormalizerLaws, RegistryLaws


@pytest.fixture(autouse=True)
def _first_failure_will_do() -> Iterator[None]:
    """Do not look for the smallest counterexample: any will do here."""
    before = settings.get_current_profile_name()
    settings.register_profile("unshrunk", settings(), phases=[Phase.generate])
    settings.load_profile("unshrunk")
    yield
    settings.load_profile(before)


class Altered:
    """A good registry whose answers, or people, are spoilt in one way."""

    def __init__(
        self,
        entries: Sequence[Entry],
        *,
        answer: Callable[[Found], Found] = lambda found: found,
        entry: Callable[[Entry], Entry] = lambda entry: entry,
    ) -> None:
        self._registry = MemoryRegistry([entry(e) for e in entries])
        self._answer = answer

    def find(self, keys: Sequence[Key], /) -> Found:
        """Spoil the answer."""
        return self._answer(self._registry.find(keys))


def failing(laws: object, *, by: type[Exception] = AssertionError) -> str | None:
    """Run the laws of an object, and name the first that fails."""
    for name in dir(laws):
        if name.startswith("test_"):
            try:
                getattr(laws, name)()
            except by:
                return name
    return None


def registry_laws(**spoilt: Callable[..., object]) -> RegistryLaws:
    class Laws(RegistryLaws):
        max_examples = 40

        def make(self, entries: Sequence[Entry]) -> Altered:
            return Altered(entries, **spoilt)  # type: ignore[arg-type]

    return Laws()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"answer": lambda found: attrs.evolve(found, entries=found.entries[:1])},
        {"answer": lambda found: attrs.evolve(found, entries=found.entries[::-1])},
        {"answer": lambda found: attrs.evolve(found, entries=found.entries * 2)},
        {"answer": lambda found: attrs.evolve(found, skipped=())},
        {"answer": lambda found: Found()},
        {"answer": lambda found: attrs.evolve(found, blocks={})},
        {"entry": lambda entry: attrs.evolve(entry, former_numbers=())},
        {"entry": lambda entry: attrs.evolve(entry, phone=None)},
        {"entry": lambda entry: attrs.evolve(entry, commune=entry.commune or "00004")},
        {
            "entry": lambda entry: attrs.evolve(
                entry, name=entry.name and PersonName(entry.name.text, entry.name.fold)
            )
        },
    ],
    ids=[
        "first-only", "unsorted", "twice", "silent-cap", "nobody", "uncounted", "no-former",
        "no-phone", "invented-commune", "other-key",
    ],
)  # fmt: skip
def test_a_spoilt_registry_breaks_a_law(spoilt: dict[str, Callable[..., object]]) -> None:
    """Each way of losing, inventing, repeating or disordering people is caught."""
    assert failing(registry_laws(**spoilt))


def test_a_registry_that_counts_wrongly_breaks_a_law() -> None:
    """Telling the nation's frequencies for its own is caught."""

    class Miscounted(MemoryRegistry):
        def frequencies(self) -> Frequencies:
            return Frequencies()

    class Laws(RegistryLaws):
        def make(self, entries: Sequence[Entry]) -> Miscounted:
            return Miscounted(entries)

    assert failing(Laws()) == "test_what_it_counts_is_what_there_is"


def test_a_good_registry_breaks_none() -> None:
    """The same double, not spoilt, passes."""
    assert failing(registry_laws()) is None


@attrs.frozen
class Lenient:
    """An exact matcher that takes every entry it finds for the right one."""

    name: str = "lenient/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Call a mismatch a match."""
        verdict = yield from Exact().flow(claim, policy=policy)
        outcome = Outcome.MATCHED if verdict.evidence else verdict.outcome
        return attrs.evolve(verdict, outcome=outcome, matcher=self.name)


@attrs.frozen
class Chatty:
    """An exact matcher that names the entry in its policy."""

    name: str = "chatty/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Tell who was found."""
        verdict = yield from Exact().flow(claim, policy=policy)
        who = verdict.evidence.entry_key if verdict.evidence else ""
        return attrs.evolve(verdict, matcher=self.name + who)


@pytest.mark.parametrize(
    ("matcher", "law"),
    [
        (Lenient(), "test_a_wrong_field_is_never_matched"),
        (Lenient(), "test_what_is_not_compared_never_counts_as_agreeing"),
        (Chatty(), "test_nothing_personal_is_shown"),
    ],
    ids=["lenient-field", "lenient-gap", "chatty"],
)
def test_a_spoilt_matcher_breaks_its_law(matcher: Lenient | Chatty, law: str) -> None:
    """Being generous or talkative is caught by the law that forbids it."""

    class Laws(MatcherLaws):
        def make_matcher(self) -> Lenient | Chatty:
            return matcher

    with pytest.raises(AssertionError):
        getattr(Laws(), law)()


def raises(text: str) -> Reading[PersonName]:
    return normalize.name(text.encode().decode())


def unsettled(text: str) -> Reading[PersonName]:
    reading = normalize.name(text)
    if isinstance(reading, Rejected):
        return reading
    return Normalized(PersonName(reading.value.text + " A", reading.value.key + " a"))


def loud(text: str) -> Reading[str]:
    return Normalized(text) if text.strip() else BLANK


def endless(text: str) -> Reading[PersonName]:
    return normalize.name(text[:1000])


@pytest.mark.parametrize("spoilt", [raises, unsettled, loud, endless])
def test_a_spoilt_normaliser_breaks_a_law(spoilt: Callable[[str], Reading[object]]) -> None:
    """Raising, not settling, showing a value, reading without end: each is caught."""

    class Laws(NormalizerLaws):
        normalizer = spoilt
        max_examples = 200

    assert failing(Laws(), by=Exception)


class TestNames(NormalizerLaws):
    """The library's own normaliser of names passes."""

    normalizer = normalize.name


class TestIdNumbers(NormalizerLaws):
    """The library's own normaliser of numbers passes."""

    normalizer = normalize.id_number
