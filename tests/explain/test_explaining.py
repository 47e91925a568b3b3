"""What an explanation says, whatever it is drawn as."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Disclosure, Entry, Field, Level, Outcome, Reason, Verdict
from vnvaxmatch.explain import Explanation, explain
from vnvaxmatch.explain.words import Phrase, odds_sentence, ratio, signed
from vnvaxmatch.messages import LANGUAGES, Lang, message

from .waterfalls import HAND_MADE, judged, verdicts

KEYS = set(explain(HAND_MADE["matched"]).as_dict())
SAID = {
    "lang", "label", "sentence", "note", "outcome_sentence", "margin_sentence", "claimed",
}  # fmt: skip


def forms(explanation: Explanation) -> str:
    """Everything that an explanation can be drawn as, one after the other."""
    return "\n".join(
        (
            json.dumps(explanation.as_dict(), ensure_ascii=False),
            explanation.as_text(120),
            explanation.as_svg(),
            explanation.as_html(),
        )
    )


def values(claim: Claim, people: list[Entry]) -> set[str]:
    """Whatever of a claim and of people is long enough to be told from other words."""
    found = {person.key for person in people}
    for person in people:
        found |= {str(value) for value in (person.number, person.phone, person.name, person.birth)}
        found |= {str(number) for number in person.former_numbers}
    for reading in (claim.name, claim.birth, claim.id_number, claim.phone):
        found.add(str(getattr(reading, "value", "")))
    found |= {"/".join(reversed(value.split("-"))) for value in found}
    return {value for value in found if len(value) > 6}


def without_words(thing: object) -> object:
    """Leave out what is said in a language."""
    if isinstance(thing, dict):
        return {key: without_words(value) for key, value in thing.items() if key not in SAID}
    return [without_words(each) for each in thing] if isinstance(thing, list) else thing


@given(verdicts())
def test_the_steps_add_up_to_the_weight(verdict: Verdict) -> None:
    """Nothing that weighs is left out, whatever the evidence was made of."""
    explained = explain(verdict)
    if explained.weight is None:
        assert all(step.weight is None and step.total is None for step in explained.steps)
        return
    assert sum(step.weight or 0.0 for step in explained.steps) == pytest.approx(
        explained.weight, abs=0.011
    )
    running = 0.0
    for step in explained.steps:
        running += step.weight or 0.0
        assert step.total == pytest.approx(running, abs=1e-6)


@given(judged())
def test_a_matchers_weight_needs_no_rest(made: tuple[Claim, list[Entry], Verdict]) -> None:
    """Prior and findings of a weighed verdict are its whole weight."""
    _, _, verdict = made
    steps = explain(verdict).steps
    if verdict.evidence is not None and verdict.evidence.weight is not None:
        assert [step.field for step in steps] == [None, *Field]
    else:
        assert [step.field for step in steps] == list(Field)


@given(verdicts(), st.sampled_from(LANGUAGES))
def test_as_a_dict_it_is_json_with_the_same_keys(verdict: Verdict, lang: Lang) -> None:
    """A program can rely on every key, and on numbers that are numbers."""
    content = explain(verdict, lang=lang).as_dict()
    assert set(content) == KEYS
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again == content


@given(judged())
def test_no_value_is_shown_at_findings(made: tuple[Claim, list[Entry], Verdict]) -> None:
    """Neither the record's nor the registry's, even if the claim is given."""
    claim, people, verdict = made
    for disclosure in (Disclosure.FINDINGS, Disclosure.VERDICT):
        shown = forms(explain(verdict.disclose(disclosure), claim=claim))
        assert [value for value in values(claim, people) if value in shown] == []


@given(judged())
def test_at_values_what_is_shown_comes_from_the_claim_or_the_verdict(
    made: tuple[Claim, list[Entry], Verdict],
) -> None:
    """Of the registry nothing is shown that the verdict does not suggest."""
    claim, people, verdict = made
    shown = forms(explain(verdict, claim=claim))
    told = {s.value for s in verdict.suggestions} | set(verdict.candidates)
    if verdict.evidence is not None:
        told.add(verdict.evidence.entry_key)
    told |= {step.claimed for step in explain(verdict, claim=claim).steps}
    of_others = {v for v in values(Claim(), people) if not any(v in text for text in told)}
    assert [value for value in of_others if value in shown] == []


@given(judged())
def test_the_repr_shows_nobody(made: tuple[Claim, list[Entry], Verdict]) -> None:
    """An explanation can be logged."""
    claim, people, verdict = made
    shown = repr(explain(verdict, claim=claim))
    assert [value for value in values(claim, people) if value in shown] == []


@given(verdicts())
def test_both_languages_say_the_same(verdict: Verdict) -> None:
    """Codes, figures and the order of things do not depend on the language."""
    vietnamese, english = (explain(verdict, lang=lang).as_dict() for lang in LANGUAGES)
    assert without_words(vietnamese) == without_words(english)


@pytest.mark.parametrize("words", Phrase)
def test_a_phrase_has_the_same_places_in_both_languages(words: Phrase) -> None:
    """A figure that one language tells, the other tells too."""
    places = [
        {name for _, name, _, _ in string.Formatter().parse(message(words, lang=lang)) if name}
        for lang in LANGUAGES
    ]
    assert places[0] == places[1]


def test_a_gap_in_the_record_is_the_reason_of_its_step() -> None:
    """Where the record itself gives nothing to compare, the step says why."""
    *_, number = explain(HAND_MADE["no-number"], lang="en").steps
    assert (number.level, number.reason, number.weight) == (
        Level.MISSING, Reason.ID_NUMBER_MISSING, 0.0,
    )  # fmt: skip
    assert number.sentence == "The ID number is missing"


def test_evidence_that_counts_once_is_said_to() -> None:
    """Beside a near number, which holds year and sex, their steps say why they weigh less."""
    notes = {step.field: bool(step.note) for step in explain(HAND_MADE["slips"]).steps}
    assert notes == {
        None: False, Field.NAME: False, Field.BIRTH: True, Field.SEX: True, Field.ID_NUMBER: False,
    }  # fmt: skip
    assert not any(step.note for step in explain(HAND_MADE["matched"]).steps)


def test_without_an_entry_it_says_what_could_be_looked_for() -> None:
    """A malformed number is named, the other fields are said to be readable."""
    sentences = [step.sentence for step in explain(HAND_MADE["malformed"], lang="en").steps]
    readable = "Readable: fit to be looked for and compared"
    assert sentences[:3] == [readable] * 3
    assert sentences[3].startswith("The ID number has too few")


def test_of_a_foreigner_nothing_is_said_to_have_been_read() -> None:
    """The record's other gaps are not told, so that no field is called readable."""
    verdict = Verdict(Outcome.OUT_OF_SCOPE, reasons=(Reason.NOT_VIETNAMESE,))
    assert {step.sentence for step in explain(verdict, lang="en").steps} == {"Not compared"}


def test_claimed_values_stand_beside_the_findings_at_values_only() -> None:
    """They are as a person writes them, and gone with a lower disclosure."""
    claim = Claim.read(name="TRAN THU", birth="1985-11-10", sex="F", id_number="001185000123")
    shown = explain(HAND_MADE["slips"], claim=claim)
    cut = explain(HAND_MADE["slips"].disclose(Disclosure.FINDINGS), claim=claim)
    assert [step.claimed for step in shown.steps] == [
        "", "Tran Thu", "10/11/1985", "Nữ", "001185000123",
    ]  # fmt: skip
    assert not any(step.claimed for step in cut.steps)
    assert (cut.entry_key, cut.candidates, cut.suggestions) == ("", (), ())


def test_evidence_that_is_no_fields_is_a_step_of_its_own() -> None:
    """A matcher that weighs more than the four fields is explained honestly."""
    found = HAND_MADE["matched"].evidence
    assert found is not None
    more = type(found)(found.entry_key, found.findings, (found.weight or 0) + 5, found.prior)
    *_, rest = explain(Verdict(Outcome.MATCHED, evidence=more), lang="en").steps
    assert (rest.field, rest.label, round(rest.weight or 0, 6)) == (None, "Other evidence", 5.0)


@pytest.mark.parametrize(
    ("bits", "vietnamese", "english"),
    [
        (10.0, "gấp hơn 1.000 lần khả năng là hai", "More than 1,000 to 1 that they are one"),
        (-10.0, "gấp hơn 1.000 lần khả năng là cùng", "More than 1,000 to 1 that they are two"),
        (3.0, "khoảng 8 lần", "About 8 to 1 that they are one"),
        (-1.6, "khoảng 3 lần", "About 3 to 1 that they are two"),
        (0.4, "gần như nhau", "As likely two people as one"),
        (20.0, "gấp hơn 1 triệu lần", "More than 1 million to 1"),
        (31.0, "gấp hơn 2 tỷ lần", "More than 2 billion to 1"),
        (1e9, "gấp hơn 1.000 tỷ lần", "More than 1,000 billion to 1"),
        (10.0, "trên 99,9 %", "more than 99.9 %"),
        (-10.0, "dưới 0,1 %", "less than 0.1 %"),
        (64.0, "trên 99,9999 %", "more than 99.9999 %"),
    ],
)
def test_odds_in_words(bits: float, vietnamese: str, english: str) -> None:
    """A weight is told as odds and as a probability, as each language writes numbers."""
    assert vietnamese in odds_sentence(bits, lang="vi")
    assert english in odds_sentence(bits, lang="en")


@given(st.floats(3.4, 39.8))
def test_more_than_is_true(bits: float) -> None:
    """Odds and probability are never told higher than they are."""
    words = odds_sentence(bits, lang="en").replace(",", "")
    words = words.replace(" billion", "000000000").replace(" million", "000000")
    odds, _, rest = words.removeprefix("More than ").partition(" to 1 that they are one person ")
    percent = float(rest.removeprefix("(probability of one person: more than ").removesuffix(" %)"))
    assert 2**bits / 2 < int(odds) < 2**bits
    assert percent <= 100 / (1 + 2**-bits)


@given(st.floats(-200, 200), st.sampled_from(LANGUAGES))
def test_opposite_weights_have_opposite_odds(bits: float, lang: Lang) -> None:
    """What speaks for one person and what speaks against it are told alike."""
    one, other = ratio(abs(bits) + 1, lang=lang), ratio(-abs(bits) - 1, lang=lang)
    assert one.removeprefix("> ").split(" : ") == other.removeprefix("> ").split(" : ")[::-1]
    assert signed(bits, lang=lang).lstrip("+−") == signed(-bits, lang=lang).lstrip("+−")
