"""Registry files: whole or not at all, and clear words when they cannot be used."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa
import pytest

from vnvaxmatch import Claim, Entry, KeyKind
from vnvaxmatch.backends import open_registry
from vnvaxmatch.backends.duckdb import ENTRIES, DuckDBRegistry, write_registry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.blocking import CAPS, keys, search_keys
from vnvaxmatch.errors import InputError, RegistryError

Store: TypeAlias = type[DuckDBRegistry] | type[SQLiteRegistry]

PEOPLE = [
    Entry.read(
        key=f"P{i:03d}",
        name="Trần Thị Thử",
        birth=f"{1 + i % 28}/11/1985",
        id_number=f"001185{i:06d}",
        former_id_number="271234567" if i % 3 else "",
        phone="0912345678" if i % 2 else "",
    )[0]
    for i in range(40)
]


@pytest.fixture(params=[SQLiteRegistry, DuckDBRegistry])
def store(request: pytest.FixtureRequest) -> Store:
    """Either kind of file."""
    kind: Store = request.param
    return kind


@pytest.fixture
def built(store: Store, tmp_path: Path) -> Path:
    """A good registry."""
    path = tmp_path / "people.registry"
    store.build(path, PEOPLE, rejected=[(3, "P002", "sex", "sex_unreadable")], meta={"made": "x"})
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def broken(entries: list[Entry]) -> Iterator[Entry]:
    yield from entries
    raise InputError("row 41 cannot be read")


def test_a_registry_says_what_it_is(store: Store, built: Path) -> None:
    """Its length, its own facts and those it was given."""
    with store(built) as registry:
        assert len(registry) == 40
        assert registry.meta["made"] == "x"
        assert registry.meta["rejected"] == "1"
        assert registry.meta["former_numbers"] == "26"
        assert registry.snapshot == registry.meta["snapshot"]
        assert repr(registry) == f"{store.__name__}({str(built)!r}, entries=40)"
    assert names_in(built.parent) == ["people.registry"]


def test_what_was_rejected_is_kept(tmp_path: Path) -> None:
    """Both kinds of file keep row, key, field and reason."""
    rejected = [(3, "P002", "sex", "sex_unreadable")]
    SQLiteRegistry.build(tmp_path / "a", PEOPLE, rejected=rejected)
    DuckDBRegistry.build(tmp_path / "b", PEOPLE, rejected=rejected)
    one = sqlite3.connect(tmp_path / "a")
    other = duckdb.connect(str(tmp_path / "b"), read_only=True)
    try:
        assert one.execute("SELECT * FROM rejected").fetchall() == rejected
        assert other.execute("SELECT * FROM rejected").fetchall() == rejected
    finally:
        one.close()
        other.close()


def test_the_snapshot_names_the_content(tmp_path: Path) -> None:
    """The same people have the same snapshot in any store and any order; others have another."""
    snapshots = []
    for store in (SQLiteRegistry, DuckDBRegistry):
        for people in (PEOPLE, PEOPLE[::-1], PEOPLE[1:], []):
            store.build(tmp_path / "people", people)
            with store(tmp_path / "people") as registry:
                snapshots.append(registry.snapshot)
    assert snapshots[:4] == snapshots[4:]
    assert snapshots[0] == snapshots[1]
    assert len(set(snapshots)) == 3


def test_progress_is_told_to_the_end(store: Store, tmp_path: Path) -> None:
    """The last number told is that of all entries."""
    told: list[int] = []
    store.build(tmp_path / "people", PEOPLE, progress=told.append)
    assert told[-1] == len(PEOPLE)


def test_the_content_decides_which_kind_is_opened(store: Store, built: Path) -> None:
    """Whatever the suffix, the file is opened as what it is."""
    with open_registry(built) as registry:
        assert isinstance(registry, store)


def test_many_threads_read_at_once(store: Store, built: Path) -> None:
    """All get the right answers."""
    with store(built) as registry, ThreadPoolExecutor(8) as pool:

        def ask(entry: Entry) -> list[str]:
            return [found.key for found in registry.find(keys(entry)[:1]).entries]

        assert list(pool.map(ask, PEOPLE * 5)) == [[entry.key] for entry in PEOPLE * 5]


def test_many_readers_open_one_file(store: Store, built: Path) -> None:
    """A second reader is not in the way, in this process or another."""
    code = (
        "import sys; from vnvaxmatch.backends import open_registry;"
        "print(len(open_registry(sys.argv[1])))"
    )
    with store(built), store(built) as second:
        assert len(second) == 40
        done = subprocess.run(
            [sys.executable, "-c", code, str(built)], capture_output=True, text=True, check=True
        )
    assert done.stdout == "40\n"


def test_a_reader_keeps_what_it_opened(store: Store, built: Path) -> None:
    """A registry that is replaced meanwhile does not change under its readers."""
    with store(built) as registry:
        store.build(built, PEOPLE[:1])
        assert len(registry.find(keys(PEOPLE[5])[:1]).entries) == 1
    with store(built) as registry:
        assert len(registry) == 1


def test_a_closed_registry_cannot_be_asked(store: Store, built: Path) -> None:
    """It is an error, not «nobody»."""
    registry = store(built)
    registry.close()
    with pytest.raises(RegistryError, match="closed"):
        registry.find(keys(PEOPLE[0]))


@pytest.mark.parametrize(
    "content", [b"", b"full_name,sex\n", b"\x00" * 4096, b"SQLite format 3\x00 and no more"]
)
def test_what_is_no_registry_is_refused(store: Store, content: bytes, tmp_path: Path) -> None:
    """The message says which file, and what to do."""
    path = tmp_path / "people.sqlite"
    path.write_bytes(content)
    for opener in (store, open_registry):
        with pytest.raises(RegistryError, match=r"people\.sqlite.*(build|again)"):
            opener(path)


def test_another_database_is_refused(tmp_path: Path) -> None:
    """A SQLite or DuckDB file of somebody else is no registry."""
    connection = sqlite3.connect(tmp_path / "a")
    connection.execute("CREATE TABLE meta (key, value)")
    connection.close()
    duckdb.connect(str(tmp_path / "b")).close()
    for name in "ab":
        with pytest.raises(RegistryError, match="not a complete registry"):
            open_registry(tmp_path / name)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """The message names the path and what is the matter."""
    with pytest.raises(RegistryError, match="none: No such file"):
        open_registry(tmp_path / "none")
    with pytest.raises(RegistryError, match="Is a directory"):
        open_registry(tmp_path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_registry_is_refused(store: Store, built: Path, share: float) -> None:
    """A copy that was cut short does not open."""
    half = built.with_name("half")
    content = built.read_bytes()
    half.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(RegistryError, match="half"):
        open_registry(half)


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A file of a newer library is not guessed at."""
    SQLiteRegistry.build(tmp_path / "a", PEOPLE)
    DuckDBRegistry.build(tmp_path / "b", PEOPLE)
    one = sqlite3.connect(tmp_path / "a")
    with one:
        one.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    one.close()
    other = duckdb.connect(str(tmp_path / "b"))
    other.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    other.close()
    for name in "ab":
        with pytest.raises(RegistryError, match="registry format 99, and this version reads 2"):
            open_registry(tmp_path / name)


def test_keys_that_lead_to_nobody_are_damage(tmp_path: Path) -> None:
    """A file whose tables do not fit each other is an error, not «nobody»."""
    SQLiteRegistry.build(tmp_path / "a", PEOPLE)
    connection = sqlite3.connect(tmp_path / "a")
    with connection:
        connection.execute("DELETE FROM entries WHERE entry = 6")
    connection.close()
    with SQLiteRegistry(tmp_path / "a") as registry, pytest.raises(RegistryError, match="damaged"):
        registry.find(keys(PEOPLE[5])[:1])


def test_a_failed_build_leaves_the_earlier_registry(store: Store, built: Path) -> None:
    """Nothing half-written stays, and the source's own error comes through."""
    with pytest.raises(InputError, match="row 41"):
        store.build(built, broken(PEOPLE[:5]))
    assert names_in(built.parent) == ["people.registry"]
    with store(built) as registry:
        assert len(registry) == 40


def test_two_entries_with_one_key_are_refused(store: Store, tmp_path: Path) -> None:
    """The message says which, by position, and shows no key."""
    with pytest.raises(RegistryError, match="entries 1 and 3 have the same key") as caught:
        store.build(tmp_path / "people", [PEOPLE[0], PEOPLE[1], PEOPLE[0]])
    assert "P000" not in str(caught.value)
    assert names_in(tmp_path) == []


def test_another_file_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    """A list that stands where the registry should go is left alone."""
    (tmp_path / "doses.csv").write_text("Họ và tên\n")
    with pytest.raises(RegistryError, match="not a registry is there"):
        store.build(tmp_path / "doses.csv", PEOPLE)
    assert (tmp_path / "doses.csv").read_text() == "Họ và tên\n"


def test_any_name_of_a_file_will_do(store: Store, tmp_path: Path) -> None:
    """Spaces, quotes, signs and Vietnamese letters in a path are no obstacle."""
    path = tmp_path / "đăng ký's 100%#" / "dân cư.registry"
    path.parent.mkdir()
    store.build(path, PEOPLE[:1])
    with open_registry(path) as registry:
        assert len(registry.find(keys(PEOPLE[0])).entries) == 1


def test_a_name_that_duckdb_cannot_take_is_refused(tmp_path: Path) -> None:
    """A question mark would end the path: the message says so."""
    with pytest.raises(RegistryError, match="takes no path with «\\?»"):
        DuckDBRegistry.build(tmp_path / "people?", PEOPLE)


def test_a_text_that_is_not_unicode_is_refused(store: Store, tmp_path: Path) -> None:
    """A lone surrogate cannot be filed, and the message does not show it."""
    with pytest.raises(RegistryError, match="not Unicode"):
        store.build(tmp_path / "people", [Entry("\ud800")])
    assert names_in(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(RegistryError, match=r"there is no folder .*nowhere; make it"):
        store.build(tmp_path / "nowhere" / "people", PEOPLE)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file size there")
def test_a_full_disk_is_told_in_one_line(store: Store, tmp_path: Path) -> None:
    """The error says what is the matter, and nothing stays behind."""
    code = f"""
import resource, sys
from vnvaxmatch import Entry
from vnvaxmatch.errors import RegistryError
from vnvaxmatch.backends.{store.__module__.rpartition(".")[2]} import {store.__name__} as Store
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    Store.build(sys.argv[1], (Entry(f"P{{i}}") for i in range(100_000)))
except RegistryError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "people")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the disk is full" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert names_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_build_leaves_no_registry(store: Store, tmp_path: Path) -> None:
    """What it leaves does not open, and the next build clears it away."""
    code = f"""
import sys, time
from vnvaxmatch import Entry
from vnvaxmatch.backends.{store.__module__.rpartition(".")[2]} import {store.__name__} as Store
def people():
    for i in range(60_000):
        yield Entry(f"P{{i}}")
    print("started", flush=True)
    time.sleep(60)
Store.build(sys.argv[1], people())
"""
    path = tmp_path / "people"
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as build:
        assert build.stdout is not None
        assert build.stdout.readline() == b"started\n"
        with pytest.raises(RegistryError, match="another build of it is running"):
            store.build(path, PEOPLE)
        build.send_signal(signal.SIGKILL)
    assert not path.exists()
    for left in (tmp_path / ".people.building").iterdir():
        with pytest.raises(RegistryError):
            open_registry(left)
    store.build(path, PEOPLE)
    assert names_in(tmp_path) == ["people"]


def test_batches_of_any_string_type_are_written(tmp_path: Path) -> None:
    """Columns in another order, or dictionary-encoded, are put into the file's own types."""
    encoded = pa.array(["P1", "P2"]).dictionary_encode()
    columns = {name: pa.nulls(2, kind) for name, kind in zip(ENTRIES.names, ENTRIES.types)}  # noqa: B905
    columns |= {"entry": pa.array([1, 2]), "entry_key": encoded, "number": pa.array([9, 8])}
    batch = pa.RecordBatch.from_pydict(dict(reversed(columns.items())))
    write_registry(tmp_path / "people", [batch])
    with DuckDBRegistry(tmp_path / "people") as registry:
        assert len(registry) == 2


def test_meta_may_be_filled_while_entries_are_read(store: Store, tmp_path: Path) -> None:
    """Counts that are known at the end can still be told."""
    meta: dict[str, str] = {}

    def people() -> Iterator[Entry]:
        yield PEOPLE[0]
        meta["source_rows"] = "1"

    store.build(tmp_path / "people", people(), meta=meta)
    with store(tmp_path / "people") as registry:
        assert registry.meta["source_rows"] == "1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_reader_opens_the_file_anew(tmp_path: Path) -> None:
    """A SQLite connection does not cross a fork."""
    SQLiteRegistry.build(tmp_path / "people", PEOPLE)
    with SQLiteRegistry(tmp_path / "people") as registry:
        child = os.fork()
        if child == 0:
            found = registry.find(keys(PEOPLE[0])[:1])
            os._exit(0 if len(found.entries) == 1 else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_look_up_takes_well_under_a_millisecond(tmp_path: Path) -> None:
    """The online store answers at once (the benchmark measures a million people)."""
    SQLiteRegistry.build(tmp_path / "people", PEOPLE)
    with SQLiteRegistry(tmp_path / "people") as registry:
        asked = keys(PEOPLE[0])[:1]
        best = 1.0
        for _ in range(50):
            started = time.perf_counter()
            registry.find(asked)
            best = min(best, time.perf_counter() - started)
    assert best < 0.001


def test_a_large_block_is_found_in_milliseconds(tmp_path: Path) -> None:
    """As many people as a block may hold are read and made entries well under a frame's time."""
    cap = CAPS[KeyKind.BIRTH_SEX_GIVEN]
    crowd = [
        Entry.read(key=f"P{i}", name=f"Trần {chr(97 + i % 26)} Thử", birth="10/11/1985", sex="nữ",
                   id_number=f"001185{i:06d}", phone=f"091{i:07d}")[0]
        for i in range(cap)
    ]  # fmt: skip
    SQLiteRegistry.build(tmp_path / "people", crowd)
    with SQLiteRegistry(tmp_path / "people") as registry:
        asked = search_keys(Claim.read(name="Lê Thử", birth="10/11/1985", sex="nữ"))
        best = 1.0
        for _ in range(10):
            started = time.perf_counter()
            found = registry.find(asked)
            best = min(best, time.perf_counter() - started)
    assert found.blocks == {KeyKind.BIRTH_SEX_GIVEN: cap}
    assert best < 0.02
