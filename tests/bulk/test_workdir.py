"""A results folder that is whole or not there."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from vnvaxmatch.bulk import workdir
from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.errors import OutputError

MARK = "manifest.json"


def run(target, content="new", **options):
    with fresh_folder(target, marker=MARK, **options) as folder:
        (folder / MARK).write_text(content)


def hidden(parent):
    return [path.name for path in parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["out", "kết quả [1]*?", "a b", "-x", ".out", "x" * 200])
def test_a_folder_appears_and_is_replaced_whole(tmp_path, name):
    """Any name; the earlier result goes when the new one is there, and nothing hidden stays."""
    run(tmp_path / name, "old")
    (tmp_path / name / "extra").write_text("of the old one")
    run(tmp_path / name, "new")

    assert [p.name for p in (tmp_path / name).iterdir()] == [MARK]
    assert (tmp_path / name / MARK).read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError, SystemExit])
def test_a_failed_block_leaves_the_earlier_result(tmp_path, error):
    """Whatever ends the block, nothing of it is left and the earlier result is as it was."""
    run(tmp_path / "out", "old")

    def stop(folder):
        (folder / "half").write_text("x")
        raise error

    with (
        pytest.raises((error, OutputError)),
        fresh_folder(tmp_path / "out", marker=MARK) as folder,
    ):
        stop(folder)

    assert (tmp_path / "out" / MARK).read_text() == "old"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_being_stopped_while_replacing_loses_nothing(tmp_path, step, error):
    """Stopped at either of the two renames, the earlier result is there again."""

    class Stopping(type(tmp_path)):
        """A path whose n-th rename is where the process is stopped."""

        renames = 0

        def rename(self, target):
            Stopping.renames += 1
            if Stopping.renames == step:
                raise error
            return super().rename(target)

    run(tmp_path / "out", "old")
    new = tmp_path / "new"
    new.mkdir()

    with pytest.raises(error):
        workdir._replace(Stopping(new), Stopping(tmp_path / "out"))

    assert (tmp_path / "out" / MARK).read_text() == "old"
    assert hidden(tmp_path) == []


def test_foreign_files_are_never_replaced(tmp_path):
    """A folder with other files is refused, with or without an earlier result in it."""
    target = tmp_path / "out"
    target.mkdir()
    (target / "thesis.docx").write_text("x")
    with pytest.raises(OutputError, match="holds other files"):
        run(target)

    (target / MARK).write_text("old")
    with pytest.raises(OutputError, match="holds other files"):
        run(target, ours=[MARK])

    assert (target / "thesis.docx").exists()
    assert (target / MARK).read_text() == "old"


def test_what_file_managers_leave_is_not_foreign(tmp_path):
    """A folder that was only looked at can be replaced."""
    run(tmp_path / "out")
    (tmp_path / "out" / ".DS_Store").write_text("x")

    run(tmp_path / "out", "new", ours=[MARK])

    assert (tmp_path / "out" / MARK).read_text() == "new"


def test_an_empty_folder_is_taken(tmp_path):
    """A folder made in advance is used."""
    (tmp_path / "out").mkdir(mode=0o750)

    run(tmp_path / "out")

    assert (tmp_path / "out" / MARK).exists()
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("below", ["file", "file/x"])
def test_a_file_is_no_folder(tmp_path, below):
    """A file in the place of the folder, or of one above it, stays."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(OutputError):
        run(tmp_path / below)

    assert (tmp_path / "file").read_text() == "x"


def test_a_link_is_followed(tmp_path):
    """A link to a folder stays a link: what it points to is replaced."""
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")

    run(tmp_path / "out")

    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / MARK).exists()


def test_folders_above_are_made(tmp_path):
    """A path of new folders is made."""
    run(tmp_path / "a" / "b" / "out")

    assert (tmp_path / "a" / "b" / "out" / MARK).exists()


def test_a_volume_is_refused_at_once():
    """What cannot be renamed over is refused before any work."""
    with pytest.raises(OutputError, match="a whole volume"):
        run("/proc")


def test_two_runs_at_once_do_not_sweep_each_other(tmp_path):
    """A folder of a run that goes on is no leftover, even of the same process."""
    with fresh_folder(tmp_path / "out", marker=MARK) as first:
        (first / MARK).write_text("first")
        run(tmp_path / "out", "second")

        assert first.exists()

    assert (tmp_path / "out" / MARK).read_text() == "first"
    assert hidden(tmp_path) == []


def killed_while(tmp_path, body):
    """Run Python in the folder up to its kill."""
    script = f"""
        import os, signal
        from pathlib import Path
        from vnvaxmatch.bulk import workdir
        def die(*_): os.kill(os.getpid(), signal.SIGKILL)
        target = Path("out")
        {body}
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, check=False, timeout=30
    )
    assert done.returncode == -signal.SIGKILL


def test_a_killed_run_is_swept_by_the_next(tmp_path):
    """What kill -9 left behind goes with the next run to the same folder, not before."""
    killed_while(
        tmp_path,
        "with workdir.fresh_folder(target, marker='m') as f: (f / 'half').write_text('x'); die()",
    )
    assert len(hidden(tmp_path)) == 1

    run(tmp_path / "other")
    assert len(hidden(tmp_path)) == 1

    run(tmp_path / "out")
    assert hidden(tmp_path) == []


def test_a_run_killed_while_replacing_gives_the_earlier_result_back(tmp_path):
    """Killed between the two renames, the next run finds the earlier result where it was."""
    run(tmp_path / "out", "old")
    killed_while(
        tmp_path,
        "Path('new').mkdir();"
        "N = type('N', (type(target),), {'rename': die});"
        "workdir._replace(N('new'), target.absolute())",
    )
    assert not (tmp_path / "out").exists()

    with pytest.raises(ZeroDivisionError), fresh_folder(tmp_path / "out", marker=MARK):
        _ = 1 / 0

    assert (tmp_path / "out" / MARK).read_text() == "old"
    assert hidden(tmp_path) == []


def test_the_umask_decides_who_may_read(tmp_path):
    """Results hold personal data: nobody may read them whom the user's umask keeps out."""
    before = os.umask(0o077)
    try:
        run(tmp_path / "out")
    finally:
        os.umask(before)

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
