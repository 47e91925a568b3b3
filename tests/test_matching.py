import asyncio
from collections.abc import Awaitable, Sequence

import attrs
import pytest
from hypothesis import given

from vnvaxmatch import (
    Claim,
    Entry,
    Exact,
    Field,
    Found,
    Key,
    Level,
    MemoryRegistry,
    Outcome,
    Policy,
    Verdict,
    amatch,
    amatch_many,
    match,
    match_many,
)
from vnvaxmatch.backends import Conversation
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.normalize import IdNumber
from vnvaxmatch.testing import claims, populations

TEXTS = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ", "id_number": "001185000123"}
ENTRY, _ = Entry.read(key="7", former_id_number="271234567", **TEXTS)
FOREIGN = {"nationality": "Lào"}


class BrokenRegistry:
    """A registry that cannot be asked."""

    def find(self, keys: Sequence[Key], /) -> Found:
        """Fail."""
        raise RegistryError("the registry does not answer: try again later")


def verify(texts: dict[str, str], *entries: Entry) -> Verdict:
    return match(Claim.read(**texts), by=Exact(), against=MemoryRegistry(entries))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "outcome", "codes"),
    [
        ({}, "matched", []),
        ({"name": "TRẦN  THỊ THỬ"}, "matched", []),
        ({"id_number": "271234567"}, "matched", ["id_number_former"]),
        ({"name": "Trần Thị Thứ"}, "mismatched", ["name_mark"]),
        ({"name": "Trần Thử"}, "mismatched", ["name_part_missing"]),
        ({"birth": "11/10/1985"}, "mismatched", ["birth_day_month_swapped"]),
        ({"birth": "1985"}, "mismatched", ["birth_no_day", "birth_year_only"]),
        ({"sex": "nam"}, "mismatched", ["id_number_sex_differs", "sex_differs"]),
        ({"id_number": "001185000124"}, "not_found", ["not_in_registry"]),
        ({"id_number": ""}, "incomplete", ["id_number_missing"]),
        ({"id_number": "12345"}, "malformed", ["id_number_length"]),
        ({"id_number": "B1234567"}, "incomplete", ["id_number_passport"]),
        ({"sex": ""}, "incomplete", ["sex_missing"]),
        ({"sex": "", "name": "Lê Hoa"}, "incomplete", ["sex_missing", "name_differs"]),
        (
            {"birth": "", "id_number": "001185000124"},
            "incomplete",
            ["birth_missing", "not_in_registry"],
        ),
        (FOREIGN, "out_of_scope", ["not_vietnamese"]),
        ({**FOREIGN, "id_number": "12345"}, "out_of_scope", ["not_vietnamese"]),
    ],
)
def test_one_entry(changed: dict[str, str], outcome: str, codes: list[str]) -> None:
    """What a claim comes to against a registry of one, and why."""
    verdict = verify({**TEXTS, **changed}, ENTRY)
    assert (verdict.outcome.value, list(verdict.codes)) == (outcome, codes)


def test_a_mismatch_says_which_field_and_at_which_level() -> None:
    """The evidence names the entry and the level of all four fields."""
    verdict = verify({**TEXTS, "name": "Tran Thi Thu"}, ENTRY)
    assert verdict.evidence is not None
    assert verdict.evidence.entry_key == "7"
    assert [verdict.level(field) for field in Field] == [
        Level.UNMARKED, Level.SAME, Level.SAME, Level.SAME,
    ]  # fmt: skip
    assert (verdict.matcher, verdict.policy) == ("exact/1", "strict/1")


@pytest.mark.parametrize("field", ["name", "birth", "sex"])
def test_what_the_registry_lacks_is_not_agreement(field: str) -> None:
    """An entry without a field makes the verdict incomplete, and the reason says which."""
    verdict = verify(TEXTS, attrs.evolve(ENTRY, **{field: None}))
    assert verdict.outcome is Outcome.INCOMPLETE
    assert verdict.codes == (f"{field}_not_compared",)


def test_of_several_entries_the_only_one_that_matches_is_taken() -> None:
    """Somebody else who once held the number does not stand in the way."""
    number = IdNumber("001185000123")
    other = Entry("8", sex=ENTRY.sex, former_numbers=(number,))
    assert verify(TEXTS, other, ENTRY).outcome is Outcome.MATCHED
    assert verify({**TEXTS, "sex": ""}, other, ENTRY).outcome is Outcome.INCOMPLETE


def test_of_several_entries_that_do_not_match_none_is_taken() -> None:
    """Then a person decides, and is told the candidates."""
    twin = attrs.evolve(ENTRY, key="8")
    verdict = verify({**TEXTS, "birth": "1985"}, twin, ENTRY)
    assert verdict.outcome is Outcome.AMBIGUOUS
    assert verdict.codes == ("birth_no_day", "several_entries")
    assert verdict.candidates == ("7", "8")


def test_two_entries_that_match_are_ambiguous() -> None:
    """Equal people under two keys are not for a program to choose from."""
    twin = attrs.evolve(ENTRY, key="8")
    assert verify(TEXTS, twin, ENTRY).outcome is Outcome.AMBIGUOUS


def test_a_block_that_is_too_large_is_ambiguous() -> None:
    """Who shares a number with a crowd is not declared missing."""
    crowd = [attrs.evolve(ENTRY, key=f"P{i}") for i in range(51)]
    verdict = verify(TEXTS, *crowd)
    assert verdict.outcome is Outcome.AMBIGUOUS
    assert verdict.codes == ("block_too_large",)


def test_a_cards_former_number_finds_an_older_entry() -> None:
    """A registry that knows the old number only is asked for it when the new one finds nobody."""
    claim = attrs.evolve(
        Claim.read(**{**TEXTS, "id_number": "001185000999"}),  # type: ignore[arg-type]
        former_numbers=(IdNumber("001185000123"),),
    )
    verdict = match(claim, by=Exact(), against=MemoryRegistry([ENTRY]))
    assert verdict.outcome is Outcome.MATCHED
    assert verdict.codes == ("id_number_former",)


def test_repairs_are_told() -> None:
    """What was changed in reading the claim stands in the verdict."""
    verdict = verify({**TEXTS, "id_number": "001185000123.0"}, ENTRY)
    assert [change.value for change in verdict.repairs] == ["id_number_float"]


def test_an_outage_is_an_error() -> None:
    """It is never «not found», with or without await."""
    claim = Claim.read(**TEXTS)  # type: ignore[arg-type]
    with pytest.raises(RegistryError, match="does not answer"):
        match(claim, by=Exact(), against=BrokenRegistry())
    with pytest.raises(RegistryError, match="does not answer"):
        asyncio.run(amatch(claim, by=Exact(), against=BrokenRegistry()))


class Guess:
    """A matcher that asks in words and is answered by a number."""

    name = "guess/1"

    def flow(self, claim: Claim, /, *, policy: Policy) -> Conversation[str, int]:
        """Ask twice."""
        first = yield "how many?"
        second = yield f"not {first}?"
        return Verdict(Outcome.AMBIGUOUS, candidates=(str(first), str(second)))


@attrs.frozen
class Clerk:
    """Answers words by their length, at once, later, or as a future, as it is told to."""

    how: str

    def find(self, question: str, /) -> int | Awaitable[int]:
        """Answer."""
        if self.how == "at once":
            return len(question)
        waits = self._later(question)
        return asyncio.ensure_future(waits) if self.how == "future" else waits

    async def _later(self, question: str) -> int:
        await asyncio.sleep(0)
        return len(question)


@pytest.mark.parametrize("how", ["at once", "later", "future"])
def test_questions_may_be_of_any_kind(how: str) -> None:
    """A matcher of its own kind of questions is run, whether its answers are awaited or not."""

    async def awaited() -> Verdict:
        return await amatch(Claim(), by=Guess(), against=Clerk(how))

    assert asyncio.run(awaited()).candidates == ("9", "6")


def test_questions_of_any_kind_need_no_loop() -> None:
    """The same matcher runs without await."""
    assert match(Claim(), by=Guess(), against=Clerk("at once")).candidates == ("9", "6")


def test_who_is_settled_without_a_registry_does_not_ask_it() -> None:
    """A foreigner's data and a number that cannot be one are not sent anywhere."""
    for changed in (FOREIGN, {"id_number": "12345"}, {"id_number": ""}):
        claim = Claim.read(**{**TEXTS, **changed})  # type: ignore[arg-type]
        assert match(claim, by=Exact(), against=BrokenRegistry()).official is None


@given(populations(max_size=4), claims(), claims())
def test_many_are_matched_one_by_one_in_order(
    population: list[Entry], one: Claim, two: Claim
) -> None:
    """The many are the one, over and over, lazily, with and without await."""
    registry = MemoryRegistry(population)

    async def awaited() -> list[Verdict]:
        verdicts = amatch_many([one, two], by=Exact(), against=registry)
        return [verdict async for verdict in verdicts]

    expected = [match(claim, by=Exact(), against=registry) for claim in (one, two)]
    assert list(match_many([one, two], by=Exact(), against=registry)) == expected
    assert asyncio.run(awaited()) == expected


def test_two_entries_with_one_key_are_refused() -> None:
    """A registry in which two people have one key could not name anybody."""
    with pytest.raises(RegistryError, match="entry 2 has the key of an earlier one"):
        MemoryRegistry([ENTRY, ENTRY])
