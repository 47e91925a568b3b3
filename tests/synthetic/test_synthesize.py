import csv
import hashlib
from collections import Counter
from pathlib import Path

import openpyxl
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.normalize.communes import commune_name
from vnvaxmatch.synthetic import KINDS, LAST_DAY, synthesize
from vnvaxmatch.synthetic.kinds import FIELDS

PEOPLE, DOSES = 70_000, 140_000  # two blocks of people, three of doses


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    out = tmp_path_factory.mktemp("synthetic") / "big"
    return synthesize(people=PEOPLE, doses=DOSES, seed=7, out=out)


@pytest.fixture(scope="module")
def truth(big):
    return pq.read_table(big.out / "truth.parquet").to_pydict()


@pytest.fixture(scope="module")
def population(big):
    return pq.read_table(big.out / "population.parquet").to_pydict()


@pytest.fixture(scope="module")
def doses(big):
    with (big.out / "doses.csv").open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    return dict(zip(headings, zip(*rows, strict=True), strict=True))


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_files(tmp_path):
    """Two runs with one seed are equal byte by byte, and another seed is another world."""
    first = synthesize(people=500, doses=400, seed=3, out=tmp_path / "a")
    second = synthesize(people=500, doses=400, seed=3, out=tmp_path / "b")
    other = synthesize(people=500, doses=400, seed=4, out=tmp_path / "c")

    assert digest(first.out) == digest(second.out)
    assert first.corruptions == second.corruptions
    different = {
        name for name, value in digest(other.out).items() if value != digest(first.out)[name]
    }
    assert different == set(digest(first.out))


def test_rows_are_as_many_as_asked_for(big, truth, population, doses):
    """Population, list and truth have the rows asked for, and the truth counts them from 1."""
    assert len(population["entry_key"]) == PEOPLE
    assert len(doses["STT"]) == DOSES
    assert truth["row"] == list(range(1, DOSES + 1))
    assert not (big.out / "doses.xlsx").exists()


def test_both_population_files_hold_the_same(big, population):
    """The CSV file of the population says what the Parquet file says."""
    columns = dict.fromkeys(population, "string")
    table = pa_csv.read_csv(
        big.out / "population.csv", convert_options=pa_csv.ConvertOptions(column_types=columns)
    )

    assert table.to_pydict() == population


def test_the_list_starts_with_a_byte_order_mark_and_its_headings(big):
    """The list looks like a platform's export to whoever opens it."""
    with (big.out / "doses.csv").open(encoding="utf-8") as file:
        start = file.readline()

    assert start.startswith("\ufeffSTT,Mã hồ sơ,Họ và tên,Ngày sinh,Giới tính,Số CMND/CCCD,")


def test_keys_and_numbers_belong_to_one_person(population):
    """No key and no number, former ones included, occurs twice in a population."""
    former = [n for some in population["former_id_number"] for n in some.split(";") if n]

    assert len(set(population["entry_key"])) == PEOPLE
    numbers = population["id_number"] + former
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {9, 12}
    assert all(number.isascii() and number.isdigit() for number in numbers)


def test_numbers_follow_the_rules_but_for_a_few(population):
    """Sex, century and year stand in the twelve digits, and in about 1 % the sex is wrong."""
    wrong = twelve = 0
    for number, sex, birth in zip(
        population["id_number"], population["sex"], population["date_of_birth"], strict=True
    ):
        if len(number) == 12:
            year = int(birth[-4:])
            twelve += 1
            assert int(number[4:6]) == year % 100
            assert int(number[3]) // 2 == year // 100 - 19
            wrong += int(number[3]) % 2 != (sex == "Nữ")
    assert 0.006 < wrong / twelve < 0.014


def test_the_population_looks_like_one(population):
    """Surnames, former numbers and default birthdays have about the shares they have in life."""
    surnames = Counter(name.split()[0] for name in population["full_name"])
    births = population["date_of_birth"]

    assert 0.28 < surnames["Nguyễn"] / PEOPLE < 0.33
    assert 0.12 < sum(map(bool, population["former_id_number"])) / PEOPLE < 0.25
    old = [birth for birth in births if int(birth[-4:]) < 1975]
    assert 0.05 < sum(birth.startswith("01/01/") for birth in old) / len(old) < 0.08
    assert 0 < sum(len(birth) == 4 for birth in births) / PEOPLE < 0.01
    assert not {"Hùynh", "Vỏ", "Đổ"} & set(surnames)
    assert all(commune_name(code) for code in set(population["commune"]))


def test_keys_of_the_truth_are_in_the_population(truth, population):
    """Every row is of somebody in the population or, by its code, of nobody there."""
    nobody = {"not_in_population", "foreigner", "newborn"}

    assert {key for key in truth["entry_key"] if key} <= set(population["entry_key"])
    for key, codes in zip(truth["entry_key"], truth["corruptions"], strict=True):
        assert (key is None) == bool(nobody & set(codes.split(";")))


def test_an_undamaged_row_says_what_the_registry_says(truth, population, doses):
    """Where no code is noted, the four fields equal the entry's, letter by letter."""
    columns = ("full_name", "date_of_birth", "sex", "id_number")
    entries = {
        key: row
        for key, *row in zip(
            population["entry_key"], *(population[name] for name in columns), strict=True
        )
    }
    headings = ("Họ và tên", "Ngày sinh", "Giới tính", "Số CMND/CCCD")
    rows = zip(*(doses[name] for name in headings), strict=True)
    touched = {code for code, kind in KINDS.items() if kind.field in (*FIELDS, "row")}

    for key, codes, row in zip(truth["entry_key"], truth["corruptions"], rows, strict=True):
        if not touched & set(codes.split(";")):
            assert list(row) == entries[key]


def test_about_a_quarter_of_the_rows_is_wrong(truth):
    """As in the verification of March 2022."""
    wrong = sum(
        any(KINDS[code].field in (*FIELDS, "row") for code in codes.split(";") if code)
        for codes in truth["corruptions"]
    )

    assert 0.20 < wrong / DOSES < 0.30


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_of_damage_occurs_at_no_more_than_its_rate(big, code):
    """Each kind takes hold somewhere, and not more often than its rate (with room for chance)."""
    expected = KINDS[code].rate * DOSES

    assert 0 < big.corruptions[code] < expected + 5 * expected**0.5 + 5


@pytest.mark.parametrize(
    "code",
    ["name_upper", "name_typo", "birth_year_only", "sex_wrong", "number_missing", "number_digit"],
)
def test_kinds_that_always_take_hold_occur_at_their_rate(big, code):
    """A kind that fits every row is found about as often as documented."""
    assert 0.8 < big.corruptions[code] / (KINDS[code].rate * DOSES) < 1.2


def test_the_counts_are_those_of_the_truth(big, truth):
    """What is reported as damaged is what the truth file says."""
    counted = Counter(code for codes in truth["corruptions"] for code in codes.split(";") if code)

    assert big.corruptions == counted


def test_what_can_be_repaired_is_said(truth):
    """A row is reparable if nothing lasting was done to it."""
    for codes, reparable in zip(truth["corruptions"], truth["expect_reparable"], strict=True):
        assert reparable == all(KINDS[code].reparable for code in codes.split(";") if code)


def test_doses_follow_each_other(doses):
    """No undamaged dose is before the roll-out or after the last day."""
    days = [day for day in doses["Ngày tiêm"] if len(day) == 10 and day[2] == "/"]
    iso = sorted(f"{day[6:]}-{day[3:5]}-{day[:2]}" for day in days)
    usual = [day for day in iso if "2021-03-08" <= day <= LAST_DAY.isoformat()]

    assert len(usual) > 0.99 * len(iso)


def test_a_short_list_is_a_spreadsheet_too(tmp_path):
    """Up to 100,000 doses there is a sheet with the same rows, some of them numbers and dates."""
    made = synthesize(people=3_000, doses=2_000, seed=1, out=tmp_path / "out")

    book = openpyxl.load_workbook(made.out / "doses.xlsx")
    rows = list(book.active.iter_rows(values_only=True))
    book.close()

    assert len(rows) == 2_001
    assert rows[0][2] == "Họ và tên"
    kinds = {type(row[3]).__name__ for row in rows[1:]}
    assert {"str", "datetime"} <= kinds
    assert {type(row[5]).__name__ for row in rows[1:]} >= {"str", "int"}


@pytest.mark.parametrize(("people", "doses"), [(1, 0), (1, 1), (1, 10), (5, 100), (300, 3)])
def test_small_sizes_work(tmp_path, people, doses):
    """Even a population of one, or a list without rows, is written whole."""
    made = synthesize(people=people, doses=doses, seed=0, out=tmp_path / "out")

    assert pq.read_table(made.out / "population.parquet").num_rows == people
    assert pq.read_table(made.out / "truth.parquet").num_rows == doses


def test_progress_ends_where_it_should(tmp_path):
    """Progress is told for both files and ends at the whole."""
    told: list[tuple[int, int, str]] = []

    synthesize(
        people=70_000, doses=10, seed=0, out=tmp_path / "out",
        progress=lambda *step: told.append(step),
    )  # fmt: skip

    assert told == [
        (65_536, 70_000, "population"), (70_000, 70_000, "population"), (10, 10, "doses"),
    ]  # fmt: skip


def test_an_earlier_result_is_replaced(tmp_path):
    """A folder of an earlier run is replaced, and no temporary folder is left over."""
    synthesize(people=10, doses=5, seed=0, out=tmp_path / "out")
    synthesize(people=20, doses=5, seed=0, out=tmp_path / "out")

    assert pq.read_table(tmp_path / "out" / "population.parquet").num_rows == 20
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path):
    """What did not come from an earlier run is never replaced."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("precious")

    with pytest.raises(OutputError, match="other files"):
        synthesize(people=10, doses=5, seed=0, out=tmp_path / "out")

    assert (tmp_path / "out" / "thesis.txt").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    """A file is not a folder."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(OutputError, match="not a folder"):
        synthesize(people=10, doses=5, seed=0, out=tmp_path / "out")


def test_an_interrupted_run_leaves_nothing(tmp_path):
    """Whatever stops a run, neither a half-written nor a temporary folder stays."""

    def stop(done: int, total: int, what: str) -> None:
        if what == "doses":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(people=10, doses=5, seed=0, out=tmp_path / "out", progress=stop)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("people", "doses", "seed"), [(0, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (10**9, 1, 1)]
)
def test_impossible_sizes_are_refused(tmp_path, people, doses, seed):
    """Sizes that cannot be made are refused before anything is written."""
    with pytest.raises(InputError):
        synthesize(people=people, doses=doses, seed=seed, out=tmp_path / "out")

    assert list(tmp_path.iterdir()) == []
