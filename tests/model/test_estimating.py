from itertools import pairwise, product
from math import log

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, Field, MemoryRegistry
from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.errors import ModelError
from vnvaxmatch.model import (
    CODES,
    Chance,
    Frequencies,
    Model,
    Pattern,
    Weigher,
    default_model,
    estimate,
    pattern_of,
    patterns_of,
    refine,
)
from vnvaxmatch.testing import crowds

PEOPLE = Frequencies(total=0)
KNOWN = {
    Field.NAME: {"same": 0.7, "name_marks": 0.2, "name_typo": 0.06, "name_differs": 0.04},
    Field.BIRTH: {"same": 0.8, "birth_year_only": 0.15, "birth_differs": 0.05},
    Field.SEX: {"same": 0.95, "sex_differs": 0.05},
    Field.ID_NUMBER: {"same": 0.6, "id_number_typo": 0.1, "id_number_differs": 0.3},
}
"""What is true of a made-up list: the m of each likeness that occurs."""
SHARES = {
    Field.NAME: {"same": 0.002, "name_marks": 0.01, "name_typo": 0.05, "name_differs": 0.938},
    Field.BIRTH: {"same": 0.001, "birth_year_only": 0.02, "birth_differs": 0.979},
    Field.SEX: {"same": 0.5, "sex_differs": 0.5},
    Field.ID_NUMBER: {"same": 1e-5, "id_number_typo": 1e-4, "id_number_differs": 1 - 1.1e-4},
}
"""The u of the same."""


def model_with(m: dict[Field, dict[str, float]]) -> Model:
    """A model of these m, of the made-up list's u, and of next to nothing for all else."""
    chances = {
        field: {
            code: Chance(m[field].get(code, 1e-6), SHARES[field].get(code, 1e-6)) for code in codes
        }
        for field, codes in CODES.items()
    }
    return attrs.evolve(default_model(), coverage=0.9, chances=chances)


def drawn(pairs: float = 1e9) -> dict[Pattern, int]:
    """As many pairs as are to be expected of each pattern of the made-up list."""
    odds = 2 ** Weigher(model_with(KNOWN), PEOPLE).prior
    share = odds / (1 + odds)
    patterns = {}
    for codes in product(*(KNOWN[field] for field in Field)):
        ours, theirs = share, 1 - share
        for field, code in zip(Field, codes, strict=True):
            ours *= KNOWN[field][code]
            theirs *= SHARES[field][code]
        if count := round(pairs * (ours + theirs)):
            patterns[Pattern(codes)] = count
    return patterns


def wrong_start() -> Model:
    """A model that takes the list for cleaner than it is."""
    cleaner = {
        field: {code: 0.9 if code == "same" else 0.1 / (len(table) - 1) for code in table}
        for field, table in KNOWN.items()
    }
    return model_with(cleaner)


def likelihood(patterns: dict[Pattern, int], model: Model, start: Model) -> float:
    """What estimate() raises, in nats: of the patterns, and of m under the belief in the start."""
    weigher = Weigher(model, PEOPLE)
    total = 0.0
    for pattern, count in patterns.items():
        bits = weigher.prior + sum(
            weigher.part(field, code)[0]
            for field, code in zip(Field, pattern.codes, strict=True)
            if code is not None
        )
        total += count * log(1 + 2**bits)
    return total + sum(
        200 * chance.m * log(model.chances[field][code].m)
        for field, table in start.chances.items()
        for code, chance in table.items()
    )


def test_known_chances_are_recovered() -> None:
    """From a wrong start, without a label, m comes out as it is true of the list."""
    fitted = estimate(drawn(), model=wrong_start(), frequencies=PEOPLE)

    for field, table in KNOWN.items():
        for code, m in table.items():
            assert fitted.chances[field][code].m == pytest.approx(m, rel=0.05, abs=0.002)


def test_u_and_the_rest_stay() -> None:
    """What two people share is the population's, and no list changes it."""
    start = wrong_start()
    fitted = estimate(drawn(), model=start, frequencies=PEOPLE, name="list", version=7)

    assert str(fitted) == "list/7"
    for field, table in start.chances.items():
        for code, chance in table.items():
            assert attrs.evolve(fitted.chances[field][code], m=chance.m) == chance
    whole = attrs.evolve(fitted, name=start.name, version=start.version, chances=start.chances)
    assert whole == start


@st.composite
def counted(draw: st.DrawFn) -> dict[Pattern, int]:
    """Patterns as a list might have them, few or many."""
    codes = [st.sampled_from([None, *CODES[field]]) for field in Field]
    pattern = st.builds(Pattern, st.tuples(*codes), st.integers(-10, 60))
    return draw(st.dictionaries(pattern, st.integers(1, 10**6), min_size=1, max_size=12))


@given(counted())
def test_nothing_is_taken_to_be_impossible_or_sure(patterns: dict[Pattern, int]) -> None:
    """No m comes out as 0 or 1, whatever the list lacks, and those of a field add up to 1."""
    for fitted in (
        estimate(patterns, model=default_model(), frequencies=Frequencies()),
        refine(patterns, model=default_model()),
    ):
        for table in fitted.chances.values():
            assert all(0 < chance.m < 1 for chance in table.values())
            assert sum(chance.m for chance in table.values()) == pytest.approx(1)


def test_more_rounds_do_not_lower_the_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round explains the patterns, and the belief, no worse than the one before."""
    patterns, start = drawn(1e7), wrong_start()
    reached = []
    for rounds in range(1, 8):
        monkeypatch.setattr("vnvaxmatch.model.estimating._ROUNDS", rounds)
        fitted = estimate(patterns, model=start, frequencies=PEOPLE)
        reached.append(likelihood(patterns, fitted, start))

    assert all(later >= earlier - 1e-3 for earlier, later in pairwise(reached))
    assert reached[-1] > reached[0]


@given(counted(), st.data())
def test_the_order_of_patterns_does_not_matter(
    patterns: dict[Pattern, int], data: st.DataObject
) -> None:
    """The same counts give the same model, to the last bits of adding up in another order."""
    shuffled = dict(data.draw(st.permutations(list(patterns.items()))))

    def fitted(given: dict[Pattern, int]) -> Model:
        return estimate(given, model=default_model(), frequencies=Frequencies())

    assert fitted(patterns) == fitted(patterns)
    one, other = fitted(patterns), fitted(shuffled)
    for field, table in one.chances.items():
        for code, chance in table.items():
            assert other.chances[field][code].m == pytest.approx(chance.m, rel=1e-6)


def test_labels_move_the_model_towards_them() -> None:
    """The more confirmed pairs have a likeness, the nearer m comes to their share."""
    agreeing = Pattern(("same", "same", "same", "same"))
    unmarked = Pattern(("name_marks", "same", "same", "same"))
    before = default_model().chances[Field.NAME]["name_marks"].m

    reached = [
        refine({unmarked: n, agreeing: n}, model=default_model())
        .chances[Field.NAME]["name_marks"]
        .m
        for n in (10, 100, 1_000, 100_000)
    ]

    assert before < reached[0] < reached[1] < reached[2] < reached[3] < 0.5
    assert reached[3] == pytest.approx(0.5, abs=0.01)


def test_labels_that_say_nothing_of_a_field_leave_its_belief() -> None:
    """Pairs without a number teach nothing of numbers; what never occurred keeps its order."""
    start = default_model()
    fitted = refine({Pattern(("same", "same", "same", None)): 1_000}, model=start)

    belief = sum(c.m for c in start.chances[Field.ID_NUMBER].values())
    for code, chance in start.chances[Field.ID_NUMBER].items():
        assert fitted.chances[Field.ID_NUMBER][code].m == pytest.approx(chance.m / belief)
    rare = [fitted.chances[Field.NAME][code].m for code in CODES[Field.NAME][1:]]
    believed = [start.chances[Field.NAME][code].m for code in CODES[Field.NAME][1:]]
    assert [a / b for a, b in zip(rare, believed, strict=True)] == pytest.approx(
        [rare[0] / believed[0]] * len(rare)
    )


def test_nothing_to_learn_from_is_an_error() -> None:
    """No pairs give no model."""
    with pytest.raises(ModelError, match="no pairs"):
        estimate({}, model=default_model(), frequencies=Frequencies())
    with pytest.raises(ModelError, match="no confirmed pairs"):
        refine({}, model=default_model())


@given(crowds())
def test_a_pattern_weighs_what_its_evidence_weighs(crowd: tuple[Claim, list[Entry]]) -> None:
    """Codes and rarity give the weight back, to the half bit that rarity is kept in."""
    claim, people = crowd
    matcher = Fuzzy()

    for evidence in matcher.weigh(claim, against=MemoryRegistry(people)):
        pattern = pattern_of(evidence, matcher.weigher)
        bits = matcher.weigher.prior + pattern.rarity / 2
        for field, code in zip(Field, pattern.codes, strict=True):
            if code is not None:
                bits += matcher.weigher.part(field, code)[0]
        assert evidence.weight == pytest.approx(bits, abs=0.2501)


@given(crowds())
def test_patterns_are_counted_each_once(crowd: tuple[Claim, list[Entry]]) -> None:
    """As many pairs come in as are counted, and no pattern shows a value of anybody."""
    claim, people = crowd
    matcher = Fuzzy()
    evidences = matcher.weigh(claim, against=MemoryRegistry(people))

    patterns = patterns_of(evidences, matcher.weigher)

    assert patterns.total() == len(evidences)
    codes = {code for table in CODES.values() for code in table}
    assert all(set(pattern.codes) <= codes | {None} for pattern in patterns)
