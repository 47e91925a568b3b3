"""The shipped laws catch what breaks them: a suite that passes everything proves nothing."""

from collections.abc import Callable, Iterator, Sequence

import attrs
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from vnvaxmatch import (
    Claim,
    Entry,
    Evidence,
    Exact,
    Field,
    Finding,
    Found,
    Key,
    Level,
    MemoryRegistry,
    Outcome,
    Policy,
    Verdict,
    compare,
    normalize,
)
from vnvaxmatch.backends import Flow, Fuzzy
from vnvaxmatch.model import CODES, Frequencies, code_of
from vnvaxmatch.normalize import PersonName
from vnvaxmatch.outcome import BLANK, Normalized, Reading, Rejected
from vnvaxmatch.testing import (
    MatcherLaws,
    NormalizerLaws,
    RegistryLaws,
    WeighingLaws,
    different_people,
    entries,
    relatives,
    same_person,
)


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
        (Lenient(), "test_matched_only_if_all_four_fields_agree"),
        (Lenient(), "test_what_is_not_compared_never_counts_as_agreeing"),
        (Chatty(), "test_nothing_personal_is_shown"),
    ],
    ids=["lenient-field", "lenient-pair", "lenient-gap", "chatty"],
)
def test_a_spoilt_matcher_breaks_its_law(matcher: Lenient | Chatty, law: str) -> None:
    """Being generous or talkative is caught by the law that forbids it."""

    class Laws(MatcherLaws):
        def make_matcher(self) -> Lenient | Chatty:
            return matcher

    with pytest.raises(AssertionError):
        getattr(Laws(), law)()


@attrs.frozen
class Weighing:
    """The fuzzy matcher, its verdicts spoilt in one way."""

    spoilt: Callable[[Verdict], Verdict]
    name: str = "fuzzy/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Flow:
        """Spoil the verdict."""
        verdict = yield from Fuzzy().flow(claim, policy=policy)
        return self.spoilt(verdict)


def guessing(verdict: Verdict) -> Verdict:
    """Take the first of those who fit."""
    if not verdict.candidates:
        return verdict
    findings = tuple(Finding(field, Level.MISSING) for field in Field)
    return attrs.evolve(verdict, evidence=Evidence(verdict.candidates[0], findings, 9.0, 9.0))


def adding(verdict: Verdict) -> Verdict:
    """Add a bit that no field weighs."""
    evidence = verdict.evidence
    if evidence is None or evidence.weight is None:
        return verdict
    return attrs.evolve(verdict, evidence=attrs.evolve(evidence, weight=evidence.weight + 1))


def contrary(verdict: Verdict) -> Verdict:
    """Lose who agrees in the name."""
    return (
        attrs.evolve(verdict, evidence=None) if verdict.level(Field.NAME) is Level.SAME else verdict
    )


def crowded(verdict: Verdict) -> Verdict:
    """Weigh more where there is somebody else."""
    return verdict if verdict.margin is None else adding(verdict)


def disordered(verdict: Verdict) -> Verdict:
    """Suggest the least sure first."""
    return attrs.evolve(verdict, suggestions=verdict.suggestions[::-1])


def inventive(verdict: Verdict) -> Verdict:
    """Suggest what the entry does not hold."""
    made_up = [attrs.evolve(s, value="Kha Vạn Lộc") for s in verdict.suggestions]
    return attrs.evolve(verdict, suggestions=tuple(made_up))


@pytest.mark.parametrize(
    ("spoilt", "law"),
    [
        (guessing, "test_nobody_is_told_apart_from_a_double"),
        (adding, "test_a_weight_is_the_prior_and_what_the_fields_weigh"),
        (contrary, "test_a_field_put_right_never_lowers_the_weight"),
        (crowded, "test_who_is_identified_beside_others_is_so_alone"),
        (disordered, "test_a_suggestion_puts_its_field_right"),
        (inventive, "test_a_suggestion_puts_its_field_right"),
    ],
)
def test_a_matcher_that_weighs_badly_breaks_its_law(
    spoilt: Callable[[Verdict], Verdict], law: str
) -> None:
    """Guessing, miscounting, contradicting itself and suggesting badly: each is caught."""

    class Laws(WeighingLaws):
        max_examples = 300

        def make_matcher(self) -> Weighing:
            return Weighing(spoilt)

    with pytest.raises(AssertionError):
        getattr(Laws(), law)()


@given(same_person(), different_people())
def test_pairs_are_of_one_person_and_of_two(
    one: tuple[Claim, Entry], two: tuple[Claim, Entry]
) -> None:
    """Every pair can be compared; what is somebody else's has another key and another number."""
    assert all(len(compare(*pair).findings) == len(Field) for pair in (one, two))


@given(entries(key="a"), st.data())
def test_relatives_are_other_people(entry: Entry, data: st.DataObject) -> None:
    """A relative has a key of their own, and no number of this person's."""
    relative = data.draw(relatives(entry, key="b"))

    assert relative.key != entry.key
    assert relative.number is None or relative.number not in (entry.number, *entry.former_numbers)
    assert relative.former_numbers == ()


def test_pairs_show_every_kind_of_damage() -> None:
    """One person's pairs, and two people's, are alike in most of the ways that have a code."""
    seen: set[str] = set()

    @settings(max_examples=500, deadline=None, derandomize=True)
    @given(st.one_of(same_person(), different_people()))
    def look(pair: tuple[Claim, Entry]) -> None:
        seen.update(
            code_of((f.level, f.reason))
            for f in compare(*pair).findings
            if f.level is not Level.MISSING
        )

    look()
    codes = {code for table in CODES.values() for code in table}
    assert len(seen) > len(codes) // 2
    assert {"birth_year_only", "birth_differs", "sex_differs", "name_differs"} <= seen
    assert {"id_number_typo", "id_number_former", "id_number_differs"} <= seen


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
