"""Measure our server on this computer, and our clients against it, with a large registry.

The registry is made up and built once, into ``benchmarks/work``. Two tables are printed:

- our clients against the bare HTTP libraries that they stand on, same requests, in alternating
  pairs: what is told is the median of the ratios;
- how long the server takes to answer at a constant rate. Questions are sent when their time has
  come, whether or not those before them are answered, and the time counts from when a question
  was due: a server that falls behind shows.

Run it as ``python benchmarks/remote_server.py [--people N] [--requests N] [--pairs N] [--rate N]
[--seconds N]``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import aiohttp
import pyarrow.parquet as pq
import urllib3

from vnvaxmatch import Claim
from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    Limits,
    RemoteRegistry,
    Request,
    Response,
    codec,
)
from vnvaxmatch.outcome import Reason

WORK = Path(__file__).parent / "work"
THREADS, TASKS = 8, 32
CODECS = {
    "osia verify": ("osia", {}),
    "osia match": ("osia", {"operation": "match"}),
    "fhir $match": ("fhir", {}),
}
WRONG_EVERY = 5
"""So many claims of which one has somebody else's name."""

_SERVING = re.compile(r"serving at (http://\S+)")


def vnvaxmatch(*arguments: object) -> list[str]:
    """Give a command line."""
    return [sys.executable, "-m", "vnvaxmatch", *map(str, arguments)]


def built(people: int) -> tuple[Path, Path]:
    """Give the population file and the registry, made if they are not yet."""
    made, registry = WORK / f"people-{people}", WORK / f"people-{people}.sqlite"
    population = made / "population.parquet"
    for result, command in (
        (population, vnvaxmatch("synth", "--people", people, "--doses", 0, "--out", made)),
        (registry, vnvaxmatch("registry", "build", population, "--out", registry)),
    ):
        if not result.exists():
            print(f"making {result.name} ...", file=sys.stderr)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return population, registry


def claims(population: Path, count: int) -> list[Claim]:
    """Make claims about people from everywhere in the registry, some of them wrong."""
    table = pq.read_table(population)
    step = max(1, table.num_rows // count)
    rows = table.take(list(range(0, table.num_rows, step))[:count]).to_pylist()
    found = []
    for place, row in enumerate(rows):
        name = rows[place - 1]["full_name"] if place % WRONG_EVERY == 0 else row["full_name"]
        texts = {"name": name, "birth": row["date_of_birth"], "sex": row["sex"],
                 "id_number": row["id_number"]}  # fmt: skip
        found.append(Claim.read(**{key: str(value or "") for key, value in texts.items()}))
    complete = [claim for claim in found if not any(claim.gaps)]
    assert complete, "nobody in the registry can be asked about"
    return complete


def questions(kind: str, people: Sequence[Claim], count: int) -> list[Request]:
    """Make requests, with paths in full; the same people again once all were asked about."""
    name, options = CODECS[kind]
    made = codec(name, **options)
    asked = [one for one in map(made.request, people) if not isinstance(one, Reason)]
    full = [Request(r.method, f"/{name}{r.path}", r.body, r.headers) for r in asked]
    return [full[i % len(full)] for i in range(count)]


@contextlib.contextmanager
def served(registry: Path, *options: str) -> Iterator[str]:
    """Run the server in a process of its own, and give its address."""
    command = vnvaxmatch("serve", "--registry", registry, "--codec", "osia,fhir", "--port", 0,
                         "--disclosure", "findings", "--rate", 0, *options)  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
            started = _SERVING.search(first)
            if started is None:
                raise SystemExit(first + process.stderr.read())
            yield started[1]
        finally:
            process.terminate()
            process.communicate()


def bare_threads(url: str, asked: Sequence[Request]) -> None:
    """Ask by urllib3 with threads, and read every body."""
    pool = urllib3.connectionpool.connection_from_url(url, maxsize=THREADS)

    def one(request: Request) -> int:
        response = pool.request("POST", request.path, body=request.body, headers=request.headers)
        assert response.data is not None
        return response.status

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(one, asked)) <= {200, 404}
    pool.close()


def our_threads(url: str, asked: Sequence[Request]) -> None:
    """Ask by our client with threads."""
    made = RemoteRegistry(url, codec=codec("osia"), limits=Limits(in_flight=THREADS))
    with made as registry:
        assert all(isinstance(response, Response) for response in registry.ask_many(asked))


def bare_tasks(url: str, asked: Sequence[Request]) -> None:
    """Ask by aiohttp with tasks, and read every body."""

    async def run() -> None:
        waiting = iter(asked)
        connector = aiohttp.TCPConnector(limit=TASKS)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def work() -> None:
                for request in waiting:
                    async with session.post(
                        url + request.path, data=request.body, headers=request.headers
                    ) as response:
                        await response.read()
                        assert response.status in (200, 404)

            await asyncio.gather(*(work() for _ in range(TASKS)))

    asyncio.run(run())


def our_tasks(url: str, asked: Sequence[Request]) -> None:
    """Ask by our client with tasks."""

    async def run() -> None:
        limits = Limits(in_flight=TASKS)
        async with AsyncRemoteRegistry(url, codec=codec("osia"), limits=limits) as registry:
            async for response in registry.ask_many(asked):
                assert isinstance(response, Response)

    asyncio.run(run())


def compare_clients(url: str, asked: Sequence[Request], *, pairs: int) -> None:
    """Print the table of the clients."""
    print(f"| {len(asked):,} questions | ours, /s | bare, /s | ratio | from | to |")
    print("|---|---|---|---|---|---|")
    ways: list[tuple[str, Callable[..., None], Callable[..., None]]] = [
        (f"{THREADS} threads, against urllib3", our_threads, bare_threads),
        (f"{TASKS} tasks, against aiohttp", our_tasks, bare_tasks),
    ]
    for name, ours, bare in ways:
        warm = asked[:200]
        ours(url, warm), bare(url, warm)
        rates = []
        for pair in range(pairs):
            both = {}
            for way in (ours, bare) if pair % 2 else (bare, ours):
                started = time.perf_counter()
                way(url, asked)
                both[way] = len(asked) / (time.perf_counter() - started)
            rates.append((both[ours], both[bare]))
        ratios = sorted(mine / theirs for mine, theirs in rates)
        print(
            f"| {name} | {median(m for m, _ in rates):,.0f} | {median(b for _, b in rates):,.0f} "
            f"| **{median(ratios):.2f}** | {ratios[0]:.2f} | {ratios[-1]:.2f} |"
        )


async def _at_rate(
    url: str, asked: Sequence[Request], *, rate: float
) -> tuple[list[float], int, float]:
    """Send each question when it is due; give all times, the failures, and the rate reached."""
    loop = asyncio.get_running_loop()
    times: list[float] = []
    failed = 0
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(request: Request, due: float) -> None:
            nonlocal failed
            try:
                async with session.post(
                    url + request.path, data=request.body, headers=request.headers
                ) as response:
                    await response.read()
                    failed += response.status not in (200, 404)
            except aiohttp.ClientError:
                failed += 1
            times.append(loop.time() - due)

        started = loop.time() + 0.1
        async with asyncio.TaskGroup() as tasks:
            for place, request in enumerate(asked):
                due = started + place / rate
                if (early := due - loop.time()) > 0:
                    await asyncio.sleep(early)
                tasks.create_task(one(request, due))
        reached = len(asked) / (loop.time() - started)
    return sorted(times), failed, reached


def measure_server(
    registry: Path, people: Sequence[Claim], *, rate: float, seconds: float, told: str
) -> None:
    """Print the table of the server."""
    print(f"| {rate:,.0f}/s for {seconds:g} s, {told} | p50 | p99 | p99.9 | max | failed | /s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        for audited in (False, True):
            options = ("--audit", str(Path(folder) / "audit.sqlite")) if audited else ()
            for kind in CODECS:
                asked = questions(kind, people, int(rate * seconds))
                with served(registry, *options) as url:
                    asyncio.run(_at_rate(url, asked[: int(rate)], rate=rate))  # warm
                    times, failed, reached = asyncio.run(_at_rate(url, asked, rate=rate))
                print(f"| {kind}{', audited' if audited else ''} {_row(times, failed, reached)}")


def _row(times: Sequence[float], failed: int, reached: float) -> str:
    at = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.99, 0.999, 1)]
    cells = " | ".join(f"{seconds * 1000:.1f} ms" for seconds in at)
    return f"| {cells} | {failed} | {reached:,.0f} |"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="Measure our server and our clients against it.")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    population, registry = built(given.people)
    people = claims(population, max(given.requests, 1_000))
    with served(registry) as url:
        asked = questions("osia verify", people, given.requests)
        compare_clients(url, asked, pairs=given.pairs)
    print()
    told = f"{given.people:,} people"
    measure_server(registry, people, rate=given.rate, seconds=given.seconds, told=told)


if __name__ == "__main__":
    main()
