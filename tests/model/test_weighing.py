import pickle
from collections.abc import Iterator
from math import isclose, isfinite

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Evidence, Field, Finding, Level, Reason, compare
from vnvaxmatch.blocking import keys, number_keys
from vnvaxmatch.model import (
    CODES,
    NEAR_NUMBERS,
    Chance,
    Frequencies,
    Model,
    Scale,
    Weigher,
    default_model,
)
from vnvaxmatch.normalize import BirthDate
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.testing import claim_of, different_people, entries, populations, same_person

PAIRS = st.one_of(same_person(), different_people())
COUNTED = st.one_of(
    st.builds(Frequencies, st.integers(0, 10**8)), populations().map(Frequencies.of)
)
"""Frequencies as registries have them: the nation's, whatever their size, or their own few."""


@st.composite
def skewed(draw: st.DrawFn) -> Frequencies:
    """Frequencies of a registry where nearly everybody has one name and birth date."""
    one = Frequencies.of([draw(entries(complete=True))])
    many, few = draw(st.integers(1, 10**7)), draw(st.integers(0, 100))
    births = dict.fromkeys(one.births, many) | {19851110: few, 19860101: few}
    return Frequencies(
        many + few, dict.fromkeys(one.surnames, many), dict.fromkeys(one.rests, many), births
    )


@st.composite
def unmarked(draw: st.DrawFn) -> Model:
    """Models as an odd list would have them: names without marks, years off, agreement rare."""
    chances = {f: dict(table) for f, table in default_model().chances.items()}
    for field, codes in CODES.items():
        code = draw(st.sampled_from(codes))
        chances[field][code] = attrs.evolve(chances[field][code], m=draw(st.floats(0.001, 1)))
        chances[field]["same"] = attrs.evolve(chances[field]["same"], m=draw(st.floats(0.001, 1)))
    return attrs.evolve(default_model(), chances=chances)


def model_of(*terms: str, **bits: float) -> Model:
    """A model in which likenesses weigh what is said, those of ``terms`` by rarity; others nothing.

    The same is called by its field: ``name_same``.
    """

    def chance(name: str) -> Chance:
        weight = bits.get(name, 0.0)
        scale = Scale.TERM if name in terms else Scale.FIXED
        return Chance(2.0 ** min(0, weight), 2.0 ** -max(0, weight), scale)

    chances = {
        field: {code: chance(f"{field}_{code}" if code == "same" else code) for code in codes}
        for field, codes in CODES.items()
    }
    return Model("made", 1, 0.5, 6, 6, 0, chances)


def weighed(claim: Claim, entry: Entry, weigher: Weigher) -> Evidence:
    return weigher.weigh(compare(claim, entry), entry)


def weight(claim: Claim, entry: Entry, weigher: Weigher) -> float:
    total = weighed(claim, entry, weigher).weight
    assert total is not None
    return total


def put_right(claim: Claim, entry: Entry) -> Iterator[Claim]:
    """The claim with each field in turn as the entry has it."""
    held = claim_of(entry)
    for field in Field:
        reading = getattr(held, field.value)
        if isinstance(reading, Normalized):
            yield attrs.evolve(claim, **{field.value: reading})


@given(PAIRS, COUNTED)
def test_a_weight_is_the_prior_and_what_the_fields_weigh(
    pair: tuple[Claim, Entry], frequencies: Frequencies
) -> None:
    """All findings are kept and given a finite weight, and add up."""
    claim, entry = pair
    weigher = Weigher(default_model(), frequencies)
    evidence = weighed(claim, entry, weigher)

    assert evidence.prior == weigher.prior
    assert evidence.weight is not None
    assert isfinite(evidence.weight)
    total = weigher.prior + sum(f.weight or 0.0 for f in evidence.findings)
    assert isclose(evidence.weight, total, abs_tol=1e-9)
    bare = tuple(attrs.evolve(finding, weight=None) for finding in evidence.findings)
    assert bare == compare(claim, entry).findings


@given(PAIRS, COUNTED)
def test_what_is_missing_weighs_nothing(
    pair: tuple[Claim, Entry], frequencies: Frequencies
) -> None:
    """A missing field has no weight, and only a missing one has none."""
    evidence = weighed(*pair, Weigher(default_model(), frequencies))

    for finding in evidence.findings:
        assert (finding.weight is None) == (finding.level is Level.MISSING)


def test_an_empty_claim_weighs_the_prior() -> None:
    """Where nothing is stated, nothing is known beyond what was known before."""
    entry, _ = Entry.read(key="7", name="Trần Thử", birth="1985", sex="nữ", id_number="011234567")
    weigher = Weigher(default_model(), Frequencies())

    assert weight(Claim(), entry, weigher) == weigher.prior


@given(PAIRS, COUNTED)
def test_a_field_put_right_never_lowers_the_weight(
    pair: tuple[Claim, Entry], frequencies: Frequencies
) -> None:
    """To take over a value of the entry brings claim and entry no further apart."""
    claim, entry = pair
    weigher = Weigher(default_model(), frequencies)
    before = weight(claim, entry, weigher)

    for repaired in put_right(claim, entry):
        assert weight(repaired, entry, weigher) >= before - 1e-9


@given(PAIRS, st.one_of(COUNTED, skewed()), st.one_of(st.just(default_model()), unmarked()))
def test_a_rival_is_an_upper_bound(
    pair: tuple[Claim, Entry], frequencies: Frequencies, model: Model
) -> None:
    """Nobody without the claim's numbers weighs more, whatever the model and the registry."""
    claim, entry = pair
    weigher = Weigher(model, frequencies)
    if not set(number_keys(claim)).isdisjoint(keys(entry)):
        return

    evidence = weighed(claim, entry, weigher)

    assert evidence.weight is not None
    assert evidence.weight <= weigher.rival(claim) + 1e-9
    born = evidence.levels[Field.BIRTH]
    if born is not Level.SAME and _same_year(claim, entry):
        assert evidence.weight <= weigher.rival(claim, birth_same=False) + 1e-9
    if evidence.levels[Field.NAME] not in (Level.SAME, Level.UNMARKED):
        assert evidence.weight <= weigher.rival(claim, name_same=False) + 1e-9


def _same_year(claim: Claim, entry: Entry) -> bool:
    claimed = claim.birth
    return (
        isinstance(claimed, Normalized)
        and entry.birth is not None
        and claimed.value.year == entry.birth.year
    )


def test_a_rival_of_another_year_is_bounded_too() -> None:
    """A near number takes from a birth the year that is held, be it a common one."""
    model = model_of(birth_year_off=10.0, id_number_typo=9.0, id_number_same=20.0)
    frequencies = Frequencies(10**6, births={19851110: 10**6, 19861110: 100})
    claim = Claim.read(birth="10/11/1986", id_number="001085000123")
    entry, _ = Entry.read(key="7", birth="10/11/1985", id_number="001085000124")
    weigher = Weigher(model, frequencies)

    assert weigher.birth_beside_near(10.0, 19851110) > 9.9
    assert weight(claim, entry, weigher) <= weigher.rival(claim)


def test_a_rival_may_lack_its_marks() -> None:
    """In a list without marks, the unmarked name is the likeness that tells most."""
    model = model_of("name_same", "name_marks", name_same=1.0, name_marks=8.0)
    claim = Claim.read(name="Tran Thu Ha", birth="1985")
    entry, _ = Entry.read(key="7", name="Trần Thử Hà", birth="1985")
    weigher = Weigher(model, Frequencies())

    assert weight(claim, entry, weigher) <= weigher.rival(claim)


def test_a_rival_may_have_a_rarer_name() -> None:
    """The name of somebody else is not the claim's, and may be as rare as any."""
    model = model_of("name_same", "name_typo", name_typo=5.0)
    claim = Claim.read(name="Nguyễn Văn Hoạ", birth="1985")
    common = Frequencies(10**6, {"nguyen": 10**6}, {"van hoa": 10**6 - 1, "van hoai": 1})
    weigher = Weigher(model, common)

    near, _ = Entry.read(key="8", name="Nguyễn Văn Hoại", birth="1985")
    assert compare(claim, near).findings[0].reason is Reason.NAME_TYPO
    assert weigher.name("name_typo", "nguyen van hoai") > weigher.name("same", "nguyen van hoa")
    assert weight(claim, near, weigher) <= weigher.rival(claim)


@given(COUNTED, st.sampled_from(sorted(NEAR_NUMBERS)))
def test_a_near_number_tells_no_more_than_the_number(frequencies: Frequencies, code: str) -> None:
    """In a small registry, too, nobody is singled out better than by the very number."""
    weigher = Weigher(default_model(), frequencies)

    assert weigher.number(code) <= weigher.number("same")


@pytest.mark.parametrize(
    ("claimed", "counted_once"),
    [("001185000124", True), ("001185000132", True), ("001185999999", False), ("", False)],
    ids=["typo", "transposed", "differs", "missing"],
)
def test_near_numbers_do_not_count_sex_and_year_twice(claimed: str, counted_once: bool) -> None:
    """What two near numbers agree in already, sex and year, is no further evidence."""
    entry, _ = Entry.read(key="7", birth="10/11/1985", sex="nữ", id_number="001185000123")
    claim = Claim.read(birth="10/11/1985", sex="nữ", id_number=claimed)
    weigher = Weigher(default_model(), Frequencies())

    _, birth, sex, _ = weighed(claim, entry, weigher).findings

    year = weigher.frequencies.birth_bits(19850000)
    full = weigher.birth("same", 19851110)
    assert birth.weight == pytest.approx(full - year if counted_once else full)
    assert sex.weight == (0.0 if counted_once else weigher.sex("same"))


def test_near_numbers_hide_no_disagreement() -> None:
    """A sex or a birth that differs beside a near number weighs against, in full."""
    entry, _ = Entry.read(key="7", birth="10/11/1985", sex="nữ", id_number="001185000123")
    claim = Claim.read(birth="20/02/1991", sex="nam", id_number="001185000124")
    weigher = Weigher(default_model(), Frequencies())

    _, birth, sex, _ = weighed(claim, entry, weigher).findings

    assert birth.weight == weigher.birth("birth_differs", 0) < 0
    assert sex.weight == weigher.sex("sex_differs") < 0


def test_a_rare_name_and_date_weigh_more() -> None:
    """Who shares a rare name is likelier the same person; a first of January tells less."""
    weigher = Weigher(default_model(), Frequencies())

    assert weigher.name("same", "nguyen van hung") < weigher.name("same", "doan hoai my")
    assert weigher.name("name_typo", "nguyen van hung") < weigher.name("same", "nguyen van hung")
    assert weigher.birth("same", 19600101) < weigher.birth("same", 19600102)
    assert weigher.birth("same", 19600000) < weigher.birth("same", 19600101)


def test_only_the_year_that_agrees_has_a_frequency() -> None:
    """A year alone weighs the same whatever day is held; a month whatever day of it."""
    weigher = Weigher(default_model(), Frequencies(100, births={19850203: 90}))

    assert weigher.birth("birth_year_only", 19850203) == weigher.birth("birth_year_only", 19850000)
    assert weigher.birth("birth_month_only", 19850203) == weigher.birth(
        "birth_month_only", 19850200
    )


def test_more_people_need_more_evidence() -> None:
    """The prior falls by one bit as the people double, and the number makes up for it."""
    one = Weigher(default_model(), Frequencies(total=10**7 - 1_000))
    two = Weigher(default_model(), Frequencies(total=2 * 10**7 - 1_000))

    assert one.prior - two.prior == pytest.approx(1)
    assert two.number("same") - one.number("same") == pytest.approx(1)
    assert two.number("id_number_differs") == one.number("id_number_differs")


@given(PAIRS)
def test_the_scales_do_what_they_say(pair: tuple[Claim, Entry]) -> None:
    """Fixed chances weigh log2 of m/u, those of a person also as many bits as there are people."""
    weigher = Weigher(default_model(), Frequencies(total=10**6))

    for finding in weighed(*pair, weigher).findings:
        if finding.level is Level.MISSING or finding.field is not Field.ID_NUMBER:
            continue
        chance = default_model().chances[finding.field][finding.reason or "same"]
        expected = chance.bits
        if chance.scale is Scale.PERSON:
            expected += weigher.frequencies.bits
        assert finding.weight == pytest.approx(min(expected, weigher.number("same")))


def test_a_mothers_name_weighs_nothing() -> None:
    """Neither on the claim nor in the registry is it the child's."""
    child, _ = Entry.read(key="7", name="Trần Thị Thử", birth="05/06/2021")
    filed, _ = Entry.read(key="8", name="CB Trần Thị Thử", birth="05/06/2021")
    weigher = Weigher(default_model(), Frequencies())

    for name, entry in (("CB Trần Thị Thử", child), ("Trần Thị Thử", filed)):
        finding = weighed(Claim.read(name=name, birth="05/06/2021"), entry, weigher).findings[0]
        assert finding.level is Level.MISSING
        assert finding.weight is None


def test_what_was_not_compared_is_weighed_by_nobody() -> None:
    """Evidence that says nothing of a held value is not made up for."""
    missing = tuple(Finding(field, Level.MISSING) for field in Field)
    entry = Entry("7", birth=BirthDate(1985))
    weigher = Weigher(default_model(), Frequencies())

    evidence = weigher.weigh(Evidence("7", missing), entry)

    assert evidence == Evidence("7", missing, weight=weigher.prior, prior=weigher.prior)


def test_an_unknown_likeness_is_an_error_of_the_caller() -> None:
    """Evidence with a reason that belongs to another field is not weighed as something else."""
    wrong = Finding(Field.NAME, Level.CLOSE, Reason.BIRTH_DIGIT)
    rest = tuple(Finding(field, Level.MISSING) for field in list(Field)[1:])
    entry, _ = Entry.read(key="7", name="Trần Thử")

    with pytest.raises(KeyError):
        Weigher(default_model(), Frequencies()).weigh(Evidence("7", (wrong, *rest)), entry)


def test_a_weigher_can_be_pickled() -> None:
    """It weighs the same in another process."""
    weigher = Weigher(default_model(), Frequencies(5, {"tran": 5}, {"thu": 5}))
    copy = pickle.loads(pickle.dumps(weigher))

    assert copy.prior == weigher.prior
    assert copy.name("same", "tran thu") == weigher.name("same", "tran thu")
