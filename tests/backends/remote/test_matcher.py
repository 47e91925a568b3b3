"""The remote matcher, with each codec's answering side in the place of a registry."""

import pickle
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Disclosure, Entry, Exact, Field, Level, MemoryRegistry, Outcome, match
from vnvaxmatch.backends.remote.answers import Answer, conclude
from vnvaxmatch.backends.remote.codecs import Answerer, answerer, codec
from vnvaxmatch.backends.remote.matcher import RemoteMatcher
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import ReplyError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Policy, strict
from vnvaxmatch.testing import MatcherLaws, claim_of, claims, entries, populations

pytestmark = pytest.mark.filterwarnings("ignore:the codec ndxp")

NDXP = {"ma_dvc": "G00", "ma_tich_hop": "000", "ma_can_bo": "tester", "key": bytes(16)}
CODECS = {
    "osia": ("osia", {}),
    "osia-slash": ("osia", {"dates": "slash", "sexes": {"male": "Nam", "female": "Nữ"}}),
    "osia-parts": (
        "osia",
        {
            "names": "upper",
            "dates": "basic",
            "attributes": {
                "surname": "lastName",
                "first_names": "firstName",
                "birth": "dob",
                "sex": "gender",
                "id_number": "uin",
            },
        },
    ),
    "osia-match": ("osia", {"operation": "match"}),
    "fhir": ("fhir", {}),
    "ndxp": ("ndxp", NDXP),
    "ndxp-look-up": ("ndxp", {**NDXP, "operation": "look-up"}),
}
WHOLE = ("osia", "osia-slash", "osia-parts", "osia-match", "fhir", "ndxp-look-up")
"""Codecs by which all four fields are compared."""

PERSON, _ = Entry.read(
    key="7",
    name="Trần Thị Thử",
    birth="10/11/1985",
    sex="Nữ",
    id_number="001185000123",
    former_id_number="271234567",
)


class Wire:
    """A registry at the other end: it reads requests, compares, and says no more than it may."""

    def __init__(
        self,
        entries: Sequence[Entry],
        answers: Answerer,
        *,
        disclosure: Disclosure = Disclosure.VALUES,
    ) -> None:
        self.entries = {entry.key: entry for entry in entries}
        self.registry = MemoryRegistry(entries)
        self.answers = answers
        self.disclosure = disclosure
        self.asked: list[Request] = []
        self.said: list[Response] = []

    def find(self, request: Request, /) -> Response:
        """Answer one question."""
        self.asked.append(request)
        claim = self.answers.parse_request(request)
        verdict = match(claim, by=Exact(), against=self.registry)
        key = verdict.evidence.entry_key if verdict.evidence else ""
        self.said.append(
            self.answers.render_answer(
                verdict, claim, disclosure=self.disclosure, entry=self.entries.get(key)
            )
        )
        return self.said[-1]


def asked(label: str, claim: Claim, *people: Entry, **how: object):
    """Match by a codec against people at the other end of the wire."""
    name, options = CODECS[label]
    wire = Wire(people, answerer(name, **options), **how)
    return match(claim, by=RemoteMatcher(codec(name, **options)), against=wire), wire


class TestOverFhir(MatcherLaws):
    """The laws of a matcher hold over the wire as in memory, where values may be told."""

    max_examples = 30

    def make_matcher(self) -> RemoteMatcher:
        """Ask in FHIR."""
        return RemoteMatcher(codec("fhir"))

    def make_registry(self, entries: Sequence[Entry]) -> Wire:
        """Answer in FHIR."""
        return Wire(entries, answerer("fhir"))


@pytest.mark.parametrize("label", CODECS)
def test_a_claim_comes_back_from_its_request(label: str) -> None:
    """What the other side reads is what the claim says, in every field that the codec carries."""
    name, options = CODECS[label]
    ours, theirs = codec(name, **options), answerer(name, **options)

    @given(claims())
    def law(claim: Claim) -> None:
        request = ours.request(claim)
        if isinstance(request, Reason):
            assert request is Reason.CANNOT_BE_ASKED
            return
        assert ours.request(claim) == request
        again = theirs.parse_request(request)
        carried = ours.asks - ({Field.SEX} if name == "ndxp" else set())
        for field in carried:
            if claim.gap(field) is None:
                stated, read = getattr(claim, field).unwrap(), getattr(again, field).unwrap()
                assert getattr(stated, "key", stated) == getattr(read, "key", read)
            else:
                assert again.gap(field) is not None
        assert ours.request(again) == request or name != "osia"

    law()


@pytest.mark.parametrize("label", WHOLE)
def test_a_codec_of_all_fields_comes_to_what_memory_comes_to(label: str) -> None:
    """Over the wire the official result is that of the exact matcher beside the registry."""

    @given(entries(key="own", complete=True), populations(max_size=3), st.data())
    def law(own: Entry, others: list[Entry], data: st.DataObject) -> None:
        other = data.draw(entries(complete=True))
        field = data.draw(st.sampled_from(["name", "birth", "sex", "number", "key"]))
        claim = claim_of(attrs.evolve(own, **{field: getattr(other, field)}))
        here = match(claim, by=Exact(), against=MemoryRegistry([own, *others]))
        assume(here.outcome is not Outcome.AMBIGUOUS)
        there, _ = asked(label, claim, own, *others)
        assert there.official is here.official
        told = {f: there.level(f) for f in Field if there.level(f) is not None}
        agree = (Level.SAME, Level.LINKED)
        assert all((told[f] in agree) == (here.level(f) in agree) for f in told)

    law()


@pytest.mark.parametrize("label", CODECS)
def test_nothing_is_matched_over_the_wire_that_is_not_in_memory(label: str) -> None:
    """Whatever the claim and whatever may be told, a codec never says «đúng» too often."""

    @given(claims(), populations(), st.sampled_from(Disclosure))
    def law(claim: Claim, people: list[Entry], disclosure: Disclosure) -> None:
        here = match(claim, by=Exact(), against=MemoryRegistry(people))
        try:
            there, _ = asked(label, claim, *people, disclosure=disclosure)
        except ReplyError:
            return
        assert there.official is not True or here.official is True
        assert there.official is not False or here.official is not True

    law()


@pytest.mark.parametrize("label", ["ndxp"])
def test_a_sex_that_nobody_compared_never_agrees(label: str) -> None:
    """By a protocol without the sex a claim of the other sex, or of the same, is incomplete."""
    for sex in ("Nam", "Nữ"):
        claim = attrs.evolve(claim_of(PERSON), sex=Claim.read(sex=sex).sex)
        verdict, _ = asked(label, claim, PERSON)
        assert verdict.outcome is Outcome.INCOMPLETE
        assert verdict.level(Field.SEX) is Level.MISSING
        assert Reason.SEX_NOT_COMPARED.value in verdict.codes


@pytest.mark.parametrize("label", CODECS)
@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"id_number": ""}, Outcome.INCOMPLETE),
        ({"id_number": "12345"}, Outcome.MALFORMED),
        ({"id_number": "B1234567"}, Outcome.INCOMPLETE),
        ({"name": ""}, Outcome.INCOMPLETE),
        ({"sex": "?"}, Outcome.INCOMPLETE),
        ({"birth": ""}, Outcome.INCOMPLETE),
        ({"nationality": "Lào"}, Outcome.OUT_OF_SCOPE),
    ],
)
def test_a_claim_that_cannot_be_compared_is_not_sent(
    label: str, changed: dict[str, str], outcome: Outcome
) -> None:
    """What is settled by itself is no question, and nobody else learns of it."""
    texts = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ"}
    claim = Claim.read(**{**texts, "id_number": "001185000123", **changed})

    verdict, wire = asked(label, claim, PERSON)

    assert (verdict.outcome, wire.asked) == (outcome, [])
    assert verdict.matcher == codec(*CODECS[label][:1], **CODECS[label][1]).name


def test_a_claim_that_the_codec_cannot_express_is_not_sent() -> None:
    """A birth of month and year is no question to a protocol of days and years."""
    claim = attrs.evolve(claim_of(PERSON), birth=Claim.read(birth="11/1985").birth)

    verdict, wire = asked("ndxp", claim, PERSON)

    assert (verdict.outcome, wire.asked) == (Outcome.INCOMPLETE, [])
    assert Reason.CANNOT_BE_ASKED.value in verdict.codes


@pytest.mark.parametrize("label", ["osia", "fhir"])
def test_at_disclosure_verdict_every_sai_looks_alike(label: str) -> None:
    """Whether a number exists cannot be seen in the bytes of the reply."""
    right = claim_of(PERSON)
    unknown = attrs.evolve(right, id_number=Claim.read(id_number="001185000124").id_number)
    wrong = attrs.evolve(right, name=Claim.read(name="Lê Thị Mẫu").name)

    said = [
        asked(label, claim, PERSON, disclosure=Disclosure.VERDICT)[1].said[0]
        for claim in (unknown, wrong)
    ]

    assert said[0] == said[1]


@pytest.mark.parametrize("label", ["osia-match", "fhir"])
def test_at_disclosure_findings_no_value_of_the_entry_is_told(label: str) -> None:
    """Which field differs is told, and what the registry holds there is not."""

    @given(entries(key="own", complete=True), entries(complete=True))
    def law(own: Entry, other: Entry) -> None:
        claim = claim_of(attrs.evolve(other, number=own.number))
        verdict, wire = asked(label, claim, own, disclosure=Disclosure.FINDINGS)
        assume(str(own.name) not in str(other.name) and own.birth != other.birth)
        body = wire.said[0].body.decode()
        assert str(own.name) not in body
        assert str(own.birth) not in body
        assert "own" not in body
        assert verdict.outcome is Outcome.MISMATCHED

    law()


@pytest.mark.parametrize("disclosure", [Disclosure.VERDICT, Disclosure.FINDINGS])
def test_what_tells_more_than_it_may_is_refused(disclosure: Disclosure) -> None:
    """A question whose every answer would tell too much has none."""
    wire = Wire([PERSON], answerer("ndxp", operation="look-up", **NDXP), disclosure=disclosure)
    refused = codec("ndxp", operation="look-up", **NDXP).request(claim_of(PERSON))
    assert wire.find(refused).status == 403

    match_wire = Wire([PERSON], answerer("osia", operation="match"), disclosure=disclosure)
    status = match_wire.find(codec("osia", operation="match").request(claim_of(PERSON))).status
    assert status == (403 if disclosure is Disclosure.VERDICT else 200)


@pytest.mark.parametrize("disclosure", Disclosure)
@pytest.mark.parametrize("field", ["name", "birth", "sex"])
@pytest.mark.parametrize("label", CODECS)
def test_a_field_that_the_registry_lacks_makes_no_match_and_no_sai(
    label: str, field: str, disclosure: Disclosure
) -> None:
    """Neither true nor false is said of what could not be compared."""
    lacking = attrs.evolve(PERSON, **{field: None})
    try:
        verdict, _ = asked(label, claim_of(PERSON), lacking, disclosure=disclosure)
    except ReplyError:
        assert label in ("osia-match", "ndxp", "ndxp-look-up")
        return
    assert verdict.outcome is Outcome.INCOMPLETE


def test_a_year_is_true_of_a_whole_date_and_agrees_no_further() -> None:
    """By NDXP a year fits whoever was born in it, which is not yet the same birth date."""
    claim = attrs.evolve(claim_of(PERSON), birth=Claim.read(birth="1985").birth)

    verdict, wire = asked("ndxp", claim, PERSON)

    assert b">true<" in wire.said[0].body
    assert verdict.outcome is Outcome.INCOMPLETE
    assert Reason.BIRTH_ASKED_YEAR.value in verdict.codes
    other = attrs.evolve(claim_of(PERSON), birth=Claim.read(birth="1986").birth)
    assert asked("ndxp", other, PERSON)[0].outcome is Outcome.MISMATCHED


def test_a_no_is_never_taken_to_agree() -> None:
    """If the other side says no, no policy and no levels make a match of it."""
    lenient = Policy("lenient", 1, {field: frozenset(Level) for field in Field})
    answer = Answer.present(dict.fromkeys(Field, Level.SAME), agrees=False)

    for policy in (strict, lenient):
        assert conclude(answer, policy=policy).outcome is Outcome.MISMATCHED


def test_a_name_asked_without_marks_agrees_as_far_as_the_policy_lets() -> None:
    """It is not compared for a policy that wants the marks, and agrees for one that does not."""
    levels = {**dict.fromkeys(Field, Level.SAME), Field.NAME: Level.UNMARKED}
    answer = Answer.present(levels, agrees=True, at_least={Field.NAME})
    unmarked = Policy(
        "unmarked",
        1,
        {**strict.agreement, Field.NAME: frozenset({Level.SAME, Level.UNMARKED})},
    )

    assert conclude(answer, policy=strict).outcome is Outcome.INCOMPLETE
    assert conclude(answer, policy=unmarked).outcome is Outcome.MATCHED


@given(st.dictionaries(st.sampled_from(Field), st.sampled_from(Level)))
def test_a_field_without_a_level_is_missing(levels: dict[Field, Level]) -> None:
    """What the other side did not tell never counts as agreeing."""
    answer = Answer.present(levels)

    given_levels = answer.evidences[0].levels
    assert all(given_levels[f] is levels.get(f, Level.MISSING) for f in Field)
    outcome = conclude(answer, policy=strict).outcome
    if set(levels) < set(Field):
        assert outcome is not Outcome.MATCHED


def test_what_is_no_answer_is_an_error_that_pickles_and_shows_nothing() -> None:
    """The error that leaves the matcher holds neither the claim nor the body."""
    claim = claim_of(PERSON)

    class Page:
        def find(self, _request: Request, /) -> Response:
            return Response(200, "<h1>Trần Thị Thử 001185000123</h1>".encode())

    with pytest.raises(ReplyError) as caught:
        match(claim, by=RemoteMatcher(codec("osia")), against=Page())

    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert error.args == ("not_json",)
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, str(again)) == (error.kind, str(error))
