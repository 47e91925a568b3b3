"""Whole lists over a network that fails: by the command, through the proxy, to our own server."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.listening import serving
from vnvaxmatch.backends.remote import Limits
from vnvaxmatch.bulk.remote import Remote, verify_remote

from .commands import command, run, served, started
from .proxy import CERTIFICATES, Fault, Proxy, Schedule

pytest.importorskip("uvicorn", reason="the extra server is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra bulk is not installed")


pytestmark = [  # see conftest.py
    pytest.mark.filterwarnings("ignore:unclosed"),
    pytest.mark.filterwarnings("ignore:Exception ignored"),
]

DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"
WHOLE = 20_000
ROWS = WHOLE if DEEP else 3_000
ROWS_BY_COMMAND = 2_000 if DEEP else 600
KILLS = 10
ASK = ("--codec", "osia", "--codec-option", "operation=match", "--no-worklists", "--lang", "en")
ATTEMPTS = Limits().attempts
DONE, FAILED, UNDETERMINED = 0, 1, 3

RARE = (Fault.REFUSED, Fault.STALL, Fault.STALL_MID_BODY, Fault.DRIP)
"""Each costs the patience of an attempt, or all that are under way."""
OFTEN = tuple(f for f in Fault if f not in (*CERTIFICATES, *RARE, Fault.NO_NAME))
MIX = (*OFTEN * 8, *RARE)
WITHOUT_STALLS = (*OFTEN * 8, Fault.REFUSED)


class World:
    """A made-up population, a list of doses, and a server that knows the population."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.doses = folder / "made" / "doses.csv"
        self.registry = folder / "people.sqlite"
        run("synth", "--people", rows, "--doses", rows, "--out", folder / "made")
        people = folder / "made" / "population.parquet"
        run("registry", "build", people, "--out", self.registry)
        run("registry", "build", people, "--out", folder / "people.duckdb")
        run("verify", self.doses, "--registry", folder / "people.duckdb", "--by", "exact",
            "--out", folder / "truth", "--no-worklists")  # fmt: skip
        self.truth = results(folder / "truth")


def results(folder: Path) -> list[dict[str, Any]]:
    """Read the results of a run, row by row."""
    rows: list[dict[str, Any]] = parquet.read_table(folder / "results.parquet").to_pylist()
    return rows


def hold(rows: list[dict[str, Any]], truth: list[dict[str, Any]]) -> int:
    """Hold results against the truth: none wrong, none lost; give how many stayed undetermined."""
    assert [row["row"] for row in rows] == [row["row"] for row in truth]
    left = [row for row in rows if row["outcome"] == "undetermined"]
    assert all(row["official"] is None for row in left)
    for row, right in zip(rows, truth, strict=True):
        if row["outcome"] != "undetermined":
            assert (row["outcome"], row["official"]) == (right["outcome"], right["official"])
    return len(left)


def hold_budget(proxy: Proxy, *, runs: int = 1) -> None:
    """Nobody was asked about more often than the attempts of a first and a second round allow."""
    assert max(proxy.asked.values()) <= ATTEMPTS * runs
    assert max(map(len, proxy.names.values())) <= 2 * runs
    assert sum(proxy.asked.values()) >= len(proxy.names)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world for the commands."""
    return World(tmp_path_factory.mktemp("small"), ROWS_BY_COMMAND)


@pytest.fixture
def port(small: World, tmp_path: Path) -> Iterator[int]:
    """The port of a server for the small world."""
    options = ("--codec", "osia", "--disclosure", "findings", "--rate", "0")
    with served(small.registry, *options, log=tmp_path / "server.log") as port:
        yield port


def test_a_long_list_with_a_fifth_failing_loses_nobody(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Every row is answered rightly or undetermined, few are undetermined, none asked too often."""
    folder = tmp_path_factory.mktemp("large")
    world = World(folder, ROWS)
    limits = Limits(
        backoff=0.005, backoff_cap=0.05, attempt_timeout=0.5, breaker_wait=0.01, in_flight=32
    )
    options = ("--codec", "osia", "--disclosure", "findings", "--rate", "0")
    with served(world.registry, *options, log=folder / "server.log") as port:
        proxy = Proxy(lambda: port, schedule=Schedule(MIX, seed="large", share=0.2))
        with serving(proxy):
            remote = Remote(url=f"{proxy.url}/osia", codec="osia",
                            codec_options={"operation": "match"}, limits=limits)  # fmt: skip
            verify_remote(world.doses, registry=remote, out=folder / "out", worklists=False)

    assert hold(results(folder / "out"), world.truth) <= ROWS / 100
    hold_budget(proxy)
    assert sum(proxy.met.values()) > sum(proxy.asked.values()) / 6
    assert set(proxy.met) >= set(OFTEN)


def test_the_command_says_how_many_are_left_and_resumes(
    small: World, port: int, tmp_path: Path
) -> None:
    """Exit code 3 as long as somebody is left, then 0; answers are kept and stay right."""
    faults = MIX if DEEP else WITHOUT_STALLS
    proxy = Proxy(lambda: port, schedule=Schedule(faults, seed="command", share=0.2))
    out = tmp_path / "out"
    with serving(proxy):
        asked = ("--registry", f"{proxy.url}/osia", *ASK, "--in-flight", "64", "--out", out)
        done = subprocess.run(
            command("verify", small.doses, *asked), capture_output=True, check=False
        )
        assert done.returncode in (DONE, UNDETERMINED)
        left = hold(results(out), small.truth)
        assert (left > 0) == (done.returncode == UNDETERMINED)
        hold_budget(proxy)
        proxy.calm()
        if left:
            assert b"--resume" in done.stderr
            run("verify", small.doses, *asked, "--resume")

    assert hold(results(out), small.truth) == 0


def test_killed_ten_times_a_list_comes_to_the_same(small: World, port: int, tmp_path: Path) -> None:
    """After each kill -9 the run goes on where it was, through faults, and ends as undisturbed."""
    quiet = tmp_path / "quiet"
    url = f"http://127.0.0.1:{port}/osia"
    run("verify", small.doses, "--registry", url, *ASK, "--out", quiet)
    proxy = Proxy(lambda: port, schedule=Schedule(WITHOUT_STALLS, seed="kill", share=0.2))
    chance = random.Random(4)
    out = tmp_path / "out"
    kills = 0
    with serving(proxy):
        asked = ("verify", small.doses, "--registry", f"{proxy.url}/osia", *ASK, "--resume",
                 "--in-flight", "8", "--rate", len(small.truth) / 12, "--out", out)  # fmt: skip
        for _ in range(KILLS):
            with started(*asked, log=tmp_path / "killed.log") as process:
                before = sum(proxy.asked.values())
                until = time.monotonic() + 20
                while sum(proxy.asked.values()) == before and time.monotonic() < until:
                    time.sleep(0.01)
                time.sleep(0.6 * chance.random())
                kills += process.poll() is None
        assert not (out / "results.parquet").exists() or kills < KILLS
        proxy.calm()
        run(*asked)

    assert kills >= KILLS / 2
    assert results(out) == results(quiet)
    assert hold(results(out), small.truth) == 0
    hold_budget(proxy, runs=2)
    assert not out.with_name(f"{out.name}.unfinished").exists()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates of one authority, for the server and for a client, and another's."""
    trustme = pytest.importorskip("trustme", reason="trustme is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    paths = {"ca": folder / "ca.pem"}
    authority.cert_pem.write_to_path(paths["ca"])
    for name, made in (
        ("server", authority.issue_cert("127.0.0.1")),
        ("client", authority.issue_cert("clinic@registry.example", common_name="clinic")),
        ("stranger", stranger.issue_cert("other@registry.example")),
    ):
        paths[name], paths[f"{name}-key"] = folder / f"{name}.pem", folder / f"{name}.key"
        made.cert_chain_pems[0].write_to_path(paths[name])
        made.private_key_pem.write_to_path(paths[f"{name}-key"])
    return paths


@pytest.fixture(scope="module")
def secure(
    small: World, files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server that wants client certificates."""
    options = ("--codec", "osia", "--disclosure", "findings", "--rate", "0",
               "--tls-cert", files["server"], "--tls-key", files["server-key"],
               "--client-ca", files["ca"])  # fmt: skip
    log = tmp_path_factory.mktemp("secure") / "server.log"
    with served(small.registry, *options, log=log) as port:
        yield f"https://127.0.0.1:{port}/osia"


def test_client_certificates_work_from_command_to_server(
    small: World, secure: str, files: dict[str, Path], tmp_path: Path
) -> None:
    """The whole list, with a certificate on both sides."""
    run("verify", small.doses, "--registry", secure, *ASK, "--out", tmp_path / "out",
        "--ca", files["ca"], "--client-cert", files["client"],
        "--client-key", files["client-key"])  # fmt: skip

    assert hold(results(tmp_path / "out"), small.truth) == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--ca", "ca"), "wants a client certificate; give yours"),
        (("--ca", "ca", "--client-cert", "stranger", "--client-key", "stranger-key"),
         "does not accept our client certificate"),
        ((), "certificate is not trusted here"),
        (("--client-cert", "client", "--client-key", "stranger-key"), "another certificate"),
    ],
)  # fmt: skip
def test_a_certificate_that_is_missing_is_told_in_one_line(
    small: World,
    secure: str,
    files: dict[str, Path],
    tmp_path: Path,
    given: tuple[str, ...],
    words: str,
) -> None:
    """Each trouble with certificates has its own line, and nothing is left behind."""
    options = [files.get(word, word) for word in given]

    said = run("verify", small.doses, "--registry", secure, *ASK, "--out", tmp_path / "out",
               *options, code=FAILED)  # fmt: skip

    assert words in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_schedule_keeps_to_its_share() -> None:
    """A fifth of the attempts meets a fault, of every kind, and the same again for the seed."""
    schedule = Schedule(MIX, share=0.2)
    drawn = [schedule.at(str(i).encode(), 0) for i in range(5000)]

    assert 0.18 < sum(fault is not None for fault in drawn) / len(drawn) < 0.22
    assert {fault for fault in drawn if fault} == set(MIX)
    assert drawn == [schedule.at(str(i).encode(), 0) for i in range(5000)]
