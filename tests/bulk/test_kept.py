"""A run that was killed goes on: nothing that was decided is decided again, and nothing differs."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.bulk import InputOptions, build_registry, kept, verify
from vnvaxmatch.bulk.kept import begun_on
from vnvaxmatch.bulk.sources import source
from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.synthetic import synthesize

ROWS = 400
"""Rows of a batch in these tests."""

OPTIONS = InputOptions(reference=date(2022, 12, 31))


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A registry, and a list of several batches."""
    folder = tmp_path_factory.mktemp("country")
    synthesize(people=1_000, doses=2_000, seed=11, out=folder / "made")
    build_registry(folder / "made" / "population.parquet", out=folder / "r.duckdb")
    return folder


@pytest.fixture(autouse=True)
def short_batches(monkeypatch):
    """Let a list of this size have several."""
    monkeypatch.setattr("vnvaxmatch.bulk.sources.delimited.BATCH_ROWS", ROWS, raising=False)
    monkeypatch.setattr("vnvaxmatch.bulk.sources.parquet.BATCH_ROWS", ROWS)
    monkeypatch.setattr(source, "BATCH_ROWS", ROWS)


@pytest.fixture(scope="module")
def doses(country):
    """The list as Parquet, whose batches are cut by rows."""
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    text = pa_csv.ConvertOptions(strings_can_be_null=False)
    table = pa_csv.read_csv(country / "made" / "doses.csv", convert_options=text)
    pq.write_table(table.cast(_all_texts(table.schema)), country / "doses.parquet")
    return country / "doses.parquet"


def _all_texts(schema):
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in schema.names])


class StoppedError(Exception):
    """What ends a run in the middle."""


def stop_after(batches):
    """A progress that ends the run after so many batches."""
    told = 0

    def progress(stage, done, total):
        nonlocal told
        told += 1
        if told >= batches:
            raise StoppedError

    return progress


def run(country, doses, out, **more):
    """Verify with what all these tests share; worklists only where they are asked for."""
    given = {"by": Fuzzy(), "options": OPTIONS, "worklists": False, **more}
    return verify(doses, registry=country / "r.duckdb", out=out, **given)


def contents(folder):
    """Everything in a results folder but the times."""
    files = {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".parquet", ".csv")
    }
    files["summary"] = json.loads((folder / "summary.json").read_text())
    return files


def worklists(folder):
    """Name the worklists of a results folder."""
    return sorted(path.name for path in (folder / "worklists").iterdir())


@pytest.mark.parametrize(
    ("by", "disclosure", "batches"),
    [(Exact(), Disclosure.FINDINGS, 1), (Fuzzy(), Disclosure.VALUES, 2)],
    ids=["exact", "fuzzy"],
)
def test_a_resumed_run_equals_one_that_was_never_stopped(
    country, doses, tmp_path, by, disclosure, batches
):
    """Results, summary and worklists, wherever it was stopped."""
    how = {"by": by, "disclosure": disclosure, "worklists": True}
    run(country, doses, tmp_path / "whole", **how)
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(batches), **how)
    assert not (tmp_path / "out").exists()
    assert len(list(spill.glob("decided-*"))) == batches

    run(country, doses, tmp_path / "out", spill=spill, resume=True, **how)

    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    lists = [
        sorted(p.name for p in (tmp_path / o / "worklists").iterdir()) for o in ("out", "whole")
    ]
    assert lists[0] == lists[1]
    assert not spill.exists()


def test_what_is_kept_is_not_decided_again(country, doses, tmp_path, monkeypatch):
    """The parts that were there are read; only the rest is joined."""
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(3))
    put = []
    real = kept.Spill.put
    monkeypatch.setattr(
        kept.Spill, "put", lambda self, kind, n, table: (put.append(n), real(self, kind, n, table))
    )

    run(country, doses, tmp_path / "out", spill=spill, resume=True)

    assert put == [3, 4]


def test_a_damaged_part_is_made_again(country, doses, tmp_path):
    """A disk that lost a byte costs a batch, and never a wrong row."""
    spill = tmp_path / "spill"
    run(country, doses, tmp_path / "whole")
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(3))
    part = sorted(spill.glob("decided-*"))[1]
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)

    run(country, doses, tmp_path / "out", spill=spill, resume=True)

    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"by": Exact()}, "matcher"),
        ({"disclosure": Disclosure.VERDICT}, "disclosure"),
        ({"options": InputOptions(reference=date(2023, 1, 1))}, "options"),
        ({"worklists": True}, "options"),
    ],
)
def test_another_run_does_not_go_on_with_it(country, doses, tmp_path, change, word):
    """Rows decided in two ways must never stand in one table."""
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(2))

    with pytest.raises(OutputError, match=word):
        run(country, doses, tmp_path / "out", spill=spill, resume=True, **change)


def test_a_changed_list_does_not_go_on(country, doses, tmp_path):
    """The parts are of the list as it was."""
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(2))
    changed = tmp_path / doses.name
    changed.write_bytes(doses.read_bytes())

    with pytest.raises(OutputError, match="input"):
        run(country, changed, tmp_path / "out", spill=spill, resume=True)


def test_an_unfinished_run_is_not_overwritten(country, doses, tmp_path):
    """Hours of work are not thrown away because a word was forgotten."""
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(2))

    with pytest.raises(OutputError, match="--resume"):
        run(country, doses, tmp_path / "out", spill=spill)


def test_to_resume_a_folder_must_be_named(country, doses, tmp_path):
    """What is to be gone on with cannot be guessed."""
    with pytest.raises(InputError, match="spill"):
        run(country, doses, tmp_path / "out", resume=True)


def test_a_run_goes_on_with_the_day_it_was_begun_with(country, doses, tmp_path):
    """Ages must not change overnight."""
    spill = tmp_path / "spill"
    with pytest.raises(StoppedError):
        run(country, doses, tmp_path / "out", spill=spill, progress=stop_after(2))

    assert begun_on(spill) == OPTIONS.reference
    assert begun_on(tmp_path) is None


COMMAND = f"""
import sys
import vnvaxmatch.bulk.sources.parquet as parquet
from vnvaxmatch.cli import main
parquet.BATCH_ROWS = {ROWS}
sys.exit(main())
"""


def test_a_killed_process_loses_nothing_that_was_decided(country, doses, tmp_path):
    """Kill -9 of the command and all its processes, then --resume: as if nothing had happened."""
    command = [
        sys.executable, "-c", COMMAND, "verify", str(doses), "--registry",
        str(country / "r.duckdb"), "--by", "fuzzy", "--no-worklists", "--reference-date",
        "2022-12-31", "--memory", "4GB",
    ]  # fmt: skip
    subprocess.run([*command, "--out", "whole"], cwd=tmp_path, check=True, capture_output=True)
    kept_run = [*command, "--out", "out", "--spill", "spill"]
    process = subprocess.Popen(
        kept_run, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        while not list((tmp_path / "spill").glob("decided-*")) and process.poll() is None:
            time.sleep(0.002)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert list((tmp_path / "spill").glob("decided-*"))
    assert not (tmp_path / "out").exists()

    subprocess.run([*kept_run, "--resume"], cwd=tmp_path, check=True, capture_output=True)

    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert not (tmp_path / "spill").exists()
