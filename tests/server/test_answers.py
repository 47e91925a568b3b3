"""What the server answers, read by the real client: every outcome, by codec and disclosure."""

import asyncio
import json

import pytest

from vnvaxmatch import Exact, Fuzzy, MemoryRegistry, amatch, match
from vnvaxmatch.backends.remote import AsyncRemoteRegistry, Limits, RemoteRegistry
from vnvaxmatch.backends.remote.codecs import codec
from vnvaxmatch.errors import InputError, NotAuthorisedError, UnreachableError
from vnvaxmatch.policy import Disclosure, Outcome
from vnvaxmatch.records import Field
from vnvaxmatch.server import Settings

from .serving import ASKED, HELD, NUMBER, PEOPLE, Broken, body, claim, post, serving

MARKS = {"name": "Trần Thứ Nghiệm"}
NOBODY = {"id_number": "001099999999", "birth": "10/11/1999"}
SEVERAL = {"id_number": "012345678", "name": "Ngô Khác"}
CODECS = {
    "osia": codec("osia"),
    "osia-match": codec("osia", operation="match"),
    "fhir": codec("fhir"),
}
ALL = ("osia", "fhir")


@pytest.fixture(scope="module", params=[Disclosure.VERDICT, Disclosure.FINDINGS])
def served(request):
    """A server at each disclosure."""
    with serving(settings=Settings(codecs=ALL, disclosure=request.param)) as url:
        yield url, request.param


@pytest.fixture(scope="module")
def telling():
    """A server at findings."""
    with serving(settings=Settings(codecs=ALL, disclosure=Disclosure.FINDINGS)) as url:
        yield url


@pytest.fixture(scope="module")
def secret():
    """A server at verdict."""
    with serving(settings=Settings(codecs=ALL)) as url:
        yield url


def ask(url, name, stated, *, awaited=False):
    address = f"{url}/{name.partition('-')[0]}"

    async def later():
        async with AsyncRemoteRegistry(address, codec=CODECS[name]) as registry:
            return await amatch(stated, by=registry, against=registry)

    if awaited:
        return asyncio.run(later())
    with RemoteRegistry(address, codec=CODECS[name], must_echo=True) as registry:
        return match(stated, by=registry, against=registry)


@pytest.mark.parametrize("awaited", [False, True], ids=["threads", "tasks"])
@pytest.mark.parametrize("name", ["osia", "fhir"])
@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, Outcome.MATCHED),
        (MARKS, Outcome.MISMATCHED),
        ({"sex": "Nữ"}, Outcome.MISMATCHED),
        (NOBODY, Outcome.NOT_FOUND),
        (SEVERAL, Outcome.AMBIGUOUS),
    ],
    ids=["same", "mark", "sex", "nobody", "several"],
)
def test_the_client_reads_the_outcome(served, name, changed, outcome, awaited):
    """What comes over the wire is what the registry says, or sai where less is told."""
    url, disclosure = served
    stated = claim(**changed)
    told = match(stated, by=Exact(), against=MemoryRegistry(PEOPLE)).disclose(disclosure)
    verdict = ask(url, name, stated, awaited=awaited)
    assert verdict.outcome is told.outcome
    if disclosure is Disclosure.FINDINGS:
        assert verdict.outcome is outcome
    assert verdict.official is outcome.official


@pytest.mark.parametrize("name", ["osia-match", "fhir"])
def test_findings_say_which_field_differs(telling, name):
    """And no other."""
    verdict = ask(telling, name, claim(**MARKS))
    differing = [f for f in Field if verdict.level(f).value not in ("same", "missing")]
    assert (verdict.outcome, differing) == (Outcome.MISMATCHED, [Field.NAME])


def test_what_nobody_compared_is_told(served):
    """A person whose sex the registry lacks is incomplete, whatever the rest says."""
    stated = claim(name="Lê Thiếu", birth="05/05/1990", id_number="001090000789")
    assert ask(served[0], "osia", stated).outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"dateOfBirth": None, "gender": None},
        {"fullName": None, "gender": None},
        {"fullName": "Ngô Khác", "gender": None},
    ],
    ids=["all", "name", "birth", "two"],
)
def test_a_verdict_does_not_tell_whether_a_number_exists(secret, stated):
    """A wrong statement gets the same answer, whether or not somebody has the number."""
    wrong = body(**{"fullName": "Ngô Khác", "dateOfBirth": "1971-01-01", **stated})
    got = [
        post(secret, wrong, path=f"/osia/v1/persons/{number}/verify")
        for number in (NUMBER, "001099999999")
    ]
    assert [(one.status, one.body) for one in got] == [(200, b"false")] * 2


def test_a_verdict_in_fhir_holds_no_person_unless_it_matched(secret):
    """Whoever does not match is not there, whoever it is."""
    bundles = []
    for number in (NUMBER, "001099999999"):
        stated = claim(name="Ngô Khác", id_number=number, birth="10/11/1985")
        asked = CODECS["fhir"].request(stated)
        bundles.append(post(secret, asked.body, path="/fhir/Patient/$match").json)
    assert bundles[0] == bundles[1]
    assert bundles[0]["total"] == 0


def test_which_field_is_not_told_at_verdict(secret):
    """OSIA's match is refused, which the client takes for what it is."""
    with pytest.raises(NotAuthorisedError):
        ask(secret, "osia-match", claim())
    path = f"/osia/v1/persons/{NUMBER}/match"
    known = post(secret, json.dumps(ASKED).encode(), path=path)
    unknown = post(secret, json.dumps(ASKED).encode(), path=path.replace(NUMBER, "001099999999"))
    assert known.status == unknown.status == 403
    assert known.body == unknown.body


def test_former_numbers_are_numbers(telling):
    """Whoever is asked for by a former number that is theirs alone is found by it."""
    verdict = ask(telling, "osia", claim(id_number="012345678"))
    assert verdict.outcome is Outcome.MATCHED


@pytest.mark.filterwarnings("ignore::vnvaxmatch.backends.remote.codecs.ndxp.UnverifiedWarning")
def test_ndxp_answers_true_and_false():
    """The sex is never compared, so that true alone is no match."""
    options = {"ma_dvc": "A", "ma_tich_hop": "B", "ma_can_bo": "C", "key": bytes(16)}
    made = codec("ndxp", **options)
    with (
        serving(settings=Settings(codecs=("ndxp",))) as url,
        RemoteRegistry(f"{url}/ndxp", codec=made) as registry,
    ):
        outcomes = [
            match(stated, by=registry, against=registry).outcome
            for stated in (claim(), claim(**MARKS), claim(**NOBODY))
        ]
    assert outcomes == [Outcome.INCOMPLETE, Outcome.MISMATCHED, Outcome.MISMATCHED]


def test_a_fuzzy_server_finds_whom_the_number_does_not():
    """The matcher is the server's business; it looks in a thread."""
    registry = MemoryRegistry(PEOPLE)
    settings = Settings(codecs=("fhir",), disclosure=Disclosure.FINDINGS)
    asked = CODECS["fhir"].request(claim(id_number="001085000132"))
    found = []
    for by in (Exact(), Fuzzy.against(registry)):
        with serving(registry, settings=settings, by=by) as url:
            found.append(post(url, asked.body, path="/fhir/Patient/$match").json["total"])
    assert found == [0, 1]


def test_values_are_told_only_by_the_ugly_name():
    """Nobody serves what the registry holds by mistake."""
    with pytest.raises(InputError, match="everything_we_hold_may_be_read"):
        Settings(disclosure=Disclosure.VALUES)
    settings = Settings(
        codecs=("fhir",), disclosure=Disclosure.VALUES, everything_we_hold_may_be_read=True
    )
    asked = CODECS["fhir"].request(claim(**MARKS))
    with serving(settings=settings) as url:
        bundle = post(url, asked.body, path="/fhir/Patient/$match").json
    assert bundle["entry"][0]["resource"]["name"][0]["text"] == HELD["name"]


def test_below_values_no_word_of_the_registry_leaves(telling):
    """What differs is left out of the answer, and the key of the entry too."""
    asked = CODECS["fhir"].request(claim(**MARKS, birth="10/11/1986"))
    got = post(telling, asked.body, path="/fhir/Patient/$match")
    assert "name" not in got.json["entry"][0]["resource"]
    assert b"1985-11-10" not in got.body
    assert b"Th\xe1\xbb\xad" not in got.body  # «Thử»


def test_an_outage_is_never_an_answer():
    """A registry that fails makes the question undetermined."""
    quick = Limits(attempts=2, backoff=0.001, total_timeout=1)
    with (
        serving(Broken()) as url,
        RemoteRegistry(f"{url}/osia", codec="osia", limits=quick) as registry,
        pytest.raises(UnreachableError),
    ):
        match(claim(), by=registry, against=registry)
