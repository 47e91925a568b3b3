import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from vnvaxmatch.normalize.names import Encoding, name, repair_column
from vnvaxmatch.outcome import Doubt, Normalized, Reason, Rejected


def _benchmark() -> ModuleType:
    # the benchmark and its floors measure with the same code
    path = Path(__file__).parents[2] / "benchmarks" / "names.py"
    spec = importlib.util.spec_from_file_location("names_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCHMARK = _benchmark()
PEOPLE = BENCHMARK.made_up_names(1_000, seed=7)

# share recovered from single cells; what is lost has two readings and is doubted, not changed
FLOORS = {"clean": 1.0, "UPPER": 1.0, "lower": 1.0, "NFD": 1.0, "vni": 0.985, "VNI": 0.985}


@pytest.mark.parametrize("title", BENCHMARK.DAMAGES)
def test_single_names_are_recovered(title: str) -> None:
    """Nearly all damaged names are read back alone, and hardly any as somebody else's."""
    right, wrong, _ = BENCHMARK.measure(PEOPLE, BENCHMARK.DAMAGES[title])

    assert right >= FLOORS.get(title, 0.99)
    assert wrong <= 0.001


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("clean", Encoding.UNICODE),
        ("NFD", Encoding.UNICODE),
        ("tcvn3", Encoding.TCVN3),
        ("TCVN3 of .VnTimeH", Encoding.TCVN3),
        ("vni", Encoding.VNI),
        ("viscii", Encoding.VISCII),
        ("vps", Encoding.VPS),
        ("mojibake cp1252", Encoding.MOJIBAKE),
        ("mojibake Latin-2", Encoding.MOJIBAKE),
        ("telex", Encoding.TELEX),
        ("vni keys", Encoding.VNI_KEYS),
    ],
)
def test_columns_are_recognised(title: str, encoding: Encoding) -> None:
    """Each of 50 columns of 20 names is recognised, and all but a few names recovered."""
    damage = BENCHMARK.DAMAGES[title]
    columns = [PEOPLE[start : start + 20] for start in range(0, len(PEOPLE), 20)]

    found = [repair_column(map(damage, column)) for column in columns]

    assert {repair.encoding for repair in found} == {encoding}
    assert all(repair.share > 0.5 for repair in found)
    assert BENCHMARK.columns_recognised(PEOPLE, damage) >= 0.998


def test_a_column_of_cp1258_is_repaired_where_a_cell_alone_is_only_doubted() -> None:
    """Many cells that fit the damage, and none with a letter that it leaves nowhere, decide."""
    cells = ["Mă Văn Lư", "Vơ Thị Hoa", "Nguyễn Thị Mỹ", "Trần Văn Quư", "Đỗ Thị Lan", ""]

    repair = repair_column(cells)

    assert repair.encoding is Encoding.CP1258
    texts = [r.value.text if isinstance(r, Normalized) else r.reason for r in repair.readings]
    assert texts == [
        "Mã Văn Lý",
        "Võ Thị Hoa",
        "Nguyễn Thị Mỹ",
        "Trần Văn Quý",
        "Đỗ Thị Lan",
        Reason.MISSING,
    ]


def test_a_letter_that_cp1258_damage_leaves_nowhere_speaks_against_it() -> None:
    """Where other cells kept ý and õ, a doubtful cell stays as it is."""
    cells = ["Mă Văn Lư", "Mă Thị Lư", "Lý Văn Võ", "Trần Thị Ý"]

    repair = repair_column(cells)

    assert repair.encoding is Encoding.UNICODE
    first = repair.readings[0]
    assert isinstance(first, Normalized)
    assert first.value.text == "Mă Văn Lư"
    assert Doubt.NAME_MAYBE_CP1258 in first.doubts


def test_readings_keep_the_order_and_number_of_cells() -> None:
    """A column of anything gives one reading a cell, in order, also from an iterator."""
    cells = ["", "Nguyễn Văn An", "xxx", "123", "Trần Thị Lan"]

    repair = repair_column(iter(cells))

    assert list(repair.readings) == [name(cell) for cell in cells]


def test_an_empty_column_is_unicode() -> None:
    """Without a vote there is no encoding to repair, and the share is nothing."""
    for cells in ([], ["", "123"]):
        repair = repair_column(cells)

        assert (repair.encoding, repair.share, dict(repair.votes)) == (Encoding.UNICODE, 0.0, {})
        assert all(isinstance(reading, Rejected) for reading in repair.readings)


def test_a_column_shows_no_names() -> None:
    """The repr tells encoding, votes and share only."""
    repair = repair_column(["Nguyễn Văn Hùng"])

    assert "Hùng" not in repr(repair)
    assert "UNICODE" in repr(repair)


def test_a_mixed_column_keeps_both_kinds() -> None:
    """A few TCVN3 cells among Unicode ones are repaired, the others untouched."""
    cells = ["Nguyễn Văn Hùng", "Trần Thị Lan Anh", "Vũ Minh Đức", "TrÇn ThÞ B×nh"]

    repair = repair_column(cells)

    assert repair.encoding is Encoding.UNICODE
    assert dict(repair.votes) == {Encoding.UNICODE: 3, Encoding.TCVN3: 1}
    assert repair.readings[3].unwrap().text == "Trần Thị Bình"
