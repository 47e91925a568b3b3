import json
import timeit
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Evidence, Field, Finding, Level, Normalized, Reason, compare
from vnvaxmatch import normalize as n
from vnvaxmatch.compare import (
    LEVELS,
    compare_birth_codes,
    compare_births,
    compare_folds,
    compare_names,
    compare_number_texts,
    compare_numbers,
    compare_sexes,
)
from vnvaxmatch.normalize import BirthDate, IdNumber, PersonName, Sex
from vnvaxmatch.outcome import BLANK
from vnvaxmatch.testing import (
    births,
    claim_of,
    claims,
    entries,
    id_numbers,
    misspelt,
    names,
    sexes,
)

VECTORS = json.loads((Path(__file__).parent / "vectors" / "compare.json").read_text("utf-8"))


REASONS = [
    reason
    for reason in list(Reason)[
        list(Reason).index(Reason.NAME_MARK) : list(Reason).index(Reason.NAME_NOT_COMPARED)
    ]
    if reason is not Reason.SEX_DIFFERS
]
RANK = {level: rank for rank, level in enumerate(LEVELS)}


def likeness(vector: dict[str, Any]) -> tuple[Level, Reason | None]:
    a, b = vector["a"], vector["b"]
    match vector["field"]:
        case "name":
            return compare_names(n.name(a).unwrap(), n.name(b).unwrap())
        case "birth":
            return compare_births(n.birth(a).unwrap(), n.birth(b).unwrap())
        case _:
            return compare_numbers(
                n.id_number(a).unwrap(),
                n.id_number(b).unwrap() if b else None,
                former=[IdNumber(text) for text in vector["former"]],
                claim_former=[IdNumber(text) for text in vector["claim_former"]],
            )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """Every vector has its level and its reason."""
    level, reason = likeness(vector)
    assert (level.value, reason and reason.value) == (vector["expected"], vector["reason"])


def test_every_reason_of_a_comparison_has_a_vector() -> None:
    """Each reason is shown at work, and always stands at one and the same level."""
    levels: dict[str, set[str]] = {}
    for vector in VECTORS:
        levels.setdefault(vector["reason"], set()).add(vector["expected"])
    compared = [reason.value for reason in REASONS]
    assert all(len(levels[reason]) == 1 for reason in compared)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["field"] != "id_number"], ids=lambda vector: vector["id"]
)
def test_vector_the_other_way_round(vector: dict[str, Any]) -> None:
    """Which of the two is the claim does not matter."""
    assert likeness({**vector, "a": vector["b"], "b": vector["a"]}) == likeness(vector)


@given(names() | misspelt(names()).map(n.name).filter(lambda r: isinstance(r, Normalized)), names())
def test_names_are_compared_symmetrically(a: Any, b: PersonName) -> None:
    """The likeness of two names does not depend on their order."""
    name = a.value if isinstance(a, Normalized) else a
    assert compare_names(name, b) == compare_names(b, name)


@st.composite
def pairs_of_names(draw: st.DrawFn) -> tuple[PersonName, PersonName]:
    """Two names, of which the second is often the first one, damaged."""
    first = draw(names())
    text = draw(misspelt(st.just(str(first))) | names().map(str))
    read = n.name(text)
    return first, read.value if isinstance(read, Normalized) else draw(names())


@given(pairs_of_names())
def test_folds_are_compared_as_names_are(pair: tuple[PersonName, PersonName]) -> None:
    """What a column has folded already is compared with the same answer."""
    a, b = pair
    dotted = any(sign in name.text for name in pair for sign in ".~")
    folded = compare_folds(a.fold, b.fold, keys=(a.key, b.key), dotted=dotted)
    assert folded == compare_names(a, b)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_names_can_be_compared(a: str, b: str) -> None:
    """Whatever a cell held, the comparison answers, and the same both ways."""
    one, other = PersonName(a, a.lower()), PersonName(b, b.lower())
    assert compare_names(one, other) == compare_names(other, one)


@given(pairs_of_names())
def test_a_word_put_right_makes_names_no_less_alike(pair: tuple[PersonName, PersonName]) -> None:
    """Names alike word by word stay so when a word of one becomes the other's.

    Words in another order, or one that is missing, have no place where to be put right.
    """
    claimed, held = pair
    level, reason = compare_names(claimed, held)
    words, right = claimed.key.split(" "), held.key.split(" ")
    if len(words) != len(right) or reason in (Reason.NAME_ORDER, Reason.NAME_MARKER):
        return
    for at, word in enumerate(right):
        key = " ".join([*words[:at], word, *words[at + 1 :]])
        repaired, _ = compare_names(PersonName(key.title(), key), held)
        assert RANK[repaired] <= RANK[level]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a" * 999, "a" * 998 + "b"),
        ("lan " * 250, "lam " * 249 + "lan"),
        ("lan " * 250, "lam " * 248 + "lan"),
        ("h " * 333, "k " * 332),
        (" ".join(f"a{n}" for n in range(200)), " ".join(f"a{n}" for n in range(200, 0, -1))),
        ("w" * 999, "w" * 997 + "u"),
        ("x " * 400 + "an", "an " + "x " * 498),
    ],
    ids=["letters", "slips", "missing", "markers", "order", "keys", "moved"],
)
def test_hostile_names_cost_little(a: str, b: str) -> None:
    """As much as a cell can hold is compared in a few milliseconds at most."""
    one, other = PersonName(a, a), PersonName(b, b)
    compare_names(one, other)
    fastest = min(timeit.repeat(lambda: compare_names(one, other), number=1, repeat=5))
    assert fastest < 0.005


@given(names(), names())
def test_names_are_the_same_by_their_key_alone(a: PersonName, b: PersonName) -> None:
    """Two names are the same exactly if their keys are equal."""
    assert (compare_names(a, b)[0] is Level.SAME) == (a.key == b.key)


@given(names(), names())
def test_names_that_differ_in_marks_are_never_the_same(a: PersonName, b: PersonName) -> None:
    """Equal folds with different keys are unmarked, and nothing else is."""
    unmarked = compare_names(a, b)[0] is Level.UNMARKED
    assert unmarked == (a.fold == b.fold and a.key != b.key)


@given(names(), st.data())
def test_words_in_another_order_are_close_at_least(name: PersonName, data: st.DataObject) -> None:
    """The same words are never a different name."""
    words = data.draw(st.permutations(name.key.split()))
    other = PersonName(" ".join(words).title(), " ".join(words))
    assert compare_names(name, other)[0] in (Level.SAME, Level.UNMARKED, Level.CLOSE)


@given(births(), births())
def test_births_are_compared_symmetrically(a: BirthDate, b: BirthDate) -> None:
    """The likeness of two dates does not depend on their order; only equal ones are the same."""
    assert compare_births(a, b) == compare_births(b, a)
    assert (compare_births(a, b)[0] is Level.SAME) == (a == b)


@given(births(), births() | st.just(BirthDate(1985, 1, 1)))
def test_codes_of_births_are_compared_as_births_are(a: BirthDate, b: BirthDate) -> None:
    """What a column holds as integers is compared with the same answer."""
    assert compare_birth_codes(a.code, b.code) == compare_births(a, b)


@st.composite
def pairs_of_days(draw: st.DrawFn) -> tuple[BirthDate, BirthDate]:
    """Two full dates whose parts are few, so that they often share or swap them."""
    part = st.sampled_from([1, 2, 10, 11, 12])
    year = st.sampled_from([1975, 1984, 1985, 1986, 1995])
    day = st.builds(BirthDate, year, part, part)
    return draw(day), draw(day)


@given(pairs_of_days(), st.integers(0, 2))
def test_a_part_put_right_makes_births_no_less_alike(
    pair: tuple[BirthDate, BirthDate], at: int
) -> None:
    """A full date that takes over day, month or year of another is no less like it."""
    a, b = pair
    part = ("year", "month", "day")[at]
    repaired = attrs.evolve(a, **{part: getattr(b, part)})
    assert RANK[compare_births(repaired, b)[0]] <= RANK[compare_births(a, b)[0]]


@given(births(), st.integers(-10, 10))
def test_years_apart_have_their_reasons(born: BirthDate, years: int) -> None:
    """The same day of another year is close, and one, two and ten years apart say so."""
    assume(years)
    day = BirthDate(min(born.year, 2010), born.month or 3, min(born.day or 1, 28))
    level, reason = compare_births(day, attrs.evolve(day, year=day.year + years))
    assert level is Level.CLOSE
    assert (reason is Reason.BIRTH_YEAR_OFF) == (abs(years) < 3)
    assert (reason is Reason.BIRTH_DECADE) == (abs(years) == 10)


@given(births())
def test_a_date_is_close_to_its_own_year_and_month(born: BirthDate) -> None:
    """What is less precise, and true, is never different."""
    for vaguer in (BirthDate(born.year), BirthDate(born.year, born.month)):
        level, _ = compare_births(born, vaguer)
        assert level is (Level.SAME if vaguer == born else Level.CLOSE)


@given(births(), births())
def test_different_years_and_days_are_different(a: BirthDate, b: BirthDate) -> None:
    """Dates with neither year, month nor day in common are different, whatever their precision."""
    if a.year != b.year and (a.month != b.month or a.month is None) and a.day != b.day:
        assert compare_births(a, b) == (Level.DIFFERENT, Reason.BIRTH_DIFFERS)


@given(sexes(), sexes())
def test_sexes_are_the_same_or_different(a: Sex, b: Sex) -> None:
    """There is nothing in between."""
    assert compare_sexes(a, b)[0] is (Level.SAME if a is b else Level.DIFFERENT)


NEAR_NUMBERS = st.sampled_from(
    [
        IdNumber(text)
        for text in (
            "001085000123", "001085000132", "001085000124", "011085000123", "000271234567",
            "271234567", "271234576", "271234568", "011999999", "B1234567", "B1234576",
        )
    ]
)  # fmt: skip
"""Numbers that are each like some of the others."""


@given(
    NEAR_NUMBERS | id_numbers(),
    NEAR_NUMBERS | id_numbers(),
    st.lists(NEAR_NUMBERS | id_numbers(), max_size=2),
    st.lists(NEAR_NUMBERS | id_numbers(), max_size=2),
)
def test_numbers_are_compared_symmetrically(
    a: IdNumber, b: IdNumber, former: list[IdNumber], claim_former: list[IdNumber]
) -> None:
    """Changing sides, former numbers and all, changes nothing; equal numbers alone are the same."""
    one = compare_numbers(a, b, former=former, claim_former=claim_former)
    assert compare_numbers(b, a, former=claim_former, claim_former=former) == one
    assert (one[0] is Level.SAME) == (a == b)


@given(
    NEAR_NUMBERS | id_numbers(),
    NEAR_NUMBERS | id_numbers() | st.none(),
    st.lists(NEAR_NUMBERS, max_size=2),
    st.lists(NEAR_NUMBERS, max_size=2),
)
def test_texts_of_numbers_are_compared_as_numbers_are(
    a: IdNumber, b: IdNumber | None, former: list[IdNumber], claim_former: list[IdNumber]
) -> None:
    """What a column holds as text is compared with the same answer."""
    texts = compare_number_texts(
        a.text,
        b.text if b else None,
        former=[number.text for number in former],
        claim_former=[number.text for number in claim_former],
    )
    assert texts == compare_numbers(a, b, former=former, claim_former=claim_former)


@given(NEAR_NUMBERS, NEAR_NUMBERS | id_numbers(), st.integers(0, 11))
def test_a_digit_put_right_makes_numbers_no_less_alike(a: IdNumber, b: IdNumber, at: int) -> None:
    """A number that takes over a digit of another is no less like it."""
    assume(len(a.text) == len(b.text) > at)
    assume(at or a.text[0] == b.text[0])
    repaired = IdNumber(a.text[:at] + b.text[at] + a.text[at + 1 :])
    assert RANK[compare_numbers(repaired, b)[0]] <= RANK[compare_numbers(a, b)[0]]


@given(id_numbers(), st.integers(0, 10))
def test_two_neighbours_swapped_are_close(number: IdNumber, at: int) -> None:
    """Two digits in each other's place, wherever they are, have a reason of their own."""
    text = number.text
    assume(at + 1 < len(text) and text[at] != text[at + 1])
    other = IdNumber(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
    assert compare_numbers(number, other) == (Level.CLOSE, Reason.ID_NUMBER_TRANSPOSED)


@given(id_numbers(), id_numbers())
def test_another_former_number_never_makes_numbers_less_alike(a: IdNumber, b: IdNumber) -> None:
    """To know that a number was once held says something for the entry, and nothing against it."""
    assert compare_numbers(a, b, former=(a,))[0] in (Level.SAME, Level.LINKED)
    assert (
        RANK[compare_numbers(a, b, former=(IdNumber("011999999"),))[0]]
        <= RANK[compare_numbers(a, b)[0]]
    )


@given(id_numbers(), st.integers(0, 11), st.integers(1, 9))
def test_a_digit_off_is_close(number: IdNumber, at: int, by: int) -> None:
    """One wrong digit, wherever it is, never makes a number the same or different."""
    at %= len(number.text)
    digit = str((int(number.text[at]) + by) % 10)
    other = IdNumber(number.text[:at] + digit + number.text[at + 1 :])
    assert compare_numbers(number, other) == (Level.CLOSE, Reason.ID_NUMBER_TYPO)


@given(claims(), entries())
def test_what_is_missing_on_either_side_is_missing(claim: Claim, entry: Entry) -> None:
    """A field is MISSING exactly if the claim has a gap there or the entry has no value."""
    evidence = compare(claim, entry)
    held = {
        Field.NAME: entry.name,
        Field.BIRTH: entry.birth,
        Field.SEX: entry.sex,
        Field.ID_NUMBER: entry.number or entry.former_numbers or None,
    }
    assert tuple(evidence.levels) == tuple(Field)
    for finding in evidence.findings:
        if claim.gap(finding.field) is not None:
            assert (finding.level, finding.reason) == (Level.MISSING, None)
        elif held[finding.field] is None:
            assert finding.level is Level.MISSING
            assert finding.reason == Reason(f"{finding.field}_not_compared")
        else:
            assert finding.level is not Level.MISSING or finding.field is Field.ID_NUMBER


@given(claims(), entries())
def test_a_reason_stands_where_the_level_is_not_the_same(claim: Claim, entry: Entry) -> None:
    """Same has no reason; everything that was compared and is not the same has one of its field."""
    for finding in compare(claim, entry).findings:
        if finding.level is Level.SAME:
            assert finding.reason is None
        elif finding.level is not Level.MISSING:
            assert finding.reason is not None
            assert finding.reason.value.startswith(finding.field.value)


@given(entries(complete=True))
def test_the_claim_of_an_entry_is_the_same_throughout(entry: Entry) -> None:
    """Every field of what an entry states of itself is the same."""
    assert set(compare(claim_of(entry), entry).levels.values()) == {Level.SAME}


def test_a_newborn_is_not_compared_by_the_mothers_name() -> None:
    """The claim's own gap has no reason here: the claim reports it itself."""
    mother = n.name("Trần Thị Thử").unwrap()
    claim = Claim.read(name="(CB) Trần Thị Thử")
    finding = compare(claim, Entry("7", name=mother)).findings[0]
    assert finding == Finding(Field.NAME, Level.MISSING)


def test_an_entry_filed_under_the_mothers_name_is_not_compared() -> None:
    """A newborn's entry has no name of its own either, and the reason says so."""
    entry = Entry("7", name=n.name("(CB) Trần Thị Thử").unwrap())
    finding = compare(Claim.read(name="Trần Thị Thử"), entry).findings[0]
    assert finding == Finding(Field.NAME, Level.MISSING, Reason.NAME_NOT_COMPARED)


def test_a_passport_is_the_claims_own_gap() -> None:
    """A passport's number is not compared with an identity number."""
    entry = Entry("7", number=IdNumber("001085000123"))
    finding = compare(Claim.read(id_number="B1234567"), entry).findings[3]
    assert finding == Finding(Field.ID_NUMBER, Level.MISSING)


def test_levels_are_ordered_without_missing() -> None:
    """Missing has no place between same and different."""
    assert set(Level) - set(LEVELS) == {Level.MISSING}
    assert [level.value for level in LEVELS] == [
        "same", "linked", "unmarked", "close", "different",
    ]  # fmt: skip


def test_evidence_hides_the_entry() -> None:
    """The repr of evidence names no entry."""
    evidence = Evidence("secret-key", (Finding(Field.SEX, Level.SAME),))
    assert "secret-key" not in repr(evidence)


def test_a_claim_without_a_value_has_no_levels_but_missing() -> None:
    """An empty claim is missing throughout."""
    claim = attrs.evolve(Claim(), name=BLANK)
    assert set(compare(claim, Entry("7")).levels.values()) == {Level.MISSING}
