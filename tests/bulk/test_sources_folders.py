"""Lists in several files: a folder is read as one list, or says which file is in the way."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.provenance import about_input, digest, list_bytes
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options
from vnvaxmatch.errors import ColumnError, InputError

COLUMNS = ("full_name", "date_of_birth", "sex", "id_number")
OPTIONS = Options(known=DOSE_COLUMNS)
HEAD = ",".join(COLUMNS) + "\n"


def row(number):
    return [f"Tên {number}", "10/11/1985", "Nam", f"{number:012}"]


def text_of(numbers):
    return HEAD + "".join(",".join(row(number)) + "\n" for number in numbers)


def write_csv(path, numbers):
    path.write_text(text_of(numbers), encoding="utf-8")


def write_parquet(path, numbers):
    columns = list(zip(*map(row, numbers), strict=True)) or [[] for _ in COLUMNS]
    arrays = [pa.array(list(column), pa.string()) for column in columns]
    pq.write_table(pa.table(arrays, names=list(COLUMNS)), path)


def write_sheet(path, numbers):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate([list(COLUMNS), *map(row, numbers)]):
            sheet.write_row(place, 0, cells)


WRITERS = {"csv": write_csv, "parquet": write_parquet, "xlsx": write_sheet}


def numbers_of(source):
    return [int(text) for batch in source.batches for text in batch.column("id_number").to_pylist()]


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_files_are_one_list_in_the_order_of_their_names(tmp_path, suffix):
    """The rows of all files follow each other, whenever each was written."""
    for name, numbers in (("part-2", [4]), ("part-0", [1, 2]), ("part-1", [3])):
        WRITERS[suffix](tmp_path / f"{name}.{suffix}", numbers)

    source = open_source(tmp_path, OPTIONS)

    assert (source.path, source.rows) == (tmp_path, 4)
    assert tuple(source.columns.found) == COLUMNS
    assert numbers_of(source) == [1, 2, 3, 4]
    assert source.notes[0] == f"read 3 files as one list: part-0.{suffix} … part-2.{suffix}"


@given(cuts=st.lists(st.integers(0, 40), max_size=6), suffix=st.sampled_from(["csv", "parquet"]))
def test_where_a_list_is_cut_makes_no_difference(tmp_path_factory, cuts, suffix):
    """However the rows are shared out to files, empty ones included, the list is the same."""
    folder = tmp_path_factory.mktemp("list")
    places = [0, *sorted(cuts), 40]
    for part, (start, end) in enumerate(itertools.pairwise(places)):
        WRITERS[suffix](folder / f"part-{part:05}.{suffix}", range(start, end))

    assert numbers_of(open_source(folder, OPTIONS)) == list(range(40))


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_headings_without_rows_are_passed_over(tmp_path, suffix):
    """A job that writes parts may leave some without rows, at the start as well."""
    for part, numbers in enumerate([[], [1], [], [2], []]):
        WRITERS[suffix](tmp_path / f"{part}.{suffix}", numbers)

    source = open_source(tmp_path, OPTIONS)

    assert source.rows == 2
    assert numbers_of(source) == [1, 2]


def test_files_of_no_bytes_are_passed_over(tmp_path):
    """Nothing stands in them that could be lost."""
    for part, numbers in enumerate([[], [1], [2]]):
        write_csv(tmp_path / f"{part}.csv", numbers)
    (tmp_path / "0.csv").write_bytes(b"")
    (tmp_path / "3.csv").write_bytes(b"")

    assert numbers_of(open_source(tmp_path, OPTIONS)) == [1, 2]


def test_what_jobs_and_file_managers_leave_is_left_alone(tmp_path):
    """Marks of success, checksums, locks and thumbnails are no lists."""
    write_csv(tmp_path / "part-0.csv", [1])
    for name in ("_SUCCESS", ".part-0.csv.crc", ".DS_Store", "~$doses.xlsx", "_committed_17"):
        (tmp_path / name).write_bytes(b"anything")
    (tmp_path / ".git").mkdir()

    assert numbers_of(open_source(tmp_path, OPTIONS)) == [1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("manifest.json", "holds manifest.json, which is no list; name the list inside"),
        ("README.md", "holds README.md, which is no list"),
        ("registry.duckdb", "holds registry.duckdb, which is no list"),
        ("part-1.csv.gz", "holds part-1.csv.gz, which is no list"),
        ("part-1.parquet.tmp", "still being written"),
        ("province=01/", "holds the folder province=01; name one folder"),
        ("_temporary/", "holds the folder _temporary"),
    ],
)
def test_what_is_no_list_is_named(tmp_path, name, message):
    """A stray file is neither read as people nor passed over in silence."""
    write_csv(tmp_path / "part-0.csv", [1])
    (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).write_text("{}")

    with pytest.raises(InputError, match=message):
        open_source(tmp_path, OPTIONS)


def test_a_folder_without_files_is_refused(tmp_path):
    """There is nothing to read, and it says so."""
    with pytest.raises(InputError, match="is a folder without a list in it"):
        open_source(tmp_path, OPTIONS)


@pytest.mark.parametrize(
    ("texts", "message"), [([b"", b""], "only empty files"), ([HEAD.encode()] * 2, "but no rows")]
)
def test_a_folder_without_rows_is_refused(tmp_path, texts, message):
    """Files are there, but nobody in them."""
    for part, text in enumerate(texts):
        (tmp_path / f"{part}.csv").write_bytes(text)

    with pytest.raises(InputError, match=message):
        open_source(tmp_path, OPTIONS)


def test_kinds_are_not_mixed(tmp_path):
    """A population in both forms side by side would count everybody twice."""
    write_csv(tmp_path / "people.csv", [1])
    write_parquet(tmp_path / "people.parquet", [1])

    with pytest.raises(InputError, match=r"people\.parquet is Parquet, and people\.csv delimited"):
        open_source(tmp_path, OPTIONS)


@pytest.mark.parametrize(
    ("head", "place"),
    [
        ("full_name,sex,date_of_birth,id_number", 2),
        ("full_name,date_of_birth,sex,id_number,phone", 5),
        ("full_name,date_of_birth,sex,number,id_number", 4),
    ],
)
def test_other_headings_are_refused_by_file(tmp_path, head, place):
    """The first file that differs is named, and the first column in it."""
    write_csv(tmp_path / "a.csv", [1])
    write_csv(tmp_path / "b.csv", [2])
    (tmp_path / "c.csv").write_text(f"{head}\n1,2,3,4,5\n")

    with pytest.raises(ColumnError, match=rf"c\.csv: column {place} has another heading than in a"):
        open_source(tmp_path, OPTIONS)


def test_a_file_without_headings_shows_nobody(tmp_path):
    """Where a person stands in the place of the headings, the message holds nothing of them."""
    (tmp_path / "a.csv").write_text("Tên,10/11/1985,Nam,001085000123\n" * 2)
    (tmp_path / "b.csv").write_text("Khác,Bích,Nữ,x\n" * 2)
    places = {name: str(place) for place, name in enumerate(COLUMNS, 1)}

    with pytest.raises(InputError) as refused:
        open_source(tmp_path, Options(known=DOSE_COLUMNS, given=places))

    assert "b.csv" in str(refused.value)
    assert "Bích" not in str(refused.value)


def test_files_may_be_in_different_encodings(tmp_path):
    """Each file is read in the encoding it is in; the manifest names them all."""
    for name, encoding in (("a", "utf-8"), ("b", "utf-16")):
        (tmp_path / f"{name}.csv").write_text(text_of([1]), encoding=encoding)

    source = open_source(tmp_path, OPTIONS)

    assert source.details == {"encoding": "utf-8, utf-16", "delimiter": ","}
    assert [name for batch in source.batches for name in batch["full_name"].to_pylist()] == (
        ["Tên 1", "Tên 1"]
    )


def test_a_file_that_is_damaged_is_named(tmp_path):
    """Of many files it is said which one to export again."""
    write_parquet(tmp_path / "a.parquet", [1])
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-20])

    with pytest.raises(InputError, match=r"b\.parquet is damaged"):
        open_source(tmp_path, OPTIONS)


def test_a_file_that_changes_its_headings_meanwhile_is_refused(tmp_path):
    """Between the look at all files and the reading of one, somebody may write it anew."""
    write_parquet(tmp_path / "a.parquet", [1])
    write_parquet(tmp_path / "b.parquet", [2])
    source = open_source(tmp_path, OPTIONS)
    table = pq.read_table(tmp_path / "b.parquet")
    pq.write_table(table.select(list(reversed(COLUMNS))), tmp_path / "b.parquet")

    with pytest.raises(ColumnError, match=r"b\.parquet: column 1"):
        numbers_of(source)


def test_short_files_share_a_batch(tmp_path):
    """Each batch is joined with a whole registry, so many small files make few batches."""
    for part in range(50):
        write_csv(tmp_path / f"{part:02}.csv", range(100))

    assert [batch.num_rows for batch in open_source(tmp_path, OPTIONS).batches] == [5_000]


def test_batches_stay_within_their_size(tmp_path):
    """What does not fit into a batch begins the next one; no row is lost between them."""
    sizes = [BATCH_ROWS - 1, 1, 1, BATCH_ROWS + 2, 5]
    for part, size in enumerate(sizes):
        column = pa.repeat(pa.scalar("x"), size)
        table = pa.table([column] * len(COLUMNS), names=list(COLUMNS))
        pq.write_table(table, tmp_path / f"{part}.parquet")

    batches = [batch.num_rows for batch in open_source(tmp_path, OPTIONS).batches]

    assert sum(batches) == sum(sizes)
    assert max(batches) == BATCH_ROWS


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process as Linux shows it")
@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_files_are_not_all_open_at_once(tmp_path, suffix):
    """However many files, no more than two are open at any time."""
    for part in range(20):
        WRITERS[suffix](tmp_path / f"{part:02}.{suffix}", [part])

    def opened():
        links = (Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))
        return sum(str(tmp_path) in os.readlink(link) for link in links if link.is_symlink())

    source = open_source(tmp_path, OPTIONS)
    after_opening = opened()
    while_reading = [opened() for _ in source.batches]

    assert after_opening <= 2
    assert max(while_reading) <= 2


def test_a_link_to_a_folder_is_that_folder(tmp_path):
    """A list may be stored elsewhere."""
    (tmp_path / "there").mkdir()
    write_csv(tmp_path / "there" / "a.csv", [1])
    (tmp_path / "here").symlink_to(tmp_path / "there")

    assert numbers_of(open_source(tmp_path / "here", OPTIONS)) == [1]


def test_the_digest_of_a_folder_is_that_of_its_lines(tmp_path):
    """Anybody can make it again with the tools of any system."""
    for name in ("b.csv", "a.csv", "Á.csv"):
        write_csv(tmp_path / name, [len(name)])
    (tmp_path / "_SUCCESS").write_bytes(b"")

    told = subprocess.run(
        "sha256sum *.csv | sha256sum", shell=True, cwd=tmp_path, env={**os.environ, "LC_ALL": "C"},
        capture_output=True, check=True,
    )  # fmt: skip

    assert digest(tmp_path) == told.stdout.decode().split()[0]


def test_the_manifest_lists_the_files(tmp_path):
    """The whole has one size and digest, and each file its own."""
    folder = tmp_path / "doses"
    folder.mkdir()
    write_csv(folder / "a.csv", [1])
    write_csv(folder / "b.csv", [2, 3])

    about = about_input(folder, open_source(folder, OPTIONS), digest(folder))

    assert (about["name"], about["bytes"]) == ("doses", list_bytes(folder))
    assert [file["name"] for file in about["files"]] == ["a.csv", "b.csv"]
    assert sum(file["bytes"] for file in about["files"]) == about["bytes"]
    assert about["files"][0]["sha256"] == hashlib.sha256(text_of([1]).encode()).hexdigest()


def test_a_folder_that_was_changed_meanwhile_is_refused(tmp_path):
    """A manifest does not speak of files that the results were not made of."""
    write_csv(tmp_path / "a.csv", [1])
    before = digest(tmp_path)
    source = open_source(tmp_path, OPTIONS)
    write_csv(tmp_path / "b.csv", [2])

    with pytest.raises(InputError, match="was changed while it was being read"):
        about_input(tmp_path, source, before)


def test_a_single_file_is_described_as_ever(tmp_path):
    """Nothing is said of files where there is only one."""
    write_csv(tmp_path / "a.csv", [1])

    about = about_input(
        tmp_path / "a.csv", open_source(tmp_path / "a.csv", OPTIONS), digest(tmp_path / "a.csv")
    )

    assert list(about) == [
        "name", "bytes", "sha256", "format", "encoding", "delimiter", "columns",
    ]  # fmt: skip
    assert about["sha256"] == hashlib.sha256((tmp_path / "a.csv").read_bytes()).hexdigest()
