"""Linking: whose rows are whose, held against the rules one pair at a time."""

import json
import random
from datetime import date
from itertools import combinations
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.blocking import CAPS, KeyKind, search_keys
from vnvaxmatch.bulk import InputOptions
from vnvaxmatch.bulk.linking import LINK_SCHEMA, link
from vnvaxmatch.bulk.linking.blocks import find
from vnvaxmatch.bulk.linking.clusters import MOST, components, group, join
from vnvaxmatch.bulk.linking.pairs import Pairs, PairWeigher
from vnvaxmatch.bulk.linking.people import count, link_statements, rows_beside, weigher_for
from vnvaxmatch.bulk.linking.rules import Beside, conflict
from vnvaxmatch.bulk.linking.sequences import dose_duplicates, doubts_of_doses, person_doubts
from vnvaxmatch.bulk.linking.statements import DoseRows, read_rows
from vnvaxmatch.bulk.linking.writing import link_table
from vnvaxmatch.bulk.reading import ReadingRules, read_row
from vnvaxmatch.bulk.sources.source import UNREADABLE, batch_of
from vnvaxmatch.compare import Level, compare, compare_births, compare_names
from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.messages import message
from vnvaxmatch.model import Frequencies, Weigher, default_model
from vnvaxmatch.normalize import Vaccine, Vintage
from vnvaxmatch.outcome import Doubt, Normalized
from vnvaxmatch.records import Entry, Field
from vnvaxmatch.synthetic import LAST_DAY, synthesize

RULES = ReadingRules(date(2022, 12, 31), None, Vintage.UNTIL_2025)
VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "links.json").read_text("utf-8"))
VECTORS_BY_ID = {vector["id"]: vector for vector in VECTORS}
COLUMNS = (
    "full_name", "date_of_birth", "sex", "id_number", "phone", "commune", "district", "province",
    "vaccine", "dose_number", "dose_date",
)  # fmt: skip
PLACES = (
    ("Phường Phúc Xá", "Quận Ba Đình", "Thành phố Hà Nội"),
    ("Phường 14", "Quận 10", "Thành phố Hồ Chí Minh"),
    ("", "", ""),
)
POOLS = {
    "full_name": (
        "Đoàn Gia Bảo", "DOAN GIA BAO", "Đoàn Gia Báo", "Đoàn Gia Bảp", "Bảo Đoàn Gia", "Đoàn Bảo",
        "Đ. G. Bảo", "Đoàn Y. Bảo", "Đoàn Y Bảo", "Đoàn Yến Bảo",
        "Đoàn Gia Vinh", "Hồ Thị Ngọc Thùy", "Hồ Thị Ngọc Thủy", "Hồ Thị Ngọc Mai",
        "(CB) Hồ Thị Ngọc Mai", "",
    ),
    "date_of_birth": (
        "10/11/1985", "11/10/1985", "10/11/1986", "01/01/1985", "1985", "11/1985", "10/11/1960",
        "05/03/2012", "",
    ),
    "sex": ("Nam", "Nam", "Nữ", ""),
    "id_number": (
        "001085000123", "001085000124", "001085000213", "079085000456", "1085000123", "271234567",
        "271234568", "001160000789", "", "", "x",
    ),
    "phone": ("0912345678", "0987654321", "", ""),
    "dose_number": ("1", "2", "mũi 3", "", "9"),
    "dose_date": ("10/08/2021", "20/08/2021", "10/10/2021", "10/01/2022", ""),
    "vaccine": ("AstraZeneca", "Pfizer", "Abdala", ""),
}  # fmt: skip


@st.composite
def row_of(draw):
    cells = {column: draw(st.sampled_from(pool)) for column, pool in POOLS.items()}
    place = draw(st.sampled_from(PLACES))
    return cells | dict(zip(("commune", "district", "province"), place, strict=True))


LISTS = st.lists(row_of(), min_size=1, max_size=12)


def batch(rows):
    return batch_of({column: [row.get(column, "") for row in rows] for column in COLUMNS})


def linked(rows, weigher=None):
    """Link rows; by default the weights are set to the list itself, as ``link`` does."""
    statements, doses = read_rows([batch(rows)], RULES)
    if weigher is None:
        weigher = weigher_for(default_model(), count(statements), beside=rows_beside(statements))
    return link_statements(statements, doses, weigher), doses


def fixed_weigher():
    counted = Frequencies(
        5_000,
        surnames={"doan": 50, "ho": 100, "bao": 5},
        rests={"gia bao": 200, "bao": 30, "thi ngoc thuy": 90},
        births={19851110: 40, 19861110: 2, 19850101: 300, 19850000: 20},
    )
    return weigher_for(default_model(), counted, beside=1.0)


def groups_of(people, names=None):
    """Give the sets of rows that are one person's, by their numbers or other names."""
    found = {}
    for row, person in enumerate(people.person.tolist()):
        found.setdefault(person, set()).add(row if names is None else names[row])
    return {frozenset(rows) for rows in found.values()}


def claim_of(row):
    texts = {column: row.get(column, "") for column in COLUMNS}
    return read_row({**texts, UNREADABLE: False}, RULES)[0]


def value(reading):
    return reading.value if isinstance(reading, Normalized) else None


def entry_of(claim):
    number = None if claim.gap(Field.ID_NUMBER) else claim.id_number.value
    name = None if claim.gap(Field.NAME) else claim.name.value
    return Entry("", name, value(claim.birth), value(claim.sex), number)


def scalar_conflict(a, b, claims=()):
    """Ask the rule of two of some claims, as the columns do of two statements."""
    evidence = compare(a, entry_of(b))
    likenesses = tuple(
        (f.level, None if f.level is Level.MISSING else f.reason) for f in evidence.findings
    )
    births, names = [value(c.birth) for c in (a, b)], [entry_of(c).name for c in (a, b)]
    homes = [frozenset(value(c.commune).codes if value(c.commune) else ()) for c in (a, b)]
    phones = [value(c.phone) for c in (a, b)]
    return conflict(
        likenesses,
        Beside(
            years=abs(births[0].year - births[1].year) if all(births) else 0,
            plain=any(n is not None and n.key == n.fold for n in names),
            apart=all(homes)
            and homes[0].isdisjoint(homes[1])
            and not (all(phones) and phones[0] == phones[1]),
            repeated=all(
                sum(number_of(other) == number_of(claim) for other in claims) > 1
                for claim in (a, b)
            ),
        ),
    )


def number_of(claim):
    return None if claim.gap(Field.ID_NUMBER) else claim.id_number.value


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vectors(vector):
    """Twins, namesakes, generations and shared numbers are kept apart; one person's rows are not.

    Each case is the list of its rows alone; ``expected`` is the first row of each row's person.
    """
    people, _ = linked(vector["rows"])

    assert (people.person + 1).tolist() == vector["expected"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vectors_hold_in_any_order(vector):
    """The same rows in another order are the same people."""
    rows = vector["rows"]
    order = random.Random(vector["id"]).sample(range(len(rows)), len(rows))

    straight, shuffled = linked(rows)[0], linked([rows[at] for at in order])[0]

    assert groups_of(straight) == groups_of(shuffled, order)


@settings(max_examples=150)
@given(LISTS)
def test_no_two_rows_of_a_person_are_in_conflict(rows):
    """In every group every pair is compatible, whatever path led there.

    A conflict that is not firm is there only beside a third row of the group that explains it: it
    has the number of one of the two, and fits the other.
    """
    people, _ = linked(rows, fixed_weigher())
    claims = [claim_of(row) for row in rows]

    for members in groups_of(people):
        for x, y in combinations(members, 2):
            found = scalar_conflict(claims[x], claims[y], claims)
            assert found is None or not found.firm
            assert found is None or any(
                number_of(claims[third]) == number_of(claims[one]) is not None
                and scalar_conflict(claims[third], claims[other], claims) is None
                for one, other in ((x, y), (y, x))
                for third in members - {x, y}
            )


@settings(max_examples=100)
@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, chance):
    """Permuting the rows gives the same people, weights and refusals."""
    order = list(range(len(rows)))
    chance.shuffle(order)

    straight, _ = linked(rows)
    shuffled, _ = linked([rows[at] for at in order])

    assert groups_of(straight) == groups_of(shuffled, order)
    assert np.array_equal(straight.weight[order], shuffled.weight, equal_nan=True)
    assert refusals(straight) == refusals(shuffled, order)


def refusals(people, names=None):
    """Give which people were not joined, each by all of its rows, and why."""
    groups = {}
    for row, person in enumerate(people.person.tolist()):
        groups.setdefault(person, set()).add(row if names is None else names[row])
    return {
        (frozenset(frozenset(groups[person]) for person in pair), why)
        for pair, why in people.refused.items()
    }


@settings(max_examples=80)
@given(LISTS)
def test_an_unrelated_row_changes_nothing(rows):
    """Somebody who has nothing in common with anybody joins nobody and parts nobody.

    By fixed frequencies: those of a list change by one person with every person, as they should.
    """
    stranger = {
        "full_name": "Ngụy Thử", "date_of_birth": "02/02/1944", "sex": "Nam",
        "id_number": "095044000999", "phone": "0868000111",
    }  # fmt: skip
    weigher = fixed_weigher()

    alone, _ = linked(rows, weigher)
    beside, _ = linked([stranger, *rows], weigher)

    assert {frozenset(row - 1 for row in some) for some in groups_of(beside) if some != {0}} == (
        groups_of(alone)
    )
    assert frozenset({0}) in groups_of(beside)


@settings(max_examples=80)
@given(LISTS)
def test_columns_weigh_as_one_pair_does(rows):
    """Every pair weighs and conflicts as its two claims do, in either direction.

    Of two different values the more common one counts, so each field weighs the less of the two.
    """
    statements, doses = read_rows([batch(rows)], RULES)
    weigher = fixed_weigher()
    pairs = PairWeigher(statements, weigher)
    claims = [claim_of(row) for row in rows]
    first = {s: row for row, s in reversed(list(enumerate(doses.statement.tolist())))}
    both = [(a, b) for a in first for b in first]

    got = pairs.weigh(*np.array(both, dtype=np.int64).T)

    for place, pair in enumerate(both):
        one, other = (claims[first[statement]] for statement in pair)
        told = pairs.conflicts.things[got.conflict[place]]
        assert told == scalar_conflict(one, other, claims)
        assert got.weight[place] == pytest.approx(scalar_weight(weigher, one, other), abs=6e-4)


def scalar_weight(weigher, one, other):
    """Weigh two claims, each as the entry of the other."""
    sides = [
        weigher.weigh(compare(a, entry_of(b)), entry_of(b)) for a, b in ((one, other), (other, one))
    ]
    fields = zip(*([f.weight or 0.0 for f in side.findings] for side in sides), strict=True)
    total = weigher.prior + sum(map(min, fields))
    levels = sides[0].levels
    phones = [value(claim.phone) for claim in (one, other)]
    phoned = all(phones) and phones[0].text == phones[1].text
    if phoned and levels[Field.NAME] is levels[Field.BIRTH] is Level.SAME:
        total += weigher.frequencies.bits - 3
    return total


@settings(max_examples=60)
@given(LISTS)
def test_pairs_are_those_that_share_a_key(rows):
    """Each pair of statements that share a key of blocking is found once, and no other."""
    statements, doses = read_rows([batch(rows)], RULES)
    claims = [claim_of(row) for row in rows]
    keys = {
        statement: {*search_keys(claim), number_of(claim)} - {None}
        for statement, claim in zip(doses.statement.tolist(), claims, strict=True)
    }

    found = [
        frozenset(pair)
        for a, b in find(statements, np.arange(len(statements)), {})
        for pair in zip(a.tolist(), b.tolist(), strict=True)
    ]

    assert len(found) == len(set(found))
    assert set(found) == {
        frozenset(pair) for pair in combinations(keys, 2) if keys[pair[0]] & keys[pair[1]]
    }


def test_a_pair_of_a_skipped_block_is_found_by_a_later_key():
    """More people of one name and birth than the cap still meet by birth, sex and given name."""
    size = CAPS[KeyKind.FOLD_BIRTH] + 1
    same = {"full_name": "Đoàn Gia Bảo", "date_of_birth": "10/11/1985"}
    rows = [{**same, "id_number": f"001085000{n:03}"} for n in range(size)]
    statements, _ = read_rows([batch(rows)], RULES)
    tally = {}

    found = sum(len(a) for a, _ in find(statements, np.arange(len(statements)), tally))

    assert tally[KeyKind.FOLD_BIRTH].skipped_blocks == 1
    assert found == size * (size - 1) // 2


def test_blocks_above_their_cap_are_left_out_and_reported():
    """Too many people of one phone are no pairs; one fewer are."""
    cap = CAPS[KeyKind.PHONE]
    rows = [{"full_name": f"Trần Thử {chr(97 + n // 26)}{chr(97 + n % 26)}", "phone": "0912345678"}
            for n in range(cap + 1)]  # fmt: skip
    for some, pairs, blocks in ((rows, 0, 0 + 1), (rows[:-1], cap * (cap - 1) // 2, 0)):
        statements, _ = read_rows([batch(some)], RULES)
        tally = {}

        list(find(statements, np.arange(len(statements)), tally))

        assert tally[KeyKind.PHONE].pairs == pairs
        assert tally[KeyKind.PHONE].skipped_blocks == blocks
        assert tally[KeyKind.PHONE].skipped_statements == blocks * len(some)


PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14).map(
    lambda pairs: sorted({(min(p), max(p)) for p in pairs if p[0] != p[1]})
)


@given(PAIRS, st.data())
def test_joining_keeps_conflicts_apart_and_does_not_depend_on_order(pairs, data):
    """No firm conflict is ever in a group; neither the order nor the names of things matter."""
    weights = {p: float(data.draw(st.integers(7, 12))) for p in pairs}
    conflicts = {p: data.draw(st.booleans()) for p in data.draw(PAIRS) if p not in weights}
    same = set(data.draw(st.lists(st.sampled_from(pairs), max_size=4))) if pairs else set()
    new = data.draw(st.permutations(range(8)))
    kwargs = {"pulls": weights, "conflicts": conflicts, "same_number": same, "margin": 2.0}

    refused = join(weights, **kwargs)
    backwards = join(dict(reversed(weights.items())), **kwargs)

    def renamed(pair):
        return min(new[pair[0]], new[pair[1]]), max(new[pair[0]], new[pair[1]])

    other = join(
        {renamed(p): w for p, w in weights.items()},
        pulls={renamed(p): w for p, w in weights.items()},
        conflicts={renamed(p): firm for p, firm in conflicts.items()},
        same_number={renamed(p) for p in same},
        margin=2.0,
    )
    kept = [p for p in weights if p not in refused]
    lowest = components(*np.array(kept, dtype=np.int64).reshape(-1, 2).T, 8)
    assert [p for p, firm in conflicts.items() if firm and lowest[p[0]] == lowest[p[1]]] == []
    assert set(backwards) == set(refused)
    assert {renamed(p) for p in refused} == set(other)


def test_joining_by_hand():
    """Rivals count within the margin; a third explains a slip only from within the group."""
    edges = {(0, 1): 20.0, (1, 2): 16.0}
    firm, slip = {(0, 2): True}, {(0, 2): False}

    def joined(**more):
        given = {"pulls": edges, "conflicts": firm, "same_number": (), "margin": 2.0, **more}
        return join(edges, **given)

    assert joined() == {(1, 2): [(0, 2)]}
    assert joined(margin=4.0) == {(0, 1): [], (1, 2): []}
    assert join({(1, 2): 16.0}, pulls=edges, conflicts=firm, same_number=(), margin=2.0) == {
        (1, 2): [(0, 2)]
    }
    assert joined(conflicts=slip) == {(1, 2): [(0, 2)]}
    assert joined(conflicts=slip, same_number={(0, 3)}) == {(1, 2): [(0, 2)]}
    assert joined(conflicts=slip, same_number={(0, 1)}, margin=4.0) == {}
    assert joined(conflicts=slip, same_number={(1, 2)}) == {}
    assert joined(conflicts={}, margin=9.0) == {}


def test_one_number_of_two_people_is_told():
    """Who has a number that stands beside another person is told so, however little they weigh."""
    vector = VECTORS_BY_ID["mothers-number-on-a-childs-record"]

    people, _ = linked(vector["rows"])

    assert list(people.refused) == [(0, 1)]


@given(PAIRS)
def test_what_hangs_together(pairs):
    """Components are those of the plain definition."""
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    want = list(range(8))
    for _ in range(8):
        for x, y in pairs:
            want[x] = want[y] = min(want[x], want[y])

    assert components(*ends, 8).tolist() == want


def test_nobody_is_written_in_hundreds_of_ways():
    """Where too many statements hang together none of them is joined, and all are told so."""
    size = MOST + 1
    a, b = np.arange(size - 1), np.arange(1, size)
    ones = np.ones(size - 1)
    chain = Pairs(a, b, 20 * ones, np.zeros(size - 1, dtype=np.int64), ones < 0)
    statements, _ = read_rows([batch([{}])], RULES)
    weigher = PairWeigher(statements, fixed_weigher())

    found = group(
        chain, size, model=default_model(), weigh=weigher.weigh, conflicts=weigher.conflicts
    )

    assert found.group.tolist() == list(range(size))
    assert {weigher.conflicts.things[code].code.value for code in found.why} == {"block_too_large"}
    assert len(found.why) == size - 1


def test_a_weight_is_that_with_the_nearest_row_of_the_person():
    """A person of one row has no weight; identical rows have that of the row with itself."""
    twice = {
        "full_name": "Đoàn Gia Bảo",
        "date_of_birth": "10/11/1985",
        "id_number": "001085000123",
    }
    other = {"full_name": "Hồ Thị Ngọc Mai", "date_of_birth": "1/2/1970"}

    people, _ = linked([twice, other, twice])

    assert people.weight[0] == people.weight[2] > default_model().threshold
    assert np.isnan(people.weight[1])


def test_frequencies_count_people_not_doses():
    """Rows that state one name and birth count once, but for each number of twelve digits."""
    rows = [
        {"full_name": "Lò Thử", "date_of_birth": "1/1/1970", "id_number": "011070000001"},
        {"full_name": "Lò Thử", "date_of_birth": "1/1/1970", "id_number": "011070000002"},
        {"full_name": "Lò Thử", "date_of_birth": "1/1/1970", "id_number": "040123456"},
        {"full_name": "Đoàn Gia Bảo", "date_of_birth": "10/11/1985", "dose_number": "1"},
        {"full_name": "Doan Gia Bao", "date_of_birth": "10/11/1985", "phone": "0912345678"},
        {"full_name": "Đoàn Gia Bảo", "date_of_birth": "1990"},
        {"sex": "Nam"},
    ]

    counted = count(read_rows([batch(rows)], RULES)[0])

    assert (counted.total, dict(counted.surnames)) == (4, {"doan": 2, "lo": 2})
    assert dict(counted.births) == {19700101: 2, 19851110: 1, 19900000: 1}


def test_the_list_says_how_many_rows_a_person_has():
    """The more rows there are of a number, the likelier two rows are one person's."""

    def beside(times):
        numbers = [f"0010850{n:05}" for n in range(300)]
        rows = [{"id_number": n, "dose_number": str(d)} for n in numbers for d in range(times)]
        return rows_beside(read_rows([batch(rows)], RULES)[0])

    assert beside(1) < 0.5 < beside(2) < beside(3) < 2.5


VACCINES = (Vaccine("AstraZeneca", ""), Vaccine("Abdala", ""), None)
DOSES = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 2)),  # the person, by a row that is surely there
        st.sampled_from((0, 1, 2)),
        st.sampled_from((0, 1, 2, 3)),
        st.sampled_from((0, 738_000, 738_010, 738_021, 738_030, 738_060)),
    ),
    min_size=3,
    max_size=14,
)


@given(DOSES)
def test_doses_are_judged_as_each_person_is(rows):
    """In columns the doubts of the doses are those of each person's doses without the doubles."""
    person, vaccine, number, day = (np.array(column) for column in zip(*rows, strict=True))
    doses = DoseRows(person, vaccine, number, day, None, [None, *VACCINES[:2]])

    duplicate = dose_duplicates(person, doses)
    got = doubts_of_doses(person, doses, duplicate)

    for who in set(person.tolist()):
        mine = [row for row in range(len(rows)) if person[row] == who]
        once = {}
        for row in mine:
            dose = rows[row][1:]
            if dose[2] and dose in once:
                assert duplicate[row] == once[dose]
                assert got[row] == (Doubt.DOSE_DUPLICATE,)
            else:
                assert duplicate[row] == -1
                once[dose if dose[2] else row] = row
        kept = sorted(
            (row for row in mine if duplicate[row] < 0), key=lambda row: (day[row], number[row])
        )
        stated = [
            (
                doses.vaccines[vaccine[row]],
                int(number[row]) or None,
                date.fromordinal(int(day[row])) if day[row] else None,
            )
            for row in kept
        ]
        for row, doubts in zip(kept, person_doubts(stated), strict=True):
            assert got.get(row, ()) == doubts


def test_doses_that_cannot_be():
    """Two vaccines on a day, and more doses than anybody gets, are doubted on each of them."""
    day = date(2021, 8, 10)
    two = [(VACCINES[0], 1, day), (VACCINES[1], 2, day)]
    many = [(VACCINES[0], n + 1, date.fromordinal(738_000 + 40 * n)) for n in range(7)]

    assert all(Doubt.DOSE_VACCINES_DIFFER in doubts for doubts in person_doubts(two))
    assert person_doubts(many) == ((Doubt.DOSE_TOO_MANY,),) * 7
    assert person_doubts(many[:6]) == ((),) * 6
    rows = [{"dose_number": str(n), "dose_date": str(day)} for _, n, day in many]
    person = np.zeros(7, dtype=np.int64)
    _, doses = read_rows([batch(rows)], RULES)
    judged = doubts_of_doses(person, doses, dose_duplicates(person, doses))
    assert judged == dict.fromkeys(range(7), (Doubt.DOSE_TOO_MANY,))


def save(folder, rows, name="doses.csv"):
    headings = ("record_id", *COLUMNS)
    table = pa.table({h: [row.get(h, "") for row in rows] for h in headings})
    pacsv.write_csv(table, folder / name)
    return folder / name


def read(folder):
    return pq.read_table(folder / "links.parquet").to_pylist()


def test_a_folder_of_results(tmp_path):
    """There is a row for every row, in order, with person, duplicates, doubts and who else."""
    rows = [
        *VECTORS_BY_ID["namesakes-born-the-same-day"]["rows"],
        *[{"full_name": "Hồ Thị Ngọc Mai", "date_of_birth": "1/2/1970", "id_number": "001170000777",
           "vaccine": "AZ", "dose_number": number, "dose_date": day}
          for number, day in (("1", "10/08/2021"), ("2", "15/08/2021"), ("mũi 1", "2021-08-10"))],
    ]  # fmt: skip
    for number, row in enumerate(rows):
        row["record_id"] = f"=R{number}"

    run = link(save(tmp_path, rows), out=tmp_path / "out", options=OPTIONS)

    got = read(tmp_path / "out")
    assert [row["row"] for row in got] == [1, 2, 3, 4, 5]
    assert [row["person"] for row in got] == [1, 2, 3, 3, 3]
    assert [row["rows_of_person"] for row in got] == [1, 1, 3, 3, 3]
    assert [row["duplicate_of"] for row in got] == [None, None, None, None, 3]
    assert [row["maybe_same_as"] for row in got] == ["2", "1", None, None, None]
    assert [row["doubts"] for row in got] == [
        "link_refused;id_number_differs", "link_refused;id_number_differs", "",
        "dose_interval_short", "dose_duplicate",
    ]  # fmt: skip
    assert [row["weight"] is None for row in got] == [True, True, False, False, False]
    assert run.summary["people_by_rows"] == {"1": 2, "3": 1}
    assert (run.summary["duplicates"], run.summary["refused"]) == (1, 1)
    text = (tmp_path / "out" / "links.csv").read_text("utf-8-sig").splitlines()
    assert text[0] == ",".join(LINK_SCHEMA.names)
    assert text[1].startswith("1,'=R0,") or text[1].startswith('1,"\'=R0",')


OPTIONS = InputOptions(reference=date(2022, 12, 31))


@settings(max_examples=40)
@given(LISTS)
def test_no_row_is_lost(rows):
    """There are as many results as rows; a person's first row is its own; codes have words."""
    people, doses = linked(rows)

    table = link_table(people, doses)

    got = table.to_pylist()
    assert [row["row"] for row in got] == list(range(1, len(rows) + 1))
    assert all(got[row["person"] - 1]["person"] == row["person"] <= row["row"] for row in got)
    sizes = [sum(other["person"] == row["person"] for other in got) for row in got]
    assert [row["rows_of_person"] for row in got] == sizes
    assert all(message(code) for row in got for code in row["doubts"].split(";") if code)
    for row in got:
        near = [int(other) for other in (row["maybe_same_as"] or "").split(";") if other]
        assert (near != []) == ("link_refused" in row["doubts"])
        assert all(str(row["person"]) in got[n - 1]["maybe_same_as"].split(";") for n in near)


def test_the_manifest_says_by_what(tmp_path):
    """The manifest has the digests, the model and what was enough; no value of any record."""
    rows = VECTORS_BY_ID["one-person-written-in-several-ways"]["rows"]
    told = []

    run = link(
        save(tmp_path, rows),
        out=tmp_path / "out",
        options=OPTIONS,
        progress=lambda *stage: told.append(stage),
    )

    assert run.manifest == json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert run.manifest["model"]["name"] == str(default_model())
    assert run.manifest["model"]["threshold"] == default_model().threshold
    assert run.manifest["rows"] == len(rows)
    assert 40 < run.manifest["bytes_a_row"] < 1000
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["read", "pairs", "write"]
    assert told[-1][1] == len(rows)
    words = (tmp_path / "out" / "manifest.json").read_text() + json.dumps(run.summary)
    assert not any(cell in words for row in rows for cell in row.values() if len(cell) > 4)


def test_the_same_list_gives_the_same_bytes(tmp_path):
    """Results are a function of the list; an earlier folder is replaced as a whole."""
    path = save(tmp_path, [row for vector in VECTORS for row in vector["rows"]])

    first = link(path, out=tmp_path / "out", options=OPTIONS).manifest["outputs"]
    again = link(path, out=tmp_path / "out", options=OPTIONS).manifest["outputs"]

    assert first == again
    assert sorted(p.name for p in tmp_path.iterdir()) == ["doses.csv", "out"]


def test_a_list_of_headings_only_is_refused(tmp_path):
    """Nothing to link is an error, and leaves no folder."""
    (tmp_path / "doses.csv").write_text("full_name,date_of_birth,sex,id_number\n", "utf-8")

    with pytest.raises(InputError, match="no rows"):
        link(tmp_path / "doses.csv", out=tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_foreign_folder_is_not_replaced(tmp_path):
    """A folder that holds something else stays as it is."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("x", "utf-8")

    with pytest.raises(OutputError, match="other files"):
        link(save(tmp_path, [{}]), out=tmp_path / "out")

    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_made_up_people_are_found_again(tmp_path):
    """On a made-up list nobody is mixed with anybody, and nearly all rows of a person are found."""
    synthesize(people=4_000, doses=6_000, seed=5, out=tmp_path / "synth")
    link(
        tmp_path / "synth" / "doses.csv",
        out=tmp_path / "out",
        options=attrs.evolve(OPTIONS, reference=LAST_DAY),
    )
    truth = pq.read_table(tmp_path / "synth" / "truth.parquet").to_pydict()
    person = [row["person"] for row in read(tmp_path / "out")]

    who, rows_of = {}, {}
    for row, key in enumerate(truth["entry_key"]):
        who.setdefault(person[row], set()).add(key or f"nobody {row}")
        if key is not None:
            rows_of.setdefault(key, []).append(row)
    pairs = [pair for rows in rows_of.values() for pair in combinations(rows, 2)]
    fine = [pair for pair in pairs if all(truth["expect_reparable"][row] for row in pair)]
    assert [keys for keys in who.values() if len(keys) > 1] == []
    assert sum(person[x] == person[y] for x, y in pairs) > 0.96 * len(pairs)
    assert sum(person[x] == person[y] for x, y in fine) > 0.995 * len(fine)


def test_likenesses_of_a_rule_are_symmetric():
    """The rule is asked of a pair in whatever order it was found."""
    claims = [claim_of(row) for vector in VECTORS for row in vector["rows"]]

    for a, b in combinations(claims[:40], 2):
        assert scalar_conflict(a, b) == scalar_conflict(b, a)
        one, other = entry_of(a), entry_of(b)
        if one.name and other.name:
            assert compare_names(one.name, other.name) == compare_names(other.name, one.name)
        if one.birth and other.birth:
            assert compare_births(one.birth, other.birth) == compare_births(other.birth, one.birth)


def test_weigher_is_set_to_the_list():
    """The prior is the odds of a pair: how many other rows a person has, among so many people."""
    weigher = weigher_for(default_model(), Frequencies(999_000), beside=2.0)

    assert isinstance(weigher, Weigher)
    assert weigher.prior == pytest.approx(1 - np.log2(1_000_000))
