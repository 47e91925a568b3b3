"""Made-up data in parts: which rows go where, and that processes change nothing."""

import hashlib
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.synthetic import IN_PARTS_ABOVE, Format, synthesize
from vnvaxmatch.synthetic.files import MakePart
from vnvaxmatch.synthetic.layout import MOST_PARTS, ROWS_IN_A_PART, Rows, World, parts_of
from vnvaxmatch.synthetic.people import BLOCK, MOST_PEOPLE, block_count
from vnvaxmatch.synthetic.write import MOST_DOSES

SEED, PEOPLE, DOSES = 7, 135_000, 67_000  # three blocks of people, two of doses
EACH = 50_001
"""No multiple of a block, so that parts begin in the middle of one."""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make the same data by a number of processes, in parts or whole, once each."""
    folder = tmp_path_factory.mktemp("made")

    def make(threads: int, rows_per_file: int | None):
        out = folder / f"{threads}-{rows_per_file}"
        if not out.exists():
            synthesize(
                people=PEOPLE, doses=DOSES, seed=SEED, out=out, form=Format.BOTH,
                rows_per_file=rows_per_file, threads=threads,
            )  # fmt: skip
        return out

    return make


@pytest.mark.parametrize(("threads", "rows_per_file"), [(2, EACH), (3, EACH), (2, None)])
def test_the_number_of_processes_changes_nothing(made, threads, rows_per_file):
    """All files are equal byte by byte, in parts and whole."""
    assert digests(made(threads, rows_per_file)) == digests(made(1, rows_per_file))


def test_the_folders_of_a_list_in_parts(made):
    """A folder holds one kind of file, numbered from 0, and nothing else lies about."""
    names = sorted(digests(made(1, EACH)))

    assert names == [
        "doses-csv/part-00000.csv", "doses-csv/part-00001.csv",
        "doses/part-00000.parquet", "doses/part-00001.parquet",
        "population-csv/part-00000.csv", "population-csv/part-00001.csv",
        "population-csv/part-00002.csv",
        "population/part-00000.parquet", "population/part-00001.parquet",
        "population/part-00002.parquet",
        "truth/part-00000.parquet", "truth/part-00001.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["population", "truth"])
def test_the_parts_together_are_the_whole(made, name):
    """Parts hold the rows of the one file, in its order."""
    assert pq.read_table(made(1, EACH) / name).equals(
        pq.read_table(made(1, None) / f"{name}.parquet")
    )


@pytest.mark.parametrize("name", ["population", "doses"])
def test_both_kinds_of_parts_hold_the_same_rows(made, name):
    """A part as CSV says what the part as Parquet says."""
    for part in sorted((made(1, EACH) / name).iterdir()):
        table = pq.read_table(part)
        texts = pa_csv.read_csv(
            part.parent.with_name(f"{name}-csv") / f"{part.stem}.csv",
            convert_options=pa_csv.ConvertOptions(
                column_types=table.schema, strings_can_be_null=False
            ),
        )
        assert texts.equals(table)
        assert table.num_rows <= EACH


def test_the_list_in_parts_is_the_list(made):
    """Without their headings, the parts of the list are the whole list, byte by byte."""
    whole = (made(1, None) / "doses.csv").read_bytes()
    parts = [path.read_bytes() for path in sorted((made(1, EACH) / "doses-csv").iterdir())]
    heading = whole[: whole.index(b"\n") + 1]

    assert all(part.startswith(heading) for part in parts)
    assert heading + b"".join(part[len(heading) :] for part in parts) == whole


def test_a_part_needs_no_other_part(made, tmp_path):
    """A part is made of the seed, the sizes and its number alone."""
    world = World(SEED, PEOPLE, DOSES)
    part = parts_of(world, Rows.POPULATION, form=Format.BOTH, rows_per_file=EACH)[1]

    for _ in MakePart(world, part, tmp_path)():
        pass

    whole = digests(made(1, EACH))
    assert digests(tmp_path) == {name: whole[name] for name in part.files.values()}
    assert len(part.files) == 2


@given(total=st.integers(0, 5 * BLOCK), each=st.integers(1, 3 * BLOCK), rows=st.sampled_from(Rows))
def test_parts_cover_a_list_once(total, each, rows):
    """Every row is in one part, in its order, and parts know the blocks of their rows."""
    if total > each * MOST_PARTS:
        return
    parts = parts_of(World(1, total, total), rows, form=None, rows_per_file=each)

    starts = [part.first for part in parts]
    assert starts == list(range(0, max(total, 1), each))
    assert sum(part.rows for part in parts) == total
    for part in parts:
        covered = {row // BLOCK for row in (part.first, part.first + part.rows - 1)}
        if part.rows:
            assert {part.blocks[0], part.blocks[-1]} == covered
        else:
            assert not part.blocks


def test_a_nation_is_in_parts_by_itself():
    """Above the size of a list that one file suits, parts come without asking."""
    world = World(1, IN_PARTS_ABOVE + 1, IN_PARTS_ABOVE)

    people = parts_of(world, Rows.POPULATION, form=None, rows_per_file=None)
    doses = parts_of(world, Rows.DOSES, form=None, rows_per_file=None)

    assert [part.rows for part in people] == [ROWS_IN_A_PART] * 2 + [1_611_393]
    assert [part.files for part in doses] == [{"csv": "doses.csv", "truth": "truth.parquet"}]
    assert ROWS_IN_A_PART % BLOCK == 0  # no block is made twice


@pytest.mark.parametrize(
    ("form", "names"),
    [
        (None, {"population.parquet", "population.csv", "doses.csv", "doses.xlsx"}),
        (Format.PARQUET, {"population.parquet", "doses.parquet"}),
        (Format.CSV, {"population.csv", "doses.csv"}),
        (Format.BOTH, {"population.parquet", "population.csv", "doses.parquet", "doses.csv"}),
    ],
)
def test_the_kinds_of_files_that_were_asked_for(tmp_path, form, names):
    """The truth is always there, as Parquet; the rest as asked for."""
    synthesize(people=50, doses=20, seed=1, out=tmp_path / "out", form=form)

    assert set(digests(tmp_path / "out")) == names | {"truth.parquet"}


def test_a_list_without_rows_has_one_part(tmp_path):
    """A folder without files would be no list to anybody."""
    synthesize(people=5, doses=0, seed=1, out=tmp_path / "out", rows_per_file=3)

    assert pq.read_table(tmp_path / "out" / "truth" / "part-00000.parquet").num_rows == 0
    assert len(list((tmp_path / "out" / "doses-csv").iterdir())) == 1


def test_parts_replace_parts_and_files(tmp_path):
    """An earlier result goes whole, whichever way it was laid out."""
    out = tmp_path / "out"
    for rows_per_file in (10, None, 30):
        synthesize(people=60, doses=5, seed=1, out=out, rows_per_file=rows_per_file)

    assert len(list((out / "population").iterdir())) == 2
    assert not (out / "population.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "name", ["population/notes.txt", "population.parquet/part-00000.parquet", "doses", "x/y"]
)
def test_a_folder_with_anything_foreign_in_it_is_refused(tmp_path, name):
    """Also a folder of parts may hold somebody's file, and a name may be of something else."""
    out = tmp_path / "out"
    synthesize(people=20, doses=5, seed=1, out=out, rows_per_file=10, form=Format.CSV)
    (out / "population").mkdir()
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("precious")

    with pytest.raises(OutputError, match="other files"):
        synthesize(people=20, doses=5, seed=1, out=out)

    assert (out / name).read_text() == "precious"


def test_too_many_files_are_refused(tmp_path):
    """A slip of the finger does not fill a disk with files of one person."""
    with pytest.raises(InputError, match="ask for 3 rows or more"):
        synthesize(people=20_001, doses=1, seed=1, out=tmp_path / "out", rows_per_file=1)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sizes",
    [
        {"people": MOST_PEOPLE + 1}, {"doses": MOST_DOSES + 1}, {"threads": 0},
        {"rows_per_file": 0}, {"rows_per_file": -5},
    ],
)  # fmt: skip
def test_sizes_out_of_range_are_refused(tmp_path, sizes):
    """Nothing is begun that could not be finished."""
    with pytest.raises(InputError):
        synthesize(**{"people": 5, "doses": 5, "seed": 1, **sizes}, out=tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_ends_at_the_whole(tmp_path, threads):
    """Done rows only grow, and the last word for each list is all of them."""
    told: list[tuple[int, int, str]] = []

    synthesize(
        people=3 * BLOCK, doses=10, seed=0, out=tmp_path / "out", rows_per_file=BLOCK,
        form=Format.PARQUET, threads=threads, progress=lambda *step: told.append(step),
    )  # fmt: skip

    people = [done for done, total, what in told if what == "population" and total == 3 * BLOCK]
    assert people == [BLOCK, 2 * BLOCK, 3 * BLOCK]
    assert told[-1] == (10, 10, "doses")


@pytest.mark.parametrize("rows_per_file", [None, BLOCK])
def test_an_interrupted_crew_leaves_nothing(tmp_path, rows_per_file):
    """Ctrl-C ends the processes, and no file of theirs stays."""

    def stop(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(
            people=4 * BLOCK, doses=10, seed=0, out=tmp_path / "out", progress=stop, threads=2,
            rows_per_file=rows_per_file,
        )  # fmt: skip

    assert list(tmp_path.iterdir()) == []


def test_identifiers_of_records_do_not_repeat():
    """The step through their numbers has no common divisor with the space of them."""
    step, space = 6_180_339_887, 10**10

    assert pow(step, -1, space)
    assert space > MOST_DOSES
    assert MOST_DOSES * step < 2**63
    assert block_count(MOST_PEOPLE) * BLOCK < 10**9  # keys have nine digits
