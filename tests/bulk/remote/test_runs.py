"""Whole lists over a network: asked once, answered as here, never wrong for want of an answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.backends.remote import LocalTransport, Response
from vnvaxmatch.bulk import build_registry
from vnvaxmatch.bulk.remote import folder_of
from vnvaxmatch.errors import (
    BackendError,
    InputError,
    NotAuthorisedError,
    RefusedError,
)
from vnvaxmatch.policy import Disclosure

from .lists import coarse, local, official, results, save, verified
from .serving import serving

AN = ["Nguyễn Văn Mẫu", "10/11/1985", "Nam", "001085000123"]
BE = ["Trần Thị Thử", "02/03/1990", "Nữ", "079190000456"]


# --- answers ----------------------------------------------------------------------------------


def test_osia_says_what_a_local_run_says(made_up, osia, tmp_path):
    """Outcome, official answer and which field differs are those of the registry itself."""
    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out")

    assert coarse(results(tmp_path / "out")) == coarse(local(made_up, tmp_path / "local"))
    assert run.manifest["asked"]["undetermined"] == 0
    assert not folder_of(tmp_path / "out").exists()


def test_fhir_says_what_a_local_run_says(made_up, tmp_path):
    """The same by another protocol, which grades its hits."""
    with serving(made_up / "people.sqlite", "fhir") as server:
        verified(made_up / "doses.csv", server.url, tmp_path / "out", codec="fhir",
                 codec_options={})  # fmt: skip

    assert coarse(results(tmp_path / "out")) == coarse(local(made_up, tmp_path / "local"))


def test_the_folder_is_as_of_any_run(made_up, osia, tmp_path):
    """The same files, worklists for the same communes, and a manifest that says who was asked."""
    verified(made_up / "doses.csv", osia.url, tmp_path / "out", worklists=True)
    local(made_up, tmp_path / "local", worklists=True)

    ours, theirs = (
        sorted(str(p.relative_to(tmp_path / name)) for p in (tmp_path / name).rglob("*"))
        for name in ("out", "local")
    )
    assert ours == theirs
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["matcher"] == "osia/1"
    assert manifest["registry"]["address"].startswith(osia.url)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["local", "out"]


@pytest.mark.parametrize("disclosure", [Disclosure.VERDICT, Disclosure.FINDINGS])
def test_disclosure_holds_over_the_network(made_up, osia, tmp_path, disclosure):
    """What the other side said beyond the disclosure is in no column."""
    verified(made_up / "doses.csv", osia.url, tmp_path / "out", disclosure=disclosure)
    rows = results(tmp_path / "out")

    here = local(made_up, tmp_path / "local", disclosure=disclosure)
    assert official(rows) == official(here)
    assert any(row["name_level"] for row in rows) is (disclosure is Disclosure.FINDINGS)
    assert {row["entry_key"] for row in rows} == {None}


def test_values_are_refused(made_up, tmp_path):
    """Nobody outside the body that owns the registry is told values."""
    with pytest.raises(InputError, match="values"):
        verified(made_up / "doses.csv", "https://registry.example", tmp_path / "out",
                 disclosure=Disclosure.VALUES)  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_every_outcome_comes_over_the_network(tmp_path):
    """One row for each of them, with its official answer."""
    shared = ["Phạm Thử", "05/05/1970", "Nam", "012345678"]
    people = [["1", *AN, ""], ["2", *BE, ""], ["3", *shared, ""], ["4", "Hồ Thử", *shared[1:], ""]]
    build_registry(save(tmp_path / "people.csv", *people), out=tmp_path / "people.sqlite")
    rows = {
        "matched": AN, "mismatched": [BE[0], BE[1], "Nam", BE[3]],
        "not_found": [*AN[:3], "001085000124"], "ambiguous": ["Võ Thử", *shared[1:]],
        "incomplete": ["", *AN[1:]], "malformed": [*AN[:3], "1234"],
    }  # fmt: skip
    doses = save(tmp_path / "doses.csv", *([name, *row, ""] for name, row in rows.items()),
                 ["out_of_scope", *AN, "USA"])  # fmt: skip
    with serving(tmp_path / "people.sqlite", "osia", operation="match") as server:
        verified(doses, server.url, tmp_path / "out")

    found = results(tmp_path / "out")
    assert [row["outcome"] for row in found] == [row["record_id"] for row in found]
    assert [row["official"] for row in found] == [True, False, False, None, None, None, None]


# --- who is asked -----------------------------------------------------------------------------


def two_people(tmp_path):
    people = save(tmp_path / "people.csv", ["1", *AN, ""], ["2", *BE, ""])
    build_registry(people, out=tmp_path / "people.sqlite")
    return tmp_path / "people.sqlite"


def test_each_person_is_asked_once_however_spelt(tmp_path):
    """Doses of one person are one question, wherever and however they are written."""
    people = [
        AN, BE, [AN[0].upper(), "1985-11-10", "M", "1085000123"], AN,
        ["  nguyễn  văn mẫu ", "10-11-1985", "nam", "001 085 000 123"],
    ]  # fmt: skip
    spellings = [[f"r{n}", *person, ""] for n, person in enumerate(people)]
    doses = save(tmp_path / "doses.csv", *spellings)
    with serving(two_people(tmp_path), "osia", operation="match") as server:
        verified(doses, server.url, tmp_path / "out")

        assert sorted(server.asked.values()) == [1, 1]
    assert {row["outcome"] for row in results(tmp_path / "out")} == {"matched"}


def test_one_question_of_two_claims_is_asked_of_both(tmp_path):
    """Claims that differ in what the codec does not send are judged one by one."""
    rows = [["a", *AN, ""], ["b", AN[0], AN[1], "Nữ", AN[3], ""]]
    doses = save(tmp_path / "doses.csv", *rows)
    options = {"operation": "match", "attributes": {"name": "n", "birth": "b"}}
    with serving(two_people(tmp_path), "osia", **options) as server:
        run = verified(doses, server.url, tmp_path / "out", codec_options=options)

        assert list(server.asked.values()) == [2]
    assert run.manifest["asked"]["people"] == 2
    assert {row["outcome"] for row in results(tmp_path / "out")} == {"incomplete"}


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (["", "10/11/1985", "Nam", "001085000123", ""], "incomplete"),
        ([*AN[:3], "", ""], "incomplete"),
        ([*AN[:3], "12345", ""], "malformed"),
        ([*AN, "USA"], "out_of_scope"),
        (["\N{REPLACEMENT CHARACTER}", *AN[1:], ""], "incomplete"),
    ],
)
def test_what_cannot_be_asked_is_settled_here(tmp_path, row, outcome):
    """A row that the other side could add nothing to never leaves this computer."""
    doses = save(tmp_path / "doses.csv", ["x", *row])
    with serving(two_people(tmp_path), "osia", operation="match") as server:
        run = verified(doses, server.url, tmp_path / "out")

        assert not server.asked
    assert [r["outcome"] for r in results(tmp_path / "out")] == [outcome]
    assert run.manifest["asked"]["people"] == 0


def test_what_the_codec_cannot_say_is_settled_here(tmp_path):
    """A claim that the protocol has no words for says so, and is not asked."""
    rows = save(tmp_path / "doses.csv", ["x", AN[0], "11/1985", *AN[2:], ""])
    options = {"ma_dvc": "1", "ma_tich_hop": "2", "ma_can_bo": "canbo"}
    with serving(two_people(tmp_path), "osia") as server:
        run = verified(rows, server.url, tmp_path / "out", codec="ndxp", codec_options=options)

        assert not server.asked
    (row,) = results(tmp_path / "out")
    assert (row["outcome"], "cannot_be_asked" in row["reasons"]) == ("incomplete", True)
    assert "unverified" in " ".join(run.notes)
    assert "canbo" not in (tmp_path / "out" / "manifest.json").read_text("utf-8")


def test_nothing_is_asked_before_the_way_is_free(made_up, osia, tmp_path):
    """A refused token is one clear line, and nobody was asked."""
    osia.tokens = frozenset({"Bearer right"})

    with pytest.raises(NotAuthorisedError, match="does not accept the credentials"):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out")

    assert not osia.asked
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("codec", ["nobody", "osia"])
def test_a_codec_that_does_not_fit_is_refused_before_anything(made_up, tmp_path, codec):
    """A wrong name or option leaves nothing behind."""
    with pytest.raises((BackendError, InputError)):
        verified(made_up / "doses.csv", "https://registry.example", tmp_path / "out", codec=codec,
                 codec_options={"x": "y"})  # fmt: skip
    assert list(tmp_path.iterdir()) == []


# --- what is kept -----------------------------------------------------------------------------


@settings(max_examples=8)
@given(numbers=st.lists(st.integers(0, 10**6 - 1), min_size=1, max_size=5, unique=True))
def test_no_personal_value_is_in_any_byte_of_a_journal(tmp_path_factory, numbers):
    """Not a name or number of anybody, in any writing, nor the list's own identifiers."""
    folder = tmp_path_factory.mktemp("law")
    people = [(f"Lê Thị {('Mẫu', 'Thử')[n % 2]}", f"001190{n:06}") for n in numbers]
    rows = [[f"hồ sơ {n}", name, "05/06/1990", "Nữ", number, ""]
            for n, (name, number) in enumerate(people)]  # fmt: skip
    doses = save(folder / "doses.csv", *rows)

    def answer(request):
        said = b'[{"attributeName": "fullName", "errorCode": 1}]'
        status = 404 if request.method == "GET" else 503 if "3/match" in request.path else 200
        return Response(status, said, {"content-type": "application/json"})

    def stop(stage, *_):
        if stage == "verify":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verified(doses, "https://registry.example", folder / "out", progress=stop,
                 client={"transport": LocalTransport(answer).awaited})  # fmt: skip

    content = b"".join(path.read_bytes() for path in folder_of(folder / "out").iterdir())
    assert content.count(b"\n") >= 1 + len(people)
    for name, number in people:
        for text in (name, name.upper(), "Thị", number, number.lstrip("0"), "05/06", "hồ sơ"):
            assert text.encode() not in content
            assert text.encode().hex().encode() not in content


@pytest.mark.parametrize("status", [200, 404])
def test_whoever_answers_nothing_that_can_be_read_ends_the_run(made_up, tmp_path, status):
    """A wrong address below a right host is told after a few replies, not after all of them."""
    asked = []

    def say(request):
        asked.append(request)
        return Response(status, b'{"message": "what?"}', {"content-type": "application/json"})

    with pytest.raises(RefusedError, match="check the address"):
        verified(made_up / "doses.csv", "https://registry.example", tmp_path / "out",
                 client={"transport": LocalTransport(say).awaited})  # fmt: skip

    assert 20 <= len(asked) < 200
    assert not (tmp_path / "out").exists()
