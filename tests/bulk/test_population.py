"""A registry built from a file is the one that its rows, read one by one, would build."""

import csv
import pickle
import sqlite3
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.backends import open_registry
from vnvaxmatch.backends.duckdb import DuckDBRegistry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.bulk import build_registry
from vnvaxmatch.bulk.population import PopulationReader
from vnvaxmatch.bulk.sources.source import batch_of
from vnvaxmatch.errors import InputError, RegistryError
from vnvaxmatch.model import Frequencies
from vnvaxmatch.records import Entry

HEADINGS = [
    "entry_key", "full_name", "sex", "date_of_birth", "id_number", "former_id_number", "commune",
    "phone",
]  # fmt: skip
ANY = ["p1", "Nguyễn Văn An", "Nam", "10/11/1985", "001085000123", "", "00004", "0912345678"]


def save(path, rows, headings=HEADINGS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def read_one_by_one(rows):
    """Read every row as the scalar rules do."""
    entries, rejected = [], set()
    for number, row in enumerate(rows, start=1):
        key, name, sex, birth, id_number, former, commune, phone = row
        key = key if key.strip() else f"row:{number}"
        entry, rejections = Entry.read(
            key=key, name=name, sex=sex, birth=birth, id_number=id_number,
            former_id_number=former, commune=commune, phone=phone,
        )  # fmt: skip
        entries.append(entry)
        rejected |= {(number, key, r.field, r.reason.value) for r in rejections}
    return entries, rejected


def rejected_in(path):
    query = "SELECT row, entry_key, field, reason FROM rejected"
    if path.suffix == ".sqlite":
        connection = sqlite3.connect(path)
    else:
        connection = duckdb.connect(str(path), read_only=True)
    found = connection.execute(query).fetchall()
    connection.close()
    return set(found)


def table_in(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT * FROM entries ORDER BY entry").fetchall()


_names = st.sampled_from(
    [
        "Nguyễn Văn An", "TRẦN THỊ BÉ", "  lê   thị hoà ", "NguyÔn V¨n Hïng", "CB Nguyễn Thị Lan",
        "Con bà Trần Thị Bé", "H'Hen Niê", "", "không có", "12345", "Phạm Thị Thuý", "An" * 600,
    ]
)  # fmt: skip
_sexes = st.sampled_from(["Nam", "Nữ", "nu", "F", "", "?", "0", "x" * 2_000])
_births = st.sampled_from(
    ["10/11/1985", "1985", "11/1985", "31361", "31/02/1985", "", "5/3/60", "00/00/1945", "abc"]
)
_numbers = st.sampled_from(
    [
        "001085000123", "1085000123", "85000123", "012345678", "12345678", "271450002", "B1234567",
        "0o1085000123", "1.085E+09", "", "không", "000000000000", "079185000456.0", "9" * 1_500,
    ]
)  # fmt: skip
_former = st.lists(_numbers, max_size=3).map(";".join)
_communes = st.sampled_from(["00004", "00001", "99999", "", "Phường Ba Đình", "Xã Không Có", "4"])
_phones = st.sampled_from(
    ["0912345678", "01212345678", "912345678", "", "113", "x", "+84912345678"]
)
_people = st.lists(
    st.tuples(_names, _sexes, _births, _numbers, _former, _communes, _phones), max_size=12
)


@settings(max_examples=25)
@given(people=_people, keyed=st.booleans())
def test_built_from_a_file_or_row_by_row(people, keyed):
    """Both stores, either way: one snapshot, the same rejections, counts and frequencies."""
    rows = [[f"p{at}" if keyed else "", *person] for at, person in enumerate([ANY[1:], *people])]
    entries, rejected = read_one_by_one(rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        population = save(folder / "people.csv", rows)
        snapshots, tables = set(), []
        for suffix, store in ((".duckdb", DuckDBRegistry), (".sqlite", SQLiteRegistry)):
            built = build_registry(population, out=folder / f"bulk{suffix}")
            store.build(folder / f"scalar{suffix}", entries)
            assert built.entries == len(rows)
            assert rejected_in(folder / f"bulk{suffix}") == rejected
            assert set(built.rejected) == {(field, reason) for _, _, field, reason in rejected}
            for kind in ("bulk", "scalar"):
                with open_registry(folder / f"{kind}{suffix}") as registry:
                    snapshots.add(registry.snapshot)
                    assert registry.frequencies() == Frequencies.of(entries)
                if suffix == ".duckdb":
                    tables.append(table_in(folder / f"{kind}{suffix}"))

        assert len(snapshots) == 1
        assert tables[0] == tables[1]


@settings(max_examples=25)
@given(people=_people, others=_people, data=st.data())
def test_what_is_read_depends_on_the_rows_alone(people, others, data):
    """However rows are put into batches, whatever was read before, and in any process."""
    rows = [[f"p{at}" if at % 3 else "", *person] for at, person in enumerate([ANY[1:], *people])]
    cells = dict(zip(HEADINGS, map(list, zip(*rows, strict=True)), strict=True))
    batch = batch_of(
        cells, data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    )
    position = np.arange(1, len(rows) + 1)
    cut = data.draw(st.integers(1, len(rows)))
    used = PopulationReader()
    used.read(batch_of({"full_name": [other[0] for other in others]}), np.arange(len(others)) + 7)

    whole = PopulationReader().read(batch, position)
    first = used.read(batch.slice(0, cut), position[:cut])
    second = pickle.loads(pickle.dumps(used)).read(batch.slice(cut), position[cut:])

    for name, key in (("entries", "entry"), ("former", "entry"), ("rejected", "row")):
        parts = [getattr(first, name), getattr(second, name)]
        order = [(column, "ascending") for column in (key, *parts[0].schema.names)]
        together = pa.Table.from_batches(parts).sort_by(order)
        assert together.equals(pa.Table.from_batches([getattr(whole, name)]).sort_by(order))


def test_people_are_not_shown(tmp_path):
    """What was read does not show itself."""
    people = PopulationReader().read(batch_of({"full_name": [ANY[1]]}), np.array([1]))

    assert "nguyễn" not in repr(people).lower()


@pytest.fixture(params=[".duckdb", ".sqlite"])
def out(tmp_path, request):
    return tmp_path / f"registry{request.param}"


def test_one_key_for_two_people_is_refused(tmp_path, out):
    """The rows are named, the key is not; an earlier registry stays."""
    build_registry(save(tmp_path / "old.csv", [ANY]), out=out)
    before = out.read_bytes()

    with pytest.raises(RegistryError, match="entries 1 and 3 have the same key") as caught:
        build_registry(save(tmp_path / "p.csv", [ANY, ["p2", *ANY[1:]], ANY]), out=out)

    assert ANY[4] not in str(caught.value)
    assert out.read_bytes() == before


@pytest.mark.parametrize("blank", ["\n", "\n\n\n", ""])
def test_headings_only_leave_the_earlier_registry(tmp_path, out, blank):
    """A population of nobody is a mistake: it replaces nothing."""
    build_registry(save(tmp_path / "old.csv", [ANY]), out=out)
    before = out.read_bytes()
    (tmp_path / "p.csv").write_text(",".join(HEADINGS) + blank)

    with pytest.raises(InputError, match="headings but no rows"):
        build_registry(tmp_path / "p.csv", out=out)

    assert out.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_unreadable_row_is_kept_as_such(tmp_path, out):
    """A row with too many cells is somebody of whom nothing is known, and is reported."""
    population = save(tmp_path / "p.csv", [ANY, [*ANY, "x", "y"], ["p3", *ANY[1:]]])

    built = build_registry(population, out=out)

    assert built.entries == 3
    assert (2, "row:2", "row", "row_unreadable") in rejected_in(out)


def test_former_numbers_are_counted_and_found(tmp_path, out):
    """Several former numbers in one cell, with blanks and doubles among them."""
    former = "012345678; 023456789;;012345678"

    built = build_registry(save(tmp_path / "p.csv", [[*ANY[:5], former, *ANY[6:]]]), out=out)

    with open_registry(out) as registry:
        assert registry.meta["former_numbers"] == "2" == str(built.former_numbers)


def test_vietnamese_headings(tmp_path, out):
    """A population file as an office keeps it."""
    headings = [
        "Mã công dân", "Họ, chữ đệm và tên khai sinh", "Giới tính", "Ngày, tháng, năm sinh",
        "Số định danh cá nhân", "Số CMND cũ", "Xã/Phường", "Số điện thoại",
    ]  # fmt: skip

    built = build_registry(save(tmp_path / "p.csv", [ANY], headings), out=out)

    assert (built.entries, sum(built.rejected.values())) == (1, 0)


@pytest.mark.parametrize("name", ["registry.csv", "registry", "registry.parquet"])
def test_an_unknown_suffix_is_refused(tmp_path, name):
    """The suffix says which store; there is no default."""
    with pytest.raises(InputError, match=r"ends in \.duckdb or \.sqlite"):
        build_registry(save(tmp_path / "p.csv", [ANY]), out=tmp_path / name)


def test_the_population_itself_is_never_replaced(tmp_path):
    """A file that is not a registry stays, whatever its suffix."""
    population = save(tmp_path / "people.duckdb", [ANY])

    with pytest.raises(RegistryError, match="a file that is not a registry is there"):
        build_registry(population, out=population)

    assert population.read_text().startswith("entry_key")
