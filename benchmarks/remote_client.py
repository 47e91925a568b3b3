"""Measure the remote client against the bare HTTP libraries it stands on: same requests, ratios.

A little server in a process of its own answers every request: at once, which no registry does, to
show what a question costs the client and nothing else; then after 0.3 ms of work, which is little
for one that reads JSON and looks somebody up. A third argument is the address of a real server to
ask instead. Each pair alternates; what is printed is the median of the ratios.

Run it as ``python benchmarks/remote_client.py [REQUESTS] [PAIRS] [URL]``.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from statistics import median
from time import perf_counter

import aiohttp
import urllib3

from vnvaxmatch.backends.remote import (
    AsyncRemoteRegistry,
    Limits,
    RemoteRegistry,
    Request,
    codec,
)

IN_FLIGHT_THREADS = 8
IN_FLIGHT_TASKS = 32
BODY = b'[{"attributeName":"fullName","operator":"=","value":"' + b"x" * 900 + b'"}]'
ANSWERS = (b"true", b"false")
HEADERS = {"content-type": "application/json", "authorization": "Bearer none"}
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n"
    b"idempotency-key: %s\r\n\r\ntrue"
)


class _Answering(asyncio.Protocol):
    """Answers each request whose head and body came in."""

    work = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._came = b""

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head = self._came[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self._came) < end + 4 + length:
                return
            self._came = self._came[end + 4 + length :]
            busy_until = perf_counter() + _Answering.work
            while perf_counter() < busy_until:
                pass
            key = head.partition(b"idempotency-key:")[2].split(b"\r\n")[0].strip()
            self._transport.write(ANSWER % key)  # type: ignore[attr-defined]


def serve(tell: Connection, work: float) -> None:
    """Answer until killed, each after some seconds of work; tells its port."""
    _Answering.work = work

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Answering, "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def bare_urllib3(url: str, count: int) -> None:
    """Ask with threads, and read every body."""
    pool = urllib3.connectionpool.connection_from_url(url, maxsize=IN_FLIGHT_THREADS)

    def one(i: int) -> bytes:
        return pool.request("POST", f"{url}/v1/persons/{i}/verify", body=BODY, headers=HEADERS).data

    with ThreadPoolExecutor(IN_FLIGHT_THREADS) as threads:
        for body in threads.map(one, range(count)):
            assert body in ANSWERS


def our_threads(url: str, count: int) -> None:
    """Ask with our client's threads."""
    limits = Limits(in_flight=IN_FLIGHT_THREADS)
    with RemoteRegistry(url, codec=codec("osia"), limits=limits) as registry:
        for response in registry.ask_many(requests(count)):
            assert response.body in ANSWERS  # type: ignore[union-attr]


def bare_aiohttp(url: str, count: int) -> None:
    """Ask with tasks, and read every body."""

    async def run() -> None:
        ordinals = iter(range(count))
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT_TASKS)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def work() -> None:
                for i in ordinals:
                    async with session.post(
                        f"{url}/v1/persons/{i}/verify", data=BODY, headers=HEADERS
                    ) as response:
                        assert await response.read() in ANSWERS

            await asyncio.gather(*(work() for _ in range(IN_FLIGHT_TASKS)))

    asyncio.run(run())


def our_tasks(url: str, count: int) -> None:
    """Ask with our client's tasks."""

    async def run() -> None:
        limits = Limits(in_flight=IN_FLIGHT_TASKS)
        async with AsyncRemoteRegistry(url, codec=codec("osia"), limits=limits) as registry:
            async for response in registry.ask_many(requests(count)):
                assert response.body in ANSWERS  # type: ignore[union-attr]

    asyncio.run(run())


def requests(count: int):  # type: ignore[no-untyped-def]
    """Make the requests as a codec does."""
    return (Request("POST", f"v1/persons/{i}/verify", BODY, HEADERS) for i in range(count))


def timed(work: Callable[[str, int], None], url: str, count: int) -> float:
    """Give the requests a second."""
    started = perf_counter()
    work(url, count)
    return count / (perf_counter() - started)


def compare(url: str, count: int, pairs: int, *, what: str) -> None:
    """Print the rates and the ratios."""
    print(f"\n{what:<34}{'ours /s':>10}{'bare /s':>10}{'ratio':>8}   of {pairs} pairs")
    for name, mine, bare in (
        (f"  {IN_FLIGHT_THREADS} threads, urllib3", our_threads, bare_urllib3),
        (f"  {IN_FLIGHT_TASKS} tasks, aiohttp", our_tasks, bare_aiohttp),
    ):
        mine(url, 500), bare(url, 500)
        rates = [(timed(mine, url, count), timed(bare, url, count)) for _ in range(pairs)]
        ratios = sorted(a / b for a, b in rates)
        print(
            f"{name:<34}{median(a for a, _ in rates):>10,.0f}{median(b for _, b in rates):>10,.0f}"
            f"{median(ratios):>8.2f}   from {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


def main(count: int, pairs: int, url: str = "") -> None:
    """Compare against the servers."""
    print(f"{count:,} POSTs of {len(BODY)} bytes")
    if url:
        compare(url, count, pairs, what="the server given")
        return
    for work, what in (
        (0.0, "a server that does nothing"),
        (0.0003, "a server with 0.3 ms of work"),
    ):
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.Process(target=serve, args=(theirs, work), daemon=True)
        server.start()
        compare(f"http://127.0.0.1:{ours.recv()}", count, pairs, what=what)
        server.kill()


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:3]]
    main(*numbers, *(8_000, 5)[len(numbers) :], *sys.argv[3:])
