"""Parquet: columns of any plain type, read as the text a person would write."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.errors import ColumnError, InputError


@pytest.fixture
def read(tmp_path):
    """Write one column as the date of birth, and read it back."""

    def write_and_read(column, name="date_of_birth"):
        rest = {
            n: pa.array(["x"] * len(column)) for n in ("full_name", "sex", "id_number", "phone")
        }
        pq.write_table(pa.table({**rest, name: column}), tmp_path / "list.parquet")
        source = open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))
        return [row[name] for batch in source.batches for row in batch.to_pylist()]

    return write_and_read


DAY = dt.date(1985, 11, 10)
MIDNIGHT = dt.datetime(1985, 11, 10)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array(["10/11/1985", "", None]), ["10/11/1985", "", ""]),
        (pa.array(["a", None], pa.large_string()), ["a", ""]),
        (pa.array(["a", None], pa.string_view()), ["a", ""]),
        (pa.array(["a", "b", "a", None]).dictionary_encode(), ["a", "b", "a", ""]),
        (pa.array([b"\xc3\xa1", b"\xff", None], pa.binary()), ["á", "\ufffd", ""]),
        (pa.array([b"ab", None], pa.binary(2)), ["ab", ""]),
        (pa.array([DAY, None], pa.date32()), ["1985-11-10", ""]),
        (pa.array([DAY, None], pa.date64()), ["1985-11-10", ""]),
        (pa.array([MIDNIGHT, None], pa.timestamp("us")), ["1985-11-10", ""]),
        (pa.array([MIDNIGHT], pa.timestamp("ns")), ["1985-11-10"]),
        (pa.array([MIDNIGHT.replace(hour=13)], pa.timestamp("s")), ["1985-11-10"]),
        (pa.array([79185000456, None], pa.int64()), ["79185000456", ""]),
        (pa.array([1985], pa.uint16()), ["1985"]),
        (pa.array([79185000456.0, 1.5, None, float("nan")]), ["79185000456", "1.5", "", ""]),
        (pa.array([1985.0], pa.float32()), ["1985"]),
        (pa.array([Decimal("79185000456.00"), Decimal("1.50"), Decimal(0), None],
                  pa.decimal128(14, 2)), ["79185000456", "1.5", "0", ""]),
        (pa.array([True, False, None]), ["TRUE", "FALSE", ""]),
        (pa.nulls(2), ["", ""]),
        (pa.array([dt.time(13, 5)], pa.time32("s")), ["13:05:00.000"]),
    ],
)  # fmt: skip
def test_a_plain_type_becomes_text(read, column, texts):
    """Dates as ISO, whole numbers without a point, nulls as blanks."""
    assert read(column) == texts


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "+07:00"])
def test_a_zoned_timestamp_is_the_day_its_clock_showed(read, zone):
    """Midnight in Hanoi is not the day before, though it was in Greenwich."""
    column = pa.array([dt.datetime(1985, 11, 9, 17, tzinfo=dt.UTC)], pa.timestamp("us", zone))

    assert read(column) == ["1985-11-10"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"]]),
        pa.array([{"a": 1}]),
        pa.array([dt.timedelta(1)], pa.duration("s")),
    ],
)
def test_a_column_that_is_no_text_is_refused(read, column):
    """Nested and timed columns are named with their type."""
    with pytest.raises(InputError, match=r"«date_of_birth».*which is no text"):
        read(column)


def test_a_nested_column_beside_is_no_matter(read, tmp_path):
    """Columns that nobody asked for may be anything."""
    read(pa.array(["x"]))
    table = pq.read_table(tmp_path / "list.parquet").append_column("extra", pa.array([["a"]]))
    pq.write_table(table, tmp_path / "list.parquet")

    source = open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))

    assert sum(batch.num_rows for batch in source.batches) == 1


def test_a_missing_column_names_the_file(tmp_path):
    """The message says where, as for the other formats."""
    pq.write_table(pa.table({"full_name": ["x"]}), tmp_path / "list.parquet")

    with pytest.raises(ColumnError, match=r"list\.parquet: no column for date_of_birth"):
        open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))


def test_two_columns_of_one_name(tmp_path):
    """Parquet allows it; what is meant cannot be told, even by number."""
    names = ["full_name", "date_of_birth", "sex", "id_number", "id_number"]
    table = pa.table([pa.array(["x"])] * 5, names=names)
    pq.write_table(table, tmp_path / "list.parquet")

    with pytest.raises(ColumnError, match="same heading"):
        open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))
    with pytest.raises(ColumnError, match="two columns are named"):
        open_source(
            tmp_path / "list.parquet", Options(known=DOSE_COLUMNS, given={"id_number": "5"})
        )


@pytest.mark.parametrize("keep", [0.3, 0.8, 0.99])
def test_a_file_cut_short(tmp_path, read, keep):
    """A broken download is damaged, in words."""
    read(pa.array([str(n) for n in range(5_000)]))
    data = (tmp_path / "list.parquet").read_bytes()
    (tmp_path / "list.parquet").write_bytes(data[: int(len(data) * keep)])

    with pytest.raises(InputError, match="damaged"):
        open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))


def test_damage_in_the_middle(tmp_path, read):
    """A row group that cannot be read is an error, never a shorter list."""
    read(pa.array([str(n) for n in range(5_000)]))
    data = bytearray((tmp_path / "list.parquet").read_bytes())
    data[100:3_000] = bytes(2_900)
    (tmp_path / "list.parquet").write_bytes(data)
    source = open_source(tmp_path / "list.parquet", Options(known=DOSE_COLUMNS))

    with pytest.raises(InputError, match="row group cannot be read"):
        list(source.batches)


def test_no_rows(tmp_path, read):
    """Headings only."""
    with pytest.raises(InputError, match="headings but no rows"):
        read(pa.array([], pa.string()))
