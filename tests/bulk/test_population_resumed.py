"""A build that was killed goes on with what it had read, and comes to the same registry."""

import re
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from vnvaxmatch.backends import open_registry
from vnvaxmatch.bulk import build_registry
from vnvaxmatch.errors import InputError, OutputError, RegistryError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")

BATCH = 262_144
"""Rows of a part."""


def people(rows):
    """Make people of parts; one in five has a former number, one in eight no number."""
    syllables = ["Văn", "Thị", "Hoà", "Bé", "Minh", "Thuý", "Ngọc", "Sơn"]
    names = [f"Trần {a} {b}" for a in syllables for b in syllables]
    return pa.table(
        {
            "entry_key": [f"P{i * 7919 % 1_000_003:07}" for i in range(rows)],
            "full_name": [names[i % 61] for i in range(rows)],
            "sex": ["Nam" if i % 2 else "Nữ" for i in range(rows)],
            "date_of_birth": [f"{1 + i % 28:02}/11/{1950 + i % 50}" for i in range(rows)],
            "id_number": ["" if i % 8 == 3 else f"00118{i:07}" for i in range(rows)],
            "former_id_number": [f"01{i:07}" if i % 5 == 0 else "" for i in range(rows)],
            "phone": ["x" if i % 9_000 == 0 else "" for i in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    """People enough for three parts, the last a short one."""
    path = tmp_path_factory.mktemp("nation") / "people.parquet"
    pq.write_table(people(2 * BATCH + 5_000), path)
    return path


@pytest.fixture(scope="module")
def undisturbed(population):
    """What a build that nothing disturbs comes to."""
    out = population.with_name("undisturbed.duckdb")
    built = build_registry(population, out=out)
    with open_registry(out) as registry:
        return built, dict(registry.meta)


def killed(population, out, moment, *arguments):
    """Start a build and kill it when ``moment`` finds something."""
    command = [sys.executable, "-m", "vnvaxmatch", "registry", "build", str(population)]
    with subprocess.Popen(
        [*command, "--out", str(out), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        until = time.monotonic() + 120
        while not any(out.parent.glob(moment)):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.002)
        process.kill()
        process.communicate()
    assert not out.exists()


def parts_in(folder):
    """List the parts that are whole, and when they were written."""
    files = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    whole = {name.split("-")[1] for name in files if name.startswith("entries")}
    return {name: at for name, at in files.items() if name.split("-")[1] in whole}


MOMENTS = {
    "before anything is read": ".*.parts/run.json",
    "after the first part": ".*.parts/entries-00000-*.parquet",
    "within the second part": ".*.parts/rejected-00001-*.parquet",
    "while the parts are put together": ".*.building/*.duckdb",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_goes_on(tmp_path, population, undisturbed, moment):
    """The same registry as without the kill, from the parts that are there; nothing else stays."""
    out = tmp_path / "people.duckdb"
    killed(population, out, MOMENTS[moment])
    whole = parts_in(tmp_path / ".people.duckdb.parts")
    read = []

    built = build_registry(
        population,
        out=out,
        resume=True,
        progress=lambda stage, *_: read.append(parts_in(tmp_path / ".people.duckdb.parts")),
    )

    before, meta = undisturbed
    assert (built.entries, built.former_numbers, built.rejected) == (
        before.entries, before.former_numbers, before.rejected,
    )  # fmt: skip
    with open_registry(out) as registry:
        assert {**registry.meta, "created": ""} == {**meta, "created": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["people.duckdb"]
    assert read[-1].items() >= whole.items()  # no part was made again


def test_a_damaged_part_is_read_again(tmp_path, population, undisturbed):
    """What the disk did not keep is made again from the population."""
    out, kept = tmp_path / "people.duckdb", tmp_path / "kept"
    killed(population, out, "kept/entries-00001-*", "--spill", str(kept))
    for kind in ("entries-00000", "former-00001"):
        (file,) = kept.glob(f"{kind}-*")
        file.write_bytes(file.read_bytes()[:-9])

    build_registry(population, out=out, spill=kept, resume=True)

    with open_registry(out) as registry:
        assert registry.snapshot == undisturbed[1]["snapshot"]


@pytest.fixture
def stopped(tmp_path):
    """A named folder of parts of a small population, whose build was killed."""
    population = tmp_path / "people.parquet"
    pq.write_table(people(3_000), population)
    kept = tmp_path / "kept"
    killed(population, tmp_path / "a.sqlite", "kept/entries-00000-*", "--spill", str(kept))
    return population, kept


@pytest.mark.parametrize("suffix", ["duckdb", "sqlite"])
def test_kept_parts_serve_either_store(tmp_path, stopped, suffix):
    """Parts do not depend on what they are put into, and are gone when that stands."""
    population, kept = stopped
    build_registry(population, out=tmp_path / "undisturbed.duckdb")

    build_registry(population, out=tmp_path / f"a.{suffix}", spill=kept, resume=True)

    with (
        open_registry(tmp_path / f"a.{suffix}") as registry,
        open_registry(tmp_path / "undisturbed.duckdb") as undisturbed,
    ):
        assert registry.snapshot == undisturbed.snapshot
        assert registry.frequencies() == undisturbed.frequencies()
    assert not kept.exists()


def test_parts_in_a_named_folder_are_not_overwritten(tmp_path, stopped):
    """Whoever named a folder says whether to go on."""
    population, kept = stopped
    before = parts_in(kept)

    with pytest.raises(OutputError, match="go on with it by --resume"):
        build_registry(population, out=tmp_path / "a.duckdb", spill=kept)

    assert parts_in(kept) == before


@pytest.mark.parametrize("change", ["population", "options"])
def test_parts_of_another_build_are_refused(tmp_path, stopped, change):
    """They would make a registry that is neither the one nor the other."""
    population, kept = stopped
    columns = {}
    if change == "population":
        pq.write_table(people(2_999), population)
    else:
        columns = {"phone": "entry_key"}

    with pytest.raises(OutputError, match=rf"\({change} differ\)"):
        build_registry(
            population, out=tmp_path / "a.duckdb", spill=kept, resume=True, columns=columns
        )


def test_what_cannot_be_a_registry_is_not_kept(tmp_path):
    """Two people with one key: the population has to change, and its parts are of no use."""
    population = tmp_path / "people.parquet"
    twice = people(10)
    pq.write_table(pa.concat_tables([twice, twice]), population)

    with pytest.raises(RegistryError, match="have the same key"):
        build_registry(population, out=tmp_path / "a.duckdb", spill=tmp_path / "kept")

    assert [path.name for path in tmp_path.iterdir()] == ["people.parquet"]


def test_a_population_that_changes_meanwhile_is_refused(tmp_path):
    """A registry of two halves is nobody's population."""
    population = tmp_path / "people.csv"
    csv.write_csv(people(100), population)

    def change(stage, *_):
        with population.open("a") as file:
            file.write("\n")

    with pytest.raises(InputError, match="was changed while it was being read"):
        build_registry(population, out=tmp_path / "a.duckdb", progress=change)

    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_target_that_cannot_be_is_refused_before_reading(tmp_path, population):
    """Not after hours of it."""
    told = []
    (tmp_path / "a.duckdb").write_text("a letter")

    with pytest.raises(RegistryError, match="a file that is not a registry is there"):
        build_registry(
            population, out=tmp_path / "a.duckdb", progress=lambda *line: told.append(line)
        )

    assert told == []


def test_too_little_memory_is_refused(tmp_path, population):
    """Nothing can be built in less than the rules take."""
    with pytest.raises(InputError, match="at least 1GB"):
        build_registry(population, out=tmp_path / "a.duckdb", memory=10**8)


@pytest.mark.parametrize("suffix", ["duckdb", "sqlite"])
def test_a_full_disk_keeps_what_was_read(tmp_path, suffix):
    """In a named folder it is kept, the message says how to go on, and then it does."""
    population = tmp_path / "people.parquet"
    pq.write_table(people(20_000), population)
    out, kept = tmp_path / f"a.{suffix}", tmp_path / "kept"
    code = f"""
import resource
from vnvaxmatch.bulk import build_registry
from vnvaxmatch.errors import RegistryError
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    build_registry({str(population)!r}, out={str(out)!r}, spill={str(kept)!r})
except RegistryError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert re.search(r"the disk is full.*kept in .*kept: go on with --resume", done.stdout)
    assert not out.exists()
    assert build_registry(population, out=out, spill=kept, resume=True).entries == 20_000
    assert not kept.exists()
