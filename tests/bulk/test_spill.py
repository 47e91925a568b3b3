"""The folder of an unfinished run: whole parts or none, for one run, one process and one owner."""

import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.bulk.spill import Spill
from vnvaxmatch.errors import OutputError

RUN = {"input": "abc", "options": "{}"}
TABLE = pa.table({"row": [1, 2, 3], "name": ["a", None, "ê"]})


def opened(folder, *, identity=RUN, resume=False, keep=True):
    return Spill.opened(folder, identity=identity, resume=resume, keep=keep)


def kept(folder, *, parts=2):
    """Leave the folder of a run that was stopped after some parts."""
    with opened(folder) as spill:
        for number in range(parts):
            spill.put("rows", number, TABLE.slice(number))
    return folder


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


_tables = st.fixed_dictionaries(
    {
        "row": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
        "text": st.lists(st.none() | st.text("aê ;\0", max_size=5), min_size=3, max_size=3),
        "many": st.lists(st.lists(st.text("ab", max_size=2), max_size=2), min_size=3, max_size=3),
    }
).map(
    lambda columns: pa.table(
        columns,
        schema=pa.schema(
            [("row", pa.int64()), ("text", pa.string()), ("many", pa.list_(pa.string()))]
        ),
    )
)


@settings(max_examples=20)
@given(
    st.dictionaries(st.tuples(st.sampled_from(["rows", "people"]), st.integers(0, 10**6)), _tables)
)
def test_what_was_put_is_given_back(tables):
    """Every part is as it was put, now and after the run was stopped, and no other is there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "spill"
        for resume in (False, True):
            with opened(folder, resume=resume) as spill:
                if not resume:
                    for (kind, number), table in tables.items():
                        spill.put(kind, number, table)
                for (kind, number), table in tables.items():
                    assert spill.get(kind, number).equals(table)
                assert spill.get("none", 1) is None
                for kind in ("rows", "people"):
                    assert spill.parts(kind) == tuple(sorted(n for k, n in tables if k == kind))


def test_types_come_back_as_they_were(tmp_path):
    """Dictionaries, small integers and empty tables keep their types."""
    table = pa.table(
        {
            "word": pa.array(["a", "b", "a"]).dictionary_encode(),
            "small": pa.array([1, None, 2], pa.int8()),
            "blocks": pa.array([[("x", 1)], [], None], pa.map_(pa.string(), pa.int32())),
        }
    )

    with opened(tmp_path / "s") as spill:
        spill.put("rows", 1, table)
        spill.put("rows", 2, table.slice(0, 0))

        assert spill.get("rows", 1).schema == table.schema
        assert spill.get("rows", 1).equals(table)
        assert spill.get("rows", 2).equals(table.slice(0, 0))


def test_a_part_that_is_put_again_is_the_later_one(tmp_path):
    """One file for each part."""
    with opened(tmp_path / "s") as spill:
        spill.put("rows", 7, TABLE)
        spill.put("rows", 7, TABLE.slice(1))

        assert spill.get("rows", 7).num_rows == 2
        assert len(list(spill.path.glob("*.parquet"))) == 1


def test_only_the_owner_may_look(tmp_path):
    """Folders are 0700 and files 0600, whatever the umask says."""
    before = os.umask(0)
    try:
        folder = kept(tmp_path / "s")
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert modes == {0o700, 0o600}
    assert stat.S_IMODE((folder / "scratch").stat().st_mode) == 0o700


def test_a_folder_of_ones_own_is_closed_to_others(tmp_path):
    """A folder that was open to all is not, once it is used."""
    (tmp_path / "s").mkdir(mode=0o755)

    with opened(tmp_path / "s") as spill:
        assert stat.S_IMODE(spill.path.stat().st_mode) == 0o700


def test_it_goes_when_the_run_is_done(tmp_path):
    """Nothing stays, what lies in scratch included."""
    with opened(tmp_path / "s") as spill:
        spill.put("rows", 1, TABLE)
        (spill.scratch / "x").write_text("y")
        spill.destroy()

    assert list(tmp_path.iterdir()) == []


def test_a_run_without_parts_leaves_nothing(tmp_path):
    """A run that failed at once has nothing to go on with."""
    with pytest.raises(ZeroDivisionError), opened(tmp_path / "s"):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


def test_what_is_not_to_be_kept_survives_a_kill_alone(tmp_path):
    """Any other end takes the parts away, and so does the next run that is not to resume."""
    with opened(tmp_path / "a", keep=False) as spill:
        spill.put("rows", 1, TABLE)
    assert not (tmp_path / "a").exists()

    with opened(kept(tmp_path / "b"), keep=False, resume=True) as spill:
        assert spill.parts("rows") == (0, 1)
    with opened(kept(tmp_path / "c"), keep=False) as spill:
        assert spill.parts("rows") == ()
        assert not list(spill.path.glob("*.parquet"))


def test_a_foreign_file_outlives_the_run(tmp_path):
    """What came in meanwhile is not ours to remove."""
    with opened(tmp_path / "s") as spill:
        (spill.path / "letter.txt").write_text("x")
        spill.destroy()

    assert [path.name for path in (tmp_path / "s").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "gone", "longer"])
def test_a_damaged_part_is_not_there(tmp_path, damage):
    """It is told by its digest, and made again."""
    folder = kept(tmp_path / "s")
    (path,) = folder.glob("rows-00001-*")
    whole = path.read_bytes()
    bit = bytearray(whole)
    bit[len(bit) // 3] ^= 4
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {"cut": whole[:-7], "bit": bytes(bit), "empty": b"", "longer": whole + b"\0"}[damage]
        )

    with opened(folder, resume=True) as spill:
        assert spill.get("rows", 1) is None
        assert spill.file("rows", 1) is None
        assert spill.get("rows", 0).equals(TABLE)
        spill.put("rows", 1, TABLE)
        assert spill.get("rows", 1).equals(TABLE)


def test_parts_are_not_taken_without_being_asked_to(tmp_path):
    """The message says how to go on, and how not to; the parts stay."""
    folder = kept(tmp_path / "s")
    before = content(folder)

    with pytest.raises(OutputError, match=r"--resume.*remove that folder"), opened(folder):
        pytest.fail("it was opened")

    assert content(folder) == before


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        ({**RUN, "input": "abd"}, "(input differ)"),
        ({"input": "abc"}, "(options differ)"),
        ({**RUN, "version": "2"}, "(version differ)"),
    ],
)
def test_parts_of_another_run_are_refused(tmp_path, identity, named):
    """The message says what is another, not what it was; the parts stay."""
    folder = kept(tmp_path / "s")
    before = content(folder)

    with (
        pytest.raises(OutputError, match=re.escape(named)) as caught,
        opened(folder, identity=identity, resume=True),
    ):
        pytest.fail("it was opened")

    assert "abc" not in str(caught.value)
    assert content(folder) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "9", "identity": {}}', "\xff"])
def test_parts_of_nobody_knows_what_are_refused(tmp_path, text):
    """Without a description that can be read there is nothing to go on with."""
    folder = kept(tmp_path / "s")
    (folder / "run.json").write_text(text, encoding="latin-1")

    with pytest.raises(OutputError, match="does not tell"), opened(folder, resume=True):
        pytest.fail("it was opened")


def test_nothing_there_to_resume_is_a_beginning(tmp_path):
    """So a script may always say ``resume``."""
    with opened(tmp_path / "a" / "b", resume=True) as spill:
        assert spill.parts("rows") == ()


def test_a_folder_of_other_things_is_never_touched(tmp_path):
    """Neither a file in it nor a link of a part's name."""
    for name in ("letter.txt", "lock.parquet"):
        folder = tmp_path / f"of {name}"
        folder.mkdir(mode=0o755)
        (folder / name).write_text("x")
        with pytest.raises(OutputError, match="nothing in it was touched"), opened(folder):
            pytest.fail("it was opened")
        assert {path.name for path in folder.iterdir()} == {name}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    folder = kept(tmp_path / "s")
    (path,) = folder.glob("rows-00001-*")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="not a folder"), opened(folder, resume=True):
        pytest.fail("it was opened")


def test_a_file_or_a_link_is_no_folder(tmp_path):
    """A link could lead anywhere."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    for name in ("file", "link"):
        with pytest.raises(OutputError, match=name), opened(tmp_path / name):
            pytest.fail("it was opened")


def test_one_process_at_a_time(tmp_path):
    """A second one is refused; what the first does is not disturbed."""
    with opened(tmp_path / "s") as spill:
        spill.put("rows", 1, TABLE)
        with pytest.raises(OutputError, match="another process"), opened(spill.path, resume=True):
            pytest.fail("it was opened")
        assert spill.get("rows", 1).equals(TABLE)


def test_a_killed_process_leaves_whole_parts(tmp_path):
    """Its lock ends with it, what it was writing is cleared away, scratch is empty."""
    code = f"""
import os, sys, pyarrow as pa
from pathlib import Path
from vnvaxmatch.bulk.spill import Spill
with Spill.opened(Path(sys.argv[1]), identity={RUN!r}, resume=False) as spill:
    spill.put("rows", 1, pa.table({{"row": [1]}}))
    (spill.scratch / "x").write_text("y")
    (spill.path / ".rows-00002-{"0" * 32}.parquet.tmp").write_text("half")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "s"], check=False)

    with opened(tmp_path / "s", resume=True) as spill:
        assert spill.parts("rows") == (1,)
        assert spill.get("rows", 1).num_rows == 1
        assert list(spill.scratch.iterdir()) == []
        assert not list(spill.path.glob(".*"))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file size there")
def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path):
    """The message says what to do; the half part is gone."""
    code = f"""
import os, resource, signal, sys, pyarrow as pa
from pathlib import Path
from vnvaxmatch.bulk.spill import Spill
from vnvaxmatch.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with Spill.opened(Path(sys.argv[1]), identity={RUN!r}, resume=False) as spill:
        spill.put("rows", 1, pa.table({{"row": [1]}}))
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        spill.put("rows", 2, pa.table({{"row": [os.urandom(100_000)]}}))
except OutputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "s"], capture_output=True, text=True, check=True
    )

    assert re.search("the disk is full; make room there and go on with --resume", done.stdout)
    with opened(tmp_path / "s", resume=True) as spill:
        assert spill.parts("rows") == (1,)
        assert not list(spill.path.glob(".*"))
