"""The fuzzy matcher: made-up people whom lists mistake for each other, among some thousand more."""

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import (
    Claim,
    Disclosure,
    Entry,
    Exact,
    Field,
    Level,
    MemoryRegistry,
    Outcome,
    Reason,
    Verdict,
    compare,
    match,
    strict,
)
from vnvaxmatch.backends import (
    Decision,
    Found,
    Fuzzy,
    Registry,
    identify,
    unseen,
    verdict_of,
)
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.blocking import CAPS, KeyKind, keys, number_keys, search_keys
from vnvaxmatch.model import Frequencies, default_model
from vnvaxmatch.policy import settle
from vnvaxmatch.synthetic import synthesize
from vnvaxmatch.testing import WeighingLaws, claim_of, claims, crowds, entries, populations

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "fuzzy.json").read_text("utf-8"))
SEVERAL, LARGE = Reason.SEVERAL_ENTRIES, Reason.BLOCK_TOO_LARGE
LOW, NOBODY = Reason.WEIGHT_TOO_LOW, Reason.NOT_IN_REGISTRY
OF_ANOTHER = Reason.NUMBER_OF_ANOTHER


class TestFuzzy(WeighingLaws):
    """The fuzzy matcher, with the frequencies of the nation."""

    def make_matcher(self) -> Fuzzy:
        """Take the default model."""
        return Fuzzy()


# -- people --------------------------------------------------------------------------------------


def person(key: str, name: str, birth: str, sex: str, number: str = "", **more: str) -> Entry:
    entry, rejected = Entry.read(
        key=key,
        name=name,
        birth=birth,
        sex=sex,
        id_number=number,
        **more,  # type: ignore[arg-type]
    )
    assert not rejected
    return entry


PLANTED = [
    person("lan", "Trần Ngọc Lan", "14/07/2010", "nữ", "001310004561"),
    person("mai", "Trần Ngọc Mai", "14/07/2010", "nữ", "001310004562"),
    person("hung-1", "Nguyễn Văn Hùng", "03/05/1985", "nam", "001085001111"),
    person("hung-2", "Nguyễn Văn Hùng", "03/05/1985", "nam", "079085002222"),
    person("father", "Phạm Quốc Bảo", "12/09/1958", "nam", "034058003333",
           former_id_number="151234567", phone="0912345678"),
    person("son", "Phạm Quốc Bảo", "12/09/1988", "nam", "034088004444", phone="0912345678"),
    person("mother", "Lê Thị Thu Hà", "20/11/1990", "nữ", "038190005555", phone="0987654321"),
    person("child", "Đỗ Gia Khang", "05/06/2015", "nam", "038215006666", phone="0987654321"),
    person("unnumbered", "Đỗ Minh Nhật", "05/06/2019", "nam"),
    person("rare", "Doãn Hoài Thương", "25/03/1979", "nữ", "040179007777"),
    person("year", "Mạc Thiên Di", "1948", "nữ", "040148008888"),
    person("hoa-1", "Nguyễn Thị Hoa", "10/02/1960", "nữ", "001160009991"),
    person("hoa-2", "Nguyễn Thị Hoa", "11/08/1960", "nữ", "034160009992"),
    person("new-year", "Vũ Đình Quý", "01/01/1962", "nam", "036062001234"),
    person("tam", "Bùi Thanh Tâm", "09/10/1970", "nữ", "017170004321"),
]  # fmt: skip


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Some thousand made-up people, so that names are as common as they are, and the planted."""
    out = tmp_path_factory.mktemp("people") / "made"
    synthesize(people=3_000, doses=10, seed=31, out=out)
    with (out / "population.csv").open(encoding="utf-8-sig", newline="") as file:
        made = [
            person(row["entry_key"], row["full_name"], row["date_of_birth"], row["sex"],
                   row["id_number"], former_id_number=row["former_id_number"], phone=row["phone"])
            for row in csv.DictReader(file)
        ]  # fmt: skip
    return [*made, *PLANTED]


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def registry(
    request: pytest.FixtureRequest,
    everybody: list[Entry],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Registry]:
    """All of them, in either store."""
    if request.param == "memory":
        yield MemoryRegistry(everybody)
        return
    path = tmp_path_factory.mktemp("registry") / "registry.sqlite"
    SQLiteRegistry.build(path, everybody)
    with SQLiteRegistry(path) as stored:
        yield stored


@pytest.fixture(scope="module")
def fuzzy(registry: Registry) -> Fuzzy:
    """The matcher, set to the registry."""
    return Fuzzy.against(registry)


def claim(name: str, birth: str, sex: str, number: str = "", **more: str) -> Claim:
    return Claim.read(name=name, birth=birth, sex=sex, id_number=number, **more)  # type: ignore[arg-type]


def who(verdict: Verdict) -> str | None:
    return None if verdict.evidence is None else verdict.evidence.entry_key


def suggested(verdict: Verdict) -> list[tuple[str, str]]:
    return [(s.field.value, s.value) for s in verdict.suggestions]


# -- twins ---------------------------------------------------------------------------------------


def test_a_twin_with_the_right_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """Who states all of her own is right, however near her sister's number."""
    stated = claim("Trần Ngọc Lan", "14/07/2010", "nữ", "001310004561")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict), verdict.found) == (Outcome.MATCHED, "lan", ())
    assert verdict.suggestions == ()


def test_a_twin_with_her_sisters_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """A rare name tells whose claim it is: the number is one digit off, and is her sister's."""
    stated = claim("Trần Ngọc Lan", "14/07/2010", "nữ", "001310004562")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "lan")
    assert verdict.codes == ("id_number_typo", "number_of_another")
    assert suggested(verdict) == [("id_number", "001310004561")]


def test_twins_with_common_names_and_mixed_up_numbers() -> None:
    """A common name and a number one digit off are not enough to take one for the other."""
    hoa = person("hoa", "Nguyễn Thị Hoa", "14/07/2010", "nữ", "001310004561")
    lan = person("lan", "Nguyễn Thị Lan", "14/07/2010", "nữ", "001310004562")
    stated = claim("Nguyễn Thị Hoa", "14/07/2010", "nữ", "001310004562")

    verdict = match(stated, by=Fuzzy(), against=MemoryRegistry([hoa, lan]))

    assert (verdict.outcome, verdict.found) == (Outcome.AMBIGUOUS, (SEVERAL,))
    assert set(verdict.candidates) == {"hoa", "lan"}


def test_a_twin_is_not_taken_for_her_sister_where_names_are_common() -> None:
    """Where a name has its real frequency in the nation, her sister's number is not proof."""
    hoa = person("hoa", "Nguyễn Thị Hoa", "14/07/2010", "nữ", "001310004561")
    lan = person("lan", "Nguyễn Thị Lan", "14/07/2010", "nữ", "001310004562")
    nation = Frequencies(
        10**8, {"nguyen": 31 * 10**6}, {"thi hoa": 200_000, "thi lan": 200_000}, {20100714: 3_600}
    )
    stated = claim("Nguyễn Thị Hoa", "14/07/2010", "nữ", "001310004562")

    verdict = match(stated, by=Fuzzy(None, nation), against=MemoryRegistry([hoa, lan]))

    assert who(verdict) != "lan"


def test_a_twin_without_a_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """The given name tells twins apart, and the number can be suggested."""
    verdict = match(claim("Trần Ngọc Mai", "14/07/2010", "nữ"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, "mai")
    assert suggested(verdict) == [("id_number", "001310004562")]


def test_twins_names_swapped_around(registry: Registry, fuzzy: Fuzzy) -> None:
    """Words in another order are still hers, beside her own number."""
    stated = claim("Lan Trần Ngọc", "14/07/2010", "nữ", "001310004561")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "lan")
    assert "name_order" in verdict.codes
    assert suggested(verdict) == [("name", "Trần Ngọc Lan")]


# -- namesakes born the same day -----------------------------------------------------------------


def test_namesakes_without_a_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """Two who share name, sex and birthday are told apart by nobody."""
    verdict = match(claim("Nguyễn Văn Hùng", "03/05/1985", "nam"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict), verdict.found) == (Outcome.INCOMPLETE, None, (SEVERAL,))
    assert verdict.candidates == ("hung-1", "hung-2")
    assert verdict.suggestions == ()


def test_namesakes_with_a_number_of_neither(registry: Registry, fuzzy: Fuzzy) -> None:
    """A number that is nobody's leaves it open which of the two it is."""
    stated = claim("Nguyễn Văn Hùng", "03/05/1985", "nam", "048085009876")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, verdict.found) == (Outcome.AMBIGUOUS, (SEVERAL,))
    assert verdict.candidates == ("hung-1", "hung-2")


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("079085002222", Outcome.MATCHED), ("079085002221", Outcome.MISMATCHED)],
    ids=["right", "typo"],
)
def test_namesakes_are_told_apart_by_the_number(
    registry: Registry, fuzzy: Fuzzy, number: str, outcome: Outcome
) -> None:
    """The right number does, and so does one that is a digit off."""
    stated = claim("Nguyễn Văn Hùng", "03/05/1985", "nam", number)

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (outcome, "hung-2")
    assert verdict.margin is None or verdict.margin >= default_model().margin


# -- father and son with one name ----------------------------------------------------------------


@pytest.mark.parametrize(("year", "key"), [("1988", "son"), ("1958", "father")])
def test_the_year_tells_father_from_son(
    registry: Registry, fuzzy: Fuzzy, year: str, key: str
) -> None:
    """A year alone is enough to tell one generation from the next, where the name is rare."""
    verdict = match(claim("Phạm Quốc Bảo", year, "nam"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, key)
    assert "birth_year_only" in verdict.codes
    assert verdict.suggestions[0].field is Field.ID_NUMBER


def test_a_decade_between_father_and_son(registry: Registry, fuzzy: Fuzzy) -> None:
    """A birthday of neither, ten years from one and twenty from the other, is not guessed."""
    stated = claim("Phạm Quốc Bảo", "12/09/1978", "nam", phone="0912345678")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, None)
    assert "son" in verdict.candidates


def test_a_fathers_former_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """The old card's number is his own, whoever else has his name."""
    stated = claim("Phạm Quốc Bảo", "12/09/1958", "nam", "151234567")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MATCHED, "father")
    assert verdict.codes == ("id_number_former",)
    assert verdict.suggestions == ()


def test_a_son_with_his_fathers_number_is_not_the_father(registry: Registry, fuzzy: Fuzzy) -> None:
    """Who states the son's name and whole birthday is not to be given the father's."""
    stated = claim("Phạm Quốc Bảo", "12/09/1988", "nam", "034058003333")

    verdict = match(stated, by=fuzzy, against=registry)

    assert who(verdict) != "father"


# -- a mother's number on a child's record -------------------------------------------------------


def test_a_mothers_number_on_a_childs_record(registry: Registry, fuzzy: Fuzzy) -> None:
    """The child is found by name and birth, and the number told to be another's."""
    stated = claim("Đỗ Gia Khang", "05/06/2015", "nam", "038190005555")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "child")
    assert verdict.level(Field.ID_NUMBER) is Level.DIFFERENT
    assert verdict.found == (OF_ANOTHER,)
    assert suggested(verdict) == [("id_number", "038215006666")]


def test_a_mothers_number_and_a_model_that_wants_more(registry: Registry, fuzzy: Fuzzy) -> None:
    """Where the child's weight is not enough, it is a candidate, and the number still another's."""
    strictest = attrs.evolve(default_model(), threshold=60.0)
    stated = claim("Đỗ Gia Khang", "05/06/2015", "nam", "038190005555")

    verdict = match(stated, by=Fuzzy.against(registry, model=strictest), against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.AMBIGUOUS, None)
    assert verdict.found == (LOW, OF_ANOTHER)
    assert verdict.candidates == ("child",)
    assert verdict.suggestions == ()


def test_a_mothers_number_and_a_child_without_one(registry: Registry, fuzzy: Fuzzy) -> None:
    """A child that has no number yet is not given the mother's, nor any other."""
    stated = claim("Đỗ Minh Nhật", "05/06/2019", "nam", "038190005555")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, "unnumbered")
    assert verdict.found == (OF_ANOTHER,)
    assert verdict.suggestions == ()


def test_a_mothers_number_and_a_child_that_is_not_registered(
    registry: Registry, fuzzy: Fuzzy
) -> None:
    """Nobody is found, least of all the mother."""
    stated = claim("Đỗ Gia Hân", "05/06/2018", "nữ", "038190005555")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.NOT_FOUND, None)
    assert verdict.found == (NOBODY, OF_ANOTHER)


def test_a_newborn_under_the_mothers_name(registry: Registry, fuzzy: Fuzzy) -> None:
    """The mother's name, number and phone do not make the newborn the mother."""
    stated = claim("CB Lê Thị Thu Hà", "05/06/2021", "nam", "038190005555", phone="0987654321")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, None)
    assert verdict.found == (NOBODY, OF_ANOTHER)
    assert "name_of_mother" in verdict.codes


# -- several fields damaged ----------------------------------------------------------------------


def test_a_typo_in_name_and_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """Found by birth, sex and given name, although no number and no name leads there."""
    stated = claim("Doãn Hoia Thương", "25/03/1979", "nữ", "040179007778")
    rare = next(entry for entry in PLANTED if entry.key == "rare")
    shared = {key.kind for key in keys(stated)} & {
        key.kind for key in keys(rare) if key in keys(stated)
    }

    verdict = match(stated, by=fuzzy, against=registry)

    assert shared == {KeyKind.BIRTH_SEX_GIVEN}
    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "rare")
    assert {"name_typo", "id_number_typo"} < set(verdict.codes)
    assert set(suggested(verdict)) == {
        ("name", "Doãn Hoài Thương"),
        ("id_number", "040179007777"),
    }


def test_the_surest_suggestion_stands_first(registry: Registry, fuzzy: Fuzzy) -> None:
    """A field is the surer, the more all the others say by themselves."""
    stated = claim("Doan Hoai Thuong", "25/03/1979", "nam", "040179007777")

    verdict = match(stated, by=fuzzy, against=registry)

    assert who(verdict) == "rare"
    assert verdict.evidence is not None
    weights = {f.field: f.weight or 0.0 for f in verdict.evidence.findings}
    order = [suggestion.field for suggestion in verdict.suggestions]
    assert set(order) == {Field.NAME, Field.SEX}
    assert order == sorted(order, key=lambda field: weights[field])


def test_only_what_disagrees_is_suggested(registry: Registry, fuzzy: Fuzzy) -> None:
    """A claim that agrees in all but its sex is told of its sex."""
    stated = claim("Doãn Hoài Thương", "25/03/1979", "nam", "040179007777")

    verdict = match(stated, by=fuzzy, against=registry)

    assert suggested(verdict) == [("sex", "Nữ")]


def test_no_number_at_all(registry: Registry, fuzzy: Fuzzy) -> None:
    """Name and birthday find the person, and the outcome stays incomplete: never matched."""
    verdict = match(claim("Bùi Thanh Tâm", "09/10/1970", "nữ"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, "tam")
    assert verdict.official is None
    assert suggested(verdict) == [("id_number", "017170004321")]


@pytest.mark.parametrize("number", ["123", "01717000432100"])
def test_a_number_that_cannot_be_one(registry: Registry, fuzzy: Fuzzy, number: str) -> None:
    """The person is found all the same, and the outcome stays malformed."""
    stated = claim("Bùi Thanh Tâm", "09/10/1970", "nữ", number)

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MALFORMED, "tam")
    assert suggested(verdict) == [("id_number", "017170004321")]


def test_a_cmnd_of_which_the_registry_knows_nothing(registry: Registry, fuzzy: Fuzzy) -> None:
    """An old number says nothing against who holds a new one."""
    stated = claim("Bùi Thanh Tâm", "09/10/1970", "nữ", "011234567")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "tam")
    assert verdict.codes == ("id_number_other_kind",)


# -- births that are less than a day -------------------------------------------------------------


def test_a_year_and_a_common_name(registry: Registry, fuzzy: Fuzzy) -> None:
    """Several share a common name and a year: nobody is picked."""
    verdict = match(claim("Nguyễn Thị Hoa", "1960", "nữ"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict), verdict.found) == (Outcome.INCOMPLETE, None, (SEVERAL,))
    assert {"hoa-1", "hoa-2"} <= set(verdict.candidates)


def test_a_year_and_a_common_name_with_an_unknown_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """With a number that is nobody's the claim is complete, and ambiguous."""
    stated = claim("Nguyễn Thị Hoa", "1960", "nữ", "048160123457")

    verdict = match(stated, by=fuzzy, against=registry)

    assert verdict.outcome in (Outcome.AMBIGUOUS, Outcome.NOT_FOUND)
    assert who(verdict) is None


def test_a_year_and_a_rare_name(registry: Registry, fuzzy: Fuzzy) -> None:
    """Where one alone has the name and the year, she is identified, and her day suggested."""
    verdict = match(claim("Doãn Hoài Thương", "1979", "nữ"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.INCOMPLETE, "rare")
    assert ("birth", "25/03/1979") in suggested(verdict)


def test_a_year_is_not_enough_in_a_nation(registry: Registry) -> None:
    """Among a hundred million the same claim is about nobody in particular."""
    verdict = match(claim("Doãn Hoài Thương", "1979", "nữ"), by=Fuzzy(), against=registry)

    assert (verdict.outcome, who(verdict), verdict.found) == (Outcome.INCOMPLETE, None, (LOW,))
    assert verdict.candidates == ("rare",)


@pytest.mark.parametrize("stated", ["03/02/1948", "02/1948"])
def test_a_less_precise_date_is_never_suggested(
    registry: Registry, fuzzy: Fuzzy, stated: str
) -> None:
    """The registry's year is no correction of a whole date."""
    verdict = match(claim("Mạc Thiên Di", stated, "nữ", "040148008888"), by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "year")
    assert "birth_year_only" in verdict.codes
    assert verdict.suggestions == ()


def test_the_first_of_january_in_the_claim(registry: Registry, fuzzy: Fuzzy) -> None:
    """It stands for its year, and the day that is held is suggested."""
    stated = claim("Bùi Thanh Tâm", "01/01/1970", "nữ", "017170004321")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.MISMATCHED, "tam")
    assert "birth_first_of_january" in verdict.codes
    assert suggested(verdict) == [("birth", "09/10/1970")]


def test_the_first_of_january_in_both(registry: Registry, fuzzy: Fuzzy) -> None:
    """It agrees, and tells less than another day that agrees."""
    default = match(claim("Vũ Đình Quý", "01/01/1962", "nam"), by=fuzzy, against=registry)
    usual = match(claim("Bùi Thanh Tâm", "09/10/1970", "nữ"), by=fuzzy, against=registry)

    assert who(default) == "new-year"
    assert default.level(Field.BIRTH) is Level.SAME
    assert default.evidence is not None
    assert usual.evidence is not None
    assert (default.evidence.findings[1].weight or 0) < (usual.evidence.findings[1].weight or 0)


# -- nobody, or nothing to ask by ----------------------------------------------------------------


def test_a_stranger(registry: Registry, fuzzy: Fuzzy) -> None:
    """Who is not in the registry is not found there."""
    stated = claim("Kha Vạn Lộc", "09/10/1933", "nam", "001033999999")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, verdict.found) == (Outcome.NOT_FOUND, (NOBODY,))


def test_a_stranger_with_somebodys_number(registry: Registry, fuzzy: Fuzzy) -> None:
    """A number is not a person: who agrees in nothing else is told to hold another's."""
    stated = claim("Kha Vạn Lộc", "09/10/1933", "nam", "017170004321")

    verdict = match(stated, by=fuzzy, against=registry)

    assert (verdict.outcome, who(verdict)) == (Outcome.NOT_FOUND, None)
    assert verdict.found == (NOBODY, OF_ANOTHER)
    assert verdict.suggestions == ()


def test_a_foreigner_is_not_looked_for(fuzzy: Fuzzy) -> None:
    """Who is not Vietnamese is out of scope, and no registry hears of them."""
    stated = claim("Bùi Thanh Tâm", "09/10/1970", "nữ", "017170004321", nationality="Lào")

    assert asked(fuzzy, stated) == []
    verdict = match(stated, by=fuzzy, against=MemoryRegistry([]))
    assert verdict.outcome is Outcome.OUT_OF_SCOPE
    assert verdict.evidence is None


def test_nothing_to_ask_by(fuzzy: Fuzzy) -> None:
    """A claim without name, number and phone asks nothing, and is incomplete."""
    stated = claim("", "09/10/1970", "nữ")

    assert asked(fuzzy, stated) == []
    assert match(stated, by=fuzzy, against=MemoryRegistry([])).outcome is Outcome.INCOMPLETE


def asked(matcher: Fuzzy, stated: Claim, *answers: Found) -> list[set[KeyKind]]:
    """What kinds of key a claim asks for in turn."""
    flow, turns = matcher.flow(stated, policy=strict), []
    given_ = iter(answers)
    try:
        keys_ = next(flow)
        while True:
            turns.append({key.kind for key in keys_})
            keys_ = flow.send(next(given_, Found()))
    except StopIteration:
        return turns


def test_other_keys_are_asked_only_if_the_number_does_not_settle() -> None:
    """Who agrees in all is not doubted; whoever differs is held against all others."""
    held = next(entry for entry in PLANTED if entry.key == "rare")
    stated, other = claim_of(held), claim_of(attrs.evolve(held, name=PLANTED[0].name))
    number = {KeyKind.NUMBER, KeyKind.FORMER_NUMBER}
    search = {KeyKind.FOLD_BIRTH, KeyKind.BIRTH_SEX_GIVEN, KeyKind.FOLD_YEAR}

    assert asked(Fuzzy(), stated, Found.of([held])) == [number]
    assert asked(Fuzzy(), stated) == [number, search]
    assert asked(Fuzzy(), attrs.evolve(stated, id_number=Claim().id_number)) == [search]
    assert asked(Fuzzy(), other, Found.of([attrs.evolve(held, birth=None)]))[1:] == [search]


# -- blocks over their cap -----------------------------------------------------------------------

CROWD = person("0", "Trần Thử", "01/02/1985", "nữ")
NAMESAKES = [
    attrs.evolve(CROWD, key=f"n{number:03d}") for number in range(CAPS[KeyKind.FOLD_BIRTH] + 1)
]
HOLDER = person("x", "Trần Thử", "01/02/1985", "nữ", "001185000123")


def test_a_number_finds_its_holder_in_a_crowd() -> None:
    """Who agrees in all beside the number is identified, however many namesakes there are."""
    verdict = match(claim_of(HOLDER), by=Fuzzy(), against=MemoryRegistry([*NAMESAKES, HOLDER]))

    assert (verdict.outcome, who(verdict)) == (Outcome.MATCHED, "x")


def test_a_crowd_of_namesakes_hides_whom_it_holds() -> None:
    """Where too many share name and birthday, nobody can say that one of them is it."""
    stated = claim("Trần Thử", "01/02/1985", "nữ", "001185000124")

    verdict = match(stated, by=Fuzzy(), against=MemoryRegistry([*NAMESAKES, HOLDER]))

    assert (verdict.outcome, who(verdict)) == (Outcome.AMBIGUOUS, None)
    assert LARGE in verdict.found


def test_a_number_in_too_many_hands_tells_nothing() -> None:
    """Not even of who agrees in all else."""
    crowd = [attrs.evolve(HOLDER, key=f"h{n:02d}", name=PLANTED[n % 9].name) for n in range(51)]

    verdict = match(claim_of(HOLDER), by=Fuzzy(), against=MemoryRegistry([*crowd, HOLDER]))

    assert (verdict.outcome, who(verdict)) == (Outcome.AMBIGUOUS, None)
    assert LARGE in verdict.found


def test_a_number_in_too_many_hands_tells_nothing_of_who_had_it_once() -> None:
    """That somebody held it formerly makes nobody a candidate."""
    crowd = [attrs.evolve(HOLDER, key=f"h{n:02d}", name=PLANTED[n % 9].name) for n in range(51)]
    once = person("once", "Kha Vạn Lộc", "05/05/1950", "nam", former_id_number="001185000123")
    stated = claim("Kha Vạn Lộc", "01/02/1985", "nữ", "001185000123")

    verdict = match(stated, by=Fuzzy(), against=MemoryRegistry([*crowd, once]))

    assert (verdict.outcome, verdict.candidates) == (Outcome.AMBIGUOUS, ())
    assert verdict.found == (LARGE,)


def test_a_crowd_that_cannot_matter_is_no_reason() -> None:
    """That too many have a phone number hides nobody better."""
    crowd = [person(f"p{n:02d}", "Lê Mai", "2/2/1990", "nữ", phone="0912345678") for n in range(51)]
    stated = attrs.evolve(claim_of(HOLDER), phone=claim_of(crowd[0]).phone)

    verdict = match(stated, by=Fuzzy(), against=MemoryRegistry([*crowd, HOLDER]))

    assert (verdict.outcome, who(verdict), verdict.found) == (Outcome.MATCHED, "x", ())


@pytest.mark.parametrize(
    ("skipped", "bound"),
    [
        ([], None),
        ([KeyKind.PHONE], None),
        ([KeyKind.NUMBER], float("inf")),
        ([KeyKind.FORMER_NUMBER, KeyKind.FOLD_YEAR], float("inf")),
        ([KeyKind.FOLD_BIRTH], 3.0),
        ([KeyKind.FOLD_BIRTH, KeyKind.FOLD_YEAR], 3.0),
        ([KeyKind.BIRTH_SEX_GIVEN], 2.0),
        ([KeyKind.FOLD_YEAR], 1.0),
        ([KeyKind.FOLD_YEAR, KeyKind.BIRTH_SEX_GIVEN], 2.0),
    ],
)
def test_what_a_skipped_block_hides(skipped: list[KeyKind], bound: float | None) -> None:
    """The bound is that of the most alike whom only skipped blocks lead to."""

    def rival(*, name_same: bool = True, birth_same: bool = True) -> float:
        return 3.0 - (not name_same) - 2 * (not birth_same)

    assert unseen(skipped, rival) == bound


# -- disclosure ----------------------------------------------------------------------------------


def test_what_is_told_at_each_disclosure(registry: Registry, fuzzy: Fuzzy) -> None:
    """Values tell whom and what to correct, findings which field, a verdict right or wrong."""
    wrong = match(
        claim("Đỗ Gia Khang", "05/06/2015", "nam", "038190005555"), by=fuzzy, against=registry
    )
    open_ = match(
        claim("Nguyễn Văn Hùng", "03/05/1985", "nam", "048085009876"), by=fuzzy, against=registry
    )

    findings = wrong.disclose(Disclosure.FINDINGS)
    assert (wrong.suggestions != (), findings.suggestions) == (True, ())
    assert who(findings) == ""
    assert findings.codes == wrong.codes
    verdict = wrong.disclose(Disclosure.VERDICT)
    assert (verdict.outcome, verdict.evidence, verdict.margin) == (Outcome.MISMATCHED, None, None)
    assert "number_of_another" not in verdict.codes
    assert len(open_.candidates) == 2
    assert open_.disclose(Disclosure.FINDINGS).candidates == ()
    assert open_.disclose(Disclosure.VERDICT).found == ()


# -- laws of this matcher ------------------------------------------------------------------------


def reference(stated: Claim, registry: Registry, matcher: Fuzzy) -> Verdict:
    """Answer as the matcher must, by asking every key whatever the number led to: slow."""
    settled = settle(stated.gaps, foreign=stated.is_foreign)
    numbers, others = number_keys(stated), search_keys(stated)
    entries_: dict[str, Entry] = {}
    if settled is Outcome.OUT_OF_SCOPE or not (numbers or others):
        decision = Decision(settled or Outcome.INCOMPLETE)
    else:
        by_number = registry.find(numbers) if numbers else Found()
        by_others = registry.find(others) if others else Found()
        held = () if by_number.skipped else by_number.entries
        entries_ = {entry.key: entry for entry in (*held, *by_others.entries)}
        decision = identify(
            [matcher.weigher.weigh(compare(stated, e), e) for e in entries_.values()],
            model=matcher.weigher.model,
            policy=strict,
            settled=settled,
            unseen=unseen(
                {*by_number.skipped, *by_others.skipped}, partial(matcher.weigher.rival, stated)
            ),
        )
    return verdict_of(
        stated, decision, entries_, matcher=matcher.name, policy=strict,
        model=str(matcher.weigher.model),
    )  # fmt: skip


FREQUENCIES = st.one_of(
    st.builds(Frequencies, st.integers(0, 10**8)), populations().map(Frequencies.of)
)


@given(st.one_of(crowds(), st.tuples(claims(), populations())), FREQUENCIES)
def test_to_stop_early_changes_no_verdict(
    crowd: tuple[Claim, list[Entry]], frequencies: Frequencies
) -> None:
    """It equals the one who always asks all keys, but that less may be known of the next best."""
    stated, people = crowd
    matcher, registry = Fuzzy(None, frequencies), MemoryRegistry(people)

    early = match(stated, by=matcher, against=registry)
    late = reference(stated, registry, matcher)

    assert attrs.evolve(early, margin=None) == attrs.evolve(late, margin=None)
    if early.margin != late.margin:
        assert late.margin is not None
        assert late.margin >= matcher.weigher.model.margin
        assert early.margin is None or early.margin > late.margin


def test_to_stop_early_changes_no_verdict_among_many(
    everybody: list[Entry], registry: Registry, fuzzy: Fuzzy
) -> None:
    """So it is for claims that state what the registry holds, less a field or with another's."""
    for entry, next_ in zip(everybody[::60], everybody[1::60], strict=False):
        for given_ in (entry, attrs.evolve(entry, number=next_.number), attrs.evolve(
            entry, name=next_.name), attrs.evolve(entry, birth=next_.birth)):  # fmt: skip
            stated = claim_of(given_)
            early, late = (
                match(stated, by=fuzzy, against=registry),
                reference(stated, registry, fuzzy),
            )
            assert attrs.evolve(early, margin=None) == attrs.evolve(late, margin=None)


@given(crowds(), st.data())
def test_the_order_of_evidence_does_not_matter(
    crowd: tuple[Claim, list[Entry]], data: st.DataObject
) -> None:
    """What was found, and what was asked, in another order comes to the same decision."""
    stated, people = crowd
    matcher = Fuzzy()
    double = attrs.evolve(people[0], key="A")
    weighed = [matcher.weigher.weigh(compare(stated, e), e) for e in (*people, double)]
    asked_ = (*number_keys(stated), *search_keys(stated))
    registry = MemoryRegistry(people)
    decide = partial(identify, model=default_model(), policy=strict)

    assert decide(data.draw(st.permutations(weighed))) == decide(weighed)
    assert registry.find(data.draw(st.permutations(asked_))) == registry.find(asked_)


@given(crowds())
def test_who_is_matched_exactly_is_matched(crowd: tuple[Claim, list[Entry]]) -> None:
    """Where the exact matcher says right of one entry, the fuzzy one says so of the same."""
    stated, people = crowd
    registry = MemoryRegistry(people)
    exactly = match(stated, by=Exact(), against=registry)

    if exactly.official:
        verdict = match(stated, by=Fuzzy(), against=registry)
        assert (verdict.outcome, who(verdict)) == (Outcome.MATCHED, who(exactly))


CLEAR = 0.05
"""Bits beyond threshold and margin by which a verdict is clear."""


@given(crowds(), entries(key="zz"))
def test_an_unrelated_entry_changes_no_clear_verdict(
    crowd: tuple[Claim, list[Entry]], other: Entry
) -> None:
    """Not even where it is counted among the frequencies.

    Unrelated is who shares no key with the claim, and neither first word nor rest of the name, nor
    the year of birth, with the claim and with anybody there. Clear is a verdict that names an entry
    whose weight and margin are enough, and by so much as one more person among a thousand can
    change.
    """
    stated, people = crowd
    if not set(keys(stated)).isdisjoint(keys(other)) or _terms(other) & frozenset().union(
        *map(_terms, people)
    ):
        return
    alone, beside = MemoryRegistry(people), MemoryRegistry([*people, other])
    before = match(stated, by=Fuzzy.against(alone), against=alone)
    model = default_model()
    if before.evidence is None or (before.evidence.weight or 0) < model.threshold + CLEAR:
        return
    if before.margin is not None and before.margin < model.margin + CLEAR:
        return

    after = match(stated, by=Fuzzy.against(beside), against=beside)

    assert (after.outcome, who(after)) == (before.outcome, who(before))


def _terms(entry: Entry) -> frozenset[str | int]:
    terms: set[str | int] = set() if entry.birth is None else {entry.birth.year}
    if entry.name is not None:
        surname, _, rest = entry.name.fold.partition(" ")
        terms |= {f"surname {surname}", f"rest {rest}"}
    return frozenset(terms)


@given(crowds(), entries(key="zz"))
def test_a_lighter_entry_changes_no_verdict(crowd: tuple[Claim, list[Entry]], other: Entry) -> None:
    """Whoever is added and weighs less than who is identified, by the margin, is not taken."""
    stated, people = crowd
    matcher = Fuzzy()
    before = match(stated, by=matcher, against=MemoryRegistry(people))
    if before.evidence is None or before.evidence.weight is None:
        return
    weighed = matcher.weigher.weigh(compare(stated, other), other).weight or 0.0
    if weighed > before.evidence.weight - default_model().margin:
        return

    after = match(stated, by=matcher, against=MemoryRegistry([*people, other]))

    assert (after.outcome, after.evidence) == (before.outcome, before.evidence)


def test_frequencies_are_the_registrys_unless_others_are_given(registry: Registry) -> None:
    """A matcher is set to a registry once, and keeps what it was given."""
    own, given_ = Fuzzy().fitted(registry), Fuzzy(None, Frequencies(total=7))

    assert own.weigher.frequencies.total == 3_000 + len(PLANTED)
    assert given_.fitted(registry) is given_
    assert repr(own) == f"Fuzzy(model={default_model()}, people={3_000 + len(PLANTED)})"


def test_everybody_is_weighed_whom_a_key_leads_to(registry: Registry, fuzzy: Fuzzy) -> None:
    """The heaviest first, and who holds the number among them."""
    stated = claim("Đỗ Gia Khang", "05/06/2015", "nam", "038190005555")

    weighed = fuzzy.weigh(stated, against=registry)

    assert weighed[0].entry_key == "child"
    assert "mother" in {e.entry_key for e in weighed}
    totals = [e.weight or 0.0 for e in weighed]
    assert totals == sorted(totals, reverse=True)
    assert fuzzy.weigh(Claim(), against=registry) == ()


# -- vectors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """Every vector comes to its outcome, entry, codes and candidates.

    They are for the default model and the frequencies of the nation.
    """
    people = [Entry.read(**row)[0] for row in vector["people"]]
    registry = MemoryRegistry(people)

    verdict = match(Claim.read(**vector["claim"]), by=Fuzzy(), against=registry)

    assert {
        "outcome": verdict.outcome.value,
        "entry_key": who(verdict),
        "codes": list(verdict.codes),
        "candidates": list(verdict.candidates),
        "suggestions": [list(suggestion) for suggestion in suggested(verdict)],
    } == vector["expected"]


def test_every_outcome_has_a_vector() -> None:
    """Each outcome that a matcher can come to is shown at work."""
    assert {vector["expected"]["outcome"] for vector in VECTORS} == {o.value for o in Outcome}
