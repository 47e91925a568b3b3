"""Measure certification: a million records signed as one batch, one bundle proven and verified.

Run it as ``python benchmarks/certify.py [RECORDS]``. The list, its results and the signer are made
up and made before; what is measured is ``certify sign`` and ``certify verify`` as a person runs
them, and then, in one process, making and verifying single bundles of that batch.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.certify.authority.issuing import TestCA

from vnvaxmatch.certify.batches import Batch
from vnvaxmatch.certify.trust import load_trust, save_trust
from vnvaxmatch.certify.verifying import Verifier, checking

_BUNDLES = 500
_PEOPLE_A_DOSE = 0.5


def run(*arguments: object) -> tuple[float, float]:
    """Run a command line in a process of its own: the seconds it took, and those of processors."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(
        [sys.executable, "-m", "vnvaxmatch", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak(*arguments: object) -> tuple[float, float, float]:
    """Do the same, and give the most memory that one of its processes had, in MB."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "vnvaxmatch", *map(str, arguments)],
        check=True,
        capture_output=True,
    )
    seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, used, float(done.stdout)


def make(folder: Path, records: int) -> tuple[object, ...]:
    """Make results and a signer; give the options that name the signer."""
    people = max(1, int(records * _PEOPLE_A_DOSE))
    run("synth", "--people", people, "--doses", records, "--out", folder / "made")
    run("registry", "build", folder / "made" / "population.parquet",
        "--out", folder / "people.duckdb")  # fmt: skip
    run("verify", folder / "made" / "doses.csv", "--registry", folder / "people.duckdb",
        "--out", folder / "results", "--no-worklists")  # fmt: skip
    authority = TestCA("Benchmark", at=datetime.now(UTC).replace(microsecond=0))
    (folder / "office.p12").write_bytes(authority.officer().p12(b"secret"))
    (folder / "password").write_text("secret\n")
    save_trust(authority.trust(), folder / "trust")
    return ("--signer", folder / "office.p12", "--password-file", folder / "password",
            "--trust", folder / "trust")  # fmt: skip


def single(folder: Path) -> None:
    """Prove and verify records of the batch one by one, as a service would."""
    with Batch(folder / "batch") as batch:
        places = range(0, batch.size, max(1, batch.size // _BUNDLES))
        started = perf_counter()
        bundles = [batch.bundle(index).to_json() for index in places]
        print(f"prove              {1000 * (perf_counter() - started) / len(places):7.3f} ms each")
        verifier = Verifier(checking(load_trust(folder / "trust")), at=datetime.now(UTC))
        times = []
        for bundle in bundles:
            started = perf_counter()
            verifier.verify(bundle).unwrap()
            times.append(1000 * (perf_counter() - started))
    print(f"verify, first      {times[0]:7.3f} ms")
    print(f"verify, after      {median(times[1:]):7.3f} ms, at most {max(times[1:]):.3f} ms")
    print(f"bundle             {max(map(len, bundles)):,} bytes")


def main(records: int) -> None:
    """Sign a list of results, verify the batch, and prove single records of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signer = make(folder, records)
        for what, arguments in (
            ("sign", ("certify", "sign", folder / "results", *signer, "--office", "Benchmark",
                      "--doses", folder / "made" / "doses.csv", "--out", folder / "batch")),
            ("verify the batch", ("certify", "verify", folder / "batch",
                                  "--trust", folder / "trust")),
        ):  # fmt: skip
            seconds, used, memory = peak(*arguments)
            print(
                f"{what:<18} {records:,} records  {seconds:7.2f} s  processor {used:7.2f} s  "
                f"peak {memory:,.0f} MB"
            )
        size = sum(path.stat().st_size for path in (folder / "batch").iterdir()) / 1e6
        print(f"batch              {size:,.0f} MB, {1e6 * size / records:,.0f} bytes a record")
        single(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
