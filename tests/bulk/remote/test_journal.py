"""The journal of an unfinished run: whole, ours, and held by one; or refused in one line."""

import itertools
import os
import stat
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vnvaxmatch.bulk.remote.folders import opened
from vnvaxmatch.bulk.remote.headers import Header
from vnvaxmatch.bulk.remote.journal import Journal, begin, begun, folder_of
from vnvaxmatch.bulk.remote.lines import Line
from vnvaxmatch.bulk.remote.remotes import Keys
from vnvaxmatch.errors import OutputError

HEADER = Header(**{field.name: field.name for field in attrs.fields(Header)})
LINES = [Line(n, bytes([n]) * 16, "matched" if n % 3 else "undetermined:timeout")
         for n in range(1, 8)]  # fmt: skip


def key(size):
    return bytes(range(size))


def other_key(size):
    return bytes(reversed(range(size)))


def start(path, *, resume=False, header=HEADER, fresh_key=key):
    return begin(path, resume=resume, header=lambda keys: header, fresh_key=fresh_key)


def written(path, lines=LINES, **given):
    """Write a journal, and give its bytes."""
    with opened(path) as folder:
        journal = start(folder, **given)
        for line in lines:
            journal.append(line)
    return (path / "journal").read_bytes()


def read(path, **given):
    """Go on with a journal, and give its lines."""
    with opened(path) as folder:
        return list(start(folder, resume=True, **given).read())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.unfinished"


def test_what_was_written_is_read(path):
    """In its order, and more can be added by whoever goes on."""
    written(path, LINES[:3])
    with opened(path) as folder:
        journal = start(folder, resume=True)
        assert list(journal.read()) == LINES[:3]
        for line in LINES[3:]:
            journal.append(line)
        assert journal.lines == len(LINES)

    assert read(path) == LINES


def test_nobody_else_may_look_into_it(path):
    """The folder and the key are the owner's alone."""
    written(path)

    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (path, *path.iterdir())}
    assert modes == {path.name: 0o700, "key": 0o600, "journal": 0o600}


def test_a_second_process_is_refused(path):
    """Whoever comes second is told so, and changes nothing."""
    with opened(path) as folder:
        start(folder).append(LINES[0])
        before = (path / "journal").read_bytes()
        with pytest.raises(OutputError, match="another process"), opened(path):
            pass
        assert (path / "journal").read_bytes() == before

    assert read(path) == LINES[:1]


def test_every_torn_end_is_cut_off(path):
    """A line that was not whole is gone, those before it stay, and the next is whole again."""
    whole = written(path)
    header = whole.index(b"\n") + 1
    for size in range(header, len(whole)):
        (path / "journal").write_bytes(whole[:size])
        kept = whole[:size].count(b"\n") - 1

        assert read(path) == LINES[:kept]
        with opened(path) as folder:
            journal = start(folder, resume=True)
            assert len(list(journal.read())) == kept
            journal.append(LINES[-1])
        assert read(path) == [*LINES[:kept], LINES[-1]]


@pytest.mark.parametrize("end", [b"\0" * 4096, b"x\n", b"\xff\xfe\n" * 3, b"1 2 3"])
def test_what_a_crash_leaves_at_the_end_is_cut_off(path, end):
    """Zeros and rubbish behind the last good line cost nothing."""
    whole = written(path)
    (path / "journal").write_bytes(whole + end)

    assert read(path) == LINES
    assert (path / "journal").read_bytes() == whole


def test_a_header_that_is_not_whole_begins_anew(path):
    """A run that was killed at its very start asked nobody."""
    whole = written(path, [])
    for size in (0, 1, 20, 21, len(whole) // 2, len(whole) - 18, len(whole) - 2, len(whole) - 1):
        (path / "journal").write_bytes(whole[:size])
        for resume in (True, False):
            with opened(path) as folder:
                assert list(start(folder, resume=resume).read()) == []


@settings(max_examples=200)
@given(st.data())
def test_a_changed_journal_never_says_anything_else(tmp_path_factory, data):
    """Whatever is changed, what is read is how it began, or nothing: never another answer."""
    path = tmp_path_factory.getbasetemp() / "changed.unfinished"
    if path.exists():
        for file in path.iterdir():
            file.unlink()
    whole = bytearray(written(path))
    at = data.draw(st.integers(0, len(whole) - 1))
    match data.draw(st.sampled_from(["bit", "cut", "insert", "swap", "twice", "drop"])):
        case "bit":
            whole[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del whole[at : at + data.draw(st.integers(1, 40))]
        case "insert":
            whole[at:at] = data.draw(st.binary(min_size=1, max_size=40))
        case change:
            rows = whole.splitlines(keepends=True)
            one = data.draw(st.integers(0, len(rows) - 2))
            if change == "swap":
                rows[one], rows[one + 1] = rows[one + 1], rows[one]
            elif change == "twice":
                rows.insert(one, rows[one])
            else:
                del rows[one]
            whole = bytearray(b"".join(rows))
    (path / "journal").write_bytes(whole)

    try:
        found = read(path)
    except OutputError:
        found = []

    assert found == LINES[: len(found)]


def test_a_change_in_the_middle_is_told(path):
    """Where good lines follow a bad one it is no crash, and nothing is cut off."""
    whole = written(path).replace(b"matched", b"mismatched", 1)
    (path / "journal").write_bytes(whole)

    with pytest.raises(OutputError, match=r"changed or damaged at line 2.*delete that folder"):
        read(path)

    assert (path / "journal").read_bytes() == whole


def test_lines_of_another_run_are_not_taken(path, tmp_path):
    """They carry checksums of another key."""
    other = written(tmp_path / "other.unfinished", fresh_key=other_key).splitlines(keepends=True)
    ours = written(path).splitlines(keepends=True)
    (path / "journal").write_bytes(b"".join([*ours[:3], other[3], *ours[4:]]))

    with pytest.raises(OutputError, match="line 4"):
        read(path)

    (path / "journal").write_bytes(b"".join(other))
    with pytest.raises(OutputError, match="damaged or of another run"):
        read(path)


def test_an_unfinished_run_is_not_begun_again(path):
    """Without resume nothing is thrown away; with nobody asked there is nothing to throw away."""
    whole = written(path)
    with opened(path) as folder, pytest.raises(OutputError, match="--resume, or delete"):
        start(folder)
    assert (path / "journal").read_bytes() == whole

    (path / "journal").write_bytes(whole[: whole.index(b"\n") + 1])
    with opened(path) as folder:
        assert list(start(folder, fresh_key=other_key).read()) == []
    assert (path / "key").read_bytes() == other_key(32)


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Header)])
def test_only_the_same_run_goes_on(path, field):
    """Each thing that decides what is asked and how it is judged is held against the journal."""
    written(path)

    with pytest.raises(OutputError, match=r"begun with another [a-z ]+; give the same"):
        read(path, header=attrs.evolve(HEADER, **{field: "changed"}))


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_without_its_key_a_journal_tells_nothing(path, content):
    """That is said, and not guessed around."""
    written(path)
    (path / "key").unlink()
    if content is not None:
        (path / "key").write_bytes(content)

    for resume in (True, False):
        with opened(path) as folder, pytest.raises(OutputError, match=r"key.*is gone"):
            start(folder, resume=resume)


def foreign_file(path):
    path.write_text("mine")


def foreign_content(path):
    path.mkdir()
    (path / "thesis.docx").write_text("mine")


def link_to_folder(path):
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


def link_inside(path):
    path.mkdir()
    (path.parent / "thesis.docx").write_text("mine")
    (path / "journal").symlink_to(path.parent / "thesis.docx")


def pipe_inside(path):
    path.mkdir()
    os.mkfifo(path / "journal")


@pytest.mark.parametrize(
    "make", [foreign_file, foreign_content, link_to_folder, link_inside, pipe_inside]
)
def test_what_is_not_ours_is_left_alone(path, make):
    """A file, a link or a stranger's folder in that place is refused, and stays."""
    make(path)
    before = {p: p.lstat().st_size for p in path.parent.rglob("*")}

    with pytest.raises(OutputError, match=r"move it away|cannot keep"), opened(path):
        pass

    assert {p: p.lstat().st_size for p in path.parent.rglob("*")} == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_journal_that_somebody_else_laid_there_is_refused(path):
    """Whoever owns the folder could have written any answers."""
    written(path)
    os.chown(path, 12345, 12345)

    with pytest.raises(OutputError, match="not one of yours"), opened(path):
        pass


def test_the_end_removes_everything(path):
    """The key first; what somebody else put there meanwhile stays."""
    written(path)
    with opened(path) as folder:
        folder.destroy()
    assert not path.exists()

    written(path)
    with opened(path) as folder:
        (path / "thesis.docx").write_text("mine")
        folder.destroy()
    assert [p.name for p in path.iterdir()] == ["thesis.docx"]


def test_what_was_begun_can_be_looked_at(tmp_path):
    """Without a lock and without harm: for the day that a resumed run goes on with."""
    out = tmp_path / "out"
    assert begun(out) is None
    written(folder_of(out))

    assert begun(out) == HEADER

    (folder_of(out) / "journal").write_bytes(b"rubbish\n")
    assert begun(out) is None


def test_batches_are_synced_by_number_and_by_time(path):
    """A batch is due when it is full, or a second old."""
    ticks = itertools.count()
    with opened(path) as folder:
        start(folder)
        journal = Journal(folder, Keys(key(32)), clock=lambda: next(ticks) / 10_000)
        list(journal.read())
        assert not journal.is_due
        for n in range(499):
            journal.append(Line(n + 1, bytes(16), "matched"))
            assert not journal.is_due
        journal.append(LINES[0])
        assert journal.is_due
        journal.sync()
        assert not journal.is_due
        journal.append(LINES[0])
        for _ in range(10_000):
            next(ticks)
        assert journal.is_due


def test_the_folder_stands_beside_the_results(tmp_path):
    """Also where the results are named by a link or with a slash at the end."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert folder_of(Path(f"{tmp_path}/link/")) == Path(os.path.realpath(tmp_path)) / (
        "real.unfinished"
    )
